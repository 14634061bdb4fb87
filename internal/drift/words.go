package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/source"
)

// descriptions compares the texts about members and states that both have.
func (c *comparison) descriptions() {
	before, after := c.from.Descriptions, c.against.Descriptions
	note := func(kind Kind, what, sentence string) {
		c.note(Change{Kind: kind, Class: Documentation, Topic: source.DescriptionsTopic, What: what, Old: before[what], New: after[what],
			Sentence: fmt.Sprintf(sentence, what)})
	}
	for _, what := range inBoth(before, after) {
		if before[what] != after[what] && before[what] != "" && after[what] != "" {
			note(Changed, what, "The description of the %s has changed.")
		}
	}
	if c.from.Provenance.Kind != c.against.Provenance.Kind {
		// One format has texts that another does not have.
		return
	}
	for _, what := range onlyIn(before, after) {
		if describes(c.against, what) {
			note(Removed, what, "The %s no longer has a description.")
		}
	}
	for _, what := range onlyIn(after, before) {
		if describes(c.from, what) {
			note(Added, what, "The %s now has a description.")
		}
	}
}

// describes reports whether a source has the thing that a text is about: one that
// came or went took its text along, and is reported elsewhere.
func describes(read *source.Source, what string) bool {
	if state, is := strings.CutPrefix(what, "state "); is {
		return slices.Contains(read.States, state)
	}
	member, is := strings.CutPrefix(what, "member ")
	if !is {
		return true
	}
	call := read.Method
	name, ofResponse := strings.CutSuffix(member, " of the response")
	if !ofResponse {
		name, call = strings.TrimSuffix(member, " of the state"), read.ReadState
	}
	_, response := call.Success()
	_, has := mapping(response["properties"])[name]
	return has
}

// prose compares the sentences. Two sources that share none are taken to be in
// two languages, which cannot be compared.
func (c *comparison) prose() {
	if !c.both(source.ProseTopic) {
		return
	}
	before, after := c.from.Prose, c.against.Prose
	if !slices.ContainsFunc(before.Sentences, func(sentence string) bool { return slices.Contains(after.Sentences, sentence) }) {
		c.silent(source.ProseTopic, "the two sources share no sentence, so they are taken to be in two languages")
		return
	}
	if after.Whole || !before.Whole {
		for _, sentence := range sentencesOnlyIn(before, after) {
			c.note(Change{Kind: Removed, Class: Documentation, Topic: source.ProseTopic, What: "sentence", Old: sentence,
				Requirements: quoting(c.catalogue, sentence), Sentence: "The documentation no longer says: " + sentence})
		}
	}
	if before.Whole || !after.Whole {
		for _, sentence := range sentencesOnlyIn(after, before) {
			c.note(Change{Kind: Added, Class: Documentation, Topic: source.ProseTopic, What: "sentence", New: sentence,
				Requirements: quoting(c.catalogue, sentence), Sentence: "The documentation now says: " + sentence})
		}
	}
}

// sentencesOnlyIn lists the sentences of one source that another does not have. The page's
// summary of itself is last, and not every form of the page has it: where the
// other has none, the last sentences that it does not have are the summary's.
func sentencesOnlyIn(one, other source.Prose) []string {
	sentences := one.Sentences
	if one.Summary && !other.Summary && other.Whole {
		last := len(sentences)
		for last > 0 && !slices.Contains(other.Sentences, sentences[last-1]) {
			last--
		}
		sentences = sentences[:last]
	}
	var only []string
	for _, sentence := range sentences {
		if !slices.Contains(other.Sentences, sentence) && !slices.Contains(only, sentence) {
			only = append(only, sentence)
		}
	}
	return only
}
