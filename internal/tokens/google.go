package tokens

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/internal/text"
)

// keyFile is what is looked at in a file of Google's credentials.
type keyFile struct {
	Type      string          `json:"type"`
	TokenURI  string          `json:"token_uri"`
	TokenURL  string          `json:"token_url"`
	Installed json.RawMessage `json:"installed"`
	Web       json.RawMessage `json:"web"`
	// QuotaProject is the project that requests count for.
	QuotaProject string `json:"quota_project_id"`
	// What a person's credentials send.
	ClientSecret Secret `json:"client_secret"`
	RefreshToken Secret `json:"refresh_token"`
}

// address is the token server of the file, or Google's.
func (k keyFile) address() string { return cmp.Or(k.TokenURI, k.TokenURL, google.Endpoint.TokenURL) }

// ServiceAccount issues tokens for a service account of Google's by its JSON key
// (RFC 7523). The name of the key's file is for messages. An error says what is
// wrong with the key.
func ServiceAccount(key []byte, name string, client *http.Client) (Issuer, error) {
	var file keyFile
	if err := json.Unmarshal(key, &file); err != nil {
		return Issuer{}, errors.New("it is not JSON")
	}
	if file.Type != string(google.ServiceAccount) {
		return Issuer{}, errors.New("it is not the key of a service account: its type is not service_account")
	}
	if err := CheckAddress(file.address()); err != nil {
		return Issuer{}, errors.New("its token_uri: " + err.Error())
	}
	issuer := Issuer{Origin: "the service account of " + name}
	issuer.Issue = func(ctx context.Context, scopes []string) (*oauth2.Token, error) {
		config, err := google.JWTConfigFromJSON(key, scopes...)
		if err != nil {
			return nil, &Failure{Message: issuer.Origin + " cannot be used: its key is not complete", Whole: true}
		}
		ctx, watch := watched(ctx, client)
		token, err := config.TokenSource(ctx).Token()
		if err != nil {
			return nil, watch.failure(err, issuer.Origin, file, "its private key is not in PEM or PKCS8")
		}
		return token, nil
	}
	return issuer, nil
}

const (
	defaultsVariable = "GOOGLE_APPLICATION_CREDENTIALS"
	quotaVariable    = "GOOGLE_CLOUD_QUOTA_PROJECT"
	defaultsPage     = "https://cloud.google.com/docs/authentication/external/set-up-adc"
	defaultsMistake  = "the application default credentials cannot be used: "
)

// ApplicationDefault issues tokens by the application default credentials of
// this machine. Those of a person carry the scopes of their login whatever is
// asked.
// Source: https://cloud.google.com/docs/authentication/application-default-credentials
func ApplicationDefault(client *http.Client) Issuer {
	issuer := Issuer{Origin: "application default credentials", Narrow: "use dpconform login, or a service account"}
	issuer.Issue = func(ctx context.Context, scopes []string) (*oauth2.Token, error) {
		// The library's own error for this file would show parts of it.
		name := os.Getenv(defaultsVariable)
		if name != "" {
			content, err := text.ReadFile(name, text.LargestFile)
			if err != nil {
				return nil, &Failure{Message: "the file that " + defaultsVariable + " names cannot be read: " + innermost(err), Whole: true}
			}
			if _, failure := readDefaults(content); failure != nil {
				return nil, failure
			}
		}
		ctx, watch := watched(ctx, client)
		found, err := google.FindDefaultCredentials(ctx, scopes...)
		switch {
		case err != nil && name != "":
			return nil, &Failure{Message: defaultsMistake + "the file that " + defaultsVariable + " names has no credentials of Google's", Whole: true}
		case err != nil:
			return nil, &Failure{Message: "there are no application default credentials on this machine", Fix: "see " + defaultsPage, Whole: true}
		}
		var file keyFile
		if len(found.JSON) > 0 {
			var failure *Failure
			if file, failure = readDefaults(found.JSON); failure != nil {
				return nil, failure
			}
		}
		project, origin := strings.TrimSpace(os.Getenv(quotaVariable)), "the variable "+quotaVariable
		if project == "" {
			project, origin = file.QuotaProject, "quota_project_id in their file"
		}
		if project != "" && !target.IsProject(project) {
			return nil, &Failure{Message: defaultsMistake + origin + " is not the id or the number of a project", Fix: target.ProjectFix, Whole: true}
		}
		token, err := found.TokenSource.Token()
		if err != nil {
			return nil, watch.failure(err, issuer.Origin, file, "they are not complete")
		}
		if project != "" {
			token = token.WithExtra(map[string]any{"scope": token.Extra("scope"), target.QuotaProject: project})
		}
		return token, nil
	}
	return issuer
}

// readDefaults reads credentials and says what is wrong with them.
func readDefaults(content []byte) (file keyFile, failure *Failure) {
	if err := json.Unmarshal(content, &file); err != nil {
		return file, &Failure{Message: defaultsMistake + "their file is not JSON", Whole: true}
	}
	if file.Installed != nil || file.Web != nil {
		return file, &Failure{Message: defaultsMistake + "their file describes a client and holds no credentials", Fix: "log in with that client: dpconform login --client-id", Whole: true}
	}
	if err := CheckAddress(file.address()); err != nil {
		return file, &Failure{Message: defaultsMistake + "their token server: " + err.Error(), Whole: true}
	}
	return file, nil
}

// watchedTransport remembers why there was no response: the library makes a text
// of it.
type watchedTransport struct {
	next  http.RoundTripper
	mutex sync.Mutex
	asked bool
	err   error
}

// watched gives a context in which the library asks by the client.
func watched(ctx context.Context, client *http.Client) (context.Context, *watchedTransport) {
	copied := *Client{HTTP: client}.http()
	watch := &watchedTransport{next: copied.Transport}
	if watch.next == nil {
		watch.next = http.DefaultTransport
	}
	copied.Transport = watch
	return context.WithValue(ctx, oauth2.HTTPClient, &copied), watch
}

// RoundTrip asks and remembers.
func (w *watchedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(request)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.asked, w.err = true, err
	return response, err
}

// failure says what went wrong; the complaint is for the case that nobody was
// asked.
func (w *watchedTransport) failure(err error, origin string, file keyFile, complaint string) *Failure {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	server := "the token server " + hostOf(file.address())
	switch {
	case !w.asked:
		return &Failure{Message: origin + " cannot be used: " + complaint, Whole: true}
	case w.err != nil:
		return &Failure{Message: server + " " + noResponse(w.err), Whole: true}
	}
	return readRefusal(server, err, file.ClientSecret, file.RefreshToken).failure(origin)
}
