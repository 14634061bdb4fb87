package actiontest

import "strings"

// Command is a workflow command that a runner obeys.
type Command struct {
	Name       string
	Properties map[string]string
	Message    string
}

// Commands reads a log as the runner does: a line that begins with "::", or one
// with "##[" anywhere, is a command, unless "stop-commands" holds.
// Source: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
func Commands(log string) []Command {
	var all []Command
	stopped := ""
	for _, line := range strings.Split(log, "\n") {
		line = strings.TrimSpace(line)
		command, found := readCommand(line)
		switch {
		case !found:
		case stopped != "":
			if command.Name == stopped {
				stopped = ""
			}
		case command.Name == "stop-commands":
			stopped = command.Message
		default:
			all = append(all, command)
		}
	}
	if stopped != "" {
		all = append(all, Command{Name: "never resumed"})
	}
	return all
}

func readCommand(line string) (Command, bool) {
	if at := strings.Index(line, "##["); at >= 0 && !strings.HasPrefix(line, "::") {
		name, message, ended := strings.Cut(line[at+len("##["):], "]")
		return Command{Name: name, Message: message}, ended
	}
	rest, begins := strings.CutPrefix(line, "::")
	head, message, ends := strings.Cut(rest, "::")
	if !begins || !ends {
		return Command{}, false
	}
	name, properties, _ := strings.Cut(head, " ")
	command := Command{Name: name, Properties: map[string]string{}, Message: unescape(message)}
	for _, property := range strings.Split(properties, ",") {
		if key, value, found := strings.Cut(property, "="); found {
			command.Properties[key] = unescape(value)
		}
	}
	return command, true
}

func unescape(text string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(text)
}
