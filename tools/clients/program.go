package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// given says what a program hands to its library beside the name of the job.
type given string

// What a program is given, which is its argument too.
const (
	// message: the empty request message.
	message given = "message"
	// nothing: none, where the library lets its caller leave it out or be nil.
	nothing given = "nothing"
	// bare: curl -X POST and no more.
	bare given = "bare"
)

// program is a small program that retries one job through a client library.
type program struct {
	name string
	// folder is where it lives, beneath that of this command.
	folder string
	// library is the package that speaks to the server, and google says that it
	// is one of Google's.
	library string
	google  bool
	// tools must be found in PATH to install and to run it.
	tools []string
	// brought and built are the command lines, run in its folder, that bring its
	// library from a registry and build it. What comes of them is made, which is
	// removed before. What the same pins and the same runtime have made is not
	// made again as long as installed, a file of the folder, is there.
	brought, built [][]string
	pins           []string
	made           string
	installed      string
	// words run it; {folder} stands for its folder.
	words []string
	// pinned finds the library's version in a file of the folder. Without it the
	// version is that of the runtime.
	pinned pin
	// runtime prints the version of what runs it.
	runtime     []string
	runtimeName string
	// runs are what it can be given. All scenarios are run with the first; of the
	// others the request of a success is shown.
	runs []given
	// remark is told of it beneath the versions.
	remark string
	// reasons say why something is found in a scenario, and sentReasons why in
	// the request that is sent when something is given.
	reasons     map[string]string
	sentReasons map[given]string
}

// pin is a file that names a version, and the expression whose first group it is.
type pin struct{ file, pattern string }

var programs = []program{
	{
		name: "Go", folder: "go", library: "google.golang.org/api/dataportability/v1", google: true,
		tools:   []string{"go"},
		brought: [][]string{{"go", "list", "-deps", "."}}, built: [][]string{{"go", "build", "-o", "retry", "."}},
		pins: []string{"go.mod", "go.sum", "main.go"}, made: "retry", installed: "retry",
		words:   []string{"{folder}/retry"},
		pinned:  pin{"go.mod", `google\.golang\.org/api (v\S+)`},
		runtime: []string{"go", "version"}, runtimeName: "Go",
		runs: []given{message, nothing},
		reasons: map[string]string{
			"redirect": "the transport that brings the token sets it on every request, also on the one to which a redirect leads.",
		},
	},
	{
		name: "Node.js", folder: "node", library: "googleapis", google: true,
		tools:   []string{"npm", "node"},
		brought: [][]string{{"npm", "ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}},
		pins:    []string{"package.json", "package-lock.json"}, made: "node_modules", installed: "node_modules/googleapis/package.json",
		words:   []string{"node", "{folder}/retry.js"},
		pinned:  pin{"package.json", `"googleapis": "([^"]+)"`},
		runtime: []string{"node", "--version"}, runtimeName: "Node.js",
		runs:   []given{message, nothing},
		remark: "googleapis 178.0.0 is the last that runs with Node.js before 22.",
		reasons: map[string]string{
			"forbidden": "google-auth-library refreshes the token after 403 as it does after 401, and asks once more with the fresh one.",
		},
	},
	{
		name: "Python", folder: "python", library: "google-api-python-client", google: true,
		tools: []string{"python3"},
		brought: [][]string{{"python3", "-m", "venv", ".venv"}, {".venv/bin/python", "-m", "pip", "install", "--quiet",
			"--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile", "--only-binary", ":all:", "--require-hashes",
			"-r", "requirements.txt"}},
		pins: []string{"requirements.txt"}, made: ".venv", installed: ".venv/bin/python",
		words:   []string{"{folder}/.venv/bin/python", "{folder}/retry.py"},
		pinned:  pin{"requirements.txt", `(?m)^google-api-python-client==(\S+)`},
		runtime: []string{"python3", "--version"}, runtimeName: "Python",
		runs: []given{nothing, message},
	},
	{
		name: "Java", folder: "java", library: "google-api-client", google: true,
		tools:   []string{"mvn", "javac", "java"},
		brought: [][]string{{"mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies"}},
		built:   [][]string{{"javac", "--release", "17", "-encoding", "UTF-8", "-cp", "target/libraries/*", "-d", "target/classes", "Retry.java"}},
		pins:    []string{"pom.xml", "Retry.java"}, made: "target", installed: "target/classes/Retry.class",
		words:   []string{"java", "-cp", "{folder}/target/classes:{folder}/target/libraries/*", "Retry"},
		pinned:  pin{"pom.xml", `(?s)<artifactId>google-api-client</artifactId>\s*<version>([^<]+)</version>`},
		runtime: []string{"java", "-version"}, runtimeName: "Java",
		runs: []given{message, nothing},
		remark: "Google generates google-api-services-dataportability on top of google-api-client, and Maven had no version of it " +
			"when this program was written. So the program has the classes for the one method itself, with the path that Google's " +
			"generated class has; what is sent and what is told comes from google-api-client.",
		sentReasons: map[given]string{
			nothing: "google-api-client puts a content of length 0 and without a type in place of the message that is not there, and " +
				"compresses it as it does every content unless setDisableGZipContent says otherwise. So a body of 20 bytes in gzip, " +
				"which holds nothing, goes out without a length. The Content-Type is neither the library's nor the program's: " +
				"Java's own HttpURLConnection, by which google-http-client sends unless it is given another transport, names a " +
				"body so that nobody has named.",
		},
	},
	{
		name: "curl", folder: "curl", library: "curl",
		tools: []string{"bash", "curl"}, words: []string{"{folder}/retry"},
		runtime: []string{"curl", "--version"}, runtimeName: "curl",
		runs: []given{nothing, message, bare},
	},
}

// missing says which tool is not there; empty where all are.
func (p program) missing() string {
	for _, tool := range p.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return "there is no " + tool
		}
	}
	return ""
}

// dotted is a version such as 1.2.3.
var dotted = regexp.MustCompile(`\d+(\.\d+)+`)

// versions are those of the library and of what runs it.
func (p program) versions(root string) (library, runtime string, err error) {
	printed, err := exec.Command(p.runtime[0], p.runtime[1:]...).CombinedOutput()
	if runtime = dotted.FindString(string(printed)); err != nil || runtime == "" {
		return "", "", fmt.Errorf("%s tells no version: %q", p.runtime[0], printed)
	}
	if p.pinned.file == "" {
		return runtime, runtime, nil
	}
	text, err := os.ReadFile(filepath.Join(root, p.folder, p.pinned.file))
	if err != nil {
		return "", "", err
	}
	found := regexp.MustCompile(p.pinned.pattern).FindSubmatch(text)
	if found == nil {
		return "", "", fmt.Errorf("%s names no version of %s", p.pinned.file, p.library)
	}
	return string(found[1]), runtime, nil
}
