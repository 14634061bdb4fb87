package emulator_test

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/spec"
)

func TestAMissingMethodIsAnError(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func() (*emulator.Server, error){
		"nil":   func() (*emulator.Server, error) { return emulator.New(nil, emulator.Options{}) },
		"empty": func() (*emulator.Server, error) { return emulator.New(&spec.Method{}, emulator.Options{}) },
		"a further nil": func() (*emulator.Server, error) {
			return emulator.New(spec.MustLoadEmbedded(), emulator.Options{Methods: []*spec.Method{nil}})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), "load each with spec.Load") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
