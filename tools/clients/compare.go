package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// told is what a page says of the clients: by the client and the row, what
// stands there. Versions of runtimes, words and numbers of notes are not in it:
// they are not the same everywhere.
type told map[subject]string

// subject is a client and what is said of it.
type subject struct{ client, row string }

// checkPage compares what a page says of the clients of a present one. It says
// each difference, and returns an error where there is one.
func checkPage(out io.Writer, path, present string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	written, now := readPage(string(text)), readPage(present)
	clients := map[string]bool{}
	for one := range now {
		clients[one.client] = true
	}
	both := maps.Clone(written)
	maps.Copy(both, now)
	differences := 0
	for _, one := range slices.SortedFunc(maps.Keys(both), bySubject) {
		if clients[one.client] && written[one] != now[one] {
			fmt.Fprintf(out, "  %s, %s: %s says %s, and it is %s\n", one.client, one.row, path, orNothing(written[one]), orNothing(now[one]))
			differences++
		}
	}
	if differences > 0 {
		return fmt.Errorf("%s is not what the clients do: %d differences; write it anew with make clients, and look at what has changed", path, differences)
	}
	fmt.Fprintf(out, "%s says what %s do\n", path, enumerated(slices.Sorted(maps.Keys(clients))))
	return nil
}

func bySubject(a, b subject) int {
	return strings.Compare(a.client+"\x00"+a.row, b.client+"\x00"+b.row)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

var (
	noteOf     = regexp.MustCompile(`\[(\d+)\]\(#notes\)`)
	noteLine   = regexp.MustCompile("(?m)^(\\d+)\\. `([^`]+)`")
	linkedName = regexp.MustCompile(`^\[(.*)\]\(.*\)$`)
)

// readPage reads the three tables of a page.
func readPage(page string) told {
	notes := map[string]string{}
	for _, note := range noteLine.FindAllStringSubmatch(page, -1) {
		notes[note[1]] = note[2]
	}
	found := told{}
	var header []string
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		switch {
		case !strings.HasPrefix(line, "| "):
			header = nil
		case header == nil:
			header = cells
		case strings.HasPrefix(line, "| ---") || len(cells) != len(header):
		case header[0] == "scenario":
			found.scenario(header, cells, notes)
		case header[1] == "library":
			found.version(cells)
		default:
			found[subject{cells[0], "given " + cells[1]}] = strings.Join(cells[2:], " | ")
		}
	}
	return found
}

// scenario takes the verdicts, with the requirements that the notes name.
func (t told) scenario(header, cells []string, notes map[string]string) {
	name, _, _ := strings.Cut(cells[0], ": ")
	for i, cell := range cells[1:] {
		verdict, _, _ := strings.Cut(strings.ReplaceAll(cell, "*", ""), " [")
		var broken []string
		for _, number := range noteOf.FindAllStringSubmatch(cell, -1) {
			broken = append(broken, notes[number[1]])
		}
		slices.Sort(broken)
		t[subject{header[i+1], name}] = strings.TrimSpace(verdict + " " + strings.Join(broken, " "))
	}
}

// version takes the version of a library. That of a program which is its own
// runtime is not the same everywhere.
func (t told) version(cells []string) {
	if strings.HasSuffix(cells[3], " "+cells[2]) {
		return
	}
	t[subject{linkedName.ReplaceAllString(cells[0], "$1"), "version"}] = cells[1] + " " + cells[2]
}
