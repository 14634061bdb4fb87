package redact

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Body takes the secrets out of a body. JSON stays JSON, with its layout: only
// the strings and numbers that hold a secret are written anew. All else is
// taken as text.
func (r *Redactor) Body(body string) string {
	if body == "" || !json.Valid([]byte(body)) {
		return r.Text(body)
	}
	return rewrite(body, r.jsonSpans(body))
}

// jsonSpans lists the literals of a valid JSON text that hold a secret.
func (r *Redactor) jsonSpans(text string) []span {
	document := jsonDocument{redactor: r, text: text}
	document.value(member{})
	return document.spans
}

// jsonDocument walks through one valid JSON text.
type jsonDocument struct {
	redactor *Redactor
	text     string
	read     int
	spans    []span
}

// member is what the name of a member says of its value.
type member struct {
	// hidden says that the value is secret whatever is in it, and kind what it is.
	hidden bool
	kind   Kind
	// header is the name of a header, whose value is read as such.
	header string
}

// memberNamed tells what a name says of a value that stands in a member with
// that name, within another one.
func memberNamed(name string, outer member) member {
	if outer.hidden {
		return outer
	}
	switch kind, secret := kindOfName(name); {
	case strings.EqualFold(name, "urls"):
		return member{hidden: true, kind: DownloadURL}
	case strings.EqualFold(name, "cookies"):
		return member{hidden: true, kind: Cookie}
	case headerName.MatchString(name):
		return member{header: name}
	case secret:
		return member{hidden: true, kind: kind}
	}
	return member{}
}

// value walks through the next value.
func (j *jsonDocument) value(of member) {
	j.space()
	switch j.text[j.read] {
	case '{':
		j.object(of)
	case '[':
		j.array(of)
	case '"':
		j.string(of)
	default:
		j.word(of)
	}
}

func (j *jsonDocument) object(outer member) {
	j.read++
	named := ""
	for j.space(); j.text[j.read] != '}'; j.space() {
		if j.text[j.read] == ',' {
			j.read++
			continue
		}
		start := j.read
		j.string(member{})
		name := decoded(j.text[start:j.read])
		j.space()
		j.read++
		j.space()
		of := memberNamed(name, outer)
		switch {
		case name == "name" && j.text[j.read] == '"':
			// An archive of HTTP has {"name": "access_token", "value": "..."}.
			start := j.read
			j.value(of)
			named = decoded(j.text[start:j.read])
			continue
		case name == "value" && named != "" && !of.hidden:
			of = memberNamed(named, outer)
		}
		j.value(of)
	}
	j.read++
}

func (j *jsonDocument) array(of member) {
	j.read++
	for j.space(); j.text[j.read] != ']'; j.space() {
		if j.text[j.read] == ',' {
			j.read++
			continue
		}
		j.value(of)
	}
	j.read++
}

// string walks over a string. One without any secret stays as it was written.
func (j *jsonDocument) string(of member) {
	start := j.read
	literal := j.literal()
	before := decoded(literal)
	one := span{start: start, end: j.read, kind: of.kind}
	after := before
	switch {
	case before == "":
		return
	case of.hidden && !isErrorCode(of.kind, before):
		after = Mark
	case of.header != "":
		after = j.redactor.Text(rewrite(before, j.redactor.headerSpans(of.header, before)))
		one.kind, one.inner = Credentials, of.header+": "+before
	case strings.HasPrefix(before, "{") || strings.HasPrefix(before, "["):
		after, one.inner = j.redactor.Body(before), before
	default:
		after, one.inner = j.redactor.Text(before), before
	}
	if after == before && !j.redactor.Holds(literal) {
		return
	}
	one.with = encoded(after)
	j.spans = append(j.spans, one)
}

// isErrorCode reports whether a member "code" is the name of an error.
func isErrorCode(kind Kind, value string) bool {
	return kind == AuthorizationCode && (len(value) < shortestCode || errorCode.MatchString(value))
}

// word walks over a number, true, false or null. The number of a code is that
// of an error.
func (j *jsonDocument) word(of member) {
	start := j.read
	literal := j.literal()
	isNumber := literal[0] == '-' || literal[0] >= '0' && literal[0] <= '9'
	switch {
	case of.hidden && isNumber && of.kind != AuthorizationCode:
		j.spans = append(j.spans, span{start: start, end: j.read, kind: of.kind, with: encoded(Mark)})
	case isNumber && j.redactor.Holds(literal):
		j.spans = append(j.spans, span{start: start, end: j.read, kind: SomeToken, with: encoded(j.redactor.Text(literal))})
	}
}

// space goes over white space.
func (j *jsonDocument) space() {
	for j.read < len(j.text) && strings.IndexByte(" \t\r\n", j.text[j.read]) >= 0 {
		j.read++
	}
}

// literal goes over a string, number or word.
func (j *jsonDocument) literal() string {
	start := j.read
	if j.text[j.read] != '"' {
		for j.read < len(j.text) && strings.IndexByte(" \t\r\n,:]}", j.text[j.read]) < 0 {
			j.read++
		}
		return j.text[start:j.read]
	}
	for j.read++; j.text[j.read] != '"'; j.read++ {
		if j.text[j.read] == '\\' {
			j.read++
		}
	}
	j.read++
	return j.text[start:j.read]
}

// decoded is what a string literal says.
func decoded(literal string) string {
	var text string
	if err := json.Unmarshal([]byte(literal), &text); err != nil {
		return literal
	}
	return text
}

// encoded is a text as a string literal.
func encoded(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return `"` + Mark + `"`
	}
	return strings.TrimSuffix(buffer.String(), "\n")
}
