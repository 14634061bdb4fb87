package spec

import "testing"

func TestLoadEmbedded(t *testing.T) {
	c, err := Load(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(c.Scopes), len(c.Requirements), c.Retry, c.ReadState, c.IDField, c.StateField, c.States, c.IDPattern)
	for _, b := range []string{`{"archiveJobId":3}`, `{}`, `null`, `[]`, `{"archiveJobId":""}`, `{"archiveJobId":"x","y":1}`} {
		t.Log(b, c.Retry.Answer.Violations([]byte(b)), c.Retry.Answer.Undocumented([]byte(b)))
	}
	d := Embedded()
	d.Name = "other.yaml"
	if _, err := Load(d); err != nil {
		t.Fatal(err)
	}
}
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		MustLoadEmbedded()
	}
}
