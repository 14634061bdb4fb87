package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"

	"pgregory.net/rapid"
)

// mediaType draws the line that names the body, or an empty one for none.
func mediaType(t *rapid.T) (line string, taken bool) {
	switch {
	case oneIn(t, 8, "another media type"):
		return "Content-Type: " + rapid.SampledFrom(otherMediaTypes).Draw(t, "media type"), false
	case oneIn(t, 4, "no media type"):
		return "", true
	}
	return "Content-Type: " + rapid.SampledFrom(jsonMediaTypes).Draw(t, "media type"), true
}

// furtherHeader draws a line that changes nothing.
func furtherHeader() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"X-HTTP-Method-Override: DELETE", "Accept: text/html;q=0", "Accept-Encoding: gzip, *;q=0", "Expect: 100-continue",
			"Cookie: SID=1", "Range: bytes=0-0", "If-None-Match: *", "Origin: null", "Connection: close", "X-Goog-User-Project: x"}),
		rapid.StringMatching(`X-[A-Za-z]{1,8}: [ -~]{0,20}`),
	)
}

// ---- bodies

// jsonValue draws a JSON value, no deeper than that.
func jsonValue(depth int) *rapid.Generator[any] {
	plain := rapid.OneOf(rapid.Just(any(nil)), rapid.Bool().AsAny(), rapid.Int().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.String().AsAny())
	if depth == 0 {
		return plain
	}
	return rapid.OneOf(plain,
		rapid.SliceOfN(jsonValue(depth-1), 0, 3).AsAny(),
		jsonObject(depth))
}

func jsonObject(depth int) *rapid.Generator[any] {
	return rapid.MapOfN(rapid.String(), jsonValue(depth-1), 0, 3).AsAny()
}

// message draws what a body says before it is encoded.
func message(t *rapid.T) []byte {
	switch {
	case oneIn(t, 16, "size around the limit"):
		size := bodyLimit + rapid.IntRange(-2, 2).Draw(t, "beyond the limit")
		frame := rapid.SampledFrom([]string{`{}*`, `{"a":"*"}`, `"*`}).Draw(t, "frame")
		fill := map[bool]string{true: " ", false: "x"}[frame == "{}*"]
		return []byte(strings.Replace(frame, "*", strings.Repeat(fill, size-len(frame)+1), 1))
	case oneIn(t, 32, "deep"):
		opening := rapid.SampledFrom([]string{"[", `{"a":`}).Draw(t, "opening")
		return []byte(strings.Repeat(opening, rapid.SampledFrom([]int{10, 5_000, 10_001, 20_000}).Draw(t, "depth")))
	case oneIn(t, 16, "random bytes"):
		return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
	case oneIn(t, 2, "JSON value"):
		value := rapid.OneOf(jsonObject(2), jsonValue(2)).Draw(t, "value")
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if oneIn(t, 4, "truncated") {
			text = text[:rapid.IntRange(0, len(text)).Draw(t, "cut at")]
		}
		return text
	}
	return []byte(rapid.SampledFrom([]string{"", "{}", "null", " { } \r\n", "\t{}\n", "null\n"}).Draw(t, "empty message"))
}

// isEmptyMessage says independently of the server what an empty message is.
func isEmptyMessage(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	var value any
	if len(text) > bodyLimit || json.Unmarshal(text, &value) != nil {
		return false
	}
	members, isObject := value.(map[string]any)
	return value == nil || isObject && len(members) == 0
}

// encoded draws how a message is encoded; the line says so, or not.
func encoded(t *rapid.T, message []byte) (sent []byte, line string, empty bool) {
	empty = isEmptyMessage(message)
	switch {
	case oneIn(t, 8, "gzip"):
		name := rapid.SampledFrom([]string{"gzip", "x-gzip", "GZIP"}).Draw(t, "name of the coding")
		return gzipped(message), "Content-Encoding: " + name, empty
	case oneIn(t, 32, "truncated gzip"):
		whole := gzipped(message)
		cut := whole[:rapid.IntRange(0, len(whole)-1).Draw(t, "gzip cut at")]
		return cut, "Content-Encoding: gzip", len(cut) == 0
	case oneIn(t, 32, "unknown coding"):
		name := rapid.SampledFrom([]string{"br", "gzip, gzip", "deflate", "\x80", "*"}).Draw(t, "name of the coding")
		return message, "Content-Encoding: " + name, len(message) == 0
	case oneIn(t, 32, "gzip in name only"):
		return message, "Content-Encoding: gzip", len(message) == 0
	case oneIn(t, 32, "gzip without a name"):
		return gzipped(message), "", false
	case oneIn(t, 32, "identity"):
		return message, "Content-Encoding: identity", empty
	}
	return message, "", empty
}

// compressor is kept, since a new one costs more than all that is compressed
// here. The tests that draw requests run one after the other.
var compressor, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)

func gzipped(text []byte) []byte {
	var compressed bytes.Buffer
	compressor.Reset(&compressed)
	// Writing into memory cannot fail.
	_, _ = compressor.Write(text)
	_ = compressor.Close()
	return compressed.Bytes()
}

// ---- whole requests

var otherMethods = []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, http.MethodTrace, http.MethodConnect, "post", "Get", "RETRY", "M-SEARCH", "!"}
