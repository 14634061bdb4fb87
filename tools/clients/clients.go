// Command clients runs small programs that use Google's client libraries, and
// curl, through every scenario of `dpconform client`, and writes a page with the
// results.
//
// It installs the libraries first, in the versions that the programs pin. A
// program whose tools are missing, or whose library a registry does not supply,
// is skipped by name, and keeps its part of the page.
//
//	go run ./tools/clients [--check] bin/dpconform docs/clients.md
//	go run ./tools/clients --install
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/dpconform/dpconform/internal/openapi"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

const (
	root = "tools/clients"
	// installLimit bounds an installation, scenarioLimit one run of a program:
	// a slow machine is not the library's fault.
	installLimit  = 20 * time.Minute
	scenarioLimit = 2 * time.Minute
	runLimit      = 15 * time.Minute
)

func main() {
	install := flag.Bool("install", false, "install the libraries only")
	only := flag.String("only", "", "run the programs of these `NAMES`, with commas between them; the others keep their columns")
	check := flag.Bool("check", false, "write nothing; exit 1 if the page does not say what the clients do")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: clients --install | [--check] [--only NAMES] DPCONFORM PAGE")
	}
	flag.Parse()
	if *install != (flag.NArg() == 0) || !*install && flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *install, *check, *only, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, install, check bool, only, dpconform, page string) error {
	chosen, names := programs, strings.Split(only, ",")
	if only != "" {
		chosen = slices.DeleteFunc(slices.Clone(programs), func(one program) bool { return !slices.Contains(names, one.name) })
		if len(chosen) != len(names) {
			return fmt.Errorf("there is no program of one of the names %q", only)
		}
	}
	missing := installAll(ctx, chosen)
	if install || ctx.Err() != nil {
		return ctx.Err()
	}
	kept, err := readResults()
	if err != nil {
		return err
	}
	found, err := testAll(ctx, dpconform, chosen, missing)
	if err != nil {
		return err
	}
	for name, earlier := range kept {
		if _, again := found[name]; !again {
			found[name] = earlier
		}
	}
	if check {
		return compare(kept, found, page)
	}
	return write(found, page)
}

// testAll tests as many programs side by side as there are processors: one waits
// for its client most of the time, or its client for it.
func testAll(ctx context.Context, dpconform string, chosen []program, missing map[string]string) (map[string]tested, error) {
	found := map[string]tested{}
	var mutex sync.Mutex
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for _, one := range chosen {
		if reason := missing[one.name]; reason != "" {
			fmt.Printf("  skipped %s: %s\n", one.name, reason)
			continue
		}
		group.Go(func() error {
			tested, err := one.test(ctx, dpconform)
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			found[one.name] = tested
			fmt.Printf("  %-11s %s\n", one.name, tested.summary())
			return nil
		})
	}
	return found, group.Wait()
}

// installAll installs side by side, and says why a program cannot be run. Of the
// programs of one folder the first installs for all.
func installAll(ctx context.Context, chosen []program) map[string]string {
	reasons := map[string]string{}
	var mutex sync.Mutex
	var waiting sync.WaitGroup
	for i, one := range programs {
		sharesFolder := func(other program) bool { return other.folder == one.folder }
		if slices.IndexFunc(programs, sharesFolder) < i || !slices.ContainsFunc(chosen, sharesFolder) {
			continue
		}
		waiting.Go(func() {
			if err := one.installed(ctx); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				reasons[one.folder] = err.Error()
			}
		})
	}
	waiting.Wait()
	missing := map[string]string{}
	for _, one := range chosen {
		missing[one.name] = reasons[one.folder]
	}
	return missing
}

// installed installs the program unless that is done already.
func (p program) installed(ctx context.Context) error {
	for _, tool := range p.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("there is no %s", tool)
		}
	}
	if len(p.install) == 0 {
		return nil
	}
	folder := filepath.Join(root, p.folder)
	digest := sha256.New()
	fmt.Fprint(digest, p.install, p.runtimeVersion())
	for _, pin := range p.pins {
		text, err := os.ReadFile(filepath.Join(folder, pin))
		if err != nil {
			return err
		}
		digest.Write(text)
	}
	if p.generated {
		if err := describe(filepath.Join(folder, "openapi.yaml"), digest); err != nil {
			return err
		}
	}
	mark, wanted := filepath.Join(folder, ".installed"), hex.EncodeToString(digest.Sum(nil))
	if text, _ := os.ReadFile(mark); string(text) == wanted {
		if _, err := os.Stat(filepath.Join(folder, p.made)); err == nil {
			return nil
		}
	}
	// What another version left behind must not be found beside the new one.
	if err := os.RemoveAll(mark); err != nil {
		return err
	}
	if p.made != "" {
		if err := os.RemoveAll(filepath.Join(folder, p.made)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	for _, words := range p.install {
		command := exec.CommandContext(ctx, words[0], words[1:]...)
		command.Dir = folder
		if printed, err := command.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
			return fmt.Errorf("%s: %w: %.160s", words[0], err, lines[len(lines)-1])
		}
	}
	return os.WriteFile(mark, []byte(wanted), 0o600)
}

// describe writes the description that a client is generated from, the one that
// `dpconform spec print --plain` prints, to file and into the digest.
func describe(file string, digest io.Writer) error {
	text, _, err := openapi.Convert(spec.Default(), openapi.Form{Plain: true})
	if err != nil {
		return err
	}
	_, _ = digest.Write(text) // a hash never fails
	return os.WriteFile(file, text, 0o644)
}

var dotted = regexp.MustCompile(`\d+(\.\d+)+`)

func (p program) runtimeVersion() string {
	printed, err := exec.Command(p.runtime[0], p.runtime[1:]...).CombinedOutput()
	if err != nil {
		return ""
	}
	return dotted.FindString(string(printed))
}

func (p program) version() (string, error) {
	if p.versionFile == "" {
		return "installed on the machine", nil
	}
	text, err := os.ReadFile(filepath.Join(root, p.folder, p.versionFile))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(p.versionPattern).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s does not pin %s", p.versionFile, p.library)
	}
	return string(found[1]), nil
}

// test runs the program through all scenarios, and through a success with each
// other argument.
func (p program) test(ctx context.Context, dpconform string) (tested, error) {
	version, err := p.version()
	if err != nil {
		return tested{}, err
	}
	found := tested{Version: version, Scenarios: map[string]outcome{}}
	for i, argument := range p.arguments {
		options := []string{"--scenario", "success", "--wire-only"}
		if i == 0 {
			options = nil
		}
		report, err := p.report(ctx, dpconform, options, argument)
		if err != nil {
			return tested{}, err
		}
		if i == 0 {
			err = found.take(report)
		}
		if err := errors.Join(err, found.takeRequest(report, argument)); err != nil {
			return tested{}, err
		}
	}
	return found, nil
}

// report runs dpconform as a person would, and reads its report.
func (p program) report(ctx context.Context, dpconform string, options []string, argument string) (result.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	work, err := os.MkdirTemp("", "dpconform-clients-")
	if err != nil {
		return result.Report{}, err
	}
	defer os.RemoveAll(work)
	output := filepath.Join(work, "report.json")
	words := append([]string{"client", "--report", "json=" + output, "--timeout", scenarioLimit.String()}, options...)
	words = append(words, "--")
	for _, word := range p.command {
		words = append(words, strings.ReplaceAll(word, "{folder}", filepath.Join(root, p.folder)))
	}
	command := exec.CommandContext(ctx, dpconform, append(words, argument)...)
	// Java reads its arguments in the locale's encoding.
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	printed, failure := command.CombinedOutput()
	text, err := os.ReadFile(output)
	if err != nil {
		return result.Report{}, fmt.Errorf("no report: %w\n%s", failure, printed)
	}
	return result.ReadJSON(text)
}

// compare says where the kept results differ from what the clients do now.
func compare(kept, found map[string]tested, page string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	if difference := cmp.Diff(kept, found); difference != "" {
		fmt.Printf("kept results (-), what the clients do now (+):\n%s", difference)
	} else if string(text) == pageOf(kept) {
		fmt.Printf("%s says what the clients do\n", page)
		return nil
	}
	return fmt.Errorf("%s does not say what the clients do: run make clients, and look at what has changed", page)
}
