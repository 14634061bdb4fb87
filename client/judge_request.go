package client

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The requirements of the path and the query.
const (
	pathMethod      = "client.path.method"
	pathCollection  = "client.path.collection"
	pathVerb        = "client.path.verb"
	pathOneSegment  = "client.path.one-segment"
	pathID          = "client.path.id"
	pathEscaping    = "client.path.escaping"
	queryParameters = "client.query.parameters"
	queryNoToken    = "client.query.no-token"
)

// judgeRequest judges one request by itself.
func judgeRequest(j *judgement, call *Call, request *Arrived) {
	switch request.Kind {
	case Attempt:
		judgePath(j, call, request)
		judgeQuery(j, call, request)
		judgeAuthorization(j, call, request)
		judgeBody(j, request)
	case StateRead:
		judgeQuery(j, call, request)
		judgeAuthorization(j, call, request)
	case Elsewhere:
		judgeElsewhere(j, call, request)
	}
}

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

// judgeQuery allows the platform's own parameters, without a token in them.
func judgeQuery(j *judgement, call *Call, request *Arrived) {
	j.judge(queryParameters)
	j.judge(queryNoToken)
	for part := range strings.SplitSeq(request.query(), "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescapedQuery(name), unescapedQuery(value)
		switch {
		case isTokenParameter(name) && value != "", call.knowsToken(value):
			j.find(queryNoToken, request.Number, "the token in the header Authorization alone", "the token in the parameter "+printable(name))
		case !takesParameter(j.rules.Contract, name):
			j.find(queryParameters, request.Number, "no parameter, or one of the platform's such as alt", "the parameter "+printable(name))
		}
	}
}

func unescapedQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// isTokenParameter knows the parameters of the discovery document that carry a
// token: https://dataportability.googleapis.com/$discovery/rest?version=v1
func isTokenParameter(name string) bool { return name == "access_token" || name == "oauth_token" }
