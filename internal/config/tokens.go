package config

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// tokenVariablePrefix begins the variables of the tokens of single scopes.
const tokenVariablePrefix = environmentPrefix + "TOKEN_"

// tokenReader reads where tokens come from.
type tokenReader struct {
	*Settings
	sources *Sources
	method  *spec.Method
	// selected are the scopes that are tested.
	selected map[string]bool
	// documented reports whether the description lists a scope.
	documented func(scope string) bool
	checker    *tokens.Checker
	list       tokens.List
}

// credentials puts all sources of tokens in order: given ones, the environment,
// the command, logins, client credentials, those of the machine, and the
// template last.
func (s *Settings) credentials(sources *Sources, method *spec.Method) (target.Credentials, error) {
	inspector, err := s.Inspector(sources)
	if err != nil {
		return nil, err
	}
	documented := method.Documented()
	isDocumented := func(scope string) bool { return documented[scope] }
	selected, err := s.SelectedMethod(sources, method)
	if err != nil {
		return nil, err
	}
	isSelected := map[string]bool{}
	for _, scope := range selected.Scopes {
		isSelected[scope.Name] = true
	}
	reader := tokenReader{s, sources, method, isSelected, isDocumented, &tokens.Checker{Documented: isDocumented, Inspector: inspector}, nil}
	if len(method.Scopes) == 0 {
		return nil, reader.given()
	}
	for _, step := range []func() error{
		reader.given, reader.environment, reader.command, reader.logins, reader.clientCredentials, reader.machine, reader.template,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return reader.list, nil
}

// add adds a source of tokens. The group is a set of scopes that one of its
// tokens carries; it counts where all of them are documented, and one is tested.
func (r *tokenReader) add(issuer tokens.Issuer, covers tokens.Coverage, group ...string) *tokens.Source {
	if slices.ContainsFunc(group, func(scope string) bool { return !r.documented(scope) }) {
		group = nil
	}
	if !slices.ContainsFunc(group, func(scope string) bool { return r.selected[scope] }) {
		group = nil
	}
	source := &tokens.Source{Context: r.sources.context(), Issuer: issuer, Covers: covers, Group: group, Checker: r.checker}
	r.list = append(r.list, source)
	return source
}

// namesScope reports whether a text has a place for a scope.
func namesScope(given string) bool {
	return strings.Contains(given, "{scope}") || strings.Contains(given, "{short}")
}

// TokenVariable is the environment variable of a scope's token:
// "DPCONFORM_TOKEN_MAPS_REVIEWS".
func TokenVariable(method *spec.Method, scope string) string {
	name := withoutService(method, scope)
	if scope == method.UnrelatedScope() {
		name = unrelated
	}
	return tokenVariablePrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(name))
}

// environment takes the variables of single scopes, and refuses one that looks
// like it and names no scope.
func (r *tokenReader) environment() error {
	scopes := append(slices.Clone(r.method.UnrelatedScopes), platform.Expired)
	for _, scope := range r.method.Scopes {
		scopes = append(scopes, scope.Name)
	}
	known, isKnown := make([]string, len(scopes)), map[string]bool{}
	for i, scope := range scopes {
		known[i] = TokenVariable(r.method, scope)
		isKnown[known[i]] = true
		if value, set := r.sources.lookup(known[i]); set && value != "" && !r.sources.isFlagVariable(known[i]) {
			if problem := target.TokenProblem(strings.TrimSpace(value)); problem != "" {
				return text.Mistake(known[i], "the token "+problem, target.TokenFix)
			}
			r.add(tokens.Environment(known[i], r.sources.lookup), tokens.Exactly(scope), scope)
		}
	}
	if r.sources.Variables == nil {
		return nil
	}
	for _, name := range slices.Sorted(slices.Values(r.sources.Variables())) {
		if strings.HasPrefix(name, tokenVariablePrefix) && !isKnown[name] && !r.sources.isFlagVariable(name) {
			if len(known) == 0 {
				return text.Mistake(name, "the description has no scopes", "unset it")
			}
			return text.Mistake(name, "it names none of the description's scopes", text.DidYouMean(name, known))
		}
	}
	return nil
}

// command takes what --token-command prints.
func (r *tokenReader) command() error {
	if r.TokenCommand == "" {
		return nil
	}
	issuer, err := tokens.Command(r.TokenCommand)
	if err != nil {
		return text.Located(r.sources.Origin("token-command"), err)
	}
	if !namesScope(r.TokenCommand) {
		return r.sources.mistake("token-command", "put {scope} or {short} where the scope belongs", "it has neither {scope} nor {short}, so it would give the same token for every scope")
	}
	r.add(issuer, tokens.Everything)
	return nil
}

// logins takes the logins that were made for the endpoint.
func (r *tokenReader) logins() error {
	folder, err := tokens.DefaultFolder()
	if err != nil || r.Endpoint == "" {
		return nil // A machine without a home has no logins.
	}
	store := tokens.NewStore(folder)
	logins, err := store.For(r.Endpoint)
	if err != nil || len(logins) == 0 || r.refuseOpenEndpoint("", "") != nil {
		return err
	}
	client, err := r.OAuthClient(r.sources)
	if err != nil {
		return err
	}
	for _, login := range logins {
		documented := slices.DeleteFunc(slices.Clone(login.Scopes), func(scope string) bool { return !r.documented(scope) })
		r.add(store.Issuer(login, client), tokens.Within(login.Scopes...), documented...).Login = true
	}
	return nil
}

// clientCredentials asks the token server of --token-url.
func (r *tokenReader) clientCredentials() error {
	address, err := checkedAddress(r.sources, "token-url", r.TokenURL)
	if err != nil || address == "" {
		return err
	}
	client, err := r.Client(r.sources)
	switch {
	case err != nil:
		return err
	case client.ID == "":
		return r.sources.mistake("token-url", "give --client-id ID", "no client id is given")
	case client.Secret == "":
		return r.sources.mistake("token-url", "put it into "+clientSecretVariable+" or into a file for --"+clientSecretFlag, "the client %s has no secret", client.ID)
	}
	if err := r.refuseOpenEndpoint(r.sources.Origin("token-url"), "tokens of a token server"); err != nil {
		return err
	}
	r.add(tokens.ClientCredentials(&tokens.TokenServer{Address: address, Client: client}), tokens.Everything)
	return nil
}

// machine takes the application default credentials.
func (r *tokenReader) machine() error {
	if !r.ApplicationDefault {
		return nil
	}
	issuer, err := r.applicationDefault(r.sources.Origin("application-default"))
	if err == nil {
		r.add(issuer, tokens.Everything)
	}
	return err
}

func (r *tokenReader) applicationDefault(place string) (tokens.Issuer, error) {
	if err := r.refuseOpenEndpoint(place, "tokens of the application default credentials"); err != nil {
		return tokens.Issuer{}, err
	}
	client, err := r.OAuthClient(r.sources)
	return tokens.ApplicationDefault(client), err
}

// template mints tokens by name.
func (r *tokenReader) template() error {
	if r.TokenTemplate == "" {
		return nil
	}
	if !namesScope(r.TokenTemplate) {
		return r.sources.mistake("token-template", "put {scope} or {short} where the scope belongs", "it has neither {scope} nor {short}")
	}
	for flag, given := range map[string]string{"token-template": r.TokenTemplate, "token-join": r.TokenJoin} {
		if problem := target.TokenProblem(given); problem != "" {
			return r.sources.mistake(flag, target.TokenFix, "it %s", problem)
		}
	}
	r.add(tokens.Template(target.TokenTemplate{Text: r.TokenTemplate, Join: r.TokenJoin}), tokens.Everything)
	return nil
}

// checkedAddress gives the address of a flag, and refuses one where secrets must
// not go.
func checkedAddress(sources *Sources, flag, address string) (string, error) {
	if address == "" {
		return "", nil
	}
	if err := tokens.CheckAddress(address); err != nil {
		return "", text.Located(sources.Origin(flag), err)
	}
	return address, nil
}

// largestSecretFile is the length in bytes of the largest file of a client's secret.
const largestSecretFile = 64 << 10

// Client gives the client that the settings name, with the HTTP client that asks
// OAuth servers. Its id and its secret may be empty.
func (s *Settings) Client(sources *Sources) (tokens.Client, error) {
	http, err := s.OAuthClient(sources)
	if err != nil {
		return tokens.Client{}, err
	}
	client := tokens.Client{ID: s.ClientID, HTTP: http}
	if s.ClientSecretFile == "" {
		value, _ := sources.lookup(clientSecretVariable)
		if value = strings.TrimSpace(value); target.TokenProblem(value) != "" {
			return client, text.Mistake(clientSecretVariable, "the secret "+target.TokenProblem(value), "it is one word")
		}
		client.Secret = tokens.Secret(value)
		return client, nil
	}
	content, err := text.ReadFile(s.ClientSecretFile, largestSecretFile)
	if err != nil {
		return client, sources.mistake(clientSecretFlag, text.CheckPath(err), "%s: %s", s.ClientSecretFile, text.Reason(err))
	}
	value := strings.TrimSpace(string(content))
	if strings.HasPrefix(value, "{") {
		var complaint string
		if client.ID, value, complaint = clientOfJSON(value, s.ClientID); complaint != "" {
			return client, sources.mistake(clientSecretFlag, "give the JSON file of a client of type desktop app, or the secret alone", "%s: %s", s.ClientSecretFile, complaint)
		}
	}
	if len(strings.Fields(value)) != 1 {
		return client, sources.mistake(clientSecretFlag, "put the secret alone into it", "%s holds no secret", s.ClientSecretFile)
	}
	if problem := target.TokenProblem(value); problem != "" {
		return client, sources.mistake(clientSecretFlag, "put the secret alone into it", "the secret in %s %s", s.ClientSecretFile, problem)
	}
	client.Secret = tokens.Secret(value)
	return client, nil
}

// clientOfJSON reads the file that Google gives for a client. An id that was
// given must be that of the file.
func clientOfJSON(content, wanted string) (id, secret, complaint string) {
	type client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	var file struct{ Installed, Web client }
	if err := json.Unmarshal([]byte(content), &file); err != nil {
		return "", "", "it is not JSON"
	}
	found := file.Installed
	if found.ID == "" {
		found = file.Web
	}
	switch {
	case found.ID == "":
		return "", "", "it describes no client"
	case wanted != "" && wanted != found.ID:
		return "", "", "it is of another client than --client-id"
	}
	return found.ID, found.Secret, ""
}

// Inspector reads who knows what a token carries: of Google's endpoints Google.
func (s *Settings) Inspector(sources *Sources) (inspector tokens.Inspector, err error) {
	if inspector.TokenInformationURL, err = checkedAddress(sources, "tokeninfo-url", s.TokenInformationURL); err != nil {
		return inspector, err
	}
	if inspector.IntrospectionURL, err = checkedAddress(sources, "introspection-url", s.IntrospectionURL); err != nil {
		return inspector, err
	}
	if !inspector.Known() && IsGoogle(s.Endpoint) {
		inspector.TokenInformationURL = tokens.GoogleTokenInformationURL
	}
	switch {
	case inspector.IntrospectionURL != "":
		inspector.Client, err = s.Client(sources)
	case s.TokenURL == "" && sources.Given(clientSecretFlag) && sources.Origin(clientSecretFlag) == "--"+clientSecretFlag:
		// In a configuration file it may be for a login.
		return inspector, sources.mistake(clientSecretFlag, "give --token-url or --introspection-url too, or leave it out", "nothing asks for a client's secret")
	case inspector.Known():
		var client *http.Client
		client, err = s.OAuthClient(sources)
		inspector.Client = tokens.Client{HTTP: client}
	}
	return inspector, err
}
