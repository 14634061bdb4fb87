package redact

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

var (
	formBody = lazy(`^[^\s=&<>"{}\[\]:;,]+=[^\s<>"{}]*$`)
	// digested is the body of a request that a recording keeps as its digest.
	digested = lazy(`^` + ownPrefix + `: [0-9]+ bytes, sha256:[0-9a-f]+$`)
	// scriptPrefix stands in front of JSON so that no page can run it, or calls a
	// function with it.
	scriptPrefix = lazy(`^(?:\)\]\}'?,?|while ?\((?:1|true)\);|for ?\(;;\);|\{\} ?&&|(?:/\*\*/)?[\w.$]{1,64}\()[ \t\r\n]*[\[{"]`)
)

// Body takes out of a body what is not kept. What kind of body it is, it says
// itself: a Content-Type may be wrong or missing.
//
//   - JSON, also where it breaks off, keeps its layout, all names, and the values
//     of known members.
//   - A form keeps all names and the values of known parameters; of a multipart
//     body nothing is kept.
//   - HTML and XML keep all names of elements and attributes, and the text of
//     elements that hold text for a person or are known members.
//   - Of any other text the beginning stays.
//
// What stays is searched for secrets as Text does.
func (r *Redactor) Body(body string) string {
	begin := strings.TrimLeft(body, " \t\r\n\uFEFF")
	if prefix := scriptPrefix().FindString(begin); prefix != "" {
		at := len(body) - len(begin) + len(prefix) - 1
		return body[:at] + r.json(body[at:], knownMembers)
	}
	switch {
	case begin == "" || digested().MatchString(body):
		return body
	case strings.ContainsAny(begin[:1], `{["`) || json.Valid([]byte(begin)):
		at := len(body) - len(begin)
		return body[:at] + r.json(begin, knownMembers)
	case begin[0] == '<':
		// A token may hold what looks like a tag.
		return r.markup(rewrite(body, r.tokensInLayers(layersOf(body))))
	case strings.HasPrefix(begin, "--") && strings.Contains(lowered(begin), "\ncontent-"):
		return r.hidden("multipart", body)
	case formBody().MatchString(body):
		return r.parameters(body, true)
	case IsBinary(body):
		return r.hidden("binary", body)
	}
	return r.beginning(body)
}

// IsBinary reports whether a body has characters that stand in no text. Other
// bytes than those of UTF-8 may be a mistake.
func IsBinary(body string) bool {
	return strings.ContainsFunc(body, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\v\f\r", c) })
}

// longestText is how many bytes stay of a text that has no names.
const longestText = 1 << 10

// beginning is the beginning of a text, and how much follows it.
func (r *Redactor) beginning(text string) string {
	rest := ""
	if at := strings.LastIndex(text, "\n"+Mark); at >= 0 && mark().MatchString(text[at+1:]) {
		text, rest = text[:at], text[at:]
	} else if len(text) > longestText {
		at := longestText
		for !utf8.RuneStart(text[at]) {
			at--
		}
		// A secret that the cut goes through would not be found.
		if space := strings.LastIndexAny(text[:at], " \t\r\n"); space > 0 {
			at = space
		}
		text, rest = text[:at], "\n"+r.hidden("text", text[at:])
	}
	return r.Message(text) + rest
}

// markup keeps the elements of HTML or XML, with the names of their attributes, and
// the text of those that are known.
func (r *Redactor) markup(body string) string {
	var shown strings.Builder
	var open []string
	texts := 0
	read := 0
	// The rest of a declaration that the tokenizer broke off is no text.
	afterTag := false
	for tokens := html.NewTokenizer(strings.NewReader(body)); ; {
		kind := tokens.Next()
		raw := string(tokens.Raw())
		if kind == html.ErrorToken {
			shown.WriteString(r.spaced("text", body[min(read, len(body)):]))
			return shown.String()
		}
		read += len(raw)
		switch kind {
		case html.TextToken:
			inner := ""
			if len(open) > 0 {
				inner = open[len(open)-1]
			}
			_, local, prefixed := strings.Cut(inner, ":")
			if !prefixed {
				local = inner
			}
			if (keptElements[local] || r.keeps(keptMembers, local) || inner == "") && afterTag && texts < longestText {
				raw = r.Text(raw)
				texts += len(raw)
			} else {
				raw = r.spaced("string", raw)
			}
		case html.DoctypeToken:
			name := doctype().FindString(raw)
			raw, afterTag = name+r.spaced("declaration", strings.TrimSuffix(raw[len(name):], ">"))+">", false
		case html.CommentToken:
			afterTag = afterTag && strings.HasPrefix(raw, "<!--")
			raw = "<!-- " + r.hidden("comment", strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(raw, "<!--"), "-->"))) + " -->"
		case html.StartTagToken, html.SelfClosingTagToken:
			var tag string
			tag, raw = r.tag(tokens, raw)
			afterTag = true
			if kind == html.StartTagToken && !voidElements[tag] {
				open = append(open, tag)
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			// Elements that were not closed are few: a page that has more of them
			// than this loses texts, and nothing else.
			const most = 32
			for at := len(open) - 1; at >= 0 && at >= len(open)-most; at-- {
				if open[at] == string(name) {
					open = open[:at]
					break
				}
			}
			afterTag = true
			if raw = r.Text(raw); strings.ContainsAny(raw[len("</"):], " \t\r\n/=") {
				raw = "</" + r.Name(string(name)) + ">"
			}
		}
		shown.WriteString(raw)
	}
}

var doctype = lazy(`(?i)^<!doctype\s+[\w:.-]{1,64}`)

// voidElements have no end.
var voidElements = setOf("area base br col embed hr img input link meta source track wbr p li dt dd")

// tag gives the name of a start tag, and the tag with the names of its attributes.
// Values that say what the element is stay.
func (r *Redactor) tag(tokens *html.Tokenizer, raw string) (name, shown string) {
	tag, more := tokens.TagName()
	name = string(tag)
	shown = "<" + r.Name(name)
	kept := true
	for more {
		var key, value []byte
		if key, value, more = tokens.TagAttr(); len(key) == 0 {
			continue
		}
		after := r.hidden("string", string(value))
		if strings.Contains(" charset lang http-equiv type ", " "+string(key)+" ") {
			after = r.Text(string(value))
		}
		kept = kept && after == string(value) && r.Name(string(key)) == string(key)
		shown += " " + r.Name(string(key)) + `="` + html.EscapeString(after) + `"`
	}
	if kept {
		return name, r.Text(raw)
	}
	if strings.HasSuffix(raw, "/>") {
		shown += "/"
	}
	return name, shown + ">"
}

// spaced is hidden without the white space around it.
func (r *Redactor) spaced(kind, text string) string {
	inner := strings.TrimSpace(text)
	if inner == "" {
		return text
	}
	return strings.Replace(text, inner, r.hidden(kind, inner), 1)
}
