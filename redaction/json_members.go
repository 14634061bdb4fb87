package redaction

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Body takes the secrets out of a body. JSON stays JSON, with its layout: only
// the strings and numbers that hold a secret are written anew. All else is
// taken as text.
func (r *Redactor) Body(body string) string {
	if body == "" {
		return body
	}
	if !json.Valid([]byte(body)) {
		return r.Text(body)
	}
	document := jsonRedactor{redactor: r, text: body}
	document.value(false)
	document.out.WriteString(document.text[document.read:])
	return document.out.String()
}

// jsonRedactor walks through one valid JSON text and writes it without its
// secrets.
type jsonRedactor struct {
	redactor *Redactor
	text     string
	read     int
	out      strings.Builder
}

// value copies the next value. Hidden says that it is secret whatever is in
// it, because of the name of the member that it belongs to.
func (j *jsonRedactor) value(hidden bool) {
	j.space()
	switch j.text[j.read] {
	case '{':
		j.object(hidden)
	case '[':
		j.array(hidden)
	case '"':
		j.out.WriteString(j.harmlessString(j.literal(), hidden))
	default:
		j.out.WriteString(j.harmlessWord(j.literal(), hidden))
	}
}

func (j *jsonRedactor) object(hidden bool) {
	j.copy(1)
	for j.space(); j.text[j.read] != '}'; j.space() {
		if j.text[j.read] == ',' {
			j.copy(1)
			continue
		}
		name := j.literal()
		j.out.WriteString(j.harmlessString(name, false))
		j.space()
		j.copy(1)
		j.value(hidden || isSecretName(decoded(name)))
	}
	j.copy(1)
}

func (j *jsonRedactor) array(hidden bool) {
	j.copy(1)
	for j.space(); j.text[j.read] != ']'; j.space() {
		if j.text[j.read] == ',' {
			j.copy(1)
			continue
		}
		j.value(hidden)
	}
	j.copy(1)
}

// harmlessString gives a string literal without its secrets. A literal without
// any stays as it was written.
func (j *jsonRedactor) harmlessString(literal string, hidden bool) string {
	before := decoded(literal)
	after := j.redactor.Text(before)
	switch {
	case hidden && before != "":
		after = Mark
	case strings.HasPrefix(before, "{") || strings.HasPrefix(before, "["):
		after = j.redactor.Body(before)
	}
	if after == before && !j.redactor.Holds(literal) {
		return literal
	}
	return encoded(after)
}

// harmlessWord gives a number, true, false or null without its secret.
func (j *jsonRedactor) harmlessWord(literal string, hidden bool) string {
	isNumber := literal[0] == '-' || literal[0] >= '0' && literal[0] <= '9'
	switch {
	case hidden && isNumber:
		return encoded(Mark)
	case isNumber && j.redactor.Holds(literal):
		return encoded(j.redactor.Text(literal))
	}
	return literal
}

// space copies white space.
func (j *jsonRedactor) space() {
	for j.read < len(j.text) && strings.IndexByte(" \t\r\n", j.text[j.read]) >= 0 {
		j.copy(1)
	}
}

func (j *jsonRedactor) copy(length int) {
	j.out.WriteString(j.text[j.read : j.read+length])
	j.read += length
}

// literal reads a string, number or word.
func (j *jsonRedactor) literal() string {
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
