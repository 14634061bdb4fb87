package actiontest

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	commit       = regexp.MustCompile(`^[0-9a-f]{40}$`)
	wholeVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
	inserted     = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	statusCheck  = regexp.MustCompile(`\b(always|success|failure|cancelled)\(`)
	token        = regexp.MustCompile(`^(?:'(?:[^']|'')*'|==|!=|&&|\|\||!|\(\)|[()]|[A-Za-z_][\w.-]*)`)
)

// values are what expressions can name: "inputs.endpoint".
type values map[string]string

// text puts values into a text where expressions stand. An expression that this
// package does not know is an error, so that no test passes on a guess.
func (v values) text(text string) (string, error) {
	var failed error
	filled := inserted.ReplaceAllStringFunc(text, func(whole string) string {
		value, err := v.value(strings.TrimSpace(inserted.FindStringSubmatch(whole)[1]))
		if err != nil {
			failed = err
		}
		return value
	})
	return filled, failed
}

// condition says whether a step runs. Without a status check it runs only while
// no step has failed.
func (v values) condition(text string, failed bool) (bool, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "${{"), "}}"))
	if text == "" {
		return !failed, nil
	}
	v["always()"], v["success()"], v["failure()"], v["cancelled()"] = "true", fmt.Sprint(!failed), fmt.Sprint(failed), "false"
	value, err := v.value(text)
	return truth(value) && (statusCheck.MatchString(text) || !failed), err
}

// truth is what a value counts for in a condition.
func truth(value string) bool { return value != "" && value != "false" }

// value works an expression out.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/expressions
func (v values) value(text string) (string, error) {
	parser := &parser{values: v}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		found := token.FindString(rest)
		if found == "" {
			return "", fmt.Errorf("the expression %q is not understood at %q", text, rest)
		}
		parser.tokens = append(parser.tokens, found)
		rest = rest[len(found):]
	}
	value := parser.either()
	if parser.err == nil && len(parser.tokens) > 0 {
		parser.err = fmt.Errorf("the expression %q has more than one end", text)
	}
	return value, parser.err
}

// parser works out tokens, the weakest operator first.
type parser struct {
	values values
	tokens []string
	err    error
}

func (p *parser) take(wanted string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == wanted {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *parser) either() string {
	value := p.both()
	for p.take("||") {
		if other := p.both(); !truth(value) {
			value = other
		}
	}
	return value
}

func (p *parser) both() string {
	value := p.equal()
	for p.take("&&") {
		if other := p.equal(); truth(value) {
			value = other
		}
	}
	return value
}

func (p *parser) equal() string {
	value := p.one()
	for {
		switch {
		case p.take("=="):
			value = fmt.Sprint(strings.EqualFold(value, p.one()))
		case p.take("!="):
			value = fmt.Sprint(!strings.EqualFold(value, p.one()))
		default:
			return value
		}
	}
}

func (p *parser) one() string {
	if p.take("!") {
		return fmt.Sprint(!truth(p.one()))
	}
	if p.take("(") {
		value := p.either()
		if !p.take(")") {
			p.err = fmt.Errorf("a bracket is not closed")
		}
		return value
	}
	if len(p.tokens) == 0 {
		p.err = fmt.Errorf("an expression ends too early")
		return ""
	}
	name := p.tokens[0]
	p.tokens = p.tokens[1:]
	if strings.HasPrefix(name, "'") {
		return strings.ReplaceAll(name[1:len(name)-1], "''", "'")
	}
	if p.take("()") {
		name += "()"
	}
	value, known := p.values[name]
	if !known && !strings.HasPrefix(name, "steps.") {
		p.err = fmt.Errorf("nothing is known of %q", name)
	}
	// An output that was not set is empty, as is one of a step that did not run.
	return value
}
