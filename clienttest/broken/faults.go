package broken

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dpconform/dpconform/clienttest"
)

// Fault is a client that does one thing wrong.
type Fault struct {
	// Name is stable.
	Name string
	// Text is one sentence.
	Text string
	// Breaks is the requirement, or the condition, that the fault breaks.
	Breaks string
	// Scenario is the one in which it shows; NoScenario where none is about the
	// call.
	Scenario string
	// Consequences are further requirements that cannot be kept with the fault.
	Consequences []string

	program func() program
}

// NoScenario stands for a call that no scenario is about.
const NoScenario = "no scenario"

// changed makes a right client with one change.
func changed(change func(*program)) func() program {
	return func() program {
		made := right()
		change(&made)
		return made
	}
}

func withTarget(target func(task) string) func() program {
	return changed(func(p *program) { p.target = target })
}

func withBody(body string, header map[string]string) func() program {
	return changed(func(p *program) { p.body, p.header = []byte(body), header })
}

func withAuthorization(authorization func(token string) string) func() program {
	return changed(func(p *program) { p.authorization = authorization })
}

// asking makes a client that asks again after every reply that a function
// picks, so many times.
func asking(times int, wait time.Duration, after func(reply) bool) func() program {
	return changed(func(p *program) {
		p.again = func(attempt int, got reply) (time.Duration, bool) { return wait, attempt < times && after(got) }
	})
}

func afterStatus(status int) func(reply) bool {
	return func(got reply) bool { return got.err == nil && got.status == status }
}

func telling(tell func(task, reply) clienttest.Outcome) func() program {
	return changed(func(p *program) { p.tell = tell })
}

// tellingError makes a client that shows errors in its own way.
func tellingError(change func(*clienttest.ToldError)) func() program {
	return telling(func(task task, got reply) clienttest.Outcome {
		outcome := tellAll(task, got)
		if outcome.Error != nil {
			change(outcome.Error)
		}
		return outcome
	})
}

func formOf(text string) map[string]string { return map[string]string{"Content-Type": text} }

const jsonType = "application/json"

// Faults lists all broken clients.
func Faults() []Fault {
	return slices.Concat(httpFaults(), pathFaults(), queryFaults(), authorizationFaults(), bodyFaults(), repeatFaults(), outcomeFaults(), plainFaults())
}

func pathFaults() []Fault {
	const special = "special-characters"
	escape := url.PathEscape
	return []Fault{
		{"get-in-place-of-post", "The method is called with GET.", "client.path.method", "success", nil,
			changed(func(p *program) { p.method = http.MethodGet })},
		{"put-in-place-of-post", "The method is called with PUT.", "client.path.method", "success", nil,
			changed(func(p *program) { p.method = http.MethodPut })},
		{"other-method-in-a-field", "A field puts another method in the place of POST.", "client.path.method", "success", nil,
			withHeader("X-HTTP-Method-Override", func(task) string { return http.MethodDelete })},
		{"other-collection", "The path names another collection.", "client.path.collection", "success", nil,
			withTarget(func(t task) string { return "/v1/portabilityArchive/" + escape(t.job) + ":retry" })},
		{"other-version", "The path names another version.", "client.path.collection", "success", nil,
			withTarget(func(t task) string { return "/v1beta/archiveJobs/" + escape(t.job) + ":retry" })},
		{"doubled-slash", "The path begins with two slashes.", "client.path.collection", "success", nil,
			written("POST /{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"doubled-slash-before-id", "Two slashes stand before the id.", "client.path.one-segment", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs//" + escape(t.job) + ":retry" })},
		{"name-as-id", "The whole name is taken for the id.", "client.path.one-segment", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/archiveJobs/" + escape(t.job) + ":retry" })},
		{"empty-id", "The id is lost.", "client.path.one-segment", "success", nil,
			withTarget(func(task) string { return "/v1/archiveJobs/:retry" })},
		{"no-id", "The id is lost with its slash.", "client.path.one-segment", "success", nil,
			withTarget(func(task) string { return "/v1/archiveJobs:retry" })},
		{"escaped-colon", "The colon of the verb is percent-encoded.", "client.path.verb", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(t.job) + "%3Aretry" })},
		{"verb-as-segment", "The verb stands behind a slash.", "client.path.verb", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(t.job) + "/retry" })},
		{"other-verb", "The verb is another one.", "client.path.verb", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(t.job) + ":restart" })},
		{"trailing-slash", "A slash stands at the end.", "client.path.verb", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(t.job) + ":retry/" })},
		{"other-case-of-id", "The id is changed to capitals.", "client.path.id", "success", nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(strings.ToUpper(t.job)) + ":retry" })},
		{"id-escaped-twice", "The id is percent-encoded twice.", "client.path.id", special, nil,
			withTarget(func(t task) string { return "/v1/archiveJobs/" + escape(escape(t.job)) + ":retry" })},
		{"percent-unescaped", "A percent sign in the id is left as it is.", "client.path.id", special, nil,
			withTarget(func(t task) string {
				return "/v1/archiveJobs/" + strings.ReplaceAll(escape(t.job), "%2525", "%25") + ":retry"
			})},
		{"question-mark-unescaped", "A question mark in the id is left as it is.", "client.path.verb", special, []string{"client.query.parameters"},
			withTarget(func(t task) string {
				return "/v1/archiveJobs/" + strings.ReplaceAll(escape(t.job), "%3F", "?") + ":retry"
			})},
		{"letter-unescaped", "A letter beyond ASCII is left as it is.", "client.path.escaping", special, nil,
			withTarget(func(t task) string {
				return "/v1/archiveJobs/" + strings.ReplaceAll(escape(t.job), "%C3%BC", "ü") + ":retry"
			})},
	}
}

func authorizationFaults() []Fault {
	return []Fault{
		{"token-in-query", "The token is sent in the query.", "client.query.no-token", "success", nil,
			changed(func(p *program) {
				p.authorization = func(string) string { return "" }
				p.target = func(t task) string { return right().target(t) + "?access_token=" + t.token }
			})},
		{"token-in-both", "The token is sent in the header and in the query.", "client.authorization.one-method", "success",
			[]string{"client.query.no-token"},
			withTarget(func(t task) string { return right().target(t) + "?access_token=" + t.token })},
		{"no-token", "No token is sent.", "client.authorization.token", "success", nil,
			withAuthorization(func(string) string { return "" })},
		{"token-in-cookie-too", "The token is sent in a cookie as well.", "client.authorization.one-method", "success", nil,
			withHeader("Cookie", func(t task) string { return "session=" + t.token })},
		{"token-in-referer-too", "The token is sent in Referer as well.", "client.authorization.one-method", "success", nil,
			withHeader("Referer", func(t task) string { return "https://app.example/?t=" + t.token })},
		{"token-in-own-field", "The token is sent in a field of the client's own.", "client.authorization.bearer", "success", nil,
			changed(func(p *program) {
				p.authorization = func(string) string { return "" }
				p.fields = map[string]func(task) string{"X-Api-Token": func(t task) string { return t.token }}
			})},
		{"other-scheme", "The token is sent with the scheme Token.", "client.authorization.bearer", "success", nil,
			withAuthorization(func(token string) string { return "Token " + token })},
		{"no-scheme", "The token is sent without a scheme.", "client.authorization.bearer", "success", nil,
			withAuthorization(func(token string) string { return token })},
		{"quoted-token", "The token is sent in quotes.", "client.authorization.bearer", "success", nil,
			withAuthorization(func(token string) string { return `Bearer "` + token + `"` })},
		{"other-token", "A token is sent that nobody gave.", "client.authorization.scope", "success", nil,
			withAuthorization(func(string) string { return "Bearer a-token-of-yesterday" })},
		{"token-to-other-host", "A redirect takes the token to another host.", "client.authorization.other-host", "redirect", nil,
			changed(func(p *program) { p.followWithToken = true })},
	}
}

func bodyFaults() []Fault {
	return []Fault{
		{"body-with-name", "The body repeats the name.", "client.body.empty", "success", nil,
			withBody(`{"name":"archiveJobs/x"}`, formOf(jsonType))},
		{"body-array", "The body is an array.", "client.body.empty", "success", nil, withBody(`[]`, formOf(jsonType))},
		{"body-malformed", "The body is no JSON.", "client.body.empty", "success", nil, withBody(`{`, formOf(jsonType))},
		{"body-called-gzip", "The body is called gzip and is not.", "client.body.empty", "success", nil,
			withBody(`{}`, map[string]string{"Content-Type": jsonType, "Content-Encoding": "gzip"})},
		{"body-null", "The body is null.", "client.body.no-null", "success", nil, withBody("null\n", formOf(jsonType))},
		{"body-called-text", "The body is called plain text.", "client.body.media-type", "success", nil,
			withBody(`{}`, formOf("text/plain"))},
		{"body-called-form", "The body is called a form.", "client.body.media-type", "success", nil,
			withBody(`{}`, formOf("application/x-www-form-urlencoded"))},
		{"body-unnamed", "The body has no Content-Type.", "client.body.media-type-named", "success", nil, withBody(`{}`, nil)},
		{"no-length", "A POST without a body has no Content-Length.", "client.body.length", "success", nil,
			written(goodLine, goodHost, goodAuthorization)},
	}
}
