package config

import (
	"cmp"
	"crypto/tls"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/dpconform/dpconform/internal/target"
)

// HeaderFlag is the name of the flag that takes NAME: VALUE. The value is a
// secret.
const HeaderFlag = "header"

// reservedHeaders are the fields that dpconform sets itself, with what to give
// instead; empty where a check decides.
var reservedHeaders = map[string]string{
	"Authorization": "give --token, or another source of tokens", target.QuotaProjectHeader: "give --quota-project ID",
	"Proxy-Authorization": "put the user into HTTP_PROXY, before the host",
	"Host":                "", "User-Agent": "", "Accept-Encoding": "", "Content-Type": "", "Content-Length": "", "Content-Encoding": "",
	"Transfer-Encoding": "", "Te": "", "Trailer": "", "Expect": "", "Connection": "", "Keep-Alive": "", "Proxy-Connection": "", "Upgrade": "",
	target.HeadProblemHeader: "",
}

// HeaderOf divides NAME: VALUE, or the NAME=VALUE that a mapping of a file
// becomes.
func HeaderOf(given string) (name, value string) {
	at := strings.IndexAny(given, ":=")
	if at < 0 {
		return "", strings.TrimSpace(given)
	}
	return strings.TrimSpace(given[:at]), strings.TrimSpace(given[at+1:])
}

// requestHeader reads the fields that every request to the target carries. No
// message shows a value.
func (s *Settings) requestHeader(sources *Sources) (http.Header, error) {
	header := http.Header{}
	for _, given := range s.Headers {
		name, value := HeaderOf(given)
		name = http.CanonicalHeaderKey(name)
		fix, reserved := reservedHeaders[name]
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return nil, sources.mistake(HeaderFlag, "give 'NAME: VALUE'", "a header field has no name, or one that is not valid")
		case reserved:
			return nil, sources.mistake(HeaderFlag, cmp.Or(fix, "remove it"), "%s is set by dpconform itself", name)
		case value == "" || !httpguts.ValidHeaderFieldValue(value):
			return nil, sources.mistake(HeaderFlag, "give 'NAME: VALUE'", "%s has no value, or one with a control character", name)
		}
		header.Add(name, value)
	}
	if s.QuotaProject != "" {
		if !target.IsProject(s.QuotaProject) {
			// It may be a secret that was meant for another flag.
			return nil, sources.mistake("quota-project", target.ProjectFix, "the value is not the id or the number of a project")
		}
		header.Set(target.QuotaProjectHeader, s.QuotaProject)
	}
	return header, nil
}

// KeyPair reads a certificate and its key from the PEM files of two flags; nil
// where neither is given.
func (s *Sources) KeyPair(certificateFlag, certificate, keyFlag, key string) (*tls.Certificate, error) {
	switch {
	case certificate == "" && key == "":
		return nil, nil
	case key == "":
		return nil, s.mistake(certificateFlag, "give --"+keyFlag+" FILE", "a certificate without its key")
	case certificate == "":
		return nil, s.mistake(keyFlag, "give --"+certificateFlag+" FILE", "a key without its certificate")
	}
	var pems [2][]byte
	for i, flag := range []string{certificateFlag, keyFlag} {
		name := []string{certificate, key}[i]
		var err error
		if pems[i], err = s.readPEM(flag, name); err != nil {
			return nil, err
		}
	}
	pair, err := tls.X509KeyPair(pems[0], pems[1])
	if err != nil {
		return nil, s.mistake(certificateFlag, "give the key that belongs to the certificate, both in PEM",
			"%s and %s are not a certificate with its key", certificate, key)
	}
	return &pair, nil
}
