package report

import "fmt"

// SavedHeader says of what run a report is that was read back.
func (c Console) SavedHeader(saved Report) {
	if c.Quiet {
		return
	}
	c.print("%s judged %s on %s\n\n", bold(saved.Tool.Name+" "+printable(saved.Tool.Version)), bold("archiveJobs.retry"),
		saved.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	if saved.Target.Provenance != "" {
		c.field("target", "cassettes of "+saved.Target.Endpoint)
		c.field("", saved.Target.Provenance)
	} else {
		c.field("target", saved.Target.Endpoint)
	}
	c.field("description", fmt.Sprintf("%s, revision %s, %d scopes, %d requirements", saved.Description.File, saved.Description.Revision,
		saved.Description.Scopes, len(saved.Requirements)))
	c.field("", shortDigest(saved.Description.Digest))
	c.print("\n")
}
