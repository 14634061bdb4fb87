// Package cassettes holds the recording that comes with dpconform, so that the
// suite runs without a server. It was recorded from the reference emulator and
// holds no response of Google's: its provenance says so.
package cassettes

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var embedded embed.FS

// Embedded is the recording, for recorder.Open. It is read only.
func Embedded() fs.FS { return embedded }
