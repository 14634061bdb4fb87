package recorder

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// jobNames maps the ids of jobs to their pseudonyms.
type jobNames struct {
	byID map[string]string
	// byFirst lists the forms of all ids by their first byte, the longest first.
	byFirst map[byte][]idForm
	// words are the ids that are also words of the server's.
	words map[string]bool
}

// firstNumber is where the numbers begin that stand for ids without letters.
const firstNumber = 1000001

// namesFor gives each id a pseudonym: the given jobs by state and order, then
// the new ones in their order.
func namesFor(given map[string][]string, started []string) *jobNames {
	byID := map[string]string{}
	add := func(id, word string, count int) {
		if _, named := byID[id]; named || id == "" {
			return
		}
		if strings.ContainsFunc(id, unicode.IsLetter) {
			byID[id] = fmt.Sprintf("%s-%d", word, count)
		} else {
			byID[id] = fmt.Sprint(firstNumber + len(byID))
		}
	}
	for _, state := range slices.Sorted(maps.Keys(given)) {
		for i, id := range given[state] {
			add(id, stateWord(state), i+1)
		}
	}
	count := 0
	for _, value := range started {
		before := len(byID)
		add(idIn(value), "new-job", count+1)
		count += len(byID) - before
	}
	return newJobNames(byID)
}

// stateWord writes a state as a part of a name: "in-progress".
func stateWord(state string) string { return strings.ReplaceAll(strings.ToLower(state), "_", "-") }

func newJobNames(byID map[string]string) *jobNames {
	names := &jobNames{byID: byID, byFirst: map[byte][]idForm{}, words: map[string]bool{}}
	for _, form := range formsOf(byID) {
		names.byFirst[form.text[0]] = append(names.byFirst[form.text[0]], form)
	}
	return names
}

// jobs gives the jobs of a provenance with their pseudonyms.
func (n *jobNames) jobs(given map[string][]string) map[string][]string {
	renamed := make(map[string][]string, len(given))
	for state, ids := range given {
		for _, id := range ids {
			renamed[state] = append(renamed[state], cmp.Or(n.byID[id], id))
		}
	}
	return renamed
}

// of gives the pseudonym of an id; an id that has none stays.
func (n *jobNames) of(id string) string {
	if name, found := n.byID[id]; found {
		return name
	}
	return id
}

// idIn finds the id in what a server gives as one: the last part of a resource
// name such as "archiveJobs/ID".
func idIn(value string) string {
	value = strings.TrimSpace(value)
	if cut := strings.LastIndex(strings.TrimRight(value, "/"), "/"); cut >= 0 {
		value = strings.TrimRight(value, "/")[cut+1:]
	}
	return value
}

// idForm is one way in which an id is written, and what takes its place.
type idForm struct {
	id   string
	text string
	name string
	// telling says that the text is not met by chance, so that it is an id
	// wherever it stands.
	telling bool
}

// isTelling reports whether an id is more than a word or a small number.
func isTelling(id string) bool {
	digits := strings.ContainsFunc(id, unicode.IsDigit)
	others := strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsDigit(r) })
	return len(id) >= 16 || len(id) >= 8 && digits || len(id) >= 6 && digits && others
}

// formsOf lists the forms of all ids, the longest first: one may be the
// beginning of another.
func formsOf(byID map[string]string) []idForm {
	var forms []idForm
	for id, name := range byID {
		telling := isTelling(id)
		seen := map[string]bool{}
		for i, write := range writings {
			text := write(id)
			_, isOther := byID[text]
			// The case of a short id is that of a word.
			if seen[text] || i > 0 && (isOther || !telling && strings.EqualFold(text, id)) {
				continue
			}
			seen[text] = true
			forms = append(forms, idForm{id: id, text: text, name: write(name), telling: telling})
		}
	}
	slices.SortFunc(forms, func(a, b idForm) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
	})
	return forms
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

// wordyHeaders are headers whose values are words of HTTP. An id that is a word
// is not looked for in them.
var wordyHeaders = []string{
	"Allow", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Dpconform-Fault", "Retry-After", "Server",
	"Transfer-Encoding", "Vary", "Www-Authenticate",
}

// response gives an answer with pseudonyms. Own is the id of the job that the
// request was about.
func (n *jobNames) response(response cassette.Response, own string) cassette.Response {
	return changedResponse(response,
		func(body string) string { return n.body(body, own) },
		func(name, value string) string {
			if slices.Contains(wordyHeaders, http.CanonicalHeaderKey(name)) {
				return n.tellingText(value)
			}
			return n.text(value, own)
		})
}

// body replaces ids in a body. JSON stays JSON, with its layout: only the
// strings and numbers that hold an id are written anew.
func (n *jobNames) body(body, own string) string {
	if !json.Valid([]byte(body)) {
		return n.text(body, own)
	}
	var out strings.Builder
	done := 0
	for _, span := range jsonLiteral.FindAllStringIndex(body, -1) {
		out.WriteString(body[done:span[0]])
		isName := strings.HasPrefix(strings.TrimLeft(body[span[1]:], " \t\r\n"), ":")
		out.WriteString(n.literal(body[span[0]:span[1]], own, isName))
		done = span[1]
	}
	return out.String() + body[done:]
}

// shortestNumber is the number of digits from which a number in JSON is taken
// for the id that it equals.
const shortestNumber = 6

// jsonLiteral finds the strings and numbers of valid JSON.
var jsonLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[0-9]+(?:[.eE+-][0-9.eE+-]*)?`)

// literal replaces ids in a string or number of JSON, and keeps its escapes
// where it can. The name of a member is a word.
func (n *jobNames) literal(literal, own string, isName bool) string {
	if literal[0] != '"' {
		// Only an id that is a number has a name that is one.
		if name := n.byID[literal]; name != "" && len(literal) >= shortestNumber {
			return name
		}
		return literal
	}
	change := func(text string) string { return n.text(text, own) }
	if isName {
		change = n.tellingText
	}
	var before string
	if json.Unmarshal([]byte(literal), &before) != nil {
		return literal
	}
	after := change(before)
	if after == before {
		return literal
	}
	var check string
	kept := `"` + change(literal[1:len(literal)-1]) + `"`
	if json.Unmarshal([]byte(kept), &check) == nil && check == after {
		return kept
	}
	return inJSON(after)
}

// inJSON is a text as a string of JSON.
func inJSON(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	// A string can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(buffer.String(), "\n")
}

// tellingText replaces the ids that are ones wherever they stand.
func (n *jobNames) tellingText(text string) string {
	return n.replace(text, func(form idForm, _ string, _, _ int) bool { return form.telling })
}

// text replaces the ids in a text. An id that may be met by chance, such as a
// word or a small number, is one where it is the whole text, or stands behind a
// quote or slash. Where the own job's stands nowhere so, it is one as a word of
// its own, too, unless it is a word that the server uses for other jobs.
func (n *jobNames) text(text, own string) string {
	marked := n.holds(text, func(form idForm, text string, from, to int) bool { return form.id == own && isMarked(text, from, to) })
	return n.replace(text, func(form idForm, text string, from, to int) bool {
		switch {
		case form.telling:
			return true
		case isMarked(text, from, to):
			// Behind the own job's id a check may have put a letter or two.
			return form.id == own || endsWhole(text, to)
		}
		return form.id == own && !marked && !n.words[own]
	})
}

// learnWords finds the ids that stand in answers about other jobs, and not as
// ids: "a" in "only a failed job is retried".
func (n *jobNames) learnWords(exchanges []*exchange) {
	for _, kept := range exchanges {
		n.replace(kept.response.Body, func(form idForm, text string, from, to int) bool {
			if !form.telling && form.id != kept.place.Job && !isMarked(text, from, to) {
				n.words[form.id] = true
			}
			return false
		})
	}
}

func (n *jobNames) holds(text string, isID func(form idForm, text string, from, to int) bool) bool {
	found := false
	n.replace(text, func(form idForm, text string, from, to int) bool {
		found = found || isID(form, text, from, to)
		return false
	})
	return found
}

// replace puts the names in the place of ids that end on both sides where a
// word ends, and that are ones.
func (n *jobNames) replace(text string, isID func(form idForm, text string, from, to int) bool) string {
	var out strings.Builder
	done := 0
	for at := 0; at < len(text); at++ {
		form, found := n.formAt(text, at, isID)
		if !found {
			continue
		}
		out.WriteString(text[done:at])
		out.WriteString(form.name)
		done = at + len(form.text)
		at = done - 1
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

func (n *jobNames) formAt(text string, at int, isID func(form idForm, text string, from, to int) bool) (idForm, bool) {
	for _, form := range n.byFirst[text[at]] {
		to := at + len(form.text)
		if strings.HasPrefix(text[at:], form.text) && endsBefore(text, at) && endsBehind(text, to) && isID(form, text, at, to) {
			return form, true
		}
	}
	return idForm{}, false
}

// escapeBefore finds an escape of a URL or of JSON at the end of a text: its
// letters are no part of a word.
var escapeBefore = regexp.MustCompile(`(?:%(?:25)?[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf])$`)

// endsBefore reports whether no word goes on across a place from before it.
func endsBefore(text string, at int) bool {
	if at == 0 || !isWordLetter(text[at-1]) || !isWordLetter(text[at]) {
		return true
	}
	return escapeBefore.MatchString(text[max(0, at-6):at])
}

// endsBehind reports whether no word goes on behind a place.
func endsBehind(text string, at int) bool {
	return at == len(text) || !isWordLetter(text[at]) || !isWordLetter(text[at-1])
}

func isWordLetter(octet byte) bool {
	return octet >= '0' && octet <= '9' || octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' || octet >= 0x80
}

// isMarked reports whether what stands there is marked as an id.
func isMarked(text string, from, to int) bool {
	if from == 0 {
		return to == len(text) || strings.IndexByte("/:", text[to]) >= 0
	}
	return strings.IndexByte("'\"`/", text[from-1]) >= 0
}

// endsWhole reports whether a name such as "x-www-form" does not go on there.
func endsWhole(text string, to int) bool {
	return to == len(text) || strings.IndexByte("-_.~+", text[to]) < 0
}
