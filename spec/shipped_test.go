package spec

import (
	"os"
	"strings"
	"testing"
)

func TestShippedDescriptionsAreListedByTheirMethods(t *testing.T) {
	t.Parallel()
	if Shipped()[0] != "archiveJobs.retry" || Default().Name != "spec/archivejobs-retry.openapi.yaml" {
		t.Errorf("the default of %v is %s", Shipped(), Default().Name)
	}
	for _, name := range Shipped() {
		description, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		method, err := Load(description)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(method.Operation.ID, "."+name) {
			t.Errorf("%s is the description of %s", name, method.Operation.ID)
		}
		if whole, err := Embedded(method.Operation.ID); err != nil || whole.Name != description.Name {
			t.Errorf("%s: %s, %v", method.Operation.ID, whole.Name, err)
		}
		if _, err := Embedded("other." + name); err == nil {
			t.Errorf("other.%s is known", name)
		}
		if text, err := os.ReadFile(strings.TrimPrefix(description.Name, "spec/")); err != nil || strings.ReplaceAll(string(text), "\r\n", "\n") != string(description.Text) || !description.isShipped() {
			t.Errorf("%s is not the file of its name: %v", description.Name, err)
		}
		description.Text = append([]byte("# edited\n"), description.Text...)
		if description.isShipped() {
			t.Errorf("an edited %s counts as shipped", description.Name)
		}
	}
	if description, err := Embedded(""); err != nil || description.Name != Default().Name {
		t.Errorf("%s, %v", description.Name, err)
	}
	if _, err := Embedded("archiveJobs.gone"); err == nil || !strings.Contains(err.Error(), `"archiveJobs.gone"`) || !strings.Contains(err.Error(), strings.Join(Shipped(), ", ")) {
		t.Errorf("%v", err)
	}
}
