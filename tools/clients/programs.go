package main

// program is a small program that retries one job through a client library.
type program struct {
	name, folder, library string
	// tools must be in PATH.
	tools []string
	// install are command lines, run in the folder; what they leave is made, empty
	// for nothing.
	// It is kept while the pins are the same.
	install [][]string
	pins    []string
	made    string
	// generated says that the client is generated from the description of
	// `dpconform spec print --plain`, which is written into the folder first.
	generated bool
	// command runs it; {folder} stands for its folder.
	command []string
	// version finds the version of the library in a file; without one it is
	// whatever the machine has.
	versionFile, versionPattern string
	runtime                     []string
	// arguments are what it can be given: message (the empty message), nothing
	// (no message), bare (nothing but the method). Every scenario runs with the
	// first; of the others only the request of a success is shown.
	arguments []string
}

// How programs of more than one folder install what they pin.
var (
	packages           = []string{"npm", "ci", "--no-progress", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}
	virtualEnvironment = [][]string{{"python3", "-m", "venv", ".venv"}, {".venv/bin/python", "-m", "pip", "install", "--quiet",
		"--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile", "--only-binary", ":all:", "--require-hashes",
		"-r", "requirements.txt"}}
)

var programs = []program{
	{
		name: "Go", folder: "go", library: "google.golang.org/api/dataportability/v1", tools: []string{"go"},
		install: [][]string{{"go", "build", "-o", "retry", "."}},
		pins:    []string{"go.mod", "go.sum", "main.go"}, made: "retry",
		command:     []string{"{folder}/retry"},
		versionFile: "go.mod", versionPattern: `google\.golang\.org/api (v\S+)`,
		runtime: []string{"go", "version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "Node.js", folder: "node", library: "googleapis", tools: []string{"npm", "node"},
		install: [][]string{packages},
		pins:    []string{"package.json", "package-lock.json"}, made: "node_modules",
		command:     []string{"node", "{folder}/retry.js"},
		versionFile: "package.json", versionPattern: `"googleapis": "([^"]+)"`,
		runtime: []string{"node", "--version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "Python", folder: "python", library: "google-api-python-client", tools: []string{"python3"},
		install: virtualEnvironment,
		pins:    []string{"requirements.txt"}, made: ".venv",
		command:     []string{"{folder}/.venv/bin/python", "{folder}/retry.py"},
		versionFile: "requirements.txt", versionPattern: `(?m)^google-api-python-client==(\S+)`,
		runtime: []string{"python3", "--version"}, arguments: []string{"nothing", "message"},
	},
	{
		name: "Java", folder: "java", library: "google-api-client", tools: []string{"mvn", "javac", "java"},
		install: [][]string{{"mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies"},
			{"javac", "--release", "17", "-encoding", "UTF-8", "-cp", "target/libraries/*", "-d", "target/classes", "Retry.java", "OkHttpRetry.java"}},
		pins: []string{"pom.xml", "Retry.java", "OkHttpRetry.java"}, made: "target",
		command:     []string{"java", "-cp", "{folder}/target/classes:{folder}/target/libraries/*", "Retry"},
		versionFile: "pom.xml", versionPattern: `(?s)<artifactId>google-api-client</artifactId>\s*<version>([^<]+)</version>`,
		runtime: []string{"java", "-version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "google-auth", folder: "python", library: "google-auth and requests", tools: []string{"python3"},
		command:     []string{"{folder}/.venv/bin/python", "{folder}/authorized_session.py"},
		versionFile: "requirements.txt", versionPattern: `(?m)^google-auth==(\S+)`,
		arguments: []string{"nothing", "message"},
	},
	{
		name: "aiogoogle", folder: "python", library: "aiogoogle", tools: []string{"python3"},
		command:     []string{"{folder}/.venv/bin/python", "{folder}/with_aiogoogle.py"},
		versionFile: "requirements.txt", versionPattern: `(?m)^aiogoogle==(\S+)`,
		arguments: []string{"message", "nothing"},
	},
	{
		name: "OkHttp", folder: "java", library: "okhttp", tools: []string{"mvn", "javac", "java"},
		command:     []string{"java", "-cp", "{folder}/target/classes:{folder}/target/libraries/*", "OkHttpRetry"},
		versionFile: "pom.xml", versionPattern: `(?s)<artifactId>okhttp-jvm</artifactId>\s*<version>([^<]+)</version>`,
		arguments: []string{"nothing", "message"},
	},
	{
		name: "reqwest", folder: "rust", library: "reqwest", tools: []string{"cargo"},
		install: [][]string{{"cargo", "build", "--quiet"}},
		pins:    []string{"Cargo.toml", "src/main.rs"}, made: "target",
		command:     []string{"{folder}/target/debug/retry"},
		versionFile: "Cargo.toml", versionPattern: `reqwest = \{ version = "=([^"]+)"`,
		runtime: []string{"cargo", "--version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "PHP", folder: "php", library: "ext-curl", tools: []string{"php"}, command: []string{"php", "{folder}/retry.php"},
		install: [][]string{{"php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"}},
		runtime: []string{"php", "--version"}, arguments: []string{"nothing", "message"},
	},
	{
		name: "Ruby", folder: "ruby", library: "net/http", tools: []string{"ruby"}, command: []string{"ruby", "{folder}/retry.rb"},
		runtime: []string{"ruby", "--version"}, arguments: []string{"nothing", "message"},
	},
	{
		name: "oapi-codegen", folder: "oapi-codegen", library: "oapi-codegen", tools: []string{"go"}, generated: true,
		install: [][]string{{"go", "generate", "."}, {"go", "build", "-o", "retry", "."}},
		pins:    []string{"go.mod", "go.sum", "main.go"}, made: "retry",
		command:     []string{"{folder}/retry"},
		versionFile: "main.go", versionPattern: `oapi-codegen@(v\S+)`,
		runtime: []string{"go", "version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "openapi-python-client", folder: "openapi-python-client", library: "openapi-python-client", tools: []string{"python3"}, generated: true,
		install: append(virtualEnvironment, []string{".venv/bin/openapi-python-client", "generate", "--path", "openapi.yaml",
			"--meta", "none", "--output-path", "api", "--overwrite"}),
		pins: []string{"requirements.txt"}, made: ".venv",
		command:     []string{"{folder}/.venv/bin/python", "{folder}/retry.py"},
		versionFile: "requirements.txt", versionPattern: `(?m)^openapi-python-client==(\S+)`,
		runtime: []string{"python3", "--version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "hey-api", folder: "hey-api", library: "@hey-api/openapi-ts", tools: []string{"npm", "node"}, generated: true,
		install: [][]string{packages,
			{"node_modules/.bin/openapi-ts", "--input", "openapi.yaml", "--output", "api", "--client", "@hey-api/client-fetch", "--no-log-file"},
			{"node_modules/.bin/tsc", "--outDir", "built", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10",
				"--lib", "es2023,dom,dom.iterable", "--strict", "--skipLibCheck", "api/index.ts"}},
		pins: []string{"package.json", "package-lock.json"}, made: "built",
		command:     []string{"node", "{folder}/retry.mjs"},
		versionFile: "package.json", versionPattern: `"@hey-api/openapi-ts": "([^"]+)"`,
		runtime: []string{"node", "--version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "ogen", folder: "ogen", library: "ogen", tools: []string{"go"}, generated: true,
		install: [][]string{{"go", "generate", "."}, {"go", "build", "-o", "retry", "."}},
		pins:    []string{"go.mod", "go.sum", "main.go", "ogen.yml"}, made: "retry",
		command:     []string{"{folder}/retry"},
		versionFile: "main.go", versionPattern: `ogen@(v\S+)`,
		runtime: []string{"go", "version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "openapi-generator", folder: "openapi-generator", library: "openapi-generator java, native", tools: []string{"mvn", "java"}, generated: true,
		install: [][]string{{"mvn", "--quiet", "--batch-mode", "compile", "dependency:copy-dependencies"}},
		pins:    []string{"pom.xml", "src/main/java/GeneratedRetry.java"}, made: "target",
		command:     []string{"java", "-cp", "{folder}/target/classes:{folder}/target/libraries/*", "GeneratedRetry"},
		versionFile: "pom.xml", versionPattern: `(?s)<artifactId>openapi-generator-maven-plugin</artifactId>\s*<version>([^<]+)</version>`,
		runtime: []string{"java", "-version"}, arguments: []string{"message", "nothing"},
	},
	{
		name: "curl", folder: "curl", library: "curl", tools: []string{"bash", "curl"}, command: []string{"{folder}/retry"},
		runtime: []string{"curl", "--version"}, arguments: []string{"nothing", "message", "bare"},
	},
}
