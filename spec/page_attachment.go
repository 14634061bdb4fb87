package spec

import (
	"encoding/json"
	"strings"
)

// attachmentStart begins the list of JSON that a page of the site carries after
// its text.
const attachmentStart = "[null,null,["

// attachment is what is read of that list: the line with the day of the last
// change, the page's summary of itself, and the whole page as Markdown.
type attachment struct {
	line     string
	summary  []string
	markdown string
}

// splitAttachment takes the list from the end of a text.
func splitAttachment(text string) (before, list string) {
	index := strings.Index("\n"+text, "\n"+attachmentStart)
	if index < 0 {
		return text, ""
	}
	return text[:index], text[index:]
}

// readAttachment reads the list. One that is cut short gives nothing: it says
// what the page before it has said.
func readAttachment(list string) attachment {
	var found attachment
	var value any
	if json.Unmarshal([]byte(strings.TrimSpace(list)), &value) != nil {
		return found
	}
	for _, text := range textsIn(value) {
		plain, _ := textOfHTML([]byte(text))
		switch {
		case pageRequest.MatchString(text):
			found.markdown = plainCharacters(text)
		case strings.HasPrefix(text, "<"):
			found.summary = append(found.summary, oneLine(plain))
		case found.line == "":
			found.line = plainCharacters(text)
		}
	}
	return found
}

// textsIn collects the texts of a list and of the lists in it. The JSON reader
// has bounded how deep they stand.
func textsIn(value any) []string {
	var texts []string
	switch value := value.(type) {
	case string:
		texts = append(texts, value)
	case []any:
		for _, element := range value {
			texts = append(texts, textsIn(element)...)
		}
	}
	return texts
}
