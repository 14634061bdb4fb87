package result

import "fmt"

// FormatError says that a report has a format that this version does not read.
type FormatError struct{ Version int }

// Error names both versions.
func (e *FormatError) Error() string {
	if e.Version == 0 {
		return "not a report of dpconform: it has no format_version"
	}
	return fmt.Sprintf("a report of format %d; this version reads format %d", e.Version, FormatVersion)
}
