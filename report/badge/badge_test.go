package badge

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/report"
	"github.com/dpconform/dpconform/suites"
)

// of makes a report with so many requirements of each verdict.
func of(exit int, counts map[suites.Verdict]int) report.Report {
	found := report.Report{Exit: exit, Conclusion: "conforms", Counts: report.Counts{Requirements: counts, Checks: counts}}
	for _, count := range counts {
		found.Requirements = append(found.Requirements, make([]report.Requirement, count)...)
	}
	return found
}

func TestMessages(t *testing.T) {
	type counts = map[suites.Verdict]int
	shard := of(suites.ExitConforms, counts{suites.Pass: 2})
	shard.Settings.Shard = &suites.Shard{Number: 2, Total: 8}
	for want, found := range map[string]report.Report{
		"78 of 78 requirements brightgreen false": of(suites.ExitConforms, counts{suites.Pass: 78}),
		"1 of 1 requirement brightgreen false":    of(suites.ExitConforms, counts{suites.Pass: 1}),
		"5 of 9 requirements, 2 warn, 1 known to fail, 1 not judged yellowgreen false": of(suites.ExitConforms,
			counts{suites.Pass: 5, suites.Warn: 2, suites.ExpectedFail: 1, suites.Skip: 1}),
		"5 of 78 requirements fail red true":               of(suites.ExitFails, counts{suites.Pass: 73, suites.Fail: 5}),
		"1 of 78 requirements fails red true":              of(suites.ExitFails, counts{suites.Pass: 77, suites.Fail: 1}),
		"unexpected pass of 2 requirements red true":       of(suites.ExitFails, counts{suites.Pass: 1, suites.UnexpectedPass: 2}),
		"stale red true":                                   of(suites.ExitFails, counts{suites.Pass: 1}),
		"inconclusive: 1 of 3 requirements yellow false":   of(suites.ExitInconclusive, counts{suites.Pass: 1, suites.Skip: 2}),
		"not judged lightgrey true":                        of(suites.ExitUnreachable, counts{suites.Error: 2}),
		"interrupted lightgrey true":                       of(suites.ExitInterrupted, counts{suites.Error: 2}),
		"shard 2/8: 2 of 2 requirements brightgreen false": shard,
	} {
		var text strings.Builder
		if err := WriteJSON(&text, found); err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal([]byte(text.String()), &read); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(read["message"], " ", read["color"], " ", read["isError"]); got != want || read["schemaVersion"] != 1.0 || read["label"] != "archiveJobs.retry" || len(read) != 5 {
			t.Errorf("%s, want %s", text.String(), want)
		}
	}
}

func TestTheDrawingIsSoundAndSaysWhatItShows(t *testing.T) {
	found := of(suites.ExitFails, map[suites.Verdict]int{suites.Pass: 73, suites.Fail: 5})
	found.Conclusion = `<script>"&`
	var drawn strings.Builder
	if err := WriteSVG(&drawn, found); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(drawn.String()))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, drawn.String())
		}
	}
	for _, part := range []string{`role="img"`, `aria-label="archiveJobs.retry: 5 of 78 requirements fail"`, "<title>archiveJobs.retry: 5 of 78 requirements fail</title>",
		"78 requirements (73 pass, 5 fail); exit 1</desc>", bad.drawn, "&lt;script&gt;"} {
		if !strings.Contains(drawn.String(), part) {
			t.Errorf("it lacks %s:\n%s", part, drawn.String())
		}
	}
	if strings.Contains(drawn.String(), "href") || strings.Contains(drawn.String(), "@import") {
		t.Error("it needs a network")
	}
}

// TestEveryLetterHasItsWidth: a letter that the table lacks would be drawn too
// wide or too narrow.
func TestEveryLetterHasItsWidth(t *testing.T) {
	shard := of(suites.ExitFails, map[suites.Verdict]int{suites.UnexpectedPass: 12})
	for _, text := range []string{label, "0123456789 of 8 requirements, 1 warn, 2 known to fail, 3 not judged", "inconclusive: interrupted", "shard 1/8: stale",
		fails(shard.Counts.Requirements, 8)} {
		for _, letter := range text {
			if _, known := widths[letter]; !known {
				t.Errorf("no width of %q", letter)
			}
		}
	}
}

// TestTheLettersCanBeRead: white on each colour has the contrast of WCAG 2.2,
// criterion 1.4.3, of 4.5 to 1.
func TestTheLettersCanBeRead(t *testing.T) {
	for _, colour := range []string{behindLabel, good.drawn, fair.drawn, bad.drawn, unclear.drawn, nothing.drawn} {
		var parts [3]int
		if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &parts[0], &parts[1], &parts[2]); err != nil {
			t.Fatal(err)
		}
		light := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			light += weight * math.Pow((float64(parts[i])/255+0.055)/1.055, 2.4)
		}
		if contrast := 1.05 / (light + 0.05); contrast < 4.5 {
			t.Errorf("white on %s has a contrast of %.1f", colour, contrast)
		}
	}
}
