package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// inProcess judges a server by the suite, without a process of its own.
func inProcess(contract *spec.Contract) Runner {
	return func(ctx context.Context, endpoint string, jobs map[string][]string, limit time.Duration) (Judged, error) {
		began := time.Now()
		judged, err := target.New(target.Config{Endpoint: endpoint, Jobs: jobs, Loopback: true, Limit: limit,
			Credentials: target.TokenTemplate{Text: emulator.DefaultTokenTemplate, Join: emulator.DefaultTokenJoin}})
		if err != nil {
			return Judged{}, err
		}
		session := suites.NewSession(suites.Config{Contract: contract, Target: judged, Seed: 1})
		checks := suites.Checks(contract)
		var results []suites.Result
		for _, check := range checks {
			results = append(results, session.Judge(ctx, check))
		}
		return FromReport(report.New(report.Run{Started: began, Contract: contract, Target: judged,
			Outcome: suites.Conclude(contract, checks, results)})), nil
	}
}

func named(t *testing.T, names ...string) []emulator.Fault {
	t.Helper()
	var faults []emulator.Fault
	for _, fault := range emulator.Faults() {
		if slices.Contains(names, fault.Name) {
			faults = append(faults, fault)
		}
	}
	if len(faults) != len(names) {
		t.Fatalf("not all of %v are faults", names)
	}
	return faults
}

func TestARealProofHolds(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	found, err := Prove(context.Background(), Options{Contract: contract, Workers: runtime.NumCPU(), Run: inProcess(contract), Pairs: 2, Seed: 3,
		Faults: named(t, "unknown-field-ignored", "hang-up-on-retry", "trailing-slash-taken")})
	if err != nil || !found.Holds() {
		var text bytes.Buffer
		WriteText(&text, found)
		t.Errorf("%v\n%s", err, text.String())
	}
	if len(found.Pairs) != 2 {
		t.Errorf("%d pairs, want 2", len(found.Pairs))
	}
}

// saying makes a Runner that knows which server it is asked about only by the
// order of the calls: the first is the conforming one.
func saying(contract *spec.Contract, conforming, faulty Judged, err error) Runner {
	calls := 0
	return func(context.Context, string, map[string][]string, time.Duration) (Judged, error) {
		calls++
		if calls == 1 {
			return conforming, nil
		}
		return faulty, err
	}
}

// TestAProofCanFail: a suite that misses, cries wolf, fails for the wrong
// reason or breaks down is not proved.
func TestAProofCanFail(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	good := Judged{Checks: []JudgedCheck{{ID: "body/unknown-field", Verdict: suites.Pass}}}
	caught := Judged{Checks: []JudgedCheck{{ID: "body/unknown-field", Verdict: suites.Fail, Findings: 1}},
		Broken: []string{"retry.body.unknown-field", "retry.body.not-empty"}}
	for _, one := range []struct {
		name       string
		conforming Judged
		faulty     Judged
		err        error
		outcome    Outcome
		holds      bool
		says       string
	}{
		{"caught", good, caught, nil, Caught, true, "the proof holds"},
		{"survived", good, good, nil, Survived, false, "SURVIVED unknown-field-ignored"},
		{"another requirement", good, Judged{Broken: []string{"retry.errors.code"}}, nil, WrongReason, false, "WRONG REASON"},
		{"one requirement too many", good, Judged{Broken: append([]string{"retry.errors.code"}, caught.Broken...)}, nil, WrongReason, false, "retry.errors.code"},
		{"no result", good, Judged{}, errors.New("exit 2: something"), Broken, false, "NO RESULT unknown-field-ignored"},
		{"false alarm", Judged{Checks: []JudgedCheck{{ID: "body/empty", Verdict: suites.Warn, Got: "x"}}}, caught, nil, Caught, false, "FALSE ALARM body/empty"},
		{"not judged", Judged{Checks: []JudgedCheck{{ID: "body/empty", Verdict: suites.Skip, Reason: "no job"}}}, caught, nil, Caught, false, "no job"},
	} {
		t.Run(one.name, func(t *testing.T) {
			found, err := Prove(context.Background(), Options{Contract: contract, Faults: named(t, "unknown-field-ignored"), Workers: 1,
				Run: saying(contract, one.conforming, one.faulty, one.err)})
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			WriteText(&text, found)
			if found.Faults[0].Outcome != one.outcome || found.Holds() != one.holds || !strings.Contains(text.String(), one.says) {
				t.Errorf("%s, holds %v, want %s, %v, with %q\n%s", found.Faults[0].Outcome, found.Holds(), one.outcome, one.holds, one.says, text.String())
			}
		})
	}
}

func TestIdleChecksAreTold(t *testing.T) {
	contract := spec.MustLoadEmbedded()
	idle := idleChecks(contract, []FaultResult{{Checks: []string{"body/unknown-field"}}})
	if len(idle) != len(suites.Checks(contract))-1 || slices.Contains(idle, "body/unknown-field") {
		t.Errorf("%d idle checks", len(idle))
	}
	if (Proof{IdleChecks: idle}).Holds() {
		t.Error("a proof with idle checks holds")
	}
}

func TestAPairIsLostOnlyWhereItCanBeSeen(t *testing.T) {
	pair := named(t, "unknown-field-ignored", "get-taken")
	// In the order of the table: path first.
	get, field := pair[0], pair[1]
	alone := map[string]Judged{
		field.Name: {Shown: []string{"body/unknown-field"}, Answers: map[string]string{"body/unknown-field": "200 "}},
		get.Name:   {Shown: []string{"path/http-method-get"}, Answers: map[string]string{"path/http-method-get": "200 "}},
	}
	for _, one := range []struct {
		name     string
		together Judged
		named    int
		masked   int
		lost     int
	}{
		{"both named", Judged{Broken: []string{field.Breaks, get.Breaks}}, 2, 0, 0},
		{"one hidden", Judged{Broken: []string{get.Breaks}, Answers: map[string]string{"body/unknown-field": "404 "}}, 1, 1, 0},
		{"one lost", Judged{Broken: []string{get.Breaks}, Answers: map[string]string{"body/unknown-field": "200 "}}, 1, 0, 1},
	} {
		t.Run(one.name, func(t *testing.T) {
			prover := &prover{alone: alone, options: Options{Contract: spec.MustLoadEmbedded(),
				Run: func(context.Context, string, map[string][]string, time.Duration) (Judged, error) {
					return one.together, nil
				}}}
			result := prover.provePair(context.Background(), [2]emulator.Fault{get, field})
			if len(result.Named) != one.named || len(result.Masked) != one.masked || len(result.Lost) != one.lost {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestProofIsWrittenWhole(t *testing.T) {
	found := Proof{FormatVersion: FormatVersion, Version: "1", Faults: []FaultResult{
		{Name: "a-fault", Text: "It <breaks> something.", Breaks: "retry.body.empty", Outcome: Survived, CaughtBy: []string{}, Checks: []string{}}}}
	var page, text bytes.Buffer
	if err := WriteHTML(&page, found); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a-fault", "It &lt;breaks&gt; something.", "The proof does not hold", "</html>"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := WriteJSON(&text, found); err != nil {
		t.Fatal(err)
	}
	var read Proof
	if err := json.Unmarshal(text.Bytes(), &read); err != nil || read.Faults[0].Name != "a-fault" {
		t.Errorf("%v: %s", err, text.String())
	}
}

func TestARunWithoutVerdictIsNoResult(t *testing.T) {
	if _, err := readRun(nil, "dpconform: --job: wrong\n", suites.ExitUsage); err == nil || !strings.Contains(err.Error(), "--job: wrong") {
		t.Errorf("got %v", err)
	}
	if _, err := readRun([]byte("nonsense"), "", suites.ExitFails); err == nil {
		t.Error("nonsense was taken for a report")
	}
}
