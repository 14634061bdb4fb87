package redact

import (
	"encoding/base64"
	"regexp"
	"strings"
)

var (
	longMember = regexp.MustCompile(`(?i)(` + anyName(longNames) + `)(?:` + anyQuote + `)?` + anySpace + anyColon + anySpace +
		`(\[` + anySpace + `)?(` + anyQuote + `)`)
	wordMember = regexp.MustCompile(`(?i)(?:` + anyQuote + `)(` + anyName(wordNames) + `)(?:` + anyQuote + `)` + anySpace + anyColon + anySpace +
		`(\[` + anySpace + `)?(` + anyQuote + `)`)
)

// membersWithQuotes finds `"name": "value"` and `name = 'value'` with a secret
// name, in what is or once was JSON, YAML, TOML or a program, however it is
// escaped. Its end may be missing.
func membersWithQuotes(_ *Redactor, page page, add func(span)) {
	text := page.text
	for _, pattern := range []*regexp.Regexp{longMember, wordMember} {
		for _, at := range page.matches(pattern, nameWords) {
			kind, _ := kindOfName(plainName(text[at[2]:at[3]]))
			quotedTexts(text, at[7], text[at[6]:at[7]], at[4] >= 0, func(start, end int) {
				value := text[start:end]
				if isHarmlessValue(kind, value) || kind == AuthorizationCode && len(value) < shortestCode {
					return
				}
				add(span{start: start, end: end, kind: kind, with: Mark})
			})
		}
	}
}

// plainName is a name without percent escapes.
func plainName(name string) string {
	return strings.NewReplacer("%5F", "_", "%5f", "_").Replace(name)
}

var (
	bareMember = regexp.MustCompile(`(?i)(` + anyName(longNames) + `)(?:` + anyQuote + `)?(?:[ \t]*:[ \t]*|[ \t]+=[ \t]+)`)
	bareValue  = regexp.MustCompile(`^[^\s"'\\,;&<>{}\[\]()]+`)
	// noValue are words that say something of a secret, and what begins a block
	// of YAML. A secret that is to be guessed by nobody is no short word.
	noValue = regexp.MustCompile(`(?i)^(?:[|>][+-]?|[a-z]{1,5}|missing|required|invalid|unknown|expired|string)[.:!]?$`)
)

// membersWithoutQuotes finds `name: value` and `name = value`.
func membersWithoutQuotes(_ *Redactor, page page, add func(span)) {
	for _, at := range page.matches(bareMember, nameWords) {
		kind, _ := kindOfName(plainName(page.text[at[2]:at[3]]))
		end := page.endOf(bareValue, at[1])
		value := page.text[at[1]:end]
		if !isHarmlessValue(kind, value) && !noValue.MatchString(value) {
			add(span{start: at[1], end: end, kind: kind, with: Mark})
		}
	}
}

var (
	openingTag = regexp.MustCompile(`(?i)(?:<|&lt;|\\u003c)(?:[\w.-]+:)?([\w.-]*?(?:` + anyName(longNames) + `)|` + anyName(wordNames) + `)(?:\s[^<>]*)?(?:>|&gt;|\\u003e)\s*(?:<!\[CDATA\[)?`)
	closingTag = regexp.MustCompile(`(?i)\s*(?:<|&lt;|\\u003c|\]\]>)|$`)
)

// elements finds `<name>value</name>` of XML. <code> is HTML's own.
func elements(_ *Redactor, page page, add func(span)) {
	text := page.text
	if !strings.Contains(text, "</") && !page.has("&lt;") && !page.has(`\u003c`) && !page.has("[cdata[") {
		return
	}
	for _, at := range page.matches(openingTag, words{any: nameWords.any, before: beforeName, behind: behindName}) {
		kind, _ := kindOfName(text[at[2]:at[3]])
		end := at[1] + closingTag.FindStringIndex(text[at[1]:])[0]
		if kind != AuthorizationCode && !isHarmlessValue(kind, text[at[1]:end]) {
			add(span{start: at[1], end: end, kind: kind, with: Mark})
		}
	}
}

var pair = regexp.MustCompile(`(?i)\bname(?:` + anyQuote + `)?` + anySpace + `[:=]` + anySpace + `(?:` + anyQuote + `)([\w.-]+)(?:` + anyQuote + `)[^<>{}]{0,200}?` +
	`\bvalue(?:` + anyQuote + `)?` + anySpace + `[:=]` + anySpace + `(` + anyQuote + `)`)

var (
	cookiesMember = regexp.MustCompile(`(?i)` + aStart + `cookies(?:` + anyQuote + `)` + anySpace + `:` + anySpace + `\[`)
	cookieValue   = regexp.MustCompile(`(?i)\bvalue(?:` + anyQuote + `)` + anySpace + `:` + anySpace + `(` + anyQuote + `)`)
)

// cookieLists finds the cookies in an archive of HTTP (HAR).
func cookieLists(_ *Redactor, page page, add func(span)) {
	for _, list := range page.matches(cookiesMember, names("cookies")) {
		text, _, _ := strings.Cut(page.text[list[1]:], "]")
		for _, at := range cookieValue.FindAllStringSubmatchIndex(text, -1) {
			start := list[1] + at[3]
			end := closing(page.text, start, text[at[2]:at[3]])
			add(span{start: start, end: end, kind: Cookie, with: Mark})
		}
	}
}

// pairs finds a name and its value side by side, as an archive of HTTP (HAR)
// and a form of HTML have them.
func pairs(r *Redactor, page page, add func(span)) {
	text := page.text
	for _, at := range page.matches(pair, words{any: []string{"value"}, before: 400, behind: behindName, named: true}) {
		name, start := text[at[2]:at[3]], at[5]
		end := closing(text, start, text[at[4]:at[5]])
		if headerName.MatchString(name) {
			for _, one := range r.headerSpans(name, text[start:end]) {
				one.start, one.end = one.start+start, one.end+start
				add(one)
			}
			continue
		}
		if kind, secret := kindOfName(name); secret && !isHarmlessValue(kind, text[start:end]) {
			add(span{start: start, end: end, kind: kind, with: Mark})
		}
	}
}

var (
	urlsMember = regexp.MustCompile(`(?i)` + aStart + `urls(?:` + anyQuote + `)?` + anySpace + anyColon + anySpace + `\[` + anySpace + `(` + anyQuote + `)`)
	urlsLines  = regexp.MustCompile(`\burls["']?:[ \t]*\r?\n`)
	urlLine    = regexp.MustCompile(`^[ \t]*- ["']?([^\s"']*)[^\n]*\n?`)
)

// downloadURLs finds the list of URLs in the state of a COMPLETE job. Whoever
// has one of them downloads the data of a person, so each is hidden whole:
// https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/getPortabilityArchiveState
func downloadURLs(_ *Redactor, page page, add func(span)) {
	text := page.text
	if !page.has("urls") {
		return
	}
	for _, at := range page.matches(urlsMember, names("urls")) {
		quotedTexts(text, at[3], text[at[2]:at[3]], true, func(start, end int) {
			add(span{start: start, end: end, kind: DownloadURL, with: Mark})
		})
	}
	for _, at := range page.matches(urlsLines, names("urls")) {
		for from := at[1]; ; {
			line := urlLine.FindStringSubmatchIndex(text[from:])
			if line == nil {
				break
			}
			if strings.Contains(text[from+line[2]:from+line[3]], "://") {
				add(span{start: from + line[2], end: from + line[3], kind: DownloadURL, with: Mark})
			}
			from += line[1]
		}
	}
}

var storedBody = regexp.MustCompile(`dpconform: base64 ([A-Za-z0-9+/]+=*)`)

// storedBodies looks into the bodies that a cassette keeps in base64.
func storedBodies(r *Redactor, page page, add func(span)) {
	text := page.text
	if !strings.Contains(text, "dpconform: base64 ") {
		return
	}
	for _, at := range storedBody.FindAllStringSubmatchIndex(text, -1) {
		body, err := base64.StdEncoding.DecodeString(text[at[2]:at[3]])
		if err != nil {
			continue
		}
		if harmless := r.Body(string(body)); harmless != string(body) {
			add(span{start: at[2], end: at[3], with: base64.StdEncoding.EncodeToString([]byte(harmless)), inner: string(body)})
		}
	}
}
