package cli

import (
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/spec"
)

// secretsGiven lists the secrets that a command line brings along: in its
// arguments, in variables of dpconform, in the configuration, and in the files
// that they name. It is asked anew for each complaint, since flags are filled
// one after the other and any of them may be what is complained of.
func secretsGiven(root *cobra.Command, arguments, environment []string) []string {
	secrets := slices.Concat(secretsOfArguments(arguments), secretsOfEnvironment(environment))
	for _, command := range root.Commands() {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			values, several := flag.Value.(pflag.SliceValue)
			switch {
			case !flag.Changed:
			case (flag.Name == tokenFlag || flag.Name == config.HeaderFlag) && several:
				for _, value := range values.GetSlice() {
					secrets = append(secrets, secretOf(flag.Name, value))
				}
			case strings.HasSuffix(flag.Name, "-file") && namesSecret().MatchString(flag.Name):
				secrets = append(secrets, secretsOfFile(flag.Value.String())...)
			}
		})
	}
	return secrets
}

// tokenFlag is the flag that takes SCOPE=TOKEN, and headerVariable the variable of
// the one that takes NAME: VALUE.
const (
	tokenFlag      = "token"
	headerVariable = "DPCONFORM_HEADER"
)

var (
	namesSecret = text.Pattern(`(?i)token|secret|password|assertion|key`)
	// namesPlace are variables that name where a secret is, or how one is made.
	namesPlace = text.Pattern(`(?i)_(?:FILE|TEMPLATE|JOIN|URL|COMMAND)$`)
)

// tokenOf is the token in SCOPE=TOKEN. What has no scope may be the token.
func tokenOf(value string) string {
	if _, token, found := strings.Cut(value, "="); found {
		return token
	}
	return value
}

// secretOf is the secret in a value of a flag that takes some.
func secretOf(flag, value string) string {
	if flag == config.HeaderFlag {
		_, value = config.HeaderOf(value)
		return value
	}
	return tokenOf(value)
}

func secretsOfArguments(arguments []string) []string {
	var secrets []string
	for i, argument := range arguments {
		secrets = append(secrets, secretsOfAddress(argument)...)
		const header = "--" + config.HeaderFlag
		if value, found := strings.CutPrefix(argument, header+"="); found {
			secrets = append(secrets, secretOf(config.HeaderFlag, value))
		}
		if argument == header && i+1 < len(arguments) {
			secrets = append(secrets, secretOf(config.HeaderFlag, arguments[i+1]))
		}
		if value, found := strings.CutPrefix(argument, "--"+tokenFlag+"="); found {
			secrets = append(secrets, tokenOf(value))
		}
		if argument != "--"+tokenFlag {
			continue
		}
		// Of "--token SCOPE TOKEN", which has no sign, the token is a word that
		// belongs to no flag.
		for _, value := range arguments[i+1 : min(len(arguments), i+3)] {
			if strings.HasPrefix(value, "-") {
				break
			}
			secrets = append(secrets, tokenOf(value))
			for word := range strings.FieldsSeq(tokenOf(value)) {
				if redact.IsOpaque(word) {
					secrets = append(secrets, word)
				}
			}
		}
	}
	return secrets
}

// secretsOfAddress lists what an address brings along that stands alone, behind the
// name of a flag, or as the value of a variable.
func secretsOfAddress(argument string) []string {
	if !strings.Contains(argument, "://") && !strings.Contains(argument, "@") && (!strings.ContainsAny(argument, "?;") || strings.ContainsAny(argument, " \n")) {
		return nil
	}
	return redact.HiddenInAddress(withoutName(argument))
}

// withoutName is an argument without the name of its flag in front, or the value of a
// variable.
func withoutName(argument string) string {
	if name, value, found := strings.Cut(argument, "="); found && !strings.ContainsAny(name, ":/?;@") {
		return value
	}
	return argument
}

// addressesGiven lists what a command line, variables of dpconform and the configuration
// give that is an address, or looks like one where a file is wanted.
func addressesGiven(root *cobra.Command, arguments, environment []string) []string {
	given := slices.Clone(arguments)
	for _, variable := range environment {
		if strings.HasPrefix(variable, "DPCONFORM_") {
			given = append(given, variable)
		}
	}
	for _, command := range root.Commands() {
		command.Flags().Visit(func(flag *pflag.Flag) { given = append(given, flag.Value.String()) })
	}
	for i, one := range given {
		given[i] = withoutName(one)
	}
	return slices.DeleteFunc(given, func(one string) bool { return !strings.Contains(one, "://") })
}

// proxyVariables are those of net/http that hold an address with a password.
var proxyVariables = []string{"http_proxy", "https_proxy", "all_proxy"}

// secretsOfEnvironment reads variables of the form NAME=VALUE.
func secretsOfEnvironment(environment []string) []string {
	var secrets []string
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "DPCONFORM_") || slices.Contains(proxyVariables, strings.ToLower(name)) {
			secrets = append(secrets, secretsOfAddress(variable)...)
		}
		if name == headerVariable {
			for line := range strings.Lines(value) {
				secrets = append(secrets, secretOf(config.HeaderFlag, line))
			}
		}
		if !strings.HasPrefix(name, "DPCONFORM_") || !namesSecret().MatchString(name) || namesPlace().MatchString(name) {
			continue
		}
		for one := range strings.SplitSeq(value, ";") {
			secrets = append(secrets, tokenOf(one), strings.TrimSpace(one))
		}
	}
	return secrets
}

// secretsOfFile lists what may be a secret in a file with tokens. A file that
// cannot be read brings none.
func secretsOfFile(name string) []string {
	content, err := text.ReadFile(name, text.LargestYAML)
	if err != nil {
		return nil
	}
	var root yaml.Node
	var words []string
	if yaml.Unmarshal(content, &root) == nil {
		words = scalarsOf(&root)
	} else {
		words = strings.FieldsFunc(string(content), func(letter rune) bool { return strings.ContainsRune(" \t\r\n\"'{}[],", letter) })
	}
	// Names of scopes are long, too, and no secret.
	scope := ""
	if scopes := spec.MustLoadEmbedded().Scopes; len(scopes) > 0 {
		scope, _, _ = strings.Cut(scopes[0].Short(), ".")
	}
	return slices.DeleteFunc(words, func(word string) bool {
		return strings.Contains(word, "://") || strings.Contains(word, "/auth/") || strings.HasPrefix(word, scope+".") || !redact.IsOpaque(word)
	})
}

// scalarsOf lists the values of a document, without the names of its members.
func scalarsOf(node *yaml.Node) []string {
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	var values []string
	for i, child := range node.Content {
		if node.Kind != yaml.MappingNode || i%2 == 1 {
			values = append(values, scalarsOf(child)...)
		}
	}
	return values
}
