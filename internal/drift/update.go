package drift

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// Update is a description that was edited after a source.
type Update struct {
	// Before and After are the description as it was and as it is.
	Before, After spec.Description
	// Source is what it was edited after.
	Source spec.Provenance
	// Applied are the changes that After has, Left those that it has not.
	Applied []Change
	Left    []Left
	// Notes say what a person has to look at beside that.
	Notes []string
	// failed is why the first edit that was tried could not be made.
	failed error
}

// Left is a change that is left to a person, and why.
type Left struct {
	Change Change
	Reason string
}

// UpdateDescription edits a description so that it says what a source says. Text
// that is not touched stays as it is, and doing it twice changes nothing more. A
// description that does not load before or after is an error.
func UpdateDescription(description spec.Description, source *spec.Surface) (Update, error) {
	contract, err := spec.Load(description)
	if err != nil {
		return Update{}, err
	}
	before, err := spec.ReadSurface(description)
	if err != nil {
		return Update{}, err
	}
	comparison, err := Compare(before, source, contract.Requirements)
	if err != nil {
		return Update{}, err
	}
	update := Update{Before: description, Source: source.Provenance}
	editor := spec.NewEditor(description)
	if err := editor.Check(); err != nil {
		return Update{}, err
	}
	// What is new comes first: a list must not become empty in between.
	changes := slices.Clone(comparison.Changes)
	slices.SortStableFunc(changes, func(a, b Change) int { return order(a.Kind) - order(b.Kind) })
	for _, change := range changes {
		update.apply(editor, contract, source, change)
	}
	if len(update.Applied) == 0 && update.failed != nil {
		return Update{}, update.failed
	}
	if update.stampsDay(before) {
		if err := editor.SetRevision(source.Provenance.Date, source.Provenance.Kind == spec.PageSource); err != nil {
			update.Notes = append(update.Notes, fmt.Sprintf("write the day of the source, %s: %s", source.Provenance.Date, err))
		}
	}
	update.After = editor.Description()
	return update, update.check(source)
}

// stampsDay reports whether the description gets the day of its source: where
// something was edited, or where it says all that a newer source says. What is
// left to a person alone leaves the day as it is, and an older source that says
// nothing else does not turn it back.
func (u *Update) stampsDay(before *spec.Surface) bool {
	if len(u.Applied) > 0 {
		return u.Source.Date != ""
	}
	return len(u.Left) == 0 && u.Source.Date > before.Provenance.Date
}

func order(kind Kind) int { return slices.Index([]Kind{Added, Changed, Removed}, kind) }

// apply makes one change, or leaves it to a person.
func (u *Update) apply(editor *spec.Editor, contract *spec.Contract, source *spec.Surface, change Change) {
	edit, reason := editOf(editor, contract, source, change)
	if edit == nil {
		u.Left = append(u.Left, Left{change, reason})
		return
	}
	if err := edit(); err != nil {
		u.failed = cmp.Or(u.failed, err)
		u.Left = append(u.Left, Left{change, err.Error()})
		return
	}
	u.Applied = append(u.Applied, change)
	if reason != "" {
		u.Notes = append(u.Notes, reason)
	}
}

// editOf finds the edit that makes a change. Without one it says why a person is
// needed; with one it may say what is left beside it.
func editOf(editor *spec.Editor, contract *spec.Contract, source *spec.Surface, change Change) (func() error, string) {
	switch change.Topic {
	case spec.EndpointTopic:
		return func() error { return editor.SetEndpoint(source.Endpoint) }, ""
	case spec.MethodTopic:
		return func() error { return editor.MoveRetry(source.Retry) }, "the quotes of the requirements on the path are those of the old one"
	case spec.IDTopic:
		if source.Retry.IDPattern == "" {
			return nil, "the source gives no pattern"
		}
		return func() error { return editor.SetIDPattern(source.Retry.IDPattern) }, ""
	case spec.ScopesTopic:
		return editOfScope(editor, contract, source, change)
	case spec.ScopeDescriptionsTopic:
		return func() error { return editor.DescribeScope(spec.Scope{Name: change.What, Description: change.New}) }, ""
	case spec.StatesTopic:
		return editOfState(editor, contract, change)
	case spec.StateMethodTopic:
		if change.Kind == Changed && change.New == place(source.ReadState) {
			return func() error { return editor.MoveReadState(source.ReadState) }, ""
		}
	case spec.DescriptionsTopic:
		return nil, "the texts about members and states are written by hand"
	case spec.ProseTopic:
		return nil, "a sentence belongs to x-reference-page with a requirement of its own"
	}
	if name, ofState, found := addedMember(source, change); found {
		call := source.Retry
		if ofState {
			call = source.ReadState
		}
		return func() error { return editor.AddMember(ofState, name, memberOf(call, name)) }, ""
	}
	return nil, "only a person can say what it means for the requirements"
}

func editOfScope(editor *spec.Editor, contract *spec.Contract, source *spec.Surface, change Change) (func() error, string) {
	switch {
	case change.Kind == Removed:
		return func() error { return editor.RemoveScope(change.What) }, ""
	case change.What == contract.UnrelatedScope:
		return nil, "it is the x-unrelated-scope: choose another one first"
	}
	note := ""
	if change.New == "" {
		note = fmt.Sprintf("write the description of %s: the source has none", change.What)
	}
	return func() error { return editor.AddScope(spec.Scope{Name: change.What, Description: change.New}) }, note
}

func editOfState(editor *spec.Editor, contract *spec.Contract, change Change) (func() error, string) {
	if change.Kind == Added {
		return func() error { return editor.AddState(change.What) },
			fmt.Sprintf("say of the state %s in x-retryable-states whether it can be retried", change.What)
	}
	if slices.Contains(contract.RetryableStates, change.What) || change.What == contract.UnspecifiedState {
		return nil, "x-retryable-states or x-unspecified-state names it"
	}
	return func() error { return editor.RemoveState(change.What) }, ""
}

// addedMember finds the member of an answer that a change adds.
func addedMember(source *spec.Surface, change Change) (name string, ofState, found bool) {
	if change.Kind != Added || change.Class != Compatible {
		return "", false, false
	}
	ofState = change.Topic == spec.StateMethodTopic
	call := source.Retry
	if ofState {
		call = source.ReadState
	}
	_, answer := call.Success()
	members, _ := answer["properties"].(map[string]any)
	for name := range members {
		if change.What == memberIn(name, change.Topic) {
			return name, ofState, true
		}
	}
	return "", false, false
}

func memberOf(call spec.Call, name string) map[string]any {
	_, answer := call.Success()
	members, _ := answer["properties"].(map[string]any)
	member, _ := members[name].(map[string]any)
	return member
}

// check holds what was made against what it must be: a description that loads,
// and that no longer differs in what was applied.
func (u *Update) check(source *spec.Surface) error {
	contract, err := spec.Load(u.After)
	if err != nil {
		return fmt.Errorf("the edited description would not load, so nothing is written: %w", err)
	}
	after, err := spec.ReadSurface(u.After)
	if err != nil {
		return fmt.Errorf("the edited description would not load, so nothing is written: %w", err)
	}
	comparison, err := Compare(after, source, contract.Requirements)
	if err != nil {
		return err
	}
	for _, change := range comparison.Changes {
		if slices.ContainsFunc(u.Applied, func(applied Change) bool {
			return applied.Topic == change.Topic && applied.What == change.What && applied.Kind == change.Kind
		}) {
			return fmt.Errorf("%s: %s could not be edited in place, so nothing is written", u.Before.Name, change.What)
		}
	}
	return nil
}
