package clienttest

import (
	"slices"
	"strings"
	"testing"
)

func tellingOf(output, name string) telling {
	lines := &outcomeLines{idField: contract.IDField}
	_, _ = lines.Write([]byte(output))
	lines.end()
	return lines.telling(name)
}

func TestLinesThatLookLikeOutcomes(t *testing.T) {
	for _, row := range []struct{ name, output, want string }{
		{"an outcome", lineOfJ, ""},
		{"other lines", "hello\n{\"level\":\"info\"}\n{}\n[1]\n{oh\n", ""},
		{"broken off", "a\nb\n{\"job\":\n", "line 3 of its output is no JSON, at its byte 7: "},
		{"other case", `{"Job":"j","ArchiveJobId":"n"}`, `line 1 of its output has no member "job", but "Job"`},
		{"no job", "\n" + `{"archiveJobId":"n"}`, `line 2 of its output has no member "job"`},
		{"an error without a job", `{"error":"x"}`, `line 1 of its output has no member "job"`},
		{"neither", `{"job":"j"}`, `line 1 of its output has neither "archiveJobId" nor "error"`},
		{"a log before it", `{"level":"info","error":"x"}` + "\n" + `{"job":5}`, "line 2 of its output has the job 5, which must be a text"},
		{"in many lines", "{\n  \"job\": \"j\",\n  \"archiveJobId\": \"n\"\n}\n", "line 1 of its output is no JSON, at its byte 1: "},
		{"an object of something else in many lines", "{\n  \"a\": \"j\"\n}\n", ""},
	} {
		if got := tellingOf(row.output, "its output").hint; !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestOutcomesThatContradictEachOther(t *testing.T) {
	const failed, failedElse, other = `{"job":"j","error":{"code":500,"message":"x"}}`, `{"job":"j","error":{"code":500,"message":"y"}}`, `{"job":"j","archiveJobId":"m"}`
	for _, row := range []struct{ name, output, file, want string }{
		{"once", lineOfJ, "", ""},
		{"the same twice", lineOfJ + "\n" + lineOfJ, lineOfJ, ""},
		{"two words for one error", failed + "\n" + failedElse, "", ""},
		{"an error and a success", failed + "\n" + lineOfJ, "", "the error 500 x, and then a success with the id n, which counts"},
		{"two ids", lineOfJ + "\n" + other, "", "a success with the id n, and then a success with the id m, which counts"},
		{"output and file", lineOfJ, failed, "a success with the id n, and then the error 500 x, which counts"},
	} {
		told, got := tellingOf(row.output, "its output").then(tellingOf(row.file, "the file")), ""
		if found := told.contradicted["j"]; found != nil {
			got = found.text()
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// TestWhatIsSaidOfOutcomesThatAreNone runs clients that tell in ways that nobody
// can read.
func TestWhatIsSaidOfOutcomesThatAreNone(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"tells-broken-line": "the client did not tell what came of its call; line 2 of its output is no JSON, at its byte 7: ",
		"tells-broken-file": "the client did not tell what came of its call; line 1 of the file $DPCONFORM_OUTCOME is no JSON, at its byte 7: ",
		"tells-of-another":  `the client did not tell what came of its call; it told an outcome of the job "another", and this one is "scenario-success-1"`,
	} {
		found := runAll(t, runOf(t, program, "success"))
		unjudged := found.Results[0].Unjudged
		if found.Exit() != ExitInconclusive || len(unjudged) == 0 || !strings.HasPrefix(unjudged[0].Reason, want) {
			t.Errorf("%s: exit %d, %+v", program, found.Exit(), unjudged)
		}
	}
	found := runAll(t, runOf(t, "tells-twice", "success"))
	index := slices.IndexFunc(found.Results[0].Findings, func(f Finding) bool { return f.ID == ConditionOneOutcome })
	if index < 0 || found.Results[0].Verdict != Warn || found.Exit() != ExitConforms {
		t.Errorf("exit %d, %+v", found.Exit(), found.Results[0].Findings)
	}
}

func FuzzLinesThatLookLikeOutcomes(f *testing.F) {
	f.Add("{\"job\":\n{\n\"job\":\"j\"}\n")
	f.Add(`{"Job":"j"}`)
	f.Fuzz(func(t *testing.T, output string) {
		if hint := tellingOf(output, "its output").hint; hint != "" && strings.ContainsAny(hint, "\n\x1b") {
			t.Errorf("%q moves a cursor", hint)
		}
	})
}
