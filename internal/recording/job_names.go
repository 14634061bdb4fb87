package recording

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/dnaeon/go-vcr/v2/cassette"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// jobNames replaces the ids of jobs by their pseudonyms.
type jobNames struct {
	byID map[string]string
	// byFirst lists the forms of all ids by their first byte, the longest first:
	// one may be the beginning of another.
	byFirst map[byte][]idForm
}

// idForm is one way in which an id is written, and what takes its place.
type idForm struct {
	text string
	name string
	// telling says that the text is not met by chance, so that it is an id
	// wherever it stands.
	telling bool
}

// firstNumber is where the numbers begin that replace ids without letters.
const firstNumber = 1000001

// namesFor gives each id a pseudonym: the given jobs by state and order, then
// the new ones in their order.
func namesFor(given map[string][]string, started []string) *jobNames {
	names := &jobNames{byID: map[string]string{}, byFirst: map[byte][]idForm{}}
	add := func(id, word string, count int) bool {
		if _, named := names.byID[id]; named || id == "" {
			return false
		}
		names.byID[id] = fmt.Sprintf("%s-%d", word, count)
		if !strings.ContainsFunc(id, unicode.IsLetter) {
			names.byID[id] = fmt.Sprint(firstNumber + len(names.byID) - 1)
		}
		return true
	}
	for _, state := range slices.Sorted(maps.Keys(given)) {
		for i, id := range given[state] {
			add(id, strings.ReplaceAll(strings.ToLower(state), "_", "-"), i+1)
		}
	}
	count := 1
	for _, value := range started {
		// A server may give the name of a resource: "jobs/ID".
		value = strings.TrimRight(strings.TrimSpace(value), "/")
		if add(value[strings.LastIndex(value, "/")+1:], "new-job", count) {
			count++
		}
	}
	names.addForms()
	return names
}

// writings are the ways in which checks send an id and servers repeat it: as it
// is, in another case, and with percent escapes.
var writings = []func(string) string{
	func(id string) string { return id },
	swappedCase, strings.ToUpper, strings.ToLower,
	url.PathEscape, url.QueryEscape,
	func(id string) string { return escapedWhole(id, "%%%02X") },
	func(id string) string { return escapedWhole(id, "%%%02x") },
	func(id string) string { return escapedWhole(id, "%%25%02X") },
	func(id string) string { return escapedWhole(id, "%%25%02x") },
}

func (n *jobNames) addForms() {
	for _, id := range slices.Sorted(maps.Keys(n.byID)) {
		telling := isTelling(id)
		seen := map[string]bool{}
		for i, write := range writings {
			text := write(id)
			_, isOther := n.byID[text]
			// The case of a short id is that of a word.
			if seen[text] || i > 0 && (isOther || !telling && strings.EqualFold(text, id)) {
				continue
			}
			seen[text] = true
			n.byFirst[text[0]] = append(n.byFirst[text[0]], idForm{text, write(n.byID[id]), telling})
		}
		// A check sends an id with another end or start, and a server may repeat it.
		for _, unlike := range []func(string) []string{target.OtherEnds, target.OtherStarts} {
			for _, text := range unlike(id) {
				if _, isOther := n.byID[text]; telling && !isOther {
					n.byFirst[text[0]] = append(n.byFirst[text[0]], idForm{text, unlike(n.byID[id])[0], true})
				}
			}
		}
	}
	for _, forms := range n.byFirst {
		slices.SortStableFunc(forms, func(a, b idForm) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
}

// isTelling reports whether an id is more than a word or a small number.
func isTelling(id string) bool {
	digits := strings.ContainsFunc(id, unicode.IsDigit)
	others := strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsDigit(r) })
	return len(id) >= 16 || len(id) >= 8 && digits || len(id) >= 6 && digits && others
}

func escapedWhole(id, form string) string {
	var text strings.Builder
	for _, octet := range []byte(id) {
		fmt.Fprintf(&text, form, octet)
	}
	return text.String()
}

func swappedCase(id string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, id)
}

// jobs gives the jobs of a provenance with their pseudonyms.
func (n *jobNames) jobs(given map[string][]string) map[string][]string {
	renamed := make(map[string][]string, len(given))
	for state, ids := range given {
		for _, id := range ids {
			renamed[state] = append(renamed[state], n.of(id))
		}
	}
	return renamed
}

// of gives the pseudonym of an id; an id that has none stays.
func (n *jobNames) of(id string) string { return cmp.Or(n.byID[id], id) }

// response gives a response with aliases. The values of most headers are
// words of HTTP.
func (n *jobNames) response(response cassette.Response) cassette.Response {
	return changedResponse(response, n.body, func(name, value string) string {
		return n.replace(value, http.CanonicalHeaderKey(name) == "Location")
	})
}

// jsonLiteral finds the strings and numbers of valid JSON.
var jsonLiteral = text.Pattern(`"(?:[^"\\]|\\.)*"|[0-9]+(?:[.eE+-][0-9.eE+-]*)?`)

// body replaces ids in a body. JSON stays JSON, with its layout: only the
// strings and numbers that hold an id are written anew.
func (n *jobNames) body(body string) string {
	if !json.Valid([]byte(body)) {
		return n.replace(body, true)
	}
	var out strings.Builder
	done := 0
	for _, span := range jsonLiteral().FindAllStringIndex(body, -1) {
		out.WriteString(body[done:span[0]])
		isName := strings.HasPrefix(strings.TrimLeft(body[span[1]:], " \t\r\n"), ":")
		out.WriteString(n.literal(body[span[0]:span[1]], isName))
		done = span[1]
	}
	return out.String() + body[done:]
}

// shortestNumber is the number of digits from which a number in JSON is taken
// for the id that it equals.
const shortestNumber = 6

// literal replaces ids in a string or number of JSON, and keeps its escapes
// where it can. The name of a member is a word.
func (n *jobNames) literal(literal string, isName bool) string {
	if literal[0] != '"' {
		// Only an id that is a number has a pseudonym that is one.
		if len(literal) >= shortestNumber {
			return n.of(literal)
		}
		return literal
	}
	var before, check string
	if json.Unmarshal([]byte(literal), &before) != nil {
		return literal
	}
	after := n.replace(before, !isName)
	if after == before {
		return literal
	}
	kept := `"` + n.replace(literal[1:len(literal)-1], !isName) + `"`
	if json.Unmarshal([]byte(kept), &check) == nil && check == after {
		return kept
	}
	return redact.Literal(after)
}

// replace puts pseudonyms in the place of ids that end on both sides where a
// word ends. An id that may be met by chance, such as a word or a small number,
// is one only where it is marked as such, and where these are looked for.
func (n *jobNames) replace(text string, marked bool) string {
	var out strings.Builder
	done := 0
	for at := 0; at < len(text); at++ {
		for _, form := range n.byFirst[text[at]] {
			to := at + len(form.text)
			if strings.HasPrefix(text[at:], form.text) && wordEnds(text, at, to) && (form.telling || marked && isMarked(text, at, to)) {
				out.WriteString(text[done:at] + form.name)
				done, at = to, to-1
				break
			}
		}
	}
	return out.String() + text[done:]
}

// escapeBefore finds an escape of a URL or of JSON at the end of a text: its
// letters are no part of a word.
var escapeBefore = text.Pattern(`(?:%(?:25)?[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf])$`)

// wordEnds reports whether no word goes on across the two ends of a piece.
func wordEnds(text string, from, to int) bool {
	if from > 0 && isWordLetter(text[from-1]) && isWordLetter(text[from]) && !escapeBefore().MatchString(text[max(0, from-6):from]) {
		return false
	}
	return to == len(text) || !isWordLetter(text[to]) || !isWordLetter(text[to-1])
}

func isWordLetter(octet byte) bool {
	return octet >= '0' && octet <= '9' || octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' || octet >= 0x80
}

// isMarked reports whether what stands there is the whole text, or stands behind
// a quote or slash and no name such as "x-www-form" goes on there.
func isMarked(text string, from, to int) bool {
	if from == 0 {
		return to == len(text) || strings.IndexByte("/:", text[to]) >= 0
	}
	return strings.IndexByte("'\"`/", text[from-1]) >= 0 && (to == len(text) || strings.IndexByte("-_.~+", text[to]) < 0)
}
