package clienttest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/clientrun"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

// The kill matrix is mutation testing of the checks of clients: each broken
// client is one mutant. It is caught when the requirement that it breaks is found
// broken.
//
// No list says what else a fault may break. The right client makes the same call,
// and a finding about a part of the behaviour in which the two do not differ is a
// false alarm. Time is counted, not spent: a client waits by moving the clock of
// its server.

var (
	method    = spec.MustLoadEmbedded()
	scenarios = sync.OnceValue(func() []*scenario.Scenario {
		all, err := scenario.Shipped(method)
		if err != nil {
			panic(err)
		}
		return all
	})
)

// TestKillMatrix runs every broken client and prints what caught it.
func TestKillMatrix(t *testing.T) {
	t.Parallel()
	faults := allFaults()
	for _, requirement := range method.ClientRequirements {
		if !slices.ContainsFunc(faults, func(one fault) bool { return one.breaks == requirement.ID }) {
			t.Errorf("no broken client breaks %s", requirement.ID)
		}
	}
	seen := map[string]bool{}
	for _, one := range faults {
		if seen[one.name] {
			t.Errorf("two broken clients are named %s", one.name)
		}
		seen[one.name] = true
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			broken := one.client()
			found := one.evaluate(t, broken)
			differing := differing(found, one.evaluate(t, right().on(broken.job)))
			caught := false
			for _, finding := range found.check.Findings {
				switch {
				case finding.Requirement == one.breaks:
					caught = true
				case !differing[part(finding.Requirement)]:
					t.Errorf("false alarm: %s in %s: %s", one.name, one.scenario, finding)
				}
			}
			if !caught {
				t.Errorf("survived %s %s in %s: found %v", one.name, one.breaks, one.scenario, found.check.Findings)
			} else if testing.Verbose() {
				fmt.Fprintf(t.Output(), "caught %s %s\n", one.name, one.breaks)
			}
		})
	}
}

// TestKillMatrixOfRightClients runs clients that are as different as the
// standards let clients be, through every scenario.
func TestKillMatrixOfRightClients(t *testing.T) {
	t.Parallel()
	generated, compressed, named := right(), patient(), right()
	generated.body, generated.header = []byte("{}\n"), formOf(jsonType)
	generated.target = func(t task) string { return right().target(t) + "?alt=json&prettyPrint=false" }
	compressed.body, compressed.header = gzipped("{}"), map[string]string{"Content-Type": jsonType + "; charset=UTF-8", "Content-Encoding": "gzip"}
	named.header = formOf(jsonType)
	for name, one := range map[string]client{
		"asks once": right(), "asks again": patient(), "sends {} and system parameters": generated,
		"sends {} compressed": compressed, "names the type of no body": named,
	} {
		noAlarm := func(t *testing.T, found evaluated) {
			t.Parallel()
			for _, finding := range found.check.Findings {
				t.Errorf("false alarm: a client that %s: %s", name, finding)
			}
			if len(found.check.Call.Untested) > 0 || found.check.Reason != "" {
				t.Errorf("a client that %s: not tested: %v %s", name, found.check.Call.Untested, found.check.Reason)
			}
		}
		for _, chosen := range scenarios() {
			quick := *chosen
			quick.Steps = slices.Clone(chosen.Steps)
			for i := range quick.Steps {
				// No right client gives up so early.
				quick.Steps[i].Delay = min(quick.Steps[i].Delay, 10*time.Millisecond)
			}
			t.Run(name+"/"+chosen.Name, func(t *testing.T) { noAlarm(t, evaluate(t, &quick, one)) })
		}
		for _, job := range []string{failedJob, completeJob} {
			t.Run(name+"/"+job, func(t *testing.T) { noAlarm(t, evaluate(t, nil, one.on(job))) })
		}
	}
}

// evaluated is what a client did, and what was found of it.
type evaluated struct {
	check     result.Check
	exchanges []result.Exchange
	reported  *result.Outcome
	// host is where the server was.
	host string
}

// frame is the head of a request without its target and its port.
func (e evaluated) frame(of result.Exchange) string {
	line := strings.Replace(of.Arrival.Line, of.Request.URL, "", 1)
	return strings.ReplaceAll(strings.Join(append(of.Arrival.Host, line), " "), e.host, "HOST")
}

func (f fault) evaluate(t *testing.T, one client) evaluated {
	chosen, known := scenario.Find(scenarios(), f.scenario)
	if !known && f.scenario != noScenario {
		t.Fatalf("there is no scenario %s", f.scenario)
	}
	return evaluate(t, chosen, one)
}

// evaluate lets a client make the call of a scenario; nil for that of its job.
func evaluate(t *testing.T, chosen *scenario.Scenario, one client) evaluated {
	t.Helper()
	given := task{job: one.job, token: "dpconform-token-of-the-matrix", fresh: "dpconform-fresh-token-of-the-matrix", clock: &clock{now: time.Unix(0, 0)}}
	options := clientrun.Options{Rules: clientrun.Rules{Method: method}, Scenarios: scenarios(), Tokens: []string{given.token, given.fresh}, Now: given.clock.time}
	if chosen != nil {
		given.job = clientrun.JobOf(chosen, "1")
		options.Only, options.Job = chosen, given.job
	}
	server, err := clientrun.New(options)
	if err != nil {
		t.Fatal(err)
	}
	site, err := clientrun.Serve(server, "127.0.0.1:0", chosen != nil && chosen.Secure)
	if err != nil {
		t.Fatal(err)
	}
	if chosen != nil {
		server.Begin(chosen, given.job)
	}
	given.endpoint, given.authority = site.Endpoint, site.Authority
	reported := one.call(given)
	site.Close()
	if len(server.Calls()) == 0 {
		t.Fatalf("no call of the job %s arrived", given.job)
	}
	call := server.Calls()[0]
	switch {
	case reported == nil:
	case reported.NewID != nil:
		call.Succeeded(*reported.NewID)
	default:
		call.Failed(*reported.Error)
	}
	found := options.Rules.Evaluate(call)
	return evaluated{found.Check, found.Exchanges(), reported, strings.TrimPrefix(site.Endpoint, "http://")}
}

// part is the part of a client's behaviour that a requirement or a condition is
// about: its aspect.
func part(requirement string) string {
	parts := strings.Split(requirement, ".")
	return parts[len(parts)-2]
}

// differing says in which parts two clients differ that made the same call.
func differing(one, other evaluated) map[string]bool {
	differ := map[string]bool{}
	note := func(differs bool, parts ...string) {
		for _, part := range parts {
			differ[part] = differ[part] || differs
		}
	}
	note(len(one.exchanges) != len(other.exchanges) || purposes(one) != purposes(other), "repeat", "scenario", "outcome")
	note(text(one.reported) != text(other.reported), "outcome", "scenario")
	for i := range min(len(one.exchanges), len(other.exchanges)) {
		a, b := one.exchanges[i], other.exchanges[i]
		path, query, _ := strings.Cut(a.Request.URL, "?")
		otherPath, otherQuery, _ := strings.Cut(b.Request.URL, "?")
		headersDiffer := func(of func(name string) bool) bool {
			return !maps.EqualFunc(headers(a, of), headers(b, of), slices.Equal)
		}
		isContent := func(name string) bool { return strings.HasPrefix(name, "Content-") }
		framingDiffers := !slices.Equal(a.Arrival.ContentLength, b.Arrival.ContentLength) || !slices.Equal(a.Arrival.TransferEncoding, b.Arrival.TransferEncoding)
		note(path != otherPath || a.Request.Method != b.Request.Method ||
			headersDiffer(func(name string) bool { return strings.Contains(name, "Method") }), "path")
		note(query != otherQuery, "query")
		note(query != otherQuery || headersDiffer(func(name string) bool { return !isContent(name) }), "authorization")
		note(a.Request.Body != b.Request.Body || headersDiffer(isContent) || framingDiffers, "body")
		note(one.frame(a) != other.frame(b) || framingDiffers ||
			headersDiffer(func(string) bool { return true }), "http")
	}
	return differ
}

// headers are those of a request that a function picks.
func headers(of result.Exchange, pick func(name string) bool) map[string][]string {
	picked := maps.Clone(of.Request.Header)
	maps.DeleteFunc(picked, func(name string, _ []string) bool { return !pick(name) })
	return picked
}

func purposes(one evaluated) string {
	var words []string
	for _, exchange := range one.exchanges {
		words = append(words, exchange.Purpose)
	}
	return strings.Join(words, " ")
}

func text(outcome *result.Outcome) string {
	switch {
	case outcome == nil:
		return "nothing"
	case outcome.NewID != nil:
		return "id " + *outcome.NewID
	}
	return fmt.Sprintf("%+v", *outcome.Error)
}

// clock is the time of one call. Only waiting takes any.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func (c *clock) time() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) advance(wait time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(wait)
}

func gzipped(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	// A buffer takes everything.
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return out.Bytes()
}
