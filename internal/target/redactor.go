package target

import "github.com/dpconform/dpconform/internal/redact"

// Redactor replaces the tokens that were sent, each by an alias that names its
// scopes.
func (t *Target) Redactor() *redact.Redactor {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.redactor == nil || t.redacted != len(t.secrets) {
		aliases := TokenTemplate{Text: redact.Mark + ":{short}", Join: "+"}
		labels := map[string]string{}
		for token, scopes := range t.secrets {
			labels[token] = token // A token that nobody issued is no secret.
			if len(scopes) > 0 {
				labels[token] = aliases.Name(scopes...)
			}
		}
		t.redactor, t.redacted = redact.NewRedactor(labels), len(t.secrets)
	}
	return t.redactor
}

// InOrder reports whether the responses are recorded ones, which come in the
// order of a whole run.
func (t *Target) InOrder() bool { return t.config.InOrder }
