package config

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// ConfigFlag is the name of the flag that names the YAML file.
const ConfigFlag = "config"

// CommandLineOnly annotates a flag whose variable means something else: that of
// another command's flag of the same name.
const CommandLineOnly = "command line only"

// endpointFlag is the name of the flag that names the server under test.
const endpointFlag = "endpoint"

// oneEachLine annotates a flag whose values may have semicolons in them, so that
// in its variable each stands on a line of its own.
const oneEachLine = "one each line"

// environmentPrefix begins the name of every environment variable.
const environmentPrefix = "DPCONFORM_"

// formerConsumeJobs is another name of the flag --consume-jobs, of its variable and
// its key. Help does not show it.
const formerConsumeJobs = "allow-retry"

// acceptFormerName lets a flag be given by its former name.
func acceptFormerName(flags *pflag.FlagSet) {
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == formerConsumeJobs {
			name = consumeJobsFlag
		}
		return pflag.NormalizedName(name)
	})
}

// Sources fills flags that were not given from the environment, and what is
// then still missing from a YAML file. It remembers where each value came from.
type Sources struct {
	// Environment looks a variable up; os.LookupEnv unless a test says otherwise.
	Environment func(string) (string, bool)
	// Variables lists the names of all variables; those of os.Environ unless
	// Environment is given.
	Variables func() []string
	// Known lists the names that a file may use: the flags of all commands that
	// read one.
	Known []string
	// Context ends what is waited for when a token is obtained; nil means
	// context.Background.
	Context context.Context
	// Pause is what a target does between two attempts; nil means a real pause.
	Pause func(context.Context, time.Duration) error

	// deadline ends the run; nil where nothing does.
	deadline *target.Deadline
	flags    *pflag.FlagSet
	// origins is where each value that is given came from.
	origins map[string]string
}

// Fill applies environment and file to the flags.
func (s *Sources) Fill(flags *pflag.FlagSet) error {
	if s.Environment == nil {
		s.Environment, s.Variables = os.LookupEnv, environmentVariables
	}
	s.flags, s.origins = flags, map[string]string{}
	flags.Visit(func(flag *pflag.Flag) { s.origins[flag.Name] = "--" + flag.Name })
	if err := s.refuseMistyped(); err != nil {
		return err
	}
	if err := s.fromEnvironment(); err != nil {
		return err
	}
	if file := flags.Lookup(ConfigFlag); file != nil && file.Value.String() != "" {
		if err := s.fromFile(file.Value.String()); err != nil {
			return err
		}
	}
	return s.refuseEmpty()
}

// refuseMistyped refuses a variable whose name is nearly that of a flag: without the
// value that was meant, a run might test something else and pass. The variables of
// single scopes, which the description names, are not looked at.
func (s *Sources) refuseMistyped() error {
	if s.Variables == nil {
		return nil
	}
	var known []string
	add := func(flag string) { known = append(known, flagVariables(flag)...) }
	s.flags.VisitAll(func(flag *pflag.Flag) { add(flag.Name) })
	for _, key := range s.Known {
		add(key)
	}
	for _, name := range slices.Sorted(slices.Values(s.Variables())) {
		if !strings.HasPrefix(name, environmentPrefix) || strings.HasPrefix(name, tokenVariablePrefix) || slices.Contains(known, name) {
			continue
		}
		wrong := 2
		if short := len(environmentPrefix + "LEVEL"); len(name) <= short {
			wrong = 1 // Two letters of a short name make another word.
		}
		if meant, distance := text.Nearest(name, known); distance <= wrong {
			return text.Mistake(name, "it is the variable of no flag", "did you mean "+meant+"?")
		}
	}
	return nil
}

// refuseEmpty refuses an empty value that would select something else than was meant:
// a variable of an unset secret must not lead to a run without a server. Any other
// variable that is empty gives nothing.
func (s *Sources) refuseEmpty() error {
	for _, name := range []string{endpointFlag, ProfileFlag, ScopesFlag} {
		flag := s.flags.Lookup(name)
		if flag == nil || flag.Value.String() != "" {
			continue
		}
		origin, variable := s.origins[name], environmentName(name)
		if _, set := s.Environment(variable); origin == "" && set && name == endpointFlag {
			origin = variable
		}
		if origin != "" {
			return text.Mistake(origin, "it is empty", "give a value, or leave it out")
		}
	}
	return nil
}

// Given reports whether a flag has a value from any source.
func (s *Sources) Given(flag string) bool { return s.origins[flag] != "" }

// Origin says where the value of a flag came from.
func (s *Sources) Origin(flag string) string {
	if origin, found := s.origins[flag]; found {
		return origin
	}
	return "--" + flag
}

// OneOf finds the value of a flag among those that it takes. The noun names them.
func OneOf[T ~string](sources *Sources, flag, noun, value string, known []T) (T, error) {
	if slices.Contains(known, T(value)) {
		return T(value), nil
	}
	return "", sources.mistake(flag, text.DidYouMean(value, NamesOf(known)), "unknown %s %q", noun, value)
}

// NamesOf are values as a person writes them.
func NamesOf[T ~string](values []T) []string {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
	}
	return names
}

// positive refuses a time that is not more than 0, unless nobody gave it.
func (s *Sources) positive(flag string, limit time.Duration) error {
	if limit < 0 || limit == 0 && s.Given(flag) {
		return s.mistake(flag, "give a time such as 30s", "it must be more than 0")
	}
	return nil
}

// exclusive refuses a flag beside another one.
func (s *Sources) exclusive(flag, other string) error {
	return s.mistake(flag, "use only one of the two", "it cannot be combined with %s", s.Origin(other))
}

// mistake is about the value of a flag, wherever it came from.
func (s *Sources) mistake(flag, fix, format string, arguments ...any) error {
	return text.Mistake(s.Origin(flag), fmt.Sprintf(format, arguments...), fix)
}

// environmentVariables lists the names of all variables of this process.
func environmentVariables() []string {
	names := os.Environ()
	for i, pair := range names {
		names[i], _, _ = strings.Cut(pair, "=")
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
		s.flags.VisitAll(func(flag *pflag.Flag) { found = found || slices.Contains(flagVariables(flag.Name), variable) })
	}
	return found
}

// environmentName is "DPCONFORM_TOKEN_TEMPLATE" for "token-template".
func environmentName(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// flagVariables lists the environment variables of a flag, that of its present name
// first.
func flagVariables(flag string) []string {
	if flag == consumeJobsFlag {
		return []string{environmentName(flag), environmentName(formerConsumeJobs)}
	}
	return []string{environmentName(flag)}
}

// repeatable is the pflag type of a flag that may be given several times.
const repeatable = "stringArray"

func (s *Sources) fromEnvironment() error {
	var failure error
	s.flags.VisitAll(func(flag *pflag.Flag) {
		variable, value := "", ""
		for _, variable = range flagVariables(flag.Name) {
			if value, _ = s.Environment(variable); value != "" {
				break
			}
		}
		_, only := flag.Annotations[CommandLineOnly]
		if failure != nil || value == "" || s.Given(flag.Name) || only {
			return
		}
		values := []string{value}
		if flag.Value.Type() == repeatable {
			separators := ";\r\n"
			if _, lines := flag.Annotations[oneEachLine]; lines {
				separators = "\r\n"
			}
			values = strings.FieldsFunc(value, func(character rune) bool { return strings.ContainsRune(separators, character) })
			values = slices.DeleteFunc(values, func(part string) bool { return strings.TrimSpace(part) == "" })
		}
		failure = s.set(flag, variable, values)
	})
	return failure
}

// set gives a flag the values of a source.
func (s *Sources) set(flag *pflag.Flag, origin string, values []string) error {
	s.origins[flag.Name] = origin
	for _, value := range values {
		if err := s.flags.Set(flag.Name, value); err != nil {
			return text.Located(origin, Refusal(flag, value))
		}
	}
	return nil
}

// fromFile reads a YAML mapping of flags to their values. A scalar is one value,
// a list several, and a mapping becomes NAME=VALUE for each of its members.
func (s *Sources) fromFile(name string) error {
	root, err := text.ReadYAML(name)
	if err != nil || root.IsEmpty() {
		return err
	}
	keys, err := root.Members(append(slices.Clone(s.Known), formerConsumeJobs)...)
	if err != nil {
		return err
	}
	for _, key := range keys.Entries {
		values, err := flagValues(key.Value)
		if err != nil {
			return err
		}
		flag := s.flags.Lookup(key.Name)
		if flag == nil || s.Given(flag.Name) {
			continue
		}
		if flag.Name == HeaderFlag && key.Value.IsMapping() {
			if err := scalarsOnly(key.Value); err != nil {
				return err
			}
		}
		if flag.Value.Type() != repeatable && !key.Value.IsScalar() {
			return key.Value.Mistake("", "want one value, got %s", key.Value)
		}
		place := key.Value.Place()
		if len(values) != 1 {
			place = key.Key.Place()
		}
		if err := s.set(flag, place+": "+key.Name, values); err != nil {
			return err
		}
	}
	return nil
}

// scalarsOnly refuses a mapping with a list in it, where a value has no form for
// several.
func scalarsOnly(value text.YAML) error {
	members, err := value.AnyMembers()
	for _, member := range members {
		if !member.Value.IsScalar() {
			return member.Value.Mistake("", "want one value, got %s", member.Value)
		}
	}
	return err
}

func flagValues(value text.YAML) ([]string, error) {
	switch {
	case value.IsList():
		return value.Texts()
	case !value.IsMapping():
		one, err := value.Text()
		return []string{one}, err
	}
	members, err := value.AnyMembers()
	if err != nil {
		return nil, err
	}
	var values []string
	for _, member := range members {
		if member.Value.IsMapping() {
			return nil, member.Value.Mistake("", "want a string or a list, got a mapping")
		}
		inner, err := flagValues(member.Value)
		if err != nil {
			return nil, err
		}
		values = append(values, member.Name+"="+strings.Join(inner, ","))
	}
	return values, nil
}

// Refusal says that a value is invalid, and what the flag takes by its type.
func Refusal(flag *pflag.Flag, value string) error {
	takes := map[string]string{
		"duration": "a duration such as 2s or 500ms", "bool": "true or false", "float64": "a number",
		"int": "an integer", "int64": "an integer", "uint": "a non-negative integer", "uint64": "a non-negative integer",
		new(Age).Type(): "a time such as 30d or 36h", new(Color).Type(): text.List(Colors(), "or"),
	}[flag.Value.Type()]
	if unit := strings.TrimLeft(value, "0123456789"); flag.Value.Type() == "duration" && unit != value {
		if _, err := time.ParseDuration("1" + unit); err == nil {
			takes = fmt.Sprintf("a duration of at most %dh", math.MaxInt64/time.Hour)
		}
	}
	if takes == "" {
		return fmt.Errorf("invalid value %q; see --help", value)
	}
	return fmt.Errorf("invalid value %q: want %s", value, takes)
}
