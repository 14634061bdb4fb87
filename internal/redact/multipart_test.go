package redact_test

import (
	"strings"
	"testing"

	"github.com/dpconform/dpconform/internal/redact"
)

// TestOfTheHeaderOfAPartOnlyNamesAreKept has secrets that nobody knows wherever a
// header of a part has a place for one.
func TestOfTheHeaderOfAPartOnlyNamesAreKept(t *testing.T) {
	t.Parallel()
	const secret = "hidden-7Zq"
	for _, test := range []struct{ header, want string }{
		{`Content-Disposition: form-data; name="a"`, `Content-Disposition: form-data; name="a"`},
		{`content-disposition: attachment; filename="` + secret + `"; name=a`, `content-disposition: attachment; filename=dpconform-redacted; name=a`},
		{`Content-Disposition: ` + secret + `; name="a"`, `Content-Disposition: dpconform-redacted; name="a"`},
		{`Content-Disposition: form-data; name="a" ` + secret, `Content-Disposition: form-data; name="a" dpconform-redacted`},
		{`Content-Disposition: form-data; x y=` + secret + `; name="a"`, `Content-Disposition: form-data; dpconform-redacted; name="a"`},
		{`Content-Disposition: form-data; filename="a\"` + secret + `"; name = "a"`, `Content-Disposition: form-data; filename=dpconform-redacted; name = "a"`},
		{"Content-Disposition: form-data; name=\"a\";\r\n filename=\"" + secret + `"`, "Content-Disposition: form-data; name=\"a\";\r\n dpconform-redacted (text, 21 bytes)"},
		{`Content-Disposition form-data ` + secret, `dpconform-redacted (text, 40 bytes)`},
		{`Content-Id: <` + secret + `>`, `Content-Id: dpconform-redacted (12 bytes)`},
		{"Content-Type: text/plain;\r\n\t" + secret, "Content-Type: text/plain;\r\n\tdpconform-redacted (text, 10 bytes)"},
		{`x ` + secret + `: a`, `dpconform-redacted (text, 15 bytes)`},
	} {
		body := "--B\r\nContent-Type: text/plain\r\n" + test.header + "\r\n\r\nz\r\n--B--\r\n"
		got := redact.NewRedactor(nil).Body(body)
		if want := strings.Replace(strings.Replace(body, test.header, test.want, 1), "\r\nz\r\n", "\r\ndpconform-redacted (part, 1 byte)\r\n", 1); got != want {
			t.Errorf("%s\n%s\nwant\n%s", test.header, got, want)
		}
		if again := redact.NewRedactor(nil).Body(got); again != got {
			t.Errorf("%s: the second time it is\n%s", test.header, again)
		}
	}
}
