package clienttest

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/spec"
)

var contract = loadContract()

// loadContract loads the shipped description; a client program, which starts
// often, makes do with what a client knows of it.
func loadContract() *spec.Contract {
	if programName() == "" {
		return spec.MustLoadEmbedded()
	}
	return &spec.Contract{IDField: "archiveJobId", Retry: spec.Operation{
		Path: spec.PathTemplate{Prefix: "/v1/archiveJobs/", Parameter: "archiveJob", Suffix: ":retry"}}}
}

// programArgument is what the argument begins with that names the client program
// which the test binary is to be.
const programArgument = "client="

// programName is the client program that this process is, by its argument or by
// its environment; empty where it tests.
func programName() string {
	if len(os.Args) == 2 {
		if name, given := strings.CutPrefix(os.Args[1], programArgument); given {
			return name
		}
	}
	return os.Getenv("DPCONFORM_TEST_CLIENT")
}

// TestMain is also the client program of the tests of commands: where one is
// named it does what that does instead of testing.
func TestMain(m *testing.M) {
	if name := programName(); name != "" {
		os.Exit(programs[name]())
	}
	flag.Parse()
	// A client that is told to come again later waits and computes nothing: more
	// of them can run side by side than there are processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// programs are client programs, by name; each gives its exit code.
var programs = map[string]func() int{
	"right": func() int { return once(true) },
	"quiet": func() int { return once(false) },
	"loud": func() int {
		fmt.Fprintln(os.Stderr, "the token is "+os.Getenv("DPCONFORM_TOKEN"))
		return once(true)
	},
	"failing": func() int { once(true); return 3 },
	// one-shot is as curl --fail-with-body: it exits with 22 on a refusal, and tells
	// nothing.
	"one-shot": func() int {
		exit := 0
		onceTo(func(line string) {
			if strings.Contains(line, `"error"`) {
				exit = 22
			}
		})
		return exit
	},
	"crashes-after": func() int { once(false); return 3 },
	"tells-broken-line": func() int {
		once(false)
		fmt.Println("starting\n{\"job\":")
		return 0
	},
	"tells-broken-file": func() int {
		once(false)
		_ = os.WriteFile(os.Getenv("DPCONFORM_OUTCOME"), []byte(`{"job":`), 0o600)
		return 0
	},
	"tells-of-another": func() int {
		once(false)
		fmt.Println(`{"job":"another","archiveJobId":"n"}`)
		return 0
	},
	"tells-twice": func() int {
		fmt.Printf("{\"job\":%q,\"error\":{\"code\":500}}\n", os.Getenv("DPCONFORM_JOB"))
		return once(true)
	},
	"token-in-query": func() int {
		token := os.Getenv("DPCONFORM_TOKEN")
		if token == "" {
			token = "a-token-of-the-client"
		}
		address := os.Getenv("DPCONFORM_ENDPOINT") + contract.Retry.Path.Expand(os.Getenv("DPCONFORM_JOB")) + "?t=" + token
		request, err := http.NewRequest(http.MethodPost, address, nil)
		if err != nil {
			return 9
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return 9
		}
		_ = answer.Body.Close()
		return 0
	},
	"writes-outcome": func() int {
		return onceTo(func(line string) { _ = os.WriteFile(os.Getenv("DPCONFORM_OUTCOME"), []byte(line), 0o600) })
	},
	"idle":    func() int { return 0 },
	"hanging": func() int { time.Sleep(time.Hour); return 0 },
	"refreshing": func() int {
		answer, err := http.PostForm(os.Getenv("DPCONFORM_TOKEN_URL"), url.Values{"grant_type": {"refresh_token"},
			"refresh_token": {os.Getenv("DPCONFORM_REFRESH_TOKEN")}})
		if err != nil {
			return 1
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		if !strings.Contains(string(text), `"access_token":"`+os.Getenv("DPCONFORM_FRESH_TOKEN")+`"`) {
			return 1
		}
		once(false)
		_ = os.Setenv("DPCONFORM_TOKEN", os.Getenv("DPCONFORM_FRESH_TOKEN"))
		return once(true)
	},
	"chooses": func() int {
		for _, name := range []string{"success", "not-found"} {
			_ = os.Setenv("DPCONFORM_JOB", "scenario-"+name+"-7")
			once(true)
		}
		return 0
	},
}

func once(tells bool) int {
	return onceTo(func(line string) {
		if tells {
			fmt.Print(line)
		}
	})
}

// onceTo makes the call once and tells what came of it.
func onceTo(tell func(line string)) int {
	job := os.Getenv("DPCONFORM_JOB")
	request, err := http.NewRequest(http.MethodPost, os.Getenv("DPCONFORM_ENDPOINT")+contract.Retry.Path.Expand(job), nil)
	if err != nil {
		return 9
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("DPCONFORM_TOKEN"))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		tell(fmt.Sprintf("{\"job\":%q,\"error\":{\"message\":%q}}\n", job, err.Error()))
		return 0
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	got := Answer{Status: answer.StatusCode, Body: body}
	object, _ := errorOf(got)
	switch {
	case err != nil:
		tell(fmt.Sprintf("{\"job\":%q,\"error\":{\"message\":%q}}\n", job, err.Error()))
	case answer.StatusCode == http.StatusOK:
		tell(fmt.Sprintf("{\"job\":%q,%q:%q}\n", job, contract.IDField, newID(contract, got)))
	default:
		tell(fmt.Sprintf("{\"job\":%q,\"error\":{\"code\":%d,\"status\":%q,\"message\":%q}}\n", job, answer.StatusCode, object.Status, object.Message))
	}
	return 0
}

// commandOf makes the words of a client program.
func commandOf(t *testing.T, program string) []string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{own, programArgument + program}
}

func shippedScenarios(t testing.TB) []*Scenario {
	t.Helper()
	scenarios, err := Scenarios(contract)
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

func scenario(t testing.TB, name string) *Scenario {
	t.Helper()
	found, known := FindScenario(shippedScenarios(t), name)
	if !known {
		t.Fatalf("there is no scenario %s", name)
	}
	return found
}

// idsOf lists what was found, without repetition.
func idsOf(findings []Finding) []string {
	ids := []string{}
	for _, finding := range findings {
		if !slices.Contains(ids, finding.ID) {
			ids = append(ids, finding.ID)
		}
	}
	return ids
}

// escapes are the colours of a console.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")
