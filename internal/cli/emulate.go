package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

func newEmulateCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var address, fault string
	var secure secureOptions
	command := &cobra.Command{
		Use:   "emulate",
		Short: "Serve the reference emulator of the description",
		Long: `emulate serves a server that conforms to the description, prints its address and
a command that tests it, and runs until it is stopped.

Without --job it has 24 jobs of each state that can be retried and two of every
other. Without --token-template a token names its own scopes: scope:SHORT.`,
		Example: `  dpconform emulate
  dpconform emulate --addr 127.0.0.1:8080 --job FAILED=a,b --job COMPLETE=c
  dpconform emulate --fault last-scope-refused`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			sources, contract, err := prepare(command, &settings)
			if err != nil {
				return err
			}
			options, err := emulatorOptions(sources, &settings, contract)
			if err != nil {
				return err
			}
			options.Fault = fault
			if options.Introspect, err = newIntrospection(command.Context(), sources, &settings); err != nil {
				return err
			}
			if err := secure.read(sources); err != nil {
				return err
			}
			return emulate(command.Context(), terminal, contract, options, sources, address, &secure)
		},
	}
	flags := command.Flags()
	settings.AddConfigFlag(flags)
	settings.AddSpecFlag(flags)
	settings.AddTokenFlags(flags)
	settings.AddJobFlag(flags)
	settings.AddSeedFlag(flags)
	flags.StringVar(&address, "addr", "127.0.0.1:0", "`ADDRESS` to listen on; port 0 takes a free one")
	secure.addFlags(flags)
	settings.AddIntrospectionFlag(flags)
	settings.AddClientIdentityFlags(flags)
	flags.StringVar(&fault, "fault", "", "break one thing, by its `NAME`; \"list\" prints all names")
	return command
}

// emulatorOptions reads jobs and tokens; what is not given stays the emulator's
// own.
func emulatorOptions(sources *config.Sources, settings *config.Settings, contract *spec.Contract) (emulator.Options, error) {
	options := emulator.Options{TokenTemplate: settings.TokenTemplate, TokenJoin: settings.TokenJoin, Seed: settings.Seed}
	jobs, err := settings.JobsByState(sources, contract)
	if err != nil {
		return options, err
	}
	if len(jobs) > 0 {
		options.Jobs = jobs
	}
	options.Tokens, err = settings.ScopesByToken(sources, contract)
	return options, err
}

func emulate(ctx context.Context, terminal *terminal, contract *spec.Contract, options emulator.Options, sources *config.Sources, address string, secure *secureOptions) error {
	if options.Fault == "list" {
		for _, fault := range emulator.Faults() {
			fmt.Fprintf(terminal.raw, "%-44s %s\n%-44s breaks %s\n", fault.Name, fault.Text, "", fault.Breaks)
		}
		return nil
	}
	server, err := emulator.New(contract, options)
	if err != nil {
		return text.Mistake("emulate", err.Error(), "")
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return text.Mistake(sources.Origin("addr"), listenMistake(address, err), "")
	}
	endpoint := secure.scheme() + "://" + listener.Addr().String()
	fmt.Fprintf(terminal.raw, "listening on %s\n", endpoint)
	if options.Fault != "" {
		fmt.Fprintf(terminal.raw, "broken on purpose: %s\n", options.Fault)
	}
	fmt.Fprintf(terminal.raw, "test it with:\n\n  %s\n\nstop it with Ctrl-C\n", runCommandFor(contract, options, secure.flagsOfRun(endpoint)))
	return serve(ctx, secure.listener(listener), server)
}

func listenMistake(address string, err error) string {
	var operation *net.OpError
	if errors.As(err, &operation) {
		err = operation.Err
	}
	return fmt.Sprintf("cannot listen on %s: %s", address, err)
}

// serve serves until the context ends, then lets running requests finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		finish, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(finish)
		return exitCode(0)
	}
}

// runCommandFor is a command line that tests the emulator in full.
func runCommandFor(contract *spec.Contract, options emulator.Options, reach string) string {
	jobs := options.Jobs
	if jobs == nil {
		jobs = emulator.DefaultJobs(contract)
	}
	template := options.TokenTemplate
	if template == "" {
		template = emulator.DefaultTokenTemplate
	}
	words := []string{os.Args[0] + " run " + reach, "--token-template '" + template + "'"}
	if options.TokenJoin != "" && options.TokenJoin != emulator.DefaultTokenJoin {
		words = append(words, "--token-join '"+options.TokenJoin+"'")
	}
	for _, state := range contract.States {
		if ids := slices.Clone(jobs[state]); len(ids) > 0 {
			words = append(words, "--job "+state+"="+strings.Join(ids, ","))
		}
	}
	return strings.Join(words, " \\\n    ")
}

// introspectionMemory is how long the emulator believes what it read about a
// token: long enough for a run not to ask for every request, and short enough
// to see a revocation.
const introspectionMemory = 2 * time.Second

// introspection asks an authorization server about tokens.
type introspection struct {
	ctx       context.Context
	inspector tokens.Inspector

	mutex sync.Mutex
	known map[string]introspected
}

type introspected struct {
	until  time.Time
	scopes []string
	valid  bool
}

// newIntrospection asks the server that the settings name, or is nil.
func newIntrospection(ctx context.Context, sources *config.Sources, settings *config.Settings) (func(string) ([]string, bool), error) {
	if settings.IntrospectionURL == "" {
		return nil, nil
	}
	// The command has no flags for these.
	settings.ConnectTimeout, settings.TLSTimeout = target.DefaultConnectLimit, target.DefaultConnectLimit
	inspector, err := settings.Inspector(sources)
	if err != nil {
		return nil, err
	}
	asks := &introspection{ctx: ctx, inspector: inspector, known: map[string]introspected{}}
	return asks.scopes, nil
}

// scopes gives the scopes of a token. Without a response no token is valid.
func (i *introspection) scopes(token string) ([]string, bool) {
	i.mutex.Lock()
	one, known := i.known[token]
	i.mutex.Unlock()
	if known && time.Now().Before(one.until) {
		return one.scopes, one.valid
	}
	information, err := i.inspector.Inspect(i.ctx, token)
	if err != nil {
		return nil, false
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.known[token] = introspected{time.Now().Add(introspectionMemory), information.Scopes, information.Active}
	return information.Scopes, information.Active
}

// secureOptions say how the emulator serves TLS.
type secureOptions struct {
	certificate string
	key         string
	// tls is what was read of them; nil for none.
	tls *tls.Config
}

func (o *secureOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.certificate, "tls-cert", "", "serve TLS with the certificate in the PEM `FILE`")
	flags.StringVar(&o.key, "tls-key", "", "PEM `FILE` with the certificate's private key")
}

// read reads the certificate, where one is named.
func (o *secureOptions) read(sources *config.Sources) error {
	switch {
	case o.certificate == "" && o.key == "":
		return nil
	case o.key == "":
		return text.Mistake(sources.Origin("tls-cert"), "a certificate without its key", "give --tls-key FILE")
	case o.certificate == "":
		return text.Mistake(sources.Origin("tls-key"), "a key without its certificate", "give --tls-cert FILE")
	}
	pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
	if err != nil {
		return text.Mistake(sources.Origin("tls-cert"), fmt.Sprintf("%s and %s are not a certificate with its key: %s", o.certificate, o.key, err), "")
	}
	o.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	return nil
}

// scheme is that of what is served.
func (o *secureOptions) scheme() string {
	if o.tls == nil {
		return "http"
	}
	return "https"
}

// flagsOfRun are those that lead a run to what is served.
func (o *secureOptions) flagsOfRun(endpoint string) string {
	if o.tls == nil {
		return "--endpoint " + endpoint
	}
	return "--endpoint " + endpoint + " --ca-cert " + o.certificate
}

// listener serves TLS on a listener, where it is wanted.
func (o *secureOptions) listener(plain net.Listener) net.Listener {
	if o.tls == nil {
		return plain
	}
	return tls.NewListener(plain, o.tls)
}
