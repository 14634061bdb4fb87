package client

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
	if !o.passing && bytes.IndexByte(o.line.Bytes(), '{') >= 0 {
		for _, outcome := range ParseOutcomes(o.line.String(), o.idField) {
			o.keep(outcome)
		}
	}
	o.line.Reset()
	o.passing = false
}

func (o *outcomeLines) keep(outcome Outcome) {
	if o.where == nil {
		o.where = map[string]int{}
	}
	if index, known := o.where[outcome.Job]; known {
		o.outcomes[index] = outcome
		return
	}
	if len(o.outcomes) < keptOutcomes {
		o.where[outcome.Job] = len(o.outcomes)
		o.outcomes = append(o.outcomes, outcome)
	}
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
