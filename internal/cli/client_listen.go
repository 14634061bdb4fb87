package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/text"
)

// watchClients serves clients that are started by hand until the context ends,
// then reports what arrived.
func watchClients(ctx context.Context, terminal *terminal, options *clientOptions, sources *config.Sources, served clienttest.Options, files []report.File) error {
	if err := options.checkAddress(sources); err != nil {
		return err
	}
	watch, err := clienttest.NewWatch(served, version, options.wireOnly)
	if err != nil {
		return &text.UsageError{Place: "client", Message: err.Error()}
	}
	site, err := clienttest.Serve(watch.Server, options.listen, false, watch)
	if err != nil {
		return &text.UsageError{Place: sources.Origin("listen"), Message: listenMistake(options.listen, err)}
	}
	watch.Endpoint = site.Endpoint
	fmt.Fprintf(terminal.raw, "listening on %s, with a page of what arrives\n", site.Endpoint)
	if served.Upstream != nil {
		fmt.Fprintf(terminal.raw, "requests go on to %s, with the token that the client sends\n", served.Upstream)
	} else {
		fmt.Fprintf(terminal.raw, "token        %s\nfresh token  %s\n", watch.Token(), watch.Fresh())
	}
	fmt.Fprintf(terminal.raw, "jobs         %s\nstop it with Ctrl-C\n", jobsOfScenarios(served.Scenarios))
	<-ctx.Done()
	site.Close()
	if err := reportClient(terminal, watch.Outcomes(), files); err != nil {
		return err
	}
	// That somebody stopped it is how it ends.
	return exitCode(clienttest.ExitConforms)
}

func jobsOfScenarios(scenarios []*clienttest.Scenario) string {
	var jobs []string
	for _, scenario := range scenarios {
		jobs = append(jobs, clienttest.JobOf(scenario, "1"))
	}
	return strings.Join(jobs, "\n             ")
}

// checkAddress lets nobody but this machine in, unless it is asked for.
func (o *clientOptions) checkAddress(sources *config.Sources) error {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return &text.UsageError{Place: sources.Origin("listen"), Message: fmt.Sprintf("%q is no address", o.listen),
			Fix: "give HOST:PORT such as 127.0.0.1:8090"}
	}
	address, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && address.IsLoopback() || o.remote {
		return nil
	}
	return &text.UsageError{Place: sources.Origin("listen"), Message: fmt.Sprintf("other machines may reach %s", o.listen),
		Fix: "listen on 127.0.0.1, or give --listen-remote too"}
}
