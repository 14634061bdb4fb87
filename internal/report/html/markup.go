package html

import (
	"bytes"
	"html"
	"html/template"
	"strconv"
	"strings"
)

// markup writes the parts of the page of which there are thousands, for which
// html/template takes too long. What is written is either a literal of this
// program, which the compiler sees to, or escaped.
type markup struct{ bytes.Buffer }

// literal is markup that stands in this program. A string of a report is none.
type literal string

// raw writes markup as it is.
func (m *markup) raw(markup literal) { m.WriteString(string(markup)) }

// text writes a text between tags.
func (m *markup) text(text string) {
	if strings.ContainsAny(text, "&<>") {
		text = betweenTags.Replace(text)
	}
	m.WriteString(text)
}

var betweenTags = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// attribute writes an attribute of a tag. It is for those that hold text or a
// link within the page.
func (m *markup) attribute(name literal, value string) {
	m.raw(" ")
	m.raw(name)
	m.raw(`="`)
	m.WriteString(html.EscapeString(value))
	m.raw(`"`)
}

// element writes an element that holds a text, or nothing for an empty one.
func (m *markup) element(tag literal, text string) {
	if text == "" {
		return
	}
	m.raw("<")
	m.raw(tag)
	m.raw(">")
	m.text(text)
	m.raw("</")
	m.raw(tag)
	m.raw(">")
}

// anchored writes a link within the page, or the text alone where there is none.
func (m *markup) anchored(to reference) {
	if to.Link == "" {
		m.text(to.Name)
		return
	}
	m.raw("<a")
	m.attribute("href", string(to.Link))
	m.raw(">")
	m.text(to.Name)
	m.raw("</a>")
}

// fold begins something that is folded unless it is open.
func (m *markup) fold(class literal, of, anchor string, open bool) {
	m.raw(`<details`)
	m.attribute("class", strings.TrimRight(string(class)+" "+of, " "))
	m.attribute("id", anchor)
	if open {
		m.raw(" open")
	}
	m.raw("><summary>")
}

func (m *markup) html() template.HTML { return template.HTML(m.String()) }

func (m *markup) check(check check) {
	m.fold("check", check.Class, check.Anchor, check.Open)
	m.WriteString(string(check.Said))
	m.element("b", check.ID)
	m.raw(" ")
	m.element("span", check.Title)
	m.element("i", check.Took)
	m.raw("</summary>\n<p class=\"sends\"><i>sends</i> ")
	m.text(check.Sends)
	m.raw("</p>\n")
	m.reason(check)
	for _, one := range check.Findings {
		m.finding(one)
	}
	for _, one := range check.Exchanges {
		m.exchange(one)
	}
	if len(check.Others) > 0 {
		m.raw(`<p class="quiet">Shown elsewhere: exchange`)
		for i, one := range check.Others {
			if i > 0 {
				m.raw(",")
			}
			m.raw(" ")
			m.anchored(one)
		}
		m.raw("</p>\n")
	}
	m.raw("</details>\n")
}

// reason says why a check was not judged, and what would help.
func (m *markup) reason(check check) {
	if check.Reason == "" {
		return
	}
	m.raw(`<p class="remark">`)
	m.text(check.Reason)
	if check.Flag != "" {
		m.raw(". Give ")
		m.element("code", check.Flag)
	}
	m.raw("</p>\n")
}

// checkLine writes a check that stands elsewhere.
func (m *markup) checkLine(line checkLine) {
	m.raw("<div")
	m.attribute("class", "other "+line.Class)
	m.raw(">")
	m.WriteString(string(line.Said))
	m.anchored(reference{line.Link, line.ID})
	m.raw(" ")
	m.element("span", line.Title)
	for _, one := range line.Findings {
		m.finding(one)
	}
	m.raw("</div>\n")
}

func (m *markup) finding(finding finding) {
	m.raw("<div")
	m.attribute("class", "finding "+finding.Class)
	m.raw("><p>")
	m.WriteString(string(finding.Mark))
	m.element("b", finding.Word)
	m.raw(" ")
	m.anchored(finding.Requirement)
	m.raw("</p>\n<dl><div><dt>want</dt><dd>")
	m.text(finding.Want)
	m.raw("</dd></div><div><dt>got</dt><dd>")
	m.text(finding.Got)
	m.raw("</dd></div></dl>\n")
	m.shows(finding)
	m.raw("</div>\n")
}

// shows says where a finding shows, and who expects it.
func (m *markup) shows(finding finding) {
	m.raw(`<p class="quiet">`)
	if finding.Exchange.Link != "" {
		m.raw("Shows in ")
		if finding.Place != "" {
			m.text(finding.Place)
			m.raw(" of ")
		}
		m.anchored(reference{finding.Exchange.Link, "exchange " + finding.Exchange.Name})
		if finding.Times != "" {
			m.text(", " + finding.Times + " in all")
		}
	}
	if finding.Known != "" {
		m.raw(" Expected by ")
		m.element("code", finding.Known)
	}
	m.raw("</p>")
	if finding.Exchange.Link == "" {
		m.command(finding.Curl)
	}
}

// command writes something to be copied.
func (m *markup) command(text string) {
	if text != "" {
		m.raw(`<pre class="copy">`)
		m.text(text)
		m.raw("</pre>\n")
	}
}

func (m *markup) exchange(exchange exchange) {
	m.fold("exchange", "", exchange.Anchor, exchange.Open)
	m.element("b", strconv.Itoa(exchange.Number))
	m.raw("<span")
	m.attribute("class", "status "+exchange.Class)
	m.raw(">")
	m.text(exchange.Status)
	m.raw("</span>")
	m.element("code", exchange.Line)
	m.element("span", exchange.Purpose)
	m.element("i", exchange.Took)
	m.raw("</summary>\n<div class=\"two\"><div><p>Request ")
	m.element("i", exchange.Credential)
	m.raw("</p><pre>")
	m.text(exchange.Request)
	m.raw("</pre></div><div><p>Answer ")
	m.element("i", exchange.Bytes)
	m.raw("</p><pre>")
	for _, part := range exchange.Answer {
		if part.Marked {
			m.element("mark", part.Text)
		} else {
			m.text(part.Text)
		}
	}
	m.raw("</pre></div></div>\n")
	for _, earlier := range exchange.Earlier {
		m.earlier(earlier)
	}
	m.command(exchange.Curl)
	m.raw("</details>\n")
}

func (m *markup) earlier(attempt attempt) {
	m.raw(`<div class="earlier"><p>Before that: `)
	m.text(attempt.Status)
	m.raw(" ")
	m.element("i", attempt.Took)
	m.raw("</p><pre>")
	m.text(attempt.Answer)
	m.raw("</pre></div>\n")
}
