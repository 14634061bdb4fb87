package spec

import (
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
)

// SetEndpoint changes the address of the service.
func (e *Editor) SetEndpoint(endpoint string) error {
	document, err := e.open()
	if err != nil {
		return err
	}
	servers := document.top("servers")
	if servers == nil || len(servers.Content) == 0 {
		return e.fail(servers, "there is no server")
	}
	return e.replaceScalar(document.step(servers.Content[0], "url"), endpoint)
}

// SetIDPattern changes the pattern of the id in the path.
func (e *Editor) SetIDPattern(pattern string) error {
	document, err := e.open()
	if err != nil {
		return err
	}
	node := document.idPattern()
	if node == nil {
		return e.fail(document.retry.method, "the parameter in the path has no pattern")
	}
	return e.replaceScalar(node, pattern)
}

// MoveRetry changes the HTTP method and the path of the method that is judged;
// MoveReadState those of the one that reads the state. The name of the parameter
// stays.
func (e *Editor) MoveRetry(to Call) error {
	return e.move(to, func(d *editedDocument) *editedOperation { return d.retry })
}

// MoveReadState is MoveRetry for the method that reads a job's state.
func (e *Editor) MoveReadState(to Call) error {
	return e.move(to, func(d *editedDocument) *editedOperation { return d.state })
}

func (e *Editor) move(to Call, which func(*editedDocument) *editedOperation) error {
	return e.atomically(func() error {
		document, err := e.open()
		if err != nil {
			return err
		}
		operation := which(document)
		if operation == nil {
			return e.fail(nil, "the description lacks the method")
		}
		from, err := ParsePathTemplate(operation.path.Value)
		if err != nil {
			return e.fail(operation.path, "%s", err)
		}
		if rule := child(operation.members, "x-google-http-rule"); rule != nil {
			if err := e.replaceScalar(rule, httpRule(to.Path)); err != nil {
				return err
			}
		}
		method := strings.ToLower(to.Method)
		if !slices.Contains(methodsOfPath, method) {
			return e.fail(operation.method, "%q is no method of OpenAPI", to.Method)
		}
		if method != operation.method.Value {
			if err := e.replaceScalar(operation.method, method); err != nil {
				return err
			}
		}
		path := to.Path
		path.Parameter = from.Parameter
		return e.replaceKey(operation.path, path.String())
	})
}

// httpRule writes a path as google.api.http does:
// "v1/{name=archiveJobs/*}:retry".
func httpRule(path PathTemplate) string {
	resource := path.Collection() + "/*"
	suffix := path.Suffix
	if strings.HasPrefix(suffix, "/") {
		resource, suffix = resource+suffix, ""
	}
	return strings.TrimPrefix(path.Base(), "/") + "{name=" + resource + "}" + suffix
}

// replaceKey is replaceScalar for the path of a method, which YAML takes plain.
func (e *Editor) replaceKey(node *yaml.Node, path string) error {
	before, raw, after, ok := e.cut(node)
	if !ok || !pathForm.MatchString(path) {
		return e.fail(node, "the path is not written on one line")
	}
	written := path
	if raw != node.Value {
		written = raw[:1] + path + raw[:1]
	}
	e.lines[node.Line-1] = before + written + after
	return nil
}

// SetRevision changes the version of the description, which is a day, and, where
// that is wanted, the day of the reference page.
func (e *Editor) SetRevision(day string, page bool) error {
	return e.atomically(func() error {
		document, err := e.open()
		if err != nil {
			return err
		}
		places := []*yaml.Node{document.top("info", "version")}
		if updated := document.step(document.retry.members, pageExtension, "updated"); page && updated != nil {
			places = append(places, updated)
		}
		for _, node := range places {
			if node == nil {
				return e.fail(nil, "info has no version")
			}
			if node.Value == day {
				continue
			}
			if err := e.replaceScalar(node, day); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddMember adds an optional member to the good answer of the method that is
// judged, or to that with the state.
func (e *Editor) AddMember(ofState bool, name string, schema map[string]any) error {
	document, err := e.open()
	if err != nil {
		return err
	}
	operation := document.retry
	if ofState {
		operation = document.state
	}
	properties := document.step(document.answer(operation), "properties")
	if properties == nil || properties.Kind != yaml.MappingNode {
		return e.fail(nil, "the answer has no members")
	}
	text, err := yaml.Marshal(map[string]any{name: withoutExtensions(schema)})
	if err != nil {
		return e.fail(properties, "%s", firstLine(err.Error()))
	}
	return e.addLast(properties, strings.Split(strings.TrimRight(string(text), "\n"), "\n")...)
}

// addLast writes a member after the last one, whatever the order.
func (e *Editor) addLast(mapping *yaml.Node, lines ...string) error {
	if mapping.Style&yaml.FlowStyle != 0 || len(mapping.Content) < 2 {
		return e.fail(mapping, "the members are not written one a line")
	}
	key, value := mapping.Content[len(mapping.Content)-2], mapping.Content[len(mapping.Content)-1]
	last := e.block(key, value).last
	indent := strings.Repeat(" ", key.Column-1)
	written := make([]string, len(lines))
	for i, line := range lines {
		written[i] = indent + line
	}
	e.insert(last, written...)
	return nil
}

func withoutExtensions(schema map[string]any) map[string]any {
	result := map[string]any{}
	for keyword, value := range schema {
		if !strings.HasPrefix(keyword, "x-") {
			result[keyword] = value
		}
	}
	return result
}
