package clientrun

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/result"
)

const lineOfJ = `{"job":"j","archiveJobId":"n"}`

// reportedIn reads what a text reports, in parts as a pipe brings them.
func reportedIn(t testing.TB, output, name string) (reported, *outcomeLines) {
	t.Helper()
	lines := &outcomeLines{success: successMember(method)}
	for rest := output; rest != ""; {
		part := rest[:min(len(rest), 4093)]
		if written, err := lines.Write([]byte(part)); written != len(part) || err != nil {
			t.Fatalf("%d of %d, %v", written, len(part), err)
		}
		if lines.line.Cap() > 4*longestLine {
			t.Fatalf("%d bytes are kept", lines.line.Cap())
		}
		rest = rest[len(part):]
	}
	return lines.end(name), lines
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("x", 99)+"\n", 20_000)
	for _, row := range []struct{ name, output, want string }{
		{"success", lineOfJ, "j=n"},
		{"between other lines", "starting\n" + lineOfJ + "\ndone\n", "j=n"},
		{"with more members", `{"time":1,"job":"j","archiveJobId":"n"}`, "j=n"},
		{"no id", `{"job":"j","archiveJobId":null}`, "j="},
		{"two in a line", lineOfJ + `{"job":"k","archiveJobId":"m"}`, "j=n k=m"},
		{"two lines of Windows", lineOfJ + "\r\n" + `{"job":"k","archiveJobId":"m"}` + "\r\n", "j=n k=m"},
		{"the last of a job counts", lineOfJ + "\n" + `{"job":"j","archiveJobId":"m"}` + "\n", "j=m"},
		{"error", `{"job":"j","error":{"code":429,"status":"S","message":"m"}}`, "j!429 S \"m\""},
		{"error as a text", `{"job":"j","error":"oh no"}`, "j!\"oh no\""},
		{"error with odd members", `{"job":"j","error":{"code":"429","status":5}}`, `j!"429"`},
		{"error without members", `{"job":"j","error":{}}`, `j!without code, status and message`},
		{"behind a byte order mark", "x\n\ufeff" + lineOfJ, "j=n"},
		{"null beside an id", `{"job":"j","error":null,"archiveJobId":"n"}`, "j=n"},
		{"no job", `{"archiveJobId":"n"}`, ""},
		{"neither", `{"job":"j"}`, ""},
		{"a log line", `{"level":"info","job":5,"archiveJobId":"n"}`, ""},
		{"not at the beginning", `> ` + lineOfJ, ""},
		{"broken off", `{"job":"j","archiveJobId":`, ""},
		{"between megabytes", long + lineOfJ + "\n" + long, "j=n"},
		{"behind a line of two megabytes", strings.Repeat("x", 2<<20) + "\n" + lineOfJ, "j=n (1 too long)"},
		{"in a line of two megabytes", lineOfJ + strings.Repeat(" ", 2<<20) + "\n", " (1 too long)"},
		{"with half a megabyte of another member", `{"job":"j","archiveJobId":"n","log":"` + strings.Repeat("y", 1<<19) + `"}`, "j=n"},
		{"nothing", "", ""},
	} {
		found, lines := reportedIn(t, row.output, "its output")
		var words []string
		for _, one := range found.outcomes {
			if one.Error != nil {
				words = append(words, one.Job+"!"+one.errorText())
			} else {
				words = append(words, one.Job+"="+*one.NewID)
			}
		}
		got := strings.Join(words, " ")
		if lines.passed > 0 {
			got += fmt.Sprintf(" (%d too long)", lines.passed)
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestHintsAboutLinesThatAreNoOutcomes(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		lineOfJ: "",
		"hello\n{\"level\":\"info\"}\n{}\n[1]\n{oh\n":          "",
		"{\n  \"a\": \"j\"\n}\n":                               "",
		"a\nb\n{\"job\":\n":                                    "line 3 of its output is not JSON, at its byte 7: ",
		`{"Job":"j","ArchiveJobId":"n"}`:                       `line 1 of its output has no member "job", but "Job"`,
		"a\n50%\r" + lineOfJ:                                   "line 2 of its output has an outcome after other text: print the outcome alone on one line",
		`{"job":"j","archiveJobId":"n","error":{}}`:            `line 1 of its output has both "archiveJobId" and "error": report one of them`,
		`{"job":"j","archiveJobId":"","error":{}}`:             "",
		"\n" + `{"archiveJobId":"n"}`:                          `line 2 of its output has no member "job"`,
		`{"error":"x"}`:                                        `line 1 of its output has no member "job"`,
		`{"job":"j"}`:                                          `line 1 of its output has neither "archiveJobId" nor "error"`,
		`{"job":"j","archiveJobId":5}`:                         "line 1 of its output has the archiveJobId 5, which must be a text",
		`{"level":"info","error":"x"}` + "\n" + `{"job":5}`:    "line 2 of its output has the job 5, which must be a text",
		"{\n  \"job\": \"j\",\n  \"archiveJobId\": \"n\"\n}\n": "line 1 of its output is not JSON, at its byte 1: ",
	} {
		if found, _ := reportedIn(t, output, "its output"); !strings.HasPrefix(found.hint, want) || want == "" && found.hint != "" {
			t.Errorf("%q: got %q, want %q", output, found.hint, want)
		}
	}
}

func TestOutcomesThatContradictEachOther(t *testing.T) {
	t.Parallel()
	const failed, failedElse, other = `{"job":"j","error":{"code":500,"message":"x"}}`, `{"job":"j","error":{"code":500,"message":"y"}}`, `{"job":"j","archiveJobId":"m"}`
	for _, row := range []struct{ name, output, file, want string }{
		{"once", lineOfJ, "", ""},
		{"the same twice", lineOfJ + "\n" + lineOfJ, lineOfJ, ""},
		{"two descriptions of one error", failed + "\n" + failedElse, "", ""},
		{"an error and a success", failed + "\n" + lineOfJ, "", "the error 500 \"x\", and then a success with the id n, which counts"},
		{"two ids", lineOfJ + "\n" + other, "", "a success with the id n, and then a success with the id m, which counts"},
		{"output and file", lineOfJ, failed, "a success with the id n, and then the error 500 \"x\", which counts"},
	} {
		output, _ := reportedIn(t, row.output, "its output")
		file := &outcomeLines{success: successMember(method), reported: output}
		_, _ = file.Write([]byte(row.file))
		if got := file.end("the file").contradictions["j"]; got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestWhatIsKeptOfReportsIsBounded(t *testing.T) {
	t.Parallel()
	var output strings.Builder
	for i := range keptOutcomes + 10 {
		fmt.Fprintf(&output, `{"job":"j%d","archiveJobId":"n"}`+"\n", i)
	}
	output.WriteString(`{"job":"j0","archiveJobId":"last"}`)
	if found, _ := reportedIn(t, output.String(), "its output"); len(found.outcomes) != keptOutcomes || *found.outcomes[0].NewID != "last" {
		t.Errorf("%d outcomes, the first %s", len(found.outcomes), *found.outcomes[0].NewID)
	}
	kept, hide := &lastBytes{}, redact.NewRedactor(map[string]string{givenToken: redact.Unlabelled})
	for i := range 30_000 {
		fmt.Fprintf(kept, "line %d\n", i)
	}
	one := &ended{}
	one.complaints, one.cut = kept.end()
	head, rest, _ := strings.Cut(one.lastComplaints(hide, 100), "\n")
	if !strings.HasSuffix(rest, "line 29998\nline 29999\n") || len(rest) != 100 || len(one.complaints) > keptComplaints {
		t.Errorf("%q of %d bytes", rest, len(one.complaints))
	}
	var cut int
	if _, err := fmt.Sscanf(head, "[%d bytes before this were cut]", &cut); err != nil || int64(cut) != one.cut+int64(len(one.complaints))-100 {
		t.Errorf("%q, %v", head, err)
	}
	if whole := (&ended{complaints: "ä\n"}); whole.lastComplaints(hide, 100) != "ä\n" || strings.ContainsRune(whole.lastComplaints(hide, 2), '\uFFFD') {
		t.Errorf("%q, %q", whole.lastComplaints(hide, 100), whole.lastComplaints(hide, 2))
	}
	cutToken := &ended{complaints: "the token is " + givenToken + strings.Repeat("x", 90)}
	if shown := cutToken.lastComplaints(hide, 100); strings.Contains(shown, givenToken[len(givenToken)-5:]) {
		t.Errorf("%q has the end of the token", shown)
	}
}

func TestAnOutcomeOfAJobThatWasNeverSent(t *testing.T) {
	t.Parallel()
	run := &run{options: RunOptions{Options: Options{Rules: rules}}}
	all := reported{outcomes: []outcome{succeeded(method, "a", "x"), succeeded(method, "b", "x"), failed("c", result.ClientError{})}}
	found := run.invented(all, []Result{{job: "a"}})
	if len(found) != 2 || found[0].job != "b" || found[1].job != "c" || found[0].Check.Verdict != result.Fail {
		t.Errorf("%+v", found)
	}
}

func FuzzOutcomes(f *testing.F) {
	f.Add(lineOfJ)
	f.Add("{\"job\":\"j\",\"error\":{}}\n{}{")
	f.Add("{\"job\":\n{\n\"job\":\"j\"}\n")
	f.Fuzz(func(t *testing.T, output string) {
		found, _ := reportedIn(t, output, "its output")
		if strings.ContainsAny(found.hint, "\n\x1b") {
			t.Errorf("%q moves a cursor", found.hint)
		}
		for _, one := range found.outcomes {
			if (one.Error == nil) == (one.NewID == nil) {
				t.Errorf("%+v is neither a success nor an error", one)
			}
		}
	})
}
