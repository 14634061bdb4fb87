package emulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/spec"
)

// The changes that faults are made of. Each adds to what is there, so that two
// faults can be in force at the same time.

// change is what a fault does to the behaviour.
type change = func(*behaviour)

// selector says which answers a fault is about.
type selector func(*call, *answer) bool

func retryAnswers(_ *call, a *answer) bool     { return a.kind == retryStarted }
func stateAnswers(_ *call, a *answer) bool     { return a.kind == stateShown }
func refusalAnswers(_ *call, a *answer) bool   { return a.kind == refused }
func otherMethodPages(_ *call, a *answer) bool { return a.status == http.StatusMethodNotAllowed }
func methodAnswers(_ *call, a *answer) bool    { return a.kind != frontEndPage }
func newJobAnswers(c *call, a *answer) bool    { return a.kind == stateShown && c.subject.from != "" }
func givenJobStates(c *call, a *answer) bool   { return a.kind == stateShown && c.subject.from == "" }

// refusalsFor selects the refusals that have one of the reasons.
func refusalsFor(reasons ...refusalKind) selector {
	return func(_ *call, a *answer) bool { return a.kind == refused && slices.Contains(reasons, a.reason) }
}

// rewriting reads the request line in another way.
func rewriting(rewrite func(*behaviour, *requestLine)) change {
	return func(b *behaviour) {
		before := b.readLine
		b.readLine = func(line *requestLine) {
			before(line)
			rewrite(b, line)
		}
	}
}

// readingPath reads the path in another way.
func readingPath(read func(template spec.PathTemplate, path string) string) change {
	return rewriting(func(b *behaviour, line *requestLine) { line.path = read(b.contract.Retry.Path, line.path) })
}

// readingID reads what stands in the place of the id in another way.
func readingID(read func(escaped string) string) change {
	return readingPath(func(template spec.PathTemplate, path string) string {
		rest, hasPrefix := strings.CutPrefix(path, template.Prefix)
		escaped, hasSuffix := strings.CutSuffix(rest, template.Suffix)
		if !hasPrefix || !hasSuffix {
			return path
		}
		return template.Raw(read(escaped))
	})
}

// takingMethod takes another HTTP method for the one of the retry.
func takingMethod(method string) change {
	return rewriting(func(b *behaviour, line *requestLine) {
		if line.method == method && strings.HasSuffix(line.path, b.contract.Retry.Path.Suffix) {
			line.method = b.contract.Retry.Method
		}
	})
}

// overlooking lets a refusal pass.
func overlooking(which func(*call, *refusal) bool) change {
	return func(b *behaviour) {
		before := b.overlooks
		b.overlooks = func(c *call, r *refusal) bool { return before(c, r) || which(c, r) }
	}
}

// overlookingAll lets every refusal pass that has one of the reasons.
func overlookingAll(reasons ...refusalKind) change {
	return overlooking(func(_ *call, r *refusal) bool { return slices.Contains(reasons, r.kind) })
}

// overlookingBodies lets a refusal of a body pass that begins with a text.
func overlookingBodies(beginning string) change {
	return overlooking(func(c *call, r *refusal) bool {
		return slices.Contains(bodyRefusals, r.kind) && strings.HasPrefix(string(c.body), beginning)
	})
}

// refusingWith gives a reason another code.
func refusingWith(kind refusalKind, code string) change {
	return refusing(kind, func(r *refusal) { r.code = code })
}

// refusingAs gives a reason another code, and a status that need not be the
// code's.
func refusingAs(kind refusalKind, status int, code string) change {
	return refusing(kind, func(r *refusal) { r.code, r.status = code, status })
}

// refusing answers a reason in another way.
func refusing(kind refusalKind, alter func(*refusal)) change {
	return func(b *behaviour) {
		refusal := b.refusals[kind]
		alter(&refusal)
		b.refusals[kind] = refusal
	}
}

// asking asks one question more right before the retry is started.
func asking(question stage) change {
	return func(b *behaviour) { b.retryStages = slices.Insert(b.retryStages, len(b.retryStages)-1, question) }
}

// askingFirst asks one question more before all others.
func askingFirst(question stage) change {
	return func(b *behaviour) { b.retryStages = slices.Insert(b.retryStages, 0, question) }
}

// composing changes an answer before its content is written down.
func composing(which selector, alter func(*call, *answer)) change {
	return func(b *behaviour) {
		before := b.compose
		b.compose = func(c *call, a *answer) {
			before(c, a)
			if which(c, a) {
				alter(c, a)
			}
		}
	}
}

// answeringStatus gives answers another HTTP status.
func answeringStatus(which selector, status int) change {
	return composing(which, func(_ *call, a *answer) { a.status = status })
}

// answeringContent gives answers another JSON content.
func answeringContent(which selector, content func(*call, *answer) any) change {
	return composing(which, func(c *call, a *answer) { a.content = content(c, a) })
}

// answeringHeader gives a header of answers another value; an empty one takes
// the header away.
func answeringHeader(which selector, name, value string) change {
	return composing(which, func(_ *call, a *answer) {
		if value == "" {
			// net/http makes a Content-Type up unless the header is nil.
			a.header[http.CanonicalHeaderKey(name)] = nil
			return
		}
		a.header.Set(name, value)
	})
}

// failing changes the `error` object of refusals.
func failing(which selector, alter func(failure *object)) change {
	return composing(which, func(_ *call, a *answer) {
		if a.failure != nil {
			alter(a.failure)
		}
	})
}

// saying puts a text behind the message of refusals.
func saying(which selector, text func(*call) string) change {
	return composing(which, func(c *call, a *answer) {
		if a.failure != nil {
			a.failure.set(messageField, a.failure.text(messageField)+text(c))
		}
	})
}

// writing changes the bytes of answers.
func writing(which selector, alter func(body []byte) []byte) change {
	return func(b *behaviour) {
		before := b.write
		b.write = func(c *call, a *answer) {
			before(c, a)
			if which(c, a) {
				a.body = alter(slices.Clone(a.body))
			}
		}
	}
}

// naming gives the member with the new job's id another value.
func naming(value func(c *call, id string) any) change {
	return func(b *behaviour) {
		composing(retryAnswers, func(c *call, a *answer) {
			if content, isObject := a.content.(*object); isObject {
				content.set(b.contract.IDField, value(c, c.started.id))
			}
		})(b)
	}
}

// showing gives the member with a job's state another value.
func showing(which selector, value func(b *behaviour, state string) string) change {
	return func(b *behaviour) {
		composing(which, func(c *call, a *answer) {
			if content, isObject := a.content.(*object); isObject {
				content.set(b.contract.StateField, value(b, c.subject.state))
			}
		})(b)
	}
}

// numbering gives new jobs other ids.
func numbering(number func(b *behaviour, retried *job, id string) string) change {
	return func(b *behaviour) {
		before := b.newID
		b.newID = func(c *call, retried *job) string { return number(b, retried, before(c, retried)) }
	}
}

// retrying retries further jobs.
func retrying(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) {
		before := b.mayRetry
		b.mayRetry = func(j *job) bool { return before(j) || which(b, j) }
	}
}

// notRetrying refuses jobs that may be retried.
func notRetrying(which func(*behaviour, *job) bool) change {
	return func(b *behaviour) {
		before := b.mayRetry
		b.mayRetry = func(j *job) bool { return before(j) && !which(b, j) }
	}
}

// afterRetry does something to the job that was retried.
func afterRetry(alter func(*behaviour, *job)) change {
	return func(b *behaviour) {
		before := b.afterRetry
		b.afterRetry = func(j *job) { before(j); alter(b, j) }
	}
}

// afterRefusal does something to the job whose retry was refused for its state.
func afterRefusal(alter func(*behaviour, *job)) change {
	return func(b *behaviour) {
		before := b.afterRefusal
		b.afterRefusal = func(j *job) { before(j); alter(b, j) }
	}
}

// accepting takes further scopes for enough.
func accepting(which func(contract *spec.Contract, scope string) bool) change {
	return func(b *behaviour) {
		before := b.accepts
		b.accepts = func(scope string) bool { return before(scope) || which(b.contract, scope) }
	}
}

// notAccepting takes a scope of the description for not enough.
func notAccepting(which func(contract *spec.Contract, scope string) bool) change {
	return func(b *behaviour) {
		before := b.accepts
		b.accepts = func(scope string) bool { return before(scope) && !which(b.contract, scope) }
	}
}

// counting looks at some scopes of a token only.
func counting(which func(scopes []string) []string) change {
	return func(b *behaviour) {
		before := b.countedScopes
		b.countedScopes = func(scopes []string) []string { return which(before(scopes)) }
	}
}

// sending brings some answers to the client in another way.
func sending(which selector, send func(*behaviour, http.ResponseWriter, *call, *answer)) change {
	return func(b *behaviour) {
		before := b.send
		b.send = func(w http.ResponseWriter, c *call, a *answer) {
			if which(c, a) {
				send(b, w, c, a)
				return
			}
			before(w, c, a)
		}
	}
}

// restarting puts the job of a refused request into the state of a job that was
// just started.
func restarting(which selector) change {
	return func(b *behaviour) {
		composing(which, func(c *call, _ *answer) {
			b.jobs.mutex.Lock()
			defer b.jobs.mutex.Unlock()
			if job := b.jobs.byID[c.id]; job != nil {
				job.state = b.newState
			}
		})(b)
	}
}

// The names of google.rpc.Code that only a fault refuses with.
const (
	codeInternal          = "INTERNAL"
	codeAborted           = "ABORTED"
	codeResourceExhausted = "RESOURCE_EXHAUSTED"
)

// first and last give the ends of a list; empty where the list is.
func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// following gives the name behind another one, the first behind the last.
func following(names []string, name string) string {
	if len(names) == 0 {
		return name
	}
	return names[(slices.Index(names, name)+1)%len(names)]
}

func lastScope(contract *spec.Contract) string { return contract.Scopes[len(contract.Scopes)-1].Name }

// The refusals that only a fault has.
var (
	internalError = refusal{kind: serverFailed, code: codeInternal, reason: "INTERNAL_ERROR",
		message: "Internal error encountered."}
	retriesExhausted = refusal{kind: retriesLimited, code: codeResourceExhausted, reason: "RETRY_LIMIT_EXCEEDED",
		message: "Retry limit exceeded."}
	retryUnderWay = refusal{kind: retryOverlapping, code: codeAborted, reason: "RETRY_UNDER_WAY",
		message: "Another retry is under way."}
)

// askingWith is asking with a refusal that only the fault has.
func askingWith(own refusal, question stage) change {
	return func(b *behaviour) {
		b.refusals[own.kind] = own
		asking(question)(b)
	}
}
