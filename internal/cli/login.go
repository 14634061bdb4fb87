package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// loginOptions is what the command login is told beside the settings.
type loginOptions struct {
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
	var settings config.Settings
	var options loginOptions
	command := &cobra.Command{
		Use:   "login",
		Short: "Log in with a browser and keep the tokens for one endpoint",
		Long: `login asks a person for scopes in a browser, by OAuth's authorization code
flow with PKCE, and keeps what was granted in a file that its owner alone can
read. From then on run, record and doctor use it, for that endpoint alone, with
a token narrowed to one scope wherever the server gives one.

Without --issuer or --auth-url and --token-url it is Google that is asked. The
client must be allowed to come back to http://127.0.0.1 at any port: at Google a
client of the type desktop app. Its secret, where it has one, goes into the
variable DPCONFORM_CLIENT_SECRET or a file for --client-secret-file.`,
		Example: `  dpconform login --client-id ID --scopes 'maps.reviews,youtube.*'
  dpconform login --client-id ID --scopes '*' --separately
  dpconform login --list
  dpconform login --revoke 2`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return login(command, terminal, &settings, options)
		},
	}
	flags := command.Flags()
	settings.AddConfigFlag(flags)
	settings.AddSpecFlag(flags)
	flags.StringVar(&options.scopes, "scopes", "", "`SCOPES` to ask for, in full or short, with commas between them; youtube.* for all of a product; or \"unrelated\"")
	flags.StringVar(&settings.Endpoint, "endpoint", "", "`URL` of the server that the tokens are for; the description's own unless given")
	settings.AddClientFlags(flags)
	flags.StringVar(&options.issuer, "issuer", "", "`URL` of an authorization server that says itself where its endpoints are")
	flags.StringVar(&options.authURL, "auth-url", "", "`URL` of its authorization endpoint")
	flags.StringVar(&options.revocationURL, "revocation-url", "", "`URL` where it takes tokens back")
	flags.BoolVar(&options.separately, "separately", false, "ask for each scope by itself, for servers that give no narrowed tokens")
	flags.IntVar(&options.port, "port", 0, "`PORT` of this machine that the browser comes back to; 0 takes a free one")
	flags.BoolVar(&options.noBrowser, "no-browser", false, "print the address and open no browser")
	flags.DurationVar(&options.wait, "wait", 5*time.Minute, "how long it may take until the browser comes back, a `DURATION`")
	flags.BoolVar(&options.list, "list", false, "list the logins that are kept")
	flags.StringVar(&options.revoke, "revoke", "", "have the tokens of login `ID`, or of all, taken back, and remove them here")
	flags.BoolVar(&options.forget, "forget", false, "with --revoke: remove them here and tell the server nothing")
	settings.AddNetworkFlags(flags)
	command.MarkFlagsMutuallyExclusive("list", "revoke", "scopes")
	return command
}

func login(command *cobra.Command, terminal *terminal, settings *config.Settings, options loginOptions) error {
	sources, contract, err := prepare(command, settings)
	if err != nil {
		return err
	}
	if settings.Endpoint == "" {
		settings.Endpoint = contract.Endpoint
	}
	folder, err := tokens.DefaultFolder()
	if err != nil {
		return &text.UsageError{Message: "there is no folder for the logins: " + err.Error(), Fix: "set XDG_CONFIG_HOME"}
	}
	store := tokens.NewStore(folder)
	// Looked at first: what a person grants and nobody can keep is lost.
	logins, err := store.Logins()
	if err != nil {
		return err
	}
	switch {
	case options.list:
		listLogins(terminal, logins)
		return nil
	case options.revoke != "":
		return revokeLogins(command.Context(), terminal, sources, settings, options, store, logins)
	}
	return obtainLogins(command.Context(), terminal, sources, settings, contract, options, store)
}

// obtainLogins asks a person for scopes, all at once or one by one, and keeps
// what is granted.
func obtainLogins(ctx context.Context, terminal *terminal, sources *config.Sources, settings *config.Settings, contract *spec.Contract,
	options loginOptions, store *tokens.Store) error {
	if options.scopes == "" {
		return &text.UsageError{Place: sources.Origin("scopes"), Message: "no scopes are named", Fix: "give --scopes 'maps.reviews,youtube.*'"}
	}
	scopes, err := config.ScopesNamed(contract, sources.Origin("scopes"), options.scopes)
	if err != nil {
		return err
	}
	authorization, err := newAuthorization(ctx, terminal, sources, settings, options)
	if err != nil {
		return err
	}
	if !options.separately {
		return obtainLogin(ctx, terminal, settings, contract, authorization, store, scopes, options.scopes)
	}
	for i, scope := range scopes {
		fmt.Fprintf(terminal.out, "login %d of %d\n", i+1, len(scopes))
		err := obtainLogin(ctx, terminal, settings, contract, authorization, store, []string{scope}, spec.ShortScope(scope))
		if err != nil {
			return err
		}
	}
	return nil
}

// obtainLogin makes one login and keeps it.
func obtainLogin(ctx context.Context, terminal *terminal, settings *config.Settings, contract *spec.Contract,
	authorization tokens.Authorization, store *tokens.Store, scopes []string, asked string) error {
	granted, err := authorization.Obtain(ctx, scopes)
	var listening *net.OpError
	switch {
	case tokens.IsFailure(err):
		terminal.complain(err.Error())
		return exitCode(result.ExitInconclusive)
	case errors.As(err, &listening):
		return &text.UsageError{Place: "--port", Message: listenMistake(fmt.Sprintf("127.0.0.1:%d", authorization.Port), err)}
	case err != nil:
		return err
	}
	made, missing, others := authorization.NewLogin(granted, settings.Endpoint, asked, scopes, contract.Documents)
	if len(made.Scopes) == 0 {
		made.TakeBack(ctx, authorization.HTTP)
		terminal.complain("none of the scopes was granted, so nothing is kept; log in again and tick them in the browser")
		return exitCode(result.ExitInconclusive)
	}
	kept, err := store.Add(ctx, made)
	if err != nil {
		made.TakeBack(ctx, authorization.HTTP)
		return err
	}
	fmt.Fprintf(terminal.out, "kept: %s for %s, with %s, in %s\n", kept.Name(), kept.Endpoint, countOf(len(kept.Scopes), "scope", "scopes"), store.Path())
	if kept.RefreshToken == "" {
		fmt.Fprintf(terminal.out, "the server gave no refresh token: it ends %s\n", kept.Expiry.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if len(others) > 0 {
		terminal.complain("granted beside what was asked for: " + tokens.Names(others))
	}
	if len(missing) > 0 {
		terminal.complain("not granted: " + tokens.Names(missing) + "; log in again and tick them in the browser")
		return exitCode(result.ExitInconclusive)
	}
	return nil
}

// newAuthorization reads who is asked, and by which client.
func newAuthorization(ctx context.Context, terminal *terminal, sources *config.Sources, settings *config.Settings, options loginOptions) (tokens.Authorization, error) {
	none := tokens.Authorization{}
	endpoint, err := target.ParseEndpoint(settings.Endpoint)
	if err != nil {
		return none, &text.UsageError{Place: sources.Origin("endpoint"), Message: err.Error()}
	}
	if endpoint.Scheme != "https" && !target.IsLoopback(endpoint) {
		return none, &text.UsageError{Place: sources.Origin("endpoint"), Message: endpoint.String() + " is not encrypted, and tokens of a login would go there",
			Fix: "give an endpoint with https://"}
	}
	if options.wait <= 0 || options.port < 0 || options.port > 65535 {
		return none, &text.UsageError{Message: "--wait must be more than 0 and --port one from 0 to 65535"}
	}
	client, err := settings.OAuthClient(sources)
	if err != nil {
		return none, err
	}
	id, secret, err := settings.Client(sources)
	if err != nil {
		return none, err
	}
	if id == "" {
		return none, &text.UsageError{Place: sources.Origin("client-id"), Message: "no client is named", Fix: "give --client-id ID, at Google of a client of the type desktop app"}
	}
	server, err := authorizationServer(ctx, sources, settings, options, client)
	return tokens.Authorization{
		Server: server, ClientID: id, ClientSecret: secret, Port: options.port, Wait: options.wait, HTTP: client,
		Announce: func(address string) { announce(terminal, address, options) },
	}, err
}

// authorizationServer finds out where the server's endpoints are.
func authorizationServer(ctx context.Context, sources *config.Sources, settings *config.Settings, options loginOptions, client *http.Client) (tokens.AuthorizationServer, error) {
	var server tokens.AuthorizationServer
	var err error
	switch {
	case options.issuer != "":
		if server, err = tokens.Discover(ctx, client, options.issuer); err != nil {
			return server, &text.UsageError{Place: sources.Origin("issuer"), Message: err.Error()}
		}
	case options.authURL == "" && settings.TokenURL == "" && config.IsGoogle(settings.Endpoint):
		server = tokens.Google()
	case options.authURL == "" || settings.TokenURL == "":
		return server, &text.UsageError{Place: sources.Origin("endpoint"), Message: "who gives tokens for " + settings.Endpoint + " is not known",
			Fix: "give --issuer URL, or --auth-url and --token-url"}
	}
	for _, one := range []struct {
		flag, given string
		into        *string
	}{{"auth-url", options.authURL, &server.AuthURL}, {"token-url", settings.TokenURL, &server.TokenURL}, {"revocation-url", options.revocationURL, &server.RevocationURL}} {
		if one.given == "" {
			continue
		}
		if err := tokens.CheckAddress(one.given); err != nil {
			return server, &text.UsageError{Place: sources.Origin(one.flag), Message: err.Error()}
		}
		*one.into = one.given
	}
	return server, nil
}

// announce shows the address, on a line of its own, and opens a browser.
func announce(terminal *terminal, address string, options loginOptions) {
	fmt.Fprintf(terminal.raw, "open this address in a browser of this machine:\n\n%s\n\n", address)
	fmt.Fprintf(terminal.out, "waiting for the way back, %s at the most\n", options.wait)
	if !options.noBrowser {
		openBrowser(address)
	}
}

// openBrowser asks the desktop to open an address. Where there is none, the
// address has been printed.
func openBrowser(address string) {
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
