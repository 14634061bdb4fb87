package clienttest

import (
	"slices"
	"testing"
)

func TestWhatAClientTells(t *testing.T) {
	success := answered(200, "", nil)
	success.Body = []byte(`{"archiveJobId":"new"}`)
	more := success
	more.Body = []byte(`{"archiveJobId":"new","more":1}`)
	none := success
	none.Body = []byte(`{}`)
	cut := success
	cut.Delivery = CutShort
	refused := answered(404, "NOT_FOUND", nil)
	page := answered(404, "", nil)
	moved := answered(307, "", nil)
	ok := func(id string) told { outcome := Succeeded("old", id); return told{outcome: &outcome} }
	failed := func(e ToldError) told { outcome := Failed("old", e); return told{outcome: &outcome} }
	right := ToldError{Code: 404, Status: "NOT_FOUND", Message: "the server says: m"}
	for _, row := range []struct {
		name   string
		answer Answer
		told   told
		want   []string
		skips  []string
	}{
		{"the id", success, ok("new"), nil, nil},
		{"the old id", success, ok("old"), []string{outcomeNewID}, nil},
		{"no id", success, ok(""), []string{outcomeNewID}, nil},
		{"an error for a success", success, failed(ToldError{Message: "x"}), []string{outcomeNewID}, nil},
		{"an exit for a success", success, told{failedByExit: true}, []string{outcomeNewID}, nil},
		{"an exit for more", more, told{failedByExit: true}, []string{outcomeUnknownFields}, []string{outcomeNewID}},
		{"nothing", success, told{}, nil, []string{outcomeNewID}},
		{"exit 0 alone", success, told{succeededByExit: true}, nil, []string{outcomeNewID}},
		{"the id beside more", more, ok("new"), nil, nil},
		{"an error for more", more, failed(ToldError{Message: "x"}), []string{outcomeUnknownFields}, nil},
		{"nothing of more", more, told{}, nil, []string{outcomeNewID, outcomeUnknownFields}},
		{"no id of none", none, ok(""), nil, nil},
		{"an error of none", none, failed(ToldError{Message: "x"}), nil, nil},
		{"an id of none", none, ok("old"), []string{outcomeNoInventedID}, nil},
		{"nothing of none", none, told{}, nil, []string{outcomeNoInventedID}},
		{"an error of a cut answer", cut, failed(ToldError{Message: "x"}), nil, nil},
		{"an exit of a cut answer", cut, told{failedByExit: true}, nil, nil},
		{"a success of a cut answer", cut, ok("new"), []string{outcomeIncomplete}, nil},
		{"exit 0 of a cut answer", cut, told{succeededByExit: true}, []string{outcomeIncomplete}, nil},
		{"nothing of a cut answer", cut, told{}, nil, []string{outcomeIncomplete}},
		{"the error", refused, failed(right), nil, nil},
		{"a success for an error", refused, ok(""), []string{outcomeError}, nil},
		{"exit 0 for an error", refused, told{succeededByExit: true}, []string{outcomeError}, nil},
		{"an exit for an error", refused, told{failedByExit: true}, nil, []string{outcomeCode, outcomeStatus, outcomeMessage}},
		{"nothing of an error", refused, told{}, nil, []string{outcomeError, outcomeCode, outcomeStatus, outcomeMessage}},
		{"another code", refused, failed(ToldError{Code: 500, Status: "NOT_FOUND", Message: "m"}), []string{outcomeCode}, nil},
		{"no status", refused, failed(ToldError{Code: 404, Message: "m"}), []string{outcomeStatus}, nil},
		{"an own message", refused, failed(ToldError{Code: 404, Status: "NOT_FOUND", Message: "oh"}), []string{outcomeMessage}, nil},
		{"the code of a page", page, failed(ToldError{Code: 404}), nil, nil},
		{"an error for a redirect", moved, failed(ToldError{Message: "x"}), nil, nil},
		{"a success for a redirect", moved, ok("x"), []string{outcomeError}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			j := &judgement{rules: Rules{Contract: contract}}
			judgeOutcome(j, arrivedAs(func(a *Arrived) { a.Answer = row.answer }), row.told)
			if got := idsOf(j.findings); !slices.Equal(got, append([]string{}, row.want...)) {
				t.Errorf("found %v, want %v", got, row.want)
			}
			var skips []string
			for _, one := range j.unjudged {
				skips = append(skips, one.ID)
				if slices.Contains(j.judged, one.ID) && len(row.want) == 0 {
					t.Errorf("%s is judged and skipped", one.ID)
				}
			}
			if !slices.Equal(skips, row.skips) {
				t.Errorf("skipped %v, want %v", skips, row.skips)
			}
		})
	}
}

func TestParseOutcomes(t *testing.T) {
	for _, row := range []struct{ name, output, want string }{
		{"success", `{"job":"j","archiveJobId":"n"}`, "j=n"},
		{"between other lines", "starting\n{\"job\":\"j\",\"archiveJobId\":\"n\"}\ndone\n", "j=n"},
		{"with more members", `{"time":1,"job":"j","archiveJobId":"n"}`, "j=n"},
		{"no id", `{"job":"j","archiveJobId":null}`, "j="},
		{"two in a line", `{"job":"j","archiveJobId":"n"}{"job":"k","archiveJobId":"m"}`, "j=n k=m"},
		{"error", `{"job":"j","error":{"code":429,"status":"S","message":"m"}}`, "j!429 S m"},
		{"error as a text", `{"job":"j","error":"oh no"}`, "j!oh no"},
		{"error with odd members", `{"job":"j","error":{"code":"429","status":5}}`, `j!"429"`},
		{"behind a byte order mark", "\ufeff{\"job\":\"j\",\"archiveJobId\":\"n\"}", "j=n"},
		{"behind a byte order mark in the middle", "x\n\ufeff{\"job\":\"j\",\"archiveJobId\":\"n\"}", "j=n"},
		{"null beside an id", `{"job":"j","error":null,"archiveJobId":"n"}`, "j=n"},
		{"no job", `{"archiveJobId":"n"}`, ""},
		{"neither", `{"job":"j"}`, ""},
		{"a log line", `{"level":"info","job":5,"archiveJobId":"n"}`, ""},
		{"not at the beginning", `> {"job":"j","archiveJobId":"n"}`, ""},
		{"broken off", `{"job":"j","archiveJobId":`, ""},
		{"nothing", ``, ""},
	} {
		got := ""
		for i, outcome := range ParseOutcomes(row.output, contract.IDField) {
			if i > 0 {
				got += " "
			}
			if got += outcome.Job; outcome.Error != nil {
				got += "!" + outcome.Error.text()
			} else {
				got += "=" + *outcome.NewID
			}
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func FuzzParseOutcomes(f *testing.F) {
	f.Add(`{"job":"j","archiveJobId":"n"}`)
	f.Add("{\"job\":\"j\",\"error\":{}}\n{}{")
	f.Fuzz(func(t *testing.T, output string) {
		for _, outcome := range ParseOutcomes(output, contract.IDField) {
			if (outcome.Error == nil) == (outcome.NewID == nil) {
				t.Errorf("%+v is neither a success nor an error", outcome)
			}
		}
	})
}
