package source

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// Mirrors, web archives and translators write the addresses in a page in their
// own way: every one or some, in links and in text, mostly with an address of
// their own in front. An address is read here alone, by its end: a scope by
// /auth/ and its name, a request by the host and the path.

const (
	// inAddress are the characters of an address in a page of any format.
	inAddress = "[^\\x00-\\x20\"'<>|`\\x7f]"
	hostName  = `[a-z0-9\-]+(?:\.[a-z0-9\-]+)+(?::[0-9]+)?`
	// notInHost is before a host that is in the middle of an address.
	notInHost = `[^a-z0-9.\-]`
)

var (
	// scopeAddress is an address that ends in a scope: what is before /auth/, and the
	// scope's own name.
	scopeAddress = text.Pattern(`(?i)(` + inAddress + `*?)(?:/|%(?:25)*2F)auth(?:/|%(?:25)*2F)([a-z0-9_.\-]*[a-z0-9_\-])?`)
	// behindAddress is the rest of the query that has an address in it.
	behindAddress = text.Pattern("^(?:[?&#]|%(?:25)*(?:3[Ff]|26|23))[^\\x00-\\x20\"'<>|`()\\[\\],;\\x7f-\\x{10ffff}]*")
	// requestAddress is the address of a request, behind its HTTP method.
	requestAddress = text.Pattern(`\b(?:GET|POST|PUT|PATCH|DELETE)\s+(` + inAddress + `+)`)
	// escape is percent-encoding that hides where an address begins and ends.
	escape = text.Pattern(`%(?:25)*(?:2[Ff]|3[Aa]|7[Bb])`)
	// anyScheme is how an address begins.
	anyScheme = text.Pattern(`(?i)https?(?::|/|%(?:25)*3A)`)
	// schemeAtEnd is what an address begins with, at the end of what is before its host.
	schemeAtEnd = text.Pattern(`(?i)(?:https?(?::/{0,2}|/)|//?)(?:[^/?@]*@)?$`)
	// hostInFront is the host of an address, which may have no scheme.
	hostInFront = text.Pattern(`(?i)^(?:(?:https?:)?//)?([^/?#]*)`)
	// anyInner is an address with its scheme that is the end of another.
	anyInner = text.Pattern(`(?is)^(.+` + notInHost + `)https?(?::/{1,2}|/)(` + hostName + `)([/?#].*)?$`)
	// inTranslator is an address whose host Google's translator made a name of its own.
	inTranslator = text.Pattern(`(?is)^(?:https?:)?//([a-z0-9\-]+)(\.translate\.goog)([/?#].*)?$`)
	// endpointHost is the host of an address of the page itself.
	endpointHost = text.Pattern(`^https://([^/]+)`)
)

const (
	// mostEscapes is how many times an address may be percent-encoded.
	mostEscapes = 4
	// longestAddress is the length of the longest address that is looked into.
	longestAddress = 4096
	// beside is how many bytes before and behind an address are looked at.
	beside = 64
)

// front is what stands in front of an address. Parameter is the one that carries
// it, and empty where the address is in the path or in the name of the host.
type front struct{ host, parameter string }

// ownHost is a host of the page's own addresses, and an address that ends in one
// with it. A translator or a library's proxy writes the host into the name of its
// own: www-googleapis-com.translate.goog, www.googleapis.com.proxy.example.
type ownHost struct {
	name    string
	address *regexp.Regexp
}

// copied knows what stands in front of the addresses of a page.
type copied struct {
	hosts []ownHost
	// family begins the names of the method's scopes.
	family string
	// leads holds the scopes behind each front.
	leads map[front]map[string]bool
	// by is the host that was found in front, or a path where there is no host. It is
	// empty for the page itself.
	by string
	// odd is an entry of the list of scopes that cannot be read as one.
	odd string
}

// newCopied looks at the forms of a page's text, and at what its links lead to.
func newCopied(method *spec.Method, texts, links []string) *copied {
	c := &copied{family: family(method.Scopes), leads: map[front]map[string]bool{}}
	for _, address := range []string{scopePrefix, method.Endpoint} {
		if parts := endpointHost().FindStringSubmatch(address); parts != nil {
			name := strings.NewReplacer("-", "--?", ".", `[.\-]`).Replace(parts[1])
			c.hosts = append(c.hosts, ownHost{parts[1],
				regexp.MustCompile(`(?is)^(|.*` + notInHost + `)` + name + `(?:(\.[a-z0-9.\-]+)(?::[0-9]+)?|:(?:80|443))?([/?#].*)?$`)})
		}
	}
	for _, text := range texts {
		for _, one := range c.entries(text) {
			if one.scope != "" && c.leads[one.from] == nil {
				c.leads[one.from] = map[string]bool{}
			}
			if one.scope != "" {
				c.leads[one.from][one.scope] = true
			}
		}
	}
	own, inQuery, counts := 0, map[string]int{}, map[string]int{}
	for _, link := range links {
		from, _, _ := c.inner(link)
		switch {
		case from.parameter != "":
			inQuery[from.host]++
		case from.host != "":
			counts[from.host]++
		case !strings.HasPrefix(link, "#"):
			own++
		}
	}
	// A page may have one link to an archive, or several to a login that leads back.
	for _, host := range sortedKeys(counts) {
		if counts[host] > 1 {
			c.by = host
		}
	}
	for _, host := range sortedKeys(inQuery) {
		if inQuery[host] > own {
			c.by = host
		}
	}
	return c
}

// family returns what the names of scopes begin with, up to a full stop.
func family(scopes []spec.Scope) string {
	if len(scopes) == 0 {
		return ""
	}
	common := strings.TrimPrefix(scopes[0].Name, scopePrefix)
	for _, scope := range scopes {
		for !strings.HasPrefix(strings.TrimPrefix(scope.Name, scopePrefix), common) {
			common = common[:len(common)-1]
		}
	}
	return common[:1+strings.LastIndexByte(common, '.')]
}

// restore returns a text in which the request and the scopes have their own
// addresses. An address that merely has a scope in it is cut before the scope, so
// that it is not taken for one.
func (c *copied) restore(text string) string {
	text = replaceSubmatch(requestAddress(), text, func(address string) string {
		from, host, rest := c.inner(address)
		if host == "" || !strings.Contains(rest, "{") {
			return address
		}
		c.copiedBy(from)
		return "https://" + host + rest
	})
	entries := c.entries(text)
	var result strings.Builder
	last := 0
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && !apart(text[entries[end-1].end:entries[end].start]) {
			end++
		}
		// Entries side by side are the list, if it is sure of one that it is a scope.
		listed := slices.ContainsFunc(entries[start:end], c.isScope)
		for _, one := range entries[start:end] {
			address := text[one.start:one.end]
			result.WriteString(text[last:one.start])
			last = one.end
			index := strings.Index(address, scopePrefix)
			switch {
			case listed && one.scope != "" && !one.asks():
				c.copiedBy(one.from)
				result.WriteString(one.scope)
			case listed && c.odd == "":
				c.odd = address
			case !listed && index > 0:
				result.WriteString(address[:index])
			default:
				result.WriteString(address)
			}
		}
		start = end
	}
	return result.String() + text[last:]
}

func (c *copied) copiedBy(from front) {
	if from.host != "" {
		c.by = from.host
	}
}

// isScope reports whether an entry is a scope wherever it is. Anything else that
// takes an address in its query, such as a login, leads to one scope at most.
func (c *copied) isScope(one entry) bool {
	return one.scope != "" && !one.asks() && (one.plain || len(c.leads[one.from]) > 1 || one.from.parameter == "" && one.alone)
}

// entry is an address in a text that ends in a scope.
type entry struct {
	start, end int
	from       front
	// scope is the scope in its own form, and empty where the address is not that of
	// a scope for certain.
	scope string
	// plain says that nothing stands in front of the scope, and alone that no words
	// are in its line.
	plain, alone bool
}

// asks reports whether the address is one that asks for the scope.
func (e entry) asks() bool { return strings.HasPrefix(e.from.parameter, "?scope") }

func (c *copied) entries(text string) (entries []entry) {
	for _, at := range scopeAddress().FindAllStringSubmatchIndex(text, -1) {
		one := entry{start: at[0] + startOfAddress(text[at[2]:at[3]]), end: at[1]}
		before := text[max(0, one.start-beside):one.start]
		behind, _, _ := strings.Cut(text[one.end:min(len(text), one.end+beside)], "\n")
		address := text[one.start:one.end]
		if from, host, rest := c.inner(address); at[4] >= 0 {
			name := strings.TrimPrefix(rest, "/auth/")
			switch plain := text[at[4]:at[5]]; {
			case host+"/auth/" == scopePrefix[len("https://"):] && name == plain:
				one.from, one.scope, one.plain = from, scopePrefix+name, from == front{}
			case c.family != "" && strings.HasPrefix(plain, c.family) && strings.HasSuffix(decoded(address), "/auth/"+plain):
				one.from, one.scope = frontOf(strings.TrimSuffix(decoded(address), "/auth/"+plain)), scopePrefix+plain
			}
		}
		if !one.plain {
			rest := behindAddress().FindString(behind)
			one.end, behind = one.end+len(rest), behind[len(rest):]
		}
		one.alone = strings.IndexFunc(before[1+strings.LastIndexByte(before, '\n'):]+behind, unicode.IsLetter) < 0
		entries = append(entries, one)
	}
	return entries
}

// startOfAddress returns where an address begins in what is before /auth/, which
// may have words, brackets or commas before it.
func startOfAddress(lead string) int {
	end := len(lead)
	if at := anyScheme().FindStringIndex(lead); at != nil {
		if end = at[0]; end == 0 || !strings.ContainsAny(lead[end-1:end], "/=&?#%") {
			return end
		}
	}
	return 1 + strings.LastIndexAny(lead[:end], `*!$^{}\~@()[],;`)
}

// apart reports whether two entries with this between them are in different
// lists. Words behind the first, in its line, are a note.
func apart(between string) bool {
	_, below, found := strings.Cut(between, "\n")
	if !found {
		below = between
	}
	return strings.Contains(between, endOfList) || strings.IndexFunc(below, unicode.IsLetter) >= 0
}

// inner returns the host and what follows it of the last address in an address,
// and what is in front of it. The host is empty if there is none to be read.
func (c *copied) inner(address string) (from front, host, rest string) {
	address = decoded(address)
	if len(address) > longestAddress {
		return front{}, "", ""
	}
	before, suffix := "", ""
	for _, own := range c.hosts {
		if parts := own.address.FindStringSubmatch(address); parts != nil && (host == "" || len(parts[1]) > len(before)) {
			before, host, suffix, rest = parts[1], own.name, parts[2], parts[3]
		}
	}
	if parts := anyInner().FindStringSubmatch(address); host == "" && parts != nil {
		before, host, rest = parts[1], parts[2], parts[3]
	}
	if parts := inTranslator().FindStringSubmatch(address); host == "" && parts != nil {
		host, suffix, rest = strings.NewReplacer("--", "-", "-", ".").Replace(parts[1]), parts[2], parts[3]
	}
	if from = frontOf(schemeAtEnd().ReplaceAllString(before, "")); from.host == "" && suffix != "" {
		from.host = suffix[1:]
	}
	return from, host, rest
}

// frontOf takes apart what is in front of an address.
func frontOf(before string) (from front) {
	query := strings.LastIndexAny(before, "?&#")
	if query >= 0 || strings.HasSuffix(before, "=") {
		name, _, _ := strings.Cut(before[query+1:], "=")
		from.parameter = "?" + name
	}
	// An address without a host is one of the copy's own site: /web/20250801/https://….
	if from.host = strings.Trim(hostInFront().FindStringSubmatch(before)[1], "."); from.host == "" && strings.HasPrefix(before, "/") {
		from.host = before[:1+strings.IndexAny(before[1:]+"/", "/?#")]
	}
	return from
}

// decoded returns an address without the percent-encoding that hides another
// address in it.
func decoded(address string) string {
	for range mostEscapes {
		plain, err := url.PathUnescape(address)
		if err != nil || !escape().MatchString(address) {
			break
		}
		address = plain
	}
	return address
}

// replaceSubmatch replaces the first group of every match.
func replaceSubmatch(pattern *regexp.Regexp, text string, replace func(string) string) string {
	var result strings.Builder
	last := 0
	for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
		result.WriteString(text[last:at[2]] + replace(text[at[2]:at[3]]))
		last = at[3]
	}
	return result.String() + text[last:]
}
