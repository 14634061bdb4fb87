// Package sourcetest gives the sources of archiveJobs.retry to tests: Google's
// reference page in several forms and languages, and the discovery documents of
// several dates.
package sourcetest

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Page is the reference page of 2025-07-25 as a browser shows it in Hebrew. See
// page/ATTRIBUTION.md.
//
//go:embed page/archiveJobs.retry.he.txt
var Page string

// Markdown gives the page in the English Markdown that stands under its text.
func Markdown(t testing.TB) string {
	t.Helper()
	_, list, found := strings.Cut(Page, "\n[null,null,")
	var parts []any
	if err := json.Unmarshal([]byte("["+list), &parts); !found || err != nil {
		t.Fatalf("the page has no list with its Markdown: %v", err)
	}
	text, _ := parts[len(parts)-1].([]any)
	markdown, _ := text[len(text)-1].(string)
	if !strings.Contains(markdown, "POST ") {
		t.Fatalf("the Markdown of the page is not where it was: %.80q", markdown)
	}
	return markdown
}

// module holds Google's discovery documents, one of each release's day.
const module = "google.golang.org/api"

// downloadLimit is how long the module proxy may take. A slower one makes tests
// skip, not fail.
const downloadLimit = 3 * time.Minute

// found are the folders of the module by version, each looked for once.
var found sync.Map

type folder struct{ path, reason string }

// Discovery gives the discovery document of the API's version ("v1", "v1beta")
// in a release of the module google.golang.org/api. It comes from the module
// cache, or else from the Go module proxy; where that cannot be reached, and with
// -short where the cache lacks it, the test is skipped by name.
func Discovery(t testing.TB, release, version string) []byte {
	t.Helper()
	once, _ := found.LoadOrStore(release, sync.OnceValue(func() folder { return find(release, !testing.Short()) }))
	return read(t, once.(func() folder)(), release, version)
}

// Cached is Discovery for a release that is not worth a download.
func Cached(t testing.TB, release, version string) []byte {
	t.Helper()
	return read(t, find(release, false), release, version)
}

func read(t testing.TB, from folder, release, version string) []byte {
	t.Helper()
	if from.path == "" {
		t.Skipf("the module %s@%s cannot be had here: %s", module, release, from.reason)
	}
	text, err := os.ReadFile(filepath.Join(from.path, "dataportability", version, "dataportability-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// find asks the go command for the folder of the module.
func find(release string, download bool) folder {
	program, err := exec.LookPath("go")
	if err != nil {
		return folder{reason: "there is no go command"}
	}
	directory, err := os.MkdirTemp("", "dpconform-module")
	if err != nil {
		return folder{reason: err.Error()}
	}
	defer os.RemoveAll(directory)
	ctx, cancel := context.WithTimeout(context.Background(), downloadLimit)
	defer cancel()
	arguments := []string{"list", "-m", "-json", module + "@" + release}
	if download {
		arguments = []string{"mod", "download", "-json", module + "@" + release}
	}
	command := exec.CommandContext(ctx, program, arguments...)
	// Away from the module of the product, which does not need this one.
	command.Dir = directory
	command.Env = append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOFLAGS=-mod=mod")
	if !download {
		command.Env = append(command.Env, "GOPROXY=off")
	}
	output, err := command.Output()
	var answer struct{ Dir, Error any }
	if json.Unmarshal(output, &answer) == nil {
		if path, is := answer.Dir.(string); is && path != "" {
			return folder{path: path}
		}
	}
	reason, _ := answer.Error.(string)
	switch {
	case reason != "":
		return folder{reason: reason}
	case ctx.Err() != nil:
		return folder{reason: "the module proxy takes too long"}
	case err != nil:
		return folder{reason: "the go command cannot get it: " + err.Error()}
	}
	return folder{reason: "it is not in the module cache"}
}
