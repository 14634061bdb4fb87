package diff

import (
	"net/url"
	"strings"

	"github.com/dpconform/dpconform/internal/result"
)

// pairs are the exchanges of two reports that belong together, by their
// numbers.
type pairs struct {
	old, new     map[int]Answer
	toNew, toOld map[int]int
	// newOrder lists the numbers of the new exchanges as they stand.
	newOrder []int
	checkOf  map[int]string
}

// pair finds for each exchange its counterpart in the other report. The same
// check sends the same requests, so a counterpart has the same check, method
// and purpose. What the runs were given may differ: first those are paired that
// have the same job and credential, then those that differ in the job, and then
// those that differ in both. Where it is not certain which belong together,
// because one run has more of them, they stay alone.
//
// Requests that are the same in all of this are paired by their answers: which
// of several requests at once is answered first is chance.
func pair(before, after result.Report) pairs {
	all := pairs{old: answersOf(before), new: answersOf(after), toNew: map[int]int{}, toOld: map[int]int{}, checkOf: map[int]string{}}
	for _, exchange := range after.Exchanges {
		if _, twice := all.checkOf[exchange.Number]; !twice {
			all.newOrder = append(all.newOrder, exchange.Number)
			all.checkOf[exchange.Number] = exchange.Check
		}
	}
	for _, step := range []struct {
		key   func(result.Exchange) string
		exact bool
	}{{wholeKey, true}, {jobKey, false}, {roleKey, false}} {
		old, new := all.lonely(before.Exchanges, all.toNew, step.key), all.lonely(after.Exchanges, all.toOld, step.key)
		for key, numbers := range new {
			if step.exact || len(numbers) == len(old[key]) {
				all.join(old[key], numbers)
			}
		}
	}
	return all
}

func answersOf(of result.Report) map[int]Answer {
	answers := map[int]Answer{}
	for _, exchange := range of.Exchanges {
		if _, twice := answers[exchange.Number]; !twice {
			answers[exchange.Number] = answerOf(exchange, of.Target.Endpoint)
		}
	}
	return answers
}

// lonely groups the exchanges without a counterpart by their keys.
func (p pairs) lonely(exchanges []result.Exchange, joined map[int]int, key func(result.Exchange) string) map[string][]int {
	groups, seen := map[string][]int{}, map[int]bool{}
	for _, exchange := range exchanges {
		if _, has := joined[exchange.Number]; has || seen[exchange.Number] {
			continue
		}
		seen[exchange.Number] = true
		groups[key(exchange)] = append(groups[key(exchange)], exchange.Number)
	}
	return groups
}

// join pairs exchanges of one key: first those with the same answer, then the
// others in their order.
func (p pairs) join(old, new []int) {
	same := map[string][]int{}
	for _, number := range old {
		signature := p.old[number].signature()
		same[signature] = append(same[signature], number)
	}
	var rest []int
	for _, number := range new {
		signature := p.new[number].signature()
		if numbers := same[signature]; len(numbers) > 0 {
			p.toOld[number], p.toNew[numbers[0]] = numbers[0], number
			same[signature] = numbers[1:]
			continue
		}
		rest = append(rest, number)
	}
	for _, number := range old {
		if _, has := p.toNew[number]; !has && len(rest) > 0 {
			p.toOld[rest[0]], p.toNew[number] = number, rest[0]
			rest = rest[1:]
		}
	}
}

// alone counts the exchanges of both reports without a counterpart.
func (p pairs) alone() int { return len(p.old) + len(p.new) - len(p.toNew) - len(p.toOld) }

func keyOf(parts ...string) string { return strings.Join(parts, "\x00") }

func wholeKey(exchange result.Exchange) string {
	return keyOf(exchange.Check, exchange.Request.Method, exchange.Request.Credential, exchange.Purpose)
}

func jobKey(exchange result.Exchange) string {
	return keyOf(exchange.Check, exchange.Request.Method, exchange.Request.Credential, role(exchange))
}

func roleKey(exchange result.Exchange) string {
	return keyOf(exchange.Check, exchange.Request.Method, role(exchange))
}

// role is the purpose of an exchange without the job that it ends with.
func role(exchange result.Exchange) string {
	if job := jobIn(exchange); job != "" {
		return strings.TrimSuffix(exchange.Purpose, job) + "{job}"
	}
	return exchange.Purpose
}

// jobIn finds the job in "retry failed-1": the last word of a purpose, where it
// is a segment of the path too, alone or before a verb.
func jobIn(exchange result.Exchange) string {
	word := exchange.Purpose[strings.LastIndexByte(exchange.Purpose, ' ')+1:]
	address, err := url.Parse(exchange.Request.URL)
	if err != nil || word == "" || word == exchange.Purpose {
		return ""
	}
	for _, segment := range strings.Split(address.Path, "/") {
		if segment == word || strings.HasPrefix(segment, word+":") {
			return word
		}
	}
	return ""
}

// answerChanges lists the answers that changed and are not evidence of a changed
// verdict.
func answerChanges(checks []CheckChange, pairs pairs) []AnswerChange {
	shown := map[int]bool{}
	for _, check := range checks {
		for _, one := range check.Evidence {
			if check.Kind != StillFailing && one.Old != nil && one.New != nil && one.New.Answer != nil {
				shown[one.New.Answer.Exchange] = true
			}
		}
	}
	var all []AnswerChange
	for _, number := range pairs.newOrder {
		before, has := pairs.toOld[number]
		if !has || shown[number] {
			continue
		}
		old, new := pairs.old[before], pairs.new[number]
		if found := differences(old, new); len(found) > 0 {
			all = append(all, AnswerChange{pairs.checkOf[number], found, old, new})
		}
	}
	return all
}
