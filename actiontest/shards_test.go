package actiontest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheShardsOfTheExample: each job of the matrix judges its part of a server,
// and the last job joins what they uploaded, or says which one is missing.
func TestTheShardsOfTheExample(t *testing.T) {
	needBash(t)
	workflow, err := ReadWorkflow(filepath.Join(repository(t), "examples", "github", "shards.yml"))
	if err != nil {
		t.Fatal(err)
	}
	endpoint := emulated(t, "")
	judged := workflow.Jobs["shard"].Steps[0].With
	downloaded := filepath.Join(t.TempDir(), "shards")
	program := ""
	const shards = 8
	for number := 1; number <= shards; number++ {
		inMatrix := func(input string) string {
			return strings.ReplaceAll(judged[input], "${{ matrix.shard }}", fmt.Sprint(number))
		}
		runner := newRunner(t, with(judging(endpoint), "arguments", inMatrix("arguments"), "artifact", inMatrix("artifact")))
		program = runner.Done["build"]["program"]
		outcome := run(t, runner)
		if outcome.Exit != 0 || outcome.Outputs["conclusion"] != fmt.Sprintf("shard %d/%d: conforms", number, shards) {
			t.Fatalf("shard %d: %+v", number, outcome)
		}
		// What upload-artifact and download-artifact do between the jobs.
		if err := os.CopyFS(filepath.Join(downloaded, inMatrix("artifact")), os.DirFS(outcome.Outputs["folder"])); err != nil {
			t.Fatal(err)
		}
	}
	workspace := filepath.Dir(downloaded)
	merge := func() Outcome {
		runner := Runner{Folder: repository(t), Temporary: t.TempDir(), Workspace: workspace,
			Environment: []string{"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")}}
		var action Action
		for _, step := range workflow.Jobs["merge"].Steps {
			if step.ID == "merge" {
				step.Shell = "bash"
				action.Runs.Steps = []Step{step}
			}
		}
		outcome, err := runner.Run(action)
		if err != nil || len(outcome.Ran) != 1 {
			t.Fatalf("%v, %+v", err, outcome)
		}
		return outcome
	}
	outcome := merge()
	if outcome.Exit != 0 {
		t.Errorf("exit %d\n%s", outcome.Exit, outcome.Log)
	}
	wantText(t, "log", outcome.Log, "169 checks of 78 requirements: 169 pass")
	wantText(t, "summary", outcome.Summary, "## archiveJobs.retry: conforms\n")
	wantFiles(t, filepath.Join(workspace, "whole"), "report.json", "report.md", "report.xml")
	if err := os.RemoveAll(filepath.Join(downloaded, "dpconform-shard-3")); err != nil {
		t.Fatal(err)
	}
	outcome = merge()
	if outcome.Exit != 2 {
		t.Errorf("exit %d", outcome.Exit)
	}
	wantText(t, "log", outcome.Log, "dpconform: shard 3/8 is missing: 7 of 8 reports are given; see why it wrote no report, and run it again\n")
}
