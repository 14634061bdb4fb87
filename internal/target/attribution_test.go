package target

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestATransientResponseIsTheServersOwnWhereOthersWork: a request that is sent
// again and again without success is compared with one that had a response.
func TestATransientResponseIsTheServersOwnWhereOthersWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		control  roundTripper // of /good, after its first response
		bad      roundTripper
		once     bool
		loopback bool
		want     FaultKind
	}{
		"others work":                         {status(200), status(502), false, false, ""},
		"nothing works":                       {status(503), status(502), false, false, Unavailable},
		"nothing works, of a backend":         {status(504), backendError, false, false, Unavailable},
		"others have no response":             {hangUpStep, status(504), false, false, Unavailable},
		"others work, of what is sent once":   {status(200), status(502), true, false, ""},
		"nothing works, of what is sent once": {status(502), status(502), true, false, Unavailable},
		"on this machine":                     {status(502), status(502), false, true, ""},
		"a plain error":                       {status(503), status(500), false, false, ""},
		"others work, no body":                {status(200), refusing(500, ""), false, false, ""},
		"nothing works, no body":              {status(503), refusing(500, ""), false, false, Unavailable},
	} {
		good := status(200)
		server := newTarget(t, Config{Endpoint: "https://api.example", Loopback: test.loopback, Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.URL.Path == "/good" {
				return good(request)
			}
			return test.bad(request)
		})})
		sendTo(server, Request{Method: "GET", Path: "/good"})
		good = test.control
		exchange := sendTo(server, Request{Path: "/bad", Once: test.once, Call: test.once, Job: "a"})
		if kindOf(exchange) != test.want || exchange.Fault != nil && exchange.Fault.ServerOwn() {
			t.Errorf("%s: %v", name, exchange.Fault)
		}
		if test.once && !exchange.Unsettled() {
			t.Errorf("%s: it is not known whether the call succeeded", name)
		}
		want := 1 // Again after the last attempt where nothing worked.
		if test.want == Unavailable && !test.once {
			want = 2
		} else if name == "on this machine" || name == "a plain error" {
			want = 0
		}
		if controls := len(server.Journal()) - 2; controls != want {
			t.Errorf("%s: %d requests were sent to compare", name, controls)
		}
	}
}

// setup is a response of Google's front end to a project that is not set up.
func setup(status int, reason, message, link string) roundTripper {
	return refusing(status, fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":"PERMISSION_DENIED","details":[
		{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q,"domain":"googleapis.com","metadata":{"consumer":"projects/12"}},
		{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Google developers console","url":%q}]}]}}`, status, message, reason, link))
}

func TestAProjectThatIsNotSetUpIsTheCallers(t *testing.T) {
	t.Parallel()
	const link = "https://console.developers.google.com/apis/api/x/overview?project=12"
	disabled := "X API has not been used in project 12 before or it is disabled."
	for name, test := range map[string]struct {
		response roundTripper
		says     []string
		flag     string
	}{
		"disabled":                   {setup(403, "SERVICE_DISABLED", disabled, link), []string{"SERVICE_DISABLED: " + disabled, "; see " + link}, ""},
		"denied":                     {setup(403, "USER_PROJECT_DENIED", "Caller does not have required permission to use project 12.", link), []string{"USER_PROJECT_DENIED: Caller"}, "--quota-project"},
		"an invalid project":         {setup(403, "CONSUMER_INVALID", "Permission denied on resource project x.", link), []string{"CONSUMER_INVALID"}, ""},
		"no quota project":           {setup(403, "SERVICE_DISABLED", "The X API requires a quota project, which is not set by default. See https://example.com", ""), []string{"requires a quota project"}, "--quota-project"},
		"no quota project, no code":  {refusing(403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"The X API requires a quota project, which is not set by default."}}`), []string{"403 PERMISSION_DENIED"}, "--quota-project"},
		"of the older form":          {refusing(403, `{"error":{"code":403,"message":"Access Not Configured.","errors":[{"reason":"accessNotConfigured"}]}}`), []string{"accessNotConfigured: Access Not Configured."}, ""},
		"a key":                      {setup(400, "API_KEY_INVALID", "API key not valid.", link), []string{"API_KEY_INVALID"}, ""},
		"by the message":             {refusing(403, `{"error":{"code":403,"message":"`+disabled+` Enable it by visiting `+link+` then retry."}}`), []string{"SERVICE_DISABLED: " + disabled}, ""},
		"by the link":                {refusing(403, `{"error":{"code":403,"message":"No.","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"url":"`+link+`"}]}]}}`), []string{"SERVICE_DISABLED: No.; see " + link}, ""},
		"denied, by the message":     {refusing(403, `{"error":{"code":403,"message":"Caller does not have required permission to use project x.","errors":[{"reason":"forbidden"}]}}`), []string{"USER_PROJECT_DENIED: Caller"}, "--quota-project"},
		"without billing":            {refusing(403, `{"error":{"code":403,"message":"This API method requires billing to be enabled."}}`), []string{"BILLING_DISABLED: This"}, ""},
		"another link":               {refusing(403, `{"error":{"code":403,"message":"No.","details":[{"links":[{"url":"https://developers.google.com/help"}]}]}}`), nil, ""},
		"in a list":                  {refusing(403, `[{"error":{"code":403,"message":"Off.","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}]`), []string{"SERVICE_DISABLED: Off."}, ""},
		"an empty list":              {refusing(403, `[]`), nil, ""},
		"a scope":                    {setup(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "Request had insufficient authentication scopes.", link), nil, ""},
		"another status":             {setup(404, "SERVICE_DISABLED", disabled, link), nil, ""},
		"a 403 of the method":        {refusing(403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"The caller has no permission."}}`), nil, ""},
		"a 403 that is no JSON":      {refusing(403, `<html>SERVICE_DISABLED`), nil, ""},
		"members of the wrong types": {refusing(403, `{"error":{"code":"x","message":7,"details":{"reason":"SERVICE_DISABLED"}}}`), nil, ""},
	} {
		for _, loopback := range []bool{false, true} {
			server := newTarget(t, Config{Endpoint: "https://api.example", Transport: test.response, Loopback: loopback})
			exchange := sendTo(server, Request{})
			if test.says == nil {
				if exchange.Fault != nil {
					t.Errorf("%s: %v", name, exchange.Fault)
				}
				continue
			}
			wantFault(t, exchange, NotSetUp, "the caller's project is not set up for this API: ")
			for _, part := range test.says {
				if !strings.Contains(exchange.Fault.Detail, part) {
					t.Errorf("%s: %q does not say %q", name, exchange.Fault.Detail, part)
				}
			}
			if exchange.Fault.Flag != test.flag || exchange.Fault.ServerOwn() || server.Unusable() != exchange.Fault || sendTo(server, Request{}).Fault != exchange.Fault {
				t.Errorf("%s: %+v, unusable %v", name, exchange.Fault, server.Unusable())
			}
		}
	}
}

// TestAKeyThatIsTestedIsNotTheCallers: the system parameter is refused, and no
// project.
func TestAKeyThatIsTestedIsNotTheCallers(t *testing.T) {
	t.Parallel()
	for path, others := range map[string]bool{"/v1/a": true, "/v1/a?alt=json": true, "/v1/a?key=": false, "/v1/a?alt=json&%24key=": false} {
		for _, reason := range []string{"API_KEY_INVALID", "keyInvalid", "SERVICE_DISABLED"} {
			server := newTarget(t, Config{Endpoint: "https://api.example", Transport: setup(400, reason, "no", "")})
			if fault := sendTo(server, Request{Path: path}).Fault; (fault != nil) != (others || reason == "SERVICE_DISABLED") {
				t.Errorf("%s, %s: %v", path, reason, fault)
			}
		}
	}
}

// TestRefusalsInARowEndARun: one of a single token, or of a single request, does not.
func TestRefusalsInARowEndARun(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]roundTripper{"a project": setup(403, "SERVICE_DISABLED", "off", ""), "a proxy": status(407)} {
		script := &script{steps: steps{status(200), refusal, refusal, status(200), refusal}}
		server := newTarget(t, Config{Endpoint: "http://api.example", Transport: script})
		for range 12 {
			sendTo(server, Request{})
		}
		if script.sent.Load() != 4+unreachableBudget || server.Unusable() != nil {
			t.Errorf("%s: %d requests were sent, unusable %v", name, script.sent.Load(), server.Unusable())
		}
	}
}

// TestAResponseOfAProxyIsNotTheServers sends plain HTTP over a proxy that
// responds by itself, or passes on what the server responds.
func TestAResponseOfAProxyIsNotTheServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header [2]string
		body   string
		want   FaultKind
		says   string
	}{
		"a password":                 {407, [2]string{"Proxy-Authenticate", "Basic"}, "", Intercepted, "responded 407 Proxy Authentication Required instead of the target; put its user and password into HTTP_PROXY"},
		"a password, JSON":           {407, [2]string{}, `{"error":{"code":407,"status":"UNAUTHENTICATED"}}`, Intercepted, "407"},
		"a blocked host":             {403, [2]string{"Via", "1.1 proxy"}, "<html>blocked</html>", Intercepted, "responded 403 Forbidden instead of the target (\"blocked\"); let it pass requests to service.test, or set NO_PROXY=service.test"},
		"a blocked host, text":       {403, [2]string{}, "blocked by policy", Intercepted, "403"},
		"a blocked host, JSON":       {403, [2]string{}, `{"error":"blocked"}`, Intercepted, "403"},
		"no route":                   {502, [2]string{}, "", Intercepted, "502 Bad Gateway"},
		"no route in time":           {504, [2]string{"Content-Type", "text/html"}, "<html>", Intercepted, "504"},
		"its status":                 {500, [2]string{"Proxy-Status", "p; error=dns_error"}, `{"error":{"code":500}}`, Intercepted, "500"},
		"a request that it dislikes": {400, [2]string{"X-Squid-Error", "ERR_INVALID_URL 0"}, "<html><title>ERROR</title><p>more", Intercepted, "(\"ERROR\")"},
		"a refusal of the server":    {403, [2]string{"Via", "1.1 proxy"}, `{"error":{"code":403,"status":"PERMISSION_DENIED"}}`, "", ""},
		"its own error":              {500, [2]string{"Server", "tinyproxy/1.11.1"}, "<h1>Unable to connect</h1>", Intercepted, "responded 500 Internal Server Error instead of the target (\"Unable to connect\"); "},
		"its own error, HEAD":        {500, [2]string{}, "", Intercepted, "500"},
		"a request that it refuses":  {400, [2]string{"Server", "tinyproxy/1.11.1"}, "<h1>Bad Request</h1>", Intercepted, "400"},
		"an error of the server":     {500, [2]string{"Via", "1.1 proxy"}, "<html>Whitelabel</html>", "", ""},
		"a crash of the server":      {500, [2]string{}, `{"error":{"code":500,"status":"INTERNAL"}}`, "", ""},
		"a page of the server":       {404, [2]string{"Via", "1.1 proxy"}, "<html>", "", ""},
		"a success":                  {200, [2]string{"Proxy-Status", "p; received-status=200"}, "{}", "", ""},
		"an unavailable server":      {503, [2]string{}, `{"error":{"code":503,"status":"UNAVAILABLE"}}`, Unavailable, "unavailable"},
	} {
		proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "service.test" {
				t.Errorf("%s: %s was asked for", name, r.URL)
			}
			if test.header[0] != "" {
				w.Header().Set(test.header[0], test.header[1])
			}
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		})
		address, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:s3cr3t@", 1))
		if err != nil {
			t.Fatal(err)
		}
		server := newTarget(t, Config{Endpoint: "http://service.test", Network: NetworkOptions{Proxy: http.ProxyURL(address)}})
		if server.Proxy() != proxy.URL {
			t.Errorf("the proxy is %q, want %q", server.Proxy(), proxy.URL)
		}
		exchange := sendTo(server, Request{})
		if test.want == "" && exchange.Fault != nil {
			t.Errorf("%s: %v", name, exchange.Fault)
		} else if test.want != "" {
			wantFault(t, exchange, test.want, test.says)
			if exchange.Fault.ServerOwn() || test.want == Intercepted && !strings.HasPrefix(exchange.Fault.Detail, "the proxy "+proxy.URL+" responded") {
				t.Errorf("%s: %s", name, exchange.Fault)
			}
		}
	}
}

// TestAProxyThatIsNotThere is named, without its password.
func TestAProxyThatIsNotThere(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(strings.Replace(closedPort(t), "http://", "http://user:s3cr3t@", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range []string{"http://service.test", "https://service.test"} {
		exchange := sendTo(newTarget(t, Config{Endpoint: endpoint, Network: NetworkOptions{Proxy: http.ProxyURL(address)}}), Request{})
		wantFault(t, exchange, Unreachable, "the proxy http://"+address.Host+" cannot be reached: connection refused")
	}
}

// TestAPageWithoutViaIsTheServersBehindAProxyThatAddsNone: what was passed on
// before shows whether Via can be expected.
func TestAPageWithoutViaIsTheServersBehindAProxyThatAddsNone(t *testing.T) {
	t.Parallel()
	proxy := http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example:3128"})
	for name, test := range map[string]struct {
		before roundTripper
		want   FaultKind
	}{
		"none came before": {nil, Intercepted}, "with Via": {status(404, "Via", "1.1 proxy"), Intercepted}, "without": {status(404), ""},
	} {
		script := &script{steps: steps{status(500)}}
		if test.before != nil {
			script.steps = steps{test.before, status(500)}
		}
		server := newTarget(t, Config{Endpoint: "http://api.example", Transport: script, Network: NetworkOptions{Proxy: proxy}})
		exchange := sendTo(server, Request{})
		if test.before != nil {
			exchange = sendTo(server, Request{})
		}
		if kindOf(exchange) != test.want {
			t.Errorf("%s: %v", name, exchange.Fault)
		}
	}
}

// TestARequestThatFailsAloneHoldsUpNoRun: as soon as another request has a
// response, it is repeated at once, and later ones are not waited for.
func TestARequestThatFailsAloneHoldsUpNoRun(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]roundTripper{"a bad gateway": status(502), "a reset": resetStep} {
		pauses, sent := 0, 0
		server := newTarget(t, Config{Endpoint: "https://api.example", Pause: func(context.Context, time.Duration) error { pauses++; return nil },
			Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
				if request.URL.Path == "/good" {
					return status(404)(request)
				}
				sent++
				return bad(request)
			})})
		sendTo(server, Request{Method: "GET", Path: "/good"})
		for i := range 20 {
			if exchange := sendTo(server, Request{Path: "/bad"}); len(exchange.Earlier) != unavailable.attempts-1 {
				t.Errorf("%s, request %d: %d earlier attempts", name, i, len(exchange.Earlier))
			}
		}
		if pauses != persistentBudget || sent != 20*unavailable.attempts {
			t.Errorf("%s: %d pauses, %d attempts", name, pauses, sent)
		}
	}
}
