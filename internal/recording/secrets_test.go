package recording

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// Each secret of these tests has this in it, as it is or in base64.
const planted, plantedInBase64 = "planted", "cGxhbnRlZDpwcm94eQ=="

// plantedServer puts a secret into each place of a response, and repeats those
// of the request.
func plantedServer(writer http.ResponseWriter, request *http.Request) {
	came, _ := io.ReadAll(request.Body)
	for name, value := range map[string]string{
		"Set-Cookie": "sid=planted-session; Path=/; HttpOnly", "X-Echo": request.Header.Get("Authorization"), "X-Auth-Token": "planted-auth-token", "X-Session-Id": "planted-session", "X-Access-Key": "planted-access-key",
		"Location": "https://storage.googleapis.com/b/o?X-Goog-Algorithm=a&X-Goog-Signature=planted%2Fsignature%3D%3D&x=1", "Content-Type": "application/json",
	} {
		writer.Header().Set(name, value)
	}
	switch request.URL.Path {
	case "/html":
		fmt.Fprint(writer, `<a href="https://h/?a=1&amp;access_token=planted-in-an-attribute">x</a>`)
	case "/multipart":
		fmt.Fprint(writer, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplanted-part\r\n--x--")
	case "/broken":
		fmt.Fprint(writer, `{"a": 1, "refresh_token": "planted-in-json-that-breaks-off`)
	default:
		_ = json.NewEncoder(writer).Encode(map[string]any{
			"access_token": "planted-access-token", "refreshToken": "planted-refresh-token",
			"nested": []any{map[string]any{"client_secret": []string{"planted-client-secret"}, "key": "planted-key"}},
			"urls":   []string{"https://storage.googleapis.com/b/o?GoogleAccessId=a@b&Expires=1700000000&Signature=planted-old&X-Goog-Signature=planted0123"},
			"error":  "you sent " + request.Header.Get("Authorization") + " and " + request.URL.String() + " and " + string(came),
			"text":   `{"private_key": "-----BEGIN PRIVATE KEY-----\nMIIplantedPrivateKey\n-----END PRIVATE KEY-----\n"}`,
			"said":   "Authorization: Bearer planted-token-in-a-message-1, which is unknown",
			"cookie": request.Header.Get("Cookie"),
			"number": 123456789, "session": map[string]any{"message": []string{"planted-in-an-unknown-member"}},
		})
	}
}

func plantedRequest(endpoint, path, token string) *http.Request {
	request := newRequest("secrets/check", "POST", endpoint+path)
	body := `{"refresh_token": "1//planted-refresh-token-json-body", "more": "Bearer ` + token + `"}`
	if strings.HasPrefix(path, "/form") {
		body = "grant_type=x&client_secret=planted-client-secret-form"
	}
	request.Body = io.NopCloser(strings.NewReader(body))
	request.Header = http.Header{"Authorization": {"Bearer " + token}, "Proxy-Authorization": {"Basic " + plantedInBase64},
		"X-Goog-Api-Key": {"AIzaPlantedInAHeader0123456789abcdefghi-planted"}, "Cookie": {"a=planted-request-cookie; b=c"}}
	return request
}

// Neither the cassettes nor the journal have a secret, and what was redacted is
// found all the same: the replay redacts what it is asked.
func TestPlantedSecretsNeverReachTheDisk(t *testing.T) {
	t.Parallel()
	const known, unlabelled = "ya29.plantedTokenOfTheRequest", "plain-planted-token-without-label"
	folder := t.TempDir()
	server := serve(t, plantedServer)
	recording := begin(t, folder, server.URL, func(options *Options) {
		options.Provenance.Emulator = false
		options.TokenName = func(token string) string { return map[string]string{known: redact.Mark + ":maps.reviews"}[token] }
	})
	const query = "&access_token=planted%2Fquery%2Btoken&alt=json"
	for _, path := range []string{"/json", "/form", "/html", "/broken", "/multipart", "/json?key=planted-key" + query} {
		for _, token := range []string{known, unlabelled} {
			if _, err := recording.RoundTrip(plantedRequest(server.URL, path, token)); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := filesIn(t, folder)
	if files[journalName] == "" {
		t.Error("there was no journal")
	}
	save(t, recording)
	maps.Copy(files, filesIn(t, folder))
	for name, text := range files {
		if strings.Contains(strings.ToLower(text), planted) || strings.Contains(text, plantedInBase64) {
			t.Errorf("%s has a secret:\n%s", name, text)
		}
	}
	for _, wanted := range []string{"Bearer " + redact.Mark + ":maps.reviews", "Bearer " + redact.Unlabelled, "alt=json", "sid=" + redact.Mark + "; Path=/; HttpOnly", `"number":"dpconform-redacted (number, 9 bytes)"`, "X-Goog-Algorithm="} {
		if !strings.Contains(files["secrets.yaml"], wanted) {
			t.Errorf("the cassette has no %q", wanted)
		}
	}
	replay := open(t, folder)
	for i, interaction := range replay.tapes["secrets"].whole.Interactions {
		body := interaction.Response.Body
		if strings.HasPrefix(body, "{") && !strings.HasPrefix(interaction.Request.URL, server.URL+"/broken") && !json.Valid([]byte(body)) {
			t.Errorf("interaction %d is no JSON any more: %s", i+1, body)
		}
	}
	for _, path := range []string{"/form", "/json?key=another-key" + query} {
		if _, err := replay.RoundTrip(plantedRequest(server.URL, path, redact.Mark+":maps.reviews")); err != nil {
			t.Error(err)
		}
	}
	_, err := replay.RoundTrip(plantedRequest(server.URL, "/form?key=planted-key", "x"))
	if err == nil || err.(*target.Fault).Kind != target.Unrecorded || strings.Contains(err.Error(), planted) {
		t.Errorf("got %v", err)
	}
}
