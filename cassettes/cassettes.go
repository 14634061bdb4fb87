// Package cassettes holds the recording that comes with dpconform, so that the
// suite runs without a server. It was recorded from the reference emulator and
// is no answer of Google's: its provenance says so.
package cassettes

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var embedded embed.FS

// Embedded is the recording, for recorder.OpenReplay. It is read only.
func Embedded() fs.FS { return embedded }
