package target

import "context"

// Place says where in the run a request belongs, for a transport that keeps
// exchanges.
type Place struct {
	// Check is the id of the check that sends it.
	Check string
	// Number is the exchange's number in the journal.
	Number int
	// Together says that it is sent at the same time as its neighbours, so that
	// which of equal requests gets which answer is chance.
	Together bool
	// Once says that it may start a job, so that it must not be sent twice.
	Once bool
	// Job is the id of the job that it is about, where there is one.
	Job string
}

// UnknownOutcome is the detail of the fault of a request that was under way when
// a recording was interrupted, and must not be sent again.
const UnknownOutcome = "the recording was interrupted, and whether a job was started is not known"

type placeKey struct{}

// PlaceOf gives the place of a request that a Target sends.
func PlaceOf(ctx context.Context) Place {
	place, _ := ctx.Value(placeKey{}).(Place)
	return place
}

// WithPlace puts a place into the context of a request, as a Target does, for
// those who send requests to such a transport themselves.
func WithPlace(ctx context.Context, place Place) context.Context {
	return context.WithValue(ctx, placeKey{}, place)
}
