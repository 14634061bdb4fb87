package broken

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/spec"
)

// Row is what came of one broken client.
type Row struct {
	Name     string `json:"name"`
	Text     string `json:"text"`
	Breaks   string `json:"breaks"`
	Scenario string `json:"scenario"`
	// CaughtBy lists what was found, the broken requirement first.
	CaughtBy []string `json:"caught_by"`
	// Unnamed lists what was found and is neither broken nor a consequence.
	Unnamed []string `json:"unnamed,omitempty"`
	Caught  bool     `json:"caught"`
}

// Alarm is something found of a client that is right.
type Alarm struct {
	Client   string `json:"client"`
	Scenario string `json:"scenario"`
	Found    string `json:"found"`
}

// Proof says whether the judge of clients tells right from wrong.
type Proof struct {
	Rows        []Row   `json:"rows"`
	FalseAlarms []Alarm `json:"false_alarms"`
	// Idle lists the requirements that no broken client breaks.
	Idle []string `json:"idle"`
	// Calls is the number of calls that right clients made.
	Calls int `json:"calls"`
}

// Holds reports whether every broken client was caught for the right reason, no
// right one was blamed, and no requirement is idle.
func (p Proof) Holds() bool {
	return len(p.FalseAlarms) == 0 && len(p.Idle) == 0 && !slices.ContainsFunc(p.Rows, func(row Row) bool { return !row.Caught })
}

// rightClient is a client that is right, by its name.
type rightClient struct {
	name string
	made program
}

// rightClients are as different as the standards let clients be.
func rightClients() []rightClient {
	generated, compressed, named := right(), patient(), right()
	generated.body, generated.header = []byte("{}\n"), formOf(jsonType)
	generated.target = func(t task) string { return right().target(t) + "?alt=json&prettyPrint=false" }
	compressed.body, compressed.header = gzipped("{}"), map[string]string{"Content-Type": jsonType + "; charset=UTF-8", "Content-Encoding": "gzip"}
	named.header = formOf(jsonType)
	return []rightClient{
		{"asks once", right()}, {"asks again", patient()}, {"sends {} and system parameters", generated},
		{"sends {} compressed", compressed}, {"names the type of no body", named},
	}
}

func gzipped(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	// A buffer takes everything.
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return out.Bytes()
}

// Prove has every broken client and every right one judged, a few at a time. It
// returns an error where they cannot be judged at all.
func Prove(ctx context.Context, contract *spec.Contract, workers int) (Proof, error) {
	scenarios, err := clienttest.Scenarios(contract)
	if err != nil {
		return Proof{}, err
	}
	faults := Faults()
	found := Proof{Rows: make([]Row, len(faults)), FalseAlarms: []Alarm{}, Idle: idle(contract, faults)}
	var tasks []func() error
	for i, fault := range faults {
		tasks = append(tasks, func() error {
			row, err := proveFault(ctx, contract, scenarios, fault)
			found.Rows[i] = row
			return err
		})
	}
	var mutex sync.Mutex
	add := func(name string, judge func() (clienttest.Result, error)) {
		found.Calls++
		tasks = append(tasks, func() error {
			result, err := judge()
			mutex.Lock()
			defer mutex.Unlock()
			found.FalseAlarms = append(found.FalseAlarms, alarms(name, result)...)
			return err
		})
	}
	for _, one := range rightClients() {
		for _, scenario := range scenarios {
			add(one.name, func() (clienttest.Result, error) { return judge(ctx, contract, scenario, one.made) })
		}
		for _, job := range []string{failedJob, completeJob} {
			made := one.made
			made.job = job
			add(one.name, func() (clienttest.Result, error) { return judgePlain(ctx, contract, nil, made) })
		}
	}
	return found, sideBySide(tasks, workers)
}

func alarms(name string, result clienttest.Result) []Alarm {
	var found []Alarm
	for _, finding := range result.Findings {
		found = append(found, Alarm{name, result.Name(), fmt.Sprintf("%s: want %s, got %s", finding.ID, finding.Want, finding.Got)})
	}
	for _, one := range result.Unjudged {
		found = append(found, Alarm{name, result.Name(), one.ID + " was not judged: " + one.Reason})
	}
	if result.Note != "" {
		found = append(found, Alarm{name, result.Name(), result.Note})
	}
	return found
}

func proveFault(ctx context.Context, contract *spec.Contract, scenarios []*clienttest.Scenario, fault Fault) (Row, error) {
	row := Row{Name: fault.Name, Text: fault.Text, Breaks: fault.Breaks, Scenario: fault.Scenario, CaughtBy: []string{}}
	scenario, known := clienttest.FindScenario(scenarios, fault.Scenario)
	if !known && fault.Scenario != NoScenario {
		return row, fmt.Errorf("%s: there is no scenario %s", fault.Name, fault.Scenario)
	}
	judge := judge
	if fault.Scenario == NoScenario {
		judge = judgePlain
	}
	result, err := judge(ctx, contract, scenario, fault.program())
	if err != nil {
		return row, err
	}
	for _, finding := range result.Findings {
		switch {
		case slices.Contains(row.CaughtBy, finding.ID):
			continue
		case finding.ID == fault.Breaks:
			row.CaughtBy = slices.Insert(row.CaughtBy, 0, finding.ID)
			continue
		case !slices.Contains(fault.Consequences, finding.ID):
			row.Unnamed = append(row.Unnamed, finding.ID)
		}
		row.CaughtBy = append(row.CaughtBy, finding.ID)
	}
	row.Caught = len(row.CaughtBy) > 0 && row.CaughtBy[0] == fault.Breaks && len(row.Unnamed) == 0
	return row, nil
}

// The tokens of every client.
const (
	token      = "dpconform-token-of-the-proof"
	freshToken = "dpconform-fresh-token-of-the-proof"
)

// judge has one client make the call of one scenario.
func judge(ctx context.Context, contract *spec.Contract, scenario *clienttest.Scenario, made program) (clienttest.Result, error) {
	job := clienttest.JobOf(scenario, "1")
	return judgeBy(ctx, clienttest.Options{Rules: clienttest.Rules{Contract: contract}, Only: scenario, Job: job}, job, made)
}

// judgePlain has one client make the call of a job that no scenario is about, or
// that it believes to be.
func judgePlain(ctx context.Context, contract *spec.Contract, _ *clienttest.Scenario, made program) (clienttest.Result, error) {
	scenarios, err := clienttest.Scenarios(contract)
	if err != nil {
		return clienttest.Result{}, err
	}
	return judgeBy(ctx, clienttest.Options{Rules: clienttest.Rules{Contract: contract}, Scenarios: scenarios}, made.job, made)
}

func judgeBy(ctx context.Context, options clienttest.Options, job string, made program) (clienttest.Result, error) {
	given := task{job: job, token: token, fresh: freshToken}
	options.Tokens = []string{given.token, given.fresh}
	server, err := clienttest.New(options)
	if err != nil {
		return clienttest.Result{}, err
	}
	site, err := clienttest.Serve(server, "127.0.0.1:0", options.Only != nil && options.Only.Secure, nil)
	if err != nil {
		return clienttest.Result{}, err
	}
	var call *clienttest.Call
	if options.Only != nil {
		call = server.Begin(options.Only, job)
	}
	given.endpoint, given.authority = site.Endpoint, site.Authority
	told := made.call(ctx, given)
	site.Close()
	if call == nil {
		calls := server.Calls()
		if len(calls) == 0 {
			return clienttest.Result{}, fmt.Errorf("no call of the job %s arrived", job)
		}
		call = calls[0]
	}
	if told != nil {
		call.Tell(*told)
	}
	return options.Rules.Judge(call), nil
}

// idle lists the requirements that nothing breaks.
func idle(contract *spec.Contract, faults []Fault) []string {
	idle := []string{}
	for _, requirement := range contract.ClientRequirements {
		if !slices.ContainsFunc(faults, func(fault Fault) bool { return fault.Breaks == requirement.ID }) {
			idle = append(idle, requirement.ID)
		}
	}
	return idle
}

// sideBySide does all tasks, a few at a time, and gives the first error.
func sideBySide(tasks []func() error, workers int) error {
	next := make(chan func() error)
	var waiting sync.WaitGroup
	var once sync.Once
	var first error
	for range max(1, workers) {
		waiting.Go(func() {
			for task := range next {
				if err := task(); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	for _, task := range tasks {
		next <- task
	}
	close(next)
	waiting.Wait()
	return first
}
