package redact

import (
	"regexp"
	"strings"
)

const headerNames = `set-cookie2?|cookie2?|(?:[\w-]+-)?authorization|x-[\w-]*(?:token|secret|api-?key|password|assertion|cookie)[\w-]*`

var (
	headerName = regexp.MustCompile(`(?i)^(?:` + headerNames + `)$`)
	// The value stands behind the colon, or in a list of JSON or YAML.
	headerInText = regexp.MustCompile(`(?i)` + aStart + `(` + headerNames + `)(?:` + anyQuote + `)?[ \t]*:(?:[ \t]*(\[` + anySpace + `)|\s*(- +)|[ \t]*)(` + anyQuote + `)?`)
	// nextItem is the next item of a list in YAML.
	nextItem = regexp.MustCompile(`^['"]?[ \t]*\r?\n[ \t]*- +(` + anyQuote + `)?`)
	// bareEnd is where the value of a header ends that stands in no quotes.
	bareEnd = regexp.MustCompile("[\r\n\"'`<>]|\\\\|&#(?:3[49]|10|13|x[AD]);|&quot;|%(?:25)*2[27]|$")
)

// headersInText finds headers in a text: a dump of HTTP, a command line of
// curl, a cassette, a report.
func headersInText(r *Redactor, page page, add func(span)) {
	text := page.text
	for _, at := range page.matches(headerInText, names("cookie", "authorization", "x-")) {
		name := text[at[2]:at[3]]
		each := func(start, end int) {
			for _, one := range r.headerSpans(name, text[start:end]) {
				one.start, one.end = one.start+start, one.end+start
				add(one)
			}
		}
		start, isItem := at[1], at[6] >= 0
		if at[8] >= 0 && !isItem {
			quotedTexts(text, start, text[at[8]:at[9]], at[4] >= 0, each)
			continue
		}
		quote := at[8:10]
		for {
			end := start + bareEnd.FindStringIndex(text[start:])[0]
			if quote[0] >= 0 {
				end = closing(text, start, text[quote[0]:quote[1]])
			}
			each(start, end)
			next := nextItem.FindStringSubmatchIndex(text[end:])
			if !isItem || next == nil {
				break
			}
			start, quote = end+next[1], []int{next[2], next[3]}
			if next[2] >= 0 {
				quote = []int{end + next[2], end + next[3]}
			}
		}
	}
}

var (
	cookiePair = regexp.MustCompile(`([^\s=;,"']+)=("?[^;\s"]+)`)
	// A challenge names parameters (RFC 6750, section 3), and prose goes on with
	// a word: neither is a token.
	challenge = regexp.MustCompile(`(?i)^(?:realm|error|error_description|error_uri|scope|charset|resource_metadata|algorithm|username|nonce|qop|uri)=`)
	prose     = regexp.MustCompile(`^[A-Za-z]{1,24}[.,:;!?)]*$`)
	// unknownToken is a token that dpconform makes up and nobody issued.
	unknownToken = regexp.MustCompile(`^dpconform-unknown-token-[0-9a-f]{16}$`)
)

// headerSpans finds the secrets in the value of a header that stands in a text.
// It may be no header but prose, so words are left alone.
func (r *Redactor) headerSpans(name, value string) []span {
	letters := lettersOf(name)
	var spans []span
	switch {
	case strings.Contains(letters, "cookie"):
		if strings.HasPrefix(letters, "setcookie") {
			value, _, _ = strings.Cut(value, ";") // What follows are attributes.
		}
		for _, at := range cookiePair.FindAllStringSubmatchIndex(value, -1) {
			if !isHarmlessValue(Cookie, value[at[4]:at[5]]) {
				spans = append(spans, span{start: at[4], end: at[5], kind: Cookie, with: Mark})
			}
		}
	case strings.HasSuffix(letters, "authorization"):
		scheme, token := splitAuthorization(value)
		if isCredentials(token) {
			spans = append(spans, span{start: len(scheme), end: len(value), kind: Credentials, with: r.label(token)})
		}
	default:
		if IsOpaque(value) && !strings.ContainsAny(value, " \t") {
			spans = append(spans, span{end: len(value), kind: SomeToken, with: Mark})
		}
	}
	return spans
}

// isCredentials reports whether the text behind a scheme authorises somebody.
func isCredentials(text string) bool {
	word, _, several := strings.Cut(text, " ")
	switch {
	case isHarmlessToken(word), placeholder.MatchString(word), challenge.MatchString(word), prose.MatchString(word) && !several:
		return false
	case several && !strings.Contains(word, "="):
		return strings.ContainsFunc(text, func(r rune) bool { return r >= '0' && r <= '9' }) && IsOpaque(longestWord(text))
	}
	return strings.ContainsFunc(word, isLetterOrDigit)
}

func longestWord(text string) string {
	longest := ""
	for word := range strings.FieldsSeq(text) {
		if len(word) > len(longest) {
			longest = word
		}
	}
	return longest
}

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isHarmlessToken knows what dpconform itself puts in the place of a token.
func isHarmlessToken(token string) bool {
	return token == "" || strings.HasPrefix(token, Mark) || unknownToken.MatchString(token)
}

// IsOpaque reports whether a word is one that no person would write: long, with
// letters and digits, or very long.
func IsOpaque(word string) bool {
	if isHarmlessToken(word) || len(word) < 8 {
		return false
	}
	hasDigit := strings.ContainsAny(word, "0123456789")
	hasLetter := strings.ContainsFunc(word, func(r rune) bool { return isLetterOrDigit(r) && (r < '0' || r > '9') })
	return hasDigit && hasLetter || len(word) > 24
}

// scheme is a token behind its scheme. The class of its letters ends before the
// quote that ends a string of JSON.
var scheme = regexp.MustCompile("(?i)(?:\\b|\\\\[nrt])(?:(?:bearer|dpop)(?:[ \\t]+|%(?:25)*20|\\+|\\\\t|:[ \\t]*)(?:\\\\*[\"'`<])?([\\w.~+/=:%-]+)|" +
	"basic(?:[ \\t]+|%(?:25)*20|\\+)(?:\\\\*[\"'`<])?([\\w+/=%:-]{6,}))")

// tokenLetters and basicLetters are those that a token goes on with.
var (
	tokenLetters = regexp.MustCompile(`^[\w.~+/=:%-]+`)
	basicLetters = regexp.MustCompile(`^[\w+/=%:-]+`)
)

// isBasic reports whether a word behind "basic" is base64, and not prose such
// as "basic HTTP/1.1".
func isBasic(word, behind string) bool {
	if len(behind) > 1 && behind[0] == '.' && isLetterOrDigit(rune(behind[1])) {
		return false
	}
	return strings.ContainsAny(word, "0123456789=") || len(word) > 16 && !strings.ContainsAny(word, "/-_")
}

// digestAnswer is what authorises in a Digest (RFC 7616, section 3.4).
var digestAnswer = regexp.MustCompile(`(?i)\bdigest[ \t][^\r\n]*?\bresponse=(?:` + anyQuote + `)?([0-9a-f]{16,})`)

// schemes finds the tokens of schemes that are quoted in a text, such as the
// message of a server that repeats what it was sent.
func schemes(r *Redactor, page page, add func(span)) {
	text := page.text
	for _, at := range page.matches(digestAnswer, words{any: []string{"response="}, before: 1 << 10, behind: behindName}) {
		add(span{start: at[2], end: at[3], kind: Credentials, with: Mark})
	}
	for _, at := range page.matches(scheme, words{any: []string{"bearer", "basic", "dpop"}, before: 8, behind: behindName}) {
		start, end := at[2], page.endOf(tokenLetters, at[1])
		if start < 0 {
			start, end = at[4], page.endOf(basicLetters, at[4])
			if !isBasic(text[start:end], text[end:]) {
				continue
			}
		}
		token := text[start:end]
		if isHarmlessToken(token) || challenge.MatchString(token) || prose.MatchString(token) || !strings.ContainsFunc(token, isLetterOrDigit) {
			continue
		}
		add(span{start: start, end: end, kind: Credentials, with: r.label(token)})
	}
}
