package scenario

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// noneOfThem is the reason of scenarios of whose requirements a description has
// none.
const noneOfThem = "none of their requirements in the description"

// Narrow returns the method with those requirements of clients alone that can be
// tested of it.
func Narrow(method *spec.Method) *spec.Method {
	narrowed := *method
	narrowed.ClientRequirements = slices.DeleteFunc(slices.Clone(method.ClientRequirements), func(one spec.Requirement) bool {
		return method.Unmet(one.ID) != ""
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
			missing = cmp.Or(missing, method.Unmet("client.outcome.no-invented-id"))
		case step.Error != nil && (step.Error.Code == "UNAUTHENTICATED" || step.Header["Www-Authenticate"] != ""):
			missing = cmp.Or(missing, method.Unmet("client.repeat.unauthenticated"))
		}
	}
	switch {
	case missing != "":
		return missing
	case s.refused && s.Job == "" && !slices.Contains(method.Operation.Statuses, http.StatusBadRequest):
		return method.Unmet("semantics.refused-state")
	case s.JobEnd != "" && method.IDPattern != nil && !method.IDPattern.MatchString("scenario-"+s.Name+"-1"+s.JobEnd):
		return "ids have the pattern " + method.IDPattern.String()
	case s.about > 0 && len(s.Must)+len(s.MustNot) == 0 && known:
		return noneOfThem
	}
	return ""
}

// Applicable tells the scenarios that make sense for the method that they were
// read for from the others, and says what of them and of the requirements of
// clients does not apply.
func Applicable(method *spec.Method, all []*Scenario) (applicable []*Scenario, others []result.NotApplicable) {
	for _, one := range all {
		if one.Inapplicable == "" {
			applicable = append(applicable, one)
			continue
		}
		others = result.LeaveOut(others, one.Inapplicable, one.Name, "")
	}
	for _, one := range method.ClientRequirements {
		// client.outcome.new-id stands for this one: nothing is missing.
		if unmet := method.Unmet(one.ID); unmet != "" && one.ID != "client.outcome.success" {
			others = result.LeaveOut(others, unmet, "", one.ID)
		}
	}
	return applicable, others
}
