// Package merging puts the reports of the shards of a run together to the report
// of the whole run. It decides no verdict: what was judged is added up by the
// functions that add up a run.
package merging

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/comparison"
	"github.com/dpconform/dpconform/configuration"
	"github.com/dpconform/dpconform/report"
)

// Part is the report of one shard.
type Part struct {
	// Name is that of its file.
	Name   string
	Report report.Report
}

// number is that of the shard, and total that of all.
func (p Part) number() int { return p.Report.Settings.Shard.Number }
func (p Part) total() int  { return p.Report.Settings.Shard.Total }

// String names the shard and its file.
func (p Part) String() string { return fmt.Sprintf("shard %s (%s)", p.Report.Settings.Shard, p.Name) }

// howToMerge tells what is taken.
const howToMerge = "give the files that dpconform run --shard NUMBER/TOTAL --report json=FILE wrote, or a folder with them"

// ReportName ends the names of the files of a folder that are read.
const ReportName = ".json"

// Files lists the files of names, each a file or a folder whose files named
// *.json are meant, those in its folders too. The error is a
// *configuration.UsageError for a name that is not there, a folder without such
// files, and a file that is given twice.
func Files(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		if name == comparison.StandardInput {
			return nil, &configuration.UsageError{Place: name, Message: "standard input is no file of a shard", Mend: howToMerge}
		}
		information, err := os.Stat(name)
		if err != nil || !information.IsDir() {
			// What is wrong with a file, who reads it says.
			files = append(files, name)
			continue
		}
		inside, err := reportsIn(name)
		switch {
		case err != nil:
			return nil, &configuration.UsageError{Place: name, Message: "it cannot be read: " + err.Error()}
		case len(inside) == 0:
			return nil, &configuration.UsageError{Place: name, Message: "no file named *" + ReportName + " is in this folder", Mend: howToMerge}
		}
		files = append(files, inside...)
	}
	for i, file := range files {
		if slices.ContainsFunc(files[:i], func(other string) bool { return comparison.SameFile(file, other) }) {
			return nil, &configuration.UsageError{Place: file, Message: "it is given twice", Mend: "give each file once"}
		}
	}
	return files, nil
}

func reportsIn(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ReportName) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// Read reads the files of reports. The error is a *configuration.UsageError for
// a file that cannot be read, that is no report, or that is of no shard.
func Read(files []string) ([]Part, error) {
	var parts []Part
	for _, file := range files {
		found, err := comparison.ReadReport(file)
		if err != nil {
			return nil, err
		}
		switch shard := found.Settings.Shard; {
		case len(found.Shards) > 0:
			return nil, &configuration.UsageError{Place: file, Message: "this report was merged already", Mend: "leave it out: " + howToMerge}
		case shard == nil:
			return nil, &configuration.UsageError{Place: file, Message: "this is the report of a whole run, not of a shard", Mend: "leave it out: " + howToMerge}
		case shard.Number < 1 || shard.Number > shard.Total:
			return nil, &configuration.UsageError{Place: file, Message: fmt.Sprintf("there is no shard %s", shard), Mend: howToMerge}
		}
		parts = append(parts, Part{file, found})
	}
	return parts, nil
}
