package tokens

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/mattn/go-shellwords"
	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/spec"
)

// commandLimit is how long a token command may take.
const commandLimit = 30 * time.Second

// largestOutput is how many bytes of a command's output are read.
const largestOutput = 64 << 10

// The places in a command where the scopes stand.
const (
	scopePlace = "{scope}"
	shortPlace = "{short}"
)

// Command is a program that prints a token. {scope} in its words stands for the
// scopes in full, {short} for their parts after "/auth/", with a space between
// several.
type Command struct {
	words []string
	limit time.Duration
	// Documented knows the scopes of the description.
	Documented Documented
}

// NewCommand splits a command into its words, as a shell does. No shell runs it:
// pipes, redirections, variables and the like are an error.
func NewCommand(text string, documented Documented) (Command, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(text)
	switch {
	case err != nil:
		return Command{}, errors.New("a quote or a bracket in it is not closed")
	case parser.Position >= 0:
		return Command{}, errors.New("no shell runs it, so it has no | ; & < or >: put them into a script, or into quotes")
	case len(words) == 0 || words[0] == "":
		return Command{}, errors.New("it names no program")
	}
	return Command{words: words, limit: commandLimit, Documented: documented}, nil
}

// Origin names the program.
func (c Command) Origin() string { return "the command " + harmless(c.words[0]) }

// Issue runs the program and reads the token that it prints: one word, or JSON
// with access_token, and with expires_in or expiry.
func (c Command) Issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	words, shown := c.fill(scopes), c.shown()
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	output := &limitedBuffer{}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout = output
	// What it started itself may hold its output open; it is not waited for.
	command.WaitDelay = time.Second
	if err := command.Run(); err != nil {
		return nil, c.failed(ctx, err, shown)
	}
	token, complaint := readCommandOutput(output.Bytes(), time.Now())
	if complaint != "" {
		return nil, &Failure{Message: fmt.Sprintf("the token command %s (%s)", complaint, shown), Mend: "it must print one token, or JSON with access_token"}
	}
	return checked(token, scopes, c.Documented, "the command", "let it print a token of this scope alone")
}

// failed says how a command failed. What it printed is not shown: it may be a
// secret.
func (c Command) failed(ctx context.Context, err error, shown string) *Failure {
	var exited *exec.ExitError
	var found *exec.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Failure{Message: fmt.Sprintf("the token command took longer than %s and was stopped (%s)", c.limit, shown), Whole: true}
	case ctx.Err() != nil:
		return &Failure{Message: "the token command was not waited for: the run was interrupted", Whole: true}
	case errors.As(err, &exited) && exited.ExitCode() >= 0:
		return &Failure{Message: fmt.Sprintf("the token command failed with exit %d (%s)", exited.ExitCode(), shown), Mend: "run it by hand to see why"}
	case errors.As(err, &exited):
		return &Failure{Message: fmt.Sprintf("the token command was ended by a signal (%s)", shown), Mend: "run it by hand to see why"}
	case errors.As(err, &found):
		return &Failure{Message: fmt.Sprintf("the token command cannot be run: %s: %s", harmless(found.Name), innermost(found)), Whole: true}
	}
	return &Failure{Message: fmt.Sprintf("the token command cannot be run: %s: %s", harmless(c.words[0]), innermost(err)), Whole: true}
}

func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return harmless(err.Error())
}

// fill puts the scopes into the words.
func (c Command) fill(scopes []string) []string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.ShortScope(scope)
	}
	replacer := strings.NewReplacer(scopePlace, spaced(scopes), shortPlace, spaced(short))
	words := make([]string, len(c.words))
	for i, word := range c.words {
		words[i] = replacer.Replace(word)
	}
	return words
}

// shown is what may be shown of the words: the program and those with the places
// for scopes. Any other may be a secret.
func (c Command) shown() string {
	visible := c.words[:1:1]
	for _, word := range c.words[1:] {
		switch {
		case strings.Contains(word, scopePlace) || strings.Contains(word, shortPlace):
			visible = append(visible, word)
		case visible[len(visible)-1] != "…":
			visible = append(visible, "…")
		}
	}
	return harmless(strings.Join(visible, " "))
}

// readCommandOutput reads what a command printed, or says what is wrong with it.
func readCommandOutput(output []byte, now time.Time) (token *oauth2.Token, complaint string) {
	text := strings.TrimSpace(string(output))
	switch {
	case text == "":
		return nil, "printed nothing"
	case len(output) >= largestOutput:
		return nil, fmt.Sprintf("printed more than %d KiB", largestOutput>>10)
	case strings.HasPrefix(text, "{"):
		return readCommandJSON(text, now)
	case len(strings.Fields(text)) > 1:
		return nil, fmt.Sprintf("printed %d words", len(strings.Fields(text)))
	case strings.HasPrefix(text, "<"):
		// A page, of a login for instance.
		return nil, "printed what is no token"
	}
	return bearer(text), ""
}

// readCommandJSON reads the JSON of a command: access_token, then expires_in in
// seconds (RFC 6749, 5.1) or expiry as a time (RFC 3339), and scope.
func readCommandJSON(text string, now time.Time) (*oauth2.Token, string) {
	var printed struct {
		AccessToken string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Expiry      string      `json:"expiry"`
		Scope       string      `json:"scope"`
	}
	if err := json.Unmarshal([]byte(text), &printed); err != nil {
		return nil, "printed JSON that cannot be read"
	}
	if len(strings.Fields(printed.AccessToken)) != 1 {
		return nil, "printed JSON without a token in access_token"
	}
	token := bearer(printed.AccessToken)
	switch seconds, err := printed.ExpiresIn.Float64(); {
	case printed.ExpiresIn != "" && err != nil:
		return nil, "printed JSON with an expires_in that is no number"
	case printed.ExpiresIn != "":
		token.Expiry = now.Add(time.Duration(max(-longestLife, min(longestLife, seconds)) * float64(time.Second)))
	case printed.Expiry != "":
		if token.Expiry, err = time.Parse(time.RFC3339, printed.Expiry); err != nil {
			return nil, "printed JSON with an expiry that is no time such as 2026-01-02T15:04:05Z"
		}
	}
	if !token.Valid() {
		return nil, "printed a token that has expired"
	}
	return token.WithExtra(map[string]any{"scope": printed.Scope}), ""
}

// longestLife is the longest life of a token that is believed, in seconds: a
// year.
const longestLife = 365 * 24 * 60 * 60

// limitedBuffer keeps the beginning of what is written to it. Its writer must
// not fail: the command would be ended by a broken pipe.
type limitedBuffer struct{ bytes.Buffer }

func (l *limitedBuffer) Write(text []byte) (int, error) {
	l.Buffer.Write(text[:min(len(text), largestOutput-l.Len())])
	return len(text), nil
}
