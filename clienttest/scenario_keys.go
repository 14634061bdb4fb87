package clienttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// mostRequests is the largest number of requests that at-most may give: more
// than are kept of a call would not be seen.
const mostRequests = keptRequests - 1

// scenarioKeys are the keys of a scenario, for the states, codes and
// requirements of a description.
func scenarioKeys(contract *spec.Contract) []key[Scenario] {
	requirements := func(list func(*Scenario) *[]string) func(place, *yaml.Node, *Scenario) error {
		return func(p place, node *yaml.Node, into *Scenario) (err error) {
			*list(into), err = requirementsOf(p, node, contract)
			return err
		}
	}
	return []key[Scenario]{
		{"name", "lower case letters, digits and hyphens", "Chooses the scenario: `--scenario NAME`, the job id `scenario-NAME-1`, the header `Dpconform-Scenario: NAME`. The name of a shipped scenario takes its place. Needed.", readName},
		{"title", "a text of one line", "Says what the server does, for reports. Needed.", readTitle},
		{"about", "a text", "Says why, for a person who reads the list.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.About, err = textOf(p, node)
				return err
			}},
		{"job", "a state of a job", "State of the job that is retried: " + strings.Join(contract.States, ", ") + ". Without it, one that may be retried.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.Job, err = oneOf(p, node, "state", contract.States)
				return err
			}},
		{"job-end", "a text without a slash", "Is put behind the job's id, for ids with characters that a path may not hold.", readJobEnd},
		{"secure", "true or false", "Serves the scenario by TLS, with HTTP/2 and HTTP/1.1.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.Secure, err = truthOf(p, node)
				return err
			}},
		{"steps", "a list of steps", "What the requests of a call are answered, one after the other; the last goes on. Needed.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.Steps, err = stepsOf(p, node, contract)
				return err
			}},
		{"consume", "all or or-tell", "What becomes of a client that does not call as often as there are steps. `all`, which is so where nothing is said: it fails. `or-tell`: it fails unless it told the error of the last answer that it got.", readConsumption},
		{"at-most", "a whole number", "How many requests a call may have; as many as there are steps where nothing is said.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.AtMost, err = numberOf(p, node, 1, mostRequests)
				return err
			}},
		{"wait", "a time such as 500ms", "How long a client waits at least after each 503; where nothing is said, repeats in a burst alone are wrong.",
			func(p place, node *yaml.Node, into *Scenario) (err error) {
				into.Wait, err = durationOf(p, node)
				return err
			}},
		{"must", "a list of requirements", "What the scenario is about and wants kept: to break one fails it, and while one cannot be judged the run is inconclusive. `dpconform list` has the ids.", requirements(func(s *Scenario) *[]string { return &s.Must })},
		{"must-not", "a list of requirements", "The same, for requirements that say what a client must not do.", requirements(func(s *Scenario) *[]string { return &s.MustNot })},
	}
}

// stepKeys are the keys of a step. Those that say what is answered come first;
// a step has exactly one of them.
func stepKeys(contract *spec.Contract) []key[Step] {
	truth := func(flag func(*Step) *bool) func(place, *yaml.Node, *Step) error {
		return func(p place, node *yaml.Node, into *Step) (err error) {
			*flag(into), err = truthOf(p, node)
			return err
		}
	}
	return []key[Step]{
		{"reference", "true", "The reference server answers, by the state of the job.", truth(func(s *Step) *bool { return &s.Reference })},
		{"error", "a mapping, below", "A refusal of the form of AIP-193.", func(p place, node *yaml.Node, into *Step) error {
			into.Error = &StepError{}
			return readError(p, node, contract, into.Error)
		}},
		{"answer", "a mapping, below", "An answer as it is.", func(p place, node *yaml.Node, into *Step) error {
			into.Answer = &StepAnswer{}
			return readAnswer(p, node, into.Answer)
		}},
		{"reset", "true", "The connection is reset when the request has been read.", truth(func(s *Step) *bool { return &s.Reset })},
		{"hang-up", "true", "The connection is closed in good order when the request has been read, as by a server that ends.", truth(func(s *Step) *bool { return &s.HangUp })},
		{"redirect", "301, 302, 303, 307 or 308", "A redirect with this status to the same path at another host.", readRedirect},
		{"header", "a mapping of names to texts", "Header fields that are added to the answer.", readHeader},
		{"delay", "a time such as 2s", "How long the answer is held back.",
			func(p place, node *yaml.Node, into *Step) (err error) {
				into.Delay, err = durationOf(p, node)
				return err
			}},
		{"truncate", "true", "The connection ends in the middle of the body.", truth(func(s *Step) *bool { return &s.Truncate })},
		{"add", "a mapping", "Members that are added to the JSON object of a success.", readAdded},
		{"without-id", "true", "Takes the new job's id out of a success.", truth(func(s *Step) *bool { return &s.WithoutID })},
	}
}

// kinds is how many of the keys of a step say what is answered.
const kinds = 6

// errorKeys are the keys of an error.
func errorKeys(contract *spec.Contract) []key[StepError] {
	return []key[StepError]{
		{"code", "a google.rpc.Code", "Such as NOT_FOUND; the HTTP status follows from it. Needed.",
			func(p place, node *yaml.Node, into *StepError) (err error) {
				into.Code, err = oneOf(p, node, "google.rpc.Code", codesOf(contract))
				return err
			}},
		{"message", "a text", "What the client has to show of it. Needed.",
			func(p place, node *yaml.Node, into *StepError) (err error) {
				into.Message, err = textOf(p, node)
				return err
			}},
		{"reason", "a text", "`ErrorInfo.reason`; no details without it.",
			func(p place, node *yaml.Node, into *StepError) (err error) {
				into.Reason, err = textOf(p, node)
				return err
			}},
	}
}

// answerKeys are the keys of an answer.
func answerKeys() []key[StepAnswer] {
	return []key[StepAnswer]{
		{"status", "an HTTP status, 200 to 599", "Needed.",
			func(p place, node *yaml.Node, into *StepAnswer) (err error) {
				into.Status, err = numberOf(p, node, 200, 599)
				return err
			}},
		{"body", "a text", "The bytes of the body; their Content-Type is application/json unless `header` says otherwise.",
			func(p place, node *yaml.Node, into *StepAnswer) (err error) {
				into.Body, err = textOf(p, node)
				return err
			}},
	}
}

func readName(p place, node *yaml.Node, into *Scenario) (err error) {
	if into.Name, err = textOf(p, node); err == nil && !isName(into.Name) {
		err = p.mistake(node, "write lower case letters, digits, and hyphens between them", "%q is none", shortly(into.Name))
	}
	into.line = node.Line
	return err
}

func isName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name[0] != '-' && name[len(name)-1] != '-'
}

func readTitle(p place, node *yaml.Node, into *Scenario) (err error) {
	into.Title, err = textOf(p, node)
	into.Title = strings.TrimSpace(into.Title)
	if err == nil && (into.Title == "" || strings.Contains(into.Title, "\n")) {
		err = p.mistake(node, "say in one line what the server does", "it is no line of text")
	}
	return err
}

func readJobEnd(p place, node *yaml.Node, into *Scenario) (err error) {
	if into.JobEnd, err = textOf(p, node); err == nil && strings.Contains(into.JobEnd, "/") {
		err = p.mistake(node, "take the slash out", "an id is one segment of a path")
	}
	return err
}

func readConsumption(p place, node *yaml.Node, into *Scenario) error {
	text, err := oneOf(p, node, "consumption", []string{string(ConsumeAll), string(ConsumeOrTell)})
	into.Consume = Consumption(text)
	return err
}

func readRedirect(p place, node *yaml.Node, into *Step) error {
	switch status, err := numberOf(p, node, 300, 399); {
	case err != nil:
		return err
	case status == http.StatusMovedPermanently, status == http.StatusFound, status == http.StatusSeeOther,
		status == http.StatusTemporaryRedirect, status == http.StatusPermanentRedirect:
		into.Redirect = status
		return nil
	}
	return p.mistake(node, "it takes 301, 302, 303, 307 or 308", "%s is no status that leads elsewhere", node.Value)
}

// framing are the header fields that the server makes by itself.
var framing = []string{"Content-Length", "Transfer-Encoding", "Connection", "Trailer"}

func readHeader(p place, node *yaml.Node, into *Step) error {
	if node.Kind != yaml.MappingNode {
		return p.mistake(node, "write header: {Retry-After: \"1\"}", "it takes a mapping of names to texts, and not %s", kindOf(node))
	}
	into.Header = map[string]string{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], aliased(node.Content[i+1])
		text, err := textOf(p.below(shortly(name.Value)), value)
		if err != nil {
			return err
		}
		canonical := http.CanonicalHeaderKey(name.Value)
		_, twice := into.Header[canonical]
		switch {
		case !httpguts.ValidHeaderFieldName(name.Value):
			return p.mistake(name, "", "%q is no name of a header field", shortly(name.Value))
		case !httpguts.ValidHeaderFieldValue(text):
			return p.mistake(value, "take line breaks and control characters out", "%s cannot have the value %q", canonical, shortly(text))
		case twice:
			return p.mistake(name, "remove one of them", "%s stands here twice", canonical)
		}
		for _, own := range framing {
			if own == canonical {
				return p.mistake(name, "remove it", "%s is what the server itself says", canonical)
			}
		}
		into.Header[canonical] = text
	}
	return nil
}

func readAdded(p place, node *yaml.Node, into *Step) error {
	if node.Kind != yaml.MappingNode {
		return p.mistake(node, "write add: {newField: 1}", "it takes a mapping, and not %s", kindOf(node))
	}
	err := node.Decode(&into.Add)
	if err == nil {
		_, err = json.Marshal(into.Add)
	}
	if err != nil {
		return p.mistake(node, "use texts as keys, no .inf or .nan, and no alias inside of what it stands for", "JSON cannot hold it")
	}
	return nil
}

func requirementsOf(p place, node *yaml.Node, contract *spec.Contract) ([]string, error) {
	if node.Kind != yaml.SequenceNode {
		return nil, p.mistake(node, "write [client.outcome.error]", "it takes a list of requirements, and not %s", kindOf(node))
	}
	known := make([]string, len(contract.ClientRequirements))
	for i, requirement := range contract.ClientRequirements {
		known[i] = requirement.ID
	}
	seen := map[string]int{}
	var ids []string
	for _, item := range node.Content {
		item = aliased(item)
		id, err := textOf(p, item)
		if err != nil {
			return nil, err
		}
		if _, found := contract.ClientRequirement(id); !found && len(known) > 0 {
			return nil, p.mistake(item, mendOfRequirement(id, known), "the description has no requirement %q of clients", shortly(id))
		}
		if first, twice := seen[id]; twice {
			return nil, p.mistake(item, "remove one of them", "%s stands already in line %d", shortly(id), first)
		}
		seen[id] = item.Line
		ids = append(ids, id)
	}
	return ids, nil
}

func mendOfRequirement(id string, known []string) string {
	return text.DidYouMean(shortly(id), known) + fmt.Sprintf(" (dpconform list has all %d)", len(known))
}
