package config

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
)

// ConfigFlag is the name of the flag that names the YAML file.
const ConfigFlag = "config"

// environmentPrefix begins the name of every environment variable.
const environmentPrefix = "DPCONFORM_"

// Sources fills flags that were not given from the environment, and what is
// then still missing from a YAML file. It remembers where each value came from.
type Sources struct {
	// Environment looks a variable up; os.LookupEnv unless a test says otherwise.
	Environment func(string) (string, bool)
	// Variables lists the names of all variables; that of os.Environ unless
	// Environment is given.
	Variables func() []string
	// Known lists the names that a file may use: the flags of all commands that
	// read one.
	Known []string
	// Context ends what is waited for when a token is obtained; nil means
	// context.Background.
	Context context.Context

	flags   *pflag.FlagSet
	origins map[string]string
	given   []string
}

// Fill applies environment and file to the flags. A value that a flag refuses,
// an unknown key, or a file that cannot be read is a *UsageError.
func (s *Sources) Fill(flags *pflag.FlagSet) error {
	if s.Environment == nil {
		s.Environment, s.Variables = os.LookupEnv, environmentVariables
	}
	s.flags, s.origins = flags, map[string]string{}
	flags.Visit(func(flag *pflag.Flag) { s.given = append(s.given, flag.Name) })
	if err := s.fromEnvironment(flags); err != nil {
		return err
	}
	file := flags.Lookup(ConfigFlag)
	if file == nil || file.Value.String() == "" {
		return nil
	}
	return s.fromFile(flags, file.Value.String(), slices.Clone(s.given))
}

// Given reports whether a flag has a value from any source.
func (s *Sources) Given(flag string) bool { return slices.Contains(s.given, flag) }

// Origin says where the value of a flag came from.
func (s *Sources) Origin(flag string) string {
	if origin, found := s.origins[flag]; found {
		return origin
	}
	return "--" + flag
}

// environmentVariables lists the names of all variables of this process.
func environmentVariables() []string {
	var names []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return names
}

// lookup gives the value of an environment variable.
func (s *Sources) lookup(variable string) (string, bool) {
	if s.Environment == nil {
		return "", false
	}
	return s.Environment(variable)
}

// context gives the context in which tokens are obtained.
func (s *Sources) context() context.Context {
	if s.Context == nil {
		return context.Background()
	}
	return s.Context
}

// isFlagVariable reports whether an environment variable is that of a flag.
func (s *Sources) isFlagVariable(variable string) bool {
	found := false
	if s.flags != nil {
		s.flags.VisitAll(func(flag *pflag.Flag) { found = found || environmentName(flag.Name) == variable })
	}
	return found
}

func (s *Sources) fromEnvironment(flags *pflag.FlagSet) error {
	var failure error
	flags.VisitAll(func(flag *pflag.Flag) {
		variable := environmentName(flag.Name)
		value, set := s.Environment(variable)
		if failure != nil || !set || value == "" || s.Given(flag.Name) {
			return
		}
		s.given = append(s.given, flag.Name)
		s.origins[flag.Name] = variable
		for _, part := range environmentValues(flag, value) {
			if err := flags.Set(flag.Name, part); err != nil {
				failure = text.Mistake(variable, Refusal(flag, part), "")
				return
			}
		}
	})
	return failure
}

// environmentName is "DPCONFORM_TOKEN_TEMPLATE" for "token-template".
func environmentName(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// environmentValues splits the value of a flag that may be given several times
// at semicolons.
func environmentValues(flag *pflag.Flag, value string) []string {
	if flag.Value.Type() != repeatable {
		return []string{value}
	}
	return slices.DeleteFunc(strings.Split(value, ";"), func(part string) bool { return strings.TrimSpace(part) == "" })
}

// repeatable is the pflag type of a flag that may be given several times.
const repeatable = "stringArray"

func (s *Sources) fromFile(flags *pflag.FlagSet, name string, stronger []string) error {
	entries, err := readConfigFile(name)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		place := fmt.Sprintf("%s:%d", name, entry.line)
		if !slices.Contains(s.Known, entry.key) {
			return text.Mistake(place, fmt.Sprintf("unknown key %q", entry.key), text.DidYouMean(entry.key, s.Known))
		}
		flag := flags.Lookup(entry.key)
		if flag == nil || slices.Contains(stronger, entry.key) {
			continue
		}
		if flag.Value.Type() != repeatable && (len(entry.values) != 1 || entry.mapping) {
			return text.Mistake(place, entry.key+" takes one value", "")
		}
		s.origins[entry.key] = place + ": " + entry.key
		s.given = append(s.given, entry.key)
		for _, value := range entry.values {
			if err := flags.Set(entry.key, value); err != nil {
				return text.Mistake(place, entry.key+": "+Refusal(flag, value), "")
			}
		}
	}
	return nil
}

// Refusal says that a value is not right, and what the flag takes by its type.
func Refusal(flag *pflag.Flag, value string) string {
	const wholeNumber = "a whole number"
	takes := map[string]string{"duration": "a duration such as 2s or 500ms", "uint64": wholeNumber + ", 0 or more",
		"uint": wholeNumber + ", 0 or more", "bool": "true or false", "int": wholeNumber, "int64": wholeNumber, "float64": "a number",
		new(Age).Type(): "a time such as 30d or 36h", new(Color).Type(): text.List(Colors(), "or")}[flag.Value.Type()]
	if takes == "" {
		takes = "another value"
	}
	return fmt.Sprintf("%q is not right, it takes %s", value, takes)
}
