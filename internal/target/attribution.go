package target

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// settle says what an exchange means after its last attempt, and counts what it
// means for the rest of the run.
func (t *Target) settle(ctx context.Context, exchange *Exchange) {
	othersWork := exchange.transient() && !exchange.control && (exchange.othersWork || t.othersWork(ctx, exchange.Check))
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if othersWork {
		t.budget.persistent = 0
	}
	t.attribute(exchange, othersWork)
	// A call without a response may have succeeded all the same.
	unknown := exchange.Request.Call && exchange.Fault != nil && exchange.Fault.ServerOwn() || exchange.Request.Once && exchange.Unsettled()
	if (exchange.Succeeded() || unknown) && exchange.Request.Job != "" {
		t.used[exchange.Request.Job] = true
	}
	t.count(exchange)
}

// count counts what an exchange means for the rest of the run.
func (t *Target) count(exchange *Exchange) {
	fault, budget := exchange.Fault, &t.budget
	switch {
	case fault == nil && exchange.transient():
	case fault == nil:
		budget.whole, budget.via, budget.refused = true, exchange.Header.Get("Via") != "", 0
		if exchange.isControl() && (t.control == nil || exchange.Request.Method == http.MethodGet) {
			t.control = &exchange.Request
		}
	case fault.Kind == Slow:
		budget.slow++
	case fault.Kind == NotSetUp:
		// One token may be of another project than the rest.
		if budget.refused++; !budget.whole || budget.refused >= unreachableBudget {
			budget.ended = fault
		}
	case fault.Kind == Intercepted:
		// A proxy may dislike one request and pass the next.
		if budget.refused++; budget.refused >= unreachableBudget {
			budget.ended = fault
		}
	case fault.Kind == WrongProtocol:
		budget.ended = fault
	case fault.Kind == Unreachable:
		if budget.unreachable++; budget.unreachable < unreachableBudget {
			return
		}
		if budget.ended = fault; budget.whole {
			budget.ended = &Fault{Kind: fault.Kind, Flag: fault.Flag, Detail: "not sent: the target can no longer be reached"}
		}
	}
}

// Unusable is why no request had a whole response and no more are sent, or nil.
// Nothing was tested then.
func (t *Target) Unusable() *Fault {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.budget.whole {
		return nil
	}
	return t.budget.ended
}

// NotSetUp is the caller's setup that lets no more requests in after others had a
// response, or nil.
func (t *Target) NotSetUp() *Fault {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if ended := t.budget.ended; ended != nil && ended.Kind == NotSetUp {
		return ended
	}
	return nil
}

// transient reports whether a response says that the target, or what stands in
// front of it, cannot respond for now. On this machine nothing stands in front,
// and a server that responds so means it.
// Sources: RFC 9110, 15.6.3 to 15.6.5;
// https://developers.google.com/webmaster-tools/v1/errors#backendError
func (e *Exchange) transient() bool {
	if !e.remote || e.Fault != nil {
		return false
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusInternalServerError:
		// That of HEAD has no body that would say more.
		return len(e.Body) == 0 || readError(e.Body).hasReason("backendError")
	}
	return false
}

// isControl reports whether a request is fit to show later that the target
// responds: it has no effect, and the method itself responded, as opposed to
// what checks tokens and paths in front of it.
func (e *Exchange) isControl() bool {
	if e.Request.Once || e.Request.FrontEnd || e.Succeeded() {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict:
		return true
	}
	return e.Status/100 == 2
}

// othersWork sends a request that had a whole response before. Only where it
// gets one again, and another request does not, is that the server's doing.
func (t *Target) othersWork(ctx context.Context, check string) bool {
	t.mutex.Lock()
	control := t.control
	t.mutex.Unlock()
	if control == nil {
		return false
	}
	request := *control
	request.Purpose = "see whether other requests get a response"
	exchange := t.reserve(check, request)
	exchange.control = true
	t.send(ctx, exchange, Place{Check: check})
	return exchange.Complete() && !exchange.transient()
}

// attribute tells the faults of the network and of the caller from the server's.
// On this machine there is no network in between, and nobody else who counts
// requests.
func (t *Target) attribute(exchange *Exchange, othersWork bool) {
	if exchange.Fault == nil {
		exchange.Fault = t.notSetUp(exchange)
	}
	if t.config.Loopback {
		for _, earlier := range slices.Backward(exchange.Earlier) {
			if earlier.brokenOff() && exchange.Fault != nil && exchange.Fault.Kind == Unreachable {
				// It died of what it was sent.
				exchange.Fault = &Fault{Kind: earlier.Fault.Kind, Detail: earlier.Fault.Detail + ", and then nobody could be reached"}
			}
		}
		return
	}
	made, attempts := len(exchange.Earlier)+1, ""
	if made > 1 {
		attempts = fmt.Sprintf(", in each of %d attempts", made)
	}
	switch {
	case exchange.brokenOff():
		exchange.Fault = &Fault{Kind: Lost, Detail: exchange.Fault.Detail + attempts}
	case exchange.Fault != nil:
	case exchange.Status == http.StatusTooManyRequests:
		exchange.Fault = &Fault{Kind: Throttled, Flag: "--rate", Detail: "the target accepts no more requests for now: 429" + attempts}
	case t.byProxy(exchange):
		exchange.Fault = &Fault{Kind: Intercepted, Detail: t.proxyDetail(exchange)}
	case exchange.transient() && (!othersWork || made == 1 && !exchange.Request.Once):
		exchange.Fault = &Fault{Kind: Unavailable, Detail: fmt.Sprintf("the target, or a server in front of it, is unavailable: %d %s%s",
			exchange.Status, http.StatusText(exchange.Status), attempts)}
	case t.intercepted(exchange):
		exchange.Fault = &Fault{Kind: Intercepted, Detail: fmt.Sprintf("the response came from an intermediary, such as a captive portal, not from the target: %d %s",
			exchange.Status, mediaTypeOf(exchange.Header))}
	}
}

// intercepted reports whether a response is that of a captive portal. A status
// of 511 is nobody else's (RFC 6585, 6). Over TLS the server has shown who it
// is; without, a page or a redirect to another host instead of an API's
// response is not its own.
func (t *Target) intercepted(exchange *Exchange) bool {
	if exchange.Status == http.StatusNetworkAuthenticationRequired {
		return true
	}
	if t.endpoint.Scheme != "http" {
		return false
	}
	if exchange.Status == http.StatusOK {
		return mediaTypeOf(exchange.Header) == "text/html"
	}
	to, err := url.Parse(exchange.Header.Get("Location"))
	return err == nil && exchange.Status/100 == 3 && to.Hostname() != "" && !strings.EqualFold(to.Hostname(), t.endpoint.Hostname())
}

func mediaTypeOf(header http.Header) string {
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}
