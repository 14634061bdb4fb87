package config

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
	"github.com/dpconform/dpconform/internal/tokens"
)

// CredentialSettings is what the commands are told of where tokens come from,
// beside tokens that are given as they are.
type CredentialSettings struct {
	TokenCommand        string
	TokenURL            string
	ClientID            string
	ClientSecretFile    string
	ApplicationDefault  bool
	TokenInformationURL string
	IntrospectionURL    string
}

// The flag and the variable of a client's secret. No flag takes the secret
// itself: every process of the machine can read a command line.
const (
	clientSecretFlag     = "client-secret-file"
	clientSecretVariable = environmentPrefix + "CLIENT_SECRET"
)

// AddCredentialFlags adds the flags for tokens that are obtained, and for those
// who know what a token carries.
func (s *CredentialSettings) AddCredentialFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenCommand, "token-command", "", "run `COMMAND` for each scope and take the token that it prints: {scope} in it stands for the scope in full, {short} for the part after /auth/")
	s.AddClientFlags(flags)
	flags.BoolVar(&s.ApplicationDefault, "application-default", false, "take tokens from Google's application default credentials of this machine")
	flags.StringVar(&s.TokenInformationURL, "tokeninfo-url", "", "`URL` that says like Google's tokeninfo which scopes a token carries; Google's own for its endpoints")
	s.AddIntrospectionFlag(flags)
}

// AddIntrospectionFlag adds the flag that names an introspection endpoint.
func (s *CredentialSettings) AddIntrospectionFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.IntrospectionURL, "introspection-url", "", "`URL` that says by RFC 7662 which scopes a token carries, asked with --client-id and its secret")
}

// AddClientIdentityFlags adds the flags that name a client alone.
func (s *CredentialSettings) AddClientIdentityFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.ClientID, "client-id", "", "`ID` of the client there; its secret goes into "+clientSecretVariable+" or --"+clientSecretFlag)
	flags.StringVar(&s.ClientSecretFile, clientSecretFlag, "", "`FILE` with the client's secret alone in it, or Google's JSON file of a client")
}

// AddClientFlags adds the flags that name a client of a token server.
func (s *CredentialSettings) AddClientFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.TokenURL, "token-url", "", "`URL` of a token server, for tokens by client credentials and for login")
	s.AddClientIdentityFlags(flags)
}

// Client gives the id and the secret of the client; each may be empty. A file
// that cannot be read or holds no secret is a *UsageError.
func (s *CredentialSettings) Client(sources *Sources) (id string, secret tokens.Secret, err error) {
	if s.ClientSecretFile == "" {
		value, _ := sources.lookup(clientSecretVariable)
		return s.ClientID, tokens.Secret(strings.TrimSpace(value)), nil
	}
	place := sources.Origin(clientSecretFlag)
	content, err := os.ReadFile(s.ClientSecretFile)
	if err != nil {
		return "", "", text.Mistake(place, s.ClientSecretFile+": "+text.Reason(err), "")
	}
	id, value := s.ClientID, strings.TrimSpace(string(content))
	if strings.HasPrefix(value, "{") {
		var complaint string
		if id, value, complaint = clientOfJSON(value, id); complaint != "" {
			return "", "", text.Mistake(place, s.ClientSecretFile+": "+complaint, "give the JSON file of a client of type desktop app, or the secret alone")
		}
	}
	if len(strings.Fields(value)) != 1 {
		return "", "", text.Mistake(place, s.ClientSecretFile+" holds no secret", "put the secret alone into it")
	}
	return id, tokens.Secret(value), nil
}

// clientOfJSON reads the file that Google gives for a client. An id that was
// given must be that of the file.
func clientOfJSON(text, wanted string) (id, secret, complaint string) {
	type client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	var file struct{ Installed, Web client }
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return "", "", "it is no JSON"
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

// checkedAddress gives the address of a flag, or a *text.UsageError where secrets
// must not go there.
func checkedAddress(sources *Sources, flag, address string) (string, error) {
	if address == "" {
		return "", nil
	}
	if err := tokens.CheckAddress(address); err != nil {
		return "", text.Mistake(sources.Origin(flag), err.Error(), "")
	}
	return address, nil
}

// tokenServer gives the token server of --token-url, or nil where there is none.
func (s *Settings) tokenServer(sources *Sources) (*tokens.TokenServer, error) {
	address, err := checkedAddress(sources, "token-url", s.TokenURL)
	if err != nil || address == "" {
		return nil, err
	}
	id, secret, err := s.Client(sources)
	switch {
	case err != nil:
		return nil, err
	case id == "":
		return nil, text.Mistake(sources.Origin("token-url"), "no client is named", "give --client-id ID")
	case secret == "":
		return nil, text.Mistake(sources.Origin("token-url"), fmt.Sprintf("the client %s has no secret", id),
			"put it into "+clientSecretVariable+" or into a file for --"+clientSecretFlag)
	}
	client, err := s.OAuthClient(sources)
	if err != nil {
		return nil, err
	}
	return &tokens.TokenServer{Address: address, ClientID: id, ClientSecret: secret, HTTP: client}, nil
}
