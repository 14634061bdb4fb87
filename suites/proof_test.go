package suites

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

var updateProof = flag.Bool("update", false, "write the kill matrix into "+proofPage)

// proofPage is the kill matrix for a reader.
const proofPage = "../docs/proof.md"

// checkProof compares the page with the matrix of the shipped default, or writes
// it.
func (m *matrix) checkProof(t *testing.T) {
	page := m.proof()
	if *updateProof {
		if err := os.WriteFile(proofPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	written, err := os.ReadFile(proofPage)
	if err != nil {
		t.Fatal(err)
	}
	if written := strings.ReplaceAll(string(written), "\r\n", "\n"); written != page {
		t.Errorf("%s is not the matrix of this run: run make proof; it differs at %q", proofPage, difference(written, page))
	}
}

// difference is the first line of a text that another one does not have there.
func difference(from, to string) string {
	lines := strings.Split(to, "\n")
	for i, line := range strings.Split(from, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return "its end"
}

// proof writes the matrix as a page: each fault, what it breaks, and the checks
// that catch it.
func (m *matrix) proof() string {
	var page strings.Builder
	fmt.Fprintf(&page, `<!-- Written by make proof; do not edit. -->
# Proof: which check catches which fault

A check that cannot fail proves nothing. Each fault below is introduced into the reference emulator, one at a time, and the whole suite
runs against it. This is mutation testing. A fault is *caught* if the requirement that it breaks fails, or warns if its level only warns; it
*survives* otherwise. The tests fail if a fault survives, if a check catches no fault, or if a requirement fails on a response that is the
same as the conforming emulator's (a false alarm).

This is the matrix of %s. `+"`make prove` prints it, with those of the other methods and of broken clients; `dpconform emulate --fault NAME`"+`
starts an emulator with a fault.
`, m.method.Operation.ID)
	for _, aspect := range result.Aspects() {
		fmt.Fprintf(&page, "\n## %s\n\n| fault | what the server does wrong | what it breaks | caught by |\n| --- | --- | --- | --- |\n", result.AspectTitle(aspect))
		for _, row := range m.rows {
			if (spec.Requirement{ID: row.Breaks}).Aspect() != aspect {
				continue
			}
			fmt.Fprintf(&page, "| `%s` | %s | [%s](requirements.md#%s) | %s |\n", row.Name, proofCell(row.Text), row.Breaks, strings.ReplaceAll(row.Breaks, ".", ""),
				strings.Join(m.catching(row), ", "))
		}
	}
	return page.String()
}

// catching names the first few checks of the broken requirement that catch it.
func (m *matrix) catching(r row) []string {
	const few = 2
	var names []string
	for _, check := range m.checks {
		if slices.Contains(check.Requirements, r.Breaks) && slices.Contains(r.catching, check.ID) {
			if len(names) == few {
				return append(names, "and others")
			}
			names = append(names, "`"+check.ID+"`")
		}
	}
	return names
}

// proofCell is a text in a cell of a table in Markdown.
func proofCell(words string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`, "{", `\{`, "_", `\_`, "[", `\[`).Replace(words)
}
