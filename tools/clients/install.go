package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dpconform/dpconform/internal/text"
)

// markFile of a program's folder holds the digest of what was installed there.
const markFile = ".installed"

// longestReason is the length in bytes from which a registry's words are cut.
const longestReason = 160

// notBrought is the error of a library that its registry did not give: it says
// nothing of the program.
type notBrought struct{ reason string }

func (n *notBrought) Error() string { return "could not be installed (" + n.reason + ")" }

// installAll installs all programs whose tools are there, side by side, and gives
// what went wrong by the folder. It prints a line for each that it installed.
func installAll(ctx context.Context, out io.Writer, root string, limit time.Duration, programs []program) map[string]error {
	wrong := map[string]error{}
	var mutex sync.Mutex
	var waiting sync.WaitGroup
	for _, one := range programs {
		if one.missing() != "" {
			continue
		}
		waiting.Go(func() {
			began := time.Now()
			done, err := one.install(ctx, root, limit)
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				wrong[one.folder] = err
			} else if done {
				fmt.Fprintf(out, "  installed %s: %s (%s)\n", one.folder, one.library, time.Since(began).Round(time.Second))
			}
		})
	}
	waiting.Wait()
	return wrong
}

// install brings the library and builds the program, if that is not done yet.
func (p program) install(ctx context.Context, root string, limit time.Duration) (done bool, err error) {
	if len(p.brought)+len(p.built) == 0 {
		return false, nil
	}
	folder := filepath.Join(root, p.folder)
	digest, err := p.digest(folder)
	if err != nil {
		return false, err
	}
	mark := filepath.Join(folder, markFile)
	_, absent := os.Stat(filepath.Join(folder, p.installed))
	if text, _ := os.ReadFile(mark); absent == nil && string(text) == digest {
		return false, nil
	}
	if err := p.remove(folder); err != nil {
		return false, err
	}
	if err := p.bringAndBuild(ctx, folder, limit); err != nil {
		return false, err
	}
	return true, os.WriteFile(mark, []byte(digest), 0o600)
}

// remove takes away what another installation has left: a library of another
// version would be found beside the new one.
func (p program) remove(folder string) error {
	for _, name := range []string{markFile, p.made} {
		if name == "" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

func (p program) bringAndBuild(ctx context.Context, folder string, limit time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, words := range p.brought {
		printed, err := runIn(bounded, folder, words)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case bounded.Err() != nil:
			return &notBrought{fmt.Sprintf("%s was not done within %s", words[0], limit)}
		case err != nil:
			return &notBrought{words[0] + ": " + complaint(printed, err)}
		}
	}
	// What is wrong from here on is wrong with the program.
	for _, words := range p.built {
		if printed, err := runIn(ctx, folder, words); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, printed)
		}
	}
	return nil
}

func runIn(ctx context.Context, folder string, words []string) (printed []byte, err error) {
	process := exec.CommandContext(ctx, words[0], words[1:]...)
	process.Dir = folder
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 5 * time.Second
	return process.CombinedOutput()
}

// complaint is the first line of an output that speaks of an error, or what is
// known without one.
func complaint(printed []byte, err error) string {
	for line := range bytes.Lines(printed) {
		if words := strings.TrimSpace(string(line)); strings.Contains(strings.ToLower(words), "error") {
			return text.Cut(words, longestReason)
		}
	}
	if words := strings.TrimSpace(string(printed)); words != "" {
		return text.Cut(words[strings.LastIndex(words, "\n")+1:], longestReason)
	}
	return err.Error()
}

// digest is that of all that decides what is installed.
func (p program) digest(folder string) (string, error) {
	all := sha256.New()
	fmt.Fprintf(all, "%q %q\n", p.brought, p.built)
	for _, name := range p.pins {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %d\n%s", name, len(text), text)
	}
	version, err := exec.Command(p.runtime[0], p.runtime[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s tells no version: %w", p.runtime[0], err)
	}
	all.Write(version)
	return hex.EncodeToString(all.Sum(nil)) + "\n", nil
}
