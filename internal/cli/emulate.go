package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

func newEmulateCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var address, certificateFile, keyFile string
	var faults []string
	command := &cobra.Command{
		Use:   "emulate",
		Short: "Start the reference emulator, a server that conforms",
		Long: `emulate starts the reference emulator: a server that conforms to the built-in
descriptions, or to the one that you name. It prints its address, the methods
that it serves and a command that tests it, and runs until you stop it.

Without --job, it has 24 jobs in each state that a method accepts, and two in
every other state; the printed command names as many as a run needs. Without
--token-template, a token names its scopes: scope:SHORT. A fault applies to
every method for which it is possible.`,
		Example: `  dpconform emulate
  dpconform emulate --addr 127.0.0.1:8080 --job STATE=ID,ID --job OTHER-STATE=ID
  dpconform emulate --fault last-scope-refused`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			sources, method, err := prepare(command, terminal, &settings)
			if err != nil {
				return err
			}
			methods := []*spec.Method{method}
			if settings.DescriptionFlags() == "" {
				if methods, err = shippedMethods(); err != nil {
					return err
				}
			}
			options, err := emulatorOptions(sources, &settings, methods)
			if err != nil {
				return err
			}
			if slices.Contains(faults, "list") {
				writeFaults(terminal.raw, methods)
				return nil
			}
			options.Fault = strings.Join(faults, ",")
			if options.Introspect, err = newIntrospection(command.Context(), sources, &settings); err != nil {
				return err
			}
			pair, err := sources.KeyPair("tls-cert", certificateFile, "tls-key", keyFile)
			if err != nil {
				return err
			}
			var secure *tls.Config
			if pair != nil {
				secure = &tls.Config{Certificates: []tls.Certificate{*pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return text.Mistake(sources.Origin("addr"), listenMistake(address, err), freeAddress)
			}
			defer listener.Close()
			reach := "--endpoint http://" + listener.Addr().String()
			if secure != nil {
				reach = "--endpoint https://" + listener.Addr().String() + " --ca-cert " + certificateFile
				listener = tls.NewListener(listener, secure)
			}
			return emulate(command.Context(), terminal, methods, options, listener, reach+settings.DescriptionFlags())
		},
	}
	flags := command.Flags()
	settings.AddConfigFlag(flags)
	settings.AddDescriptionFlags(flags)
	flags.Lookup(config.MethodFlag).Usage = "serve only the built-in method `NAME`: " + text.List(spec.Shipped(), "or") + ". The default is all of them"
	settings.AddTokenFlags(flags)
	settings.AddJobFlag(flags)
	settings.AddSeedFlag(flags)
	flags.StringVar(&address, "addr", "127.0.0.1:0", "`ADDRESS` to listen on. Port 0 selects a free one")
	flags.StringVar(&certificateFile, "tls-cert", "", "serve TLS with the certificate in the PEM `FILE`")
	flags.StringVar(&keyFile, "tls-key", "", "PEM `FILE` with the certificate's private key")
	settings.AddIntrospectionFlag(flags)
	settings.AddClientIdentityFlags(flags)
	flags.StringArrayVar(&faults, "fault", nil, "introduce the fault `NAME` (--fault list prints all names). A fault is a deliberate mistake. Repeatable")
	return command
}

// shippedMethods loads all built-in descriptions.
func shippedMethods() ([]*spec.Method, error) {
	var methods []*spec.Method
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			return nil, err
		}
		method, err := spec.Load(description)
		if err != nil {
			return nil, err
		}
		methods = append(methods, method)
	}
	return methods, nil
}

// writeFaults lists the faults of several methods. Which method has one is said
// where not all of them have.
func writeFaults(out io.Writer, methods []*spec.Method) {
	var faults []emulator.Fault
	having, texts := map[string][]string{}, map[string][]string{}
	for _, method := range methods {
		for _, fault := range emulator.Faults(method) {
			if having[fault.Name] == nil {
				faults = append(faults, fault)
			}
			having[fault.Name] = append(having[fault.Name], method.Operation.ID)
			if !slices.Contains(texts[fault.Name], fault.Text) {
				texts[fault.Name] = append(texts[fault.Name], fault.Text)
			}
		}
	}
	const width = 44
	for _, fault := range faults {
		only := ""
		if names := having[fault.Name]; len(names) < len(methods) {
			only = ", of " + text.List(names, "and")
		}
		indent := "\n" + strings.Repeat(" ", width+1)
		fmt.Fprintf(out, "%-*s %s%sbreaks %s%s\n", width, fault.Name, strings.Join(texts[fault.Name], indent), indent, fault.Breaks, only)
	}
}

// emulatorOptions reads jobs and tokens; what is not given stays the emulator's
// own.
func emulatorOptions(sources *config.Sources, settings *config.Settings, methods []*spec.Method) (emulator.Options, error) {
	options := emulator.Options{
		TokenTemplate: settings.TokenTemplate, TokenJoin: settings.TokenJoin, Seed: settings.Seed, Methods: methods[1:],
	}
	method := withAllNames(methods)
	jobs, err := settings.JobsByState(sources, method)
	if err != nil {
		return options, err
	}
	if len(jobs) > 0 {
		options.Jobs = jobs
	}
	options.Tokens, err = settings.ScopesByToken(sources, method)
	return options, err
}

// withAllNames is the first method with the states and scopes of all, which the
// flags of jobs and tokens may name.
func withAllNames(methods []*spec.Method) *spec.Method {
	all := *methods[0]
	documented := all.Documented()
	all.Scopes = slices.Clone(all.Scopes)
	for _, method := range methods[1:] {
		for _, state := range method.States {
			if !slices.Contains(all.States, state) {
				all.States = append(slices.Clone(all.States), state)
			}
		}
		for _, scope := range method.Scopes {
			if !documented[scope.Name] {
				documented[scope.Name] = true
				all.Scopes = append(all.Scopes, scope)
			}
		}
	}
	return &all
}

// emulate serves the emulator and prints what it serves and a command with the
// flags that reach it.
func emulate(ctx context.Context, terminal *terminal, methods []*spec.Method, options emulator.Options, listener net.Listener, reach string) error {
	server, err := emulator.New(methods[0], options)
	if usage, ok := errors.AsType[*text.UsageError](err); ok && usage.Place == "" {
		return text.Mistake("--fault", usage.Message, usage.Fix)
	}
	if err != nil {
		return text.Mistake("emulate", err.Error(), "correct the flags or the description")
	}
	fmt.Fprintf(terminal.raw, "listening on %s\nserving\n", strings.Fields(reach)[1])
	fmt.Fprint(terminal.raw, strings.Join(operationLines(methods), ""))
	if options.Fault != "" {
		fmt.Fprintf(terminal.raw, "fault: %s\n", options.Fault)
	}
	broken := max(0, slices.IndexFunc(methods, canHave(options.Fault)))
	if broken > 0 {
		reach += " --" + config.MethodFlag + " " + spec.Shipped()[broken]
	}
	fmt.Fprintf(terminal.raw, "test it with:\n\n  %s\n\n", runCommandFor(methods, options, reach))
	if len(methods) > 1 && broken == 0 {
		fmt.Fprintf(terminal.raw, "add --%s %s to test another method\n", config.MethodFlag, text.List(spec.Shipped()[1:], "or"))
	}
	fmt.Fprintln(terminal.raw, "stop it with Ctrl-C")
	return serve(ctx, namesListener{listener}, asWritten(server))
}

// canHave reports which methods can have all of the faults, separated by commas.
func canHave(faults string) func(*spec.Method) bool {
	return func(method *spec.Method) bool {
		possible := emulator.Faults(method)
		for name := range strings.SplitSeq(faults, ",") {
			if name != "" && !slices.ContainsFunc(possible, func(fault emulator.Fault) bool { return fault.Name == name }) {
				return false
			}
		}
		return true
	}
}

// freeAddress is the fix for an address that nothing can listen on.
const freeAddress = "give a free HOST:PORT such as 127.0.0.1:8080"

func listenMistake(address string, err error) string {
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		err = operation.Err
	}
	// Their own texts repeat the address.
	var wrong *net.AddrError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &wrong):
		err = errors.New(wrong.Err)
	case errors.As(err, &lookup):
		err = errors.New(lookup.Err)
	}
	return fmt.Sprintf("cannot listen on %s: %s", redact.Address(address), err)
}

// serve serves until the context ends, then lets running requests finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ConnContext: keepConnection}
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

// operationLines lists the operations that the emulator serves: each method, and the
// operation that reads the state of its jobs, which methods may share.
func operationLines(methods []*spec.Method) (lines []string) {
	for _, method := range methods {
		for _, operation := range []spec.Operation{method.Operation, method.ReadState} {
			line := fmt.Sprintf("  %-4s %s\n", operation.Method, operation.Path)
			if operation.ID != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// runCommandFor is a command line that tests the emulator in full.
func runCommandFor(methods []*spec.Method, options emulator.Options, reach string) string {
	jobs := options.Jobs
	if jobs == nil {
		jobs = emulator.DefaultJobs(methods[0], methods[1:]...)
	}
	all := withAllNames(methods)
	words, quote, next := []string{programName() + " run " + reach}, "'", " \\\n    "
	if runtime.GOOS == "windows" {
		quote, next = `"`, " " // For cmd.exe and PowerShell alike.
	}
	if len(all.Scopes) > 0 {
		template := cmp.Or(options.TokenTemplate, platform.TokenTemplate)
		expired := strings.NewReplacer("{scope}", platform.Expired, "{short}", platform.Expired).Replace(template)
		words = append(words, "--token-template "+quote+template+quote, "--token "+quote+platform.Expired+"="+expired+quote)
	}
	if options.TokenJoin != "" && options.TokenJoin != platform.TokenJoin {
		words = append(words, "--token-join "+quote+options.TokenJoin+quote)
	}
	for _, state := range append(slices.Clone(all.States), "") {
		ids := jobs[state]
		if options.Jobs == nil && options.Fault == "" {
			ids = ids[:min(len(ids), jobsForAllChecks)] // A faulty server may use up more.
		}
		if len(ids) > 0 {
			words = append(words, "--job "+strings.TrimPrefix(state+"=", "=")+strings.Join(ids, ","))
		}
	}
	return strings.Join(words, next)
}

// introspectionMemory is how long the emulator believes what it read about a
// token: long enough for a run not to ask for every request, and short enough
// to see a revocation.
const introspectionMemory = 2 * time.Second

// newIntrospection asks the server that the settings name for the scopes of a
// token, or is nil. Without a response no token is valid.
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
	type inspected struct {
		until  time.Time
		scopes []string
		valid  bool
	}
	var mutex sync.Mutex
	known := map[string]inspected{}
	return func(token string) ([]string, bool) {
		mutex.Lock()
		one := known[token]
		mutex.Unlock()
		if time.Now().Before(one.until) {
			return one.scopes, one.valid
		}
		information, err := inspector.Inspect(ctx, token)
		if err != nil {
			return nil, false
		}
		mutex.Lock()
		defer mutex.Unlock()
		known[token] = inspected{time.Now().Add(introspectionMemory), information.Scopes, information.Active}
		return information.Scopes, information.Active
	}, nil
}
