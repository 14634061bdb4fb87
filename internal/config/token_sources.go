package config

import (
	"errors"
	"strings"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
	"github.com/dpconform/dpconform/spec"
)

// commandSource takes what --token-command prints.
func (s *Settings) commandSource(sources *Sources, contract *spec.Contract) (tokens.List, error) {
	if s.TokenCommand == "" {
		return nil, nil
	}
	command, err := tokens.NewCommand(s.TokenCommand, contract.Documents)
	if err != nil {
		return nil, text.Mistake(sources.Origin("token-command"), err.Error(), "")
	}
	if !strings.Contains(s.TokenCommand, "{scope}") && !strings.Contains(s.TokenCommand, "{short}") {
		return nil, text.Mistake(sources.Origin("token-command"), "it names no scope, so that it would give one token for all of them",
			"put {scope} or {short} where the scope belongs")
	}
	return tokens.List{tokens.NewSource(sources.context(), command, tokens.Everything)}, nil
}

// loginSources takes the logins that were made for the endpoint.
func (s *Settings) loginSources(sources *Sources, contract *spec.Contract) (tokens.List, error) {
	folder, err := tokens.DefaultFolder()
	if err != nil || s.Endpoint == "" {
		return nil, nil // A machine without a home has no logins.
	}
	store := tokens.NewStore(folder)
	logins, err := store.For(s.Endpoint)
	if err != nil {
		return nil, storeMistake(err)
	}
	if len(logins) == 0 || s.refuseOpenEndpoint("", "") != nil {
		return nil, nil
	}
	client, err := s.OAuthClient(sources)
	if err != nil {
		return nil, err
	}
	var found []*tokens.Source
	for _, login := range logins {
		issuer := tokens.NewKeptLogin(store, login, contract.Documents, client)
		found = append(found, tokens.NewSource(sources.context(), issuer, tokens.Within(login.Scopes...), login.Documented(contract.Documents)...))
	}
	return tokens.List{tokens.NewLogins(found...)}, nil
}

// storeMistake says what is wrong with the store as a mistake of usage.
func storeMistake(err error) error {
	var mistake *tokens.StoreError
	if errors.As(err, &mistake) {
		return text.Mistake(mistake.Path, mistake.Message, mistake.Mend)
	}
	return err
}

// clientSource asks the token server of --token-url by client credentials.
func (s *Settings) clientSource(sources *Sources, contract *spec.Contract) (tokens.List, error) {
	server, err := s.tokenServer(sources)
	if err != nil || server == nil {
		return nil, err
	}
	if err := s.refuseOpenEndpoint(sources.Origin("token-url"), "tokens of a token server"); err != nil {
		return nil, err
	}
	issuer := tokens.ClientCredentials{Server: server, Documented: contract.Documents}
	return tokens.List{tokens.NewSource(sources.context(), issuer, tokens.Everything)}, nil
}

// machineSource takes the application default credentials.
func (s *Settings) machineSource(sources *Sources, contract *spec.Contract) (tokens.List, error) {
	if !s.ApplicationDefault {
		return nil, nil
	}
	issuer, err := s.applicationDefault(sources, contract, sources.Origin("application-default"))
	if err != nil {
		return nil, err
	}
	return tokens.List{tokens.NewSource(sources.context(), issuer, tokens.Everything)}, nil
}

// verified has each token looked at by those who know what it carries, where
// there is anybody.
func (s *Settings) verified(sources *Sources, contract *spec.Contract, order tokens.List) (target.Credentials, error) {
	inspector, err := s.Inspector(sources)
	if err != nil || !inspector.Known() {
		return order, err
	}
	return tokens.NewVerified(sources.context(), order, inspector, contract.Documents), nil
}

// Inspector reads who knows what a token carries: of Google's endpoints Google.
// An address that secrets must not go to is a *UsageError.
func (s *Settings) Inspector(sources *Sources) (tokens.Inspector, error) {
	inspector := tokens.Inspector{}
	var err error
	if inspector.TokenInformationURL, err = checkedAddress(sources, "tokeninfo-url", s.TokenInformationURL); err != nil {
		return inspector, err
	}
	if inspector.IntrospectionURL, err = checkedAddress(sources, "introspection-url", s.IntrospectionURL); err != nil {
		return inspector, err
	}
	if !inspector.Known() && IsGoogle(s.Endpoint) {
		inspector.TokenInformationURL = tokens.GoogleTokenInformationURL
	}
	if !inspector.Known() {
		return inspector, nil
	}
	if inspector.HTTP, err = s.OAuthClient(sources); err != nil || inspector.IntrospectionURL == "" {
		return inspector, err
	}
	inspector.ClientID, inspector.ClientSecret, err = s.Client(sources)
	return inspector, err
}

// IsGoogle reports whether an endpoint is one of Google's APIs.
func IsGoogle(endpoint string) bool {
	address, err := target.ParseEndpoint(endpoint)
	if err != nil || address.Scheme != "https" {
		return false
	}
	host := strings.ToLower(address.Hostname())
	return host == "googleapis.com" || strings.HasSuffix(host, ".googleapis.com")
}
