package html

import (
	"fmt"

	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/result"
)

// summary is the top of the page.
type summary struct {
	Title string
	// Overall and Headline say the verdict; Detail is what the conclusion says
	// beyond it.
	Overall          verdict
	Headline, Detail string
	Subject          string
	// Provenance says whose answers were judged that came from recordings.
	Provenance string
	Endpoint   string
	Notes      []string
	// Totals are those of requirements and of checks.
	Totals                []total
	Facts                 []fact
	Tool, When, WhenExact string
	Exit                  int
}

// total is the number of all things of a kind, and of those with each verdict.
type total struct {
	Name   string
	Total  int
	Counts []count
}

func totalOf(thing string, counts tally) total {
	made := total{thing + "s", counts.total(), counts.counts()}
	if made.Total == 1 {
		made.Name = thing
	}
	return made
}

// fact is a line of what was judged, by what and how.
type fact struct {
	Name, Text string
	// Exact says that the text is one to be copied letter by letter.
	Exact bool
}

func (m *maker) summary() summary {
	headline, detail, _ := strings.Cut(clean(m.Conclusion), ": ")
	made := summary{
		Overall: ofExit(m.Exit), Headline: capital(headline), Detail: capital(detail),
		Subject: clean(m.Description.Title), Provenance: capital(clean(m.Target.Provenance)), Endpoint: clean(m.Target.Endpoint),
		Totals: []total{m.requirementsTotal(), totalOf("check", m.Counts.Checks)},
		Tool:   clean(m.Tool.Name + " " + m.Tool.Version), Exit: m.Exit,
		When: m.Started.UTC().Format("2 January 2006, 15:04 UTC"), WhenExact: m.Started.UTC().Format("2006-01-02T15:04:05Z"),
	}
	if made.Headline == "" {
		made.Headline = "Exit code " + number10(m.Exit)
	}
	made.Title = made.Headline + " – " + made.Subject + " at " + made.Endpoint
	made.Facts, made.Notes = m.facts(), m.notes()
	return made
}

// notes are what a reader must know before the counts are read.
func (m *maker) notes() []string {
	var notes []string
	add := func(there bool, note string) {
		if there {
			notes = append(notes, note)
		}
	}
	add(m.Stale != "" && !strings.Contains(m.Conclusion, m.Stale), "The recorded answers are stale: "+clean(m.Stale))
	add(m.Exit == result.ExitInterrupted, "The run was interrupted. What was not judged until then is not in this report.")
	add(len(m.Settings.Focus) > 0 || m.Settings.LabelFilter != "", "A part of the suite was selected; the verdict is about that part alone.")
	repeats := m.repeats()
	add(repeats != "", repeats)
	return notes
}

// facts says what was judged, by what and how.
func (m *maker) facts() []fact {
	facts := []fact{
		{"Target", clean(m.Target.Endpoint), true},
		{"Answers from", sourceText(m.Report), false},
		{"Jobs given", jobsText(m.Report), false},
		{"Description", clean(m.Description.File), true},
		{"Revision", clean(m.Description.Revision), false},
		{"Digest", clean(m.Description.Digest), true},
		{"Began", m.Started.UTC().Format("2006-01-02 15:04:05 UTC"), false},
		{"Took", duration(m.Milliseconds * 1000), false},
		{"Exchanges", number10(len(m.Exchanges)), false},
		{"Level", clean(string(m.Settings.Level)) + " and stronger fail the run", false},
		{"Seed", strconv.FormatUint(m.Settings.Seed, 10), false},
		{"Time for an answer", strconv.FormatFloat(m.Settings.LimitSeconds, 'g', 4, 64) + " s", false},
		{"Retries", retriesText(m.Report), false},
	}
	if len(m.Settings.Focus) > 0 {
		facts = append(facts, fact{"Focus", clean(strings.Join(m.Settings.Focus, ", ")), true})
	}
	if m.Settings.LabelFilter != "" {
		facts = append(facts, fact{"Label filter", clean(m.Settings.LabelFilter), true})
	}
	return append(facts, fact{"Made by", clean(m.Tool.Name + " " + m.Tool.Version), false})
}

func sourceText(from result.Report) string {
	if from.Target.Source == "network" {
		return "the network"
	}
	return clean(from.Target.Source)
}

func jobsText(from result.Report) string {
	var parts []string
	for _, state := range from.States {
		parts = append(parts, fmt.Sprintf("%d %s", state.Jobs, clean(state.Name)))
	}
	if len(parts) == 0 {
		for _, state := range slices.Sorted(maps.Keys(from.Target.Jobs)) {
			parts = append(parts, fmt.Sprintf("%d %s", from.Target.Jobs[state], clean(state)))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func retriesText(from result.Report) string {
	if from.Settings.AllowRetry {
		return "allowed (--allow-retry)"
	}
	return "of this machine's jobs only"
}

// repeats says how often requests were sent again, and after what.
func (m *maker) repeats() string {
	total, after := 0, map[string]int{}
	for _, exchange := range m.Exchanges {
		for _, attempt := range exchange.Earlier {
			total++
			after[outcomeOf(attempt.Response, attempt.Fault)]++
		}
	}
	if total == 0 {
		return ""
	}
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(after)) {
		parts = append(parts, fmt.Sprintf("%d after %s", after[outcome], outcome))
	}
	return counted(total, "request") + " had to be sent again: " + strings.Join(parts, ", ") + "."
}

// outcomeOf says in a word what came of a request.
func outcomeOf(response *result.Message, fault *result.FaultOf) string {
	switch {
	case fault != nil:
		return clean(fault.Kind)
	case response != nil:
		return number10(response.Status)
	}
	return "no answer"
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	first, rest := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[rest:]
}

func number10(number int) string { return strconv.Itoa(number) }
