package cli

import (
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// fakeScreen is a terminal with a width that can change. It keeps lines whole
// and breaks them for show, as terminals do that break lines anew when they are
// resized.
type fakeScreen struct {
	t testing.TB

	mutex   sync.Mutex
	width   int
	lines   [][]rune
	row, at int
	// writes counts the calls of Write.
	writes int
}

func newFakeScreen(t testing.TB, width int) *fakeScreen {
	return &fakeScreen{t: t, width: width, lines: [][]rune{nil}}
}

func (s *fakeScreen) columns() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.width
}

func (s *fakeScreen) resize(width int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.width = width
}

// Write obeys the sequences that the live line uses and no other.
func (s *fakeScreen) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.writes++
	rest := string(text)
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, eraseBelow):
			s.lines[s.row] = s.lines[s.row][:min(s.at, len(s.lines[s.row]))]
			s.lines = s.lines[:s.row+1]
			rest = rest[len(eraseBelow):]
			continue
		case rest[0] == '\x1b':
			s.t.Errorf("an escape sequence that nobody expects: %q", rest[:min(len(rest), 8)])
		case rest[0] == '\r':
			s.at -= s.at % s.width
		case rest[0] == '\n':
			s.lines = append(s.lines, nil)
			s.row, s.at = s.row+1, 0
		default:
			letter := []rune(rest)[0]
			s.put(letter)
			rest = rest[len(string(letter)):]
			continue
		}
		rest = rest[1:]
	}
	return len(text), nil
}

// put puts a letter into as many cells as it is wide.
func (s *fakeScreen) put(letter rune) {
	for i := range ansi.StringWidth(string(letter)) {
		if i > 0 {
			letter = 0
		}
		line := s.lines[s.row]
		if s.at < len(line) {
			line[s.at] = letter
		} else {
			s.lines[s.row] = append(line, letter)
		}
		s.at++
	}
}

// rows is what a person sees.
func (s *fakeScreen) rows() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var rows []string
	for _, line := range s.lines {
		for len(line) > s.width {
			rows = append(rows, textOf(line[:s.width]))
			line = line[s.width:]
		}
		rows = append(rows, textOf(line))
	}
	return rows
}

func textOf(cells []rune) string { return strings.ReplaceAll(string(cells), "\x00", "") }
