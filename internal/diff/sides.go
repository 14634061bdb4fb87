package diff

import (
	"cmp"
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
	Client      *result.Client     `json:"client,omitempty"`
	Description result.Description `json:"description"`
	Exit        int                `json:"exit"`
	Conclusion  string             `json:"conclusion"`

	title string
}

func sideOf(source Source) Side {
	of := source.Report
	return Side{source.File, of.Tool, of.Started, of.Target, of.Client, of.Description, of.Exit, of.Conclusion, of.Title()}
}

// where names the server or the client.
func (s Side) where() string {
	if s.Client != nil {
		return cmp.Or(strings.Join(s.Client.Command, " "), "a client")
	}
	return s.Target.Endpoint
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

// String gives a caveat in one line.
func (c Caveat) String() string { return c.beginning() + c.Old + " → " + c.New }

// beginning says what differs.
func (c Caveat) beginning() string {
	switch c.Topic {
	case "end":
		return "one of the runs did not come to its end: "
	case "order":
		return "the new run began before the old one: "
	}
	return "other " + c.Topic + ": "
}

// caveats lists why two reports cannot be compared fairly.
func caveats(old, new result.Report) []Caveat {
	all := []Caveat{}
	for _, one := range []struct {
		topic string
		text  func(result.Report) string
	}{
		{"target", func(of result.Report) string {
			if of.Target.Source == "cassettes" {
				return "cassettes of " + of.Target.Endpoint
			}
			return sideOf(Source{Report: of}).where()
		}},
		// What is in descriptions distinguishes them, not their file.
		{"description", func(of result.Report) string {
			return fmt.Sprintf("revision %s, %.19s", of.Description.Revision, of.Description.Digest)
		}},
		{"level", func(of result.Report) string { return string(of.Settings.Level) }},
		{"selection", func(of result.Report) string {
			var client []string
			if of.Client != nil && len(of.Client.NotChosen) > 0 {
				client = []string{"without " + strings.Join(of.Client.NotChosen, ", ")}
			}
			return listed(slices.Concat([]string{strings.Join(of.Settings.Focus, ", "), of.Settings.LabelFilter}, client), " and ", "everything")
		}},
		{"jobs", func(of result.Report) string {
			var parts []string
			for _, state := range slices.Sorted(maps.Keys(of.Target.Jobs)) {
				if count := of.Target.Jobs[state]; count > 0 {
					parts = append(parts, fmt.Sprintf("%d %s", count, state))
				}
			}
			return listed(parts, ", ", "none")
		}},
		{"permission", func(of result.Report) string {
			if of.Settings.AllowRetry {
				return "FAILED jobs may be retried"
			}
			return "FAILED jobs may not be retried"
		}},
		{"known failures", func(of result.Report) string {
			var entries []string
			for _, known := range of.KnownFailures {
				entries = append(entries, known.Entry)
			}
			slices.Sort(entries)
			return listed(entries, ", ", "none")
		}},
		{"version", func(of result.Report) string { return of.Tool.Version }},
		{"end", func(of result.Report) string {
			if of.Exit == result.ExitUnreachable || of.Exit == result.ExitInterrupted {
				return of.Conclusion
			}
			return "complete"
		}},
	} {
		if before, after := one.text(old), one.text(new); before != after {
			all = append(all, Caveat{one.topic, before, after})
		}
	}
	if old.Started.After(new.Started) {
		const form = "2006-01-02 15:04:05"
		all = append(all, Caveat{"order", old.Started.UTC().Format(form), new.Started.UTC().Format(form)})
	}
	return all
}

// listed joins the parts that are not empty; without any it is a word for none.
func listed(parts []string, separator, none string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return cmp.Or(strings.Join(parts, separator), none)
}

// Scopes are the scopes that one of two reports has.
type Scopes struct {
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
}

// scopes says which scopes only one report tests. Where a run selected checks,
// that says nothing of the scopes.
func scopes(old, new result.Report) Scopes {
	tested := func(of result.Report) (short []string, whole bool) {
		for _, check := range of.Checks {
			if scope, found := strings.CutPrefix(check.ID, scopeRow); found {
				short = append(short, scope)
			}
		}
		return short, len(short) == of.Description.Scopes
	}
	before, wholeBefore := tested(old)
	after, wholeAfter := tested(new)
	made := Scopes{[]string{}, []string{}}
	if wholeBefore && wholeAfter {
		made = Scopes{append(made.Appeared, without(after, before)...), append(made.Gone, without(before, after)...)}
	}
	return made
}

// scopeRow begins the id of the check of one scope.
const scopeRow = "authorization/scope/"

// without gives the words of a list that another one does not have, each once.
func without(words, other []string) []string {
	var all []string
	for _, word := range words {
		if !slices.Contains(other, word) && !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return all
}
