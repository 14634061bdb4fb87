package config

import (
	"testing"
	"time"
)

func TestAnAgeIsInDaysOrAsGoWritesIt(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 30 * 24 * time.Hour, "1d": 24 * time.Hour, "0.5d": 12 * time.Hour, "36h": 36 * time.Hour, " 90m ": 90 * time.Minute,
		"": 0, "30": 0, "d": 0, "-1d": 0, "0d": 0, "0s": 0, "-5h": 0, "1e9d": 0, "NaNd": 0, "a month": 0,
	} {
		var age Age
		err := age.Set(text)
		if (err != nil) != (want == 0) || time.Duration(age) != want {
			t.Errorf("%q is read as %s, %v", text, time.Duration(age), err)
		}
	}
	for age, want := range map[Age]string{0: "", Age(48 * time.Hour): "2d", Age(36 * time.Hour): "36h0m0s"} {
		if got := age.String(); got != want {
			t.Errorf("%d is written %q, want %q", age, got, want)
		}
	}
}
