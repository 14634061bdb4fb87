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
const toBeWritten = "TODO"

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
		return 0, text.Mistake(origin, fmt.Sprintf("%s was not written: %s", file, text.Reason(err)), "")
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
	add := func(one draft) {
		// One check may fail several requirements.
		if entry := [2]string{one.key, one.id}; !added[entry] {
			added[entry] = true
			drafts = append(drafts, one)
		}
	}
	for _, requirement := range slices.Concat(found.Requirements, found.Unmet()) {
		tested := 0
		var failing []string
		failures := map[string][]Finding{}
		var all []Finding
		for _, check := range found.Checks {
			if !slices.Contains(check.Requirements, requirement.ID) {
				continue
			}
			if check.Verdict != Skip && check.Verdict != Error {
				tested++
			}
			for _, finding := range check.Findings {
				if finding.Requirement != requirement.ID || finding.Verdict != Fail {
					continue
				}
				if failures[check.ID] == nil {
					failing = append(failing, check.ID)
				}
				failures[check.ID], all = append(failures[check.ID], finding), append(all, finding)
			}
		}
		switch {
		case len(failing) == 0:
		case 2*len(failing) < tested:
			for _, id := range failing {
				add(draft{knownCheck, id, requirement.ID + ": " + comment(failures[id])})
			}
		default:
			add(draft{knownRequirement, requirement.ID, comment(all)})
		}
	}
	return drafts
}

// comment shows the first of several failures.
func comment(failures []Finding) string {
	shown := fmt.Sprintf("want %s; got %s", shortened(failures[0].Want), shortened(failures[0].Got))
	if more := len(failures) - 1; more > 0 {
		shown += fmt.Sprintf(" (and %d more)", more)
	}
	return shown
}
