package source

import (
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"

	"github.com/dpconform/dpconform/spec"
)

// shopDocument is a discovery document with methods of many forms.
const shopDocument = `{
  "name": "shop", "version": "v1", "title": "Shop API", "revision": "20260102", "documentationLink": "https://shop.example/docs",
  "rootUrl": "https://shop.example/", "servicePath": "shop/",
  "parameters": {"alt": {"type": "string", "default": "json"}, "key": {"type": "string"}, "prettyPrint": {"type": "boolean", "default": "true"}},
  "auth": {"oauth2": {"scopes": {"https://www.googleapis.com/auth/shop": {"description": "See and change orders"},
    "https://www.googleapis.com/auth/shop.admin": {"description": "Run the shop"}}}},
  "resources": {
    "orders": {"methods": {
      "cancel": {"id": "shop.orders.cancel", "httpMethod": "POST", "path": "v1/{+name}:cancel", "flatPath": "v1/orders/{ordersId}:cancel",
        "description": "Cancels an order. Paid orders, e.g. by card, are refunded. No refund twice", "request": {"$ref": "Empty"}, "response": {"$ref": "Order"},
        "parameters": {"name": {"location": "path", "required": true, "pattern": "^orders/[^/]+$", "description": "Required. Format: orders/ID. 1. It has an id. For example: orders/1"}},
        "scopes": ["https://www.googleapis.com/auth/shop"]},
      "get": {"id": "shop.orders.get", "httpMethod": "GET", "path": "v1/{+name}", "flatPath": "v1/orders/{ordersId}", "description": "Gets an order.", "response": {"$ref": "Order"},
        "parameters": {"name": {"location": "path", "required": true, "pattern": "^orders/[^/]+$"},
          "view": {"location": "query", "type": "string", "enum": ["FULL", "BASIC"], "description": "How much."},
          "fields": {"location": "query", "type": "string", "format": "google-datetime", "repeated": true, "required": true}}},
      "list": {"id": "shop.orders.list", "httpMethod": "GET", "path": "v1/orders", "response": {"$ref": "Order"}},
      "delete": {"id": "shop.orders.delete", "httpMethod": "DELETE", "path": "v1/orders/{orderId}", "parameters": {"orderId": {"location": "path", "pattern": "(?!x)"}}}}},
    "shops": {"resources": {"items": {"methods": {
      "cancel": {"id": "shop.shops.items.cancel", "httpMethod": "POST", "path": "v1/{+name}:cancel", "flatPath": "v1/shops/{shopsId}/items/{itemsId}:cancel",
        "request": {"$ref": "Order"}, "response": {"$ref": "Empty"},
        "parameters": {"name": {"location": "path", "required": true, "pattern": "^shops/[^/]+/items/[^/]+$", "description": "The item."}}},
      "empty": {"id": "shop.shops.items.empty", "httpMethod": "POST", "path": "v1/shops/{shopsId}/items/{itemsId}:empty"},
      "sell": {"id": "shop.shops.items.sell", "httpMethod": "PUT", "path": "v1/{+parent}/items/{+name}", "response": {"$ref": "Gone"}, "parameters": {
        "parent": {"location": "path", "pattern": "^shops/[^/]+$"}, "name": {"location": "path", "pattern": "^.*$"}}}}}}}},
  "schemas": {
    "Empty": {"id": "Empty", "type": "object", "description": "Nothing.", "properties": {}},
    "Order": {"id": "Order", "type": "object", "properties": {
      "state": {"type": "string", "enum": ["STATE_UNSPECIFIED", "OPEN", "CANCELLED"], "enumDescriptions": ["Unused.", "It is open.", "It is cancelled."]},
      "parts": {"type": "array", "items": {"$ref": "Order"}, "description": "What it is made of."},
      "item": {"$ref": "Item"}, "any": {"type": "any"}, "count": {"type": "integer", "minimum": "1", "maximum": "9", "default": "1"}}},
    "Item": {"id": "Item", "type": "object", "properties": {"name": {"type": "string", "pattern": "(?!x)"}, "order": {"$ref": "Order"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}}
}`

func shop(text string) spec.Description {
	return spec.Description{Name: "shop.json", Text: []byte(text)}
}

// drafted writes a description that must be valid OpenAPI, and reads it back.
func drafted(t *testing.T, draft Draft) (map[string]any, []string) {
	t.Helper()
	written, notes, err := draft.Write(shop(shopDocument))
	if err != nil {
		t.Fatal(err)
	}
	if err := (spec.Description{Name: "drafted.yaml", Text: written}).Validate(); err != nil {
		t.Fatalf("%s\n%s", err, written)
	}
	var read map[string]any
	if err := yaml.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	return read, notes
}

func TestADraftHasWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	read, notes := drafted(t, Draft{Method: "shop.orders.cancel"})
	operation := at(read, "paths", "/shop/v1/orders/{ordersId}:cancel", "post")
	if len(notes) != 1 || !strings.Contains(notes[0], "shop.orders.get reads the state") {
		t.Errorf("notes %q", notes)
	}
	var quotes []string
	for _, entry := range list(at(operation, "x-requirements")) {
		quotes = append(quotes, scalar(at(entry, "id"))+": "+scalar(at(entry, "quote")))
		if at(entry, "draft") != true || scalar(at(entry, "level")) != "documented" {
			t.Errorf("%v", entry)
		}
	}
	if want := []string{"method.cancel-1: Cancels an order.", "method.cancel-2: Paid orders, e.g. by card, are refunded.", "method.cancel-3: No refund twice",
		"parameter.name-1: It has an id."}; !slices.Equal(quotes, want) {
		t.Errorf("got %q, want %q", quotes, want)
	}
	source := scalar(at(list(at(operation, "x-requirements"))[3], "source"))
	parameter := list(at(operation, "parameters"))[0]
	order := at(read, "components", "schemas", "Order", "properties")
	for got, want := range map[string]string{
		source: "shop.json (resources.orders.methods.cancel.parameters.name.description)",
		scalar(at(read, "info", "x-revision")) + scalar(at(read, "info", "title")):                            "20260102Shop API, orders.cancel",
		scalar(at(list(at(read, "servers"))[0], "url")):                                                       "https://shop.example",
		scalar(at(parameter, "name")) + scalar(at(parameter, "schema", "pattern")):                            "ordersId^[^/]+$",
		texts(at(operation, "x-requirement-sets")):                                                            "transcoding http error-model resource client system-parameters json-body empty-message bearer",
		texts(at(operation, "x-system-parameters")):                                                           "map[example:json name:alt] map[example:true name:prettyPrint]",
		texts(at(operation, "security")):                                                                      "map[oauth2:[https://www.googleapis.com/auth/shop]]",
		scalar(at(operation, "x-google-http-rule")):                                                           "v1/{name=orders/*}:cancel",
		texts(at(operation, "x-unrelated-scopes")):                                                            "https://www.googleapis.com/auth/shop.admin",
		scalar(at(operation, "requestBody", "content", "application/json", "schema", "$ref")):                 "#/components/schemas/Empty",
		scalar(at(operation, "responses", "200", "content", "application/json", "schema", "$ref")):            "#/components/schemas/Order",
		texts(at(order, "state", enumDescriptions)):                                                           "Unused. It is open. It is cancelled.",
		scalar(at(order, "parts", "items", "$ref")) + scalar(at(order, "parts", "items", "description")):      "Order, which is described around this.",
		scalar(at(read, "components", "schemas", "Item", "properties", "order", "description")):               "Order, which is described around this. ",
		scalar(at(order, "count", "minimum")) + scalar(at(order, "any", "type")) + scalar(at(order, "x", "")): "1",
		scalar(at(read, "components", "schemas", "Item", "properties", "name", "pattern")):                    "",
	} {
		if strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	fetched := shop(shopDocument)
	fetched.Name = "https://shop.example/$discovery/rest"
	if written, _, err := (Draft{Method: "shop.orders.cancel"}).Write(fetched); err != nil || !strings.HasPrefix(string(written), "# Written by dpconform spec new from "+fetched.Name+"?version=v1\n") {
		t.Errorf("%v\n%s", err, written)
	}
}

// texts joins the elements of a list.
func texts(value any) string {
	var all []string
	for _, element := range list(value) {
		all = append(all, scalar(element))
	}
	return strings.Join(all, " ")
}

func TestDraftsOfMethodsOfManyForms(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		draft Draft
		path  string
		sets  string
	}{
		{Draft{Method: "orders.get", Values: map[string]string{"fields": "a"}}, "/shop/v1/orders/{ordersId} get", "transcoding http error-model resource client system-parameters"},
		{Draft{Method: "orders.cancel", AcceptedStates: []string{"OPEN"}, Values: map[string]string{"fields": "a"}}, "/shop/v1/orders/{ordersId}:cancel post",
			"transcoding http error-model resource client system-parameters json-body empty-message bearer job-states"},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopsId": "s-1"}}, "/shop/v1/shops/s-1/items/{itemsId}:cancel post",
			"transcoding http error-model resource client system-parameters json-body"},
	} {
		read, _ := drafted(t, one.draft)
		path, method, _ := strings.Cut(one.path, " ")
		operation := at(read, "paths", path, method)
		if got := texts(at(operation, "x-requirement-sets")); got != one.sets {
			t.Errorf("%s: %q, want %q", one.path, got, one.sets)
		}
		if pattern := at(list(at(operation, "parameters"))[0], "schema", "pattern"); pattern != oneSegment {
			t.Errorf("%s: the pattern is %v", one.path, pattern)
		}
	}
	read, notes := drafted(t, Draft{Method: "orders.cancel", AcceptedStates: []string{"OPEN", "CANCELLED"}, Values: map[string]string{"fields": "a"}})
	operation := at(read, "paths", "/shop/v1/orders/{ordersId}:cancel", "post")
	if got := texts(at(operation, "x-accepted-states")) + " " + scalar(at(operation, "x-unspecified-state")); got != "OPEN CANCELLED STATE_UNSPECIFIED" || len(notes) > 0 {
		t.Errorf("%s, notes %q", got, notes)
	}
	if link := at(operation, "responses", "200", "links", "state", "parameters", "ordersId"); link != "$request.path.ordersId" {
		t.Errorf("%v", link)
	}
	if at(read, "paths", "/shop/v1/orders/{ordersId}", "get", "operationId") != "shop.orders.get" {
		t.Error("the method that reads the state is missing")
	}
}

func TestWhatCannotBeDraftedIsOneClearLine(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		draft Draft
		says  string
	}{
		{Draft{Method: "orders.cancle"}, "did you mean orders.cancel?"},
		{Draft{Method: "shop.order.cancel"}, "did you mean shop.orders.cancel?"},
		{Draft{Method: "cancel"}, "give the whole id"},
		{Draft{Method: "orders.list"}, "names no job"},
		{Draft{Method: "orders.delete"}, "no response message"},
		{Draft{Method: "items.empty"}, "no response message"},
		{Draft{Method: "orders.get"}, "--value fields=VALUE"},
		{Draft{Method: "orders.get", Values: map[string]string{"field": "x"}}, "did you mean fields?"},
		{Draft{Method: "items.cancel"}, "--value shopsId=VALUE"},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopId": "x"}}, "did you mean shopsId?"},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopsId": "x/y"}}, "one segment"},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopsId": ""}}, "one segment"},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopsId": "x", "itemsId": "y"}}, "stays"},
		{Draft{Method: "items.sell", Values: map[string]string{"parent": "y"}}, `"Gone"`},
		{Draft{Method: "items.cancel", Values: map[string]string{"shopsId": "x"}, AcceptedStates: []string{"OPEN"}}, "enum of states"},
		{Draft{Method: "orders.cancel", AcceptedStates: []string{"OPENED"}}, "did you mean OPEN?"},
	} {
		_, _, err := one.draft.Write(shop(shopDocument))
		checkError(t, one.says, err, one.says)
	}
	for _, one := range []struct{ text, says string }{
		{"", "empty"}, {"openapi: 3.1.0", "not a discovery document"}, {"{", "not readable as JSON"}, {"{}", "rootUrl"},
		{`{"rootUrl": "https://a/", "methods": {"a": {"id": "a.b"}}}`, "httpMethod"},
	} {
		_, _, err := Draft{Method: "a.b"}.Write(shop(one.text))
		checkError(t, one.text, err, one.says)
	}
}
