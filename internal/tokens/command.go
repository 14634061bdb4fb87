package tokens

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dpconform/dpconform/internal/program"
	"github.com/dpconform/dpconform/spec"
)

// longestLife is the longest life of a token that is believed, in seconds: a year.
const longestLife = 365 * 24 * 60 * 60

// Command issues the tokens that a program prints. {scope} in its words stands
// for the scopes in full, {short} for their parts after "/auth/", with a space
// between several.
func Command(given string) (Issuer, error) { return newCommand(given, program.DefaultLimit) }

func newCommand(given string, limit time.Duration) (Issuer, error) {
	line, err := program.ParseLine("token command", given, "{scope}", "{short}")
	if err != nil {
		return Issuer{}, err
	}
	line.Limit = limit
	return Issuer{Origin: "the command " + line.Program(), Narrow: "let it print a token of this scope alone", Issue: command{line}.issue}, nil
}

type command struct{ line program.Line }

// issue runs the program and reads the token that it prints: one word, or JSON
// with access_token, and with expires_in or expiry.
func (c command) issue(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	short := make([]string, len(scopes))
	for i, scope := range scopes {
		short[i] = spec.Scope{Name: scope}.Short()
	}
	printed, err := c.line.Output(ctx, strings.Join(scopes, " "), strings.Join(short, " "))
	var token *oauth2.Token
	if err == nil {
		var complaint string
		if token, complaint = readCommandOutput(printed, time.Now()); complaint != "" {
			err = c.line.Wrong(complaint, "it must print one token, or JSON with access_token")
		}
	}
	return token, err
}

// readCommandOutput reads what a command printed, or says what is wrong with it.
func readCommandOutput(printed string, now time.Time) (token *oauth2.Token, complaint string) {
	printed = strings.TrimSpace(printed)
	switch words := len(strings.Fields(printed)); {
	case words == 0:
		return nil, "printed nothing"
	case strings.HasPrefix(printed, "{"):
		return readCommandJSON(printed, now)
	case words > 1:
		return nil, fmt.Sprintf("printed %d words", words)
	case strings.HasPrefix(printed, "<"):
		// A page, of a login for instance.
		return nil, "printed something other than a token"
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
