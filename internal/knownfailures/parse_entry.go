package knownfailures

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
)

// entryReader reads one entry and says its mistakes.
type entryReader struct {
	file    string
	node    *yaml.Node
	members map[string]*yaml.Node
}

// mistake is one at the value of a key, or at the entry where it has none.
func (r *entryReader) mistake(key, message, mend string) error {
	line := r.node.Line
	if value, found := r.members[key]; found {
		line = value.Line
	}
	return &text.UsageError{Place: place(r.file, line), Message: message, Fix: mend}
}

func (r *entryReader) read() (Entry, error) {
	members, err := membersOf(r.file, r.node, entryKeys)
	if err != nil {
		return Entry{}, err
	}
	r.members = members
	entry := Entry{Line: r.node.Line}
	for _, step := range []func(*Entry) error{r.readSubject, r.readReason, r.readExpiry, r.readIssue} {
		if err := step(&entry); err != nil {
			return Entry{}, err
		}
	}
	return entry, nil
}

// text gives the value of a key, in one line, and whether the key is there. A
// value that is no text, or none at all, is a mistake.
func (r *entryReader) text(key string) (string, bool, error) {
	value, found := r.members[key]
	if !found {
		return "", false, nil
	}
	if value.Kind != yaml.ScalarNode {
		return "", true, r.mistake(key, key+" must be a text", "")
	}
	text := oneLine(value.Value)
	if isNull(value) || text == "" {
		return "", true, r.mistake(key, key+" is empty", "")
	}
	return text, true, nil
}

func (r *entryReader) readSubject(entry *Entry) error {
	requirement, hasRequirement, err := r.text(requirementKey)
	if err != nil {
		return err
	}
	check, hasCheck, err := r.text(checkKey)
	if err != nil {
		return err
	}
	if hasRequirement == hasCheck {
		message := "the entry names neither a requirement nor a check"
		if hasCheck {
			message = "the entry names both a requirement and a check"
		}
		return r.mistake("", message, "give one of them, an id or a pattern with *")
	}
	entry.Requirement, entry.Check = requirement, check
	return nil
}

func (r *entryReader) readReason(entry *Entry) error {
	if value, found := r.members[reasonKey]; found && value.Kind == yaml.ScalarNode && isPlaceholder(value.Value) {
		return r.mistake(reasonKey, fmt.Sprintf("%q is no reason", shortened(value.Value)), "say why the failure is expected")
	}
	reason, found, err := r.text(reasonKey)
	if err != nil {
		return err
	}
	if !found {
		return r.mistake("", "the entry "+shortened(entry.String())+" has no reason", "say why the failure is expected")
	}
	entry.Reason = reason
	return nil
}

func (r *entryReader) readExpiry(entry *Entry) error {
	text, found, err := r.text(expiresKey)
	if err != nil || !found {
		return err
	}
	day, err := time.Parse(dayFormat, text)
	if err != nil {
		return r.mistake(expiresKey, fmt.Sprintf("%q is no day", shortened(text)), "write it as 2027-01-31")
	}
	entry.Expires = day
	return nil
}

func (r *entryReader) readIssue(entry *Entry) error {
	text, found, err := r.text(issueKey)
	if err != nil || !found {
		return err
	}
	link, err := url.Parse(text)
	if err != nil || (link.Scheme != "http" && link.Scheme != "https") || link.Hostname() == "" || strings.Contains(text, " ") {
		return r.mistake(issueKey, fmt.Sprintf("%q is no link", shortened(text)), "give a whole one, with http:// or https://")
	}
	entry.Issue = text
	return nil
}

// oneLine makes one line of a text and takes out what a terminal would obey.
func oneLine(text string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(plain), " ")
}

// shortened cuts a text that is too long for a line.
func shortened(text string) string {
	const longest = 80
	letters := []rune(oneLine(text))
	if len(letters) <= longest {
		return string(letters)
	}
	return string(letters[:longest]) + "…"
}

// enumerated joins words: "a, b and c".
func enumerated(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
