package spec_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

func ExampleLoad() {
	method, err := spec.Load(spec.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(method.Operation.Method, method.Operation.Path)
	fmt.Println("from", method.AcceptedStates, "and not from", method.RefusedStates())
	fmt.Println(method.Scopes[0].Short())
	// Output:
	// POST /v1/archiveJobs/{archiveJob}:retry
	// from [FAILED] and not from [IN_PROGRESS COMPLETE CANCELLED]
	// dataportability.alerts.subscriptions
}

// A mistake in a description has its location.
func ExampleLoad_mistake() {
	text := strings.Replace(string(spec.Default().Text), "level: documented", "levl: documented", 1)
	_, err := spec.Load(spec.Description{Name: "my.openapi.yaml", Text: []byte(text)})
	if mistake, ok := errors.AsType[*spec.Error](err); ok {
		fmt.Println(mistake.Message)
	}
	// Output:
	// requirement: unknown key "levl": want one of id, level, statement, quote, source, note, fix, expect, set, draft
}

// The method of an overlaid description is one like any other: suites.Config takes
// it.
func ExampleDescription_WithOverlay() {
	overlay := spec.Description{Name: "my.overlay.yaml", Text: []byte(`
overlay: 1.0.0
info: {title: One accepted state more, version: 1.0.0}
actions:
  - target: $.paths['/v1/archiveJobs/{archiveJob}:retry'].post
    update: {x-accepted-states: [CANCELLED]}
`)}
	description, err := spec.Default().WithOverlay(overlay)
	if err != nil {
		fmt.Println(err)
		return
	}
	method, err := spec.Load(description)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(method.AcceptedStates, method.Overlays)
	// Output:
	// [FAILED CANCELLED] [my.overlay.yaml]
}

func ExampleMethod_Requirement() {
	requirement, _ := spec.MustLoadEmbedded().Requirement("body.empty")
	fmt.Printf("%s: %s, expects %s\n", requirement.ID, requirement.Level, requirement.Expect)
	// Output:
	// body.empty: documented, expects 200
}

func ExampleSchema_Violations() {
	for _, violation := range spec.MustLoadEmbedded().Operation.Response.Violations([]byte(`{"archiveJobId": 3}`)) {
		fmt.Println(violation)
	}
	// Output:
	// /archiveJobId: got number, want string
}

func ExamplePathTemplate_Expand() {
	fmt.Println(spec.MustLoadEmbedded().Operation.Path.Expand("job/1"))
	// Output:
	// /v1/archiveJobs/job%2F1:retry
}
