package cli

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/internal/diff"
	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
)

// github is what --report github gives a runner of GitHub Actions at the end of
// a command: annotations in the log, a section of the job summary, and outputs
// of the step.
type github struct {
	wanted bool
	// word ends the part of the log in which the runner obeys no commands: servers
	// may print what they like.
	word string
	// found is the report, and file the path of its JSON form, where there are any.
	found *result.Report
	file  string
	// compared is the comparison of two reports, where there is one, and failOn what
	// fails it.
	compared *diff.Comparison
	failOn   diff.FailOn
	// complaint is the last line about something wrong; empty for none.
	complaint string
}

// asksForGitHub reports whether arguments ask for --report github, so that
// whatever is wrong with the others can be reported too.
func asksForGitHub(arguments []string) bool {
	for i, argument := range arguments {
		value, joined := strings.CutPrefix(argument, "--report=")
		if argument == "--report" && i+1 < len(arguments) {
			value, joined = arguments[i+1], true
		}
		if joined && slices.Contains([]string{"github", "github=-"}, value) {
			return true
		}
	}
	return false
}

// toRunner reports whether a report is for the runner, not for a file.
func toRunner(file report.File) bool {
	return file.Format == "github" && file.Path == report.StandardOutput
}

// begin keeps the runner from obeying what the command prints.
func (g *github) begin(out io.Writer, arguments []string) {
	if g.wanted = asksForGitHub(arguments); g.wanted {
		g.word = rand.Text()
		fmt.Fprintf(out, "::stop-commands::%s\n", g.word)
	}
}

// end reports to the runner how the command ended, with its exit code.
func (g *github) end(out io.Writer, code int) error {
	if !g.wanted {
		return nil
	}
	if g.word != "" {
		fmt.Fprintf(out, "\n::%s::\n", g.word)
	}
	if err := g.annotate(out, code); err != nil {
		return err
	}
	if err := appendTo("GITHUB_STEP_SUMMARY", func(out io.Writer) error { return g.summarize(out, code) }); err != nil {
		return err
	}
	return appendTo("GITHUB_OUTPUT", func(out io.Writer) error {
		for _, one := range g.outputs(code) {
			word := rand.Text()
			// A later step may print it.
			if _, err := fmt.Fprintf(out, "%s<<%s\n%s\n%s\n", one[0], word, text.Line(one[1]), word); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g *github) annotate(out io.Writer, code int) error {
	var all []report.Annotation
	if g.complaint != "" {
		title := "dpconform"
		if g.found != nil || g.compared != nil {
			title = "exit " + strconv.Itoa(code)
		}
		all = append(all, report.Annotation{Command: "error", Title: title, Message: g.complaint})
	}
	if g.compared != nil && g.compared.Fails(g.failOn) {
		all = append(all, report.Annotation{Command: "error", Title: "compared with the baseline", Message: g.compared.Summary})
	}
	for _, one := range all {
		if _, err := io.WriteString(out, one.String()); err != nil {
			return err
		}
	}
	if g.found == nil {
		return nil
	}
	return report.WriteAnnotations(out, *g.found)
}

func (g *github) summarize(out io.Writer, code int) error {
	if g.complaint != "" {
		title := "no result"
		if g.found != nil {
			title = fmt.Sprintf("exit %d, though the report says: %s", code, g.found.Conclusion)
		}
		if _, err := fmt.Fprintf(out, "## dpconform: %s\n\n%s\n", text.MarkdownWords(title), text.MarkdownBlock("", g.complaint)); err != nil {
			return err
		}
	}
	if g.found != nil {
		if err := report.WriteMarkdown(out, *g.found); err != nil {
			return err
		}
	}
	if g.compared != nil {
		if err := diff.WriteMarkdown(out, *g.compared); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// outputs are names and values of the outputs of the step.
func (g *github) outputs(code int) [][2]string {
	if g.compared != nil {
		return [][2]string{{"exit", strconv.Itoa(code)}, {"regression", strconv.FormatBool(g.compared.Regression)}}
	}
	conclusion, failed := cmp.Or(g.complaint, "not tested"), 0
	if g.found != nil {
		failed = g.found.Failed()
		if g.complaint == "" {
			code, conclusion = g.found.Exit, g.found.Conclusion
		}
	}
	return [][2]string{{"exit", strconv.Itoa(code)}, {"conclusion", conclusion}, {"failed", strconv.Itoa(failed)}, {"report", g.file}}
}

// appendTo appends to the file that an environment variable names; without it
// there is no runner, and nothing to do.
func appendTo(variable string, write func(io.Writer) error) error {
	name := os.Getenv(variable)
	if name == "" {
		return nil
	}
	return text.AppendFile(name, write)
}
