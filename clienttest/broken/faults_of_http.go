package broken

import "net/url"

// withHeader makes a client that sends one field more.
func withHeader(name string, value func(task) string) func() program {
	return changed(func(p *program) { p.fields = map[string]func(task) string{name: value} })
}

// httpFaults are of the head of a request. What a server cannot read it refuses
// before any scenario begins.
func httpFaults() []Fault {
	never := []string{"scenario.called"}
	return []Fault{
		{"no-http", "A line is sent that is none of HTTP.", "client.http.syntax", "success", never, written("retry {target}", goodHost)},
		{"space-before-colon", "A space stands between the name of a field and its colon.", "client.http.syntax", "success",
			append([]string{"client.authorization.token"}, never...),
			written(goodLine, goodHost, "Authorization : Bearer {token}", noBody)},
		{"bare-line-feeds", "Lines end in a line feed without a carriage return.", "client.http.syntax", "success", nil,
			writtenInLines("\n", goodLine, goodHost, goodAuthorization, noBody)},
		{"whole-address", "The whole address is sent, as to a proxy.", "client.http.target", "success", nil,
			written("POST http://{host}{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"user-in-target", "A user name and a password are sent in the target.", "client.http.target", "success", nil,
			written("POST http://me:secret@{host}{target} HTTP/1.1", goodHost, goodAuthorization, noBody)},
		{"no-host", "No Host is sent.", "client.http.host", "success", never, written(goodLine, goodAuthorization, noBody)},
		{"other-host", "The Host of another server is sent.", "client.http.host", "success", nil,
			written(goodLine, "Host: dataportability.googleapis.com", goodAuthorization, noBody)},
		{"two-hosts", "Two Hosts are sent.", "client.http.host", "success", never,
			written(goodLine, goodHost, "Host: other.example", goodAuthorization, noBody)},
		{"two-content-types", "Two Content-Types are sent.", "client.http.field-once", "success", nil,
			written(goodLine, goodHost, goodAuthorization, noBody, "Content-Type: application/json", "Content-Type: text/plain")},
		{"two-lengths", "Two lengths are sent.", "client.body.framing", "success", never,
			written(goodLine, goodHost, goodAuthorization, noBody, "Content-Length: 2")},
		{"negative-length", "A length below 0 is sent.", "client.body.framing", "success", never,
			written(goodLine, goodHost, goodAuthorization, "Content-Length: -1")},
		{"length-and-chunks", "A length is sent with a body in chunks.", "client.body.framing", "success", nil,
			written(goodLine, goodHost, goodAuthorization, "Content-Length: 2", "Content-Type: application/json", "Transfer-Encoding: chunked", "",
				"2", "{}", "0")},
		{"other-transfer-coding", "The transfer coding is one that there is not.", "client.body.framing", "success", never,
			written(goodLine, goodHost, goodAuthorization, "Transfer-Encoding: identity")},
	}
}

// queryFaults are of the query.
func queryFaults() []Fault {
	escape := url.PathEscape
	asking := func(query string) func() program {
		return withTarget(func(t task) string { return right().target(t) + "?" + query })
	}
	return []Fault{
		{"field-in-query", "The name is sent in the query as well.", "client.query.parameters", "success", nil,
			withTarget(func(t task) string { return right().target(t) + "?name=archiveJobs/" + escape(t.job) })},
		{"own-parameter", "A parameter of the client's own is sent.", "client.query.parameters", "success", nil,
			withTarget(func(t task) string { return right().target(t) + "?client=mine" })},
		{"other-value", "A system parameter has a value that there is not.", "client.query.values", "success", nil, asking("$alt=foo")},
		{"no-boolean", "A system parameter that is true or false is neither.", "client.query.values", "success", nil, asking("prettyPrint=maybe")},
		{"parameter-twice", "A system parameter is sent twice.", "client.query.once", "success", nil, asking("alt=json&$alt=json")},
	}
}
