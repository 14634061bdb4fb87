//go:build !race

package main

// underRaceDetector says that the race detector looks on.
const underRaceDetector = false
