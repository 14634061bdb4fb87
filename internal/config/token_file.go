package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// tokenEntry is a token, or a source of tokens, for scopes.
type tokenEntry struct {
	// place is where it was given, key the name of its scopes there.
	place, key string
	// scopes are the ones that it is for: of a pattern, those of the description
	// that fit.
	scopes  []string
	pattern bool
	// token is the token; empty where there is a source instead.
	token  string
	source sourceKeys
}

// given takes the tokens and sources that were given, those for named scopes
// before patterns.
func (r *tokenReader) given() error {
	entries, err := r.tokenEntries(r.sources, r.method)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b tokenEntry) int {
		switch {
		case a.pattern == b.pattern:
			return 0
		case b.pattern:
			return -1
		}
		return 1
	})
	for _, entry := range entries {
		if entry.source == nil {
			// A token under a pattern carries all that the pattern is about.
			r.add(tokens.Fixed(tokens.Secret(entry.token), entry.place), tokens.Exactly(entry.scopes...), entry.scopes...)
			continue
		}
		issuer, err := r.issuer(entry)
		if err != nil {
			return err
		}
		if !entry.pattern {
			r.add(issuer, tokens.Exactly(entry.scopes...), entry.scopes...)
			continue
		}
		// A source under a pattern gives a token for each scope.
		matches := scopePattern(r.method, entry.key)
		r.add(issuer, func(scopes []string) bool {
			return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(scope string) bool { return !matches(scope) })
		})
	}
	return nil
}

// ScopesByToken gives the given tokens with the scopes they carry. A source of
// tokens among them is a mistake: it gives tokens, and has none.
func (s *Settings) ScopesByToken(sources *Sources, method *spec.Method) (map[string][]string, error) {
	entries, err := s.tokenEntries(sources, method)
	if err != nil {
		return nil, err
	}
	carried := map[string][]string{}
	for _, entry := range entries {
		if entry.source != nil {
			return nil, text.Mistake(entry.place, entry.key+" has a source of tokens, and an emulator needs the tokens themselves", "write `SCOPE: TOKEN`")
		}
		scopes := append(carried[entry.token], entry.scopes...)
		slices.Sort(scopes)
		carried[entry.token] = slices.Compact(scopes)
	}
	return carried, nil
}

// tokenEntries reads the given tokens and the token file.
func (s *Settings) tokenEntries(sources *Sources, method *spec.Method) (entries []tokenEntry, err error) {
	known, given := newScopeNames(method), map[string]bool{}
	for _, pair := range s.Tokens {
		name, token, found := strings.Cut(pair, "=")
		// What stands there instead may be the token itself: it is not shown.
		if !found || token == "" {
			return nil, sources.mistake("token", "give SCOPE=VALUE", "the scope or the token is missing")
		}
		entry, err := newTokenEntry(known, sources.Origin("token"), name)
		if err != nil {
			return nil, err
		}
		entry.token = token
		if err := entry.check(given); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if s.TokenFile == "" {
		return entries, nil
	}
	root, err := text.ReadYAML(s.TokenFile)
	if err != nil {
		return nil, err
	}
	var members []text.Member
	if root.IsMapping() {
		if members, err = root.AnyMembers(); err != nil {
			return nil, err
		}
	}
	if len(members) == 0 {
		return nil, text.Mistake(s.TokenFile, "it contains no tokens", "write one line `SCOPE: TOKEN` for each scope")
	}
	for _, member := range members {
		entry, err := newTokenEntry(known, member.Key.Place(), member.Name)
		if err != nil {
			return nil, err
		}
		if member.Value.IsMapping() {
			entry.source, err = readSource(entry, member.Value)
		} else {
			// Anything but a text is no token, as check says.
			entry.token, _ = member.Value.Text()
		}
		if err != nil {
			return nil, err
		}
		if err := entry.check(given); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// newTokenEntry reads the name of an entry: scopes with + between them, or a
// pattern.
func newTokenEntry(known scopeNames, place, key string) (tokenEntry, error) {
	entry := tokenEntry{place: place, key: key, pattern: strings.Contains(key, anything)}
	names := []string{key}
	if !entry.pattern {
		names = strings.Split(key, scopeJoin)
	}
	for _, name := range names {
		if key == platform.Expired && len(known.method.Scopes) > 0 {
			entry.scopes = []string{platform.Expired}
			break
		}
		scopes, err := known.find(place, name)
		if err != nil {
			return entry, err
		}
		entry.scopes = append(entry.scopes, scopes...)
	}
	return entry, nil
}

// check refuses an entry without a proper token, or for what is given already,
// and notes what it is for. Its name is that of scopes, and can be shown.
func (entry tokenEntry) check(given map[string]bool) error {
	meant := entry.key
	if !entry.pattern {
		meant = strings.Join(slices.Sorted(slices.Values(entry.scopes)), " ")
	}
	switch problem := target.TokenProblem(entry.token); {
	case entry.source == nil && entry.token == "":
		return text.Mistake(entry.place, entry.key+" has no token", "write `SCOPE: TOKEN`")
	case problem != "":
		return text.Mistake(entry.place, "the token of "+entry.key+" "+problem, target.TokenFix)
	case given[meant]:
		return text.Mistake(entry.place, entry.key+" has a token already", "give one token for each set of scopes")
	}
	given[meant] = true
	return nil
}

// The keys of a source of tokens. Those that end in -env name a variable that
// holds the value.
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

var allSourceKeys = []string{
	commandKey, environmentKey, refreshTokenKey, refreshTokenEnv, clientIDKey, clientSecretKey, clientSecretEnv, tokenURLKey,
	serviceAccountKey, defaultsKey,
}

// sourceFix lists the forms of a source.
const sourceFix = "describe a source by command, environment, refresh-token, token-url with client-id, service-account or application-default"

// sourceForms are the forms of a source: each by the key that makes it one, with
// the other keys that it needs and may have.
var sourceForms = []struct {
	key            string
	needs, accepts []string
}{
	{key: commandKey}, {key: environmentKey}, {key: serviceAccountKey}, {key: defaultsKey},
	{refreshTokenKey, []string{clientIDKey, tokenURLKey}, []string{clientSecretKey, clientSecretEnv}},
	{refreshTokenEnv, []string{clientIDKey, tokenURLKey}, []string{clientSecretKey, clientSecretEnv}},
	{tokenURLKey, []string{clientIDKey}, []string{clientSecretKey, clientSecretEnv}},
}

// sourceKeys are the values of a source by their keys. What stands there may be
// secret: only known keys are shown.
type sourceKeys map[string]string

func readSource(entry tokenEntry, value text.YAML) (sourceKeys, error) {
	members, err := value.AnyMembers()
	if err != nil {
		return nil, err
	}
	source, unknown := sourceKeys{}, ""
	for _, member := range members {
		if !slices.Contains(allSourceKeys, member.Name) {
			unknown = member.Name
			continue
		}
		source[member.Name], err = member.Value.Text()
		if err != nil || source[member.Name] == "" {
			return nil, text.Mistake(member.Key.Place(), member.Name+" of "+entry.key+" has no value", "give one, or remove it")
		}
	}
	nearest, distance := text.Nearest(unknown, allSourceKeys)
	switch {
	case unknown != "" && distance <= max(2, len(unknown)/4):
		return nil, text.Mistake(entry.place, fmt.Sprintf("%s has an unknown key %q", entry.key, unknown), "did you mean "+nearest+"?")
	case len(source) == 0:
		return nil, text.Mistake(entry.place, entry.key+" has no token", "write `SCOPE: TOKEN`")
	case unknown != "":
		return nil, text.Mistake(entry.place, entry.key+" has a key that no source has", sourceFix)
	}
	return source, source.check(entry)
}

// check says which key is missing, or one too many.
func (s sourceKeys) check(entry tokenEntry) error {
	for _, form := range sourceForms {
		if s[form.key] == "" {
			continue
		}
		for _, key := range form.needs {
			if s[key] == "" {
				return text.Mistake(entry.place, fmt.Sprintf("%s of %s needs %s too", form.key, entry.key, key), "add it")
			}
		}
		allowed := slices.Concat([]string{form.key}, form.needs, form.accepts)
		for _, key := range allSourceKeys {
			if s[key] != "" && !slices.Contains(allowed, key) {
				return text.Mistake(entry.place, fmt.Sprintf("%s of %s cannot be combined with %s", key, entry.key, form.key), "remove one of them")
			}
		}
		if s[clientSecretKey] != "" && s[clientSecretEnv] != "" {
			return text.Mistake(entry.place, fmt.Sprintf("%s of %s cannot be combined with %s", clientSecretEnv, entry.key, clientSecretKey), "remove one of them")
		}
		return nil
	}
	return text.Mistake(entry.place, entry.key+" has no source of tokens", sourceFix)
}

// issuer makes what an entry describes.
func (r *tokenReader) issuer(entry tokenEntry) (tokens.Issuer, error) {
	source, none := entry.source, tokens.Issuer{}
	located := func(name string, err error) (tokens.Issuer, error) {
		return none, text.Located(entry.place, fmt.Errorf("%s: %w", name, err))
	}
	switch {
	case source[commandKey] != "":
		issuer, err := tokens.Command(source[commandKey])
		if err != nil {
			return located("the token command", err)
		}
		return issuer, nil
	case source[environmentKey] != "":
		return tokens.Environment(source[environmentKey], r.sources.lookup), nil
	case source[defaultsKey] != "" && source[defaultsKey] != "true":
		return none, text.Mistake(entry.place, defaultsKey+" takes true", "write "+defaultsKey+": true")
	case source[defaultsKey] != "":
		return r.applicationDefault(entry.place)
	case source[serviceAccountKey] != "":
		return r.serviceAccount(entry.place, source[serviceAccountKey])
	}
	if err := tokens.CheckAddress(source[tokenURLKey]); err != nil {
		return located(tokenURLKey, err)
	}
	if err := r.refuseOpenEndpoint(entry.place, "tokens of a token server"); err != nil {
		return none, err
	}
	client, err := r.OAuthClient(r.sources)
	if err != nil {
		return none, err
	}
	secret, err := r.secret(entry, clientSecretKey, clientSecretEnv)
	if err != nil {
		return none, err
	}
	server := &tokens.TokenServer{Address: source[tokenURLKey], Client: tokens.Client{ID: source[clientIDKey], Secret: secret, HTTP: client}}
	if source[refreshTokenKey] != "" || source[refreshTokenEnv] != "" {
		value, err := r.secret(entry, refreshTokenKey, refreshTokenEnv)
		return tokens.RefreshToken(server, value, entry.place), err
	}
	if secret == "" {
		return none, text.Mistake(entry.place, "client credentials of "+entry.key+" need "+clientSecretKey+" or "+clientSecretEnv, "add one")
	}
	return tokens.ClientCredentials(server), nil
}

// secret gives a value that stands in the file or in a variable.
func (r *tokenReader) secret(entry tokenEntry, key, variableKey string) (tokens.Secret, error) {
	variable, value, name := entry.source[variableKey], entry.source[key], key
	if variable != "" {
		name = "the variable of " + variableKey
		value, _ = r.sources.lookup(variable)
		if value = strings.TrimSpace(value); value == "" {
			return "", text.Mistake(entry.place, name+" is not set", "set the variable")
		}
	}
	if problem := target.TokenProblem(value); problem != "" {
		return "", text.Mistake(entry.place, name+" of "+entry.key+" "+problem, "it is one word")
	}
	return tokens.Secret(value), nil
}

// serviceAccount reads the key of a service account.
func (r *tokenReader) serviceAccount(place, file string) (tokens.Issuer, error) {
	key, err := text.ReadFile(file, text.LargestFile)
	if err != nil {
		return tokens.Issuer{}, text.Mistake(place, file+": "+text.Reason(err), text.CheckPath(err))
	}
	client, err := r.OAuthClient(r.sources)
	if err != nil {
		return tokens.Issuer{}, err
	}
	issuer, err := tokens.ServiceAccount(key, file, client)
	if err != nil {
		return issuer, text.Mistake(place, file+": "+err.Error(), "give the JSON key of a service account")
	}
	return issuer, r.refuseOpenEndpoint(place, "tokens of a service account")
}
