package tokens

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// client is who asks a server of OAuth for something else than a token.
type client struct {
	id     string
	secret Secret
	style  oauth2.AuthStyle
	http   *http.Client
}

// post sends a form as the client and gives the answer. Where it is not known
// how the server knows its clients, both ways of RFC 6749, 2.3.1 are tried.
func (c client) post(ctx context.Context, address string, form url.Values) (*http.Response, error) {
	style := c.style
	switch {
	case c.secret == "":
		style = oauth2.AuthStyleInParams
	case style == oauth2.AuthStyleAutoDetect:
		response, err := c.postAs(ctx, oauth2.AuthStyleInHeader, address, form)
		if err != nil || response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusBadRequest {
			return response, err
		}
		response.Body.Close()
		style = oauth2.AuthStyleInParams
	}
	return c.postAs(ctx, style, address, form)
}

func (c client) postAs(ctx context.Context, style oauth2.AuthStyle, address string, form url.Values) (*http.Response, error) {
	sent := url.Values{}
	for name, values := range form {
		sent[name] = values
	}
	if style == oauth2.AuthStyleInParams && c.id != "" {
		sent.Set("client_id", c.id)
		if c.secret != "" {
			sent.Set("client_secret", string(c.secret))
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, newForm(sent))
	if err != nil {
		return nil, errors.New("its address cannot be asked")
	}
	request.Header.Set("Content-Type", formType)
	request.Header.Set("Accept", "application/json")
	if style == oauth2.AuthStyleInHeader {
		request.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(string(c.secret)))
	}
	if c.http == nil {
		c.http = NewHTTPClient(nil)
	}
	return c.http.Do(request)
}
