package main

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/internal/markdown"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// differences tells where Google's own clients do not do what Google's page says.
// It says what was seen, and nothing where nothing was.
func differences(page *strings.Builder, contract *spec.Contract, all []judged) {
	var google []judged
	for _, one := range all {
		if one.google {
			google = append(google, one)
		}
	}
	if len(google) == 0 {
		return
	}
	page.WriteString("\n## Where Google's clients differ from the page\n")
	differentBody(page, contract, google)
	differentPath(page, google)
}

// differentBody is about the empty message, which the page does not know.
func differentBody(page *strings.Builder, contract *spec.Contract, google []judged) {
	var with, without []string
	for _, one := range google {
		for _, request := range one.sent {
			switch {
			case request.given == message && request.request.Body != "":
				with = append(with, one.name)
			case request.given == nothing && request.request.Body == "":
				without = append(without, one.name+" no body")
			case request.given == nothing:
				without = append(without, one.name+" "+request.bodyText())
			}
		}
	}
	if len(with) == 0 {
		return
	}
	empty, _ := contract.Requirement("retry.body.empty")
	who := "All of Google's clients judged here"
	if len(with) < len(google) {
		who = "Some of Google's clients"
	}
	fmt.Fprintf(page, "\n**The body.** The [page](%s) says: \"%s\" %s (%s) send the empty message as a body when they are given it, because the\n"+
		"discovery document has a message for it. ", empty.Source, markdown.Words(empty.Quote), who, enumerated(with))
	if len(without) > 0 {
		fmt.Fprintf(page, "Without the message they send: %s. ", enumerated(without))
	}
	page.WriteString("The catalogue cites both, and takes both:\n\n")
	for _, id := range []string{"retry.body.empty", "retry.body.empty-message"} {
		if requirement, found := contract.Requirement(id); found {
			demand(page, "of a server", requirement)
		}
	}
	for _, id := range []string{"client.body.empty", "client.body.no-null"} {
		if requirement, found := contract.ClientRequirement(id); found {
			demand(page, "of a client", requirement)
		}
	}
}

// enumerated joins words as a sentence does.
func enumerated(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// demand shows a requirement with what it is taken from.
func demand(page *strings.Builder, side string, requirement spec.Requirement) {
	fmt.Fprintf(page, "- %s, %s, %s: %s [Source](%s).", markdown.Code(requirement.ID), side, requirement.Level,
		requirement.Statement, requirement.Source)
	if requirement.Note != "" {
		page.WriteString(" " + requirement.Note)
	}
	page.WriteString("\n")
}

// differentPath is about the characters that end a path.
func differentPath(page *strings.Builder, google []judged) {
	var wrong, right []string
	for _, one := range google {
		switch check := one.check("special-characters"); {
		case check == nil:
		case check.Verdict == result.Fail:
			wrong = append(wrong, one.name)
		case check.Verdict == result.Pass:
			right = append(right, one.name)
		}
	}
	if len(wrong) == 0 {
		return
	}
	fmt.Fprintf(page, "\n**The path.** The discovery document writes it as `v1/{+name}:retry`. %s expand that as\n"+
		"[RFC 6570](https://www.rfc-editor.org/rfc/rfc6570.html#section-3.2.3) does, and leave `?` and `#` in an id as they are: the rest\n"+
		"of the id becomes a query or is not sent at all, and the verb with it.", enumerated(wrong))
	if len(right) > 0 {
		fmt.Fprintf(page, " With %s they are escaped, as [http.proto](https://github.com/googleapis/googleapis/blob/master/google/api/http.proto) says\n"+
			"of a client: all but `[-_.~/0-9a-zA-Z]` is percent-encoded.", enumerated(right))
	}
	page.WriteString(" An id without such characters goes out the same from all of them.\n")
}
