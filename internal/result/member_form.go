package result

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// MemberForm says in which other form a JSON body has a member that should be a string
// at its top, "as a number" or "inside another object", and how to repair that. Both
// are empty where it has the string, or nothing like it.
func MemberForm(body []byte, name string) (form, fix string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return "", ""
	}
	if value, found := members[name]; found {
		kind := map[byte]string{'{': "an object", '[': "an array", 't': "a boolean", 'f': "a boolean", '"': "", 'n': ""}
		is, other := kind[value[0]]
		if !other {
			is = "a number"
		}
		if is == "" {
			return "", ""
		}
		return "as " + is, fmt.Sprintf("return %s as a string, not as %s", name, is)
	}
	for _, outer := range slices.Sorted(maps.Keys(members)) {
		var inner map[string]json.RawMessage
		if json.Unmarshal(members[outer], &inner) == nil && inner[name] != nil {
			return "inside another object", fmt.Sprintf("return %s at the top of the response, not inside %s", name, text.Line(text.Cut(outer, 60)))
		}
	}
	return "", ""
}

// ofMembers are the requirements that a member breaks which is there in another form.
var ofMembers = []string{"response.id-present", "response.new-job-readable", "response.new-job-state", "semantics.given-state"}

// formFix is the fix where a response has what a requirement is about in another form;
// empty where it has not.
func (r Report) formFix(requirement Requirement, shown Found) string {
	exchange := &r.Exchanges[shown.Exchange-1]
	name, atTop := strings.CutPrefix(string(shown.Place), string(InMember("")))
	if !slices.Contains(ofMembers, requirement.ID) || !atTop || !exchange.succeeded() {
		return ""
	}
	if form, fix := MemberForm([]byte(exchange.Response.Body), name); fix != "" {
		if form == "as a number" && !exchange.Retry && len(r.States) > 0 { // What is no call reads a state.
			fix = fmt.Sprintf("return %s by its name, as a string such as %q, not as a number: without UseEnumNumbers in Go "+
				"(protojson, grpc-gateway), use_integers_for_enums in Python or printingEnumsAsInts in Java", name, r.States[0].Name)
		}
		return sentence(fix)
	}
	var value string
	letters := strings.NewReplacer("_", "", "-", "", " ", "")
	documented := func(state State) bool { return state.Name == value }
	switch {
	case json.Unmarshal(members(exchange)[name], &value) != nil:
		return ""
	case slices.ContainsFunc(r.States, documented) && requirement.ID == "semantics.given-state":
		return fmt.Sprintf("If %s is %s, give it as --job %[2]s=%[1]s. Otherwise let the method that returns the state of a job read the same data as the method under test, not a cache or a copy.",
			exchange.Job, value)
	case slices.ContainsFunc(r.States, documented):
		return ""
	}
	for _, state := range r.States {
		if strings.HasSuffix(strings.ToUpper(letters.Replace(value)), strings.ToUpper(letters.Replace(state.Name))) {
			return fmt.Sprintf("Return the name of the state as the description has it: %s.", state.Name)
		}
	}
	return ""
}
