package main

import (
	"slices"

	"github.com/dpconform/dpconform/documentation/rooms"
)

// roomRow is a row of the table of all rooms.
type roomRow struct {
	rooms.Room
	Importers []string
	// Inside says that it is a part of the program dpconform.
	Inside bool
}

// architecturePage is what the page shows beside its own words.
type architecturePage struct {
	Inside, Beside []roomRow
	Rules          []rooms.Rule
}

func (f facts) architecture() architecturePage {
	made := architecturePage{Rules: rooms.Rules()}
	reached := f.rooms.Reached(program)
	for _, room := range f.rooms.Sorted() {
		row := roomRow{room, f.rooms.Importers(room.Path), slices.Contains(reached, room.Path)}
		if row.Inside {
			made.Inside = append(made.Inside, row)
			continue
		}
		made.Beside = append(made.Beside, row)
	}
	return made
}
