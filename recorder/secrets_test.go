package recorder

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
	"github.com/dpconform/dpconform/internal/target"
)

// planted holds one secret for each place that a secret may be in.
var planted = map[string]string{
	"token":             "ya29.plantedTokenOfTheRequest",
	"unlabelled token":  "plain-planted-token-without-label",
	"proxy":             "Basic cGxhbnRlZDpwcm94eQ==",
	"api key header":    "AIzaPlantedInAHeader0123456789abcdefghi",
	"auth token header": "planted-auth-token",
	"request cookie":    "planted-request-cookie",
	"query key":         "planted-query-key",
	"query token":       "planted/query+token",
	"form secret":       "planted-client-secret-form",
	"json refresh":      "1//planted-refresh-token-json-body",
	"set cookie":        "planted-session-of-the-response",
	"location":          "planted%2Fsignature%3D%3D",
	"response access":   "planted-access-token-of-the-response",
	"response refresh":  "planted-refresh-token-of-the-response",
	"response secret":   "planted-client-secret-of-the-response",
	"response key":      "planted-key-of-the-response",
	"signed url":        "planted0123signature",
	"old signature":     "planted-old-signature",
	"in html":           "planted-in-an-attribute",
	"cut short":         "planted-in-json-that-breaks-off",
	"service account":   "MIIplantedPrivateKey",
	"challenge":         "planted-token-in-a-message-1",
}

func plantedServer(writer http.ResponseWriter, request *http.Request) {
	sent, _ := io.ReadAll(request.Body)
	header := writer.Header()
	header.Set("Set-Cookie", "sid="+planted["set cookie"]+"; Path=/; HttpOnly")
	header.Set("X-Echo", strings.Join(request.Header["Authorization"], " "))
	header.Set("X-Auth-Token", planted["auth token header"])
	header.Set("Location", "https://storage.googleapis.com/b/o?X-Goog-Algorithm=a&X-Goog-Signature="+planted["location"]+"&x=1")
	header.Set("Content-Type", "application/json")
	switch request.URL.Path {
	case "/html":
		fmt.Fprintf(writer, `<a href="https://h/?a=1&amp;access_token=%s">x</a>`, planted["in html"])
	case "/broken":
		fmt.Fprintf(writer, `{"a": 1, "refresh_token": "%s`, planted["cut short"])
	default:
		_ = json.NewEncoder(writer).Encode(map[string]any{
			"access_token": planted["response access"], "refreshToken": planted["response refresh"],
			"nested": []any{map[string]any{"client_secret": []string{planted["response secret"]}, "key": planted["response key"]}},
			"urls":   []string{"https://storage.googleapis.com/b/o?GoogleAccessId=a@b&Expires=1700000000&Signature=" + planted["old signature"] + "&X-Goog-Signature=" + planted["signed url"]},
			"error":  "you sent " + request.Header.Get("Authorization") + " and " + request.URL.String() + " and " + string(sent),
			"text":   `{"private_key": "-----BEGIN PRIVATE KEY-----\n` + planted["service account"] + `\n-----END PRIVATE KEY-----\n"}`,
			"said":   "Authorization: Bearer " + planted["challenge"] + ", which is unknown",
			"cookie": request.Header.Get("Cookie"),
			"number": 123456789,
		})
	}
}

func plantedRequest(endpoint, path, token string) *http.Request {
	request := newRequest("secrets/planted", "POST", endpoint+path)
	body := `{"refresh_token": "` + planted["json refresh"] + `", "more": "Bearer ` + token + `"}`
	if strings.HasPrefix(path, "/form") {
		body = "grant_type=x&client_secret=" + planted["form secret"]
	}
	request.Body = io.NopCloser(strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Proxy-Authorization", planted["proxy"])
	request.Header.Set("X-Goog-Api-Key", planted["api key header"])
	request.Header.Set("Cookie", "a="+planted["request cookie"]+"; b=c")
	return request
}

func TestPlantedSecretsNeverReachTheDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := serve(t, plantedServer)
	recording := begin(t, folder, server.URL, func(options *Options) {
		options.Provenance.Emulator = false
		options.TokenName = func(token string) string {
			return map[string]string{planted["token"]: redact.Mark + ":maps.reviews"}[token]
		}
	})
	for _, path := range []string{"/json", "/form", "/html", "/broken", "/json?key=" + planted["query key"] + "&access_token=planted%2Fquery%2Btoken&alt=json"} {
		for _, token := range []string{planted["token"], planted["unlabelled token"]} {
			if _, err := recording.RoundTrip(plantedRequest(server.URL, path, token)); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := filesIn(t, folder)
	save(t, recording)
	maps.Copy(files, filesIn(t, folder))
	if files[journalName] == "" {
		t.Error("there was no journal")
	}
	for name, text := range files {
		for place, secret := range planted {
			if strings.Contains(text, secret) {
				t.Errorf("%s has the secret %q", name, place)
			}
		}
		if strings.Contains(text, "planted") && name != ProvenanceFile && strings.Contains(strings.ReplaceAll(text, "secrets/planted", ""), "planted") {
			t.Errorf("%s has a part of a secret:\n%s", name, text)
		}
	}
	stored := filesIn(t, folder)["secrets.yaml"]
	for _, wanted := range []string{"Bearer " + redact.Mark + ":maps.reviews", "Bearer " + redact.Unlabelled, "alt=json", "sid=" + redact.Mark + "; Path=/; HttpOnly", "123456789", "X-Goog-Algorithm="} {
		if !strings.Contains(stored, wanted) {
			t.Errorf("the cassette has no %q", wanted)
		}
	}
	for i, interaction := range open(t, folder).tapes["secrets"].whole.Interactions {
		body := interaction.Response.Body
		if strings.HasPrefix(body, "{") && !strings.HasPrefix(interaction.Request.URL, server.URL+"/broken") && !json.Valid([]byte(body)) {
			t.Errorf("interaction %d is no JSON any more: %s", i+1, body)
		}
	}
}

// What was redacted must still be found: the replay redacts what it is asked.
func TestRedactedRequestsAreReplayed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := httptest.NewServer(http.HandlerFunc(plantedServer))
	defer server.Close()
	recording := begin(t, folder, server.URL)
	for _, path := range []string{"/form", "/json?key=first-key-0123456&alt=json"} {
		if _, err := recording.RoundTrip(plantedRequest(server.URL, path, sentToken)); err != nil {
			t.Fatal(err)
		}
	}
	save(t, recording)
	replay := open(t, folder)
	for _, path := range []string{"/form", "/json?key=another-key&alt=json"} {
		request := plantedRequest(server.URL, path, redact.Mark+":dataportability.maps.reviews")
		if _, err := replay.RoundTrip(request); err != nil {
			t.Error(err)
		}
	}
	if _, err := replay.RoundTrip(plantedRequest(server.URL, "/form", "x")); err == nil || err.(*target.Fault).Kind != target.Unrecorded {
		t.Errorf("got %v", err)
	}
}

func TestUnrecordedNamesNoSecret(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := recordPaths(t, folder, hello, "path/a", "/")
	_, err := open(t, folder).RoundTrip(plantedRequest(server.URL, "/n?key="+planted["query key"], planted["token"]))
	if err == nil || strings.Contains(err.Error(), "planted-query-key") {
		t.Errorf("got %v", err)
	}
}
