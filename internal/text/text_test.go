package text

import (
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Counted(1, "check"):                  "1 check",
		Counted(0, "check"):                  "0 checks",
		Counted(2, "retry"):                  "2 retries",
		Counted(2, "unexpected pass"):        "2 unexpected passes",
		Counted(12, "day"):                   "12 days",
		Plural(2, "branch"):                  "branches",
		List(nil, "or"):                      "",
		List([]string{"a"}, "or"):            "a",
		List([]string{"a", "b"}, "or"):       "a or b",
		List([]string{"a", "b", "c"}, "and"): "a, b and c",

		Printable("plain\ttext\n"):                                 "plain\ttext\n",
		Printable("über 日本 ☃ \uFFFD"):                              "über 日本 ☃ \uFFFD",
		Printable("\x1b[31m\x00\x7f\u0085\a"):                      `\x1b[31m\x00\x7f\u0085\a`,
		Printable("a\u202eb\u200bc\ufeff\u2028\u00a0"):             `a\u202eb\u200bc\ufeff\u2028\u00a0`,
		Printable("\u00ad\u034f\u115f\u3164\ufe0f\u2800"):          `\u00ad\u034f\u115f\u3164\ufe0f\u2800`,
		Printable("\U000e0001\ue000\U000f0000"):                    `\U000e0001\ue000\U000f0000`,
		Printable("\xff\r\nx\ry"):                                  "\\xff\nx\\ry",
		Printable("::error::a\n \t::add-mask::b\nc ::debug::d"):    "\\x3a:error::a\n \t\\x3a:add-mask::b\nc ::debug::d",
		Printable("a ##[error]b ##vso[c]##teamcity[d ## e"):        `a \x23#[error]b \x23#vso[c]\x23#teamcity[d ## e`,
		Printable("section_start:1:a\r\x1b[0Ktravis_fold:start:b"): `\x73ection_start:1:a\r\x1b[0K\x74ravis_fold:start:b`,
		Printable("--- a\n+++ b\n~~~ c\n---\n- d ::1"):             "\\x2d-- a\n\\x2b++ b\n\\x7e~~ c\n---\n- d ::1",
		Line("a \r\n\tb\u2028c\rd\te"):                             "a b c d e",

		Cut("abc", 3):  "abc",
		Cut("abcd", 3): "abc…",
		Cut("äöüß", 3): "äöü…",
		Cut("äöü", 3):  "äöü",
		Cut("abc", 0):  "…",

		DidYouMean("FAILD", []string{"FAILED", "COMPLETE"}):                             "did you mean FAILED?",
		DidYouMean("completed", []string{"FAILED", "COMPLETE"}):                         "did you mean COMPLETE?",
		DidYouMean("XXXXXX", []string{"json"}):                                          "want json",
		DidYouMean("XXXXXX", []string{"json", "junit", "har"}):                          "want json, junit or har",
		DidYouMean("xxxxx", strings.Fields(strings.Repeat("a b c ", 7))):                "valid names include a, b and c",
		DidYouMean("xyz", []string{"run", "a"}):                                         "want run or a",
		DidYouMean("", []string{"a"}):                                                   "want a",
		DidYouMean("auth", []string{"body", "authorization"}):                           "did you mean authorization?",
		DidYouMean("auth", []string{"path", "authorization.required", "authorization"}): "did you mean authorization?",
		DidYouMean("failed", []string{"FAILED_LATER", "FAILED"}):                        "did you mean FAILED?",
		DidYouMean("sta", []string{"state", "star", "status"}):                          "did you mean star?",

		(&UsageError{"--job", "it is empty", "give STATE=ID"}).Error(): "--job: it is empty; give STATE=ID",
		(&UsageError{"", "it is empty", "see --help"}).Error():         "it is empty; see --help",
		(&UsageError{"--job", "it is empty", ""}).Error():              "--job: it is empty",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	const long = "https://www.googleapis.com/auth/doubleclick-private-platform"
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 20, []string{""}},
		{"one two three four five", 20, []string{"one two three four", "five"}},
		{"one two three four five", 3, []string{"one two three four", "five"}},
		{"one two three four five", 0, []string{"one two three four five"}},
		{"first\nsecond", 0, []string{"first", "second"}},
		{"first line\n\nsecond", 20, []string{"first line", "", "second"}},
		{"the id archive-jobs-retry-1 stays", 20, []string{"the id", "archive-jobs-retry-1", "stays"}},
		{"scope " + long + " whole", 20, []string{"scope", long, "whole"}},
		{"the/id/of/a/very-long.check, and", 20, []string{"the/id/of/a/very-long.check,", "and"}},
		{"{a/very/long/text/that/is/broken}", 20, []string{"{a/very/long/text/", "that/is/broken}"}},
		{"日本語日本語 日本語日本語", 20, []string{"日本語日本語", "日本語日本語"}},
		{"\x1b[31mred red\x1b[m and tens more", 20, []string{"\x1b[31mred red\x1b[m and tens", "more"}},
	} {
		if got := Wrap(test.text, test.width); !slices.Equal(got, test.want) {
			t.Errorf("%q at %d: %q, want %q", test.text, test.width, got, test.want)
		}
	}
	if got := Paragraph("  \x1b[1mwhy\x1b[m  ", "one two three four five six", 27); got != "  \x1b[1mwhy\x1b[m  one two three four\n       five six" {
		t.Errorf("%q", got)
	}
}
