package clientrun

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/scenario"
	"github.com/dpconform/dpconform/spec"
)

var method = loadContract()

// loadContract leaves a client program, which starts often, without a description.
func loadContract() *spec.Method {
	if programName() != "" {
		return nil
	}
	return spec.MustLoadEmbedded()
}

func shipped(t testing.TB) []*scenario.Scenario {
	t.Helper()
	all, err := scenario.Shipped(method)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// named finds shipped scenarios by their names.
func named(t testing.TB, names ...string) []*scenario.Scenario {
	t.Helper()
	var found []*scenario.Scenario
	for _, name := range names {
		one, known := scenario.Find(shipped(t), name)
		if !known {
			t.Fatalf("there is no scenario %s", name)
		}
		found = append(found, one)
	}
	return found
}

// site serves something for one test.
func site(t *testing.T, options Options) *Site {
	t.Helper()
	options.Rules = rules
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Serve(server, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}

// programArgument is what the argument begins with that names the client program
// which the test binary is to be; programVariable names it in the environment.
const (
	programArgument = "client="
	programVariable = "DPCONFORM_TEST_CLIENT"
)

// programName is the client program that this process is; empty where it tests.
func programName() string {
	if len(os.Args) == 2 {
		if name, given := strings.CutPrefix(os.Args[1], programArgument); given {
			return name
		}
	}
	return os.Getenv(programVariable)
}

// TestMain is also the client program of the tests of commands.
func TestMain(m *testing.M) {
	if name := programName(); name != "" {
		os.Exit(programs[name]())
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
	// one-shot is as curl --fail-with-body: it exits with 22 on a refusal, and reports
	// nothing.
	"one-shot": func() int {
		exit := 0
		onceTo("", func(line string) {
			if strings.Contains(line, `"error"`) {
				exit = 22
			}
		})
		return exit
	},
	"crashes-after":       func() int { once(false); return 3 },
	"crashes-loudly":      func() int { once(false); fmt.Fprintln(os.Stderr, "Error: boom"); return 3 },
	"reports-broken-line": func() int { return onceAndSay("starting\n{\"job\":") },
	"reports-broken-file": func() int {
		once(false)
		_ = os.WriteFile(os.Getenv("DPCONFORM_OUTCOME"), []byte(`{"job":`), 0o600)
		return 0
	},
	"reports-of-another": func() int { return onceAndSay(`{"job":"another","archiveJobId":"n"}`) },
	"reports-twice": func() int {
		fmt.Printf("{\"job\":%q,\"error\":{\"code\":500}}\n", os.Getenv("DPCONFORM_JOB"))
		return once(true)
	},
	"token-in-query": func() int {
		token := cmp.Or(os.Getenv("DPCONFORM_TOKEN"), "a-token-of-the-client")
		_ = os.Setenv("DPCONFORM_TOKEN", token)
		return onceTo("?t="+token, func(string) {})
	},
	"writes-outcome": func() int {
		return onceTo("", func(line string) { _ = os.WriteFile(os.Getenv("DPCONFORM_OUTCOME"), []byte(line), 0o600) })
	},
	"first-alone": func() int {
		_ = os.Setenv("DPCONFORM_JOB", os.Getenv("DPCONFORM_WARM_JOB"))
		return once(false)
	},
	"idle":    func() int { return 0 },
	"hanging": func() int { time.Sleep(time.Hour); return 0 },
	"refreshing": func() int {
		response, err := http.PostForm(os.Getenv("DPCONFORM_TOKEN_URL"), url.Values{"grant_type": {"refresh_token"},
			"refresh_token": {os.Getenv("DPCONFORM_REFRESH_TOKEN")}})
		if err != nil {
			return 1
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		if !strings.Contains(string(text), `"access_token":"`+os.Getenv("DPCONFORM_FRESH_TOKEN")+`"`) {
			return 1
		}
		once(false)
		_ = os.Setenv("DPCONFORM_TOKEN", os.Getenv("DPCONFORM_FRESH_TOKEN"))
		return once(true)
	},
	"warm": func() int { return afterFirst(func() {}) },
	"warm-elsewhere": func() int {
		return afterFirst(http.DefaultClient.CloseIdleConnections)
	},
	// looks-at-the-name completes the handshake and looks at the certificate itself.
	"looks-at-the-name": func() int {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(os.Getenv("DPCONFORM_ENDPOINT"), "https://"), &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			_ = connection.Close()
		}
		return reportError("the certificate is for another host")
	},
	"without-tls": func() int {
		_ = os.Setenv("DPCONFORM_ENDPOINT", strings.Replace(os.Getenv("DPCONFORM_ENDPOINT"), "https://", "http://", 1))
		once(false)
		return reportError("no TLS")
	},
	// invents trusts no authority, and reports a success in place of every error.
	"invents": func() int {
		_ = os.Unsetenv("SSL_CERT_FILE")
		once(false)
		fmt.Printf("{\"job\":%q,\"archiveJobId\":\"invented\"}\n", os.Getenv("DPCONFORM_JOB"))
		return 0
	},
	"wrong-verb": func() int { return onceTo("s", func(line string) { fmt.Print(line) }) },
	"bare-error": func() int {
		return onceTo("", func(line string) {
			if strings.Contains(line, `"error"`) {
				line = fmt.Sprintf("{\"job\":%q,\"error\":\"failed\"}\n", os.Getenv("DPCONFORM_JOB"))
			}
			fmt.Print(line)
		})
	},
	// wrong-verb-twice makes a first call and repeats the second one, all with a wrong
	// path; repeats does so whatever the response was.
	"wrong-verb-twice": func() int {
		job := os.Getenv("DPCONFORM_JOB")
		if first := os.Getenv("DPCONFORM_WARM_JOB"); first != "" {
			_ = os.Setenv("DPCONFORM_JOB", first)
			onceTo("s", func(string) {})
		}
		_ = os.Setenv("DPCONFORM_JOB", job)
		return onceTo("s", func(string) { onceTo("s", func(line string) { fmt.Print(line) }) })
	},
	"repeats": func() int { once(false); return once(true) },
	"repeats-over-1.1": func() int {
		_ = os.Setenv("GODEBUG", "http2client=0")
		once(false)
		return once(true)
	},
	"escaped-colon": func() int {
		http.DefaultClient.Transport = escapedColon{}
		return once(true)
	},
	"gives-up": func() int { return reportError("no configuration") },
	"chooses": func() int {
		for _, name := range []string{"success", "not-found"} {
			_ = os.Setenv("DPCONFORM_JOB", "scenario-"+name+"-7")
			once(true)
		}
		return 0
	},
}

// escapedColon escapes the colon before the verb.
type escapedColon struct{}

func (escapedColon) RoundTrip(request *http.Request) (*http.Response, error) {
	request.URL.RawPath = strings.Replace(request.URL.EscapedPath(), ":", "%3A", 1)
	return http.DefaultTransport.RoundTrip(request)
}

func once(reports bool) int {
	return onceTo("", func(line string) {
		if reports {
			fmt.Print(line)
		}
	})
}

// afterFirst makes a first call where the scenario has one, and the call after it.
func afterFirst(between func()) int {
	job := os.Getenv("DPCONFORM_JOB")
	if first := os.Getenv("DPCONFORM_WARM_JOB"); first != "" {
		_ = os.Setenv("DPCONFORM_JOB", first)
		once(false)
		between()
	}
	_ = os.Setenv("DPCONFORM_JOB", job)
	return once(true)
}

func reportError(message string) int {
	fmt.Printf("{\"job\":%q,\"error\":{\"message\":%q}}\n", os.Getenv("DPCONFORM_JOB"), message)
	return 0
}

func onceAndSay(line string) int {
	fmt.Println(line)
	return once(false)
}

// onceTo makes the call once, with a query, and reports what came of it.
func onceTo(query string, report func(line string)) int {
	job := os.Getenv("DPCONFORM_JOB")
	request, err := http.NewRequest(http.MethodPost, os.Getenv("DPCONFORM_ENDPOINT")+"/v1/archiveJobs/"+url.PathEscape(job)+":retry"+query, nil)
	if err != nil {
		return 9
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("DPCONFORM_TOKEN"))
	got, err := http.DefaultClient.Do(request)
	var body struct {
		ID    string `json:"archiveJobId"`
		Error result.ClientError
	}
	if err == nil {
		defer got.Body.Close()
		var text []byte
		if text, err = io.ReadAll(got.Body); err == nil {
			_ = json.Unmarshal(text, &body)
		}
	}
	switch {
	case err != nil:
		report(fmt.Sprintf("{\"job\":%q,\"error\":{\"message\":%q}}\n", job, err.Error()))
	case got.StatusCode == http.StatusOK:
		report(fmt.Sprintf("{\"job\":%q,\"archiveJobId\":%q}\n", job, body.ID))
	default:
		report(fmt.Sprintf("{\"job\":%q,\"error\":{\"code\":%d,\"status\":%q,\"message\":%q}}\n", job, got.StatusCode, body.Error.Status, body.Error.Message))
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
