package recorder

import (
	"fmt"
	"time"
)

// Describe says in two plain lines what the recording is.
func (p Provenance) Describe() []string {
	return []string{
		p.DescribeAt(p.Date),
		fmt.Sprintf("description %s, seed %d, %s in %s", p.Description, p.Seed,
			count(p.Interactions(), "interaction"), count(len(p.Cassettes), "cassette")),
	}
}

// Age is how long ago the recording was made; 0 for one whose date is yet to
// come.
func (p Provenance) Age(now time.Time) time.Duration { return max(0, now.Sub(p.Date)) }

// DescribeAt is the first line of Describe, with the age in days where it is a
// day or more.
func (p Provenance) DescribeAt(now time.Time) string {
	ago := ""
	if days := int(p.Age(now) / (24 * time.Hour)); days > 0 {
		ago = ", " + count(days, "day") + " ago,"
	}
	return fmt.Sprintf("recorded %s%s from %s", p.Date.UTC().Format(time.DateOnly), ago, p.origin())
}

func (p Provenance) origin() string {
	switch {
	case p.IsGoogle:
		return fmt.Sprintf("Google's own %s by dpconform %s", p.RecordedFrom.Endpoint, p.Version)
	case p.RecordedFrom.Kind == FromEmulator:
		return fmt.Sprintf("the reference emulator of dpconform %s — not an answer of Google's", p.Version)
	}
	return fmt.Sprintf("the server at %s by dpconform %s — not an answer of Google's", p.RecordedFrom.Endpoint, p.Version)
}

// String names the description with enough of its digest to compare.
func (d DescribedBy) String() string {
	if d.Name == "" {
		return shortDigest(d.Digest)
	}
	return fmt.Sprintf("%s (%s)", d.Name, shortDigest(d.Digest))
}

// shortDigest is enough of a digest for a reader to compare.
func shortDigest(digest string) string {
	const length = len("sha256:") + 12
	return digest[:min(length, len(digest))]
}

func count(number int, what string) string {
	if number == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", number, what)
}
