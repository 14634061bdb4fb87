package html

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/dpconform/dpconform/internal/report"
	"github.com/dpconform/dpconform/internal/result"
)

// bad is a text that tries to be more than a text.
const bad = "</script></style></title></pre></textarea><script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover=\"x' autofocus x='" +
	"<!--\x00\x1b[31m\u202eevil\u2066\r\n{{.}}javascript:alert(3)"

// hostile is a report of which every text is bad.
func hostile() report.Report {
	made := sample(20)
	fail(&made, 3, "body /error/code")
	fail(&made, 4, "header X-Bad")
	made.KnownFailures = []report.KnownFailure{{State: result.KnownUsed, Checks: []string{"x"}}, {State: result.KnownPassed}, {State: result.KnownNotJudged}}
	made.Exchanges[2].Earlier = []report.Attempt{{Response: made.Exchanges[0].Response, Fault: &report.FaultOf{}}}
	made.Exchanges[4].Fault = &report.FaultOf{}
	spoil(reflect.ValueOf(&made).Elem())
	for i := range made.Requirements {
		made.Requirements[i].Source = "javascript:alert(1)//" + bad
	}
	// Two of a kind with one name, and an empty one.
	made.Checks[5].ID, made.Exchanges[7].Number = "", made.Exchanges[6].Number
	made.Exchanges[7].Number = 9999
	return made
}

// spoil makes every text bad, and each another.
func spoil(value reflect.Value) { spoilBy(value, new(int)) }

func spoilBy(value reflect.Value, number *int) {
	switch value.Kind() {
	case reflect.String:
		*number++
		value.SetString(bad + fmt.Sprint(*number))
	case reflect.Struct:
		if value.Type().PkgPath() != "time" {
			for i := range value.NumField() {
				if value.Field(i).CanSet() {
					spoilBy(value.Field(i), number)
				}
			}
		}
	case reflect.Slice:
		for i := range value.Len() {
			spoilBy(value.Index(i), number)
		}
	case reflect.Pointer:
		if !value.IsNil() {
			spoilBy(value.Elem(), number)
		}
	case reflect.Map:
		spoilMap(value, number)
	}
}

func spoilMap(value reflect.Value, number *int) {
	for _, key := range value.MapKeys() {
		changed := reflect.New(value.Type().Elem()).Elem()
		changed.Set(value.MapIndex(key))
		spoilBy(changed, number)
		value.SetMapIndex(key, reflect.Value{})
		value.SetMapIndex(reflect.ValueOf(bad+key.String()).Convert(key.Type()), changed)
	}
}

func TestNothingOfAReportIsObeyed(t *testing.T) {
	page, _ := written(t, hostile())
	for _, character := range page {
		if character != '\n' && character != '\t' && (unicode.IsControl(character) || unicode.Is(unicode.Cf, character)) {
			t.Fatalf("the page holds the character %U", character)
		}
	}
	if strings.Contains(page, "<img") || strings.Contains(page, "alert(1)</script>") {
		t.Error("something of the report became markup")
	}
}

func TestLongBodiesLeaveThePageShort(t *testing.T) {
	long := sample(1000)
	huge := strings.Repeat("<\u202e\x00&", 10<<20/8)
	for i := range long.Exchanges {
		long.Exchanges[i].Response.Body = huge
		long.Exchanges[i].Request.Body = huge
	}
	fail(&long, 7, "body /error/code")
	long.Checks[7].Findings[0].Got = huge
	long.Checks[7].Reason = huge
	page, _ := written(t, long)
	if len(page) > 6<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
}

func TestPageOfManyChecksIsShort(t *testing.T) {
	page, _ := written(t, sample(1000))
	if len(page) >= 3_000_000 {
		t.Errorf("the page of 1,000 checks has %d bytes", len(page))
	}
}

func TestAnyNumberOfScopesAndStates(t *testing.T) {
	for _, number := range []int{0, 1, 8, 67, 500} {
		from := sample(10)
		from.Scopes, from.States = nil, nil
		for i := range number {
			from.Scopes = append(from.Scopes, report.Scope{Short: fmt.Sprintf("some.family%d.thing%d", i%9, i), Family: fmt.Sprintf("family%d", i%9)})
			if i < 12 {
				from.States = append(from.States, report.State{Name: fmt.Sprintf("STATE_%d_WITH_A_LONG_NAME", i), Retryable: i%3 == 1})
			}
		}
		_, document := written(t, from)
		cells, boxes := 0, 0
		for _, element := range elements(document) {
			class := attributeOf(element, "class")
			if strings.HasPrefix(class, "cell ") {
				cells++
				if !strings.HasSuffix(attributeOf(element, "aria-label"), ": not selected") {
					t.Errorf("a cell says %q", attributeOf(element, "aria-label"))
				}
			}
			if element.Data == "rect" && strings.HasPrefix(class, "state") && !strings.HasSuffix(class, "new") {
				boxes++
			}
		}
		if cells != number || boxes != min(number, 12) {
			t.Errorf("%d cells and %d boxes for %d", cells, boxes, number)
		}
	}
}

// FuzzWrite holds pages of any report that can be read to the rules.
func FuzzWrite(f *testing.F) {
	small := sample(1)
	small.Scopes = small.Scopes[:1]
	for _, from := range []report.Report{small, {FormatVersion: report.FormatVersion}} {
		var text bytes.Buffer
		if err := report.WriteJSON(&text, from); err != nil {
			f.Fatal(err)
		}
		f.Add(text.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		from, err := result.ReadJSON(text)
		if err != nil {
			return
		}
		_, document := written(t, from)
		all := elements(document)
		ids := idsOf(t, all)
		for _, element := range all {
			holdElement(t, element, ids)
		}
	})
}
