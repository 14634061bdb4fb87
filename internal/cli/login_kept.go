package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
)

// listLogins prints what is kept, without any secret.
func listLogins(terminal *terminal, logins []tokens.Login) {
	if len(logins) == 0 {
		fmt.Fprintln(terminal.out, "no logins are kept; dpconform login --scopes maps.reviews makes one")
	}
	for _, login := range logins {
		life := "refreshed when it expires"
		if login.RefreshToken == "" {
			life = "until " + login.Expiry.UTC().Format("2006-01-02 15:04 UTC")
			if login.Expiry.Before(time.Now()) {
				life = "expired"
			}
		}
		fmt.Fprintf(terminal.out, "%3d  %s  %s\n     %s: %s, %s\n", login.ID, login.Obtained.Format(time.DateOnly), login.Endpoint,
			countOf(len(login.Scopes), "scope", "scopes"), login.Asked, life)
	}
}

// revokeLogins has the tokens of logins taken back.
func revokeLogins(ctx context.Context, terminal *terminal, sources *config.Sources, settings *config.Settings, options loginOptions,
	store *tokens.Store, logins []tokens.Login) error {
	chosen, err := chosenLogins(sources, options.revoke, logins)
	if err != nil {
		return err
	}
	client, err := settings.OAuthClient(sources)
	if err != nil {
		return err
	}
	kept := 0
	for _, login := range chosen {
		done := "revoked"
		if options.forget {
			done, err = "forgotten, and not revoked", store.Forget(ctx, login.ID)
		} else {
			err = store.Revoke(ctx, login.ID, options.revocationURL, client)
		}
		switch {
		case tokens.IsFailure(err):
			terminal.complain(err.Error())
			kept++
		case err != nil:
			return err
		default:
			fmt.Fprintf(terminal.out, "%s: %s\n", done, login.Name())
		}
	}
	if kept > 0 {
		return exitCode(result.ExitInconclusive)
	}
	return nil
}

func chosenLogins(sources *config.Sources, wanted string, logins []tokens.Login) ([]tokens.Login, error) {
	if wanted == "all" {
		return logins, nil
	}
	for _, login := range logins {
		if strconv.Itoa(login.ID) == wanted {
			return []tokens.Login{login}, nil
		}
	}
	return nil, &text.UsageError{Place: sources.Origin("revoke"), Message: fmt.Sprintf("there is no login %q", wanted),
		Fix: "dpconform login --list names them"}
}
