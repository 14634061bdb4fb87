package clienttest_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
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

// subject is a method whose clients are tested.
type subject struct {
	method    *spec.Method
	scenarios []*scenario.Scenario
	// accepted and refused are jobs of the reference server; refused is empty where
	// the method refuses none.
	accepted, refused string
}

// subjects are the methods of the shipped descriptions, by their names, and one
// whose description has no more than it must.
func subjects(t *testing.T) map[string]subject {
	t.Helper()
	found := map[string]subject{"bare": newSubject(t, bare())}
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := spec.Load(description)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = newSubject(t, method)
	}
	return found
}

// bare is a method without states, security and an id in its response.
func bare() *spec.Method {
	method := *spec.MustLoadEmbedded()
	method.States, method.AcceptedStates, method.Scopes, method.ReadState = nil, nil, nil, spec.Operation{}
	method.IDField, method.Effect, method.Operation.Response = "", "", method.Operation.Request
	method.Operation.Path.Suffix, method.Operation.ID = ":custom", "things.custom"
	return &method
}

func newSubject(t *testing.T, method *spec.Method) subject {
	t.Helper()
	all, err := scenario.Shipped(method)
	if err != nil {
		t.Fatal(err)
	}
	jobs, state := emulator.DefaultJobs(method), ""
	made := subject{method: scenario.Narrow(method)}
	made.scenarios, _ = scenario.Applicable(method, all)
	if len(method.States) > 0 {
		state, made.refused = method.AcceptedStates[0], jobs[method.RefusedStates()[0]][0]
	}
	made.accepted = jobs[state][0]
	return made
}

// has reports whether a fault can be had by a client of the method: it breaks a
// requirement that can be tested of it, in a scenario that makes sense for it.
func (s subject) has(one fault) bool {
	_, demanded := s.method.ClientRequirement(one.breaks)
	_, known := scenario.Find(s.scenarios, one.scenario)
	condition := slices.ContainsFunc(result.Conditions(), func(c spec.Requirement) bool { return c.ID == one.breaks })
	return (demanded || condition) && (known || one.scenario == noScenario) && (s.refused != "" || !one.client().refused)
}

// TestKillMatrix runs every broken client of each method and prints what caught
// it.
func TestKillMatrix(t *testing.T) {
	t.Parallel()
	faults := allFaults()
	seen, used := map[string]bool{}, map[string]bool{}
	for _, one := range faults {
		if seen[one.name] {
			t.Errorf("two broken clients are named %s", one.name)
		}
		seen[one.name] = true
	}
	for name, subject := range subjects(t) {
		own := slices.DeleteFunc(slices.Clone(faults), func(one fault) bool { return !subject.has(one) })
		for _, requirement := range subject.method.ClientRequirements {
			if !slices.ContainsFunc(own, func(one fault) bool { return one.breaks == requirement.ID }) {
				t.Errorf("no broken client of %s breaks %s", name, requirement.ID)
			}
		}
		for _, one := range own {
			used[one.name] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var caught atomic.Int64
			t.Cleanup(func() {
				fmt.Fprintf(t.Output(), "%d of %d broken clients of %s caught\n", caught.Load(), len(own), name)
			})
			for _, one := range own {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					if subject.kill(t, name, one) {
						caught.Add(1)
					}
				})
			}
		})
	}
	for _, one := range faults {
		if !used[one.name] {
			t.Errorf("no method has the broken client %s", one.name)
		}
	}
}

// kill reports whether a broken client is caught.
func (s subject) kill(t *testing.T, method string, one fault) (caught bool) {
	broken := one.client()
	found := s.evaluateFault(t, one, broken)
	differing := differing(found, s.evaluateFault(t, one, right().on(broken)))
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
		fmt.Fprintf(t.Output(), "caught %s %s %s\n", method, one.name, one.breaks)
	}
	return caught
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
	clients := map[string]client{
		"asks once": right(), "asks again": patient(), "sends {} and system parameters": generated,
		"sends {} compressed": compressed, "names the type of no body": named,
	}
	for method, subject := range subjects(t) {
		for name, one := range clients {
			noAlarm := func(t *testing.T, found evaluated) {
				t.Parallel()
				for _, finding := range found.check.Findings {
					t.Errorf("false alarm: a client that %s: %s", name, finding)
				}
				if len(found.check.Call.Untested) > 0 || found.check.Reason != "" {
					t.Errorf("a client that %s: not tested: %v %s", name, found.check.Call.Untested, found.check.Reason)
				}
			}
			for _, chosen := range subject.scenarios {
				quick := *chosen
				quick.Steps = slices.Clone(chosen.Steps)
				for i := range quick.Steps {
					// No right client gives up so early.
					quick.Steps[i].Delay = min(quick.Steps[i].Delay, 10*time.Millisecond)
				}
				t.Run(method+"/"+name+"/"+chosen.Name, func(t *testing.T) { noAlarm(t, subject.evaluate(t, &quick, one)) })
			}
			t.Run(method+"/"+name+"/accepted", func(t *testing.T) { noAlarm(t, subject.evaluate(t, nil, one)) })
			one.refused = true
			if subject.refused != "" {
				t.Run(method+"/"+name+"/refused", func(t *testing.T) { noAlarm(t, subject.evaluate(t, nil, one)) })
			}
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

func (s subject) evaluateFault(t *testing.T, f fault, one client) evaluated {
	chosen, _ := scenario.Find(s.scenarios, f.scenario)
	return s.evaluate(t, chosen, one)
}

// evaluate lets a client make the call of a scenario; nil for that of its job.
func (s subject) evaluate(t *testing.T, chosen *scenario.Scenario, one client) evaluated {
	t.Helper()
	given := task{method: s.method, job: cmp.Or(one.job, s.accepted), token: "dpconform-token-of-the-matrix", fresh: "dpconform-fresh-token-of-the-matrix", clock: &clock{now: time.Unix(0, 0)}}
	if one.refused {
		given.job = s.refused
	}
	if chosen != nil {
		given.warm = clientrun.WarmJobOf(chosen, "1")
	}
	options := clientrun.Options{Rules: clientrun.Rules{Method: s.method}, Scenarios: s.scenarios, Tokens: []string{given.token, given.fresh}, Now: given.clock.time}
	if chosen != nil {
		given.job = clientrun.JobOf(chosen, "1")
		options.Only, options.Job, options.WarmJob = chosen, given.job, given.warm
	}
	server, err := clientrun.New(options)
	if err != nil {
		t.Fatal(err)
	}
	site, err := clientrun.Serve(server, "127.0.0.1:0")
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
	case reported.Error != nil:
		call.Failed(*reported.Error)
	case reported.NewID == nil:
		call.Succeeded("")
	default:
		call.Succeeded(*reported.NewID)
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
	case outcome.Error != nil:
		return fmt.Sprintf("%+v", *outcome.Error)
	case outcome.NewID == nil:
		return "ok"
	}
	return "id " + *outcome.NewID
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
