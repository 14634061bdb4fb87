package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeTree writes files into a folder of the test.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const scannedSecret = "s3cr3t-0a1b2c3d4e5f"

func TestScanTellsWhereSecretsAre(t *testing.T) {
	folder := writeTree(t, map[string]string{
		"a.yaml":       "interactions:\n    - Authorization:\n        - Bearer " + scannedSecret + "\n",
		"sub/b.yaml":   "body: 'dpconform: base64 " + base64.StdEncoding.EncodeToString([]byte(`{"refresh_token": "`+scannedSecret+`"}`)) + "'\n",
		"sub/c.json":   `{"urls": ["https://h/` + scannedSecret + `"], "message": "\u0042earer ` + scannedSecret + `"}`,
		"sub/d.har":    `{"log": {"entries": [{"request": {"headers": [{"name": "Cookie", "value": "SID=` + scannedSecret + `"}]}}]}}`,
		"sub/e.xml":    `<failure message="{&#34;access_token&#34;: &#34;` + scannedSecret + `&#34;}"/>`,
		"word.yaml":    "client_secret: hunters\n",
		"word.go":      "x := config{ClientSecret: secretOfClient}\n",
		"odd.txt":      "\xff\xfe\x80 client_secret=" + scannedSecret + "\xff",
		".git/config":  "client_secret=" + scannedSecret,
		"picture.png":  "\x89PNG\x00client_secret=" + scannedSecret,
		"harmless.txt": "Bearer dpconform-redacted:maps.reviews, Bearer dpconform-unknown-token-9927a129abed2903",
	})
	got := call(t, "scan", folder)
	want := []string{
		"a.yaml:3: credentials: - Bearer dpconform-redacted",
		"odd.txt:1: client secret: client_secret=dpconform-redacted",
		`sub/b.yaml:1: refresh token: {"refresh_token": dpconform-redacted}`,
		`sub/c.json:1: download URL: {"urls": [dpconform-redacted], "message":`,
		"sub/c.json:1: credentials: Bearer dpconform-redacted",
		"sub/d.har:1: cookie: Cookie: SID=dpconform-redacted",
		`sub/e.xml:1: access token: message="{&#34;access_token&#34;: &#34;dpconform-redacted&#34;}"/>`,
		"word.yaml:1: client secret: client_secret: dpconform-redacted",
	}
	lines := strings.Split(strings.TrimSpace(got.raw), "\n")
	shown := strings.ReplaceAll(strings.Join(lines[:len(lines)-1], "\n"), folder+"/", "")
	if shown != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", shown, strings.Join(want, "\n"))
	}
	summary := lines[len(lines)-1]
	if summary != "8 secrets in 7 files; 9 files were looked through, 1 binary file was skipped, 1 value in a program or prose looks like no secret (--all)" {
		t.Error(summary)
	}
	if got.exit != 1 || strings.Contains(got.raw, scannedSecret) || got.complaints != "" {
		t.Errorf("exit %d, %s", got.exit, got.complaints)
	}
	if all := call(t, "scan", "--all", folder); !strings.Contains(all.raw, "word.go:1: client secret") {
		t.Errorf("with --all: %s", all.raw)
	}
}

func TestScanExits(t *testing.T) {
	noRace(t)
	folder := writeTree(t, map[string]string{"fine.txt": "nothing", "leak.txt": "x\nclient_secret=" + scannedSecret})
	for name, one := range map[string]struct {
		arguments []string
		exit      int
		says      string
	}{
		"nothing":        {[]string{filepath.Join(folder, "fine.txt")}, 0, "no secrets; 1 file was looked through\n"},
		"found":          {[]string{filepath.Join(folder, "leak.txt")}, 1, "leak.txt:2: client secret: "},
		"no such path":   {[]string{folder, filepath.Join(folder, "missing")}, 2, "missing: it cannot be read: no such file or directory\n"},
		"found and lost": {[]string{folder, filepath.Join(folder, "missing")}, 2, "leak.txt:2: client secret: "},
		"no path":        {nil, 2, "dpconform: scan needs a path; name a file or a folder, or - for standard input\n"},
		"cassettes":      {[]string{"../../cassettes"}, 0, "no secrets; "},
	} {
		got := call(t, append([]string{"scan"}, one.arguments...)...)
		if got.exit != one.exit || !strings.Contains(got.raw+got.complaints, one.says) {
			t.Errorf("%s: exit %d: %s%s", name, got.exit, got.raw, got.complaints)
		}
	}
}

func TestScanFollowsTheLinkThatItIsGivenAlone(t *testing.T) {
	folder := writeTree(t, map[string]string{"real/leak.txt": "client_secret=" + scannedSecret})
	if err := os.Symlink(filepath.Join(folder, "real"), filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "scan", filepath.Join(folder, "link")); got.exit != 1 || !strings.Contains(got.raw, filepath.Join("link", "leak.txt")+":1: ") {
		t.Errorf("exit %d: %s%s", got.exit, got.raw, got.complaints)
	}
	if got := call(t, "scan", folder); got.exit != 1 || !strings.Contains(got.raw, "1 secret in 1 file; 1 file was looked through, 1 link or special file was skipped") {
		t.Errorf("exit %d: %s%s", got.exit, got.raw, got.complaints)
	}
}

func TestScanOfStandardInput(t *testing.T) {
	var raw bytes.Buffer
	on := &terminal{out: io.Discard, raw: &raw, err: io.Discard, columns: func() int { return 0 }}
	command := newScanCommand(on)
	command.SetArgs([]string{"-"})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetIn(strings.NewReader("a\nclient_secret: hunters\n"))
	if err := command.ExecuteContext(context.Background()); err == nil || raw.String() !=
		"standard input:2: client secret: client_secret: dpconform-redacted\n1 secret in 1 file; 1 file was looked through\n" {
		t.Errorf("%v: %s", err, raw.String())
	}
	ctx, stop := context.WithCancel(context.Background())
	silent, _ := io.Pipe()
	command.SetIn(silent)
	stop()
	if err := command.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
