package report

import (
	"time"

	"github.com/dpconform/dpconform/suites"
)

// ShardOf is one of the parts that a report was put together from.
type ShardOf struct {
	Number       int       `json:"number"`
	Version      string    `json:"version"`
	Started      time.Time `json:"started"`
	Milliseconds int64     `json:"milliseconds"`
	// Exit is the exit code of the part, and Conclusion the same in words.
	Exit       int    `json:"exit"`
	Conclusion string `json:"conclusion"`
	// Checks lists the checks that it judged. What observes the exchanges of a run
	// is judged by several.
	Checks []string `json:"checks"`
	// Jobs is the number of jobs that it was left, by state.
	Jobs map[string]int `json:"jobs"`
}

// shardOf is the part of the run that a report names, or nil for a whole run.
func shardOf(shard suites.Shard) *suites.Shard {
	if shard.Whole() {
		return nil
	}
	return &shard
}
