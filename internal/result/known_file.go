package result

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// The keys of a file of known failures, beside those of what an entry names.
const (
	knownList    = "known-failures"
	knownReason  = "reason"
	knownExpires = "expires"
	knownIssue   = "issue"
	knownExpect  = "expect"
)

// The values of what an entry expects.
const (
	expectFail = "fail"
	expectSkip = "skip"
)

// ReadKnownFailures reads a file of known failures of these requirements and
// checks. The moment is when the run began: its day, where it was taken, is held
// against the expiry of each entry. What does not apply to the method cannot fail.
// Every mistake is a *text.UsageError with its place.
func ReadKnownFailures(file string, requirements []spec.Requirement, checks []string, began time.Time, not ...NotApplicable) (KnownFailures, error) {
	root, err := text.ReadYAML(file)
	if err != nil {
		return nil, err
	}
	return readKnown(file, root, requirements, checks, began, not...)
}

func readKnown(file string, root text.YAML, requirements []spec.Requirement, checks []string, began time.Time, not ...NotApplicable) (KnownFailures, error) {
	if root.IsEmpty() {
		return nil, text.Mistake(file, "it is empty", "write a list under the key "+knownList)
	}
	top, err := root.Members(knownList)
	switch {
	case err != nil:
		return nil, err
	case !top.Has(knownList):
		return nil, root.Mistake("write the list under it", "it has no key %s", knownList)
	case top.At(knownList).IsNull():
		// What is left when the last failure is fixed.
		return nil, nil
	}
	items, err := top.At(knownList).Items()
	if err != nil {
		return nil, err
	}
	reader := knownReader{ids: map[string][]string{knownCheck: checks}, reasons: map[string]string{}}
	for _, group := range not {
		for _, id := range slices.Concat(group.Checks, group.Requirements) {
			reader.reasons[id] = group.Reason
		}
	}
	for _, requirement := range requirements {
		if requirement.Draft {
			reader.reasons[requirement.ID] = "it is a draft"
		}
		if reader.reasons[requirement.ID] == "" {
			reader.ids[knownRequirement] = append(reader.ids[knownRequirement], requirement.ID)
		}
	}
	year, month, day := began.Date()
	reader.today = time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	var known KnownFailures
	lines, names := map[string]int{}, map[string]bool{}
	for _, item := range items {
		entry, err := reader.read(item.Named(""))
		if err != nil {
			return nil, err
		}
		if line, twice := lines[entry.Entry]; twice {
			return nil, item.Named("").Mistake("remove one of them", "the entry %s is already in line %d", shortened(entry.Entry), line)
		}
		entry.File, entry.Line = file, item.Line()
		entry.Name = fmt.Sprintf("%s:%d", file, entry.Line)
		if names[entry.Name] {
			entry.Name = item.Place()
		}
		lines[entry.Entry], names[entry.Name] = entry.Line, true
		known = append(known, entry)
	}
	return known, nil
}

// knownReader reads entries.
type knownReader struct {
	// ids are what an entry may name, by its key.
	ids map[string][]string
	// reasons say of an id why nothing of it can fail.
	reasons map[string]string
	// today is the day on which the run began.
	today string
}

func (r knownReader) read(item text.YAML) (entry KnownFailure, err error) {
	members, err := item.Members(knownRequirement, knownCheck, knownExpect, knownReason, knownExpires, knownIssue)
	if err != nil {
		return entry, err
	}
	values := map[string]string{}
	for _, member := range members.Entries {
		// A reason that is a placeholder, or nothing, has a message of its own.
		if member.Name == knownReason && (member.Value.IsNull() || !member.Value.IsList() && !member.Value.IsMapping()) {
			written, _ := member.Value.Text()
			if isPlaceholder(written) {
				return entry, member.Value.Mistake("say why the failure is expected", "%q is not a reason", shortened(written))
			}
		}
		written, err := member.Value.Text()
		if err != nil {
			return entry, err
		}
		if values[member.Name] = oneLine(written); values[member.Name] == "" {
			return entry, member.Value.Mistake("give a value, or remove the key", "it is empty")
		}
	}
	_, hasRequirement := values[knownRequirement]
	_, hasCheck := values[knownCheck]
	const choose = "give one of them, an id or a pattern with *"
	key := knownRequirement
	switch {
	case hasRequirement && hasCheck:
		return entry, item.Mistake(choose, "the entry names both a requirement and a check")
	case !hasRequirement && !hasCheck:
		return entry, item.Mistake(choose, "the entry names neither a requirement nor a check")
	case hasCheck:
		key = knownCheck
	}
	entry = KnownFailure{Entry: key + ": " + values[key], Reason: values[knownReason], Expires: values[knownExpires], Issue: values[knownIssue]}
	if !members.Has(knownReason) {
		return entry, item.Mistake("say why the failure is expected", "the entry %s has no reason", shortened(entry.Entry))
	}
	switch expect := values[knownExpect]; expect {
	case expectSkip:
		entry.Expect = expect
	case expectFail, "":
	default:
		return entry, members.At(knownExpect).Mistake("write "+expectSkip+", or leave it out for a failure", "%q is nothing that an entry can expect", shortened(expect))
	}
	if entry.Expires != "" {
		if _, err := time.Parse(time.DateOnly, entry.Expires); err != nil {
			return entry, members.At(knownExpires).Mistake("write it as 2027-01-31", "%q is not a day", shortened(entry.Expires))
		}
		if entry.Expires < r.today {
			return entry, members.At(knownExpires).Named("").Mistake("remove it, or set a later date", "the entry for %s expired on %s", shortened(values[key]), entry.Expires)
		}
	}
	if entry.Issue != "" {
		link, err := url.Parse(entry.Issue)
		if err != nil || link.Scheme != "http" && link.Scheme != "https" || link.Hostname() == "" || strings.Contains(entry.Issue, " ") {
			return entry, members.At(knownIssue).Mistake("give a whole one, with http:// or https://", "%q is not a link", shortened(redact.Address(entry.Issue)))
		}
	}
	return entry, r.find(members.At(key), key, values[key])
}

// find says that an entry names nothing that there is.
func (r knownReader) find(value text.YAML, key, pattern string) error {
	ids, shown := r.ids[key], shortened(pattern)
	if slices.ContainsFunc(ids, func(id string) bool { return covers(pattern, id) }) {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(r.reasons)) {
		if isCheck := strings.Contains(id, "/"); covers(pattern, id) && isCheck == (key == knownCheck) {
			return value.Mistake("remove the entry", "%s %q does not apply to this method: %s", key, shown, r.reasons[id])
		}
	}
	if strings.Contains(pattern, "*") {
		return value.Mistake("dpconform list --all shows them; remove the entry", "no %s of the description matches %q", key, shown)
	}
	fix := text.DidYouMeanOr(shown, ids, "dpconform list --all prints all")
	for _, separator := range []string{"/", "."} {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, pattern+separator) }) {
			fix = fmt.Sprintf("did you mean %s?", shown+separator+"*")
		}
	}
	for other, others := range r.ids {
		if other != key && slices.Contains(others, pattern) {
			fix = fmt.Sprintf("it is the id of a %s: write `%s: %s`", other, other, shown)
		}
	}
	return value.Mistake(fix, "unknown %s %q", key, shown)
}

// oneLine makes one line of a text of several.
func oneLine(written string) string { return strings.Join(strings.Fields(text.Line(written)), " ") }

// shortened cuts a text that is too long for a line.
func shortened(written string) string {
	const longest = 80
	return text.Cut(oneLine(written), longest)
}

// unfinished are words that say, at the beginning of a reason, that it is still
// to be written.
var unfinished = []string{"todo", "fixme", "tbd", "tba", "tbc", "xxx"}

// fillers are words of which alone no reason can be made: "to be filled in",
// "insert reason here", "n/a".
var fillers = strings.Fields(`
	a an the this that your its some any no not none nil null yet still
	to be do is it of for in out up by on at here there me later soon now please
	fill filled add added insert inserted write written enter give given put provide provided
	decided determined defined done changed change changeme explain explained describe described
	reason reasons text string comment description explanation justification placeholder value
	why because something anything unknown known expected failure failures fails fail failing
	n na wip pending lorem ipsum foo bar test asdf ok yes example`)

// isPlaceholder reports whether a reason is only a placeholder for one.
func isPlaceholder(reason string) bool {
	words := strings.FieldsFunc(strings.ToLower(reason), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if len(words) == 0 || slices.Contains(unfinished, words[0]) {
		return true
	}
	// "T.B.D." is one word that was taken apart.
	if whole := strings.Join(words, ""); len([]rune(whole)) == 1 || slices.Contains(unfinished, whole) {
		return true
	}
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.Contains(fillers, word) && !slices.Contains(unfinished, word)
	})
}
