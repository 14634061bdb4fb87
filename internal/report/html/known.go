package html

import "github.com/dpconform/dpconform/internal/result"

// known is an entry of a list of known failures and what came of it.
type known struct {
	verdict
	Name, Entry, Reason, Expires string
	// Issue is where it is followed up, and IssueLink the same where it is an
	// address of the web.
	Issue, IssueLink string
	State            string
	Checks           []reference
}

// known tells the known failures that passed from the others.
func (m *maker) known() (unexpected, others []known) {
	for _, entry := range m.KnownFailures {
		one := known{Name: clean(entry.Name), Entry: clean(entry.Entry), Reason: clean(entry.Reason), Expires: clean(entry.Expires),
			Issue: clean(entry.Issue), IssueLink: webAddress(entry.Issue), Checks: m.references(entry.Checks)}
		switch entry.State {
		case result.KnownPassed:
			one.verdict, one.State = shown(result.UnexpectedPass), "passed: remove the entry"
			unexpected = append(unexpected, one)
			continue
		case result.KnownNotJudged:
			one.verdict, one.State = shown(result.Skip), "not judged: "+clean(entry.NotJudged)
		default:
			one.verdict, one.State = shown(result.ExpectedFail), "seen"
		}
		others = append(others, one)
	}
	return unexpected, others
}
