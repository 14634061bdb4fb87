package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/dpconform/dpconform/spec"
)

func newVersionCommand(terminal *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version and the built-in description's digest",
		Example: "  dpconform version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			contract, err := spec.Load(spec.Embedded())
			if err != nil {
				return err
			}
			fmt.Fprintf(terminal.raw, "dpconform %s\n%s, revision %s\n%s\n%s %s/%s\n", version, contract.File, contract.Revision,
				contract.Digest, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
