package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/mattn/go-shellwords"
	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/program"
	"github.com/dpconform/dpconform/spec"
)

const (
	// commandLimit is how long a token command may take.
	commandLimit = 30 * time.Second
	// largestOutput is how many bytes of its output are read.
	largestOutput = 64 << 10
	// longestLife is the longest life of a token that is believed, in seconds: a
	// year.
	longestLife = 365 * 24 * 60 * 60
)

// The places in a command for the scopes.
const (
	scopePlace = "{scope}"
	shortPlace = "{short}"
)

// Command issues the tokens that a program prints. {scope} in its words stands
// for the scopes in full, {short} for their parts after "/auth/", with a space
// between several. The text is split into words as a shell does, but no shell
// runs it: pipes, redirections, variables and the like are an error.
func Command(given string) (Issuer, error) { return newCommand(given, commandLimit) }

func newCommand(given string, limit time.Duration) (Issuer, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(given)
	switch {
	case err != nil:
		return Issuer{}, errors.New("a quote or a bracket in it is not closed")
	case parser.Position >= 0:
		return Issuer{}, errors.New("no shell runs it, so it has no | ; & < or >: put them into a script, or into quotes")
	case len(words) == 0 || words[0] == "":
		return Issuer{}, errors.New("it names no program")
	}
	command := command{words, limit}
	return Issuer{Origin: "the command " + redacted(words[0]), Narrow: "let it print a token of this scope alone", Issue: command.issue}, nil
}

type command struct {
	words []string
	limit time.Duration
}

// issue runs the program and reads the token that it prints: one word, or JSON
// with access_token, and with expires_in or expiry.
func (c command) issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	words := c.fill(scopes)
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	flooded, stop := context.WithCancel(ctx)
	defer stop()
	output := beginning{full: stop}
	process := program.Command(flooded, words)
	process.Stdout = &output
	defer program.End(process)
	if err := process.Run(); err != nil && flooded.Err() == nil || ctx.Err() != nil {
		return nil, c.failure(ctx, err)
	}
	token, complaint := readCommandOutput(output.kept, time.Now())
	if complaint != "" {
		return nil, &Failure{Message: fmt.Sprintf("the token command %s (%s)", complaint, c.shown()), Fix: "it must print one token, or JSON with access_token"}
	}
	return token, nil
}

// failure says how a command failed. What it printed is not shown: it may be a
// secret.
func (c command) failure(ctx context.Context, err error) *Failure {
	var exited *exec.ExitError
	var notFound *exec.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Failure{Message: fmt.Sprintf("the token command took longer than %s and was stopped (%s)", c.limit, c.shown()), Whole: true}
	case ctx.Err() != nil:
		return &Failure{Message: "the token command was not awaited: the run was interrupted", Whole: true}
	case errors.As(err, &exited) && exited.ExitCode() >= 0:
		return &Failure{Message: fmt.Sprintf("the token command failed with exit %d (%s)", exited.ExitCode(), c.shown()), Fix: "run it by hand to see why"}
	case errors.As(err, &exited):
		return &Failure{Message: fmt.Sprintf("the token command was ended by a signal (%s)", c.shown()), Fix: "run it by hand to see why"}
	case errors.As(err, &notFound):
		err = notFound
	}
	return &Failure{Message: fmt.Sprintf("the token command cannot be run: %s: %s", redacted(c.words[0]), innermost(err)), Whole: true}
}

// fill puts the scopes into the words.
func (c command) fill(scopes []string) []string {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.ShortScope(scope)
	}
	replacer := strings.NewReplacer(scopePlace, strings.Join(scopes, " "), shortPlace, strings.Join(short, " "))
	words := make([]string, len(c.words))
	for i, word := range c.words {
		words[i] = replacer.Replace(word)
	}
	return words
}

// shown is what may be shown of the words: the program and those with the places
// for scopes. Any other may be a secret.
func (c command) shown() string {
	visible := c.words[:1:1]
	for _, word := range c.words[1:] {
		switch {
		case strings.Contains(word, scopePlace) || strings.Contains(word, shortPlace):
			visible = append(visible, word)
		case visible[len(visible)-1] != "…":
			visible = append(visible, "…")
		}
	}
	return redacted(strings.Join(visible, " "))
}

// readCommandOutput reads what a command printed, or says what is wrong with it.
func readCommandOutput(output []byte, now time.Time) (token *oauth2.Token, complaint string) {
	printed := strings.TrimSpace(string(output))
	switch words := len(strings.Fields(printed)); {
	case printed == "":
		return nil, "printed nothing"
	case len(output) >= largestOutput:
		return nil, fmt.Sprintf("printed more than %d KiB", largestOutput>>10)
	case strings.HasPrefix(printed, "{"):
		return readCommandJSON(printed, now)
	case words > 1:
		return nil, fmt.Sprintf("printed %d words", words)
	case strings.HasPrefix(printed, "<"):
		// A page, of a login for instance.
		return nil, "printed something else than a token"
	}
	return bearer(printed), ""
}

// readCommandJSON reads access_token, then expires_in in seconds (RFC 6749, 5.1)
// or expiry as a time (RFC 3339), and scope.
func readCommandJSON(content string, now time.Time) (*oauth2.Token, string) {
	var printed struct {
		AccessToken string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Expiry      string      `json:"expiry"`
		Scope       string      `json:"scope"`
	}
	if err := json.Unmarshal([]byte(content), &printed); err != nil {
		return nil, "printed JSON that cannot be read"
	}
	if len(strings.Fields(printed.AccessToken)) != 1 {
		return nil, "printed JSON without a token in access_token"
	}
	token := bearer(printed.AccessToken)
	switch seconds, err := printed.ExpiresIn.Float64(); {
	case printed.ExpiresIn != "" && err != nil:
		return nil, "printed JSON with an expires_in that is not a number"
	case printed.ExpiresIn != "":
		token.Expiry = now.Add(time.Duration(max(-longestLife, min(longestLife, seconds)) * float64(time.Second)))
	case printed.Expiry != "":
		if token.Expiry, err = time.Parse(time.RFC3339, printed.Expiry); err != nil {
			return nil, "printed JSON with an expiry that is not a time such as 2026-01-02T15:04:05Z"
		}
	}
	if !token.Valid() {
		return nil, "printed a token that has expired"
	}
	return token.WithExtra(map[string]any{"scope": printed.Scope}), ""
}

// beginning keeps the beginning of what is written to it, and says when it is full.
// It has no other method to write by: io.Copy would use a buffer's ReadFrom.
type beginning struct {
	kept []byte
	full func()
}

func (b *beginning) Write(output []byte) (int, error) {
	b.kept = append(b.kept, output[:min(len(output), largestOutput-len(b.kept))]...)
	if len(b.kept) == largestOutput {
		b.full()
	}
	return len(output), nil
}
