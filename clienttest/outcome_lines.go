package clienttest

import (
	"bytes"
	"io"
	"sync"
)

// How much of what a client tells is kept: of one line in bytes, and of
// outcomes of different jobs in number.
const (
	longestLine  = 1 << 20
	keptOutcomes = 10_000
)

// outcomeLines finds outcomes in what is written to it, wherever they stand,
// and keeps nothing else. It is safe for use by many goroutines.
type outcomeLines struct {
	idField string

	mutex sync.Mutex
	line  bytes.Buffer
	// passing: the line is too long, and the rest of it is passed over.
	passing bool
	// passed counts the lines that were too long.
	passed   int
	outcomes []Outcome
	// where has the index of each job's outcome: the last word counts.
	where map[string]int
	// contradicted has those that the last word does not agree with.
	contradicted map[string]*contradiction
	// number is that of the line, from 1; brace, whether the one before it was a
	// brace alone.
	number  int
	brace   bool
	mistold mistold
}

// Write takes in a part of the output. It never fails.
func (o *outcomeLines) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	written := len(text)
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			o.extend(text)
			return written, nil
		}
		o.extend(text[:end])
		o.endLine()
		text = text[end+1:]
	}
}

func (o *outcomeLines) extend(text []byte) {
	switch {
	case o.passing:
	case o.line.Len()+len(text) > longestLine:
		o.passing = true
		o.passed++
		o.line.Reset()
	default:
		o.line.Write(text)
	}
}

func (o *outcomeLines) endLine() {
	o.number++
	if o.brace && beginsWithJob(o.line.String()) {
		o.mistold.lone(o.number - 1)
	}
	o.brace = string(bytes.TrimSpace(o.line.Bytes())) == "{"
	if !o.passing && bytes.IndexByte(o.line.Bytes(), '{') >= 0 {
		line := o.line.String()
		outcomes := ParseOutcomes(line, o.idField)
		for _, outcome := range outcomes {
			o.keep(outcome)
		}
		if len(outcomes) == 0 {
			o.mistold.look(line, o.number, o.idField)
		}
	}
	o.line.Reset()
	o.passing = false
}

func (o *outcomeLines) keep(outcome Outcome) {
	if o.where == nil {
		o.where, o.contradicted = map[string]int{}, map[string]*contradiction{}
	}
	if index, known := o.where[outcome.Job]; known {
		if before := o.outcomes[index]; outcome.contradicts(before) {
			o.contradicted[outcome.Job] = &contradiction{before, outcome}
		}
		o.outcomes[index] = outcome
		return
	}
	if len(o.outcomes) < keptOutcomes {
		o.where[outcome.Job] = len(o.outcomes)
		o.outcomes = append(o.outcomes, outcome)
	}
}

// telling is what was found when the end has come, in an output of this name.
func (o *outcomeLines) telling(output string) telling {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return telling{o.outcomes, o.contradicted, o.mistold.of(output)}
}

// end takes the last line for whole, and gives what was found.
func (o *outcomeLines) end() (outcomes []Outcome, passed int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.endLine()
	return o.outcomes, o.passed
}

// ReadOutcomes is ParseOutcomes for what is read, however long it is: of each
// job the last outcome counts. Lines of more than 1 MiB are passed over.
func ReadOutcomes(in io.Reader, idField string) ([]Outcome, error) {
	lines := &outcomeLines{idField: idField}
	_, err := io.Copy(lines, in)
	outcomes, _ := lines.end()
	return outcomes, err
}
