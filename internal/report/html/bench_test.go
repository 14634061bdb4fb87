package html

import (
	"bytes"
	"testing"
)

// BenchmarkWrite makes the page of 1,000 checks with 2,000 exchanges.
func BenchmarkWrite(b *testing.B) {
	long := sample(1000)
	for b.Loop() {
		var page bytes.Buffer
		if err := Write(&page, long); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(page.Len())/1e6, "MB")
	}
}
