package main

import (
	"fmt"
	"time"

	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/recorder"
	"github.com/dpconform/dpconform/suites"
)

// tooOld says that a recording is older than it may be, or nothing.
func tooOld(recorded recorder.Provenance, limit time.Duration, folder string) string {
	age := recorded.Age(time.Now())
	if limit == 0 || age <= limit {
		return ""
	}
	return fmt.Sprintf("the cassettes are %s old, and --max-age is %s; record again: dpconform record --cassettes %s",
		inDays(age), configuration.Age(limit), folder)
}

// inDays writes an age for a reader.
func inDays(age time.Duration) string {
	if days := int(age / (24 * time.Hour)); days > 0 {
		return countOf(days, "day", "days")
	}
	return age.Truncate(time.Second).String()
}

// exit gives the exit code of a run. Answers that are too old show nothing of
// the server as it is, so such a run fails even where they conform.
func (s *subject) exit(terminal *terminal, found int) error {
	if s.stale != "" {
		terminal.complain(s.stale)
		if found == suites.ExitConforms || found == suites.ExitInconclusive {
			found = suites.ExitFails
		}
	}
	if found != suites.ExitConforms {
		return exitCode(found)
	}
	return nil
}
