package main

import (
	"fmt"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/spec"
	"github.com/dpconform/dpconform/suites"
	"github.com/dpconform/dpconform/target"
)

// takeShare leaves a shard its part of what the flags say of the whole run: of
// the jobs that can be retried, of the budget of requests, and of the rate.
func takeShare(sources *configuration.Sources, config *target.Config, contract *spec.Contract, plan suites.Plan) error {
	shard := plan.Shard()
	if shard.Whole() {
		return nil
	}
	if config.MaxRequests > 0 && config.MaxRequests < shard.Total {
		return &configuration.UsageError{Place: sources.Origin("max-requests"),
			Message: fmt.Sprintf("%d is too little for %d shards: it is of all of them together", config.MaxRequests, shard.Total)}
	}
	config.Jobs, config.OthersJobs = shard.DealJobs(contract, config.Jobs)
	if config.MaxRequests > 0 {
		// A shard with so little is withheld all but one; 0 would be any number.
		config.MaxRequests = max(1, plan.ShareOf(config.MaxRequests))
	}
	config.Rate /= float64(shard.Total)
	return nil
}
