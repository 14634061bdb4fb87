package cli

import (
	"fmt"
	"time"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/recorder"
)

// clocksApart is how far the clocks of two machines may be apart.
const clocksApart = 24 * time.Hour

// tooOld says that a recording is older than it may be, or nothing.
func tooOld(recorded recorder.Provenance, settings *config.Settings) string {
	limit := time.Duration(settings.MaxAge)
	age := time.Since(recorded.Date)
	switch {
	case limit == 0, age >= -clocksApart && age <= limit:
		return ""
	case age < 0:
		return fmt.Sprintf("the cassettes are of %s, which is still to come, and --max-age is %s; record again: %s",
			recorded.Date.UTC().Format(time.DateOnly), settings.MaxAge, recordCommand(settings))
	}
	return fmt.Sprintf("the cassettes are %s old, and --max-age is %s; record again: %s",
		inDays(age), settings.MaxAge, recordCommand(settings))
}

// inDays writes an age for a reader.
func inDays(age time.Duration) string {
	if days := int(age / (24 * time.Hour)); days > 0 {
		return countOf(days, "day", "days")
	}
	return age.Truncate(time.Second).String()
}
