package main

import (
	"fmt"
	"strings"

	"github.com/dpconform/dpconform/documentation/picture"
	"github.com/dpconform/dpconform/documentation/rooms"
)

// program is the command that the picture is about.
const program = "cmd/dpconform"

// groups are the colours of the picture and the rooms, with those below them,
// that have them. Whatever is in none is of the last.
var groups = []struct {
	name  string
	rooms []string
}{
	{"the program", []string{"cmd"}},
	{"the description", []string{"spec", "drift"}},
	{"judging a server", []string{"suites", "target", "credentials", "doctor", "knownfailures"}},
	{"judging a client", []string{"client"}},
	{"recorded and emulated answers", []string{"recorder", "cassettes", "emulator", "proof"}},
	{"reports", []string{"report", "comparison"}},
	{"texts, forms and flags", nil},
}

func groupOf(room string) string {
	for _, group := range groups {
		for _, folder := range group.rooms {
			if room == folder || strings.HasPrefix(room, folder+"/") {
				return group.name
			}
		}
	}
	return groups[len(groups)-1].name
}

// drawArchitecture draws the program and every room in it. An arrow that a longer
// way makes already is left out.
func drawArchitecture(all rooms.Map) (string, error) {
	graph := picture.Graph{Title: "The rooms of dpconform and what they import"}
	for _, group := range groups {
		graph.Groups = append(graph.Groups, group.name)
	}
	reached := all.Reached(program)
	for _, name := range reached {
		graph.Nodes = append(graph.Nodes, picture.Node{ID: name, Group: groupOf(name)})
		for _, imported := range all[name].Imports {
			if !all.Implied(name, imported) {
				graph.Edges = append(graph.Edges, picture.Edge{From: name, To: imported})
			}
		}
	}
	graph.Description = fmt.Sprintf("%d packages in layers from the program %s at the top to those that import no other at the bottom. "+
		"An arrow leads from a package to one that it imports. The table on the page of the architecture has the same in words.", len(reached), program)
	return picture.SVG(graph)
}
