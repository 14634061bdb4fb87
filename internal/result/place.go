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

// Renamed is the place with each name in it as a function gives it: a member or a
// field may have a secret for its name.
func (p Place) Renamed(shown func(string) string) Place {
	kind, name, named := strings.Cut(string(p), " ")
	if !named {
		return p
	}
	names := strings.Split(name, "/")
	for i, escaped := range names {
		if plain := pointerMeanings.Replace(escaped); shown(plain) != plain {
			names[i] = pointerEscapes.Replace(shown(plain))
		}
	}
	return Place(kind + " " + strings.Join(names, "/"))
}

// pointerMeanings are what pointerEscapes stand for.
var pointerMeanings = strings.NewReplacer("~1", "/", "~0", "~")

// pointerEscapes are those of RFC 6901, section 3.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
