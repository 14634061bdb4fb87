package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Age is how old something may be, as the value of a flag: in days ("30d"), or
// as Go writes durations ("36h"). It is 0 where the flag is not given.
type Age time.Duration

// longestAge is the number of days that a time.Duration holds.
const longestAge = 100_000

// Set reads an age. It must be more than 0.
func (a *Age) Set(text string) error {
	text = strings.TrimSpace(text)
	if days, found := strings.CutSuffix(text, "d"); found {
		count, err := strconv.ParseFloat(days, 64)
		if err != nil || !(count > 0 && count <= longestAge) {
			return errors.New("it is no number of days such as 30d")
		}
		*a = Age(count * 24 * float64(time.Hour))
		return nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 {
		return errors.New("it is no time such as 30d or 36h")
	}
	*a = Age(duration)
	return nil
}

// String gives the age in days where it is a whole number of them; nothing for
// 0.
func (a Age) String() string {
	const day = Age(24 * time.Hour)
	switch {
	case a == 0:
		return ""
	case a%day == 0:
		return strconv.Itoa(int(a/day)) + "d"
	}
	return time.Duration(a).String()
}

// Type names the kind of value in the help.
func (a *Age) Type() string { return "AGE" }
