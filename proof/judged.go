package proof

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

// Judged is what one run said.
type Judged struct {
	Checks []JudgedCheck
	// Broken lists the requirements that were not kept, in the order of the
	// description.
	Broken []string
	// Answers says for each check what its requests were answered with.
	Answers map[string]string
	// Shown lists the checks whose requests showed what was broken.
	Shown []string
}

// JudgedCheck is what one run said of a check.
type JudgedCheck struct {
	ID      string
	Verdict suites.Verdict
	Reason  string
	// Got is the first finding's; empty for none.
	Got string
	// Findings is the number of findings.
	Findings int
}

// Runner judges a server. Limit is how long an answer may take.
type Runner func(ctx context.Context, endpoint string, jobs map[string][]string, limit time.Duration) (Judged, error)

// FromReport takes what a proof needs out of a report.
func FromReport(read report.Report) Judged {
	judged := Judged{Answers: map[string]string{}}
	for _, exchange := range read.Exchanges {
		judged.Answers[exchange.Check] += answerOf(exchange) + " "
	}
	for _, check := range read.Checks {
		one := JudgedCheck{ID: check.ID, Verdict: check.Verdict, Reason: check.Reason, Findings: len(check.Findings)}
		if len(check.Findings) > 0 {
			one.Got = check.Findings[0].Requirement + ": want " + check.Findings[0].Want + ", got " + check.Findings[0].Got
		}
		judged.Checks = append(judged.Checks, one)
		for _, finding := range check.Findings {
			if finding.Exchange > 0 && finding.Exchange <= len(read.Exchanges) {
				judged.Shown = append(judged.Shown, read.Exchanges[finding.Exchange-1].Check)
			}
		}
	}
	for _, requirement := range read.Requirements {
		if requirement.Verdict == suites.Fail || requirement.Verdict == suites.Warn {
			judged.Broken = append(judged.Broken, requirement.ID)
		}
	}
	return judged
}

// answerOf is what came of an exchange, as far as another fault could hide it.
func answerOf(exchange report.Exchange) string {
	switch {
	case exchange.Fault != nil:
		return exchange.Fault.Kind
	case exchange.Response == nil:
		return "nothing"
	}
	return strconv.Itoa(exchange.Response.Status)
}

// sameAnswers reports whether the requests of some checks were answered alike in
// two runs, as far as their answers say.
func (j Judged) sameAnswers(checks []string, other Judged) bool {
	return !slices.ContainsFunc(checks, func(check string) bool { return j.Answers[check] != other.Answers[check] })
}

// brokenRequirements lists what was not kept, one of them first.
func (j Judged) brokenRequirements(first string) []string {
	broken := slices.Clone(j.Broken)
	if index := slices.Index(broken, first); index > 0 {
		broken = append([]string{first}, slices.Delete(broken, index, index+1)...)
	}
	if broken == nil {
		return []string{}
	}
	return broken
}

func (j Judged) catchingChecks() []string {
	checks := []string{}
	for _, check := range j.Checks {
		if check.Findings > 0 {
			checks = append(checks, check.ID)
		}
	}
	return checks
}

// Limits of an answer. A fault that is slow holds its answer until the run gives
// up, so its runs get the short one; for all others the limit is far from what
// a busy machine may need.
const (
	patientLimit = 30 * time.Second
	shortLimit   = 2 * time.Second
	// slowDelay is longer than any limit.
	slowDelay = time.Hour
	// inTime is the requirement that slow faults break.
	inTime = "retry.robustness.in-time"
)

// judge serves the emulator with faults on a free port and has it judged.
func (p *prover) judge(ctx context.Context, faults string) (Judged, error) {
	jobs := emulator.DefaultJobs(p.options.Contract)
	server, err := emulator.New(p.options.Contract, emulator.Options{Fault: faults, Jobs: jobs, Seed: p.options.Seed, Delay: slowDelay})
	if err != nil {
		return Judged{}, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Judged{}, err
	}
	serving := &http.Server{Handler: server, ReadHeaderTimeout: patientLimit}
	go func() { _ = serving.Serve(listener) }()
	defer serving.Close()
	return p.options.Run(ctx, "http://"+listener.Addr().String(), jobs, limitFor(faults))
}

// limitFor gives the limit of a run by whether one of its faults is slow.
func limitFor(faults string) time.Duration {
	for _, fault := range emulator.Faults() {
		if fault.Breaks == inTime && slices.Contains(strings.Split(faults, ","), fault.Name) {
			return shortLimit
		}
	}
	return patientLimit
}
