package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/result"
)

// emulatedRevision emulates a description and gives the command line that
// emulate prints for it.
func emulatedRevision(t *testing.T, flags ...string) []string {
	t.Helper()
	_, printed := emulating(t, flags...)
	_, command, _ := strings.Cut(printed, " run ")
	command, _, _ = strings.Cut(command, "\n\n")
	return append([]string{"run"}, strings.Fields(strings.NewReplacer("\\\n", "", "'", "").Replace(command))...)
}

// An emulator of a revision, run by the same revision, conforms, and every
// report names the overlay. By the unrevised description it does not.
func TestARevisionIsTestedAndReported(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	arguments := emulatedRevision(t, "--revision", "2026-07-19")
	formats, files := everyFormat(folder, "report")
	const overlay = "spec/revisions/2026-07-19.overlay.yaml"
	call(t, append(arguments, formats...)...).want(t, result.ExitConforms, "73 scopes", "revision 2026-07-19 with overlay "+overlay)
	found := readReport(t, files["json"])
	if fmt.Sprint(found.Description.Overlays) != "["+overlay+"]" || found.Description.Scopes != 73 {
		t.Errorf("%+v", found.Description)
	}
	for _, format := range []string{"markdown", "html"} {
		if !strings.Contains(readFile(t, files[format]), "with overlay "+overlay) {
			t.Errorf("%s does not name the overlay", format)
		}
	}
	unrevised := strings.Fields(strings.Replace(strings.Join(arguments, " "), " --revision 2026-07-19", "", 1))
	call(t, append(unrevised, "--focus", "authorization")...).want(t, result.ExitFails, "businessmessaging.conversations")
}

// The shipped cassettes are of the shipped revision.
func TestCassettesOfAnotherRevision(t *testing.T) {
	t.Parallel()
	refused(t, "run --revision 2026-07-19", "was recorded for another description: spec/archivejobs-retry.openapi.yaml (sha256:",
		"not spec/archivejobs-retry.openapi.yaml with overlay spec/revisions/2026-07-19.overlay.yaml (sha256:",
		"give --endpoint URL, or record again with this description: dpconform record --revision 2026-07-19 --cassettes my-cassettes")
	folder := t.TempDir()
	call(t, "record", "--revision", "2026-07-19", "--cassettes", folder).want(t, result.ExitConforms)
	call(t, "run", "--revision", "2026-07-19", "--cassettes", folder).want(t, result.ExitConforms)
	refused(t, "run --cassettes "+folder, "spec/archivejobs-retry.openapi.yaml with overlay spec/revisions/2026-07-19.overlay.yaml (sha256:")
}

// What the commands print is of the description that the flags name.
func TestEveryCommandTakesTheFlagsOfADescription(t *testing.T) {
	t.Parallel()
	overlay := writeFile(t, "a.overlay.yaml", "overlay: 1.0.0\ninfo: {title: a, version: 1.0.0}\nactions:\n  - target: $.info\n    update: {x-revision: \"7\"}\n")
	call(t, "list", "--overlay", overlay).want(t, 0, "revision 7 with overlay "+overlay)
	call(t, "explain", "body.empty", "--overlay", overlay).want(t, 0, "body.empty")
	if printed := call(t, "spec", "print", "--overlay", overlay).raw; !strings.Contains(printed, "x-revision: \"7\"") {
		t.Errorf("%.300s", printed)
	}
	broken := writeFile(t, "b.overlay.yaml", "overlay: 1.0.0\ninfo: {title: a, version: 1.0.0}\nactions:\n  - target: $.nothing\n    remove: true\n")
	for _, command := range []string{"run", "list", "explain body.empty", "record --cassettes " + t.TempDir(), "doctor --endpoint http://127.0.0.1:1",
		"client --list", "emulate", "spec print", "login --list"} {
		refused(t, command+" --overlay "+broken, broken+":4: the target $.nothing matches nothing in spec/")
		refused(t, command+" --method gone", `--method: unknown built-in method "gone"`)
	}
	for flag, want := range map[string]string{"--method": "archiveJobs.retry", "--revision": "2026-07-19"} {
		if got := call(t, "__complete", "run", flag, ""); !strings.Contains(got.raw, want+"\n") {
			t.Errorf("%s is completed with %s", flag, got.raw)
		}
	}
}

// A description without security has no use for tokens, and says so.
func TestADescriptionWithoutScopes(t *testing.T) {
	t.Parallel()
	overlay := writeFile(t, "open.overlay.yaml", "overlay: 1.0.0\ninfo: {title: a, version: 1.0.0}\nactions:\n"+
		"  - {target: '$.paths.*.*.security', remove: true}\n  - {target: $.components.securitySchemes, remove: true}\n"+
		"  - {target: \"$.paths.*.*['x-unrelated-scopes']\", remove: true}\n")
	folder := t.TempDir()
	call(t, "record", "--spec", slimmed(), "--overlay", overlay, "--cassettes", folder).want(t, result.ExitConforms)
	call(t, "run", "--spec", slimmed(), "--overlay", overlay, "--cassettes", folder).want(t, result.ExitConforms, "0 scopes")
	for _, flags := range []string{"--token a=b", "--token *=b"} {
		refused(t, "run --endpoint http://127.0.0.1:1 --overlay "+overlay+" "+flags, "--token: the description has no scopes", "leave it out")
	}
	refused(t, "login --client-id a --scopes a --overlay "+overlay, "--scopes: the description has no scopes")
	got := call(t, "run", "--overlay", overlay, "--endpoint", "https://api.example", "--dry-run", "--token-template", "{scope}", "--job", "FAILED=a")
	if got.exit != result.ExitConforms || got.complaints != "" {
		t.Errorf("exit %d: %s", got.exit, got.complaints)
	}
}

func TestCassettesOfAnotherMethodNameIt(t *testing.T) {
	t.Parallel()
	refused(t, "run --cassettes ../../cassettes/archiveJobs.cancel", "was recorded for another description", "give --method archiveJobs.cancel")
}
