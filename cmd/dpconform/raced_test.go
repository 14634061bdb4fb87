//go:build race

package main

// underRaceDetector says that the race detector looks on, with which a whole run
// takes many times as long.
const underRaceDetector = true
