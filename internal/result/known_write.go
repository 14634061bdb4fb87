package result

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/internal/text"
)

// toBeWritten stands where a person has to write a reason; ReadKnownFailures
// refuses it.
const toBeWritten = "insert reason here"

// WriteKnownFailures writes a new file with an entry for everything that failed
// in a run, and gives their number. The reasons are still to be written. Where
// nothing failed, no file is written. Errors are *text.UsageErrors.
func WriteKnownFailures(origin, file string, found Report) (int, error) {
	entries := draftsOf(found)
	if len(entries) == 0 {
		return 0, nil
	}
	command := "run"
	if found.Client != nil {
		command = "client"
	}
	const newFile = 0o644
	err := text.CreateFile(file, newFile, func(out io.Writer) error {
		var written strings.Builder
		fmt.Fprintf(&written, "# What failed at %s on %s.\n", oneLine(found.Target.Endpoint), found.Started.Format(time.DateOnly))
		fmt.Fprintf(&written, "# Write a reason for each entry, and where it helps `%s: 2027-01-31` (the last day on which\n", knownExpires)
		fmt.Fprintf(&written, "# it holds) and `%s: https://...`. Then: dpconform %s --known-failures %s\n", knownIssue, command, oneLine(file))
		fmt.Fprintf(&written, "%s:\n", knownList)
		for _, entry := range entries {
			fmt.Fprintf(&written, "  # %s\n  - %s: %s\n    %s: %s\n", entry.comment, entry.key, scalar(entry.id), knownReason, toBeWritten)
		}
		_, err := io.WriteString(out, written.String())
		return err
	})
	switch {
	case errors.Is(err, fs.ErrExist):
		return 0, text.FileExists(origin, file)
	case err != nil:
		return 0, text.Mistake(origin, fmt.Sprintf("%s was not written: %s", file, text.Reason(err)), text.AnotherPath)
	}
	return len(entries), nil
}

// scalar writes an id as YAML reads it back.
func scalar(id string) string {
	written, err := yaml.Marshal(id)
	if one := strings.TrimSpace(string(written)); err == nil && !strings.Contains(one, "\n") {
		return one
	}
	return fmt.Sprintf("%q", id)
}

// draft is an entry whose reason is still to be written.
type draft struct {
	key, id string
	// comment says in one line what was wanted and what came.
	comment string
}

// draftsOf makes an entry for each requirement that is not kept, in the order of
// the description. For one that most of its checks find kept, it makes an entry
// for each check: one for the whole would hide when they no longer do.
func draftsOf(found Report) []draft {
	var drafts []draft
	added := map[[2]string]bool{}
	add := func(key, id, comment string) {
		// One check may fail several requirements.
		if entry := [2]string{key, id}; !added[entry] {
			added[entry] = true
			drafts = append(drafts, draft{key, id, comment})
		}
	}
	for _, broken := range found.inOrder(Fail) {
		id := broken.Requirement.ID
		tested := 0
		for _, check := range found.Checks {
			if slices.Contains(check.Requirements, id) && check.Verdict != Skip && check.Verdict != Error {
				tested++
			}
		}
		byCheck := text.Grouped(broken.Found, func(one Found) string { return one.Check.ID })
		if 2*len(byCheck) >= tested {
			add(knownRequirement, id, comment(broken.Found))
			continue
		}
		for _, same := range byCheck {
			add(knownCheck, same[0].Check.ID, id+": "+comment(same))
		}
	}
	return drafts
}

// comment shows the first of several failures.
func comment(failures []Found) string {
	shown := fmt.Sprintf("want %s; got %s", shortened(failures[0].Want), shortened(failures[0].Got))
	if more := len(failures) - 1; more > 0 {
		shown += fmt.Sprintf(" (and %d more)", more)
	}
	return shown
}
