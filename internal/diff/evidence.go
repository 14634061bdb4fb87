package diff

import (
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// Evidence is what two reports show of one requirement in one check. Old or New
// is missing where a report does not have the check.
type Evidence struct {
	Requirement string     `json:"requirement"`
	Level       spec.Level `json:"level,omitempty"`
	Statement   string     `json:"statement,omitempty"`
	Old         *Piece     `json:"old,omitempty"`
	New         *Piece     `json:"new,omitempty"`
}

// Piece is what one report shows.
type Piece struct {
	Verdict result.Verdict `json:"verdict"`
	// Want and Got are those of the finding; empty where nothing was found.
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
	// Count is the number of exchanges that show it.
	Count int `json:"count,omitempty"`
	// Reason and Flag say why it was not judged and what would help.
	Reason string `json:"reason,omitempty"`
	Flag   string `json:"flag,omitempty"`
	// Answer is the exchange that shows it: that of the finding, or its
	// counterpart, or the first that the check judged.
	Answer *Answer `json:"answer,omitempty"`
}

// evidence gathers what both reports show of a check, for each requirement that
// something was found of in either; without a finding for its first one.
func evidence(before, after result.Check, old, new index, pairs pairs) []Evidence {
	var ids []string
	for _, finding := range slices.Concat(after.Findings, before.Findings) {
		if !slices.Contains(ids, finding.Requirement) {
			ids = append(ids, finding.Requirement)
		}
	}
	if requirements := slices.Concat(after.Requirements, before.Requirements); len(ids) == 0 && len(requirements) > 0 {
		ids = requirements[:1]
	}
	all := []Evidence{}
	for _, id := range ids {
		known, found := new.requirements[id]
		if !found {
			known = old.requirements[id]
		}
		one := Evidence{Requirement: id, Level: known.Level, Statement: known.Statement}
		oldNumber, newNumber := exchangesOf(before, after, id, pairs)
		one.Old, one.New = piece(before, id, pairs.old, oldNumber), piece(after, id, pairs.new, newNumber)
		all = append(all, one)
	}
	return all
}

// exchangesOf finds the exchanges, by their numbers in both reports, that show
// a requirement in a check; 0 for none. The new finding comes first, then the
// old one.
func exchangesOf(before, after result.Check, requirement string, pairs pairs) (old, new int) {
	old, new = findingOf(before, requirement).Exchange, findingOf(after, requirement).Exchange
	switch {
	case new != 0 && old == 0:
		old = pairs.toOld[new]
	case old != 0 && new == 0:
		new = pairs.toNew[old]
	case new == 0 && old == 0:
		if new = telling(after, pairs.new); new != 0 {
			old = pairs.toOld[new]
		}
	}
	if old == 0 {
		old = telling(before, pairs.old)
	}
	if new == 0 {
		new = telling(after, pairs.new)
	}
	return old, new
}

// telling is the first exchange of a check that does more than read.
func telling(check result.Check, answers map[int]Answer) int {
	first := 0
	for _, number := range check.Exchanges {
		answer, found := answers[number]
		if !found {
			continue
		}
		if first == 0 {
			first = number
		}
		if len(answer.Request) > 4 && answer.Request[:4] != http.MethodGet+" " {
			return number
		}
	}
	return first
}

func findingOf(check result.Check, requirement string) result.Finding {
	for _, finding := range check.Findings {
		if finding.Requirement == requirement {
			return finding
		}
	}
	return result.Finding{}
}

// piece is what a report shows of a requirement in a check; nil where it does
// not have the check.
func piece(check result.Check, requirement string, answers map[int]Answer, number int) *Piece {
	if check.ID == "" {
		return nil
	}
	finding := findingOf(check, requirement)
	shown := &Piece{Verdict: check.Verdict, Reason: check.Reason, Flag: check.Flag}
	switch {
	case finding.Requirement != "":
		shown.Verdict, shown.Want, shown.Got, shown.Count = finding.Verdict, finding.Want, finding.Got, finding.Count
	case len(check.Findings) > 0:
		// Of this requirement it may not have seen anything.
		shown.Verdict, shown.Reason = result.Skip, "the check failed for another requirement"
	}
	if answer, found := answers[number]; found {
		shown.Answer = &answer
	}
	return shown
}
