package result

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Title names what was tested in few words: the method of a server, without the
// name of its API, or a client of it.
func (r Report) Title() string {
	method := r.Description.Method
	if _, short, found := strings.Cut(method, "."); found && strings.Contains(short, ".") {
		method = short
	}
	if r.Client != nil {
		return "client of " + method
	}
	return method
}

// ByHand reports whether a client was started by hand, so that only its requests are
// seen, and no output and no exit code.
func (r Report) ByHand() bool { return r.Client != nil && len(r.Client.Command) == 0 }

// Aspects lists the aspects of the checks, and of requirements without one, in
// their order.
func (r Report) Aspects() []string {
	var aspects []string
	seen := map[string]bool{}
	note := func(aspect string) {
		if !seen[aspect] {
			seen[aspect] = true
			aspects = append(aspects, aspect)
		}
	}
	for _, check := range r.Checks {
		note(check.Aspect)
	}
	for _, requirement := range r.Requirements {
		note(requirement.Aspect)
	}
	return aspects
}

// CountsOf counts the checks and the requirements of an aspect by their verdicts;
// an empty one means those of all aspects.
func (r Report) CountsOf(aspect string) Counts {
	counts := Counts{map[Verdict]int{}, map[Verdict]int{}}
	for _, check := range r.Checks {
		if aspect == "" || check.Aspect == aspect {
			counts.Checks[check.Verdict]++
		}
	}
	for _, requirement := range r.Requirements {
		if aspect == "" || requirement.Aspect == aspect {
			counts.Requirements[requirement.Verdict]++
		}
	}
	return counts
}

// AspectTitle is an aspect as a person writes it.
func AspectTitle(aspect string) string {
	if aspect == "http" {
		return "HTTP"
	}
	return aspect
}

// Failed is the number of checks that fail the run.
func (r Report) Failed() int { return r.Counts.Checks[Fail] + r.Counts.Checks[UnexpectedPass] }

// Requirement finds a requirement by its id.
func (r Report) Requirement(id string) (Requirement, bool) {
	return text.Find(r.Requirements, func(one Requirement) bool { return one.ID == id })
}

// Found is a finding with the check that made it.
type Found struct {
	Finding
	Check Check
}

// Broken is a requirement that is not kept, with what was found.
type Broken struct {
	Requirement Requirement
	Found       []Found
}

// Checks names the checks that found it, each once.
func (b Broken) Checks() []string {
	var ids []string
	for _, one := range b.Found {
		ids = append(ids, one.Check.ID)
	}
	return slices.Compact(ids) // What one check found stands together.
}

// Alike is findings of one requirement that say the same, with their checks.
type Alike struct {
	// Found is the first of them, with the count of all.
	Found
	Checks []string
	// Varied says that they differ in a value.
	Varied bool
}

// valuesOf matches what findings that say the same may differ in: a quoted value, or
// a parameter of a query.
var valuesOf = text.Pattern(`"[^"]*"|[^\s"=]+=[^\s"=]+`)

// Alike puts the findings together that say the same, but for the job that each is
// about, and for values.
func (b Broken) Alike() []Alike {
	var all []Alike
	said := func(one Found) [2]string { return [2]string{one.withoutJob(one.Want), one.withoutJob(one.Got)} }
	for _, group := range text.Grouped(b.Found, func(one Found) [2]string {
		words := said(one)
		return [2]string{valuesOf().ReplaceAllString(words[0], "…"), valuesOf().ReplaceAllString(words[1], "…")}
	}) {
		alike := Alike{group[0], Broken{Found: group}.Checks(), false}
		for _, one := range group[1:] {
			alike.Count += one.Count
			alike.Varied = alike.Varied || said(one) != said(group[0])
		}
		all = append(all, alike)
	}
	return all
}

// withoutJob is a text without the id of the job of a client's call.
func (f Found) withoutJob(words string) string {
	if f.Check.Call == nil || f.Check.Call.Job == "" {
		return words
	}
	job := f.Check.Call.Job
	return strings.NewReplacer(job, "JOB", url.PathEscape(job), "JOB").Replace(words)
}

// fewScenarios is the number of scenarios that are named one by one in any case.
const fewScenarios = 4

// Most reports whether so many scenarios are nearly all of those of a client.
func (r Report) Most(scenarios int) bool {
	return scenarios == len(r.Checks) || scenarios > fewScenarios && scenarios*10 >= len(r.Checks)*9
}

// Names names checks: the scenarios of a client all, or the number of nearly all, of
// others the first few of many, and those of several scopes by the scopes: "the
// scopes a, b and 64 more".
func (r Report) Names(ids []string) string {
	const few = 2
	switch {
	case len(ids) < 2:
		return ChecksText(ids)
	case r.Client != nil && len(ids) > fewScenarios && len(ids) == len(r.Checks):
		return fmt.Sprintf("all %d scenarios", len(ids))
	case r.Client != nil && len(ids) > fewScenarios && r.Most(len(ids)):
		return fmt.Sprintf("%d of %d scenarios", len(ids), len(r.Checks))
	case r.Client != nil:
		return strings.Join(ids, ", ")
	}
	byCheck := map[string]string{}
	for _, scope := range r.Scopes {
		byCheck[scope.Check] = scope.Short
	}
	var scopes, others []string
	for _, id := range ids {
		if short, found := byCheck[id]; found {
			scopes = append(scopes, short)
		} else {
			others = append(others, id)
		}
	}
	switch {
	case len(scopes) < 2:
		return ChecksText(ids)
	case len(scopes) > few+1:
		scopes = append(scopes[:few:few], fmt.Sprintf("%d more", len(scopes)-few))
	}
	names := "the scopes " + text.List(scopes, "and")
	if len(others) > 0 {
		names += "; " + ChecksText(others)
	}
	return names
}

// ChecksText names checks, the first few of many.
func ChecksText(ids []string) string {
	const few = 4
	if len(ids) <= few {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more checks", strings.Join(ids[:few-1], ", "), len(ids)-few+1)
}

// Broken lists the requirements with findings of a verdict, most severe first:
// conditions of the test before documented before platform before inferred, a
// MUST before a SHOULD, and of a client what it breaks in most scenarios before
// the rest, which may be a consequence.
func (r Report) Broken(verdict Verdict) []Broken {
	broken := r.inOrder(verdict)
	slices.SortStableFunc(broken, func(a, b Broken) int {
		if r.Client == nil {
			return cmp.Compare(a.severity(), b.severity())
		}
		inFew := func(b Broken) int {
			if r.inMost(b) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(inFew(a), inFew(b)), cmp.Compare(a.severity(), b.severity()), cmp.Compare(len(b.Checks()), len(a.Checks())))
	})
	return broken
}

// severity is the rank of a requirement by how severe it is to break it, 0 for the most.
func (b Broken) severity() int {
	rank := 2 * slices.Index([]spec.Level{spec.Documented, spec.Platform, spec.Inferred}, b.Requirement.Level)
	if !b.Requirement.Must() {
		rank++
	}
	return rank
}

// inOrder is Broken in the order of the description.
func (r Report) inOrder(verdict Verdict) []Broken {
	found := map[string][]Found{}
	for _, check := range r.Checks {
		for _, finding := range check.Findings {
			if finding.Verdict == verdict {
				found[finding.Requirement] = append(found[finding.Requirement], Found{finding, check})
			}
		}
	}
	var broken []Broken
	for _, requirement := range slices.Concat(r.Requirements, r.Unmet()) {
		if here := found[requirement.ID]; len(here) > 0 {
			// What no cause explains represents the rest.
			slices.SortStableFunc(here, func(a, b Found) int {
				return cmp.Compare(min(len(a.Cause), 1), min(len(b.Cause), 1))
			})
			requirement.Fix = r.fix(requirement, here[0])
			broken = append(broken, Broken{requirement, here})
			delete(found, requirement.ID)
		}
	}
	return broken
}

// Unjudged is the checks, or the requirements, without a verdict for one reason.
type Unjudged struct {
	Reason, Flag         string
	Jobs                 int
	Checks, Requirements []string
}

// Text gives the reason and what would help.
func (u Unjudged) Text() string {
	return Check{Reason: u.Reason, Flag: u.Flag, MissingJobs: u.Jobs}.SkipText()
}

// Give is what would help; empty where nothing would.
func (u Unjudged) Give() string { return Give(u.Flag, u.Jobs) }

// Unjudged groups the checks with a verdict by their reason, the largest group
// first.
func (r Report) Unjudged(verdict Verdict) []Unjudged {
	checks := slices.DeleteFunc(slices.Clone(r.Checks), func(check Check) bool { return check.Verdict != verdict })
	var groups []Unjudged
	for _, same := range text.Grouped(checks, func(check Check) [2]string { return [2]string{check.Reason, check.Flag} }) {
		group := Unjudged{Reason: same[0].Reason, Flag: same[0].Flag}
		for _, check := range same {
			group.Checks = append(group.Checks, check.ID)
			group.Jobs += check.MissingJobs
		}
		groups = append(groups, group)
	}
	slices.SortStableFunc(groups, func(a, b Unjudged) int { return cmp.Compare(len(b.Checks), len(a.Checks)) })
	return groups
}

// UnjudgedRequirements groups the requirements by the reason why no check tested
// them, but for those whose checks were all skipped, and those of a server without
// a check. What would help is given once, with the checks or with the first group.
func (r Report) UnjudgedRequirements() []Unjudged {
	skipped := map[string]bool{}
	for _, check := range r.Checks {
		skipped[check.ID] = check.Verdict == Skip
	}
	untested := slices.DeleteFunc(slices.Clone(r.Requirements), func(one Requirement) bool {
		ofNoCall := r.Client != nil && len(one.Checks) == 0
		return one.Verdict != Skip || !ofNoCall && !slices.ContainsFunc(one.Checks, func(id string) bool { return !skipped[id] })
	})
	given := r.Unjudged(Skip)
	var groups []Unjudged
	for _, same := range text.Grouped(untested, func(one Requirement) [2]string { return [2]string{one.Reason, r.flagFor(one)} }) {
		group := Unjudged{Reason: same[0].Reason, Flag: r.flagFor(same[0])}
		if slices.ContainsFunc(slices.Concat(given, groups), func(other Unjudged) bool { return other.Flag == group.Flag }) {
			group.Flag = ""
		}
		for _, one := range same {
			group.Requirements = append(group.Requirements, one.ID)
		}
		groups = append(groups, group)
	}
	return groups
}

// flagFor is what would let a check test a requirement; empty for nothing.
func (r Report) flagFor(requirement Requirement) string {
	for _, check := range r.Checks {
		if one, found := check.untested(requirement.ID); found && one.Reason == requirement.Reason {
			return one.Flag
		}
	}
	return ""
}

// NotApplicableText says in one line which checks do not apply, and why; empty
// where all do.
func (r Report) NotApplicableText() string { return r.groupsText(r.NotApplicable) }

// NotSelectedText says in one line which checks were left out, and why; empty where
// none was.
func (r Report) NotSelectedText() string { return r.groupsText(r.NotSelected) }

// Text says in one line what the flags select; empty where they select everything.
func (s Settings) Text() string {
	var parts []string
	if s.Profile != "" {
		parts = append(parts, "profile "+s.Profile)
	}
	if s.Scopes != "" {
		parts = append(parts, "scopes "+s.Scopes)
	}
	if s.NoAuth {
		parts = append(parts, "no authorization")
	}
	const few = 3
	switch more := len(s.Focus) - few; {
	case more > 0:
		parts = append(parts, fmt.Sprintf("focus %s and %d more", strings.Join(s.Focus[:few], ", "), more))
	case len(s.Focus) > 0:
		parts = append(parts, "focus "+text.List(s.Focus, "and"))
	}
	if s.LabelFilter != "" {
		parts = append(parts, "labels "+s.LabelFilter)
	}
	return strings.Join(parts, ", ")
}

func (r Report) groupsText(groups []NotApplicable) string {
	check := "check"
	if r.Client != nil {
		check = "scenario"
	}
	parts := make([]string, len(groups))
	for i, group := range groups {
		var counts []string
		ids := group.Checks
		if r.Client == nil && r.Description.Scopes == 0 {
			// How many there would be depends on the scopes.
			ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return strings.HasPrefix(id, "authorization/") })
			if len(ids) < len(group.Checks) {
				counts = append(counts, "all authorization checks")
			}
		}
		if len(ids) > 0 {
			counts = append(counts, text.Counted(len(ids), check))
		}
		counted := text.List(counts, "and")
		if count := len(group.Requirements); count > 0 {
			requirements := text.Counted(count, "requirement")
			switch {
			case counted == "":
				counted = requirements
			case count == 1:
				counted += ", so that 1 requirement is not tested"
			default:
				counted += ", so that " + requirements + " are not tested"
			}
		}
		parts[i] = group.Reason + ": " + counted
	}
	return strings.Join(parts, "; ")
}

// UntestedText says in one line which requirements of the description no check
// tests, and which checks tried only a part; empty where all are tested.
func (r Report) UntestedText() string {
	var parts []string
	if len(r.Drafts) > 0 {
		parts = append(parts, text.Counted(len(r.Drafts), "draft requirement"))
	}
	if len(r.Untested) > 0 {
		parts = append(parts, "requirements that no check tests: "+strings.Join(r.Untested, ", "))
	}
	for _, check := range r.Checks {
		if check.Partly != "" {
			parts = append(parts, check.ID+" tried "+check.Partly)
		}
	}
	return strings.Join(parts, "; ")
}

// Because gives the reason of a known failure, until when, and where it is
// followed up.
func (k KnownFailure) Because() string {
	text := k.Reason
	if k.Expires != "" {
		text += ", until " + k.Expires
	}
	if k.Issue != "" {
		text += ", " + k.Issue
	}
	return text
}

// Known lists the known failures in a state.
func (r Report) Known(state KnownState) []KnownFailure {
	var all []KnownFailure
	for _, known := range r.KnownFailures {
		if known.State == state {
			all = append(all, known)
		}
	}
	return all
}

// Outcome is what came of an attempt in a word: its status, or its fault.
func (a Attempt) Outcome() string {
	switch {
	case a.Fault != nil:
		return a.Fault.Kind
	case a.Response == nil:
		return "no response"
	}
	return fmt.Sprint(a.Response.Status)
}

// Last is the last attempt at an exchange.
func (e Exchange) Last() Attempt { return Attempt{e.Response, e.Fault, e.Microseconds} }
