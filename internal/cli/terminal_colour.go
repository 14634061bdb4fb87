package cli

import (
	"io"
	"os"
	"strings"
	"sync"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/internal/config"
)

// colouredOutput takes text with colours and writes what is right for where it
// goes. It finds out at the first text, when --color is known from flag,
// variable or file.
type colouredOutput struct {
	out   io.Writer
	file  *os.File
	color *config.Color

	once   sync.Once
	writer *colorprofile.Writer
}

// colouring makes a writer for text that in the end goes to a file.
func colouring(out io.Writer, file *os.File, color *config.Color) *colouredOutput {
	return &colouredOutput{out: out, file: file, color: color}
}

// Write writes text in one go.
func (c *colouredOutput) Write(text []byte) (int, error) {
	c.once.Do(func() {
		c.writer = &colorprofile.Writer{Forward: c.out, Profile: profileOf(c.file, c.color, os.Environ())}
	})
	return c.writer.Write(text)
}

// profileOf says which colours belong into a file.
func profileOf(file io.Writer, color *config.Color, environment []string) colorprofile.Profile {
	if color != nil && *color == config.ColorNever {
		return colorprofile.NoTTY
	}
	always := color != nil && *color == config.ColorAlways
	return colorprofile.Detect(file, colourEnvironment(environment, always))
}

// colourEnvironment puts the variables about colours into the words that
// colorprofile knows. Any value of NO_COLOR but the empty one counts
// (https://no-color.org/), and it wins over CLICOLOR_FORCE
// (https://bixense.com/clicolors/) and FORCE_COLOR (https://force-color.org/).
func colourEnvironment(environment []string, always bool) []string {
	values := map[string]string{}
	var others []string
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CI":
			values[name] = value
		default:
			others = append(others, variable)
		}
	}
	forced := isOn(values["CLICOLOR_FORCE"]) || isOn(values["FORCE_COLOR"])
	switch {
	case always || forced && values["NO_COLOR"] == "":
		return append(others, "CLICOLOR_FORCE=1")
	case values["NO_COLOR"] != "":
		return append(others, "NO_COLOR=1")
	case isOn(values["CI"]):
		// A log shows escape sequences as they are, even where CI runs programs on
		// a terminal.
		return append(others, "TERM=dumb")
	}
	return others
}

// isOn reports whether the value of a variable means yes.
func isOn(value string) bool {
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}

// addColorFlag adds the flag about colours to all commands.
func addColorFlag(root *cobra.Command, terminal *terminal) {
	if terminal.color == nil {
		color := config.ColorAuto
		terminal.color = &color
	}
	root.PersistentFlags().Var(terminal.color, config.ColorFlag, "`WHEN` there are colours: auto, always or never")
	completeWith(root, config.ColorFlag, cobra.ShellCompDirectiveNoFileComp, config.Colors)
}
