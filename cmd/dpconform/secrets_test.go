package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planted are secrets of many kinds. None may stand in anything that is
// printed or written.
var planted = map[string]string{
	"token of a scope":    "ya29.planted-token-of-a-scope-0123456789",
	"token of two scopes": "planted-token-of-two-scopes-0123456789",
	"token of another":    "planted-token-of-an-unrelated-scope-0123",
	"cookie":              "planted-cookie-value-0123456789",
	"refresh token":       "1//planted-refresh-token-0123456789",
	"client secret":       "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6789",
	"access token":        "ya29.planted-access-token-in-a-body",
	"signature":           "planted0signature0of0a0url0123456789abcdef",
}

// leaky answers every request with all secrets that it knows, and with the
// token that it was sent.
func leaky(writer http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	writer.Header().Set("Set-Cookie", "session="+planted["cookie"]+"; HttpOnly")
	writer.Header().Set("Content-Type", "application/json")
	writer.Header().Set("WWW-Authenticate", `Bearer realm="x", echo="`+request.Header.Get("Authorization")+`"`)
	status := http.StatusOK
	if request.Header.Get("Authorization") == "" || strings.Contains(request.URL.Path, "unknown") {
		status = http.StatusUnauthorized
	}
	writer.WriteHeader(status)
	fmt.Fprintf(writer, `{"archiveJobId":"new","state":"FAILED","refresh_token":%q,"client_secret":%q,"access_token":%q,
"urls":["https://storage.googleapis.com/b/o?X-Goog-Signature=%s&X-Goog-Expires=60"],
"error":{"code":%d,"status":"UNAUTHENTICATED","message":"you sent %s","details":"%s"}}`,
		planted["refresh token"], planted["client secret"], planted["access token"], planted["signature"],
		status, request.Header.Get("Authorization"), request.Header.Get("Authorization"))
}

// TestNoSecretIsShownOrWritten plants secrets everywhere and looks for them in
// every output: console, complaints, JSON, JUnit, cassettes.
func TestNoSecretIsShownOrWritten(t *testing.T) {
	folder := t.TempDir()
	tokens := writeFile(t, "tokens.yaml", fmt.Sprintf("dataportability.maps.reviews: %s\nunrelated: %s\n", planted["token of a scope"], planted["token of another"]))
	arguments := []string{"--endpoint", listen(t, http.HandlerFunc(leaky)), "--token-file", tokens,
		"--token", "dataportability.alerts.subscriptions+unrelated=" + planted["token of two scopes"],
		"--job", "FAILED=failed-1,failed-2,failed-3", "--job", "COMPLETE=complete-1"}
	json, junit := filepath.Join(folder, "report.json"), filepath.Join(folder, "report.xml")
	run := call(t, append([]string{"run", "--report", "json=" + json, "--report", "junit=" + junit}, arguments...)...)
	record := call(t, append([]string{"record", "--cassettes", filepath.Join(folder, "cassettes")}, arguments...)...)
	outputs := map[string]string{
		"console of run": run.output + run.raw, "complaints of run": run.complaints,
		"console of record": record.output + record.raw, "complaints of record": record.complaints,
	}
	addFiles(t, folder, outputs)
	if len(outputs) < 7 {
		t.Fatalf("only %d outputs were made: %s%s", len(outputs), run.complaints, record.complaints)
	}
	if !strings.Contains(outputs[json], "dpconform-redacted:dataportability.maps.reviews") {
		t.Error("the report does not name the token that the server repeated, so nothing was repeated or looked for")
	}
	for name, text := range outputs {
		for kind, secret := range planted {
			if strings.Contains(text, secret) {
				at := strings.Index(text, secret)
				t.Errorf("%s shows the %s: …%s…", name, kind, text[max(0, at-60):min(len(text), at+60)])
			}
		}
	}
}

func addFiles(t *testing.T, folder string, outputs map[string]string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		outputs[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
