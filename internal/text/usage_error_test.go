package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryMistakeIsMadeWithAFix looks at every place that makes a usage error: it has a
// fix, or the message says what is wanted.
func TestEveryMistakeIsMadeWithAFix(t *testing.T) {
	t.Parallel()
	made := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "node_modules":
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || !strings.EqualFold(lastName(call.Fun), "mistake") {
				return true
			}
			made++
			// The place may be empty where the caller adds it: it is the first of three.
			fixes := call.Args
			if selector, ok := call.Fun.(*ast.SelectorExpr); !ok || lastName(selector.X) == "text" {
				fixes = fixes[1:]
			}
			empty, wants := false, false
			for _, argument := range fixes {
				ast.Inspect(argument, func(node ast.Node) bool {
					if literal, ok := node.(*ast.BasicLit); ok {
						wants = wants || strings.Contains(literal.Value, "want ")
					}
					return true
				})
				literal, ok := argument.(*ast.BasicLit)
				empty = empty || ok && literal.Value == `""`
			}
			if empty && !wants {
				t.Errorf("%s: a usage error without a fix", files.Position(call.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil || made < 100 {
		t.Errorf("%v, %d usage errors", err, made)
	}
}

// lastName is the name of a function, or of what it belongs to.
func lastName(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	}
	return ""
}
