package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/drift"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/sourcetest"
)

// laterPage is the page with one scope in the place of another.
func laterPage(t *testing.T) string {
	t.Helper()
	return writeFile(t, "later.txt", strings.ReplaceAll(sourcetest.Page, "dataportability.youtube.clips", "dataportability.youtube.cuts"))
}

func TestDriftExitCodes(t *testing.T) {
	t.Parallel()
	later := laterPage(t)
	reworded := writeFile(t, "reworded.txt", strings.ReplaceAll(sourcetest.Page, "The request body must be empty.", "The request body is to be empty."))
	for flags, exit := range map[string]int{
		"--against " + writeFile(t, "page.txt", sourcetest.Page): result.ExitConforms,
		"--against " + later:                                 result.ExitFails,
		"--against " + later + " --fail-on breaking":         result.ExitFails,
		"--against " + reworded:                              result.ExitConforms,
		"--against " + reworded + " --fail-on documentation": result.ExitFails,
		"--from " + later + " --against " + later:            result.ExitConforms,
	} {
		call(t, strings.Fields("drift "+flags)...).want(t, exit)
	}
}

func TestDriftReportsWhatChanged(t *testing.T) {
	t.Parallel()
	later, folder := laterPage(t), t.TempDir()
	callOn(t, t.Context(), 80, &bytes.Buffer{}, "drift", "--against", later).want(t, result.ExitFails, "revision 2025-07-25", "- breaking", "youtube.clips",
		"+ compatible", "youtube.cuts", "touches authorization.scope", "not compared: ", "drift: 1 breaking, 1 compatible", "next: add --overlay")
	got := call(t, "drift", "--against", later, "--report", "json=-", "--report", "markdown="+folder+"/a.md", "--report", "text="+folder+"/a.txt")
	for name, want := range map[string]string{"a.md": "### breaking", "a.txt": "drift: 1 breaking"} {
		if text := readFile(t, filepath.Join(folder, name)); !strings.Contains(text, want) || strings.Contains(text, "\x1b") {
			t.Errorf("%s: %s", name, text)
		}
	}
	var read drift.Comparison
	unmarshal(t, got.raw, &read)
	if len(read.Changes) != 2 || got.output != "" {
		t.Errorf("%s", got.raw)
	}
}

// What drift finds is written as an overlay, after which there is no drift.
func TestDriftWritesAnOverlay(t *testing.T) {
	later, folder := laterPage(t), t.TempDir()
	file := filepath.Join(folder, "new.overlay.yaml")
	// Its variable names overlays that other commands apply.
	t.Setenv("DPCONFORM_OVERLAY", filepath.Join(folder, "applied.yaml"))
	call(t, "drift", "--against", later, "--overlay", file).want(t, result.ExitFails, "wrote 2 changes to "+file)
	t.Setenv("DPCONFORM_OVERLAY", "")
	call(t, "drift", "--against", later, "--from-overlay", file).want(t, result.ExitConforms, "with overlay "+file, "no drift")
	call(t, "list", "--overlay", file).want(t, result.ExitConforms, "with overlay "+file)
	if files := filesOf(t, folder); len(files) != 1 {
		t.Errorf("%d files", len(files))
	}
	before := readFile(t, file)
	refused(t, "drift --against "+later+" --overlay "+file, "--overlay: "+file+" already exists and is not overwritten; give the name of a new file")
	refused(t, "drift --against "+later+" --overlay "+folder+"/none/a.yaml", "--overlay: there is no folder "+folder+"/none")
	refused(t, "drift --from "+later+" --against "+later+" --overlay -", "--overlay: an overlay changes an OpenAPI description")
	refused(t, "drift --from "+later+" --against "+later+" --revision 2026-07-19", "--revision: it selects a revision of a built-in description, and cannot be combined with --from")
	printed := call(t, "drift", "--against", later, "--overlay", "-")
	if printed.raw != before || printed.exit != result.ExitFails || strings.Contains(printed.output, "overlay: 1.0.0") {
		t.Errorf("exit %d: %s", printed.exit, printed.raw)
	}
	same := writeFile(t, "page.txt", sourcetest.Page)
	call(t, "drift", "--against", same, "--overlay", folder+"/same.yaml").want(t, result.ExitConforms, "there is nothing for an overlay to change: "+folder+"/same.yaml was not written")
	reworded := writeFile(t, "reworded.txt", strings.ReplaceAll(sourcetest.Page, "The request body must be empty.", "The request body is to be empty."))
	call(t, "drift", "--against", reworded, "--fail-on", "documentation", "--overlay", folder+"/same.yaml").want(t, result.ExitFails, "not in the overlay: ")
}

// TestDriftOfACopy: a page whose links begin with the address of a mirror is read
// as the page, and one line says so.
func TestDriftOfACopy(t *testing.T) {
	t.Parallel()
	copied := strings.ReplaceAll(sourcetest.Page, "https://", "https://mirror.example:443/https/")
	file, folder := writeFile(t, "mirrored.txt", copied), t.TempDir()
	got := call(t, "drift", "--against", file, "--report", "json="+folder+"/a.json", "--report", "markdown="+folder+"/a.md")
	got.want(t, result.ExitConforms, "mirror.example:443: read without it", "no drift")
	if note := "begin with another address, mirror.example:443: read without it."; !strings.Contains(readFile(t, folder+"/a.md"), note) {
		t.Error(readFile(t, folder+"/a.md"))
	}
	var read drift.Comparison
	unmarshal(t, readFile(t, folder+"/a.json"), &read)
	if read.Against.CopiedBy != "mirror.example:443" || !strings.HasSuffix(read.Method, "archiveJobs.retry") {
		t.Errorf("%+v", read)
	}
	later := strings.ReplaceAll(copied, "dataportability.youtube.clips", "dataportability.youtube.cuts")
	call(t, "drift", "--against", writeFile(t, "later.txt", later)).want(t, result.ExitFails, "youtube.cuts", "1 breaking, 1 compatible")
}

func TestDriftOfAnAddress(t *testing.T) {
	t.Parallel()
	server := listen(t, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/page" {
			fmt.Fprint(writer, sourcetest.Page)
			return
		}
		http.NotFound(writer, request)
	}))
	call(t, "drift", "--against", server+"/page").want(t, result.ExitConforms, server)
	got := call(t, "drift", "--against", server+"/gone?key=secret-key")
	if got.exit != result.ExitUnreachable || strings.Count(got.complaints, "\n") != 1 || !strings.Contains(got.complaints, "404") || strings.Contains(got.complaints, "secret") {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}

// TestBadSourcesAreOneClearLine: exit 2, and no report of an empty source.
func TestBadSourcesAreOneClearLine(t *testing.T) {
	t.Parallel()
	page, broken := writeFile(t, "page.txt", sourcetest.Page), writeFile(t, "broken.yaml", "openapi: 3.1.0\n")
	huge := filepath.Join(t.TempDir(), "huge")
	if file, err := os.Create(huge); err != nil || file.Truncate(100<<20) != nil || file.Close() != nil {
		t.Fatal(err)
	}
	for flags, says := range map[string]string{
		"":                       "--against SOURCE",
		"--against no-such-file": "no-such-file: no such file",
		"--against " + writeFile(t, "cut.txt", sourcetest.Page[:4000]):                 "cut short",
		"--against " + writeFile(t, "login.html", "<html><body>Sign in</body></html>"): "it has no line such as",
		"--against " + huge:                             "8 MiB",
		"--against - --from -":                          "standard input",
		"--against " + page + " --fail-on braking":      "did you mean breaking?",
		"--against " + page + " --report html=x":        "text, json or markdown",
		"--against " + page + " --report text=" + page:  "one of the sources",
		"--against ftp://x/y":                           "http or https",
		"--against https://user:secret-word@127.0.0.1/": "credential",
		"--from " + broken + " --against " + page:       broken + ":1",
	} {
		refused(t, "drift "+flags, says)
	}
}

// TestDriftAgainstAnOlderSource: while a revision is rolled out, old and new
// documents alternate, and neither order is an alarm.
func TestDriftAgainstAnOlderSource(t *testing.T) {
	t.Parallel()
	page := func(day string, scopes ...string) string {
		return writeFile(t, day+".txt", strings.NewReplacer(append(scopes, "2025-07-25", day)...).Replace(sourcetest.Page))
	}
	older, newer := page("2025-07-12"), page("2026-07-19", "dataportability.youtube.clips", "dataportability.youtube.cuts")
	folder := t.TempDir()
	for _, one := range []struct {
		flags string
		exit  int
		says  []string
	}{
		{"--against " + newer, result.ExitFails, []string{"drift: 1 breaking, 1 compatible", "next: add --overlay"}},
		{"--from " + newer + " --against " + older, result.ExitConforms, []string{"of 2025-07-12, is older than", "no drift, because the source is older; not counted: 1 breaking, 1 compatible",
			"what is shown as removed was added by the newer one", "(the newer one added it)", "(the newer one removed it)", "with --allow-older"}},
		{"--from " + newer + " --against " + older + " --allow-older", result.ExitFails, []string{"older than", "drift: 1 breaking, 1 compatible", "(the newer one added it)"}},
		{"--against " + older, result.ExitConforms, []string{"no drift"}},
	} {
		call(t, strings.Fields("drift "+one.flags)...).want(t, one.exit, one.says...)
	}
	// What an overlay made of the description counts, too.
	overlay := filepath.Join(folder, "new.overlay.yaml")
	call(t, "drift", "--against", newer, "--overlay", overlay).want(t, result.ExitFails, "wrote 2 changes", "; to test a server with it: dpconform run --overlay "+overlay+" --endpoint URL")
	back := []string{"drift", "--from-overlay", overlay, "--against", older, "--overlay", filepath.Join(folder, "back.overlay.yaml")}
	call(t, back...).wantOneLine(t, "--overlay: ", "2025-07-12.txt, of 2025-07-12, is older than ", "of 2026-07-19; give --allow-older to revert to it")
	call(t, append(back, "--allow-older")...).want(t, result.ExitFails, "wrote 2 changes")
	var read struct {
		Drifts, Older bool
		Changes       []drift.Change
	}
	unmarshal(t, call(t, "drift", "--from-overlay", overlay, "--against", older, "--report", "json=-").raw, &read)
	if read.Drifts || !read.Older || len(read.Changes) != 2 || read.Changes[0].Direction != drift.Back {
		t.Errorf("%+v", read)
	}
}
