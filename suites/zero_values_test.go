package suites_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/clienttest"
	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
)

// zeroValues are the exported structs. The methods named after a value report that
// its constructor did not make it; all others work with the zero value.
var zeroValues = []struct {
	value   any
	reports []string
}{
	{&spec.Description{}, []string{"Validate", "WithOverlay", "WithRevision"}},
	{&spec.Error{}, nil}, {&spec.Method{}, nil}, {&spec.Operation{}, nil}, {&spec.PathTemplate{}, nil}, {&spec.QueryParameter{}, nil},
	{&spec.ReferencePage{}, nil}, {&spec.Requirement{}, nil}, {&spec.Responses{}, nil}, {&spec.Schema{}, nil}, {&spec.Scope{}, nil}, {&spec.Set{}, nil},
	{&suites.Check{}, nil}, {&suites.Config{}, nil},
	{&recorder.Options{}, nil}, {&recorder.Recording{}, []string{"RoundTrip", "Save"}}, {&recorder.Replay{}, []string{"RoundTrip"}},
	{&emulator.Options{}, nil}, {&emulator.Fault{}, nil}, {&emulator.Server{}, []string{"ServeHTTP"}},
	{&clienttest.Call{}, []string{"Failed", "Succeeded"}}, {&clienttest.Error{}, nil}, {&clienttest.Server{}, []string{"Scenario"}},
}

// saysHow matches what a method says of a value that is empty.
var saysHow = regexp.MustCompile(`an empty \w+: make one with \w+|description`)

// TestZeroValues: no method of a zero value fails in a way that does not say why. One
// that needs more than a zero value returns an error, fails the test, responds with a
// 500 or panics, and says which function makes the value.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	var tested []string
	for _, zero := range zeroValues {
		of := reflect.ValueOf(zero.value)
		tested = append(tested, of.Type().Elem().String())
		for i := range of.NumMethod() {
			name := of.Type().Method(i).Name
			complaint := called(t, of.Method(i))
			if slices.Contains(zero.reports, name) != (complaint != "") || complaint != "" && !saysHow.MatchString(complaint) {
				t.Errorf("%s of a zero %s: %q", name, of.Type().Elem(), complaint)
			}
		}
	}

	declared := declarations(t, regexp.MustCompile(`(?m)^type ([A-Z]\w*) struct`))
	slices.Sort(tested)
	if !slices.Equal(declared, tested) {
		t.Errorf("exported structs: %v, tested: %v", declared, tested)
	}
}

// declarations lists what a pattern finds in the public packages, with the package.
func declarations(t *testing.T, pattern *regexp.Regexp) []string {
	t.Helper()
	var found []string
	for _, folder := range []string{"suites", "emulator", "clienttest", "recorder", "cassettes", "spec"} {
		files, err := filepath.Glob("../" + folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range pattern.FindAllStringSubmatch(string(text), -1) {
				if !strings.HasSuffix(file, "_test.go") {
					found = append(found, folder+"."+one[1])
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// called calls a method and gives what it complains of: its error, what it fails the
// test with, the body of a 500, or what it panics with.
func called(t *testing.T, method reflect.Value) (complaint string) {
	t.Helper()
	ended, written := make(chan error, 1), httptest.NewRecorder()
	given := []any{endedTest{t, ended}, written, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/jobs", nil), "x", []byte("{}"), 200}
	var arguments []reflect.Value
	for i := range method.Type().NumIn() {
		in := method.Type().In(i)
		argument := reflect.Zero(in)
		if fits := slices.IndexFunc(given, func(one any) bool { return reflect.TypeOf(one).AssignableTo(in) }); fits >= 0 {
			argument = reflect.ValueOf(given[fits])
		}
		arguments = append(arguments, argument)
	}
	go func() {
		defer close(ended)
		defer func() {
			if panicked := recover(); panicked != nil {
				ended <- fmt.Errorf("%v", panicked)
			}
		}()
		for _, returned := range method.Call(arguments) {
			if err, is := returned.Interface().(error); is {
				ended <- err
			}
		}
	}()
	if err := <-ended; err != nil {
		return err.Error()
	}
	if written.Code == http.StatusInternalServerError {
		return written.Body.String()
	}
	return ""
}
