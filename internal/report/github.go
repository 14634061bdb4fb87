package report

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// longestMessage is the length in bytes from which the message of an annotation
// is cut.
const longestMessage = 4000

// WriteAnnotations writes workflow commands that GitHub Actions shows beside the
// lines of files: an error for each requirement that fails, at its line of the
// description where that is a file of the repository; an error for each known
// failure that passes, at its line of the list; a warning for each requirement
// that warns; and one notice about all that was skipped, one about all that is
// known. Nothing is written of what passes.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
func WriteAnnotations(out io.Writer, report result.Report) error {
	var all []Annotation
	for _, group := range report.Broken(result.Fail) {
		all = append(all, annotationOf(report, "error", group))
	}
	for _, known := range report.Known(result.KnownPassed) {
		one := Annotation{Command: "error", Title: "unexpected pass", File: inRepository(known.File),
			Message: fmt.Sprintf("%s passes: remove the entry %s (%s)", known.Entry, known.Name, known.Because())}
		if one.File != "" {
			one.Line = known.Line
		}
		all = append(all, one)
	}
	for _, group := range report.Unjudged(result.Error) {
		all = append(all, Annotation{Command: "error", Title: text.Counted(len(group.Checks), "check") + " not tested",
			Message: group.Reason + "\n" + result.ChecksText(group.Checks)})
	}
	if report.Stale != "" {
		all = append(all, Annotation{Command: "error", Title: "stale", Message: report.Stale})
	}
	for _, group := range report.Broken(result.Warn) {
		all = append(all, annotationOf(report, "warning", group))
	}
	var lines []string
	for _, group := range report.Unjudged(result.Skip) {
		lines = append(lines, text.Counted(len(group.Checks), "check")+": "+group.Text())
	}
	if len(lines) > 0 {
		all = append(all, Annotation{Command: "notice", Title: text.Counted(report.Counts.Checks[result.Skip], "check") + " skipped",
			Message: strings.Join(lines, "\n")})
	}
	lines = nil
	for _, known := range report.Known(result.KnownUsed) {
		lines = append(lines, known.Entry+": "+known.Because())
	}
	if len(lines) > 0 {
		all = append(all, Annotation{Command: "notice", Title: text.Counted(len(lines), "known failure"), Message: strings.Join(lines, "\n")})
	}
	var commands strings.Builder
	for _, one := range all {
		commands.WriteString(one.String())
	}
	_, err := io.WriteString(out, commands.String())
	return err
}

// Annotation is one workflow command.
type Annotation struct {
	// Command is "error", "warning" or "notice".
	Command string
	// File, in the repository, and Line may be missing.
	File           string
	Line           int
	Title, Message string
}

// The escapes of workflow commands, as the runner undoes them. A property ends
// at a comma, and the properties at the second "::".
var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// String is the command in one line with its end.
func (a Annotation) String() string {
	safe := func(words string) string {
		return text.Printable(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(words))
	}
	line := ""
	if a.Line > 0 {
		line = strconv.Itoa(a.Line)
	}
	var properties []string
	for _, property := range []struct{ name, value string }{{"file", a.File}, {"line", line}, {"title", a.Title}} {
		if property.value != "" {
			properties = append(properties, property.name+"="+propertyEscapes.Replace(safe(property.value)))
		}
	}
	return "::" + a.Command + " " + strings.Join(properties, ",") + "::" + messageEscapes.Replace(safe(text.Cut(a.Message, longestMessage))) + "\n"
}

// annotationOf shows one requirement with its first findings.
func annotationOf(report result.Report, command string, group result.Broken) Annotation {
	requirement := group.Requirement
	lines := []string{requirement.Statement}
	findings := group.Alike()
	shown := min(len(findings), shownFindings)
	for _, one := range findings[:shown] {
		lines = append(lines, fmt.Sprintf("%s: want %s, got %s%s", report.Names(one.Checks), one.Want, text.Cut(one.Got, longestShown), times(one)))
	}
	if rest := findings[shown:]; len(rest) > 0 {
		lines = append(lines, moreText(rest, report.Names))
	}
	made := Annotation{Command: command, Title: requirement.ID + levelText(requirement)}
	if requirement.Condition() {
		made.Message = strings.Join(lines, "\n")
		return made
	}
	lines = append(lines, requirement.Source)
	file := requirementFile(report.Description, requirement)
	made.Line = requirement.Line
	shipped := builtIn(report.Description, file)
	if !shipped {
		made.File = inRepository(file)
	}
	if made.File == "" {
		made.Line = 0
		if what := "description"; !shipped {
			if file != report.Description.File {
				what = "set of requirements"
			}
			lines = append(lines, fmt.Sprintf("%s is at line %d of the %s %s", requirement.ID, requirement.Line, what, file))
		}
	}
	made.Message = strings.Join(append(lines, howToFix(report, group)...), "\n")
	return made
}

// howToFix is what to change about a requirement, or about the cause that explains it.
func howToFix(report result.Report, group result.Broken) []string {
	explain := "dpconform explain " + group.Requirement.ID
	if group.Explained() {
		for _, cause := range report.Causes {
			if cause.ID == group.Found[0].Cause {
				return []string{"cause: " + cause.Summary, "fix: " + cause.Fix, explain}
			}
		}
	}
	if group.Requirement.Fix == "" {
		return []string{explain}
	}
	return []string{"fix: " + group.Requirement.Fix, explain}
}

// requirementFile is the description or the set that a requirement is in.
func requirementFile(description result.Description, requirement result.Requirement) string {
	return cmp.Or(requirement.File, description.File)
}

// builtIn reports whether a description or one of its sets is one that the
// product ships.
func builtIn(description result.Description, file string) bool {
	for _, name := range spec.Shipped() {
		shipped, err := spec.Embedded(name)
		if err != nil {
			return false
		}
		method, err := spec.Load(shipped)
		switch {
		case err != nil:
			return false
		case shipped.Name == file:
			// With overlays the digest is another one.
			return file != description.File || len(description.Overlays) > 0 || method.Digest == description.Digest
		case slices.ContainsFunc(method.Sets, func(set spec.Set) bool { return set.File == file }), revisionFiles()[file]:
			return true
		}
	}
	return false
}

// revisionFiles has the overlays of the revisions that the product ships: a report
// asks for one with each finding.
var revisionFiles = sync.OnceValue(func() map[string]bool {
	files := map[string]bool{}
	for _, name := range spec.Shipped() {
		shipped, _ := spec.Embedded(name) // Without one there are no revisions.
		for _, name := range shipped.Revisions() {
			revision, _ := shipped.WithRevision(name)
			for _, file := range revision.Overlays {
				files[file] = true
			}
		}
	}
	return files
})

// inRepository is the path of a file relative to the root of the repository, with
// slashes; empty for a file outside. The root is GITHUB_WORKSPACE or, where that
// is not set, the working folder.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/variables
func inRepository(file string) string {
	if file == "" {
		return ""
	}
	root := os.Getenv("GITHUB_WORKSPACE")
	if root == "" {
		root = "."
	}
	root, rootErr := filepath.Abs(root)
	whole, err := filepath.Abs(file)
	if rootErr != nil || err != nil {
		return ""
	}
	if path := below(root, whole); path != "" {
		return path
	}
	// A symbolic link may name the same folder.
	root, rootErr = filepath.EvalSymlinks(root)
	folder, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if rootErr != nil || err != nil {
		return ""
	}
	return below(root, filepath.Join(folder, filepath.Base(whole)))
}

// below is a path relative to a folder; empty where it is not in there.
func below(folder, path string) string {
	relative, err := filepath.Rel(folder, path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return ""
	}
	return filepath.ToSlash(relative)
}
