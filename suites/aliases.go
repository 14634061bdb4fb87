package suites

import "github.com/dpconform/dpconform/internal/result"

type (
	Verdict    = result.Verdict
	Place      = result.Place
	KnownState = result.KnownState
)

const (
	Pass, Fail, Warn, Skip, Error    = result.Pass, result.Fail, result.Warn, result.Skip, result.Error
	ExpectedFail, UnexpectedPass     = result.ExpectedFail, result.UnexpectedPass
	InStatus, InFault, InBody        = result.InStatus, result.InFault, result.InBody
	KnownUsed, KnownPassed           = result.KnownUsed, result.KnownPassed
	KnownNotJudged                   = result.KnownNotJudged
	ExitConforms, ExitFails          = result.ExitConforms, result.ExitFails
	ExitUsage, ExitInconclusive      = result.ExitUsage, result.ExitInconclusive
	ExitUnreachable, ExitInterrupted = result.ExitUnreachable, result.ExitInterrupted
)

var InHeader, InMember = result.InHeader, result.InMember
