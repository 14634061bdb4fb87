// Package har writes the exchanges of a run as an HTTP archive, HAR 1.2, which
// browsers, proxies and API tools open.
// Source: http://www.softwareishard.com/blog/har-12-spec/
package har

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// Write writes every exchange of a report, and every attempt before its answer,
// as an entry, in the order in which they began. What HAR has no word for is in
// members that begin with an underscore.
func Write(out io.Writer, found report.Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(archive{logOf(found)})
}

type (
	archive struct {
		Log archiveLog `json:"log"`
	}
	archiveLog struct {
		Version string  `json:"version"`
		Creator creator `json:"creator"`
		Entries []entry `json:"entries"`
		Comment string  `json:"comment"`
		Judged  judged  `json:"_dpconform"`
	}
	creator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	// judged is what the run came to.
	judged struct {
		Endpoint   string        `json:"endpoint"`
		Source     string        `json:"source"`
		Provenance string        `json:"provenance,omitempty"`
		Exit       int           `json:"exit"`
		Conclusion string        `json:"conclusion"`
		Counts     report.Counts `json:"counts"`
	}
)

func logOf(found report.Report) archiveLog {
	log := archiveLog{
		Version: "1.2", Creator: creator{found.Tool.Name, found.Tool.Version}, Entries: []entry{},
		Comment: "exchanges of archiveJobs.retry with " + found.Target.Endpoint + ", without secrets: " + found.Conclusion,
		Judged: judged{found.Target.Endpoint, found.Target.Source, found.Target.Provenance, found.Exit, found.Conclusion,
			found.Counts},
	}
	checks := map[string]report.Check{}
	for _, check := range found.Checks {
		checks[check.ID] = check
	}
	for _, exchange := range found.Exchanges {
		log.Entries = append(log.Entries, entriesOf(found.Started, exchange, checks[exchange.Check])...)
	}
	slices.SortStableFunc(log.Entries, func(a, b entry) int { return a.began.Compare(b.began) })
	return log
}

// entry is one attempt at a request and what came of it.
type entry struct {
	Started  string   `json:"startedDateTime"`
	Time     float64  `json:"time"`
	Request  request  `json:"request"`
	Response response `json:"response"`
	Cache    struct{} `json:"cache"`
	Timings  timings  `json:"timings"`
	Comment  string   `json:"comment,omitempty"`

	// Number is that of the exchange in the report, and Attempt the number of the
	// attempt, from 1 of Attempts.
	Number   int `json:"_exchange"`
	Attempt  int `json:"_attempt"`
	Attempts int `json:"_attempts"`
	// Check sent it, for a Purpose; the rest is what came of the check.
	Check        string          `json:"_check"`
	Purpose      string          `json:"_purpose"`
	Requirements []string        `json:"_requirements"`
	Verdict      result.Verdict  `json:"_verdict,omitempty"`
	Findings     []finding       `json:"_findings,omitempty"`
	Credential   string          `json:"_credential,omitempty"`
	Job          string          `json:"_job,omitempty"`
	JobState     string          `json:"_jobState,omitempty"`
	Retry        bool            `json:"_retry,omitempty"`
	Fault        *report.FaultOf `json:"_fault,omitempty"`

	began time.Time
}

// finding is one way in which a requirement is not kept, as this exchange shows.
type finding struct {
	Requirement string         `json:"requirement"`
	Verdict     result.Verdict `json:"verdict"`
	Want        string         `json:"want"`
	Got         string         `json:"got"`
	Place       result.Place   `json:"place,omitempty"`
}

// timings are in milliseconds. Of the phases only the whole is known, from the
// connection to the last byte: it stands as waiting. -1 says not known, which
// send, wait and receive may not be.
type timings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	SSL     float64 `json:"ssl"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

func milliseconds(microseconds int64) float64 { return float64(microseconds) / 1000 }

// entriesOf makes an entry of each attempt. Where an earlier one began is known,
// and of the others that it was not before the end of that before: the pauses
// between them are not in the report.
func entriesOf(started time.Time, exchange report.Exchange, check report.Check) []entry {
	attempts := append(slices.Clone(exchange.Earlier), report.Attempt{Response: exchange.Response, Fault: exchange.Fault,
		Microseconds: exchange.Microseconds})
	began := started.Add(time.Duration(exchange.OffsetMicroseconds) * time.Microsecond)
	var entries []entry
	for i, attempt := range attempts {
		one := entry{
			Started: began.UTC().Format("2006-01-02T15:04:05.000000Z"), began: began, Time: milliseconds(attempt.Microseconds),
			Request: requestOf(exchange.Request), Response: responseOf(attempt),
			Timings: timings{-1, -1, -1, -1, 0, milliseconds(attempt.Microseconds), 0},
			Number:  exchange.Number, Attempt: i + 1, Attempts: len(attempts),
			Check: exchange.Check, Purpose: exchange.Purpose, Requirements: check.Requirements, Verdict: check.Verdict,
			Credential: exchange.Request.Credential, Job: exchange.Job, JobState: exchange.JobState, Retry: exchange.Retry, Fault: attempt.Fault,
		}
		if one.Requirements == nil {
			one.Requirements = []string{}
		}
		if i > 0 {
			one.Comment = "sent again after a pause: it began at this time or later"
		}
		if i == len(attempts)-1 {
			one.Findings = findingsOf(check, exchange.Number)
		}
		entries = append(entries, one)
		began = began.Add(time.Duration(attempt.Microseconds) * time.Microsecond)
	}
	return entries
}

// findingsOf lists what a check found in an exchange.
func findingsOf(check report.Check, number int) []finding {
	var found []finding
	for _, one := range check.Findings {
		if one.Exchange == number {
			found = append(found, finding{one.Requirement, one.Verdict, one.Want, one.Got, one.Place})
		}
	}
	return found
}
