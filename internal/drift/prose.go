package drift

import (
	"slices"

	"github.com/dpconform/dpconform/spec"
)

// prose compares the sentences. Two sources that share none are taken to be in
// two languages: which words are which cannot be told.
func (c *comparison) prose() {
	if !c.both(spec.ProseTopic) {
		return
	}
	before, after := c.from.Prose, c.against.Prose
	shared := slices.ContainsFunc(before.Sentences, func(sentence string) bool { return slices.Contains(after.Sentences, sentence) })
	if !shared {
		c.silent(spec.ProseTopic, "the two sources share no sentence, so they are taken to be in two languages")
		return
	}
	if after.Whole || !before.Whole {
		for _, sentence := range missing(before, after) {
			c.note(Change{Kind: Removed, Class: Documentation, Topic: spec.ProseTopic, What: "sentence", Old: sentence,
				Requirements: quoting(c.catalogue, sentence), Sentence: "It no longer says: " + sentence})
		}
	}
	if before.Whole || !after.Whole {
		for _, sentence := range missing(after, before) {
			c.note(Change{Kind: Added, Class: Documentation, Topic: spec.ProseTopic, What: "sentence", New: sentence,
				Requirements: quoting(c.catalogue, sentence), Sentence: "It says: " + sentence})
		}
	}
}

// missing lists the sentences of one source that another lacks. The page's
// summary of itself stands last, and not every form of the page has it: where
// the other has none, the last sentences that it lacks are the summary's.
func missing(one, other spec.Prose) []string {
	sentences := one.Sentences
	if one.Summary && !other.Summary && other.Whole {
		last := len(sentences)
		for last > 0 && !slices.Contains(other.Sentences, sentences[last-1]) {
			last--
		}
		sentences = sentences[:last]
	}
	var lacking []string
	for _, sentence := range sentences {
		if !slices.Contains(other.Sentences, sentence) && !slices.Contains(lacking, sentence) {
			lacking = append(lacking, sentence)
		}
	}
	return lacking
}
