package main

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/dpconform/dpconform/markdown"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"words": markdown.Words, "code": markdown.Code, "fence": markdown.Block,
	"prose": prose, "source": source, "plural": plural, "scenario": scenarioLink, "add": func(a, b int) int { return a + b },
}).ParseFS(templateFiles, "templates/*.tmpl"))

// fill fills a template. The templates come with the program, so that a mistake
// in one is a mistake of the program.
func fill(name string, values any) (string, error) {
	var out strings.Builder
	if err := templates.ExecuteTemplate(&out, name, values); err != nil {
		return "", err
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

// pages makes all generated pages.
func (f facts) pages() ([]page, error) {
	drawing, err := drawArchitecture(f.rooms)
	if err != nil {
		return nil, err
	}
	made := []page{{"architecture.svg", drawing}}
	for _, one := range []struct {
		path, template string
		values         any
	}{
		{"README.md", "index.md.tmpl", f.index()},
		{ownFolder + "/README.md", "requirements.md.tmpl", f.index()},
		{"client-scenarios.md", "client_scenarios.md.tmpl", f.scenarioList()},
		{"architecture.md", "architecture.md.tmpl", f.architecture()},
	} {
		text, err := fill(one.template, one.values)
		if err != nil {
			return nil, err
		}
		made = append(made, page{one.path, text})
	}
	for _, requirement := range f.requirements() {
		name := "server_requirement.md.tmpl"
		if requirement.Client {
			name = "client_requirement.md.tmpl"
		}
		text, err := fill(name, requirement)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", requirement.ID, err)
		}
		made = append(made, page{ownFolder + "/" + requirement.ID + ".md", text})
	}
	return made, nil
}
