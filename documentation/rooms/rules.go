package rooms

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is something that a room, with the rooms below its folder, may not do.
type Rule struct {
	Room string
	// Text says it to a reader, beginning with a verb.
	Text string
	// Why it is so.
	Why string

	// only are the rooms that it may import; nil means any.
	only []string
	// direct are rooms that it may not import itself.
	direct []string
	// never are rooms that it may not import, not even through others.
	never []string
	// foreign are beginnings of packages of others that it may not import.
	foreign []string
	// closed says that it may not open a connection.
	closed bool
}

// Rules lists the rules that keep the rooms apart.
func Rules() []Rule {
	return []Rule{
		{Room: "spec", Text: "imports no other room, and opens no connection",
			Why:  "The description is the beginning of everything; it does not know that there is a server.",
			only: []string{"spec"}, closed: true},
		{Room: "spec", Text: "knows nothing of Ginkgo", Why: "A description can be read without running a suite.",
			foreign: []string{ginkgo, gomega}},
		{Room: "suites", Text: "imports `spec` and `target` alone",
			Why:  "A check cannot know whether its answers are live, emulated or replayed, so it cannot judge them differently.",
			only: []string{"spec", "target"}},
		{Room: "target", Text: "imports no room that knows a verdict",
			Why: "What sends requests does not decide what their answers are worth.", never: []string{"suites", "report"}},
		{Room: "target", Text: "knows nothing of Ginkgo", Why: "Other judges may use it.", foreign: []string{ginkgo, gomega}},
		{Room: "recorder", Text: "imports neither `suites` nor `emulator`",
			Why: "It keeps and replays exchanges and has no opinion about them.", never: []string{"suites", "emulator", "report"}},
		{Room: "emulator", Text: "imports `spec` alone",
			Why:  "It is built from the description and not from the checks, so that it cannot be bent to please them.",
			only: []string{"spec"}, foreign: []string{ginkgo, gomega}},
		{Room: "report", Text: "imports neither `emulator`, `recorder` nor `proof`",
			Why:   "It shows what a run found, wherever the answers came from. Since nothing that judges can import it, it decides no verdict.",
			never: []string{"emulator", "recorder", "proof"}},
		{Room: "client", Text: "does not import `suites`",
			Why:    "It judges the other direction, by the client's side of the catalogue, and none of its judgements is one of the suite's.",
			direct: []string{"suites"}},
	}
}

const (
	ginkgo = "github.com/onsi/ginkgo"
	gomega = "github.com/onsi/gomega"
)

// Broken says, in one line each, where the rooms break the rules.
func (m Map) Broken(rules []Rule) []string {
	var broken []string
	for _, rule := range rules {
		found := false
		for _, room := range m.Sorted() {
			if within(room.Path, rule.Room) {
				found = true
				broken = append(broken, m.brokenBy(room, rule)...)
			}
		}
		if !found {
			broken = append(broken, fmt.Sprintf("there is no room %s, of which a rule says that it %s", rule.Room, rule.Text))
		}
	}
	return broken
}

func (m Map) brokenBy(room Room, rule Rule) []string {
	var broken []string
	say := func(format string, values ...any) {
		broken = append(broken, fmt.Sprintf("%s %s, but %s", rule.Room, strings.ReplaceAll(rule.Text, "`", ""), fmt.Sprintf(format, values...)))
	}
	for _, imported := range room.Imports {
		if rule.only != nil && !belongs(imported, append(rule.only, rule.Room)) {
			say("%s imports %s", room.Path, imported)
		}
		if belongs(imported, rule.direct) {
			say("%s imports %s itself", room.Path, imported)
		}
	}
	for _, reached := range m.Reached(room.Path) {
		if !within(reached, rule.Room) && belongs(reached, rule.never) {
			say("%s reaches %s", room.Path, reached)
		}
	}
	for _, other := range room.Others {
		if slices.ContainsFunc(rule.foreign, func(beginning string) bool { return strings.HasPrefix(other, beginning) }) {
			say("%s imports %s", room.Path, other)
		}
	}
	if rule.closed && len(room.Outgoing) > 0 {
		say("%s uses %s", room.Path, strings.Join(room.Outgoing, ", "))
	}
	return broken
}

func belongs(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return within(name, folder) })
}

// Implied reports whether an import is also a longer way: from imports a room
// that reaches to.
func (m Map) Implied(from, to string) bool {
	return slices.ContainsFunc(m[from].Imports, func(between string) bool {
		return between != to && slices.Contains(m.Reached(between), to)
	})
}
