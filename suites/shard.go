package suites

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is a part of a run whose checks are dealt out to several processes. The
// zero value is the whole run.
type Shard struct {
	// Number counts from 1 to Total.
	Number int `json:"number"`
	Total  int `json:"total"`
}

// MostShards is the largest number of shards of a run.
const MostShards = 1000

// ParseShard reads NUMBER/TOTAL, counted from 1: "2/8". It returns an error for
// any other text, and for a number that is none of the shards.
func ParseShard(text string) (Shard, error) {
	before, behind, found := strings.Cut(text, "/")
	number, numberErr := strconv.Atoi(before)
	total, totalErr := strconv.Atoi(behind)
	switch {
	case !found || numberErr != nil || totalErr != nil:
		return Shard{}, fmt.Errorf("%q is no shard", text)
	case total < 1 || total > MostShards:
		return Shard{}, fmt.Errorf("%d is no number of shards: 1 to %d", total, MostShards)
	case number < 1 || number > total:
		return Shard{}, fmt.Errorf("there is no shard %d of %d: they are counted from 1", number, total)
	}
	return Shard{number, total}, nil
}

// Whole reports whether it is the whole run and no part of one.
func (s Shard) Whole() bool { return s.Total == 0 }

// String writes it as ParseShard reads it; empty for the whole run.
func (s Shard) String() string {
	if s.Whole() {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Total)
}
