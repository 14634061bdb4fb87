package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/internal/result"
)

// Source is a report and where it is from.
type Source struct {
	// File is its name as the caller gave it.
	File   string
	Report result.Report
}

// Side says which run one of the two reports is of.
type Side struct {
	File        string             `json:"file"`
	Tool        result.Tool        `json:"tool"`
	Started     time.Time          `json:"started"`
	Target      result.Target      `json:"target"`
	Description result.Description `json:"description"`
	Exit        int                `json:"exit"`
	Conclusion  string             `json:"conclusion"`
}

func sideOf(source Source) Side {
	of := source.Report
	return Side{source.File, of.Tool, of.Started, of.Target, of.Description, of.Exit, of.Conclusion}
}

// Caveat is one thing in which two runs differed that their verdicts may come
// from.
type Caveat struct {
	// Topic is one of "target", "description", "level", "selection", "jobs",
	// "permission", "known failures", "version", "end", "order".
	Topic string `json:"topic"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// String says a caveat in one line.
func (c Caveat) String() string { return c.beginning() + c.Old + " → " + c.New }

// beginning says what differs.
func (c Caveat) beginning() string {
	switch c.Topic {
	case "end":
		return "not both came to their end: "
	case "order":
		return "the new run began before the old one: "
	}
	return "other " + c.Topic + ": "
}

// caveats lists why two reports cannot be compared fairly.
func caveats(old, new result.Report) []Caveat {
	all := []Caveat{}
	note := func(topic, before, after string) {
		if before != after {
			all = append(all, Caveat{topic, before, after})
		}
	}
	note("target", targetText(old), targetText(new))
	note("description", descriptionText(old), descriptionText(new))
	note("level", string(old.Settings.Level), string(new.Settings.Level))
	note("selection", selectionText(old), selectionText(new))
	note("jobs", jobsText(old), jobsText(new))
	note("permission", permissionText(old), permissionText(new))
	note("known failures", knownText(old), knownText(new))
	note("version", old.Tool.Version, new.Tool.Version)
	note("end", endText(old), endText(new))
	if old.Started.After(new.Started) {
		const form = "2006-01-02 15:04:05"
		all = append(all, Caveat{"order", old.Started.UTC().Format(form), new.Started.UTC().Format(form)})
	}
	return all
}

func targetText(of result.Report) string {
	if of.Target.Source == "cassettes" {
		return "cassettes of " + of.Target.Endpoint
	}
	return of.Target.Endpoint
}

// descriptionText tells descriptions apart by what is in them, not by their
// file.
func descriptionText(of result.Report) string {
	digest := of.Description.Digest
	const shown = len("sha256:") + 12
	return fmt.Sprintf("revision %s, %s", of.Description.Revision, digest[:min(len(digest), shown)])
}

func selectionText(of result.Report) string {
	var parts []string
	if len(of.Settings.Focus) > 0 {
		parts = append(parts, strings.Join(of.Settings.Focus, ", "))
	}
	if of.Settings.LabelFilter != "" {
		parts = append(parts, of.Settings.LabelFilter)
	}
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, " and ")
}

func jobsText(of result.Report) string {
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(of.Target.Jobs)) {
		if count := of.Target.Jobs[state]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, state))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func permissionText(of result.Report) string {
	if of.Settings.AllowRetry {
		return "FAILED jobs may be retried"
	}
	return "FAILED jobs may not be retried"
}

func knownText(of result.Report) string {
	var entries []string
	for _, known := range of.KnownFailures {
		entries = append(entries, known.Entry)
	}
	if len(entries) == 0 {
		return "none"
	}
	slices.Sort(entries)
	return strings.Join(entries, ", ")
}

// endText tells a run that came to its end from one that did not.
func endText(of result.Report) string {
	switch of.Exit {
	case result.ExitUnreachable, result.ExitInterrupted:
		return of.Conclusion
	}
	return "judged"
}

// scopeRow begins the id of the check of one scope.
const scopeRow = "authorization/scope/"

// scopes says which scopes only one report judges. Where a run selected checks,
// that says nothing of the scopes.
func scopes(old, new result.Report) Scopes {
	result := Scopes{Appeared: []string{}, Gone: []string{}}
	before, after := scopesOf(old), scopesOf(new)
	if len(before) != old.Description.Scopes || len(after) != new.Description.Scopes {
		return result
	}
	for _, scope := range after {
		if !slices.Contains(before, scope) {
			result.Appeared = append(result.Appeared, scope)
		}
	}
	for _, scope := range before {
		if !slices.Contains(after, scope) {
			result.Gone = append(result.Gone, scope)
		}
	}
	return result
}

func scopesOf(of result.Report) []string {
	var names []string
	for _, check := range of.Checks {
		if scope, found := strings.CutPrefix(check.ID, scopeRow); found {
			names = append(names, scope)
		}
	}
	return names
}
