package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/spec"
)

// orders is a discovery document with a method that has states, and one whose
// path has two parameters.
const orders = `{"discoveryVersion": "v1", "name": "shop", "version": "v1", "revision": "20260102", "rootUrl": "https://shop.example/", "servicePath": "",
  "parameters": {"alt": {"type": "string", "default": "json"}}, "auth": {"oauth2": {"scopes": {"https://shop.example/auth/orders": {"description": "Orders"}}}},
  "resources": {"orders": {"methods": {
    "cancel": {"id": "shop.orders.cancel", "httpMethod": "POST", "path": "v1/{+name}:cancel", "flatPath": "v1/orders/{ordersId}:cancel",
      "description": "Cancels an order. Only open orders can be cancelled.", "request": {"$ref": "Empty"}, "response": {"$ref": "Order"},
      "parameters": {"name": {"location": "path", "required": true, "pattern": "^orders/[^/]+$"}}, "scopes": ["https://shop.example/auth/orders"]},
    "get": {"id": "shop.orders.get", "httpMethod": "GET", "path": "v1/{+name}", "flatPath": "v1/orders/{ordersId}", "response": {"$ref": "Order"},
      "parameters": {"name": {"location": "path", "required": true, "pattern": "^orders/[^/]+$"}}, "scopes": ["https://shop.example/auth/orders"]},
    "rate": {"id": "shop.orders.rate", "httpMethod": "POST", "path": "v1/orders/{orderId}:rate", "description": "Rates an order.", "response": {"$ref": "Order"},
      "parameters": {"orderId": {"location": "path", "required": true}, "stars": {"location": "query", "type": "string", "required": true},
        "words": {"location": "query", "type": "string", "repeated": true, "required": true}, "as": {"location": "query", "type": "string", "enum": ["ME", "GUEST"]}},
      "scopes": ["https://shop.example/auth/orders"]},
    "return": {"id": "shop.orders.return", "httpMethod": "POST", "path": "v1/{+name}:return", "flatPath": "v1/shops/{shopsId}/orders/{ordersId}:return",
      "request": {"$ref": "Order"}, "response": {"$ref": "Empty"}, "parameters": {"name": {"location": "path", "pattern": "^shops/[^/]+/orders/[^/]+$"}}}}}},
  "schemas": {"Empty": {"type": "object", "properties": {}},
    "Order": {"type": "object", "properties": {"state": {"type": "string", "enum": ["STATE_UNSPECIFIED", "OPEN", "CANCELLED"]}, "parts": {"type": "array", "items": {"$ref": "Order"}}}}}}`

// TestANewDescriptionIsTestedAtOnce: a run loads what is written, and a server
// that conforms to it passes. No drift of the document is found.
func TestANewDescriptionIsTestedAtOnce(t *testing.T) {
	t.Parallel()
	document := writeFile(t, "shop.json", orders)
	for _, flags := range []string{"--method orders.cancel", "--method shop.orders.cancel --accepted-states OPEN",
		"--method orders.return --value shopsId=my-shop", "--method orders.get",
		"--method orders.rate --value stars=4&5 --value words=a=b"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			written := filepath.Join(t.TempDir(), "new.openapi.yaml")
			call(t, append([]string{"spec", "new", "--from", document, "--output", written}, strings.Fields(flags)...)...).want(t, result.ExitConforms, "draft")
			method, err := spec.Load(spec.Description{Name: written, Text: []byte(readFile(t, written))})
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(readFile(t, written), "\n"); lines > 200 {
				t.Errorf("%d lines", lines)
			}
			call(t, "drift", "--from", written, "--against", document).want(t, result.ExitConforms, "no drift")
			server, err := emulator.New(method, emulator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			run := []string{"run", "--spec", written, "--endpoint", listen(t, server), "--token-template", platform.TokenTemplate}
			for state, ids := range emulator.DefaultJobs(method) {
				run = append(run, "--job", strings.TrimPrefix(state+"="+strings.Join(ids, ","), "="))
			}
			if got := call(t, append(run, "--dry-run")...); got.exit != result.ExitConforms || !strings.Contains(got.output, method.Operation.Method+" "+method.Operation.Path.Prefix) {
				t.Errorf("exit %d: %s%s", got.exit, got.raw, got.complaints)
			}
			call(t, run...).want(t, result.ExitConforms, "conforms")
		})
	}
}

func TestANewDescriptionOnStandardOutput(t *testing.T) {
	t.Parallel()
	got := call(t, "spec", "new", "--from", writeFile(t, "shop.json", orders), "--method", "orders.cancel")
	if _, err := spec.Load(spec.Description{Name: "new", Text: []byte(got.raw)}); err != nil || got.exit != result.ExitConforms || !strings.Contains(got.complaints+got.output, "--accepted-states") {
		t.Errorf("exit %d, %v: %s", got.exit, err, got.complaints)
	}
}

func TestNoNewDescriptionIsOneClearLine(t *testing.T) {
	t.Parallel()
	document, there := writeFile(t, "shop.json", orders), writeFile(t, "there.yaml", "mine")
	for flags, says := range map[string]string{
		"":                   "--from DISCOVERY",
		"--from " + document: "--method ID",
		"--from " + document + " --method cancle":                                            "did you mean",
		"--from " + document + " --method orders.return":                                     "--value shopsId=VALUE",
		"--from " + document + " --method orders.return --value shopsId":                     "NAME=VALUE",
		"--from " + document + " --method orders.return --value shopsId=a --value shopsId=b": "shopsId is given twice",
		"--from " + document + " --method orders.rate --value stars=4":                       "--value words=VALUE",
		"--from " + document + " --method orders.rate --value as=ME":                         "want orderId, stars or words",
		"--from " + document + " --method orders.cancel --output " + there:                   "already exists",
		"--from " + document + " --method orders.cancel --output /gone/x.yaml":               "/gone/x.yaml",
		"--from no-such-file --method orders.cancel":                                         "no such file",
		"--from " + there + " --method orders.cancel":                                        "not a discovery document",
		"--from " + document + " --method orders.cancel --accepted-states OPENED":            "did you mean OPEN?",
	} {
		refused(t, "spec new "+flags, says)
	}
	if readFile(t, there) != "mine" {
		t.Error("a file that was there is overwritten")
	}
}
