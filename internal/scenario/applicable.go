package scenario

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// What a description may not have, as the reason of what is not selected for it.
const (
	noSecurity = "no security"
	noStates   = "no states"
	noNewID    = "no id of a new job in the response"
	noneOfThem = "none of their requirements in the description"
)

// conditions say of which methods a requirement of clients can be tested: those
// for which lacking is empty. An id that ends in a dot stands for its aspect.
var conditions = []struct {
	id      string
	lacking func(*spec.Method) string
}{
	{"client.authorization.", security},
	{"client.query.no-token", security},
	{"client.repeat.unknown-effect", func(method *spec.Method) string {
		// What these do twice, they do once (RFC 9110, 9.2.2).
		idempotent := []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete}
		if slices.Contains(idempotent, method.Operation.Method) {
			return method.Operation.Method + " is idempotent"
		}
		return ""
	}},
	{"client.body.empty", func(method *spec.Method) string {
		if message := method.Operation.Request; message != nil && len(message.Members()) > 0 {
			return "a request with members"
		}
		return ""
	}},
	{"client.outcome.new-id", newID},
	{"client.outcome.no-invented-id", newID},
	{"client.outcome.success", func(method *spec.Method) string {
		if method.IDField != "" {
			return "client.outcome.new-id says more"
		}
		return ""
	}},
}

func security(method *spec.Method) string {
	if len(method.Scopes) == 0 {
		return noSecurity
	}
	return ""
}

func newID(method *spec.Method) string {
	if method.IDField == "" {
		return noNewID
	}
	return ""
}

// lacking says why a requirement of clients cannot be tested of a method; empty
// where it can.
func lacking(method *spec.Method, id string) string {
	for _, one := range conditions {
		if id == one.id || strings.HasSuffix(one.id, ".") && strings.HasPrefix(id, one.id) {
			return one.lacking(method)
		}
	}
	return ""
}

// Narrow returns the method with those requirements of clients alone that can be
// tested of it.
func Narrow(method *spec.Method) *spec.Method {
	narrowed := *method
	narrowed.ClientRequirements = slices.DeleteFunc(slices.Clone(method.ClientRequirements), func(one spec.Requirement) bool {
		return lacking(method, one.ID) != ""
	})
	return &narrowed
}

// inapplicable says why a scenario makes no sense for a method; empty where it
// does. Known: the description has requirements of clients.
func (s *Scenario) inapplicable(method *spec.Method, known bool) string {
	missing := ""
	for _, step := range s.Steps {
		switch {
		case step.WithoutID:
			missing = cmp.Or(missing, newID(method))
		case step.Error != nil && (step.Error.Code == "UNAUTHENTICATED" || step.Header["Www-Authenticate"] != ""):
			missing = cmp.Or(missing, security(method))
		}
	}
	switch {
	case missing != "":
		return missing
	case s.refused && s.Job == "" && !slices.Contains(method.Operation.Statuses, http.StatusBadRequest):
		return noStates
	case s.JobEnd != "" && method.IDPattern != nil && !method.IDPattern.MatchString("scenario"+s.JobEnd):
		return "ids have the pattern " + method.IDPattern.String()
	case s.about > 0 && len(s.Must)+len(s.MustNot) == 0 && known:
		return noneOfThem
	}
	return ""
}

// Applicable tells the scenarios that make sense for the method that they were
// read for from the others, and says why those do not.
func Applicable(all []*Scenario) (applicable []*Scenario, others []result.NotApplicable) {
	for _, one := range all {
		if one.Inapplicable == "" {
			applicable = append(applicable, one)
			continue
		}
		index := slices.IndexFunc(others, func(other result.NotApplicable) bool { return other.Reason == one.Inapplicable })
		if index < 0 {
			index = len(others)
			others = append(others, result.NotApplicable{Reason: one.Inapplicable})
		}
		others[index].Checks = append(others[index].Checks, one.Name)
	}
	return applicable, others
}
