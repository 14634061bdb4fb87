package merging

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// fit sees that the parts are all parts of one run, and sorts them by number.
func fit(contract *spec.Contract, parts []Part) error {
	slices.SortStableFunc(parts, func(a, b Part) int { return a.number() - b.number() })
	for i, part := range parts[1:] {
		if err := alike(parts[0], part); err != nil {
			return err
		}
		if before := parts[i]; before.number() == part.number() {
			return &configuration.UsageError{Place: part.Name,
				Message: fmt.Sprintf("it is shard %s, and so is %s", part.Report.Settings.Shard, before.Name), Mend: "give each shard once"}
		}
	}
	if missing := missingOf(parts); len(missing) > 0 {
		verb := "is"
		if len(missing) > 1 {
			verb = "are"
		}
		return &configuration.UsageError{Message: fmt.Sprintf("shard %s %s missing: %s", listed(missing), verb, givenOf(parts)),
			Mend: "see why it wrote no report, and run it again"}
	}
	if digest := parts[0].Report.Description.Digest; digest != contract.Digest {
		return &configuration.UsageError{Place: parts[0].Name,
			Message: fmt.Sprintf("it was judged by another description: %s (%s), not %s (%s)", parts[0].Report.Description.File, short(digest), contract.File, short(contract.Digest)),
			Mend:    "give --spec FILE as the shards were, and the dpconform that they were judged with"}
	}
	return nil
}

// missingOf lists the shards that no part is of.
func missingOf(parts []Part) []string {
	var missing []string
	total := parts[0].total()
	for number := 1; number <= total; number++ {
		if !slices.ContainsFunc(parts, func(part Part) bool { return part.number() == number }) {
			missing = append(missing, suites.Shard{Number: number, Total: total}.String())
		}
	}
	return missing
}

func givenOf(parts []Part) string {
	if len(parts) == 1 {
		return "only " + parts[0].Name + " is given"
	}
	return fmt.Sprintf("%d of %d reports are given", len(parts), parts[0].total())
}

// listed writes names as a person says them, the first few of many.
func listed(names []string) string {
	const few = 4
	switch {
	case len(names) == 1:
		return names[0]
	case len(names) > few:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func short(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)]
}

// alike sees that two parts were judged by one description, in one way, and are
// of one target.
func alike(first, other Part) error {
	a, b := first.Report, other.Report
	for _, member := range []struct{ name, first, other string }{
		{"another number of shards", fmt.Sprint(first.total()), fmt.Sprint(other.total())},
		{"another target", a.Target.Endpoint, b.Target.Endpoint},
		{"another source of the answers", a.Target.Source, b.Target.Source},
		{"another recording", recording(first), recording(other)},
		{"another description", short(a.Description.Digest), short(b.Description.Digest)},
		{"another --level", string(a.Settings.Level), string(b.Settings.Level)},
		{"another --seed", fmt.Sprint(a.Settings.Seed), fmt.Sprint(b.Settings.Seed)},
		{"another --timeout", seconds(a.Settings.LimitSeconds), seconds(b.Settings.LimitSeconds)},
		{"another --allow-retry", fmt.Sprint(a.Settings.AllowRetry), fmt.Sprint(b.Settings.AllowRetry)},
		{"another --focus", selected(a.Settings.Focus), selected(b.Settings.Focus)},
		{"another --label-filter", a.Settings.LabelFilter, b.Settings.LabelFilter},
		{"other jobs that cannot be retried", otherJobs(first), otherJobs(other)},
	} {
		if member.first != member.other {
			return &configuration.UsageError{Place: other.Name,
				Message: fmt.Sprintf("%s: %s, and %s in %s", member.name, orNone(member.other), orNone(member.first), first.Name),
				Mend:    "run all shards with the same flags but for --shard"}
		}
	}
	return nil
}

// recording sums up the requests of a replay, which are the same in each shard of
// the same cassettes.
func recording(part Part) string {
	if part.Report.Target.Source != fromCassettes {
		return ""
	}
	sum := fnv.New32a()
	for _, exchange := range part.Report.Exchanges {
		fmt.Fprintln(sum, exchange.Number, exchange.Check, exchange.Request.Method, exchange.Request.URL)
	}
	return fmt.Sprintf("%d exchanges, sum %08x", len(part.Report.Exchanges), sum.Sum32())
}

// fromCassettes is how a report says that its answers are recorded ones.
const fromCassettes = "cassettes"

func seconds(limit float64) string { return fmt.Sprintf("%gs", limit) }

func selected(focus []string) string { return strings.Join(slices.Sorted(slices.Values(focus)), ", ") }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// otherJobs counts the jobs that every shard is given, in the states that its
// own report calls not to be retried.
func otherJobs(part Part) string {
	counts := map[string]int{}
	for _, state := range part.Report.States {
		if !state.Retryable {
			counts[state.Name] = state.Jobs
		}
	}
	text, _ := json.Marshal(counts) // A map of numbers has a text.
	return strings.NewReplacer(`"`, "", ":", " ", ",", ", ", "{", "", "}", "").Replace(string(text))
}

// longestGap is the longest time without any shard that does not make them look
// like parts of several runs.
const longestGap = time.Hour

// warnings says what is odd and does no harm, and what may be a report that an
// earlier run left behind.
func warnings(version string, parts []Part) []string {
	var told []string
	for _, part := range parts {
		if other := part.Report.Tool.Version; other != version {
			told = append(told, fmt.Sprintf("%s was judged by dpconform %s; this is %s", part, other, version))
		}
	}
	inTime := slices.Clone(parts)
	slices.SortStableFunc(inTime, func(a, b Part) int { return a.Report.Started.Compare(b.Report.Started) })
	ended := ends(inTime[0])
	for _, part := range inTime[1:] {
		if gap := part.Report.Started.Sub(ended); gap > longestGap {
			told = append(told, fmt.Sprintf("%s began %s after the others before it had ended: are all of one run?", part, gap.Round(time.Minute)))
		}
		if end := ends(part); end.After(ended) {
			ended = end
		}
	}
	return told
}

// ends is when a shard ended.
func ends(part Part) time.Time {
	return part.Report.Started.Add(time.Duration(part.Report.Milliseconds) * time.Millisecond)
}
