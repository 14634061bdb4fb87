package redact

import (
	"regexp"
	"slices"
	"strings"
)

// rules find the secrets of one form each in a layer of a text.
var rules = []func(r *Redactor, l layer, add func(start, end int, with string)){
	named, elements, pairs, downloadURLs, signatures, headersInText, schemes, passwordsOfURLs, shapes,
}

// behindName is how many bytes a value may begin behind a word of its name.
const behindName = 160

// aStart is where a name may begin. A letter after a backslash is an escape.
const aStart = `(?:^|[^\w\\])`

var (
	// namedValue is a secret name up to its value: what stands in front (1), a name
	// that is no word (2) or one that is (3), the quote behind (4), the sign (5),
	// the beginning of a list (6) and the quote of the value (7).
	namedValue = lazy(`(["']|` + aStart + `)?(?:(` + anyName(longNames) + `)|(` + anyName(wordNames) + `))(["']?)` +
		`(\s*(?::=|=>|[:=])\s*)(\[\s*)?(["'])?`)
	bareValue        = lazy(`^[^\s"'\\,;&<>{}\[\]()]+`)
	valueOfParameter = lazy(`^[^&\s"'<>#\\]*`)
	// noValue are words that say something of a secret, and what begins a block
	// of YAML. A secret that is to be guessed by nobody is no short word.
	noValue = lazy(`(?i)^(?:[|>][+-]?|[a-z]{1,5}|missing|required|invalid|unknown|expired|string)[.:!]?$`)
)

// named finds what has a secret name: `"name": "value"`, `name = 'value'` and
// `name: value` in JSON, YAML, TOML or a program, and `name=value` in a form, a
// query or a fragment. Their end may be missing.
func named(_ *Redactor, l layer, add func(int, int, string)) {
	// What is in a value that is taken out needs no look of its own.
	done := 0
	for _, at := range l.matches(namedValue, behindName, nameWords) {
		if at[0] < done {
			continue
		}
		isWord, sign, start := at[4] < 0, l.text[at[10]:at[11]], at[11]
		name := l.text[max(at[4], at[6]):max(at[5], at[7])]
		switch {
		case at[14] >= 0:
			if isWord && (at[3]-at[2] != 1 || strings.IndexByte(`"'`, l.text[at[2]]) < 0 || at[8] == at[9]) {
				continue
			}
			l.quoted(at[1], at[12] >= 0, func(start, end int) {
				if value := l.text[start:end]; isSecretValue(name, value) && !isErrorCode(name, value) {
					add(start, end, Mark)
					done = end
				}
			})
		case sign == "=" && at[8] == at[9]:
			// A word counts at the start of a name alone.
			if isWord && at[2] < 0 {
				continue
			}
			end := l.endOf(valueOfParameter, start)
			// Behind a semicolon that ends it, the text goes on.
			if end > start && l.text[end-1] == ';' {
				end--
			}
			if isSecretValue(name, l.text[start:end]) {
				add(start, end, Mark)
				done = end
			}
		case !isWord && !strings.ContainsAny(sign, "\r\n>") && sign != ":=":
			end := l.endOf(bareValue, start)
			if value := l.text[start:end]; isSecretValue("", value) && !noValue().MatchString(value) {
				add(start, end, Mark)
				done = end
			}
		}
	}
}

var (
	openingTag = lazy(`<(?:[\w.-]+:)?([\w.-]*?(?:` + anyName(longNames) + `)|` + anyName(wordNames) + `)(?:\s[^<>]*)?>\s*(?:<!\[cdata\[)?`)
	closingTag = lazy(`\s*(?:<|\]\]>)|$`)
)

// elements finds `<name>value</name>` of XML. <code> is HTML's own.
func elements(_ *Redactor, l layer, add func(int, int, string)) {
	if !strings.Contains(l.lower, "</") && !strings.Contains(l.lower, "[cdata[") {
		return
	}
	for _, at := range l.matches(openingTag, behindName, nameWords) {
		end := at[1] + closingTag().FindStringIndex(l.text[at[1]:])[0]
		if name := l.text[at[2]:at[3]]; letters(name) != "code" && isSecretValue(name, l.text[at[1]:end]) {
			add(at[1], end, Mark)
		}
	}
}

var (
	pair          = lazy(`\bname["']?\s*[:=]\s*["']([\w.-]+)["'][^<>{}]{0,200}?\bvalue["']?\s*[:=]\s*["']`)
	cookiesMember = lazy(`` + aStart + `cookies["']\s*:\s*\[`)
	cookieValue   = lazy(`(?i)\bvalue["']\s*:\s*["']`)
)

// pairs finds a name and its value side by side, as an archive of HTTP (HAR) and
// a form of HTML have them, and the cookies of an archive.
func pairs(r *Redactor, l layer, add func(int, int, string)) {
	for _, at := range l.matches(pair, behindName+400, []string{"name"}) {
		name, start := l.text[at[2]:at[3]], at[1]
		end := l.closing(start, l.text[start-1])
		switch value := l.text[start:end]; {
		case headerName().MatchString(name):
			r.headerSecrets(name, value, func(from, to int, with string) { add(start+from, start+to, with) })
		case isSecretName(name) && isSecretValue(name, value):
			add(start, end, Mark)
		}
	}
	done := 0
	for _, list := range l.matches(cookiesMember, behindName, []string{"cookies"}) {
		if list[0] < done {
			continue
		}
		text, _, _ := strings.Cut(l.text[list[1]:], "]")
		done = list[1] + len(text)
		for _, at := range cookieValue().FindAllStringIndex(text, -1) {
			start := list[1] + at[1]
			add(start, l.closing(start, l.text[start-1]), Mark)
		}
	}
}

var (
	urlsMember = lazy(`` + aStart + `urls["']?\s*[:=]\s*\[\s*["']`)
	urlsLines  = lazy(`\burls["']?:[ \t]*\r?\n`)
	urlLine    = lazy(`^[ \t]*- ["']?([^\s"']*)[^\n]*\n?`)
)

// downloadURLs finds the list of URLs in the state of a COMPLETE job. Whoever
// has one of them downloads the data of a person, so each is hidden whole:
// https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/getPortabilityArchiveState
func downloadURLs(_ *Redactor, l layer, add func(int, int, string)) {
	for _, at := range l.matches(urlsMember, behindName, []string{"urls"}) {
		l.quoted(at[1], true, func(start, end int) { add(start, end, Mark) })
	}
	for _, at := range l.matches(urlsLines, behindName, []string{"urls"}) {
		for from := at[1]; ; {
			line := urlLine().FindStringSubmatchIndex(l.text[from:])
			if line == nil {
				break
			}
			if start, end := from+line[2], from+line[3]; strings.Contains(l.text[start:end], "://") {
				add(start, end, Mark)
			}
			from += line[1]
		}
	}
}

var signatureParameter = lazy(`[?&;#](?:` + strings.NewReplacer("x-goog-", `x-goog-[\w-]+`, "x-amz-", `x-amz-[\w-]+`).Replace(strings.Join(signatureNames, "|")) + `)=`)

// signatures finds the parameters that sign a URL.
func signatures(_ *Redactor, l layer, add func(int, int, string)) {
	if !strings.Contains(l.text, "=") {
		return
	}
	for _, at := range l.matches(signatureParameter, behindName, signatureNames) {
		add(at[1], l.endOf(valueOfParameter, at[1]), Mark)
	}
}

const headerNames = `set-cookie2?|cookie2?|(?:[\w-]+-)?authorization|x-[\w-]*(?:token|secret|api-?key|password|assertion|cookie)[\w-]*`

var (
	headerName = lazy(`(?i)^(?:` + headerNames + `)$`)
	// The value stands behind the colon, or in a list of JSON or YAML.
	headerInText = lazy("" + aStart + "(" + headerNames + ")[\"'`]?[ \\t]*:(?:[ \\t]*(\\[\\s*)|\\s*(- +)|[ \\t]*)([\"'`])?")
	nextItem     = lazy(`^['"]?[ \t]*\r?\n[ \t]*- +(["'])?`)
	// bareEnd is where the value of a header ends that stands in no quotes.
	bareEnd = lazy("[\r\n\"'`<>\\\\]|&#|&quot;|%2[27]|$")
)

// headersInText finds headers in a text: a dump of HTTP, a command line of curl,
// a cassette, a report.
func headersInText(r *Redactor, l layer, add func(int, int, string)) {
	all := l.matches(headerInText, behindName, []string{"cookie", "authorization", "x-"})
	for i, at := range all {
		// A value ends where the next header begins, so that no part of a text is read
		// for each header before it.
		limit := len(l.text)
		if i+1 < len(all) {
			limit = all[i+1][0]
		}
		name, start, isQuoted := l.text[at[2]:at[3]], at[1], at[8] >= 0
		each := func(start, end int) {
			r.headerSecrets(name, l.text[start:end], func(from, to int, with string) { add(start+from, start+to, with) })
		}
		if isQuoted && at[6] < 0 {
			l.quoted(start, at[4] >= 0, each)
			continue
		}
		for {
			end := start + bareEnd().FindStringIndex(l.text[start:max(start, limit)])[0]
			if isQuoted {
				end = l.closing(start, l.text[start-1])
			}
			each(start, end)
			next := nextItem().FindStringSubmatchIndex(l.text[end:])
			if at[6] < 0 || next == nil {
				break
			}
			start, isQuoted = end+next[1], next[2] >= 0
		}
	}
}

var (
	cookiePair = lazy(`([^\s=;,"']+)=("?[^;\s"]+)`)
	// A challenge names parameters (RFC 6750, section 3), and prose goes on with
	// a word: neither is a token.
	challenge = lazy(`(?i)^(?:realm|error|error_description|error_uri|scope|charset|resource_metadata|algorithm|username|nonce|qop|uri)=`)
	prose     = lazy(`^[A-Za-z]{1,24}[.,:;!?)]*$`)
)

// headerSecrets finds the secrets in the value of a header that stands in a
// text. It may be no header but prose, so words are left alone.
func (r *Redactor) headerSecrets(name, value string, add func(start, end int, with string)) {
	name = letters(name)
	switch {
	case strings.Contains(name, "cookie"):
		if strings.HasPrefix(name, "setcookie") {
			value, _, _ = strings.Cut(value, ";") // What follows are attributes.
		}
		for _, at := range cookiePair().FindAllStringSubmatchIndex(value, -1) {
			if isSecretValue("", value[at[4]:at[5]]) {
				add(at[4], at[5], Mark)
			}
		}
	case strings.HasSuffix(name, "authorization"):
		if scheme, token := splitAuthorization(value); isCredentials(token) {
			add(len(scheme), len(value), r.nameOf(token))
		}
	case IsOpaque(value) && !strings.ContainsAny(value, " \t"):
		add(0, len(value), Mark)
	}
}

// isCredentials reports whether the text behind a scheme authorises somebody.
func isCredentials(text string) bool {
	word, _, several := strings.Cut(text, " ")
	switch {
	case isRedacted(word), placeholder().MatchString(word), challenge().MatchString(word), prose().MatchString(word) && !several:
		return false
	case several && !strings.Contains(word, "="):
		longest := slices.MaxFunc(strings.Fields(text), func(a, b string) int { return len(a) - len(b) })
		return strings.ContainsAny(text, "0123456789") && IsOpaque(longest)
	}
	return strings.ContainsFunc(word, isLetterOrDigit)
}

// The token of a scheme ends before the quote that ends a string of JSON.
var (
	scheme       = lazy("\\b(?:(?:bearer|dpop)(?:[ \\t]+|\\+|:[ \\t]*)[\"'`<]?([\\w.~+/=:%-]+)|basic(?:[ \\t]+|\\+)[\"'`<]?([\\w+/=%:-]{6,}))")
	tokenLetters = lazy(`^[\w.~+/=:%-]+`)
	basicLetters = lazy(`^[\w+/=%:-]+`)
	// digestResponse is what authorises in a Digest (RFC 7616, section 3.4).
	digestResponse = lazy(`\bdigest[ \t][^\r\n]*?\bresponse=["']?([0-9a-f]{16,})`)
)

// schemes finds the tokens of schemes that are quoted in a text, such as the
// message of a server that repeats what it was sent.
func schemes(r *Redactor, l layer, add func(int, int, string)) {
	for _, at := range l.matches(digestResponse, 1<<10, []string{"digest"}) {
		add(at[2], at[3], Mark)
	}
	for _, at := range l.matches(scheme, behindName, []string{"bearer", "basic", "dpop"}) {
		start := at[2]
		var end int
		if start < 0 {
			start, end = at[4], l.endOf(basicLetters, at[4])
			if !isBasic(l.text[start:end], l.text[end:]) {
				continue
			}
		} else {
			end = l.endOf(tokenLetters, start)
		}
		token := l.text[start:end]
		if isRedacted(token) || challenge().MatchString(token) || prose().MatchString(token) || !strings.ContainsFunc(token, isLetterOrDigit) {
			continue
		}
		add(start, end, r.nameOf(token))
	}
}

// isBasic reports whether a word behind "basic" is base64, and not prose such as
// "basic HTTP/1.1".
func isBasic(word, behind string) bool {
	if len(behind) > 1 && behind[0] == '.' && isLetterOrDigit(rune(behind[1])) {
		return false
	}
	return strings.ContainsAny(word, "0123456789=") || len(word) > 16 && !strings.ContainsAny(word, "/-_")
}

var (
	userOfURL  = lazy(`://[^\s/@"'<>?#:\\%]*:([^\s/@"'<>?#\\]+?)@`)
	tokenOfURL = lazy(`://([\w.~+%-]{16,})@`)
)

// passwordsOfURLs finds https://user:password@host and https://token@host.
func passwordsOfURLs(_ *Redactor, l layer, add func(int, int, string)) {
	if !strings.Contains(l.text, "@") {
		return
	}
	for _, at := range l.matches(userOfURL, 1<<10, []string{"://"}) {
		add(at[2], at[3], Mark)
	}
	for _, at := range l.matches(tokenOfURL, 1<<10, []string{"://"}) {
		if IsOpaque(l.text[at[2]:at[3]]) {
			add(at[2], at[3], Mark)
		}
	}
}

// keyLetters are those of a key in PEM, with its headers.
const keyLetters = `[\w+/=\s:,-]`

// knownShapes are forms in which a credential is written, each with what it has
// in it: those of GitHub's list of secret scanning patterns for Google and for what
// stands beside it in the configuration of a server, cookies of Google's sessions,
// JSON Web Tokens and Encryption (RFC 7515, RFC 7516), and keys in PEM (RFC 7468):
// https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
var knownShapes = []struct {
	parts   []string
	pattern func() *regexp.Regexp
}{
	{[]string{"ya29."}, lazy(`ya29\.[\w.~+/=%-]+`)},
	{[]string{"1//"}, lazy(`1//0[\w-]{20,}|\b1//[\w-]{20,}`)},
	{[]string{"4/0", "4/1"}, lazy(`\b4/[01][\w-]{20,}`)},
	{[]string{"AIza"}, lazy(`AIza[\w-]{30,}`)},
	{[]string{"AKIA", "ASIA"}, lazy(`A[KS]IA[A-Z0-9]{16}`)},
	{[]string{"GOCSPX-"}, lazy(`GOCSPX-[\w-]+`)},
	{[]string{"g.a0"}, lazy(`g\.a0[0-9]{2}-?[\w-]{8,}`)},
	{[]string{"sidts-", "sidcc-"}, lazy(`sid(?:ts|cc)-[\w-]{8,}`)},
	{[]string{"gho_", "ghp_", "ghr_", "ghs_", "ghu_"}, lazy(`gh[oprsu]_\w{8,}`)},
	{[]string{"github_pat_"}, lazy(`github_pat_\w{8,}`)},
	{[]string{"glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"}, lazy(`gl(?:pat|dt|rt|ptt|cbt)-[\w.-]{8,}`)},
	{[]string{"xox", "xapp-"}, lazy(`(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]{8,}`)},
	// Behind a letter, "sk-" alone is the end of a word such as "task-".
	{[]string{"sk-"}, lazy(`sk-(?:proj|ant|svcacct|admin)-[\w-]{16,}|sk-[A-Za-z0-9]{32,}|(?:^|[^A-Za-z])(sk-[\w-]{16,})`)},
	{[]string{"sk_live_", "sk_test_", "rk_live_"}, lazy(`[sr]k_(?:live|test)_[\w-]{16,}`)},
	{[]string{"hooks.slack.com"}, lazy(`hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]+)`)},
	{[]string{"npm_", "pypi-", "shpat_", "dop_v1_"}, lazy(`(?:npm_|pypi-|shpat_|dop_v1_)[\w-]{24,}`)},
	{[]string{"hf_"}, lazy(`\bhf_[\w-]{24,}`)},
	{[]string{"eyJ"}, lazy(`eyJ[\w-]{6,}\.(?:eyJ[\w-]+\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)`)},
	{[]string{"PRIVATE"}, lazy(`-----BEGIN[A-Z0-9 +]*PRIVATE[ +]KEY-----(?:` + keyLetters + `*?-----END[^-]*-----|` + keyLetters + `*)`)},
}

// shapes finds what has the form of a credential, wherever it stands.
func shapes(_ *Redactor, l layer, add func(int, int, string)) {
	for _, shape := range knownShapes {
		if !slices.ContainsFunc(shape.parts, func(part string) bool { return strings.Contains(l.text, part) }) {
			continue
		}
		for _, at := range shape.pattern().FindAllStringSubmatchIndex(l.text, -1) {
			if len(at) > 2 && at[2] >= 0 {
				at = at[2:] // The secret is a part of what identifies it.
			}
			add(at[0], at[1], Mark)
		}
	}
}
