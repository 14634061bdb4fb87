package result

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dpconform/dpconform/internal/text"
)

// NoCredential is the credential of a request that is sent without a token.
const NoCredential = "no token"

// usualAuthorization is how a token is sent.
const usualAuthorization = "Authorization: Bearer $TOKEN"

// longestArgument is the length in bytes up to which a body stands in a curl
// command.
const longestArgument = 200

// Curl is a command that sends the request again. The token is $TOKEN, never
// the value.
func (m Message) Curl() string {
	words := []string{"curl", "-i", "--path-as-is"}
	if m.Method == http.MethodHead {
		words = append(words, "--head") // With -X HEAD curl would wait for a body.
	} else {
		words = append(words, "-X", m.Method)
	}
	words = append(words, argument(m.URL))
	if strings.ContainsAny(m.URL, "[]{}") {
		// To curl these would be ranges and lists of addresses.
		words = append(words, "--globoff")
	}
	authorized := m.Credential != "" && m.Credential != NoCredential
	if authorized {
		words = append(words, "-H", withVariables(cmp.Or(m.Authorization, usualAuthorization)))
	}
	for _, field := range m.Added {
		words = append(words, "-H", withVariables(field))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		for _, value := range m.Header[name] {
			words = append(words, "-H", argument(name+": "+value))
		}
	}
	length := max(m.BodyBytes, len(m.Body))
	runs := m.BodyCommand
	if runs == "" && len(m.Body) == length {
		runs = BodyCommand(m.Body)
	}
	switch {
	case runs != "":
		words = append(append([]string{runs, "|"}, words...), "--data-binary", "@-")
	case length > longestArgument:
		// It is cut in the report, or does not repeat itself. The shell refuses a file that does not exist, where
		// curl would send nothing.
		words = append(words, "--data-binary", "@-", fmt.Sprintf("< body-of-%d-bytes", length))
	case unprintable(m.Body):
		words = append(append([]string{printed(m.Body), "|"}, words...), "--data-binary", "@-")
	case m.Body != "" || http.Header(m.Header).Get("Transfer-Encoding") != "":
		words = append(words, "--data-raw", quoted(m.Body))
	case slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, m.Method):
		words = append(words, "-H", "'Content-Length: 0'") // Go sends it with these methods.
	}
	if m.Body != "" && http.Header(m.Header).Get("Content-Type") == "" {
		// Without this curl says that the body is a form.
		words = append(words, "-H", "'Content-Type:'")
	}
	if authorized {
		return strings.Join(words, " ") + tokenComment + withArticle(m.Credential)
	}
	return strings.Join(words, " ")
}

// tokenComment stands before the words for the token.
const tokenComment = "  # set TOKEN to "

// withArticle puts an article before the words for a token.
func withArticle(credential string) string {
	if strings.IndexByte("aeiou", credential[0]) >= 0 {
		return "an " + credential
	}
	return "a " + credential
}

// CurlAfter is a command that sends another request first, over the same
// connection, unless that is empty.
func (m Message) CurlAfter(before Message) string {
	if before.URL == "" {
		return m.Curl()
	}
	first, firstToken, _ := strings.Cut(before.Curl(), tokenComment)
	second, token, authorized := strings.Cut(m.Curl(), tokenComment)
	if firstToken != "" && firstToken != token {
		first = strings.Replace(first, "$TOKEN", "$FIRST_TOKEN", 1)
		firstToken = " # set FIRST_TOKEN to " + firstToken
		if authorized {
			firstToken += ", TOKEN to "
		}
	} else if firstToken = ""; authorized {
		firstToken = tokenComment
	}
	input, command, piped := strings.Cut(second, " | curl ")
	if !piped {
		return first + " --next " + strings.TrimPrefix(second, "curl ") + firstToken + token
	}
	save := ""
	if firstInput, alone, both := strings.Cut(first, " | curl "); both {
		// Both bodies would come from the same input.
		save = firstInput + " > first-body; "
		first = "curl " + strings.Replace(alone, " --data-binary @-", " --data-binary @first-body", 1)
	}
	return save + input + " | " + first + " --next " + command + firstToken + token
}

// argument makes one word for a POSIX shell, and prints what repeats in a long one by
// repeating it.
func argument(text string) string {
	word, literal := "", 0
	for i := 0; i < len(text); {
		unit, times := runAt(text[i:])
		if times == 0 {
			i++
			continue
		}
		if literal < i {
			word += quoted(text[literal:i])
		}
		word += `"$(` + repeated(unit, times) + `)"`
		i += times * len(unit)
		literal = i
	}
	if literal < len(text) {
		word += quoted(text[literal:])
	}
	return word
}

// repeated is a command that prints a text many times.
func repeated(unit string, times int) string {
	return fmt.Sprintf("yes %s | head -n %d | tr -d '\\n'", quoted(unit), times)
}

// quoted makes one word for a POSIX shell, or one for Bash, Zsh and Ksh where a control
// character would be lost on the way through a report and a terminal. A NUL is lost all
// the same: no program gets one in an argument.
func quoted(text string) string {
	if !unprintable(text) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var word strings.Builder
	for _, char := range []byte(text) {
		switch {
		case char == '\t':
			word.WriteString(`\t`)
		case char < ' ' || char > '~':
			fmt.Fprintf(&word, `\%03o`, char)
		case char == '\'' || char == '\\':
			word.WriteString(`\` + string(char))
		default:
			word.WriteByte(char)
		}
	}
	return "$'" + word.String() + "'"
}

// unprintable reports whether a report cannot show a text as it is.
func unprintable(text string) bool {
	return strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text)
}

// variable finds what the shell replaces in a header field.
var variable = text.Pattern(`\$[A-Z][A-Z0-9_]*`)

// withVariables is quoted for a header field with variables, such as $TOKEN.
func withVariables(field string) string {
	if !unprintable(field) && !strings.ContainsAny(field, "\"\\`!") {
		return `"` + field + `"`
	}
	var word strings.Builder
	for field != "" {
		place := variable().FindStringIndex(field)
		if place == nil {
			place = []int{len(field), len(field)}
		}
		if before := field[:place[0]]; before != "" {
			word.WriteString(quoted(before))
		}
		if name := field[place[0]:place[1]]; name != "" {
			word.WriteString(`"` + name + `"`)
		}
		field = field[place[1]:]
	}
	return word.String()
}

// Watched is a command for two requests over one connection that shows what becomes of
// the connection: curl opens another one without a word.
func Watched(curl string) string {
	first, hint := strings.Replace(curl, "curl -i", "curl -v -i", 1), `look for a second "Connected to"`
	if strings.Contains(first, tokenComment) {
		hint = "then " + hint
	}
	return commented(first, hint)
}

// WithNewJob is a command for a job that its request has used up, which says that another
// one has to take its place; known says that the server no longer accepts it.
func WithNewJob(curl, job, states string, known bool) string {
	job = text.Line(text.Cut(job, longestArgument))
	hint := fmt.Sprintf("if %s is refused now, put a new %s job in its place", job, states)
	if known {
		hint = fmt.Sprintf("%s is used up: put a new %s job in its place", job, states)
	}
	return commented(curl, hint)
}

// commented adds to the comment behind a command.
func commented(curl, hint string) string {
	if strings.Contains(curl, tokenComment) {
		return curl + "; " + hint
	}
	return curl + "  # " + hint
}

// BodyCommand is a command that prints a body that a report cannot keep: one that is
// not UTF-8, or a long one, in which what repeats is printed by repeating it. It is
// empty for any other, and where too much is left of a long one.
func BodyCommand(body string) string {
	switch {
	case len(body) > longestArgument:
	case !utf8.ValidString(body):
		return printed(body)
	default:
		return ""
	}
	var parts []string
	literal, rest := 0, 0
	end := func(at int) {
		if literal < at {
			parts = append(parts, printed(body[literal:at]))
		}
	}
	for i := 0; i < len(body); {
		unit, times := runAt(body[i:])
		if times == 0 {
			if i, rest = i+1, rest+1; rest > 3*longestArgument {
				return ""
			}
			continue
		}
		end(i)
		parts = append(parts, repeated(unit, times))
		i += times * len(unit)
		literal = i
	}
	if end(len(body)); len(parts) == 1 {
		return parts[0]
	}
	return "{ " + strings.Join(parts, "; ") + "; }"
}

// runAt is the short text that a body begins with many times, and how many; 0 where
// there is none.
func runAt(body string) (unit string, times int) {
	const longestUnit = 8
	for size := 1; size <= min(longestUnit, len(body)); size++ {
		unit := body[:size]
		if char := unit[size-1]; char < ' ' || char > '~' || unit[0] == '-' {
			break // yes takes one line, and the minus for an option.
		}
		times := 1
		for strings.HasPrefix(body[times*size:], unit) {
			times++
		}
		if times*size > longestArgument/2 {
			return unit, times
		}
	}
	return "", 0
}

// printed is a command that prints a text with control characters and is one
// line in every shell.
func printed(text string) string {
	var format strings.Builder
	whole := utf8.ValidString(text) // A report cannot show other octets.
	for i, char := range []byte(text) {
		switch {
		case i == 0 && char == '-', // It would begin an option.
			char < ' ' || char == 0x7f || char > 0x7f && !whole || char == '\'' || char == '\\':
			fmt.Fprintf(&format, `\%03o`, char)
		case char == '%':
			format.WriteString("%%")
		default:
			format.WriteByte(char)
		}
	}
	return "printf '" + format.String() + "'"
}
