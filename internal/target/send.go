package target

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// largestResponse is the size in bytes over which a response is Endless.
const largestResponse = 4 << 20

// Send sends a request on behalf of a check, waits for the whole response, and
// keeps the exchange in the journal. It never follows a redirect, and sends
// again only what may be sent again.
func (t *Target) Send(ctx context.Context, check string, request Request) *Exchange {
	return t.send(ctx, t.reserve(check, request), Place{Check: check})
}

// SendTogether sends several requests at the same time and waits for all
// responses. The exchanges keep the order of the requests.
func (t *Target) SendTogether(ctx context.Context, check string, requests []Request) []*Exchange {
	exchanges := make([]*Exchange, len(requests))
	for i, request := range requests {
		exchanges[i] = t.reserve(check, request)
		exchanges[i].Together = true
	}
	var waiting sync.WaitGroup
	panics := make(chan any, len(exchanges))
	for _, exchange := range exchanges {
		waiting.Go(func() {
			// A panic of another goroutine would end the program and print what it
			// has at hand.
			defer func() {
				if reason := recover(); reason != nil {
					panics <- reason
				}
			}()
			t.send(ctx, exchange, Place{Check: check, Together: true})
		})
	}
	waiting.Wait()
	if len(panics) > 0 {
		panic(<-panics)
	}
	return exchanges
}

// reserve gives an exchange its number.
func (t *Target) reserve(check string, request Request) *Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	exchange := &Exchange{Number: len(t.journal) + 1, Check: check, Request: request, Began: time.Now(), URL: t.endpoint.String() + request.Target(), remote: !t.config.Loopback,
		Added: t.addedBy(request.Credential)}
	t.journal = append(t.journal, exchange)
	return exchange
}

// send makes as many attempts as the request and its responses allow.
func (t *Target) send(ctx context.Context, exchange *Exchange, place Place) *Exchange {
	defer t.watcher.Done(exchange)
	place.Number, place.Once, place.Job = exchange.Number, exchange.Request.Once, exchange.Request.Job
	for {
		if exchange.Fault = t.admit(ctx, exchange.Number); exchange.Fault != nil {
			return exchange
		}
		t.watcher.Sending(exchange)
		place.Connection = t.connection(exchange, place)
		t.attempt(ctx, exchange, place)
		wait, asked, again := t.again(ctx, exchange)
		if !again {
			t.settle(ctx, exchange)
			return exchange
		}
		exchange.setAside()
		if t.keeps(exchange.Number) {
			continue
		}
		t.watcher.Waiting(exchange, wait, asked)
		if wait > 0 {
			if exchange.Fault = t.wait(ctx, wait, t.config.Pause); exchange.Fault != nil {
				return exchange
			}
		}
	}
}

// ReuseConnections says whether requests may share connections, from here on.
// Until then they do over TLS alone: an unknown server may mix up what shares a
// connection.
func (t *Target) ReuseConnections(reuse bool) { t.reuse.Store(reuse) }

// ReusesConnections reports whether requests may share connections.
func (t *Target) ReusesConnections() bool { return t.reuse.Load() }

// connection says over which connection an attempt is made. What may have an
// effect goes alone: a server may close a connection that has been idle just as a
// request goes out, and then nobody knows whether it took it (RFC 9112, 9.3.1).
// Requests at the same time would keep a server waiting that serves one connection
// after the other, and a large body may be left on the connection, unread.
func (t *Target) connection(exchange *Exchange, place Place) Connection {
	asked := exchange.Request.Connection
	apart := place.Once || place.Together || len(exchange.Earlier) > 0 || len(exchange.Request.Body) > largeBody
	if asked == AnyConnection && (apart || !t.reuse.Load()) {
		return OwnConnection
	}
	return asked
}

// attempt sends a request once and keeps what comes of it.
func (t *Target) attempt(ctx context.Context, exchange *Exchange, place Place) {
	ctx = WithPlace(ctx, place)
	if exchange.Request.Once {
		// Once it is on its way, its response must be known, whatever ends the run.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The limit is the server's: it runs from the connection on.
	var connected sync.Once
	var began time.Time
	limit := time.AfterFunc(forever, func() { cancel(slowError{t.config.Limit}) })
	defer limit.Stop()
	var ours, reused atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		connected.Do(func() {
			began = time.Now()
			limit.Reset(t.config.Limit)
		})
		_, kept := got.Conn.(*keepingConnection)
		ours.Store(kept)
		reused.Store(got.Reused)
	}})
	defer func() {
		exchange.Connected, exchange.Reused = ours.Load(), reused.Load()
		exchange.Shared = place.Connection != OwnConnection
		if !exchange.Shared {
			if t.endpoint.Scheme == "http" {
				t.shared.Store(0) // It closes the shared ones, see network.alone.
			}
			return
		}
		// What came too much may have made the transport give the connection up.
		surplus := exchange.Fault != nil && exchange.Fault.Detail == surplusDetail
		if before := t.shared.Swap(int64(exchange.Number)); exchange.Reused || surplus || t.config.InOrder {
			exchange.After = int(before)
		}
	}()
	defer connected.Do(func() {}) // A late connection starts no limit.
	request, err := t.newRequest(ctx, exchange.Request)
	if err != nil {
		exchange.Fault = &Fault{Kind: Withheld, Detail: "not sent: " + err.Error()}
		return
	}
	// Not by an http.Client: it follows redirects, or at least reads where they
	// lead, and what a server says there is its own affair.
	response, err := t.config.Transport.RoundTrip(request)
	if err != nil {
		exchange.Fault = FaultBeforeResponse(ctx, err, len(exchange.Request.Body))
		return
	}
	defer response.Body.Close()
	exchange.Status, exchange.Header, exchange.Closing = response.StatusCode, boundHeader(response.Header), response.Close
	exchange.HeadProblem, exchange.HeaderCut = exchange.Header.Get(HeadProblemHeader), exchange.Header.Get(HeaderCutHeader)
	exchange.Header.Del(HeadProblemHeader)
	exchange.Header.Del(HeaderCutHeader)
	body, err := io.ReadAll(io.LimitReader(response.Body, largestResponse+1))
	if connected.Do(func() {}); !began.IsZero() {
		exchange.Took = time.Since(began)
	}
	tooMuch := t.keepBody(exchange, body)
	switch {
	case exchange.Status < 100 || exchange.Status > 599:
		// RFC 9110, 15: all valid status codes are within 100 to 599.
		exchange.Fault = &Fault{Kind: Malformed, Detail: fmt.Sprintf("the status %d is none of HTTP's", exchange.Status)}
	case err != nil:
		exchange.Fault = FaultInBody(ctx, err, len(body), response.ContentLength)
	case len(body) > largestResponse:
		exchange.Fault = &Fault{Kind: Endless, Detail: fmt.Sprintf("a body of more than %d MiB", largestResponse>>20)}
	default:
		exchange.Fault = tooMuch
	}
}

// forever is longer than any run: a timer that is not yet started.
const forever = 1000 * time.Hour

func (t *Target) newRequest(ctx context.Context, wanted Request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if len(wanted.Body) > 0 {
		body = bytes.NewReader(wanted.Body)
	}
	request, err := http.NewRequestWithContext(ctx, wanted.Method, t.endpoint.String()+wanted.Target(), body)
	if err != nil {
		return nil, err
	}
	if wanted.Chunked {
		// Of no body at all net/http would send the length.
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(wanted.Body)), nil }
		request.Body, _ = request.GetBody()
		request.ContentLength = -1
	}
	if wanted.Header != nil {
		request.Header = wanted.Header.Clone()
	}
	if t.config.UserAgent != "" {
		request.Header.Set("User-Agent", t.config.UserAgent)
	}
	secret, err := wanted.Credential.authorize(request)
	if err != nil {
		return nil, err
	}
	if secret != "" {
		t.keepSecret(secret, wanted.Credential.Scopes)
	}
	return request, nil
}
