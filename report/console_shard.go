package report

import (
	"fmt"
	"strings"
)

// MergedHeader says of what the shards were that a report was put together from.
func (c Console) MergedHeader(whole Report) {
	if c.Quiet {
		return
	}
	c.print("%s joins %s of one run\n\n", bold("dpconform "+whole.Tool.Version), bold(counted(len(whole.Shards), "shard")))
	if whole.Target.Provenance != "" {
		c.field("target", "cassettes of "+whole.Target.Endpoint)
		c.field("", whole.Target.Provenance)
	} else {
		c.field("target", whole.Target.Endpoint)
	}
	c.field("description", fmt.Sprintf("%s, revision %s, %d scopes", whole.Description.File, whole.Description.Revision, whole.Description.Scopes))
	c.field("", shortDigest(whole.Description.Digest))
	name := "shards"
	for _, shard := range whole.Shards {
		c.field(name, fmt.Sprintf("%d: %s, exit %d", shard.Number, counted(len(shard.Checks), "check"), shard.Exit))
		name = ""
	}
	c.print("\n")
}

// shard says which part of a run is judged, and with how many of the jobs that
// the shards share out.
func (c Console) shard(run Run) {
	part := run.Selection.Shard
	if part.Whole() {
		return
	}
	text := fmt.Sprintf("%d of %d", part.Number, part.Total)
	if run.Provenance == "" {
		var jobs []string
		for _, state := range run.Contract.RetryableStates {
			jobs = append(jobs, fmt.Sprintf("%d %s", len(run.Target.Jobs(state)), state))
		}
		text += fmt.Sprintf(", with %s jobs to itself; all shards together need %d", strings.Join(jobs, ", "), part.JobsForAll())
	}
	c.field("shard", text)
}

// sameCommand names the command that judges again. Another shard than the one
// that found a failure may be dealt its check when fewer are selected.
func sameCommand(of Report) string {
	switch {
	case len(of.Shards) > 0:
		return "the command of the shards without --shard,"
	case of.Settings.Shard != nil:
		return "the same command without --shard,"
	}
	return "the same command"
}
