package source

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
	"github.com/dpconform/dpconform/spec"
)

// copies rewrite an address as those do who copy a page.
var copies = map[string]func(address string) string{
	"mirror.example:443": func(address string) string {
		return "https://mirror.example:443/" + strings.Replace(address, "://", "/", 1)
	},
	"mirror":          func(address string) string { return "http://mirror.example/" + address },
	"web.archive.org": func(address string) string { return "https://web.archive.org/web/20250801000000/" + address },
	"raw archive":     func(address string) string { return "https://web.archive.org/web/20250801000000id_/" + address },
	"archive in a frame": func(address string) string {
		return "http://web.archive.org/web/20250801000000if_/" + strings.Replace(address, "https:", "http:", 1)
	},
	"archive with a port": func(address string) string {
		return "//web.archive.org/web/20250801/" + strings.Replace(address, ".com/", ".com:443/", 1)
	},
	"archive without host": func(address string) string { return "/web/20250801000000im_/" + address },
	"one slash":            func(address string) string { return "https://mirror.example/" + strings.Replace(address, "//", "/", 1) },
	"escaped path":         func(address string) string { return "https://mirror.example/get/" + url.QueryEscape(address) },
	"escaped braces": func(address string) string {
		return "https://mirror.example/" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(address)
	},
	"no scheme": func(address string) string {
		return "https://mirror.example/page/" + strings.TrimPrefix(address, "https://")
	},
	"host in front":  func(address string) string { return "mirror.example:8080/" + address },
	"proxy":          func(address string) string { return "https://proxy.example/proxy?url=" + url.QueryEscape(address) },
	"relative proxy": func(address string) string { return "/proxy?url=" + url.QueryEscape(address) },
	"escaped twice": func(address string) string {
		return "https://proxy.example/?mode=x&u=" + url.QueryEscape(url.QueryEscape(address)) + "&z=1"
	},
	"bare query": func(address string) string { return "https://proxy.example/?" + address },
	"translator": func(address string) string { return "https://translate.google.com/website?sl=en&tl=de&u=" + address },
	"old translator": func(address string) string {
		return "https://translate.google.com/translate?hl=de&sl=en&u=" + address + "&prev=search"
	},
	"translate.goog": translated,
	"library": func(address string) string {
		return strings.Replace(address, ".com/", ".com.proxy.library.example/", 1)
	},
	"library's host": func(address string) string { return "https://" + hyphened(address, ".login.library.example:8443") },
	"cache":          func(address string) string { return "https://cache.example/search?q=cache:x_1-Y:" + address + "&hl=de" },
	"AMP cache": func(address string) string {
		return "https://" + strings.SplitN(hyphened(address, " "), " ", 2)[0] + ".cdn.example/c/s/" + strings.TrimPrefix(address, "https://")
	},
	"own host alone": func(address string) string {
		return strings.Replace(address, "www.googleapis.com", "mirror.example", 1)
	},
	"IPv6": func(address string) string {
		return strings.Replace(address, "https://", "https://[::1]:8443/https/", 1)
	},
	"a name in no ASCII": func(address string) string { return "https://spiegel-\u00e4.example/" + address },
	"marks in the path":  func(address string) string { return "https://mirror.example/a,b;c/(x)/" + address },
	"redirect":           func(address string) string { return "https://www.example/url?q=" + url.QueryEscape(address) + "&sa=D" },
	"archived mirror": func(address string) string {
		return "https://web.archive.org/web/2025/https://mirror.example/https/" + strings.TrimPrefix(address, "https://")
	},
}

// spellings are other ways to write an address that nothing stands in front of.
var spellings = map[string]func(address string) string{
	"http":        func(address string) string { return strings.Replace(address, "https:", "http:", 1) },
	"port":        func(address string) string { return strings.Replace(address, ".com/", ".com:443/", 1) },
	"no scheme":   func(address string) string { return strings.TrimPrefix(address, "https:") },
	"host alone":  func(address string) string { return strings.TrimPrefix(address, "https://") },
	"user":        func(address string) string { return strings.Replace(address, "https://", "https://user@", 1) },
	"escaped":     func(address string) string { return strings.NewReplacer(":", "%3A", "/", "%2F").Replace(address) },
	"query":       func(address string) string { return address + "?utm_source=mirror&hl=de" },
	"no host":     func(address string) string { return strings.TrimPrefix(address, "https://www.googleapis.com") },
	"higher page": func(address string) string { return strings.Replace(address, "https://www.googleapis.com", "..", 1) },
	"upper case": func(address string) string {
		return strings.NewReplacer("https:", "HTTPS:", "googleapis", "GoogleAPIs").Replace(address)
	},
}

// hyphened writes the host of an address as one label.
func hyphened(address, suffix string) string {
	host, path, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return strings.NewReplacer("-", "--", ".", "-").Replace(host) + suffix + "/" + path
}

func translated(address string) string {
	return "https://" + hyphened(address, ".translate.goog") + "?_x_tr_sl=en&_x_tr_tl=de&_x_tr_hl=de&_x_tr_pto=wapp"
}

// addressOnPage finds the addresses in the forms of the page.
var addressOnPage = regexp.MustCompile("https://[^\\s\"'<>`()\\[\\]]+")

// copyOf rewrites every address of a page, or every second one.
func copyOf(page string, every int, rewrite func(string) string) string {
	page = strings.NewReplacer("<wbr>", "", "&#123;", "{").Replace(page)
	count := 0
	return addressOnPage.ReplaceAllStringFunc(page, func(address string) string {
		if count++; count%every == 0 {
			return rewrite(address)
		}
		return address
	})
}

// withoutProvenance shows all that was read, but not from where.
func withoutProvenance(read *Source) string {
	content := *read
	content.Provenance = Provenance{}
	return fmt.Sprintf("%+v", content)
}

func TestACopyIsReadAsThePage(t *testing.T) {
	t.Parallel()
	pages, wants := pages(t), map[string]string{}
	for form, page := range pages {
		wants[form] = withoutProvenance(mustParse(t, form, page))
	}
	for name, rewrite := range copies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, page := range pages {
				for _, every := range []int{1, 3} {
					copied := copyOf(page, every, rewrite)
					read, err := Parse(spec.Description{Name: form, Text: []byte(copied)}, shipped())
					if err != nil {
						t.Fatalf("%s, one in %d: %v", form, every, err)
					}
					if read.Provenance.CopiedBy == "" {
						t.Errorf("%s, one in %d: nobody copied it", form, every)
					}
					if got, want := withoutProvenance(read), wants[form]; got != want {
						same := 0
						for got[same] == want[same] {
							same++
						}
						t.Fatalf("%s, one in %d: got\n%.300s\nwant\n%.300s", form, every, got[same:], want[same:])
					}
				}
			}
		})
	}
}

// TestAnAddressIsReadHoweverItIsSpelled: in every place of the page, or in some.
func TestAnAddressIsReadHoweverItIsSpelled(t *testing.T) {
	t.Parallel()
	for form, page := range pages(t) {
		want := mustParse(t, form, page)
		for name, rewrite := range spellings {
			for _, every := range []int{1, 3} {
				read, err := Parse(spec.Description{Name: form, Text: []byte(copyOf(page, every, rewrite))}, shipped())
				if err != nil {
					t.Errorf("%s in %s, one in %d: %v", name, form, every, err)
					continue
				}
				if withoutProvenance(read) != withoutProvenance(want) {
					t.Errorf("%s in %s, one in %d: %d scopes of %d, %s of %s", name, form, every, len(read.Scopes), len(want.Scopes), read.Method.Key, want.Method.Key)
				}
			}
		}
	}
}

// TestNoEntryOfTheListIsLost: what is rewritten alone in the list, an old scope or
// a new one, with a note behind it or without, is read or refused.
func TestNoEntryOfTheListIsLost(t *testing.T) {
	t.Parallel()
	const old, added = "https://www.googleapis.com/auth/dataportability.youtube.clips", "https://www.googleapis.com/auth/dataportability.zz.new"
	rewrites := maps.Clone(copies)
	maps.Copy(rewrites, spellings)
	rewrites["a login"] = func(address string) string { return "https://accounts.example/auth?scope=" + address }
	rewrites["capitals"] = strings.ToUpper
	rewrites["an escaped end"] = func(address string) string { return copies["proxy"](address + "/more") }
	all := pages(t)
	for _, form := range []string{"de, HTML", "ar, text", "en, Markdown"} {
		for name, rewrite := range rewrites {
			for what, changed := range map[string]string{
				old:            strings.ReplaceAll(all[form], old, rewrite(old)),
				added:          strings.NewReplacer("<li><code dir=\"ltr\" translate=no>"+old, "<li><code>"+rewrite(added)+"</code><li><code>"+old, "- `"+old, "- `"+rewrite(added)+"`\n- `"+old, "\n"+old, "\n"+rewrite(added)+"\n"+old).Replace(all[form]),
				old + " noted": strings.NewReplacer(old+"</code>", rewrite(old)+"</code> (deprecated)", "`"+old+"`", rewrite(old)+" (deprecated)", old+"\n", rewrite(old)+" (deprecated)\n").Replace(all[form]),
			} {
				scope, _, _ := strings.Cut(what, " ")
				read, err := Parse(spec.Description{Name: form, Text: []byte(changed)}, shipped())
				refused := name == "a login" || name == "capitals" || name == "an escaped end"
				switch {
				case refused:
					checkError(t, form+" "+name, err, "form of a scope")
				case err != nil:
					t.Errorf("%s, %s, %s: %v", form, name, what, err)
				case !slices.Contains(scopeNames(read), scope):
					t.Errorf("%s, %s: %s is lost", form, name, what)
				}
			}
		}
	}
}

// TestOneScopeOfACopy: the path alone says that an address leads to another.
func TestOneScopeOfACopy(t *testing.T) {
	t.Parallel()
	const scope = "https://www.googleapis.com/auth/dataportability.youtube.clips"
	page := pages(t)["de, HTML"]
	for _, name := range []string{"mirror.example:443", "web.archive.org", "translate.goog"} {
		read := mustParse(t, name, strings.ReplaceAll(page, scope, copies[name](scope)))
		if !slices.Contains(scopeNames(read), scope) || read.Provenance.CopiedBy == "" {
			t.Errorf("%s: %+v", name, read.Provenance)
		}
	}
}

// TestLinksOfACopyAreNoted: also where no text has them.
func TestLinksOfACopyAreNoted(t *testing.T) {
	t.Parallel()
	page := pages(t)["en, HTML"]
	links := func(addresses ...string) string {
		list := ""
		for _, address := range addresses {
			list += `<a href="` + strings.ReplaceAll(address, "&", "&amp;") + `">x</a>`
		}
		return strings.Replace(page, "<article>", "<p>"+list+"</p><article>", 1)
	}
	const one, other = "https://developers.google.com/data-portability", "https://developers.google.com/identity/protocols/OAuth2"
	for name, rewrite := range copies {
		if slices.Contains([]string{"library", "library's host", "AMP cache", "no scheme", "archive without host", "own host alone"}, name) {
			continue // they need a host of the page's own, or have none
		}
		if read := mustParse(t, name, links(rewrite(one), rewrite(other), rewrite(one+"/x"))); read.Provenance.CopiedBy == "" {
			t.Errorf("%s: nobody copied it", name)
		}
	}
	for _, own := range []string{links(one, other), links(one, "https://accounts.google.com/signin?continue="+url.QueryEscape(other)),
		links("/a", "/b", "https://accounts.google.com/signin?continue="+one, "https://accounts.google.com/signin?continue="+other),
		links(one, "https://web.archive.org/web/2024/"+other)} {
		if read := mustParse(t, "own", own); read.Provenance.CopiedBy != "" {
			t.Errorf("%q is said to have copied the page", read.Provenance.CopiedBy)
		}
	}
}

// TestALinkWithAScopeInItIsNoScope: on the page itself, such a link neither adds
// a scope nor hides that one is gone.
func TestALinkWithAScopeInItIsNoScope(t *testing.T) {
	t.Parallel()
	const scope, escaped = "https://www.googleapis.com/auth/dataportability.youtube.clips", "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdataportability.youtube.clips"
	for form, page := range pages(t) {
		if form == "de, HTML with Markdown" || form == "he, text" {
			continue // they have the list twice
		}
		want := mustParse(t, form, page)
		without := slices.DeleteFunc(scopeNames(want), func(name string) bool { return name == scope })
		for _, link := range []string{
			"https://accounts.google.com/o/oauth2/v2/auth?scope=" + scope,
			"https://accounts.google.com/o/oauth2/v2/auth?client_id=x&scope=" + escaped + "&prompt=consent",
			"https://accounts.google.com/signin?continue=" + scope,
			"https://accounts.google.com/signin?continue=" + escaped,
			"/o/oauth2?scope=" + scope,
			"see https://web.archive.org/web/2024/" + scope + " for what was there before",
			"scope=" + scope,
		} {
			last := without[len(without)-1]
			changed := strings.NewReplacer("<li><code dir=\"ltr\" translate=no>"+scope+"</code></li>\n", "", "- `"+scope+"`\n", "", scope+"\n", "",
				last, last+"\x00").Replace(page)
			between := "\n(OAuth 2.0)\n" + link + "\n"
			if strings.HasSuffix(form, "HTML") {
				between = "</code></li></ul><p>" + strings.ReplaceAll(link, "&", "&amp;") + "</p><ul><li><code>"
			}
			if strings.HasSuffix(form, "Markdown") {
				between = "`\n\n[" + "Try it](" + link + ")\n`"
			}
			changed = strings.ReplaceAll(changed, last+"\x00", last+between)
			read, err := Parse(spec.Description{Name: form, Text: []byte(changed)}, shipped())
			if err != nil {
				t.Fatal(form, link, err)
			}
			if !slices.Equal(scopeNames(read), without) || read.Provenance.CopiedBy != "" {
				t.Errorf("%s with %s: %d scopes, want %d; copied by %q", form, link, len(read.Scopes), len(without), read.Provenance.CopiedBy)
			}
		}
	}
}

// TestACopyWithoutScopesIsAnError: as the page without them is.
func TestACopyWithoutScopesIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(copies)) {
		_, err := Parse(spec.Description{Name: name, Text: []byte(copyOf(sourcetest.Text(sourcetest.Languages[0]), 1, copies[name]))}, shipped())
		checkError(t, name, err, "OAuth scopes")
	}
}
