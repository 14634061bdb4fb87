package suites

import "sync"

// runs lets one suite at a time use Ginkgo's global tree.
var runs sync.Mutex

// failedSpecs is the part of testing.T that Ginkgo asks for. What failed is in
// the results; Ginkgo's own word for it is not needed.
type failedSpecs struct{}

// Fail takes note of nothing.
func (failedSpecs) Fail() {}
