package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// loginCommand is a call of dpconform login.
type loginCommand struct {
	// Cobra keeps flags for ever, and with them what is allocated beside their values.
	*config.Settings
	terminal *terminal
	sources  *config.Sources
	method   *spec.Method
	store    *tokens.Store

	scopes        string
	issuer        string
	authURL       string
	revocationURL string
	separately    bool
	port          int
	noBrowser     bool
	wait          time.Duration
	list          bool
	revoke        string
	forget        bool
}

func newLoginCommand(terminal *terminal) *cobra.Command {
	login := &loginCommand{Settings: &config.Settings{}, terminal: terminal}
	command := &cobra.Command{
		Use:   "login",
		Short: "Log in with a browser and keep the tokens for one endpoint",
		Long: `login asks for scopes in a browser (OAuth authorization code flow with PKCE),
and keeps the tokens in a file that only you can read. run, record and doctor
then use them for that endpoint, and for no other. For each scope they use a
token narrowed to it, if the server supports that.

Without --issuer, or --auth-url and --token-url, the login is at Google. The
client must be allowed to redirect to http://127.0.0.1 at any port: at Google, a
client of type desktop app. If it has a secret, set DPCONFORM_CLIENT_SECRET, or
give a file with --client-secret-file.

Exit: 0 every scope was granted, 2 wrong usage, 3 a scope was not granted, the
browser or the server refused or did not respond, or a token was not revoked.`,
		Example: `  dpconform login --client-id ID --scopes 'SCOPE,PRODUCT.*'
  dpconform login --client-id ID --scopes '*' --separately
  dpconform login --list
  dpconform login --revoke 2`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return login.run(command) },
	}
	flags := command.Flags()
	login.AddConfigFlag(flags)
	login.AddDescriptionFlags(flags)
	flags.StringVar(&login.scopes, "scopes", "", "`SCOPES` to request, separated by commas. Each is in full, short, a pattern such as PRODUCT.*, or \"unrelated\"")
	flags.StringVar(&login.Endpoint, "endpoint", "", "`URL` of the server that the tokens are for. The default is the description's")
	login.AddClientFlags(flags)
	flags.StringVar(&login.issuer, "issuer", "", "`URL` of an authorization server that publishes its endpoints")
	flags.StringVar(&login.authURL, "auth-url", "", "`URL` of the authorization endpoint")
	flags.StringVar(&login.revocationURL, "revocation-url", "", "`URL` of the revocation endpoint")
	flags.BoolVar(&login.separately, "separately", false, "one login for each scope, for servers that cannot narrow a token")
	flags.IntVar(&login.port, "port", 0, "local `PORT` that the browser is redirected to. 0 selects a free one")
	flags.BoolVar(&login.noBrowser, "no-browser", false, "print the URL without opening a browser")
	flags.DurationVar(&login.wait, "wait", 5*time.Minute, "maximum `DURATION` to wait for the browser")
	flags.BoolVar(&login.list, "list", false, "list the stored logins")
	flags.StringVar(&login.revoke, "revoke", "", "revoke and remove the tokens of login `ID`, or of every login with --revoke all")
	flags.BoolVar(&login.forget, "forget", false, "with --revoke, only remove the tokens, without revoking them")
	login.AddNetworkFlags(flags)
	command.MarkFlagsMutuallyExclusive("list", "revoke", "scopes")
	return command
}

func (l *loginCommand) run(command *cobra.Command) (err error) {
	if l.sources, l.method, err = prepare(command, l.terminal, l.Settings); err != nil {
		return err
	}
	if l.Endpoint == "" {
		l.Endpoint = l.method.Endpoint
	}
	folder, err := tokens.DefaultFolder()
	if err != nil {
		return text.Mistake("", "there is no folder for the logins: "+err.Error(), "set XDG_CONFIG_HOME")
	}
	l.store = tokens.NewStore(folder)
	// Looked at first: what a person grants and nobody can keep is lost.
	logins, err := l.store.Logins()
	switch {
	case err != nil:
		return err
	case l.list:
		l.print(logins)
		return nil
	case l.revoke != "":
		return l.revokeLogins(command.Context(), logins)
	}
	return l.obtainAll(command.Context())
}

// mistake is one of a flag.
func (l *loginCommand) mistake(flag, message, fix string) error {
	return text.Mistake(l.sources.Origin(flag), message, fix)
}

// inconclusive complains and ends with the exit code for it.
func (l *loginCommand) inconclusive(complaint string) error {
	l.terminal.complain(complaint)
	return exitCode(result.ExitInconclusive)
}

// obtainAll asks a person for scopes, all at once or one by one, and keeps what
// is granted.
func (l *loginCommand) obtainAll(ctx context.Context) error {
	if l.forget {
		return l.mistake("forget", "it only works with --revoke", "give --revoke ID")
	}
	if l.scopes == "" {
		return l.mistake("scopes", "no scopes are named", "give --scopes 'SCOPE,PRODUCT.*'")
	}
	scopes, err := config.ScopesNamed(l.method, l.sources.Origin("scopes"), l.scopes)
	if err != nil {
		return err
	}
	authorization, err := l.authorization(ctx)
	if err != nil {
		return err
	}
	if !l.separately {
		return l.obtain(ctx, authorization, scopes, l.scopes)
	}
	for i, scope := range scopes {
		fmt.Fprintf(l.terminal.out, "login %d of %d\n", i+1, len(scopes))
		if err := l.obtain(ctx, authorization, []string{scope}, spec.Scope{Name: scope}.Short()); err != nil {
			return err
		}
	}
	return nil
}

// obtain makes one login and keeps it.
func (l *loginCommand) obtain(ctx context.Context, authorization tokens.Authorization, scopes []string, asked string) error {
	granted, err := authorization.Obtain(ctx, scopes)
	var failure *tokens.Failure
	var listening *net.OpError
	switch {
	case errors.As(err, &failure):
		return l.inconclusive(failure.Error())
	case errors.As(err, &listening):
		return l.mistake("port", listenMistake(fmt.Sprintf("127.0.0.1:%d", l.port), err), "give a free port, or leave it out")
	case err != nil:
		return err
	}
	made, missing, others := authorization.NewLogin(granted, l.Endpoint, asked, scopes, l.method.Documents)
	const again = "log in again and tick them in the browser"
	if len(made.Scopes) == 0 {
		// That it may fail is no news: nobody has the tokens any more.
		_ = made.Revoke(ctx, authorization.Client.HTTP)
		return l.inconclusive("none of the scopes was granted, so nothing is kept; " + again)
	}
	kept, err := l.store.Add(ctx, made)
	if err != nil {
		_ = made.Revoke(ctx, authorization.Client.HTTP)
		return err
	}
	fmt.Fprintf(l.terminal.out, "kept: %s for %s, with %s, in %s\n", kept.Name(), kept.Endpoint, text.Counted(len(kept.Scopes), "scope"), l.store.Path())
	if kept.RefreshToken == "" {
		fmt.Fprintf(l.terminal.out, "the server gave no refresh token: it ends %s\n", kept.Expiry.UTC().Format(minuteFormat))
	}
	if len(others) > 0 {
		l.terminal.complain("granted in addition to what was requested: " + tokens.Names(others))
	}
	if len(missing) > 0 {
		return l.inconclusive("not granted: " + tokens.Names(missing) + "; " + again)
	}
	return nil
}

// minuteFormat shows a time in UTC.
const minuteFormat = "2006-01-02 15:04 UTC"

// authorization reads who is asked, and by which client.
func (l *loginCommand) authorization(ctx context.Context) (made tokens.Authorization, err error) {
	endpoint, err := target.ParseEndpoint(l.Endpoint)
	switch {
	case err != nil:
		return made, text.Located(l.sources.Origin("endpoint"), err)
	case endpoint.Scheme != "https" && !target.IsLoopback(endpoint):
		return made, l.mistake("endpoint", endpoint.String()+" is not encrypted, and tokens of a login would go there", "give an endpoint with https://")
	case l.wait <= 0:
		return made, l.mistake("wait", "it must be more than 0", "give a time such as 5m")
	case l.port < 0 || l.port > 65535:
		return made, l.mistake("port", "it is no port", "give a number from 0 to 65535")
	}
	made.Client, err = l.Client(l.sources)
	if err != nil {
		return made, err
	}
	if made.Client.ID == "" {
		return made, l.mistake("client-id", "no client id is given", "give --client-id ID (at Google: the id of a desktop app client)")
	}
	made.Port, made.Wait, made.Announce = l.port, l.wait, l.announce
	switch {
	case l.issuer != "":
		if made.Server, err = tokens.Discover(ctx, made.Client.HTTP, l.issuer); err != nil {
			return made, l.mistake("issuer", err.Error(), "give the URL of an OAuth server, or --auth-url and --token-url")
		}
	case l.authURL == "" && l.TokenURL == "" && config.IsGoogle(l.Endpoint):
		made.Server = tokens.Google()
	case l.authURL == "" || l.TokenURL == "":
		return made, l.mistake("endpoint", "the authorization server of "+redact.Address(l.Endpoint)+" is not known", "give --issuer URL, or --auth-url and --token-url")
	}
	for _, one := range []struct {
		flag, given string
		into        *string
	}{{"auth-url", l.authURL, &made.Server.AuthURL}, {"token-url", l.TokenURL, &made.Server.TokenURL}, {"revocation-url", l.revocationURL, &made.Server.RevocationURL}} {
		if one.given == "" {
			continue
		}
		if err := tokens.CheckAddress(one.given); err != nil {
			return made, text.Located(l.sources.Origin(one.flag), err)
		}
		*one.into = one.given
	}
	return made, nil
}

// announce shows the address, on a line of its own, and asks the desktop to open
// a browser.
func (l *loginCommand) announce(address string) {
	fmt.Fprintf(l.terminal.raw, "open this address in a browser of this machine:\n\n%s\n\n", text.Line(address))
	fmt.Fprintf(l.terminal.out, "waiting for the browser, for up to %s\n", l.wait)
	if l.noBrowser {
		return
	}
	words := map[string][]string{
		"darwin":  {"open", address},
		"windows": {"rundll32", "url.dll,FileProtocolHandler", address},
	}[runtime.GOOS]
	if words == nil {
		words = []string{"xdg-open", address}
	}
	opener := exec.Command(words[0], words[1:]...)
	if opener.Start() == nil {
		go func() { _ = opener.Wait() }()
	}
}

// print lists what is kept, without any secret.
func (l *loginCommand) print(logins []tokens.Login) {
	if len(logins) == 0 {
		fmt.Fprintln(l.terminal.out, "no logins are stored; dpconform login --client-id ID --scopes SCOPE stores one")
	}
	for _, login := range logins {
		life := "refreshed when it expires"
		switch {
		case login.RefreshToken != "":
		case login.Expiry.Before(time.Now()):
			life = "expired"
		default:
			life = "until " + login.Expiry.UTC().Format(minuteFormat)
		}
		fmt.Fprintf(l.terminal.out, "%3d  %s  %s\n     %s: %s, %s\n", login.ID, login.Obtained.Format(time.DateOnly), login.Endpoint,
			text.Counted(len(login.Scopes), "scope"), login.Asked, life)
	}
}

// revokeLogins revokes the tokens of logins, or forgets them.
func (l *loginCommand) revokeLogins(ctx context.Context, logins []tokens.Login) error {
	var chosen []tokens.Login
	for _, login := range logins {
		if l.revoke == "all" || strconv.Itoa(login.ID) == l.revoke {
			chosen = append(chosen, login)
		}
	}
	if len(chosen) == 0 && l.revoke != "all" {
		return l.mistake("revoke", fmt.Sprintf("there is no login %q", l.revoke), "dpconform login --list names them")
	}
	client, err := l.OAuthClient(l.sources)
	if err != nil {
		return err
	}
	kept := false
	for _, login := range chosen {
		done := "revoked"
		if l.forget {
			done, err = "forgotten, and not revoked", l.store.Forget(ctx, login.ID)
		} else {
			err = l.store.Revoke(ctx, login.ID, l.revocationURL, client)
		}
		var failure *tokens.Failure
		switch {
		case errors.As(err, &failure):
			l.terminal.complain(failure.Error())
			kept = true
		case err != nil:
			return err
		default:
			fmt.Fprintf(l.terminal.out, "%s: %s\n", done, login.Name())
		}
	}
	if kept {
		return exitCode(result.ExitInconclusive)
	}
	return nil
}
