package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// partialContent is what the file of an interrupted recording says.
type partialContent struct {
	head      partialHead
	exchanges []*partialExchange
	lastID    int
	// end is where the last whole line ends.
	end int64
}

// partialExchange is a request and, where it is known, what came of it.
type partialExchange struct {
	begun *begunLine
	// response is nil where the recording was interrupted before the answer.
	response *cassette.Response
}

func (c *partialContent) answered() int {
	count := 0
	for _, kept := range c.exchanges {
		if kept.response != nil {
			count++
		}
	}
	return count
}

// worthKeeping counts the exchanges that would be lost with the file: answers,
// and requests that must not be sent again.
func (c *partialContent) worthKeeping() int {
	count := 0
	for _, kept := range c.exchanges {
		if kept.response != nil || kept.begun.Once {
			count++
		}
	}
	return count
}

// readPartial reads the file of an interrupted recording; nil where there is
// none, or none with a head. The error is a *CassetteError.
func readPartial(folder string) (*partialContent, error) {
	path := filepath.Join(folder, partialName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	name := folderName(filepath.ToSlash(folder))
	if err != nil {
		return nil, name.unreadable(partialName, err)
	}
	content, line, err := decodePartial(data)
	if err != nil {
		fault := name.fault(partialName, line, "is not what an interrupted recording leaves: %s", err)
		fault.Mend = "begin anew with --discard"
		return nil, fault
	}
	return content, nil
}

// decodePartial reads the lines, and says in which one a mistake is. A last
// line that is torn off is none: the process was killed while it wrote it.
func decodePartial(data []byte) (content *partialContent, line int, err error) {
	content = &partialContent{}
	byID := map[int]*partialExchange{}
	position := int64(0)
	for raw := range bytes.Lines(data) {
		line++
		position += int64(len(raw))
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		var read partialLine
		if err := json.Unmarshal(raw, &read); err != nil || raw[len(raw)-1] != '\n' {
			if len(bytes.TrimSpace(data[position:])) == 0 {
				break
			}
			return nil, line, errors.New("the line is broken")
		}
		if err := content.add(read, byID); err != nil {
			return nil, line, err
		}
		content.end = position
	}
	if content.head.Format == 0 {
		return nil, 0, nil
	}
	return content, 0, nil
}

func (c *partialContent) add(read partialLine, byID map[int]*partialExchange) error {
	switch {
	case read.Head != nil && c.head.Format == 0 && read.Head.Format == partialFormat:
		c.head = *read.Head
		return nil
	case read.Head != nil && c.head.Format == 0:
		return fmt.Errorf("it has format %d, and this dpconform reads format %d", read.Head.Format, partialFormat)
	case c.head.Format == 0:
		return errors.New("it does not begin with the settings of a recording")
	case read.Begun != nil && read.Begun.ID > c.lastID:
		kept := &partialExchange{begun: read.Begun}
		c.exchanges = append(c.exchanges, kept)
		byID[read.Begun.ID], c.lastID = kept, read.Begun.ID
		return nil
	case read.Answered != nil && byID[read.Answered.ID] != nil:
		response := read.Answered.Response.original()
		byID[read.Answered.ID].response = &response
		return nil
	case read.Undone != nil && read.Undone.ID <= c.lastID:
		undone := byID[read.Undone.ID]
		delete(byID, read.Undone.ID)
		c.exchanges = slices.DeleteFunc(c.exchanges, func(kept *partialExchange) bool { return kept == undone })
		return nil
	}
	return errors.New("the line says nothing that belongs there")
}
