package recorder

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
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
