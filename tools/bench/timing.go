package main

import (
	"fmt"
	"slices"
	"time"
)

// task is something to time.
type task struct {
	name string
	do   func() error
}

// timing is how long a task took in each round.
type timing struct {
	name  string
	times []time.Duration
}

// inTurn does all tasks once to warm up, then so many rounds of them.
func inTurn(rounds int, tasks []task) ([]timing, error) {
	timings := make([]timing, len(tasks))
	for round := range rounds + 1 {
		for i, task := range tasks {
			began := time.Now()
			if err := task.do(); err != nil {
				return nil, fmt.Errorf("%s: %w", task.name, err)
			}
			timings[i].name = task.name
			if round > 0 {
				timings[i].times = append(timings[i].times, time.Since(began))
			}
		}
	}
	return timings, nil
}

func (t timing) median() time.Duration { return slices.Sorted(slices.Values(t.times))[len(t.times)/2] }
func (t timing) least() time.Duration  { return slices.Min(t.times) }
func (t timing) most() time.Duration   { return slices.Max(t.times) }

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
