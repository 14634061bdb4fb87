package target

import (
	"strings"
	"testing"
)

func TestProjects(t *testing.T) {
	t.Parallel()
	for _, is := range []string{"mine", "my-project-1", "123456789012", "example.com:my-project"} {
		if !IsProject(is) {
			t.Errorf("%q is refused", is)
		}
	}
	for _, not := range []string{"SECRET;x", strings.Repeat("a", 300), "two words", "My-Project", "-a", "a-", "1a", "a\nb", "", "projects/a", "a\ufeffb", " mine"} {
		if IsProject(not) {
			t.Errorf("%q is accepted", not)
		}
	}
}
