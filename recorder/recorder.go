// Package recorder records HTTP exchanges with a server as go-vcr cassettes, without
// secrets, and replays them. [Record] and [Open] return an [http.RoundTripper] for
// any [http.Client].
//
// A recording is a folder with cassettes and a provenance, which says where they
// come from. The cassettes contain absolute URLs, and go-vcr's own recorder can
// replay them, too.
//
// To record a run of the checks, give the Recording to suites.Config as its Transport.
// To replay it, set Transport to the Replay, Endpoint to its Endpoint, and the same
// Jobs and Seed. Its Tokens must return, in place of each token, the name that
// Options.TokenName gave it.
package recorder

import (
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/dpconform/dpconform/internal/recording"
)

// Options configures a recording. Only Endpoint is required.
type Options struct {
	// Endpoint is the base URL of the recorded server. A client uses it as its base
	// URL in a replay, because the URLs in the cassettes are absolute.
	Endpoint string
	// Transport sends the requests; nil means the network, with dpconform's limits.
	Transport http.RoundTripper
	// TokenName returns the name that replaces a token in the cassettes, or "" if the
	// token has none. Nil means that no token has a name.
	TokenName func(token string) string
	// Members lists members of bodies and query parameters whose values are not
	// secret, in addition to those of errors. All other values are recorded as their
	// type and size only.
	Members []string
	// Secrets lists further texts that must not be in a cassette. A text that is a word,
	// or has fewer than 6 bytes, is not searched for: it has other reasons to be there.
	Secrets []string
	// Resume continues an interrupted recording in the same folder: requests that
	// already have a response are not sent again. Discard deletes it and starts over.
	// If the folder has an interrupted recording, Record requires one of the two.
	Resume, Discard bool
}

// Recording is an [http.RoundTripper] that records every exchange. It is safe for
// concurrent use. Call Close when you are done with it.
type Recording struct{ made *recording.Recording }

var errNotRecorded = errors.New("recorder: an empty Recording: make one with Record")

// Record starts a recording in a folder, which it creates if necessary. The requests
// of suites.Test and suites.Register go to a cassette for each aspect, all others to
// the cassette "other". Each exchange is also written to a journal in the folder at
// once, so that an interrupted recording can be resumed and uses no job twice.
//
// The error is one line, with the location and the fix, that says why the folder or
// the endpoint cannot be used. No request has been sent then.
func Record(folder string, options Options) (*Recording, error) {
	made, err := recording.Record(folder, recording.Options{
		Provenance: recording.Provenance{Endpoint: options.Endpoint}, Transport: options.Transport, TokenName: options.TokenName,
		Members: options.Members, Secrets: options.Secrets, Resume: options.Resume, Discard: options.Discard,
	})
	if err != nil {
		return nil, err
	}
	return &Recording{made}, nil
}

// RoundTrip sends a request through the transport, records the exchange, and returns
// the transport's response. The error is the transport's, or says that the recording
// has ended or that the exchange could not be written.
func (r *Recording) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.made == nil {
		return nil, errNotRecorded
	}
	return r.made.RoundTrip(request)
}

// Save writes the recording to its folder and closes it. No secret is written to
// disk. The new recording replaces the old one as a whole: if there is an error, or
// the process is killed, the old one and the journal remain.
func (r *Recording) Save() error {
	if r.made == nil {
		return errNotRecorded
	}
	return r.made.Save()
}

// Close ends the recording. Unless it was saved, what was recorded is kept in the
// folder, so that it can be resumed.
func (r *Recording) Close() {
	if r.made != nil {
		r.made.Close()
	}
}

// Replay is an [http.RoundTripper] that returns recorded responses without any
// delay. It uses each interaction once, and refuses a request that was not recorded.
// It is safe for concurrent use.
type Replay struct{ opened *recording.Replay }

var errNotOpened = errors.New("recorder: an empty Replay: make one with Open")

// Open reads a whole recording from fsys; folder is its name in messages. The error
// is one line, with the location and the fix, if fsys is nil, if a file is missing,
// broken, truncated, edited, or not part of the recording, or if its format is not
// supported.
func Open(fsys fs.FS, folder string) (*Replay, error) {
	opened, err := recording.Open(fsys, folder)
	if err != nil {
		return nil, err
	}
	return &Replay{opened}, nil
}

// RoundTrip returns the recorded response to a request. It returns an error if the
// context is done, if the recorded exchange failed, or if no unused interaction
// matches the request.
func (r *Replay) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.opened == nil {
		return nil, errNotOpened
	}
	return r.opened.RoundTrip(request)
}

// Endpoint returns the base URL of the recorded server.
func (r *Replay) Endpoint() string {
	if r.opened == nil {
		return ""
	}
	return r.opened.Provenance().Endpoint
}

// Provenance returns one line that says what was recorded, when and by which
// version, and whether the responses are Google's.
func (r *Replay) Provenance() string {
	if r.opened == nil {
		return ""
	}
	return r.opened.Provenance().Describe(time.Now())
}

// Unused lists the interactions that no request has used, one line each.
func (r *Replay) Unused() []string {
	if r.opened == nil {
		return nil
	}
	return r.opened.Unused()
}
