package diff

// FailOn says which differences count as a failure.
type FailOn string

// The values of FailOn.
const (
	// OnRegression: something became worse.
	OnRegression FailOn = "regression"
	// OnChanged: anything is other than it was, answers included.
	OnChanged FailOn = "changed"
	// OnNothing: never.
	OnNothing FailOn = "never"
)

// AllFailOn lists the values of FailOn.
func AllFailOn() []FailOn { return []FailOn{OnRegression, OnChanged, OnNothing} }

// Fails reports whether a comparison counts as a failure.
func (c Comparison) Fails(on FailOn) bool {
	switch on {
	case OnNothing:
		return false
	case OnChanged:
		return c.Changes() || c.Regresses()
	}
	return c.Regresses()
}
