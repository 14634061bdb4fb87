package html

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
)

// judgedBy counts what the checks of a requirement say of it. A check that found
// something else broken may not have seen anything of it.
func (m *maker) judgedBy(requirement result.Requirement) tally {
	said := tally{}
	for _, id := range requirement.Checks {
		if check := m.byCheck[id]; check != nil {
			said[about(check, requirement)]++
		}
	}
	return said
}

func about(check *result.Check, requirement result.Requirement) result.Verdict {
	for _, finding := range check.Findings {
		if finding.Requirement == requirement.ID {
			return finding.Verdict
		}
	}
	switch {
	case check.Verdict == result.UnexpectedPass && requirement.Verdict != result.UnexpectedPass:
		return result.Pass
	case check.Verdict != result.Error && len(check.Findings) > 0:
		return result.Skip
	}
	return check.Verdict
}

// inPart says that a requirement passed where some of its checks did not judge
// it. A pass has no other reason than that.
func (m *maker) inPart(requirement result.Requirement) bool {
	return requirement.Verdict == result.Pass && (requirement.Reason != "" || m.judgedBy(requirement)[result.Skip] > 0)
}

// outcome says the verdict on a requirement by the number of checks it is of:
// "1 of 12 checks fails".
func (m *maker) outcome(requirement result.Requirement) string {
	said := m.judgedBy(requirement)
	total, of, skipped := said.total(), said[requirement.Verdict], said[result.Skip]
	switch {
	case m.inPart(requirement) && skipped > 0:
		return "pass, in part: " + checksOf(skipped, total) + " not judged"
	case m.inPart(requirement):
		return "pass, in part"
	case of == 0:
		return shown(requirement.Verdict).Word
	case requirement.Verdict != result.Skip && skipped > 0:
		return fmt.Sprintf("%s %s, %d not judged", checksOf(of, total), does(requirement.Verdict, of), skipped)
	}
	return checksOf(of, total) + " " + does(requirement.Verdict, of)
}

// checksOf says how many of all checks: "1 of 12 checks", "12 checks".
func checksOf(number, total int) string {
	if number == total {
		return counted(number, "check")
	}
	return fmt.Sprintf("%d of %s", number, counted(total, "check"))
}

// does says what so many checks do that have a verdict.
func does(of result.Verdict, number int) string {
	words, known := map[result.Verdict][2]string{
		result.Pass: {"passes", "pass"}, result.Fail: {"fails", "fail"}, result.Warn: {"warns", "warn"},
		result.Skip: {"not judged", "not judged"}, result.Error: {"ends in an error", "end in an error"},
		result.ExpectedFail: {"fails as expected", "fail as expected"}, result.UnexpectedPass: {"passes unexpectedly", "pass unexpectedly"},
	}[of]
	if !known {
		words = [2]string{"says " + shown(of).Word, "say " + shown(of).Word}
	}
	if number == 1 {
		return words[0]
	}
	return words[1]
}

// requirementsTotal counts the requirements, and those judged in part.
func (m *maker) requirementsTotal() total {
	made := totalOf("requirement", m.Counts.Requirements)
	inPart := 0
	for _, requirement := range m.Requirements {
		if m.inPart(requirement) {
			inPart++
		}
	}
	for i := range made.Counts {
		if made.Counts[i].Class == classes[result.Pass] {
			made.Counts[i].InPart = inPart
		}
	}
	return made
}

// pasteable reports whether a text is flags with at most one value each, as a
// shell takes them, and no sentence about flags. A small word behind a flag is
// one of a sentence: "--allow-retry with --job FAILED=ID".
func pasteable(text string) bool {
	afterFlag := false
	for _, word := range strings.Fields(text) {
		isFlag := strings.HasPrefix(word, "--")
		isWord := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
		if strings.HasSuffix(word, ",") || !isFlag && (!afterFlag || isWord) {
			return false
		}
		afterFlag = isFlag
	}
	return text != ""
}
