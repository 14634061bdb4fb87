package redact

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Body takes the secrets out of a body. JSON stays JSON, with its layout: only
// the strings and numbers that hold a secret are written anew. All else is taken
// as text.
func (r *Redactor) Body(body string) string {
	if body == "" || !json.Valid([]byte(body)) {
		return r.Text(body)
	}
	return rewrite(body, r.jsonSecrets(body))
}

// meaning is what the name of a member says of its value.
type meaning struct {
	// hidden says that the value is secret whatever is in it.
	hidden bool
	name   string
	// header says that the name is that of a header, and the value one, too.
	header bool
}

func meaningOf(name string, outer meaning) meaning {
	switch {
	case outer.hidden:
		return outer
	case strings.EqualFold(name, "urls") || strings.EqualFold(name, "cookies"):
		return meaning{hidden: true, name: name}
	case headerName().MatchString(name):
		return meaning{header: true, name: name}
	}
	return meaning{hidden: isSecretName(name), name: name}
}

// container is an object or array that is being read.
type container struct {
	array bool
	of    meaning
	// name is that of the member that is being read, empty before its name is.
	name    string
	hasName bool
	// named is the value of the member "name": an archive of HTTP has
	// {"name": "access_token", "value": "..."}.
	named string
}

func (c container) meaning() meaning {
	if c.array {
		return c.of
	}
	of := meaningOf(c.name, c.of)
	if c.name == "value" && c.named != "" && !of.hidden {
		return meaningOf(c.named, c.of)
	}
	return of
}

// jsonSecrets lists the literals of a valid JSON text that hold a secret.
func (r *Redactor) jsonSecrets(text string) []span {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var found []span
	stack := []container{{array: true}}
	for {
		start := int(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		end := int(decoder.InputOffset())
		start += len(text[start:end]) - len(strings.TrimLeft(text[start:end], " \t\r\n,:"))
		inner := &stack[len(stack)-1]
		if name, isText := token.(string); isText && !inner.array && !inner.hasName {
			found = append(found, r.literal(text[start:end], name, meaning{}, start)...)
			inner.name, inner.hasName = name, true
			continue
		}
		of := inner.meaning()
		inner.hasName = false
		switch value := token.(type) {
		case json.Delim:
			switch value {
			case '{', '[':
				stack = append(stack, container{array: value == '[', of: of})
			default:
				stack = stack[:len(stack)-1]
			}
		case string:
			if !inner.array && inner.name == "name" {
				inner.named = value
			}
			found = append(found, r.literal(text[start:end], value, of, start)...)
		case json.Number:
			literal := text[start:end]
			switch {
			case of.hidden && letters(of.name) != "code":
				found = append(found, span{start, end, encoded(Mark)})
			case len(r.tokensIn(literal)) > 0:
				found = append(found, span{start, end, encoded(r.Text(literal))})
			}
		}
	}
}

// literal gives the span of a string that holds a secret; one without any stays
// as it was written.
func (r *Redactor) literal(literal, value string, of meaning, start int) []span {
	var after string
	switch {
	case value == "":
		return nil
	case of.hidden && !isErrorCode(of.name, value):
		after = Mark
	case of.header:
		var spans []span
		r.headerSecrets(of.name, value, func(start, end int, with string) { spans = append(spans, span{start, end, with}) })
		after = r.Text(rewrite(value, merged(spans)))
	case value[0] == '{' || value[0] == '[':
		after = r.Body(value)
	default:
		after = r.Text(value)
	}
	if after == value && len(r.tokensIn(literal)) == 0 {
		return nil
	}
	return []span{{start, start + len(literal), encoded(after)}}
}

// encoded is a text as a string literal.
func encoded(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// A string can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(buffer.String(), "\n")
}
