package result

import (
	"net/http"
	"strings"
)

// Place says where in an exchange a finding shows, for those who point at it:
// "status", "fault", "body", "header Content-Type", "body /error/code". The text
// behind "body" is a JSON pointer (RFC 6901) into the response's body.
type Place string

// The places that need no name behind them.
const (
	// InStatus: the status line of the response, and with it its meaning.
	InStatus Place = "status"
	// InFault: there is no whole response.
	InFault Place = "fault"
	// InBody: the body of the response as a whole.
	InBody Place = "body"
)

// InHeader is a header field of the response.
func InHeader(name string) Place { return Place("header " + http.CanonicalHeaderKey(name)) }

// InMember is a member of the response's JSON body, by its names from the top.
func InMember(names ...string) Place {
	place := InBody + " "
	for _, name := range names {
		place += Place("/" + pointerEscapes.Replace(name))
	}
	return place
}

// pointerEscapes are those of RFC 6901, section 3.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
