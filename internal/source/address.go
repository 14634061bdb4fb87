package source

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mirrors, web archives and translators put their own address in front of the
// addresses in a page: of every one or of some, in links and in text. Such an
// address is recognized here alone, and read as what it leads to.

// inAddress are the characters of an address in a page of any format.
const inAddress = "[^\\x00-\\x20\"'<>|`()\\[\\],;\\x7f-\\x{10ffff}]"

var (
	// addressInText is an address with all that is right before and behind it.
	addressInText = regexp.MustCompile(inAddress + `*?(https?(?::/|/|%3[Aa]))` + inAddress + `*`)
	// afterMethod says that what follows is the address of a request.
	afterMethod = regexp.MustCompile(`\b(?:GET|POST|PUT|PATCH|DELETE)\s+$`)
	// hostOf is the scheme and the host that an address may begin with.
	hostOf = regexp.MustCompile(`^(?:https?:)?(?://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?|localhost(?::[0-9]+)?)([/?#].*)?$`)
	// inPath is an address in the path of another: /https://h/…, /https/h/…,
	// /https%3A%2F%2Fh….
	inPath = regexp.MustCompile(`^[^?#]*?/(https?)(?::/{1,2}|/|%3[Aa]%2[Ff]%2[Ff])([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[:/?#%].*)?)$`)
	// inQuery is an address that is the value of a parameter, or the whole query. A
	// cache has a word of its own before it.
	inQuery = regexp.MustCompile(`[?&#](?:amp;)?(?:([A-Za-z0-9_.-]+)=)?(?:[A-Za-z0-9_-]+:){0,2}(https?(?:://|%(?:25)*3[Aa]%(?:25)*2[Ff]%(?:25)*2[Ff])[^&#]+)`)
	// translatorParameter is what Google's translator adds to the query.
	translatorParameter = regexp.MustCompile(`[?&](?:amp;)?_x_tr_[a-z_]+=[^&#]*`)
	// usualPort is a port that archives write and the page does not.
	usualPort = regexp.MustCompile(`^(https?://[^/?#:]+):(?:80|443)(/|$)`)
)

const (
	translator = ".translate.goog"
	// mostFronts is how many addresses may be in front of one.
	mostFronts = 4
	// longestAddress is the length of the longest address that is looked into.
	longestAddress = 4096
	// beside is how many bytes before and behind an address are looked at.
	beside = 64
)

// front is what stands in front of an address. Parameter is the one that carries
// it, and empty where the address is in the path or in the name of the host.
type front struct{ host, parameter string }

// copied knows what stands in front of the addresses of a page.
type copied struct {
	// hosts are those of the page's own addresses.
	hosts []string
	// leads holds the addresses of the request and of scopes behind each front.
	leads map[front]map[string]bool
	// by is the host that was found in front, or a path where there is no host. It is
	// empty for the page itself.
	by string
}

// newCopied looks at the forms of a page's text, and at what its links lead to.
func newCopied(hosts, texts, links []string) *copied {
	c := &copied{hosts: hosts, leads: map[front]map[string]bool{}}
	for _, text := range texts {
		c.each(text, func(address string, around surroundings) string {
			if to, target, is := c.unwrap(address); is && (around.request || isScope(target)) {
				if c.leads[to] == nil {
					c.leads[to] = map[string]bool{}
				}
				c.leads[to][target] = true
			}
			return address
		})
	}
	own, inQuery, counts := 0, map[string]int{}, map[string]int{}
	for _, link := range links {
		to, _, is := c.unwrap(link)
		switch {
		case is && to.parameter == "":
			counts[to.host]++
		case is:
			inQuery[to.host]++
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

// restore returns a text in which the request and the scopes have their own
// addresses. An address that merely has a scope in it is cut before the scope, so
// that it is not taken for one.
func (c *copied) restore(text string) string {
	return c.each(text, func(address string, around surroundings) string {
		to, target, is := c.unwrap(address)
		if is && (around.request || isScope(target) && c.leadsToScopes(to, around)) {
			c.by = to.host
			return target
		}
		if index := strings.Index(address, scopePrefix); index > 0 {
			return address[:index]
		}
		return address
	})
}

// leadsToScopes reports whether what is in front of a scope is the address of a
// copy. Anything else that takes an address in its query, such as a login, leads to
// one scope at most, or says that it takes scopes.
func (c *copied) leadsToScopes(to front, around surroundings) bool {
	return len(c.leads[to]) > 1 && !strings.HasPrefix(to.parameter, "?scope") || to.parameter == "" && around.alone
}

func isScope(address string) bool { return strings.HasPrefix(address, scopePrefix) }

// surroundings are what is around an address.
type surroundings struct {
	// request says that the address is behind an HTTP method, and alone that nothing
	// else is in its block.
	request, alone bool
}

// each replaces every address in a text.
func (c *copied) each(text string, replace func(address string, around surroundings) string) string {
	var result strings.Builder
	last := 0
	for _, at := range addressInText.FindAllStringSubmatchIndex(text, -1) {
		start, end := at[0], at[1]
		lead := text[start:at[2]]
		switch {
		case lead == "":
		case strings.ContainsAny(lead[len(lead)-1:], "/=&?#%"):
			start += 1 + strings.LastIndexAny(lead, "*!$^{}\\~@")
		default:
			start = at[2]
		}
		before := text[max(0, start-beside):start]
		behind, _, _ := strings.Cut(text[end:min(len(text), end+beside)], "\n")
		around := surroundings{afterMethod.MatchString(before), strings.IndexFunc(before[1+strings.LastIndexByte(before, '\n'):]+behind, isWord) < 0}
		result.WriteString(text[last:start])
		result.WriteString(replace(text[start:end], around))
		last = end
	}
	result.WriteString(text[last:])
	return result.String()
}

func isWord(character rune) bool {
	return character != utf8.RuneError && (unicode.IsLetter(character) || unicode.IsNumber(character))
}

// unwrap returns what an address leads to, and what stands in front of it.
func (c *copied) unwrap(address string) (outer front, target string, is bool) {
	if len(address) > longestAddress {
		return front{}, address, false
	}
	for depth := range mostFronts {
		to, inner, found := c.unwrapOnce(address)
		if !found {
			break
		}
		if depth == 0 {
			outer, is = to, true
		}
		address = inner
	}
	if !is {
		return front{}, address, false
	}
	address = usualPort.ReplaceAllString(address, "$1$2")
	if plain, is := strings.CutPrefix(address, "http://"); is && slices.ContainsFunc(c.hosts, func(own string) bool { return strings.HasPrefix(plain, own+"/") }) {
		// An archive gives the address by which it looked.
		address = "https://" + plain
	}
	if strings.Contains(address, "%7B") || strings.Contains(address, "%7b") {
		address = unescaped(address)
	}
	return outer, address, true
}

func (c *copied) unwrapOnce(address string) (front, string, bool) {
	// An address without a host is one of the copy's own site: /web/20250801/https://….
	host := address[:1+strings.IndexAny(address[min(1, len(address)):]+"/", "/?#")]
	if parts := hostOf.FindStringSubmatch(address); parts != nil {
		var rest string
		host, rest = parts[1], parts[2]
		for _, own := range c.hosts {
			if before, target, found := strings.Cut(rest, "/"+own+"/"); found && !strings.ContainsAny(before, "?#:") && host != own {
				return front{host: host}, "https://" + own + "/" + target, true
			}
		}
		if own, suffix := c.ownHost(host); own != "" {
			return front{host: suffix}, "https://" + own + translatorParameter.ReplaceAllString(rest, ""), true
		}
	}
	if parts := inPath.FindStringSubmatch(address); parts != nil {
		target := parts[2]
		if !strings.Contains(strings.SplitN(target, "?", 2)[0], "/") {
			target = unescaped(target)
		}
		return front{host: host}, parts[1] + "://" + target, true
	}
	if parts := inQuery.FindStringSubmatch(address); parts != nil {
		target := parts[2]
		for range mostFronts {
			if !strings.Contains(target, "://") {
				target = unescaped(target)
			}
		}
		return front{host, "?" + parts[1]}, target, true
	}
	return front{}, "", false
}

// ownHost returns the host of the page that a translator or a library's proxy
// writes into the name of its own: www-googleapis-com.translate.goog,
// www.googleapis.com.proxy.example.
func (c *copied) ownHost(host string) (own, suffix string) {
	if label, is := strings.CutSuffix(host, translator); is {
		return strings.NewReplacer("--", "-", "-", ".").Replace(label), translator[1:]
	}
	for _, own := range c.hosts {
		hyphened := strings.NewReplacer("-", "--", ".", "-").Replace(own)
		for _, name := range []string{own, hyphened, strings.ReplaceAll(own, ".", "-")} {
			if suffix, is := strings.CutPrefix(host, name+"."); is {
				return own, suffix
			}
		}
	}
	return "", ""
}

// unescaped decodes percent-encoding, where there is any that is right.
func unescaped(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}
