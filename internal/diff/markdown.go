package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
)

// WriteMarkdown writes a comparison for the summary page of a CI job. What
// servers said stands as code, so that nothing in it is taken for Markdown.
func WriteMarkdown(out io.Writer, comparison Comparison) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## archiveJobs.retry: %s\n\n", markdown.Words(Summary(comparison)))
	page.WriteString("| | report | target | begun | conclusion |\n| --- | --- | --- | --- | --- |\n")
	for _, one := range []struct {
		label string
		side  Side
	}{{"old", comparison.Old}, {"new", comparison.New}} {
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s |\n", one.label, markdown.Code(one.side.File), markdown.Code(one.side.Target.Endpoint),
			one.side.Started.UTC().Format("2006-01-02 15:04:05 UTC"), markdown.Words(one.side.Conclusion))
	}
	writeRemarks(&page, comparison)
	writeRequirements(&page, comparison.Requirements)
	for _, one := range comparison.groups() {
		writeGroup(&page, one)
	}
	writeAnswers(&page, comparison.answerGroups())
	_, err := io.WriteString(out, page.String())
	return err
}

func writeRemarks(page *strings.Builder, comparison Comparison) {
	var lines []string
	for _, caveat := range comparison.Caveats {
		lines = append(lines, caveat.beginning()+code(caveat.Old)+" → "+code(caveat.New))
	}
	if scopes := comparison.Scopes.Appeared; len(scopes) > 0 {
		lines = append(lines, counted(len(scopes), "new scope")+": "+codes(scopes))
	}
	if scopes := comparison.Scopes.Gone; len(scopes) > 0 {
		lines = append(lines, counted(len(scopes), "scope")+" gone: "+codes(scopes))
	}
	if count := comparison.NotCompared; count > 0 {
		lines = append(lines, counted(count, "exchange")+" without a counterpart in the other report")
	}
	if len(lines) > 0 {
		page.WriteString("\n- " + strings.Join(lines, "\n- ") + "\n")
	}
}

func writeRequirements(page *strings.Builder, changes []RequirementChange) {
	if len(changes) == 0 {
		return
	}
	page.WriteString("\n| requirement | level | | was | now |\n| --- | --- | --- | --- | --- |\n")
	for _, change := range changes {
		kind := words[change.Kind]
		if change.Regression {
			kind = "**" + kind + "**"
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s | %s |\n", markdown.Code(change.ID), markdown.Words(string(change.Level)), kind,
			code(VerdictText(string(change.Old), change.OldReason)), code(VerdictText(string(change.New), change.NewReason)))
	}
}

func writeGroup(page *strings.Builder, one group) {
	fmt.Fprintf(page, "\n### %s: %s\n\n", words[one.kind], markdown.Code(one.requirement))
	if first := one.checks[0]; len(first.Evidence) > 0 && first.Evidence[0].Statement != "" {
		fmt.Fprintf(page, "Requirement: %s\n\n", markdown.Words(first.Evidence[0].Statement))
	}
	shown := one.checks[:min(len(one.checks), shownChecks)]
	for _, change := range shown {
		fmt.Fprintf(page, "**Check** %s\n\n| | was | now |\n| --- | --- | --- |\n", markdown.Code(change.ID))
		var commands []string
		for _, evidence := range change.Evidence {
			fmt.Fprintf(page, "| %s | %s | %s |\n", markdown.Code(evidence.Requirement), pieceCode(evidence.Old), pieceCode(evidence.New))
			old, new := answerIn(evidence.Old), answerIn(evidence.New)
			fmt.Fprintf(page, "| answer | %s | %s |\n", answerCode(old, new), answerCode(new, old))
			for _, difference := range evidence.differing() {
				fmt.Fprintf(page, "| differs in | %s | |\n", markdown.Code(difference))
			}
			commands = append(commands, commandsOf(old, new)...)
		}
		page.WriteString("\n")
		if len(commands) > 0 {
			page.WriteString(markdown.Block("sh", strings.Join(commands, "\n")) + "\n")
		}
	}
	if rest := one.checks[len(shown):]; len(rest) > 0 {
		names := make([]string, len(rest))
		for i, change := range rest {
			names[i] = change.ID
		}
		fmt.Fprintf(page, "and %d more: %s\n", len(rest), codes(names))
	}
}

func writeAnswers(page *strings.Builder, groups []answerGroup) {
	if len(groups) > 0 {
		page.WriteString("\n### changed answers\n\n| what | was | now | exchanges | in |\n| --- | --- | --- | --- | --- |\n")
	}
	for _, one := range groups[:min(len(groups), shownAnswers)] {
		texts := make([]string, len(one.differences))
		for i, difference := range one.differences {
			texts[i] = difference.Shown()
		}
		first := one.answers[0]
		ids := one.checks()
		in := codes(ids[:min(len(ids), shownChecks)])
		if rest := len(ids) - shownChecks; rest > 0 {
			in += fmt.Sprintf(" and %d more", rest)
		}
		fmt.Fprintf(page, "| %s | %s | %s | %d | %s |\n", code(strings.Join(texts, "; ")), answerCode(&first.Old, &first.New), answerCode(&first.New, &first.Old),
			len(one.answers), in)
	}
	if rest := len(groups) - shownAnswers; rest > 0 {
		fmt.Fprintf(page, "\nand answers that changed in %s, which the JSON form has\n", counted(rest, "other way"))
	}
	for _, one := range groups[:min(len(groups), shownAnswers)] {
		first := one.answers[0]
		fmt.Fprintf(page, "\n%s\n\n%s", markdown.Code(first.Check), markdown.Block("sh", strings.Join(commandsOf(&first.Old, &first.New), "\n")))
	}
}

// commandsOf gives the commands of both sides, the old one marked.
func commandsOf(old, new *Answer) []string {
	var commands []string
	if old != nil {
		commands = append(commands, "# was", old.Curl)
	}
	if new != nil {
		commands = append(commands, "# now", new.Curl)
	}
	return commands
}

func answerIn(piece *Piece) *Answer {
	if piece == nil {
		return nil
	}
	return piece.Answer
}

func pieceCode(piece *Piece) string {
	if piece == nil {
		return "not in this report"
	}
	return code(PieceText(*piece))
}

func answerCode(answer, other *Answer) string {
	if answer == nil {
		return "none"
	}
	return code(AnswerText(*answer, other))
}

// code shows what others said, cut where it is long.
func code(text string) string { return markdown.Code(cut(text, longestText)) }

func codes(texts []string) string {
	shown := make([]string, 0, shownNames)
	for _, text := range texts[:min(len(texts), shownNames)] {
		shown = append(shown, markdown.Code(text))
	}
	if len(texts) > shownNames {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}
