package clienttest

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

const lineOfJ = `{"job":"j","archiveJobId":"n"}`

func TestOutcomesAreFoundWhereverTheyStand(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 99)+"\n", 50_000)
	for _, row := range []struct {
		name, output string
		want         string
		passed       int
	}{
		{"behind five megabytes", long + lineOfJ + "\n" + long, "j=n", 0},
		{"at the end, without an end of the line", long + lineOfJ, "j=n", 0},
		{"behind a line of two megabytes", strings.Repeat("x", 2<<20) + "\n" + lineOfJ, "j=n", 1},
		{"in a line of two megabytes", lineOfJ + strings.Repeat(" ", 2<<20) + "\n", "", 1},
		{"with a message of half a megabyte", `{"job":"j","archiveJobId":"n","log":"` + strings.Repeat("y", 1<<19) + `"}`, "j=n", 0},
		{"twice", lineOfJ + "\n" + long + `{"job":"j","archiveJobId":"m"}` + "\n", "j=m", 0},
		{"of two jobs", lineOfJ + "\r\n" + `{"job":"k","archiveJobId":"m"}` + "\r\n", "j=n k=m", 0},
		{"nowhere", "", "", 0},
	} {
		lines := &outcomeLines{idField: contract.IDField}
		for rest := row.output; rest != ""; {
			part := rest[:min(len(rest), 4093)]
			if written, err := lines.Write([]byte(part)); written != len(part) || err != nil {
				t.Fatalf("%d of %d, %v", written, len(part), err)
			}
			if lines.line.Cap() > 4*longestLine {
				t.Fatalf("%s: %d bytes are kept", row.name, lines.line.Cap())
			}
			rest = rest[len(part):]
		}
		outcomes, passed := lines.end()
		if got := toldIn(outcomes); got != row.want || passed != row.passed {
			t.Errorf("%s: got %q, %d lines passed over, want %q, %d", row.name, got, passed, row.want, row.passed)
		}
		read, err := ReadOutcomes(iotest.HalfReader(strings.NewReader(row.output)), contract.IDField)
		if got := toldIn(read); got != row.want || err != nil {
			t.Errorf("%s: read %q, %v", row.name, got, err)
		}
	}
}

func toldIn(outcomes []Outcome) string {
	var words []string
	for _, outcome := range outcomes {
		words = append(words, outcome.Job+"="+*outcome.NewID)
	}
	return strings.Join(words, " ")
}

func TestNoMoreOutcomesAreKeptThanAreNeeded(t *testing.T) {
	lines := &outcomeLines{idField: contract.IDField}
	for i := range keptOutcomes + 10 {
		fmt.Fprintf(lines, `{"job":"j%d","archiveJobId":"n"}`+"\n", i)
	}
	fmt.Fprintln(lines, `{"job":"j0","archiveJobId":"last"}`)
	if outcomes, _ := lines.end(); len(outcomes) != keptOutcomes || *outcomes[0].NewID != "last" {
		t.Errorf("%d outcomes, the first %s", len(outcomes), *outcomes[0].NewID)
	}
}

func TestTheEndOfComplaintsIsKept(t *testing.T) {
	kept := &lastBytes{}
	for i := range 30_000 {
		fmt.Fprintf(kept, "line %d\n", i)
	}
	result := &CommandResult{}
	result.Complaints, result.ComplaintsCut = kept.end()
	text := result.lastComplaints(100)
	head, rest, _ := strings.Cut(text, "\n")
	if !strings.HasSuffix(rest, "line 29998\nline 29999\n") || len(rest) != 100 || len(result.Complaints) > keptComplaints {
		t.Errorf("%q of %d bytes", text, len(result.Complaints))
	}
	var cut int
	if _, err := fmt.Sscanf(head, "[%d bytes before this were cut]", &cut); err != nil || int64(cut) != result.ComplaintsCut+int64(len(result.Complaints))-100 {
		t.Errorf("%q, %v", head, err)
	}
	if whole := (&CommandResult{Complaints: "ä\n"}); whole.lastComplaints(100) != "ä\n" || strings.ContainsRune(whole.lastComplaints(2), '\uFFFD') {
		t.Errorf("%q, %q", whole.lastComplaints(100), whole.lastComplaints(2))
	}
}

func TestOutcomeMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "the body is empty",
		" \n":                                  "the body is empty",
		lineOfJ:                                "",
		"hello":                                "line 1 is no JSON, at its byte 1: invalid character 'h' looking for beginning of value (an outcome stands in one line)",
		"\n\n{\"job\":":                        "line 3 is no JSON, at its byte 7: unexpected end of JSON input (an outcome stands in one line)",
		"{\n\"job\":\"j\"}":                    "line 1 is no JSON, at its byte 1: unexpected end of JSON input (an outcome stands in one line)",
		"[1]":                                  "line 1 is JSON, and no object",
		"null":                                 "line 1 is JSON, and no object",
		`{"archiveJobId":"n"}`:                 `line 1 has no member "job"`,
		`{"job":5,"archiveJobId":"n"}`:         "line 1 has the job 5, which must be a text",
		`{"job":"j","archiveJobId":5}`:         "line 1 has the archiveJobId 5, which must be a text",
		`{"job":"j"}`:                          `line 1 has neither "archiveJobId" nor "error"`,
		`{"job":"j","new_id":"n"}` + "\nhello": `line 1 has neither "archiveJobId" nor "error"`,
	} {
		if got := outcomeMistake(text, contract.IDField); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
