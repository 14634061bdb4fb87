package clientrun

import (
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/scenario"
)

// The requirements of connections and of redirects to the same host.
const (
	authorizationCertificate = "client.authorization.certificate"
	httpClosedConnection     = "client.http.closed-connection"
	pathRedirect             = "client.path.redirect"
	pathSeeOther             = "client.path.see-other"
)

// wrongCertificates say what is wrong with each certificate.
var wrongCertificates = map[scenario.Certificate]string{
	scenario.UnknownAuthority: "is from an unknown authority",
	scenario.WrongHost:        "is for another host",
	scenario.Expired:          "has expired",
}

// checkCertificate finds requests to a server whose certificate had to be
// rejected. It reports whether the client rejected it.
func (e *evaluation) checkCertificate(call *Call, attempts []*request) (rejected bool) {
	wrong := wrongCertificates[call.scenario.Certificate]
	if wrong == "" {
		return false
	}
	for _, one := range attempts {
		if !one.secure {
			continue
		}
		got := "a request"
		if one.token() != "" {
			got += " with the token"
		}
		e.find(authorizationCertificate, one, "no request, since the certificate of the server "+wrong, got)
	}
	if len(attempts) == 0 && call.contact.rejected() {
		e.test(authorizationCertificate)
		return true
	}
	return false
}

// checkClosing notes that a response asked for another connection.
// What it sent all the same is found by itself.
func (e *evaluation) checkClosing(call *Call, attempts []*request) {
	closes := slices.ContainsFunc(call.scenario.Steps, func(step scenario.Step) bool { return step.Close })
	if first := call.scenario.First; first != nil && first.Close && call.contact.isWarm() {
		closes = true
	}
	if closes && len(attempts) > 0 {
		e.test(httpClosedConnection)
	}
}

// checkFollowed checks the method of a request that followed a redirect.
func (e *evaluation) checkFollowed(one *request) {
	if e.redirected == nil {
		return
	}
	switch want := e.redirected.method; e.redirected.response.status {
	case http.StatusSeeOther:
		e.test(pathSeeOther)
		if one.method != http.MethodGet && one.method != http.MethodHead {
			e.find(pathSeeOther, one, "GET or HEAD after a 303 redirect", printable(one.method))
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		e.test(pathRedirect)
		if one.method != want {
			e.find(pathRedirect, one, printable(want)+" after the redirect, as before it", printable(one.method))
		}
	}
}
