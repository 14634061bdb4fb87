package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// given is what a person gives: flags, environment variables and a file.
type given struct {
	flags       []string
	environment map[string]string
	// file is the text of the configuration file; none is given where it is
	// empty.
	file string
}

// fill reads everything as a command does.
func (g given) fill(t testing.TB) (*Settings, *Sources, error) {
	t.Helper()
	settings, flags := newFlags()
	arguments := g.flags
	if g.file != "" {
		arguments = append([]string{"--config", writeFile(t, g.file)}, arguments...)
	}
	if err := flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	sources := &Sources{Known: knownFlags(flags), Environment: func(name string) (string, bool) {
		value, set := g.environment[name]
		return value, set
	}}
	err := sources.Fill(flags)
	return settings, sources, err
}

// newFlags makes the flags of a command that tests.
func newFlags() (*Settings, *pflag.FlagSet) {
	settings := &Settings{}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.AddTargetFlags(flags)
	settings.AddRunFlags(flags)
	return settings, flags
}

func knownFlags(flags *pflag.FlagSet) []string {
	known := []string{"of-another-command"}
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != ConfigFlag {
			known = append(known, flag.Name)
		}
	})
	return known
}

// writeFile writes a text to a file of its own.
func writeFile(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "FILE")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// mustFill reads what must be right.
func (g given) mustFill(t testing.TB) (*Settings, *Sources) {
	t.Helper()
	settings, sources, err := g.fill(t)
	if err != nil {
		t.Fatal(err)
	}
	return settings, sources
}

// wantUsage checks that an error is a *text.UsageError, of one line, with this text
// once the folder of files is taken out.
func wantUsage(t *testing.T, err error, want string) {
	t.Helper()
	var usage *text.UsageError
	if !errors.As(err, &usage) {
		t.Errorf("got %v, of type %T; want %s", err, err, want)
		return
	}
	got := columnOfFile.ReplaceAllString(folderOfFile.ReplaceAllString(usage.Error(), "FILE"), "$1")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(usage.Error(), "\n") {
		t.Errorf("%q has more than one line", usage.Error())
	}
}

// columnOfFile is the column behind a line: tests of internal/text look at it.
var columnOfFile = regexp.MustCompile(`(FILE:\d+):\d+`)

// folderOfFile is the name of a file of writeFile with all its folders.
var folderOfFile = regexp.MustCompile(`/\S*/FILE\b`)

// method is the description that the product ships.
var method = spec.MustLoadEmbedded()
