package clienttest

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The requirements of the path.
const (
	pathMethod     = "client.path.method"
	pathCollection = "client.path.collection"
	pathVerb       = "client.path.verb"
	pathOneSegment = "client.path.one-segment"
	pathID         = "client.path.id"
	pathEscaping   = "client.path.escaping"
)

// judgeRequest judges one request by itself.
func judgeRequest(j *judgement, call *Call, request *Arrived) {
	switch request.Kind {
	case Attempt:
		judgeHTTP(j, request)
		judgePath(j, call, request)
		judgeQuery(j, call, request)
		judgeAuthorization(j, call, request)
		judgeBody(j, request)
	case StateRead:
		judgeQuery(j, call, request)
		judgeAuthorization(j, call, request)
	case Elsewhere:
		judgeElsewhere(j, call, request)
	case Malformed:
		judgeRefused(j, call, request)
	}
}

// methodOverrides are fields that put another method in the place of the one
// that is sent. Google's platform takes the first:
// https://cloud.google.com/apis/docs/system-parameters
var methodOverrides = []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// judgePath takes the path apart as it was sent, before anything is decoded.
func judgePath(j *judgement, call *Call, request *Arrived) {
	method := j.rules.Contract.Retry
	template, path := method.Path, request.path()
	for _, id := range []string{pathMethod, pathCollection, pathVerb, pathOneSegment, pathEscaping} {
		j.judge(id)
	}
	if request.Method != method.Method {
		j.find(pathMethod, request.Number, method.Method, printable(request.Method))
	}
	for _, name := range methodOverrides {
		if other := request.Header.Get(name); other != "" && !strings.EqualFold(other, method.Method) {
			j.find(pathMethod, request.Number, method.Method, name+": "+printable(other))
		}
	}
	if octet, found := unescaped(path); found {
		j.find(pathEscaping, request.Number, "percent escapes for what no path may hold", fmt.Sprintf("%q in %s", octet, printable(path)))
	}
	if path == strings.TrimSuffix(template.Prefix, "/")+template.Suffix {
		j.find(pathOneSegment, request.Number, "an id of one segment", "no id in "+printable(path))
		return
	}
	rest, inCollection := strings.CutPrefix(path, template.Prefix)
	if !inCollection {
		j.find(pathCollection, request.Number, "a path that begins with "+template.Prefix, printable(path))
	}
	id, hasVerb := strings.CutSuffix(rest, template.Suffix)
	if !hasVerb {
		j.find(pathVerb, request.Number, "a path that ends in "+template.Suffix, printable(path))
	}
	if inCollection && hasVerb {
		judgeID(j, call, request, id)
	}
}

// judgeID judges what stands in the place of the id.
func judgeID(j *judgement, call *Call, request *Arrived, id string) {
	switch {
	case id == "":
		j.find(pathOneSegment, request.Number, "an id of one segment", "an empty id in "+printable(request.path()))
		return
	case strings.Contains(id, "/"):
		j.find(pathOneSegment, request.Number, "an id of one segment", fmt.Sprintf("%d segments, %s", strings.Count(id, "/")+1, printable(id)))
		return
	case call.Job == "":
		return
	}
	j.judge(pathID)
	if decoded, err := url.PathUnescape(id); err != nil || decoded != call.Job {
		want := call.Job
		if escaped := url.PathEscape(want); escaped != want {
			want += ", sent as " + escaped
		}
		j.find(pathID, request.Number, want, printable(id))
	}
}

// unescaped finds the first character of a path that may not stand there as it
// is (RFC 3986, 3.3: pchar, and the slash between segments).
func unescaped(path string) (found string, any bool) {
	for i := 0; i < len(path); i++ {
		octet := path[i]
		switch {
		case octet >= 'a' && octet <= 'z', octet >= 'A' && octet <= 'Z', octet >= '0' && octet <= '9':
		case strings.IndexByte("-._~!$&'()*+,;=:@/", octet) >= 0:
		case octet == '%' && i+2 < len(path) && isHexadecimal(path[i+1]) && isHexadecimal(path[i+2]):
		default:
			character, _ := utf8.DecodeRuneInString(path[i:])
			return string(character), true
		}
	}
	return "", false
}

func isHexadecimal(digit byte) bool {
	return digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f' || digit >= 'A' && digit <= 'F'
}
