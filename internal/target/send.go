package target

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"
)

// largestAnswer is the size in bytes over which an answer is Endless.
const largestAnswer = 4 << 20

// Send sends a request on behalf of a check, waits for the whole answer, and
// keeps the exchange in the journal. It never follows a redirect, and sends
// again only what may be sent again.
func (t *Target) Send(ctx context.Context, check string, request Request) *Exchange {
	return t.send(ctx, t.reserve(check, request), Place{Check: check})
}

// SendTogether sends several requests at the same time and waits for all
// answers. The exchanges keep the order of the requests.
func (t *Target) SendTogether(ctx context.Context, check string, requests []Request) []*Exchange {
	exchanges := make([]*Exchange, len(requests))
	for i, request := range requests {
		exchanges[i] = t.reserve(check, request)
	}
	var waiting sync.WaitGroup
	mistakes := make(chan any, len(exchanges))
	for _, exchange := range exchanges {
		waiting.Go(func() {
			// A panic of another goroutine would end the program and print what it
			// has at hand.
			defer func() {
				if mistake := recover(); mistake != nil {
					mistakes <- mistake
				}
			}()
			t.send(ctx, exchange, Place{Check: check, Together: true})
		})
	}
	waiting.Wait()
	if len(mistakes) > 0 {
		panic(<-mistakes)
	}
	return exchanges
}

// reserve gives an exchange its number.
func (t *Target) reserve(check string, request Request) *Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	exchange := &Exchange{Number: len(t.journal) + 1, Check: check, Request: request, Began: time.Now(), URL: t.endpoint.String() + request.Path}
	t.journal = append(t.journal, exchange)
	return exchange
}

// send makes an exchange and tells who watches that it has ended.
func (t *Target) send(ctx context.Context, exchange *Exchange, place Place) *Exchange {
	t.exchange(ctx, exchange, place)
	t.watcher.Done(exchange)
	return exchange
}

// exchange makes as many attempts as the request and its answers allow.
func (t *Target) exchange(ctx context.Context, exchange *Exchange, place Place) {
	place.Number, place.Once, place.Job = exchange.Number, exchange.Request.Once, exchange.Request.Job
	for {
		if fault := t.admit(ctx); fault != nil {
			exchange.Fault = fault
			return
		}
		t.watcher.Sending(exchange)
		t.attempt(ctx, exchange, place)
		wait, again := t.again(exchange)
		if !again {
			t.settle(exchange)
			return
		}
		exchange.setAside()
		t.tellWait(exchange, wait)
		if t.config.Pause(ctx, wait) != nil {
			exchange.Fault = interrupted()
			return
		}
	}
}

// attempt sends a request once and keeps what comes of it.
func (t *Target) attempt(ctx context.Context, exchange *Exchange, place Place) {
	ctx = WithPlace(ctx, place)
	if place.Once {
		// Once it is on its way, its answer must be known, whatever ends the run.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := &limitWatch{limit: t.config.Limit, cancel: cancel}
	defer watch.stop()
	// The limit is the server's: it runs from the connection on.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { watch.start() }})
	request, err := t.newRequest(ctx, exchange.Request)
	if err != nil {
		exchange.Fault = &Fault{Kind: Withheld, Detail: "not sent: " + err.Error()}
		return
	}
	// Not by an http.Client: it follows redirects, or at least reads where they
	// lead, and what a server says there is its own affair.
	response, err := t.config.Transport.RoundTrip(request)
	if err != nil {
		exchange.Fault = FaultBeforeAnswer(ctx, err, len(exchange.Request.Body))
		return
	}
	defer response.Body.Close()
	exchange.Status, exchange.Header = response.StatusCode, response.Header
	exchange.Body, err = io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	exchange.Fault = faultOfAnswer(ctx, exchange, err)
	exchange.Took = watch.elapsed()
}

// faultOfAnswer says what is wrong with an answer as HTTP, or nil.
func faultOfAnswer(ctx context.Context, exchange *Exchange, err error) *Fault {
	switch {
	case exchange.Status < 100 || exchange.Status > 599:
		// RFC 9110, 15: all valid status codes are within 100 to 599.
		return &Fault{Kind: Malformed, Detail: fmt.Sprintf("the status %d is none of HTTP's", exchange.Status)}
	case err != nil:
		return FaultInBody(ctx, err, len(exchange.Body))
	case len(exchange.Body) > largestAnswer:
		return &Fault{Kind: Endless, Detail: fmt.Sprintf("the body has more than %d MiB", largestAnswer>>20)}
	}
	return nil
}

func (t *Target) newRequest(ctx context.Context, wanted Request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if len(wanted.Body) > 0 {
		body = strings.NewReader(string(wanted.Body))
	}
	request, err := http.NewRequestWithContext(ctx, wanted.Method, t.endpoint.String()+wanted.Path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range wanted.Header {
		request.Header[name] = slices.Clone(values)
	}
	if t.config.UserAgent != "" {
		request.Header.Set("User-Agent", t.config.UserAgent)
	}
	secret, err := wanted.Credential.authorize(request)
	if err != nil {
		return nil, err
	}
	t.remember(secret, wanted.Credential.Scopes)
	return request, nil
}

func (t *Target) remember(secret string, scopes []string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if secret != "" {
		t.secrets[secret] = scopes
	}
}

// limitWatch cancels a request that takes longer than the limit.
type limitWatch struct {
	limit  time.Duration
	cancel context.CancelCauseFunc

	mutex sync.Mutex
	began time.Time
	timer *time.Timer
}

func (w *limitWatch) start() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer == nil {
		w.began = time.Now()
		w.timer = time.AfterFunc(w.limit, func() { w.cancel(slowError{w.limit}) })
	}
}

func (w *limitWatch) stop() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *limitWatch) elapsed() time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.timer == nil {
		return 0
	}
	return time.Since(w.began)
}
