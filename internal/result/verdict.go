package result

// Verdict is what came of a check or of a requirement.
type Verdict string

// The verdicts.
const (
	// Pass: judged, and kept.
	Pass Verdict = "pass"
	// Fail: judged, and not kept.
	Fail Verdict = "fail"
	// Warn: not kept, at a level that does not fail the run.
	Warn Verdict = "warn"
	// Skip: not tested, because a job, a token or a permission was not given.
	Skip Verdict = "skip"
	// Error: not tested, because of the engine or the network.
	Error Verdict = "error"
	// ExpectedFail: not kept, and listed as a known failure.
	ExpectedFail Verdict = "expected-fail"
	// UnexpectedPass: kept, and listed as a known failure all the same.
	UnexpectedPass Verdict = "unexpected-pass"
)

// The exit codes of a run.
const (
	// ExitConforms: nothing failed, and everything documented was tested.
	ExitConforms = 0
	// ExitFails: a requirement is not kept.
	ExitFails = 1
	// ExitUsage: wrong usage or configuration; nothing is said of the target.
	ExitUsage = 2
	// ExitInconclusive: nothing failed, and something documented (or required of
	// the platform, where nothing is documented), or everything, could not be
	// judged.
	ExitInconclusive = 3
	// ExitUnreachable: the target could not be reached.
	ExitUnreachable = 4
	// ExitInterrupted: somebody ended the run before its end. It is what a shell
	// gives for a program that SIGINT ended.
	ExitInterrupted = 130
)

// KnownState is what a run says of a known failure.
type KnownState string

// The states of a known failure.
const (
	// KnownUsed: something failed that it covers, or was not tested where it accepts
	// that.
	KnownUsed KnownState = "used"
	// KnownPassed: everything that it covers was tested, and nothing failed, or it
	// accepts that nothing of it is tested.
	KnownPassed KnownState = "unexpected-pass"
	// KnownNotJudged: nothing failed that it covers, and not all was tested.
	KnownNotJudged KnownState = "not-judged"
)
