package configuration

import (
	"strconv"
	"strings"

	"github.com/dpconform/dpconform/suites"
)

// ShardFlag is the name of the flag that names a part of a run.
const ShardFlag = "shard"

// kubernetesShard stands for a number that the cluster gives.
const kubernetesShard = "kubernetes"

// completionIndex is the variable in which each pod of an Indexed Job finds its
// number, counted from 0:
// https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
const completionIndex = "JOB_COMPLETION_INDEX"

// howToShard tells what the flag takes.
const howToShard = "give NUMBER/TOTAL, counted from 1, such as 2/8"

// ShardOf reads which part of a run is wanted: all of it where nothing is said.
// kubernetes/TOTAL is the part of a pod of an Indexed Job. The error is a
// *UsageError.
func (s *Settings) ShardOf(sources *Sources) (suites.Shard, error) {
	if s.Shard == "" && !sources.Given(ShardFlag) {
		return suites.Shard{}, nil
	}
	if s.Shard == "" {
		// As of a variable that is not set: each of the shards would judge everything.
		return suites.Shard{}, &UsageError{sources.Origin(ShardFlag), "it is empty", howToShard}
	}
	place, text := sources.Origin(ShardFlag), s.Shard
	if total, indexed := strings.CutPrefix(text, kubernetesShard+"/"); indexed {
		given, _ := sources.lookup(completionIndex)
		index, err := strconv.Atoi(given)
		switch {
		case given == "":
			return suites.Shard{}, &UsageError{place, "the variable " + completionIndex + " is not set", "run it in a Job with completionMode: Indexed, or " + howToShard}
		case err != nil || index < 0:
			return suites.Shard{}, &UsageError{completionIndex, strconv.Quote(given) + " is no completion index", ""}
		}
		text = strconv.Itoa(index+1) + "/" + total
	}
	shard, err := suites.ParseShard(text)
	if err != nil {
		return suites.Shard{}, &UsageError{place, err.Error(), howToShard}
	}
	return shard, nil
}
