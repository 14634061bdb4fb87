package redact

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// keeping says what is kept of a value.
type keeping int

const (
	nothing keeping = iota
	// knownMembers: members of objects in it by their names, and no other value.
	knownMembers
	everything
)

// container is an object or array that is being read. Its values are kept as of
// says: those of an array all alike, those of an object as the name says that was
// read before.
type container struct {
	array bool
	of    keeping
	// details says that it is in a list "details", whose member "detail" is that of
	// google.rpc.DebugInfo.
	details bool
	// named says that the name of a member was read, and member what it allows.
	named  bool
	member keeping
	code   bool
	name   string
	// renamed counts the names that are replaced: a name must not stand twice for
	// that.
	renamed int
}

// json takes the secrets out of a text that begins like JSON. What is not kept is
// replaced; everything else stays as it is written, with its layout. Where the
// text is not JSON any more, the rest is replaced: it has no names to go by.
func (r *Redactor) json(text string, of keeping) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	stackShown := debugInfo().MatchString(text)
	var found []span
	stack := []container{{array: true, of: of}}
	for {
		start := int(decoder.InputOffset())
		start += len(text[start:]) - len(strings.TrimLeft(text[start:], " \t\r\n,:"))
		token, err := decoder.Token()
		if err != nil {
			if start < len(text) {
				found = append(found, span{start, len(text), r.hidden("text", text[start:])})
			}
			return rewrite(text, found)
		}
		end := int(decoder.InputOffset())
		inner := &stack[len(stack)-1]
		if name, isText := token.(string); isText && !inner.array && !inner.named {
			inner.named, inner.member, inner.code, inner.name = true, nothing, strings.EqualFold(name, "code"), name
			if inner.of != nothing && r.keeps(keptMembers, name) && !(strings.EqualFold(name, "detail") && (inner.details || stackShown)) {
				inner.member = everything
			}
			after := r.Name(name)
			if after == Mark {
				if inner.renamed++; inner.renamed > 1 {
					after += "-" + strconv.Itoa(inner.renamed)
				}
			}
			if after != name || len(r.tokensIn(text[start:end])) > 0 {
				found = append(found, span{start, end, Literal(after)})
			}
			continue
		}
		of := inner.of
		if !inner.array {
			of = inner.member
		}
		inner.named = false
		if delimiter, is := token.(json.Delim); is {
			if delimiter == '{' || delimiter == '[' {
				stack = append(stack, container{array: delimiter == '[', of: of, details: inner.array && inner.details || inner.name == "details"})
			} else {
				stack = stack[:len(stack)-1]
			}
			continue
		}
		kept := of == everything && (!inner.code || isErrorCode("code", strings.Trim(text[start:end], `"`)))
		if after := r.scalar(token, text[start:end], kept); after != text[start:end] {
			found = append(found, span{start, end, after})
		}
	}
}

// debugInfo finds a google.rpc.DebugInfo, wherever it stands and with its members in
// any order: its detail is a stack, as its stackEntries are.
var debugInfo = lazy(`(?i)\.DebugInfo"|"stack_?entries"`)

// Value takes the secrets out of the JSON value of a member that is kept.
func (r *Redactor) Value(text string) string { return r.json(text, everything) }

// scalar gives the literal of a value without what is not kept; one without any
// secret stays as it was written.
func (r *Redactor) scalar(token json.Token, literal string, kept bool) string {
	var before, after string
	switch value := token.(type) {
	case string:
		before = value
		switch {
		case !kept:
			after = r.hidden("string", value)
		case json.Valid([]byte(value)) && strings.ContainsAny(value[:1], "{["):
			after = r.json(value, knownMembers)
		default:
			after = r.Message(value)
		}
	case json.Number:
		before, after = literal, r.hidden("number", literal)
		if kept {
			after = r.Text(literal)
		}
	default:
		return literal
	}
	if after == before && len(r.tokensIn(literal)) == 0 {
		return literal
	}
	return Literal(after)
}

// Literal is a text as a string literal of JSON.
func Literal(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// A string can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(buffer.String(), "\n")
}
