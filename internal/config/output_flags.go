package config

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/text"
)

// OutputSettings is what a command is told of how much it prints.
type OutputSettings struct {
	Quiet   bool
	Verbose bool
}

// AddQuietFlag adds the flag for as little as there is to say.
func (o *OutputSettings) AddQuietFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Quiet, "quiet", false, "print what failed, and one line of conclusion")
}

// AddVerboseFlag adds the flag for everything.
func (o *OutputSettings) AddVerboseFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Verbose, "verbose", false, "print each exchange as it ends, on standard error, and every failure in full")
}

// Contradiction is a *text.UsageError where both are wanted, or nil.
func (o *OutputSettings) Contradiction(sources *Sources) error {
	if !o.Quiet || !o.Verbose {
		return nil
	}
	return &text.UsageError{Place: sources.Origin("quiet"), Message: "it does not go with " + sources.Origin("verbose"), Fix: "leave one of the two out"}
}

// ColorFlag is the name of the flag that says whether there are colours.
const ColorFlag = "color"

// Color says whether text has colours. The empty one is ColorAuto.
type Color string

// The values of Color.
const (
	// ColorAuto: as terminal and environment say.
	ColorAuto Color = "auto"
	// ColorAlways: even where the output is no terminal.
	ColorAlways Color = "always"
	// ColorNever: no escape sequence at all in what is printed.
	ColorNever Color = "never"
)

// Colors lists the values.
func Colors() []string { return []string{string(ColorAuto), string(ColorAlways), string(ColorNever)} }

// String is the value as a flag has it.
func (c *Color) String() string { return string(*c) }

// Set takes one of the values.
func (c *Color) Set(value string) error {
	if !slices.Contains(Colors(), value) {
		return fmt.Errorf("it must be one of %s", text.List(Colors(), "or"))
	}
	*c = Color(value)
	return nil
}

// Type names the kind of value.
func (c *Color) Type() string { return "color" }
