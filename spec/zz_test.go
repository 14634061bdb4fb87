package spec
import ("testing";"strings";"fmt";"regexp")
func TestZZ(t *testing.T) {
	text := string(Embedded().Text)
	try := func(name, edited string) {
		if edited == text { fmt.Println(name, "UNCHANGED"); return }
		func() {
			defer func(){ if p := recover(); p != nil { fmt.Println(name, "PANIC", p) } }()
			c, err := Load(Description{"o.yaml", []byte(edited)})
			n := -1
			if c != nil { n = len(c.Scopes) }
			fmt.Printf("%-28s %T %v %d\n", name, err, err, n)
		}()
	}
	r := func(old, new string) string { return strings.Replace(text, old, new, 1) }
	rx := func(p, new string) string { re := regexp.MustCompile(p); loc := re.FindStringIndex(text); if loc==nil {return text}; return text[:loc[0]]+new+text[loc[1]:] }
	try("not yaml", r("openapi: 3.1.0", "openapi: [3.1.0"))
	try("not yaml2", r("  title: Data", "  title: \"Data"))
	try("tab", r("  title: Data", "\ttitle: Data"))
	try("swagger", r("openapi: 3.1.0", "swagger: \"2.0\""))
	try("json", `{"a": 1}`)
	try("empty", ``)
	try("comment", "# nothing\n")
	try("scalar", "hello")
	try("list", "- a\n- b")
	try("openapi 4", r("openapi: 3.1.0", "openapi: 4.0.0"))
	try("openapi 3.0", r("openapi: 3.1.0", "openapi: 3.0.3"))
	try("openapi only", "openapi: 3.1.0\n")
	try("minimal", "openapi: 3.1.0\ninfo: {title: t, version: v}\npaths: {}\n")
	try("minimal+servers", "openapi: 3.1.0\ninfo: {title: t, version: v}\nservers: [{url: http://x}]\npaths: {}\n")
	try("components only", "openapi: 3.1.0\ninfo: {title: t, version: v}\nservers: [{url: http://x}]\ncomponents: {}\n")
	try("no xreq", r("x-requirements:", "x-requirementz:"))
	try("xreq scalar", r("      x-requirements:\n", "      x-requirements: 5\n      x-old:\n"))
	try("xreq empty", r("      x-requirements:\n", "      x-requirements: []\n      x-old:\n"))
	try("xreq null", r("      x-requirements:\n", "      x-requirements:\n      x-old:\n"))
	src := "          source: https://developers.google.com/data-portability/reference/rest/v1/archiveJobs/retry#body.HTTP_TEMPLATE\n"
	try("no source", r(src, ""))
	try("empty source", r(src, "          source: \"\"\n"))
	try("no quote", r("          quote: POST https://dataportability.googleapis.com/v1/{name=archiveJobs/*}:retry\n", ""))
	try("no id", r("        - id: retry.path.method-and-verb\n          level", "        - level"))
	try("id form", r("- id: retry.path.method-and-verb", "- id: retrypath"))
	try("level", r("          level: documented", "          level: documentd"))
	try("unknown key", r("          level: documented", "          levl: documented"))
	try("dup key", r("          level: documented", "          level: documented\n          level: platform"))
	try("dup id", r("- id: retry.path.one-segment", "- id: retry.path.method-and-verb"))
	try("no must", r("with one id and the verb `:retry` MUST reach", "with one id and the verb `:retry` reaches"))
	try("no statement", r("          statement: A POST to the path with one id and the verb `:retry` MUST reach the method.\n", ""))
	try("req scalar", r("        - id: retry.path.method-and-verb\n", "        - hello\n        - id: retry.path.method-and-verb\n"))
	try("expect status", r(`expect: {status: ["200"]}`, `expect: {status: ["20"]}`))
	try("expect scalar", r(`expect: {status: ["200"]}`, `expect: {status: 5}`))
	try("expect unknown key", r(`expect: {status: ["200"]}`, `expect: {statusx: ["200"]}`))
	try("expect word", r(`expect: {status: ["200"]}`, `expect: {status: [OK]}`))
	try("level list", r("          level: documented", "          level: [documented]"))
	try("pattern broken", r("pattern: ^[^/]+$", "pattern: ^[^/+$"))
	try("pattern lookahead", r("pattern: ^[^/]+$", "pattern: ^(?!x)[^/]+$"))
	try("pattern removed", r("        pattern: ^[^/]+$\n", ""))
	try("param removed", r("    parameters:\n      - $ref: \"#/components/parameters/archiveJob\"\n    post:", "    post:"))
	try("param dangling", r("$ref: \"#/components/parameters/archiveJob\"", "$ref: \"#/components/parameters/gone\""))
	try("links removed", rx(`(?s)          links:\n.*?archiveJobId\n`, ""))
	try("link unknown", r("operationId: dataportability.archiveJobs.getPortabilityArchiveState\n              desc", "operationId: dataportability.archiveJobs.gone\n              desc"))
	try("link other expr", r("archiveJob: $response.body#/archiveJobId", "archiveJob: $request.path.archiveJob"))
	try("scope twice", r("oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]", "oauth2: [https://www.googleapis.com/auth/dataportability.alerts.subscriptions]"))
	try("two scopes", r("oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]", "oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill, x]"))
	try("no scope in alt", r("oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]", "oauth2: []"))
	try("alt empty", r("- oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]", "- {}"))
	try("no security", rx(`(?s)      security:\n.*?      x-reference`, "      x-reference"))
	try("retryable", r("x-retryable-states: [FAILED]", "x-retryable-states: [FAILED, BROKEN]"))
	try("retryable type", r("x-retryable-states: [FAILED]", "x-retryable-states: {a: b}"))
	try("retryable none", r("      x-retryable-states: [FAILED]\n", ""))
	try("unspecified none", r("      x-unspecified-state: STATE_UNSPECIFIED\n", ""))
	try("unrelated none", r("      x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email\n", ""))
	try("unrelated documented", r("x-unrelated-scope: https://www.googleapis.com/auth/userinfo.email", "x-unrelated-scope: https://www.googleapis.com/auth/dataportability.maps.reviews"))
	try("sysparams", r("- {name: alt, example: json}", "- 5"))
	try("codes none", r("      x-google-rpc-codes:\n", "      x-google-rpc-kodes:\n"))
	try("codes text", r("        OK: 200", "        OK: fine"))
	try("page none", r("      x-reference-page:\n", "      x-reference-pag:\n"))
	try("page type", r(`        updated: "2025-07-25"`, "        updated: [1]"))
	try("get 5", rx(`(?s)    get:\n.*?\ncomponents:`, "    get: 5\ncomponents:"))
	try("post 5", rx(`(?s)    post:\n.*?\n  /v1/archiveJobs/\{archiveJob\}/p`, "    post: 5\n  /v1/archiveJobs/{archiveJob}/p"))
	try("op deleted", rx(`(?s)  /v1/archiveJobs/\{archiveJob\}:retry:\n.*?\n  /v1/archiveJobs/\{archiveJob\}/p`, "  /v1/archiveJobs/{archiveJob}/p"))
	try("state op deleted", rx(`(?s)  /v1/archiveJobs/\{archiveJob\}/portabilityArchiveState:\n.*?\ncomponents:`, "components:"))
	try("paths none", rx(`(?s)paths:\n.*?\ncomponents:`, "components:"))
	try("servers none", r("servers:\n  - url: https://dataportability.googleapis.com\n", ""))
	try("servers empty", r("servers:\n  - url: https://dataportability.googleapis.com\n", "servers: []\n"))
	try("no answers", r(`        "200":
          description: The retry was`, `        "202x":
          description: The retry was`))
	try("no 2xx", r(`        "200":
          description: The retry was`, `        "302":
          description: The retry was`))
	try("0200", r(`        "200":
          description: The retry was`, `        "0200":
          description: The retry was`))
	try("201", r(`        "200":
          description: The retry was`, `        "201":
          description: The retry was`))
	try("200 int", r(`        "200":
          description: The retry was`, `        200:
          description: The retry was`))
	try("no schema", r(`              schema:
                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"
`, `              example: {}
`))
	try("dangling schema", r(`                $ref: "#/components/schemas/RetryPortabilityArchiveResponse"`, `                $ref: "#/components/schemas/Gone"`))
	try("dangling schema state", r(`                $ref: "#/components/schemas/PortabilityArchiveState"`, `                $ref: "#/components/schemas/Gone"`))
	try("dangling state", r(`          $ref: "#/components/schemas/State"`, `          $ref: "#/components/schemas/Gone"`))
	try("schema type", r("    RetryPortabilityArchiveResponse:\n      description: Response from retrying a Portability Archive.\n      type: object", "    RetryPortabilityArchiveResponse:\n      type: thing"))
	try("schema pattern", r("          type: string\n          minLength: 1", "          type: string\n          pattern: \"[\"\n          minLength: 1"))
	try("schema bool", r("                $ref: \"#/components/schemas/PortabilityArchiveState\"", "                {}"))
	try("schema true", r("              schema:\n                $ref: \"#/components/schemas/PortabilityArchiveState\"", "              schema: true"))
	try("retry schema true", r("              schema:\n                $ref: \"#/components/schemas/RetryPortabilityArchiveResponse\"", "              schema: true"))
	try("enum none", r("      enum: [STATE", "      x-enum: [STATE"))
	try("two retry ops", r("    get:\n", "    get:\n      x-requirements: []\n"))
	try("get no ext", r("      x-google-http-rule: v1/{name=archiveJobs/*/portabilityArchiveState}\n", ""))
	try("path two params", r("  /v1/archiveJobs/{archiveJob}:retry:", "  /v1/{a}/{archiveJob}:retry:"))
	try("path no param", r("  /v1/archiveJobs/{archiveJob}:retry:", "  /v1/archiveJobs:retry:"))
	try("param renamed", r("  /v1/archiveJobs/{archiveJob}:retry:", "  /v1/archiveJobs/{job}:retry:"))
	try("scope added", r("        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]", "        - oauth2: [https://x/auth/new.one]\n        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]"))
	try("scope removed", r("        - oauth2: [https://www.googleapis.com/auth/dataportability.chrome.autofill]\n", ""))
	try("no scheme", rx(`(?s)  securitySchemes:.*`, ""))
	try("info none", rx(`(?s)info:\n.*?\nexternalDocs`, "externalDocs"))
	try("get alias", r("    post:\n", "    post: &x\n"))
	try("dup path", r("  /v1/archiveJobs/{archiveJob}/portabilityArchiveState:", "  /v1/archiveJobs/{archiveJob}:retry:"))
	try("dup toplevel", text+"paths: {}\n")
	try("two docs", text+"---\nopenapi: 3.1.0\n")
	try("crlf", strings.ReplaceAll(text, "\n", "\r\n"))
	try("bom", "\ufeff"+text)
	try("nul", text+"\x00")
}
