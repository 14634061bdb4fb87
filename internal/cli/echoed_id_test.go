package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// repeatTheToken succeeds to what has a token, or fails where there is a query. Its ids, messages
// and names are the token.
func repeatTheToken(writer http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	_, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	status, body := http.StatusOK, map[string]any{embedded().IDField: token, embedded().StateField: "IN_PROGRESS", token: token}
	switch {
	case token == "":
		status = http.StatusUnauthorized
	case request.URL.RawQuery != "":
		status = http.StatusInternalServerError
	}
	if status != http.StatusOK {
		body = map[string]any{"error": map[string]any{"code": status, "message": token, "status": token, "details": []any{map[string]any{"@type": token, "reason": token}}}}
	}
	for _, name := range []string{"Allow", "Location", "Server", "Www-Authenticate"} {
		writer.Header().Set(name, token)
	}
	writer.Header().Set("Content-Type", "application/json; charset="+token)
	writer.WriteHeader(status)
	_ = json.NewEncoder(writer).Encode(body)
}

// textsOf gives each text that a value holds, by the members that lead to it.
func textsOf(value reflect.Value, path string, yield func(path, text string)) {
	switch value.Kind() {
	case reflect.String:
		yield(path, value.String())
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			textsOf(value.Elem(), path, yield)
		}
	case reflect.Slice:
		for i := range value.Len() {
			textsOf(value.Index(i), path+"[]", yield)
		}
	case reflect.Map:
		for entry := range value.Seq() {
			textsOf(entry, path+" key", yield)
			textsOf(value.MapIndex(entry), path+"{}", yield)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				textsOf(value.Field(i), path+"."+value.Type().Field(i).Name, yield)
			}
		}
	}
}

// TestNoTextOfAReportHasATokenThatAServerMadeAnID looks at every text of a report,
// and at what a recording leaves that was not finished.
func TestNoTextOfAReportHasATokenThatAServerMadeAnID(t *testing.T) {
	t.Parallel()
	const secret = "Zq7canary/9xT4w"
	folder := t.TempDir()
	address := listen(t, http.HandlerFunc(repeatTheToken))
	given := []string{"--endpoint", address, "--token", embedded().Scopes[0].Name + "=" + secret, "--job", "FAILED=failed-1,failed-2", "--job", "COMPLETE=complete-1"}
	flags, paths := everyFormat(folder, "report")
	printed := call(t, append(append([]string{"run", "--verbose"}, given...), flags...)...).all()
	textsOf(reflect.ValueOf(readReport(t, paths["json"])), "report", func(path, text string) {
		if strings.Contains(text, secret) {
			t.Errorf("%s has the token: %.300s", path, text)
		}
	})
	// Which requests come depends on the ids, so there are no pseudonyms for them.
	got := call(t, append([]string{"record", "--spec", slimmed(), "--cassettes", filepath.Join(folder, "cassettes")}, given...)...)
	got.wantOneLine(t, "not saved")
	files := filesOf(t, folder)
	if files["cassettes/.recording-partial"] == "" {
		t.Error("nothing is left of the recording")
	}
	files["output"] = printed + got.all()
	for name, text := range files {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s has the token: %s", name, text[max(0, at-100):at+len(secret)])
		}
	}
}
