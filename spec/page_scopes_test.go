package spec

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/sourcetest"
)

// TestAScopeIsNotCut: what is no scope is named whole.
func TestAScopeIsNotCut(t *testing.T) {
	const scope = "https://www.googleapis.com/auth/dataportability.youtube.clips"
	for _, behind := range []string{"\u2026", "...", "\uff0e\uff0e", "\u3002", "\u00e9", "/more", "\uff0fmore", "%20", "#x"} {
		_, err := ReadSurface(Description{Name: "page", Text: []byte(strings.ReplaceAll(sourcetest.Page, scope, scope+behind))})
		if err == nil || !strings.Contains(err.Error(), "youtube.clips"+behind) {
			t.Errorf("%q: %v", behind, err)
		}
	}
	for _, behind := range []string{".", ",", ";", "`", "\u3001", " \u2026", ")"} {
		if _, err := ReadSurface(Description{Name: "page", Text: []byte(strings.ReplaceAll(sourcetest.Page, scope, scope+behind))}); err != nil {
			t.Errorf("%q: %v", behind, err)
		}
	}
}

// TestADayWithSlashesIsRead: as in French, and as all that says that the page is
// whole.
func TestADayWithSlashesIsRead(t *testing.T) {
	page := "Retries a job.\n\nHTTP request\n\nPOST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry\n\n" +
		"{\n  \"archiveJobId\": string\n}\n\nhttps://www.googleapis.com/auth/dataportability.a.b\n\n"
	for written, want := range map[string]string{"Derni\u00e8re mise \u00e0 jour le 2026/06/01 (UTC).": "2026-06-01", "2026-06-02": "2026-06-02",
		"OAuth 2.0 2026/06/03": "2026-06-03", "OAuth 2.0 2026/13/03": ""} {
		surface, err := ReadSurface(Description{Name: "page", Text: []byte(page + written + "\n")})
		if err != nil || surface.Provenance.Date != want {
			t.Errorf("%q: %v, %+v", written, err, surface)
		}
	}
	if _, err := ReadSurface(Description{Name: "page", Text: []byte(page)}); err == nil {
		t.Error("a page that is cut short is taken")
	}
}
