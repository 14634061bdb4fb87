package spec

import "fmt"

// DescriptionError says what is wrong in an OpenAPI description and where.
// Line is 1-based; 0 means that the mistake belongs to the file as a whole.
type DescriptionError struct {
	File    string
	Line    int
	Message string
}

// Error gives "file:line: message", the form that editors jump to.
func (e *DescriptionError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}
