package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/redaction"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// emulatedEndpoint is the address under which the reference emulator is
// recorded: the same each time, whatever port it listens on.
const emulatedEndpoint = "http://emulator.localhost"

func newRecordCommand(terminal *terminal) *cobra.Command {
	var settings configuration.Settings
	command := &cobra.Command{
		Use:   "record",
		Short: "Run the suite against a server and keep its answers as cassettes",
		Long: `record runs the whole suite and writes one cassette for each aspect, without any
token, and a provenance that says where they come from. Without --endpoint it
records the reference emulator. The date is that of SOURCE_DATE_EPOCH where it
is set.`,
		Example: `  dpconform record --cassettes my-cassettes
  dpconform record --cassettes my-cassettes --endpoint http://127.0.0.1:8080 \
      --token-template 'scope:{short}' --job FAILED=failed-1,failed-2
  dpconform run --cassettes my-cassettes`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return record(command, terminal, &settings)
		},
	}
	settings.AddTargetFlags(command.Flags())
	command.Flags().StringVar(&settings.Cassettes, "cassettes", "", "write the cassettes to `DIR`")
	return command
}

func record(command *cobra.Command, terminal *terminal, settings *configuration.Settings) error {
	began := time.Now()
	sources, contract, err := prepare(command, settings)
	if err != nil {
		return err
	}
	if settings.Cassettes == "" {
		return &configuration.UsageError{Place: "--cassettes", Message: "it is missing", Mend: "say where the cassettes go: --cassettes DIR"}
	}
	ctx, stop := context.WithCancel(command.Context())
	defer stop()
	config, origin, err := recordedTarget(ctx, sources, settings, contract)
	if err != nil {
		return err
	}
	date, err := recordingDate()
	if err != nil {
		return err
	}
	return recordInto(ctx, terminal, began, settings, contract, config, recorder.Provenance{
		RecordedFrom: origin, Date: date, Version: version,
		Description: recorder.DescribedBy{Name: contract.File, Digest: contract.Digest},
		Seed:        settings.Seed, Limit: config.Limit, Loopback: config.Loopback, AllowRetry: config.AllowRetry, Jobs: config.Jobs,
		Tokens: recorder.TokenNames{Template: recordedTokens.Text, Join: recordedTokens.Join},
	})
}

// recordInto runs the suite with a recording in between and saves it.
func recordInto(ctx context.Context, terminal *terminal, began time.Time, settings *configuration.Settings, contract *spec.Contract,
	config target.Config, provenance recorder.Provenance) error {
	var server *target.Target
	recording, err := recorder.NewRecording(recorder.RecordingOptions{
		Folder: settings.Cassettes, Transport: config.Transport, Provenance: provenance,
		Label: func(token string) (string, bool) { return labelOf(server, token) },
	})
	if err != nil {
		return err
	}
	config.Transport = recording
	server, err = target.New(config)
	if err != nil {
		return err
	}
	outcome, err := judge(ctx, terminal, suites.Config{Contract: contract, Target: server, Seed: settings.Seed}, suites.Selection{},
		len(suites.Checks(contract)))
	if err != nil {
		recording.Discard()
		return err
	}
	if err := recording.Save(); err != nil {
		return err
	}
	found := report.New(report.Run{Version: version, Started: began, Took: time.Since(began), Contract: contract, Target: server,
		Source: fromNetwork, Level: spec.Platform, Seed: settings.Seed, Outcome: outcome})
	fmt.Fprintf(terminal.out, "recorded %d exchanges with %s into %s\nwhat they say: %s\n", len(found.Exchanges), config.Endpoint,
		settings.Cassettes, found.Conclusion)
	return nil
}

// recordedTokens makes the harmless names that stand for tokens in cassettes.
var recordedTokens = target.TokenTemplate{Text: redaction.Mark + ":{short}", Join: "+"}

// labelOf gives the harmless name of a token that was sent. A token that nobody
// issued is harmless as it is.
func labelOf(server *target.Target, token string) (string, bool) {
	scopes, sent := server.ScopesOf(token)
	if !sent {
		return "", false
	}
	if len(scopes) == 0 {
		return token, true
	}
	return recordedTokens.Name(scopes...), true
}

// recordedTarget is the server that the settings name, or the reference
// emulator, listening as long as the context lives.
func recordedTarget(ctx context.Context, sources *configuration.Sources, settings *configuration.Settings, contract *spec.Contract) (target.Config, recorder.Origin, error) {
	if settings.Endpoint != "" {
		config, err := settings.TargetConfig(sources, contract)
		if err != nil {
			return config, recorder.Origin{}, err
		}
		config.UserAgent = "dpconform/" + version
		endpoint, _ := target.ParseEndpoint(config.Endpoint)
		if err := target.Reach(ctx, endpoint); err != nil {
			return config, recorder.Origin{}, &unreachableError{err}
		}
		return config, recorder.Origin{Kind: recorder.FromServer, Endpoint: config.Endpoint}, nil
	}
	options, err := emulatorOptions(sources, settings, contract)
	if err != nil {
		return target.Config{}, recorder.Origin{}, err
	}
	if options.Jobs == nil {
		options.Jobs = emulator.DefaultJobs(contract)
	}
	transport, err := listenAsEmulator(ctx, contract, options)
	if err != nil {
		return target.Config{}, recorder.Origin{}, err
	}
	template := target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin}
	if settings.TokenTemplate != "" {
		template = target.TokenTemplate{Text: settings.TokenTemplate, Join: settings.TokenJoin}
	}
	return target.Config{Endpoint: emulatedEndpoint, Transport: transport, Credentials: template, Jobs: options.Jobs,
		Loopback: true, Limit: settings.Timeout}, recorder.Origin{Kind: recorder.FromEmulator, Endpoint: emulatedEndpoint}, nil
}

// listenAsEmulator serves the emulator on a free port and gives the transport
// that leads every address there.
func listenAsEmulator(ctx context.Context, contract *spec.Contract, options emulator.Options) (http.RoundTripper, error) {
	server, err := emulator.New(contract, options)
	if err != nil {
		return nil, &configuration.UsageError{Message: err.Error()}
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
	text, set := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !set || text == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, &configuration.UsageError{Place: "SOURCE_DATE_EPOCH", Message: fmt.Sprintf("%q is no number of seconds", text)}
	}
	return time.Unix(seconds, 0).UTC(), nil
}
