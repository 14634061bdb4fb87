package clienttest

import (
	"os"
	"strings"
	"testing"
)

func TestTheReferenceIsThePage(t *testing.T) {
	page, err := os.ReadFile("../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != ScenarioReference(contract) {
		t.Error("docs/scenarios.md is not what `dpconform client --scenario-keys` prints: run make docs")
	}
}

func TestTheExampleOfTheReferenceIsRight(t *testing.T) {
	scenario, err := ParseScenario(contract, "example.yaml", []byte(referenceExample))
	if err != nil {
		t.Fatal(err)
	}
	if len(scenario.Steps) != 2 || len(scenario.Must) != 2 || !strings.Contains(ScenarioReference(contract), referenceExample) {
		t.Errorf("%+v", scenario)
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	says := func(name, takes, about string) {
		if name == "" || takes == "" || about == "" || strings.Contains(takes+about, "|") || strings.Contains(takes+about, "\n") {
			t.Errorf("%q takes %q: %q", name, takes, about)
		}
	}
	for _, one := range scenarioKeys(contract) {
		says(one.name, one.takes, one.about)
	}
	for _, one := range stepKeys(contract) {
		says(one.name, one.takes, one.about)
	}
	for _, one := range errorKeys(contract) {
		says(one.name, one.takes, one.about)
	}
	for _, one := range answerKeys() {
		says(one.name, one.takes, one.about)
	}
}
