package tokens

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// script writes a program for a shell that every POSIX machine has.
func script(t *testing.T, text string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no /bin/sh")
	}
	path := filepath.Join(t.TempDir(), "mint")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestACommandMintsATokenForEachScope(t *testing.T) {
	t.Parallel()
	mint := script(t, `echo "[$1][$2][$3]" | tr ' ' '+'`)
	command, err := Command("'" + mint + `' {scope} "a b" pre-{short}`)
	if err != nil {
		t.Fatal(err)
	}
	for want, scopes := range map[string][]string{
		"[" + reviews + "][a+b][pre-dataportability.maps.reviews]":                                              {reviews},
		"[" + reviews + "+" + devices + "][a+b][pre-dataportability.maps.reviews+dataportability.play.devices]": {reviews, devices},
	} {
		token, err := command.Issue(t.Context(), scopes)
		if err != nil || token.AccessToken != want {
			t.Errorf("%v, %v", token, err)
		}
	}
	if command.Origin != "the command "+mint {
		t.Error(command.Origin)
	}
}

// TestABrokenCommandIsOneLine: what it printed and the words without a scope are
// not shown.
func TestABrokenCommandIsOneLine(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name  string
		text  string
		says  string
		whole bool
	}{
		{"nothing", "", "the token command printed nothing (MINT … {scope})", false},
		{"blanks", "echo; echo ' '", "the token command printed nothing (", false},
		{"several words", "echo Bearer " + secret, "the token command printed 2 words (", false},
		{"failure", "echo " + secret + " >&2; exit 3", "the token command failed with exit 3 (MINT … {scope}); run it by hand to see why", false},
		{"a signal", "kill -9 $$", "the token command was ended by a signal (", false},
		{"a flood", "head -c 200000 /dev/zero | tr '\\0' x", "the token command printed more than 64 KiB (", false},
		{"broken JSON", "echo '{" + secret + "'", "the token command printed JSON that cannot be read (", false},
		{"JSON without a token", "echo '{\"id_token\": \"" + secret + "\"}'", "the token command printed JSON without a token in access_token (", false},
		{"a token of other scopes", `echo '{"access_token": "x", "scope": "` + devices + `"}'`, "the token of the command MINT also carries dataportability.play.devices", false},
		{"slowness", "exec sleep 600", "the token command took longer than 100ms and was stopped (", true},
	} {
		t.Run(one.name, func(t *testing.T) {
			mint := script(t, one.text)
			limit := commandLimit
			if one.name == "slowness" {
				limit = 100 * time.Millisecond
			}
			command, err := newCommand(mint+" --key "+secret+" {scope}", limit)
			if err != nil {
				t.Fatal(err)
			}
			err = issued(t, command, reviews)
			failure := wantFailure(t, err, strings.Replace(one.says, "MINT", mint, 1))
			if failure.Whole != one.whole {
				t.Errorf("whole: %v", failure.Whole)
			}
		})
	}
}

func TestACommandThatIsNotThereIsAskedOnce(t *testing.T) {
	t.Parallel()
	command, err := Command("no-such-program-anywhere {scope}")
	if err != nil {
		t.Fatal(err)
	}
	_, err = command.Issue(t.Context(), []string{reviews})
	if failure := wantFailure(t, err, "the token command cannot be run: no-such-program-anywhere: "); !failure.Whole {
		t.Error("it would be tried for each scope")
	}
}

func TestNoShellRunsACommand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                 "it names no program",
		"   ":              "it names no program",
		"''":               "it names no program",
		"mint | tr a b":    "no shell runs it",
		"mint > file":      "no shell runs it",
		"mint; rm x":       "no shell runs it",
		"mint && mint":     "no shell runs it",
		"mint 'unfinished": "a quote or a bracket in it is not closed",
		"mint $(x":         "a quote or a bracket in it is not closed",
	} {
		if _, err := Command(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	// What a shell would take for its own goes to the program as it is.
	mint := script(t, `printf %s "$1"`)
	command, err := Command(mint + ` '$HOME|;` + "`x`" + `{scope}'`)
	if err != nil {
		t.Fatal(err)
	}
	token, err := command.Issue(t.Context(), []string{"a;$(b)|c"})
	if err != nil || token.AccessToken != "$HOME|;`x`a;$(b)|c" {
		t.Errorf("%v", err)
	}
}

func TestWhatACommandPrintsIsRead(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	for text, want := range map[string]time.Duration{
		"a-token\n":                  0,
		`{"access_token":"a-token"}`: 0,
		`{"access_token":"a-token","expires_in":600}`:                                                 10 * time.Minute,
		`{"access_token":"a-token","expires_in":"600"}`:                                               10 * time.Minute,
		`{"access_token":"a-token","expiry":"` + now.Add(time.Hour).Format(time.RFC3339) + `","a":1}`: time.Hour,
	} {
		token, complaint := readCommandOutput([]byte(text), now)
		if complaint != "" || token.AccessToken != "a-token" {
			t.Errorf("%s: %s", text, complaint)
			continue
		}
		if want == 0 && !token.Expiry.IsZero() || want != 0 && !token.Expiry.Equal(now.Add(want)) {
			t.Errorf("%s: until %s", text, token.Expiry)
		}
	}
	for text, want := range map[string]string{
		`{"access_token":"a b"}`:                               "printed JSON without a token in access_token",
		`{"access_token":"a","expires_in":"soon"}`:             "printed JSON that cannot be read",
		`{"access_token":"a","expiry":"tomorrow"}`:             "printed JSON with an expiry that is not a time such as 2026-01-02T15:04:05Z",
		`{"access_token":"a","expires_in":0}`:                  "printed a token that has expired",
		`{"access_token":"a","expires_in":-5}`:                 "printed a token that has expired",
		`{"access_token":"a","expiry":"2001-01-01T00:00:00Z"}`: "printed a token that has expired",
		`{"access_token":"a"} {"access_token":"b"}`:            "printed JSON that cannot be read",
		`{"access_token":{"a":1}}`:                             "printed JSON that cannot be read",
	} {
		if _, complaint := readCommandOutput([]byte(text), now); complaint != want {
			t.Errorf("%s: %s", text, complaint)
		}
	}
}

func FuzzCommandOutput(f *testing.F) {
	for _, text := range []string{"", "a", "a b", "{}", `{"access_token":"x"}`, `{"access_token":"x","expires_in":1e300}`, `{"access_token":"x","expires_in":-1e300}`,
		`{"access_token":"x","expires_in":"NaN"}`, `{"access_token":"x","expiry":"9999-12-31T23:59:59Z"}`, "{", "\xff", "[1]"} {
		f.Add([]byte(text))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		token, complaint := readCommandOutput(text, now)
		switch {
		case (token == nil) != (complaint != ""):
			t.Errorf("%q: %v and %q", text, token, complaint)
		case token != nil && len(strings.Fields(token.AccessToken)) != 1:
			t.Errorf("%q gave no token", text)
		}
	})
}
