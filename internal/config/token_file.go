package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// readTokenFile reads the token file behind the entries that are there already.
func (s *Settings) readTokenFile(contract *spec.Contract, entries []tokenEntry) ([]tokenEntry, error) {
	if s.TokenFile == "" {
		return entries, nil
	}
	root, err := ReadYAML(s.TokenFile)
	if err != nil {
		return nil, err
	}
	if root == nil || root.Kind != yaml.MappingNode || len(root.Content) == 0 {
		return nil, text.Mistake(s.TokenFile, "it holds no tokens", "write one line `SCOPE: TOKEN` for each scope")
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		entry, err := newTokenEntry(contract, fmt.Sprintf("%s:%d", s.TokenFile, name.Line), name.Value)
		if err != nil {
			return nil, err
		}
		entry.token = scalarText(value)
		if value.Kind == yaml.MappingNode {
			if entry.source, err = readSource(s.TokenFile, entry, value); err != nil {
				return nil, err
			}
		}
		if entries, err = addEntry(entries, entry); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// scalarText is the text of a YAML scalar; empty for anything else.
func scalarText(node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode || node.Tag == nullTag {
		return ""
	}
	return node.Value
}

// sourceDescription is a mapping of the token file: where tokens come from.
type sourceDescription struct {
	// values holds the texts by their keys.
	values map[string]string
}

// The keys of a source. Those that end in -env name a variable that holds the
// value.
const (
	commandKey        = "command"
	environmentKey    = "environment"
	refreshTokenKey   = "refresh-token"
	refreshTokenEnv   = "refresh-token-env"
	clientIDKey       = "client-id"
	clientSecretKey   = "client-secret"
	clientSecretEnv   = "client-secret-env"
	tokenURLKey       = "token-url"
	serviceAccountKey = "service-account"
	defaultsKey       = "application-default"
)

// sourceForms are the kinds of sources: each by the key that tells it, with the
// other keys that it needs and may have.
var sourceForms = []struct {
	tells  []string
	needs  []string
	allows []string
}{
	{tells: []string{commandKey}},
	{tells: []string{environmentKey}},
	{tells: []string{serviceAccountKey}},
	{tells: []string{defaultsKey}},
	{tells: []string{refreshTokenKey, refreshTokenEnv}, needs: []string{clientIDKey, tokenURLKey}, allows: []string{clientSecretKey, clientSecretEnv}},
	{tells: []string{tokenURLKey}, needs: []string{clientIDKey}, allows: []string{clientSecretKey, clientSecretEnv}},
}

var sourceKeys = []string{
	commandKey, environmentKey, refreshTokenKey, refreshTokenEnv, clientIDKey, clientSecretKey, clientSecretEnv, tokenURLKey,
	serviceAccountKey, defaultsKey,
}

// sourceMend lists the kinds.
const sourceMend = "describe a source by command, environment, refresh-token, token-url with client-id, service-account or application-default"

// readSource reads a mapping. What stands in it may be secret: only known keys
// are shown.
func readSource(file string, entry tokenEntry, node *yaml.Node) (*sourceDescription, error) {
	source := &sourceDescription{values: map[string]string{}}
	unknown := ""
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		place := fmt.Sprintf("%s:%d", file, key.Line)
		if !slices.Contains(sourceKeys, key.Value) {
			unknown = key.Value
			continue
		}
		content := scalarText(value)
		switch _, twice := source.values[key.Value]; {
		case twice:
			return nil, text.Mistake(place, key.Value+" of "+entry.key+" stands there twice", "")
		case content == "":
			return nil, text.Mistake(place, key.Value+" of "+entry.key+" has no value", "")
		}
		source.values[key.Value] = content
	}
	nearest, distance := text.Nearest(unknown, sourceKeys)
	switch {
	case unknown != "" && distance <= max(2, len(unknown)/4):
		return nil, text.Mistake(entry.place, fmt.Sprintf("%s has an unknown key %q", entry.key, unknown), "did you mean "+nearest+"?")
	case len(source.values) == 0:
		return nil, text.Mistake(entry.place, entry.key+" has no token", "write `SCOPE: TOKEN`")
	case unknown != "":
		return nil, text.Mistake(entry.place, entry.key+" has a key that no source has", sourceMend)
	}
	return source, source.check(entry)
}

// check says which key is missing, or one too many.
func (d *sourceDescription) check(entry tokenEntry) error {
	for _, form := range sourceForms {
		if !slices.ContainsFunc(form.tells, d.has) {
			continue
		}
		kind := form.tells[slices.IndexFunc(form.tells, d.has)]
		for _, key := range form.needs {
			if !d.has(key) {
				return text.Mistake(entry.place, fmt.Sprintf("%s of %s needs %s beside it", kind, entry.key, key), "")
			}
		}
		for _, key := range sourceKeys {
			if d.has(key) && key != kind && !slices.Contains(form.needs, key) && !slices.Contains(form.allows, key) {
				return text.Mistake(entry.place, fmt.Sprintf("%s of %s does not go with %s", key, entry.key, kind), "")
			}
		}
		if d.has(clientSecretKey) && d.has(clientSecretEnv) {
			return text.Mistake(entry.place, fmt.Sprintf("%s of %s does not go with %s", clientSecretEnv, entry.key, clientSecretKey), "")
		}
		return nil
	}
	return text.Mistake(entry.place, entry.key+" says not where its tokens come from", sourceMend)
}

func (d *sourceDescription) has(key string) bool { return d.values[key] != "" }

// secret gives a value that stands in the file or in a variable.
func (d *sourceDescription) secret(sources *Sources, place, key, variableKey string) (tokens.Secret, error) {
	variable := d.values[variableKey]
	if variable == "" {
		return tokens.Secret(d.values[key]), nil
	}
	value, _ := sources.lookup(variable)
	if strings.TrimSpace(value) == "" {
		return "", text.Mistake(place, "the variable of "+variableKey+" is not set", "set it before the call")
	}
	return tokens.Secret(strings.TrimSpace(value)), nil
}

// issuer makes what the description says.
func (d *sourceDescription) issuer(settings *Settings, sources *Sources, contract *spec.Contract, entry tokenEntry) (tokens.Issuer, error) {
	switch {
	case d.has(commandKey):
		return newCommand(entry.place, d.values[commandKey], contract)
	case d.has(environmentKey):
		return tokens.Environment{Variable: d.values[environmentKey], Lookup: sources.lookup}, nil
	case d.has(defaultsKey):
		if d.values[defaultsKey] != "true" {
			return nil, text.Mistake(entry.place, defaultsKey+" takes true", "")
		}
		return settings.applicationDefault(sources, contract, entry.place)
	case d.has(serviceAccountKey):
		return settings.serviceAccount(sources, contract, entry.place, d.values[serviceAccountKey])
	}
	return d.tokenServerIssuer(settings, sources, contract, entry)
}

// tokenServerIssuer makes a source that asks a token server.
func (d *sourceDescription) tokenServerIssuer(settings *Settings, sources *Sources, contract *spec.Contract, entry tokenEntry) (tokens.Issuer, error) {
	if err := tokens.CheckAddress(d.values[tokenURLKey]); err != nil {
		return nil, text.Mistake(entry.place, tokenURLKey+": "+err.Error(), "")
	}
	if err := settings.refuseOpenEndpoint(entry.place, "tokens of a token server"); err != nil {
		return nil, err
	}
	client, err := settings.OAuthClient(sources)
	if err != nil {
		return nil, err
	}
	secret, err := d.secret(sources, entry.place, clientSecretKey, clientSecretEnv)
	if err != nil {
		return nil, err
	}
	server := &tokens.TokenServer{Address: d.values[tokenURLKey], ClientID: d.values[clientIDKey], ClientSecret: secret, HTTP: client}
	if !d.has(refreshTokenKey) && !d.has(refreshTokenEnv) {
		if secret == "" {
			return nil, text.Mistake(entry.place, "client credentials of "+entry.key+" need client-secret or client-secret-env", "")
		}
		return tokens.ClientCredentials{Server: server, Documented: contract.Documents}, nil
	}
	refreshToken, err := d.secret(sources, entry.place, refreshTokenKey, refreshTokenEnv)
	if err != nil {
		return nil, err
	}
	return &tokens.RefreshToken{Server: server, Value: refreshToken, From: entry.place, Documented: contract.Documents}, nil
}

// newCommand reads a token command.
func newCommand(place, value string, contract *spec.Contract) (tokens.Issuer, error) {
	command, err := tokens.NewCommand(value, contract.Documents)
	if err != nil {
		return nil, text.Mistake(place, "the token command: "+err.Error(), "")
	}
	return command, nil
}

// serviceAccount reads the key of a service account.
func (s *Settings) serviceAccount(sources *Sources, contract *spec.Contract, place, file string) (tokens.Issuer, error) {
	value, err := os.ReadFile(file)
	if err != nil {
		return nil, text.Mistake(place, file+": "+text.Reason(err), "")
	}
	account, err := tokens.NewServiceAccount(value, file)
	if err != nil {
		return nil, text.Mistake(place, file+": "+err.Error(), "")
	}
	if err := s.refuseOpenEndpoint(place, "tokens of a service account"); err != nil {
		return nil, err
	}
	account.Documented = contract.Documents
	account.HTTP, err = s.OAuthClient(sources)
	return account, err
}

// applicationDefault takes the credentials of this machine.
func (s *Settings) applicationDefault(sources *Sources, contract *spec.Contract, place string) (tokens.Issuer, error) {
	if err := s.refuseOpenEndpoint(place, "tokens of the application default credentials"); err != nil {
		return nil, err
	}
	client, err := s.OAuthClient(sources)
	if err != nil {
		return nil, err
	}
	return tokens.ApplicationDefault{Documented: contract.Documents, HTTP: client}, nil
}
