package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/cassettes"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/recording"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// emulatedEndpoint is the address under which the reference emulator is
// recorded: the same each time, whatever port it listens on.
const emulatedEndpoint = "http://emulator.localhost"

// recordFlags are the flags that only record has.
type recordFlags struct {
	force      bool
	resume     bool
	discard    bool
	keepJobIDs bool
	check      bool
}

// contradiction says which two flags cannot be combined, or is nil.
func (f recordFlags) contradiction() error {
	switch {
	case f.resume && f.discard:
		return text.Mistake("--resume", "it cannot be combined with --discard", "--resume continues the recording, --discard starts over")
	case f.check && (f.resume || f.discard || f.force):
		return text.Mistake("--check", "it writes nothing, so it cannot be combined with --resume, --discard or --force", "use only one of them")
	}
	return nil
}

func newRecordCommand(terminal *terminal) *cobra.Command {
	var settings config.Settings
	var own recordFlags
	command := &cobra.Command{
		Use:   "record",
		Short: "Run all checks and record the responses as cassettes",
		Long: `record runs all checks and writes the responses as cassettes. They contain no
tokens, and job ids are replaced by aliases. The old cassettes are replaced only
when the recording is complete. If it is interrupted, --resume continues it
without repeating requests that already got a response. provenance.yaml says
which server was recorded and when; SOURCE_DATE_EPOCH overrides the date.

Exit: 0 recorded, or unchanged, 1 changed (--check), 2 wrong usage or cassettes,
4 the server cannot be reached, or the recording is incomplete, 130 interrupted.`,
		Example: `  dpconform record --cassettes my-cassettes --endpoint URL --job STATE=ID,ID
  dpconform run --cassettes my-cassettes`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return record(command, terminal, &settings, own)
		},
	}
	settings.AddTargetFlags(command.Flags())
	flags := command.Flags()
	flags.Lookup("endpoint").Usage = "`URL` of the server to record. Without it, the reference emulator is recorded"
	flags.StringVar(&settings.Cassettes, "cassettes", "", "write the cassettes to `DIR`")
	flags.BoolVar(&own.force, "force", false, "allow overwriting the cassettes of dpconform itself")
	flags.BoolVar(&own.resume, "resume", false, "continue the interrupted recording")
	flags.BoolVar(&own.discard, "discard", false, "discard the interrupted recording and start over")
	flags.BoolVar(&own.keepJobIDs, "keep-job-ids", false, "record job ids unchanged, not as aliases")
	settings.AddQuietFlag(flags)
	settings.AddVerboseRunFlag(flags)
	flags.BoolVar(&own.check, "check", false, "compare the server with the cassettes and write nothing. Exit 1 if a response changed in status, a header that matters or structure")
	return command
}

func record(command *cobra.Command, terminal *terminal, settings *config.Settings, own recordFlags) error {
	began := time.Now()
	sources, method, err := prepare(command, terminal, settings)
	if err != nil {
		return err
	}
	if settings.Cassettes == "" && !own.check {
		return text.Mistake("", "--cassettes is required", "give --cassettes DIR, the folder to write")
	}
	if err := own.contradiction(); err != nil {
		return err
	}
	if err := text.CheckFolder(settings.Cassettes); err != nil && settings.Cassettes != "" {
		return text.Mistake(sources.Origin("cassettes"), settings.Cassettes+": "+text.Reason(err), "give a folder, or the path of a new one")
	}
	ctx, stop, err := settings.Limited(command.Context(), sources)
	if err != nil {
		return err
	}
	defer stop()
	run := &recordingRun{terminal: terminal, began: began, settings: settings, method: method, keepJobIDs: own.keepJobIDs}
	if own.check {
		return run.check(ctx, sources)
	}
	if !own.force && isShipped(settings.Cassettes) {
		return text.Mistake(sources.Origin("cassettes"), settings.Cassettes+" holds the cassettes that come with dpconform", "--force records them again, --cassettes another folder leaves them alone")
	}
	date, err := recordingDate()
	if err != nil {
		return err
	}
	if run.config, err = recordedTarget(ctx, sources, settings, method); err != nil {
		return err
	}
	endpoint, err := target.ParseEndpoint(run.config.Endpoint)
	if err != nil {
		return err
	}
	return run.record(ctx, recording.Options{Resume: own.resume, Discard: own.discard, Transport: run.config.Transport, Secrets: run.config.Network.Secrets(), Members: method.MemberNames(), Provenance: recording.Provenance{
		Endpoint: run.config.Endpoint, Emulator: settings.Endpoint == "", Date: date, Version: version,
		Description: result.NewDescription(method).FileText(), Digest: method.Digest, Seed: settings.Seed, Limit: run.config.Limit, Loopback: run.config.Loopback,
		ConsumeJobs: run.config.ConsumeJobs, Jobs: run.config.Jobs, TokenTemplate: recordedTokens.Text, TokenJoin: recordedTokens.Join,
		BehindProxy: run.config.Network.BehindProxy(endpoint),
	}})
}

// isShipped reports whether the cassettes of a folder become part of the
// program, or are a copy of those that are.
func isShipped(folder string) bool {
	for _, place := range []string{folder, filepath.Join(folder, "..")} {
		if source, err := text.ReadFile(filepath.Join(place, "cassettes.go"), text.LargestFile); err == nil && bytes.Contains(source, []byte("package cassettes")) {
			return true
		}
	}
	there, err := text.ReadFile(filepath.Join(folder, recording.ProvenanceFile), text.LargestFile)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(spec.Shipped(), func(method string) bool {
		files, _ := cassettes.Embedded(method)
		if files == nil {
			return false
		}
		shipped, err := fs.ReadFile(files, recording.ProvenanceFile)
		if err == nil {
			shipped, err = text.Decode(shipped)
		}
		return err == nil && bytes.Equal(there, shipped)
	})
}

// recordedTokens makes the names that replace tokens in cassettes.
var recordedTokens = target.TokenTemplate{Text: redact.Mark + ":{short}", Join: "+"}

// recordedTarget is the server that the settings name, or the reference
// emulator, listening as long as the context lives.
func recordedTarget(ctx context.Context, sources *config.Sources, settings *config.Settings, method *spec.Method) (target.Config, error) {
	if settings.JobCommand != "" {
		return target.Config{}, text.Mistake(sources.Origin("job-command"), "a recording needs the ids of its jobs before its first request", "give --job STATE=ID")
	}
	if settings.Endpoint != "" {
		return reachableTarget(ctx, sources, settings, method)
	}
	options, err := emulatorOptions(sources, settings, []*spec.Method{method})
	if err != nil {
		return target.Config{}, err
	}
	if options.Jobs == nil {
		options.Jobs = emulator.DefaultJobs(method)
	}
	transport, err := listenAsEmulator(ctx, method, options)
	if err != nil {
		return target.Config{}, err
	}
	template := target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin}
	if settings.TokenTemplate != "" {
		template = target.TokenTemplate{Text: settings.TokenTemplate, Join: settings.TokenJoin}
	}
	direct := target.NetworkOptions{Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}
	return target.Config{Endpoint: emulatedEndpoint, Transport: transport, Network: direct, Credentials: template, Jobs: options.Jobs,
		Loopback: true, Limit: settings.Timeout, Members: method.MemberNames()}, nil
}

// listenAsEmulator serves the emulator on a free port and gives the transport
// that leads every address there.
func listenAsEmulator(ctx context.Context, method *spec.Method, options emulator.Options) (http.RoundTripper, error) {
	server, err := emulator.New(method, options)
	if err != nil {
		return nil, text.Mistake("", err.Error(), "correct --job or the description")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = serve(ctx, listener, server) }()
	dialer := &net.Dialer{}
	return &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, listener.Addr().String())
		},
	}, nil
}

// recordingDate is now, or what SOURCE_DATE_EPOCH says in seconds since 1970:
// https://reproducible-builds.org/specs/source-date-epoch/
func recordingDate() (time.Time, error) {
	value, set := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !set || value == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return time.Time{}, text.Mistake("SOURCE_DATE_EPOCH", fmt.Sprintf("invalid value %q", value), "give a number of seconds since 1970")
	}
	return time.Unix(seconds, 0).UTC(), nil
}
