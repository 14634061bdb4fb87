// Command dpconform tests servers of a method, and clients that call it, against
// its OpenAPI description.
package main

import (
	"os"

	"github.com/dpconform/dpconform/internal/cli"
)

func main() { os.Exit(cli.Main()) }
