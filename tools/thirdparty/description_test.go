package main

import (
	"testing"

	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// TestGatewayDescription: the description loads with the sets that it names, and
// each of its requirements is tested.
func TestGatewayDescription(t *testing.T) {
	t.Parallel()
	description, err := spec.ReadDescription("grpc-gateway.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	method, err := spec.Load(description)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, check := range suites.Checks(method) {
		for _, requirement := range check.Requirements {
			tested[requirement] = true
		}
	}
	for _, requirement := range method.Requirements {
		if !tested[requirement.ID] {
			t.Errorf("no check tests %s", requirement.ID)
		}
	}
}
