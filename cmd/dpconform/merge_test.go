package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/suites"
)

// runShards judges each shard into a file of a folder and gives the folder.
func runShards(t *testing.T, total int, arguments ...string) string {
	t.Helper()
	folder := t.TempDir()
	for number := 1; number <= total; number++ {
		shard := append([]string{"run", "--shard", fmt.Sprintf("%d/%d", number, total),
			"--report", fmt.Sprintf("json=%s/%d.json", folder, number)}, arguments...)
		if got := call(t, shard...); got.exit != suites.ExitConforms && got.exit != suites.ExitFails {
			t.Fatalf("shard %d: exit %d, %s\n%s", number, got.exit, got.complaints, got.output)
		}
	}
	return folder
}

// wantWhole joins the reports of a folder, and fails where they do not say what
// the report of the whole run does.
func wantWhole(t *testing.T, folder, whole string) called {
	t.Helper()
	file := filepath.Join(t.TempDir(), "merged.json")
	got := call(t, "merge", folder, "--report", "json="+file)
	wanted, merged := readReport(t, whole), readReport(t, file)
	if got.exit != wanted.Exit || merged.Conclusion != wanted.Conclusion || fmt.Sprint(merged.Counts) != fmt.Sprint(wanted.Counts) ||
		len(merged.Exchanges) != len(wanted.Exchanges) {
		t.Errorf("exit %d, %s, counts %v, %d exchanges; the whole run has %d, %s, %v, %d", got.exit, merged.Conclusion, merged.Counts, len(merged.Exchanges),
			wanted.Exit, wanted.Conclusion, wanted.Counts, len(wanted.Exchanges))
	}
	if difference := call(t, "diff", whole, file, "--fail-on", "changed"); difference.exit != 0 {
		t.Errorf("%s%s", difference.output, difference.complaints)
	}
	return got
}

// TestShardsOfOneServer: of a server that conforms, and of two whose faults show
// on connections alone.
func TestShardsOfOneServer(t *testing.T) {
	for _, fault := range sample([]string{"", "answer-is-no-http", "hang-up-on-refusal"}) {
		t.Run("fault "+fault, func(t *testing.T) {
			arguments := emulated(t, emulator.Options{Fault: fault})
			whole := filepath.Join(t.TempDir(), "whole.json")
			call(t, append([]string{"run", "--report", "json=" + whole}, arguments...)...)
			// A server remembers what was started: the shards get one like it.
			again := emulated(t, emulator.Options{Fault: fault})
			folder := runShards(t, 3, again...)
			changeEndpoint(t, whole, arguments[1], again[1])
			wantWhole(t, folder, whole)
		})
	}
}

// changeEndpoint writes another address into a report.
func changeEndpoint(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.ReplaceAll(string(text), from, to)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestShardsOfCassettes: every shard replays all of them and reports its part.
func TestShardsOfCassettes(t *testing.T) {
	noRace(t)
	cassettes := filepath.Join(t.TempDir(), "cassettes")
	if got := call(t, "record", "--cassettes", cassettes); got.exit != 0 {
		t.Fatalf("%s\n%s", got.complaints, got.output)
	}
	whole := filepath.Join(t.TempDir(), "whole.json")
	call(t, "run", "--cassettes", cassettes, "--report", "json="+whole)
	wantWhole(t, runShards(t, 8, "--cassettes", cassettes), whole)
}

func TestMergeRefusesWhatDoesNotFit(t *testing.T) {
	arguments := emulated(t, emulator.Options{})
	focused := append([]string{"--focus", "path/two-segments", "--focus", "path/no-id"}, arguments...)
	folder := runShards(t, 2, focused...)
	first, second := filepath.Join(folder, "1.json"), filepath.Join(folder, "2.json")
	other := filepath.Join(runShards(t, 2, append([]string{"--seed", "7"}, focused...)...), "2.json")
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"nothing":              {nil, "merge takes the reports of all shards, and none is given"},
		"one missing":          {[]string{second}, "shard 1/2 is missing: only " + second + " is given"},
		"the same twice":       {[]string{first, second, second}, second + ": it is given twice"},
		"other flags":          {[]string{first, other}, other + ": another --seed: 7, and 1 in " + first},
		"another description":  {[]string{folder, "--spec", "testdata/gone.yaml"}, "testdata/gone.yaml: "},
		"a report over a part": {[]string{folder, "--report", "json=" + first}, "--report: " + first + " is one of the reports that are joined"},
		"an unknown kind":      {[]string{folder, "--report", "josn=x"}, `--report: unknown kind of report "josn"`},
		"an unknown flag":      {[]string{folder, "--shard", "1/2"}, "unknown flag --shard"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(t, append([]string{"merge"}, test.arguments...)...)
			if got.exit != suites.ExitUsage || !strings.HasPrefix(got.complaints, "dpconform: "+test.want) || strings.Count(got.complaints, "\n") != 1 {
				t.Errorf("exit %d\ngot  %swant %s", got.exit, got.complaints, test.want)
			}
		})
	}
}

func TestTheShardIsReadFromEverySource(t *testing.T) {
	arguments := append([]string{"run", "--focus", "path/two-segments"}, emulated(t, emulator.Options{})...)
	for _, test := range []struct{ name, flag, variable, index, file, want string }{
		{"a flag", "1/2", "", "", "", "shard 1/2: conforms"},
		{"a variable", "", "1/3", "", "", "shard 1/3: conforms"},
		{"a file", "", "", "", "shard: 2/3\n", "shard 2/3: conforms"},
		{"a pod", "kubernetes/4", "", "3", "", "shard 4/4: conforms"},
		{"a pod by a variable", "", "kubernetes/4", "0", "", "shard 1/4: conforms"},
		{"no pod", "kubernetes/4", "", "", "", "dpconform: --shard: the variable JOB_COMPLETION_INDEX is not set; run it in a Job"},
		{"an odd pod", "kubernetes/4", "", "x", "", `dpconform: JOB_COMPLETION_INDEX: "x" is no completion index`},
		{"a pod too many", "kubernetes/4", "", "4", "", "dpconform: --shard: there is no shard 5 of 4: they are counted from 1"},
		{"no shard", "", "3/2", "", "", "dpconform: DPCONFORM_SHARD: there is no shard 3 of 2: they are counted from 1; give NUMBER/TOTAL"},
		{"no number", "", "", "", "shard: x\n", `: shard: "x" is no shard; give NUMBER/TOTAL`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("DPCONFORM_SHARD", test.variable)
			t.Setenv("JOB_COMPLETION_INDEX", test.index)
			given := slices.Clone(arguments)
			if test.flag != "" {
				given = append(given, "--shard", test.flag)
			}
			if test.file != "" {
				given = append(given, "--config", writeFile(t, "dpconform.yaml", test.file))
			}
			got := call(t, given...)
			if text := got.output + got.complaints; !strings.Contains(text, test.want) {
				t.Errorf("exit %d, %s\nwant %s", got.exit, text, test.want)
			}
		})
	}
}

// TestABudgetIsOfAllShardsTogether: so is what each of them may retry.
func TestABudgetIsOfAllShardsTogether(t *testing.T) {
	arguments := append([]string{"run", "--dry-run", "--max-requests", "80"}, emulated(t, emulator.Options{})...)
	total := 0
	jobs := map[string]bool{}
	for number := 1; number <= 4; number++ {
		got := call(t, append(slices.Clone(arguments), "--shard", fmt.Sprintf("%d/4", number))...)
		if got.exit != 0 {
			t.Fatal(got.complaints)
		}
		own := map[string]bool{}
		for _, line := range planned.FindAllStringSubmatch(got.raw, -1) {
			total++
			if _, behind, found := strings.Cut(line[1], "/archiveJobs/failed-"); found {
				id, _, _ := strings.Cut(behind, ":")
				own["failed-"+id] = true
			}
		}
		for id := range own {
			if jobs[id] {
				t.Errorf("%s is asked about by two shards", id)
			}
			jobs[id] = true
		}
	}
	if total == 0 || total > 80 {
		t.Errorf("%d requests in all", total)
	}
	got := call(t, append(slices.Clone(arguments), "--max-requests", "3", "--shard", "1/4")...)
	if want := "dpconform: --max-requests: 3 is too little for 4 shards: it is of all of them together\n"; got.complaints != want {
		t.Errorf("got %s", got.complaints)
	}
}

// manifest is a Job of the example for Kubernetes, as far as its container goes.
type manifest struct {
	Kind string `yaml:"kind"`
	Spec struct {
		Completions int `yaml:"completions"`
		Template    struct {
			Spec struct {
				Containers []struct {
					Command []string `yaml:"command"`
					Args    []string `yaml:"args"`
				} `yaml:"containers"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

// jobOf reads the Job of an example.
func jobOf(t *testing.T, file string) manifest {
	t.Helper()
	text, err := os.Open(filepath.Join("../../examples/kubernetes", file))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	decoder := yaml.NewDecoder(text)
	for {
		var one manifest
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			t.Fatalf("%s has no Job", file)
		}
		if err != nil {
			t.Fatal(err)
		}
		if one.Kind == "Job" {
			return one
		}
	}
}

// argumentsOf gives the command line of a Job with what the cluster would put in.
func argumentsOf(t *testing.T, job manifest, replacements ...string) []string {
	t.Helper()
	container := job.Spec.Template.Spec.Containers[0]
	if !slices.Equal(container.Command, []string{"dpconform"}) {
		t.Fatalf("the command is %q", container.Command)
	}
	replacer := strings.NewReplacer(replacements...)
	var arguments []string
	for _, argument := range container.Args {
		arguments = append(arguments, replacer.Replace(argument))
	}
	return arguments
}

// TestTheExampleForKubernetesRuns: the pods of the example judge an emulator, and
// the Job that joins their reports finds that it conforms.
func TestTheExampleForKubernetesRuns(t *testing.T) {
	served := emulated(t, emulator.Options{})
	var jobs []string
	for at := 4; at < len(served)-1; at += 2 {
		jobs = append(jobs, served[at+1])
	}
	t.Setenv("DPCONFORM_JOB", strings.Join(jobs, ";"))
	t.Setenv("DPCONFORM_TOKEN_TEMPLATE", emulator.DefaultTokenTemplate)
	parts, reports := t.TempDir(), t.TempDir()
	job := jobOf(t, "shards.yaml")
	for index := range job.Spec.Completions {
		t.Setenv("JOB_COMPLETION_INDEX", fmt.Sprint(index))
		got := call(t, argumentsOf(t, job, "https://dataportability.googleapis.com", served[1], "/reports/", parts+"/", "$(JOB_COMPLETION_INDEX)", fmt.Sprint(index))...)
		if got.exit != suites.ExitConforms {
			t.Fatalf("pod %d: exit %d, %s\n%s", index, got.exit, got.complaints, got.output)
		}
	}
	got := call(t, argumentsOf(t, jobOf(t, "merge.yaml"), "/shards", parts, "/reports/", reports+"/")...)
	if got.exit != suites.ExitConforms || !strings.Contains(got.output, "169 checks of 78 requirements: 169 pass") {
		t.Errorf("exit %d, %s\n%s", got.exit, got.complaints, got.output)
	}
	for _, name := range []string{"report.json", "report.xml", "report.md"} {
		if _, err := os.Stat(filepath.Join(reports, name)); err != nil {
			t.Error(err)
		}
	}
}
