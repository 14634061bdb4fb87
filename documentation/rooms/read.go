// Package rooms reads from the source which packages of the module import which,
// and holds the rules that keep them apart.
package rooms

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Room is a package of the module.
type Room struct {
	// Path is its folder in the module, with slashes: "cmd/dpconform".
	Path string
	// About is the first sentence of its documentation, without the words that
	// name it.
	About string
	// Program says that it is a command.
	Program bool
	// Imports are the rooms that it imports, sorted. Its tests do not count.
	Imports []string
	// Others are the packages outside of the module that it imports, sorted.
	Others []string
	// Outgoing are the expressions in it that open a connection, such as
	// "http.Get", sorted.
	Outgoing []string
}

// Map is all rooms by their paths.
type Map map[string]Room

// Read reads every package below a folder that holds a go.mod. Folders with a
// go.mod of their own, testdata and hidden folders are left out, and so are
// packages that have nothing but tests. It returns an error for a folder without
// a go.mod and for source that cannot be parsed.
func Read(root string) (Map, error) {
	module, err := moduleOf(root)
	if err != nil {
		return nil, err
	}
	rooms := Map{}
	err = filepath.WalkDir(root, func(folder string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if folder != root && isNoRoom(folder, entry.Name()) {
			return filepath.SkipDir
		}
		relative, err := filepath.Rel(root, folder)
		if err != nil {
			return err
		}
		room, found, err := readRoom(folder, filepath.ToSlash(relative), module)
		if found {
			rooms[room.Path] = room
		}
		return err
	})
	return rooms, err
}

// moduleOf reads the path of a module from its go.mod.
func moduleOf(root string) (string, error) {
	file := filepath.Join(root, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if module, found := strings.CutPrefix(line, "module "); found {
			return strings.TrimSpace(module), nil
		}
	}
	return "", fmt.Errorf("%s names no module", file)
}

func isNoRoom(folder, name string) bool {
	if name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// readRoom reads the files of one package, those for every system alike.
func readRoom(folder, name, module string) (Room, bool, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return Room{}, false, err
	}
	room, found := Room{Path: name}, false
	positions := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(positions, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return Room{}, false, err
		}
		found = true
		room.add(parsed, module)
	}
	for _, list := range []*[]string{&room.Imports, &room.Others, &room.Outgoing} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return room, found, nil
}

// add notes what one file says of its package.
func (r *Room) add(file *ast.File, module string) {
	r.Program = file.Name.Name == "main"
	if file.Doc != nil {
		r.About = aboutOf(file)
	}
	for _, one := range file.Imports {
		imported, err := strconv.Unquote(one.Path.Value)
		if err != nil {
			// The parser has let it through, so it is a string.
			panic(err)
		}
		if inside, found := strings.CutPrefix(imported, module+"/"); found {
			r.Imports = append(r.Imports, inside)
			continue
		}
		r.Others = append(r.Others, imported)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, isSelector := node.(*ast.SelectorExpr); isSelector {
			if from, isName := selector.X.(*ast.Ident); isName && slices.Contains(opening[from.Name], selector.Sel.Name) {
				r.Outgoing = append(r.Outgoing, from.Name+"."+selector.Sel.Name)
			}
		}
		return true
	})
}

// opening are the names, by package, with which a program of Go opens a
// connection to a server.
var opening = map[string][]string{
	"http": {"Get", "Head", "Post", "PostForm", "Client", "DefaultClient", "Transport", "DefaultTransport"},
	"net":  {"Dial", "DialTimeout", "DialTCP", "Dialer"},
}

// aboutOf is the first sentence of the documentation, from its verb on.
func aboutOf(file *ast.File) string {
	var package_ doc.Package
	sentence := strings.TrimSuffix(package_.Synopsis(file.Doc.Text()), ".")
	for _, kind := range []string{"Package ", "Command "} {
		if rest, found := strings.CutPrefix(sentence, kind); found {
			_, sentence, _ = strings.Cut(rest, " ")
		}
	}
	return sentence
}

// Sorted gives all rooms in the order of their paths.
func (m Map) Sorted() []Room {
	var rooms []Room
	for _, room := range m {
		rooms = append(rooms, room)
	}
	slices.SortFunc(rooms, func(a, b Room) int { return cmp.Compare(a.Path, b.Path) })
	return rooms
}

// Importers gives the rooms that import a room, sorted.
func (m Map) Importers(of string) []string {
	var importers []string
	for _, room := range m.Sorted() {
		if slices.Contains(room.Imports, of) {
			importers = append(importers, room.Path)
		}
	}
	return importers
}

// Reached gives a room and all that it imports, directly or through others,
// sorted.
func (m Map) Reached(from string) []string {
	seen := map[string]bool{}
	waiting := []string{from}
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		if !seen[next] {
			seen[next] = true
			waiting = append(waiting, m[next].Imports...)
		}
	}
	var reached []string
	for name := range seen {
		reached = append(reached, name)
	}
	slices.Sort(reached)
	return reached
}

// within reports whether a path is a folder or lies below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}
