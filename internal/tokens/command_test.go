package tokens

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/program"
)

// script writes a program for a shell that every POSIX machine has, and gives
// the words of a command that runs it. The file is only read: one that has just
// been written may still be busy when another test starts a process.
func script(t *testing.T, text string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no /bin/sh")
	}
	path := filepath.Join(t.TempDir(), "mint")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "/bin/sh '" + path + "'"
}

// TestACommandMintsATokenForEachScope, and no shell reads its words.
func TestACommandMintsATokenForEachScope(t *testing.T) {
	t.Parallel()
	mint := script(t, `echo "[$1][$2][$3]" | tr ' ' '+'`)
	command, err := Command(mint + ` {scope} "a b" 'pre-{short}$HOME|;` + "`x`'")
	if err != nil || command.Origin != "the command /bin/sh" {
		t.Fatal(command.Origin, err)
	}
	for want, scopes := range map[string][]string{
		"[" + reviews + "][a+b][pre-dataportability.maps.reviews$HOME|;`x`]":                                              {reviews},
		"[" + reviews + "+" + devices + "][a+b][pre-dataportability.maps.reviews+dataportability.play.devices$HOME|;`x`]": {reviews, devices},
		"[a;$(b)|c][a+b][pre-a;$(b)|c$HOME|;`x`]":                                                                         {"a;$(b)|c"},
	} {
		if token, err := command.Issue(t.Context(), scopes); err != nil || token.AccessToken != want {
			t.Errorf("%v, %v", token, err)
		}
	}
	for want, texts := range map[string][]string{
		"it names no program":                      {"", "   ", "''"},
		"no shell runs it":                         {"mint | tr a b", "mint > file", "mint; rm x", "mint && mint"},
		"a quote or a bracket in it is not closed": {"mint 'unfinished", "mint $(x"},
	} {
		for _, text := range texts {
			if _, err := Command(text); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// TestABrokenCommandIsOneLine: what it printed and the words without a scope are
// not shown.
func TestABrokenCommandIsOneLine(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                "the token command printed nothing (/bin/sh … {scope})",
		"echo Bearer " + secret:           "the token command printed 2 words (",
		"echo " + secret + " >&2; exit 3": "the token command failed with exit 3 (/bin/sh … {scope}); run it by hand to see why",
		"kill -9 $$":                      "the token command was ended by a signal (",
		"yes":                             "the token command printed more than 64 KiB (",
		"echo '{\"id_token\": \"" + secret + "\"}'":                "the token command printed JSON without a token in access_token (",
		`echo '{"access_token": "x", "scope": "` + devices + `"}'`: "the token of the command /bin/sh also carries dataportability.play.devices",
		"exec sleep 600": "the token command took longer than 100ms and was stopped (",
		"missing":        "the token command cannot be run: no-such-program: ",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			mint, limit := script(t, text), program.DefaultLimit
			slow, missing := text == "exec sleep 600", text == "missing"
			if slow {
				limit = 100 * time.Millisecond
			} else if missing {
				mint = "no-such-program"
			}
			command, err := newCommand(mint+" --key "+secret+" {scope}", limit)
			if err != nil {
				t.Fatal(err)
			}
			failure := wantFailure(t, issued(t, command, reviews), says)
			if failure.Whole != (slow || missing) || failure.NotSetUp() != failure.Whole {
				t.Errorf("asked again for each scope: %v; ends a run: %v", !failure.Whole, failure.NotSetUp())
			}
		})
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
		token, complaint := readCommandOutput(text, now)
		if complaint != "" || token.AccessToken != "a-token" || want == 0 && !token.Expiry.IsZero() || want != 0 && !token.Expiry.Equal(now.Add(want)) {
			t.Errorf("%s: %v, %s", text, token, complaint)
		}
	}
	const unreadable, expired = "printed JSON that cannot be read", "printed a token that has expired"
	for text, want := range map[string]string{
		" \n":                      "printed nothing",
		"<html>":                   "printed something other than a token",
		`{"access_token":"a b"}`:   "printed JSON without a token in access_token",
		`{` + secret:               unreadable,
		`{"access_token":{"a":1}}`: unreadable,
		`{"access_token":"a","expires_in":"soon"}`:             unreadable,
		`{"access_token":"a"} {"access_token":"b"}`:            unreadable,
		`{"access_token":"a","expiry":"tomorrow"}`:             "printed JSON with an expiry that is not a time such as 2026-01-02T15:04:05Z",
		`{"access_token":"a","expires_in":0}`:                  expired,
		`{"access_token":"a","expires_in":-5}`:                 expired,
		`{"access_token":"a","expiry":"2001-01-01T00:00:00Z"}`: expired,
	} {
		if _, complaint := readCommandOutput(text, now); complaint != want {
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
		token, complaint := readCommandOutput(string(text), now)
		if (token == nil) != (complaint != "") || token != nil && len(strings.Fields(token.AccessToken)) != 1 {
			t.Errorf("%q: %v and %q", text, token, complaint)
		}
	})
}
