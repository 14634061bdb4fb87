package clientrun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/dpconform/dpconform/internal/result"
)

// described validates requests and responses by the description of the interface.
func described(t *testing.T) validator.Validator {
	t.Helper()
	document, err := libopenapi.NewDocument(ControlDescription)
	if err != nil {
		t.Fatal(err)
	}
	checked, problems := validator.NewValidator(document)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return checked
}

// TestTheDescriptionOfControl checks the description itself.
func TestTheDescriptionOfControl(t *testing.T) {
	t.Parallel()
	if valid, problems := described(t).ValidateDocument(); !valid {
		for _, one := range problems {
			t.Error(one.Message, one.Reason)
		}
	}
}

// controller sends requests to a Watch, and checks each exchange by the
// description.
type controller struct {
	t        *testing.T
	watch    *Watch
	document validator.Validator
	mutex    sync.Mutex
}

func controlling(t *testing.T, change ...func(*WatchOptions)) *controller {
	watch, _ := watching(t, change...)
	return &controller{t: t, watch: watch, document: described(t)}
}

// send sends a request and reads the JSON of the response. A request that is wrong on
// purpose is not checked by the description.
func (c *controller) send(want int, method, path, body string) map[string]any {
	c.t.Helper()
	make := func() *http.Request {
		request, _ := http.NewRequestWithContext(c.t.Context(), method, c.watch.Endpoint+path, strings.NewReader(body))
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		return request
	}
	response, err := http.DefaultClient.Do(make())
	if err != nil {
		c.t.Error(err)
		return nil
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	if response.StatusCode != want {
		c.t.Errorf("%s %s: %d, want %d: %s", method, path, response.StatusCode, want, content)
	}
	if want != http.StatusNotFound && want != http.StatusMethodNotAllowed {
		response.Body = io.NopCloser(bytes.NewReader(content))
		c.mutex.Lock()
		defer c.mutex.Unlock()
		valid, problems := c.document.ValidateHttpResponse(make(), response)
		if want < 300 {
			validRequest, more := c.document.ValidateHttpRequest(make())
			valid, problems = valid && validRequest, append(problems, more...)
		}
		for _, one := range problems {
			c.t.Errorf("%s %s: %s: %s %v", method, path, one.Message, one.Reason, one.SchemaValidationErrors)
		}
		if !valid && len(problems) == 0 {
			c.t.Errorf("%s %s is not as described", method, path)
		}
	}
	var members map[string]any
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && json.Unmarshal(content, &members) != nil {
		c.t.Errorf("%s %s: no JSON: %s", method, path, content)
	}
	return members
}

// call makes the call of a scenario as a client that is right, and reports it.
func (c *controller) call(name string) map[string]any {
	c.t.Helper()
	given := c.send(http.StatusCreated, "POST", "/control/calls", fmt.Sprintf(`{"scenario":%q}`, name))
	status, text := 0, ""
	for range 3 {
		status, text = post(c.t, given["endpoint"].(string)+method.Operation.Path.Expand(given["job"].(string)),
			http.Header{"Authorization": {"Bearer " + given["token"].(string)}}, nil)
		if status != http.StatusServiceUnavailable {
			break
		}
	}
	return c.send(http.StatusOK, "POST", "/control/calls/"+given["id"].(string)+"/outcome", outcomeText(status, text))
}

func outcomeText(status int, text string) string {
	sent, _ := response{body: []byte(text)}.errorObject()
	if status == http.StatusOK {
		id, _ := response{body: []byte(text)}.newID(method)
		return fmt.Sprintf(`{%q:%q}`, successMember(method), id)
	}
	line, _ := json.Marshal(map[string]any{"error": result.ClientError{Code: status, Status: sent.Status, Message: sent.Message}})
	return string(line)
}

func TestAProgramControlsCalls(t *testing.T) {
	t.Parallel()
	c := controlling(t)
	list := c.send(http.StatusOK, "GET", "/control/scenarios", "")
	if list["success_member"] != successMember(method) || len(list["scenarios"].([]any)) != len(shipped(t)) {
		t.Errorf("%v", list)
	}
	if found := c.call("success"); found["verdict"] != "pass" || found["requests"] != 1.0 {
		t.Errorf("%v", found)
	}
	if found := c.call("not-found"); found["verdict"] != "pass" {
		t.Errorf("%v", found)
	}
	given := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"reset"}`)
	for range 2 {
		_, _ = post(t, given["endpoint"].(string)+method.Operation.Path.Expand(given["job"].(string)),
			http.Header{"Authorization": {"Bearer " + given["token"].(string)}}, nil)
	}
	found := c.send(http.StatusOK, "POST", "/control/calls/"+given["id"].(string)+"/outcome", `{"error":{"message":"reset"}}`)
	text := fmt.Sprint(found["text"])
	if found["verdict"] != "fail" || !strings.Contains(text, "a second request") || strings.Contains(text, given["token"].(string)) {
		t.Errorf("%v", found)
	}
	if _, err := http.Get(given["endpoint"].(string)); err == nil {
		t.Error("the server of a call that has ended still responds")
	}
	unsent := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"slow"}`)
	report := c.send(http.StatusOK, "GET", "/report.json", "")
	if checks := report["checks"].([]any); len(checks) != 3 {
		t.Errorf("%d checks", len(checks))
	}
	c.send(http.StatusOK, "GET", "/report.html", "")
	c.send(http.StatusOK, "GET", "/control/openapi.yaml", "")
	page := func() string {
		response, err := http.Get(c.watch.Endpoint + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	page()
	if found := c.send(http.StatusOK, "POST", "/control/calls/"+unsent["id"].(string)+"/outcome", `{"error":"none"}`); !strings.Contains(fmt.Sprint(found["text"]), "none; the client reported") {
		t.Errorf("%v", found)
	}
	if text := page(); !strings.Contains(text, result.ConditionCalled) {
		t.Errorf("the page does not show a condition: %s", text)
	}
	if secure := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"http2"}`); secure["authority"] == nil || !strings.HasPrefix(secure["endpoint"].(string), "https://") {
		t.Errorf("%v", secure)
	}
	// What was started and never called is a failure in the end.
	c.watch.Close()
	if checks := c.watch.Outcomes().Report("1", nil).Checks; len(checks) != 5 || checks[4].Verdict != result.Fail {
		t.Errorf("%+v", checks)
	}
}

func TestControlRefusesInOneLine(t *testing.T) {
	t.Parallel()
	c := controlling(t)
	given := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"success"}`)
	outcome := "/control/calls/" + given["id"].(string) + "/outcome"
	for _, row := range []struct {
		want               int
		method, path, body string
		message            string
	}{
		{400, "POST", "/control/calls", "", "the body is not JSON: unexpected end of JSON input"},
		{400, "POST", "/control/calls", "null", "the body is not a JSON object"},
		{400, "POST", "/control/calls", `{"scenario":1}`, `the body is {"scenario": "NAME"}, with no other member`},
		{400, "POST", "/control/calls", `{"scenario":"reset","warm":true}`, `the body is {"scenario": "NAME"}, with no other member`},
		{404, "POST", "/control/calls", `{"scenario":"resett"}`, `unknown scenario "resett"; did you mean "reset"?`},
		{413, "POST", "/control/calls", `{"scenario":"` + strings.Repeat("x", bodyLimit) + `"}`, "the body is larger than 1048576 bytes"},
		{405, "GET", "/control/calls", "", "/control/calls takes POST"},
		{405, "DELETE", "/control/scenarios", "", "/control/scenarios takes GET"},
		{404, "GET", "/control/weather", "", "there is no /control/weather here; see /control/openapi.yaml"},
		{404, "GET", "/control//scenarios", "", "there is no /control//scenarios here; see /control/openapi.yaml"},
		{404, "POST", "/control/calls/99/outcome", `{}`, `there is no call "99"; the latest 1000 are kept`},
		{400, "POST", outcome, "[]", "the body is not a JSON object"},
		{400, "POST", outcome, "{}", `the outcome has neither "archiveJobId" nor "error"`},
		{400, "POST", outcome, `{"archiveJobId":"x","error":{"code":500}}`, `the outcome has both "archiveJobId" and "error": report one of them`},
		{400, "POST", outcome, `{"error":["x"]}`, `the outcome has the error ["x"], which must be an object or a text`},
		{400, "POST", outcome, `{"error":5}`, `the outcome has the error 5, which must be an object or a text`},
		{400, "POST", outcome, `{"error":{"code":"404"}}`, `the outcome has the error.code "404", which must be an integer`},
		{400, "POST", outcome, `{"error":{"code":404.5}}`, `the outcome has the error.code 404.5, which must be an integer`},
		{400, "POST", outcome, `{"error":{"code":404,"code":500}}`, `the body has the member "error.code" twice`},
		{400, "POST", "/control/calls", `{"scenario":"reset","scenario":"slow"}`, `the body has the member "scenario" twice`},
		{400, "POST", outcome, `{"archiveJobId":7}`, `the outcome has the archiveJobId 7, which must be a text`},
		{400, "POST", outcome, `{"job":"x","archiveJobId":"y"}`, fmt.Sprintf(`the outcome is of the job "x", and the call is for %q`, given["job"])},
		{400, "POST", "/outcomes", "[1]", "the body has no outcome; an outcome is a line such as " + outcomeLine(method, "scenario-success-1")},
	} {
		found, _ := c.send(row.want, row.method, row.path, row.body)["error"].(map[string]any)
		if found["message"] != row.message || found["code"] != float64(row.want) {
			t.Errorf("%s %s %.40s: got %v, want %s", row.method, row.path, row.body, found, row.message)
		}
	}
	c.send(http.StatusOK, "POST", outcome, `{"archiveJobId":"y"}`)
	c.send(http.StatusConflict, "POST", outcome, `{"archiveJobId":"y"}`)
}

func TestCallsAtTheSameTime(t *testing.T) {
	t.Parallel()
	c := controlling(t)
	var waiting sync.WaitGroup
	for range 4 {
		for _, name := range []string{"success", "not-found", "unavailable", "forbidden"} {
			waiting.Go(func() {
				if found := c.call(name); found["scenario"] != name || name != "unavailable" && found["verdict"] != "pass" {
					t.Errorf("%s: %v", name, found)
				}
			})
		}
	}
	waiting.Wait()
	if checks := c.watch.Outcomes().Report("1", nil).Checks; len(checks) != 16 {
		t.Errorf("%d checks", len(checks))
	}
}

// TestNotAllCallsAreKept starts more calls than may be open.
func TestNotAllCallsAreKept(t *testing.T) {
	t.Parallel()
	c := controlling(t)
	first := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"success"}`)
	for range openCalls {
		c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"success"}`)
	}
	late, _ := c.send(http.StatusConflict, "POST", "/control/calls/"+first["id"].(string)+"/outcome", `{"archiveJobId":"x"}`)["error"].(map[string]any)
	if want := "the call 1 has ended: 100 calls that began later wait for their outcome, and no more may"; late["message"] != want {
		t.Errorf("got %v, want %s", late["message"], want)
	}
	if _, err := http.Get(first["endpoint"].(string)); err == nil {
		t.Error("the oldest is still open")
	}
}

func TestWireOnlyNeedsNoOutcome(t *testing.T) {
	t.Parallel()
	c := controlling(t, func(options *WatchOptions) { options.WireOnly = true })
	given := c.send(http.StatusCreated, "POST", "/control/calls", `{"scenario":"success"}`)
	_, _ = post(t, given["endpoint"].(string)+method.Operation.Path.Expand(given["job"].(string)), http.Header{"Authorization": {"Bearer " + given["token"].(string)}}, nil)
	if found := c.send(http.StatusOK, "POST", "/control/calls/"+given["id"].(string)+"/outcome", `{}`); found["verdict"] != "pass" {
		t.Errorf("%v", found)
	}
}
