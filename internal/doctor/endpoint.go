package doctor

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/tokens"
)

// Endpoint is how a server is reached.
type Endpoint struct {
	URL string `json:"url"`
	// Reached says that it answered; Reason why it did not.
	Reached bool   `json:"reached"`
	Reason  string `json:"reason,omitempty"`
	// Protocol is "HTTP/2.0"; TLS is "TLS 1.3", empty where there is none.
	Protocol string `json:"protocol,omitempty"`
	TLS      string `json:"tls,omitempty"`
	// Proxy is the address of the proxy between, without its user.
	Proxy string `json:"proxy,omitempty"`
	// ClockAhead is how many seconds this machine's clock is ahead of the
	// server's; nil where its answer has no date.
	ClockAhead *float64 `json:"clockAheadSeconds,omitempty"`
	// ClockText says so in words, where it matters.
	ClockText string `json:"clock,omitempty"`
}

// unknownJob is an id that no job has. It is asked for by the method that shows
// a state, without a token: nothing comes of that.
const unknownJob = "dpconform-doctor"

func examineEndpoint(ctx context.Context, options Options) Endpoint {
	address, err := target.ParseEndpoint(options.Target.Endpoint)
	if err != nil {
		return Endpoint{URL: options.Target.Endpoint, Reason: err.Error()}
	}
	found := Endpoint{URL: address.String()}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: address}); err == nil && proxy != nil {
		found.Proxy = proxy.Scheme + "://" + proxy.Host
	}
	if err := target.Reach(ctx, address, options.Target.Network); err != nil {
		found.Reason = err.Error()
		return found
	}
	transport := options.Target.Transport
	if transport == nil {
		transport = target.NewNetwork(address, options.Target.Network)
	}
	limit := options.Target.Limit
	if limit == 0 {
		limit = target.DefaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	operation := options.Contract.ReadState
	request, err := http.NewRequestWithContext(ctx, operation.Method, address.String()+operation.Path.Expand(unknownJob), nil)
	if err != nil {
		found.Reason = "it cannot be asked"
		return found
	}
	request.Header.Set("User-Agent", options.Target.UserAgent)
	response, err := transport.RoundTrip(request)
	if err != nil {
		found.Reason = target.FaultBeforeAnswer(ctx, err, 0).Detail
		return found
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	found.answered(response, options.Now())
	return found
}

// answered reads from an answer how it came.
func (e *Endpoint) answered(response *http.Response, now time.Time) {
	e.Reached, e.Protocol = true, response.Proto
	if response.TLS != nil {
		e.TLS = tls.VersionName(response.TLS.Version)
	}
	if offset, known := tokens.ClockOffset(response.Header, now); known {
		seconds := offset.Round(time.Second).Seconds()
		e.ClockAhead, e.ClockText = &seconds, tokens.ClockText(offset)
	}
}
