package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// TestWhatInitWritesRunsAtOnce, with the flags that it names, and nothing is
// written over it.
func TestWhatInitWritesRunsAtOnce(t *testing.T) {
	for _, name := range spec.Shipped() {
		description, err := spec.Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := spec.Load(description)
		if err != nil {
			t.Fatal(err)
		}
		server, err := emulator.New(method, emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		endpoint, token := listen(t, server), method.Scopes[0].Short()
		state := strings.TrimSuffix(beginning{method: method}.JobForm(), "=ID")
		for _, test := range []struct {
			user    string
			command []string
			exit    int
		}{
			{forEmulator, []string{"run", "--config", initConfig, "--endpoint", endpoint}, result.ExitConforms},
			{forConsumer, []string{"run", "--config", initConfig, "--endpoint", endpoint, "--token", token + "=scope:" + token,
				"--job", state + "=" + emulator.DefaultJobs(method)[state][0]}, result.ExitConforms},
			{forClient, []string{"client", "--config", initConfig, "--scenario", "success", "--", os.Args[0], "-test.run", "^$"}, result.ExitFails},
		} {
			t.Run(name+" "+test.user, func(t *testing.T) {
				t.Chdir(t.TempDir())
				got := call(t, "init", "--for", test.user, "--method", name, "--workflow")
				got.want(t, result.ExitConforms, "wrote "+initConfig, "wrote "+initWorkflow,
					"next: "+beginning{user: test.user, method: method}.Command()+"\n")
				for _, file := range []string{initConfig, initWorkflow} {
					if strings.Contains(readFile(t, file), "<no value>") {
						t.Errorf("%s has a gap:\n%s", file, readFile(t, file))
					}
				}
				written := readFile(t, initConfig)
				refused(t, "init", initConfig+": it already exists")
				if readFile(t, initConfig) != written {
					t.Error("the file was written over")
				}
				call(t, test.command...).want(t, test.exit)
			})
		}
	}
	for name, prepare := range map[string]func() error{
		"dangling link": func() error { return os.Symlink("nowhere/else", ".github") },
		"file":          func() error { return os.WriteFile(".github", nil, 0o600) },
	} {
		t.Run(".github is a "+name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := prepare(); err != nil {
				t.Fatal(err)
			}
			refused(t, "init --workflow", initWorkflow+": it was not written: ")
			if _, err := os.Lstat(initConfig); err == nil {
				t.Error("one of two files was written")
			}
		})
	}
	refused(t, "init --for nobody", `--for: unknown value "nobody"`, "consumer, emulator or client")
}
