package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/go-yaml"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"

	"github.com/dpconform/dpconform/internal/extension"
)

// Runtime expressions of OpenAPI that say where the id of the job is whose state a
// link reads: of the new one, in the response, or of the one that was called.
const (
	idInResponse = "$response.body#/"
	idInPath     = "$request.path."
)

// link follows the OpenAPI link of the successful response to the method that
// reads the state of a job. Where its runtime expression takes the id from the
// response, it names the member with the id.
func (l *loader) link(method *Method) error {
	effect, err := l.extension(extension.Effect, &method.Effect)
	if err != nil {
		return err
	}
	wanted := []string{idInResponse, idInPath}
	switch method.Effect {
	case "":
	case Starts:
		wanted = []string{idInResponse}
	case Changes:
		wanted = []string{idInPath}
	default:
		return l.fail(effect, "%s is %q: want %s or %s", extension.Effect, method.Effect, Starts, Changes)
	}
	response := l.operation.Responses.Codes.GetOrZero(strconv.Itoa(method.Operation.Success))
	for _, prefix := range wanted {
		for _, link := range response.Links.FromOldest() {
			for _, expression := range link.Parameters.FromOldest() {
				if name, found := strings.CutPrefix(expression, prefix); found {
					return l.follow(link.OperationId, prefix, name, method)
				}
			}
		}
	}
	if effect != nil && orderedmap.Len(response.Links) > 0 {
		return l.fail(effect, "%s: %s needs a link from %s… in response %d to the method that reads a job's state",
			extension.Effect, method.Effect, wanted[0], method.Operation.Success)
	}
	return nil
}

// follow reads the operation that a link names.
func (l *loader) follow(id, prefix, name string, method *Method) error {
	at := l.operation.GoLow().KeyNode
	if prefix == idInResponse {
		method.IDField = name
	} else if name != method.Operation.Path.Parameter {
		return l.fail(at, "the link of %s takes the id from %s%s, and the parameter of its path is %s", method.Operation.ID, prefix, name, method.Operation.Path.Parameter)
	}
	err := l.operations(func(path, verb string, _ *v3.PathItem, operation *v3.Operation) error {
		if operation.OperationId != id || method.ReadState.ID != "" {
			return nil
		}
		var err error
		method.ReadState, err = l.describe(path, verb, operation)
		return err
	})
	if err == nil && method.ReadState.ID == "" {
		err = l.fail(at, "the link of %s names operation %q, which the description does not have", method.Operation.ID, id)
	}
	return err
}

// states reads the enum of states in the response of the method that reads them,
// and what the operation says of them.
func (l *loader) states(method *Method) error {
	accepted, err := l.extension(extension.AcceptedStates, &method.AcceptedStates)
	if err != nil {
		return err
	}
	unspecified, err := l.extension(extension.UnspecifiedState, &method.UnspecifiedState)
	if err != nil {
		return err
	}
	resulting, err := l.extension(extension.ResultingStates, &method.ResultingStates)
	response := l.operation.Responses.Codes.GetOrZero(strconv.Itoa(method.Operation.Success))
	switch {
	case err != nil:
		return err
	case resulting != nil && method.Effect != Changes:
		return l.fail(resulting, "%s needs %s: %s", extension.ResultingStates, extension.Effect, Changes)
	case accepted == nil || orderedmap.Len(response.Links) == 0:
		// One says nothing without the other: the method has no states.
		method.ReadState, method.AcceptedStates, method.ResultingStates, method.UnspecifiedState = Operation{}, nil, nil, ""
		return nil
	case len(method.AcceptedStates) == 0:
		return l.fail(accepted, "%s names no state: say in which ones the method accepts a job, or leave it out", extension.AcceptedStates)
	case method.ReadState.ID != "":
		if err := l.enum(method); err != nil {
			return err
		}
	default:
		return l.fail(cmp.Or(accepted, unspecified), "%s and %s need a link from response %d to the method that reads a job's state, with %s… or %s…",
			extension.AcceptedStates, extension.UnspecifiedState, method.Operation.Success, idInResponse, idInPath)
	}
	return l.checkNames(method, accepted, resulting, unspecified)
}

// checkNames checks the states that the operation names against the enum.
func (l *loader) checkNames(method *Method, accepted, resulting, unspecified *yaml.Node) error {
	if unspecified != nil && !slices.Contains(l.enumNames, method.UnspecifiedState) {
		return l.fail(unspecified, "%s names %q, which is not one of the states %s", extension.UnspecifiedState, method.UnspecifiedState, strings.Join(l.enumNames, ", "))
	}
	for _, named := range []struct {
		node   *yaml.Node
		name   string
		states []string
	}{{accepted, extension.AcceptedStates, method.AcceptedStates}, {resulting, extension.ResultingStates, method.ResultingStates}} {
		for i, state := range named.states {
			switch {
			case !slices.Contains(method.States, state):
				return l.fail(named.node, "%s names %q, which is not one of the states %s", named.name, state, strings.Join(method.States, ", "))
			case slices.Contains(named.states[:i], state):
				return l.fail(named.node, "%s names %q twice", named.name, state)
			case named.node == resulting && slices.Contains(method.AcceptedStates, state):
				return l.fail(named.node, "%s names %q, which %s has too: a call that changes nothing cannot be noticed", named.name, state, extension.AcceptedStates)
			}
		}
	}
	return nil
}

// enum reads the states that a job can be in.
func (l *loader) enum(method *Method) error {
	read := l.model.Paths.PathItems.GetOrZero(method.ReadState.Path.String()).GetOperations().GetOrZero(strings.ToLower(method.ReadState.Method))
	response := read.Responses.Codes.GetOrZero(strconv.Itoa(method.ReadState.Success))
	for name, property := range response.Content.GetOrZero(method.ReadState.MediaType).Schema.Schema().Properties.FromOldest() {
		member := property.Schema()
		if member == nil || len(member.Enum) == 0 {
			continue
		}
		method.StateField = name
		for _, value := range member.Enum {
			l.enumNames = append(l.enumNames, value.Value)
			if value.Value != method.UnspecifiedState {
				method.States = append(method.States, value.Value)
			}
		}
		return nil
	}
	return l.fail(read.GoLow().KeyNode, "the response of %s has no member with an enum of states", method.ReadState.ID)
}
