package target

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dpconform/dpconform/internal/text"
)

// A run keeps every response to its end, and a server may send as much as it
// likes in each of hundreds. So of a long body the beginning is kept as it is and
// all of it compressed, and of a long header what checks read and the beginning of
// the rest.
const (
	// keptBeginning is how much of a body is kept as it came, in bytes.
	keptBeginning = 64 << 10
	// keptByRun is how many bytes a run keeps of the bodies that are longer than
	// keptAlways: enough for some hundreds of a framework's largest error pages.
	keptByRun  = 32 << 20
	keptAlways = 16 << 10
	// keptHeader is how much of a header is kept in bytes, and keptValue the longest
	// value of a field that no check reads.
	keptHeader = 16 << 10
	keptValue  = 4 << 10
	// fieldCost is what a field costs beside its name and its value: of fields of any
	// length some hundred are kept.
	fieldCost = 128
)

// compressors are used again: each has a memory of its own of 1 MiB.
var compressors = sync.Pool{New: func() any {
	compressor, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // Of a wrong level alone.
	}
	return compressor
}}

// keepBody keeps a body. The fault says why it does not: the responses of the run
// are too long together.
func (t *Target) keepBody(exchange *Exchange, body []byte) *Fault {
	exchange.Body, exchange.BodyBytes, exchange.packed = body, len(body), nil
	if len(body) <= keptAlways {
		return nil
	}
	if len(body) > keptBeginning {
		exchange.Body, exchange.packed = bytes.Clone(body[:keptBeginning]), packed(body)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	size := len(exchange.Body) + len(exchange.packed)
	if t.kept+size <= keptByRun {
		t.kept += size
		return nil
	}
	exchange.Body, exchange.packed = nil, nil
	return &Fault{Kind: Endless, Detail: fmt.Sprintf("a body of %d bytes, which is not examined: the earlier responses already have more than %d MiB", len(body), keptByRun>>20)}
}

func packed(body []byte) []byte {
	var out bytes.Buffer
	compressor := compressors.Get().(*flate.Writer)
	defer compressors.Put(compressor)
	compressor.Reset(&out)
	// A buffer takes everything.
	_, _ = compressor.Write(body)
	_ = compressor.Close()
	return bytes.Clone(out.Bytes())
}

// WholeBody is the body of the response. Of a long one, Body has the beginning
// alone, and each call unpacks it anew.
func (e *Exchange) WholeBody() []byte {
	if e.packed == nil {
		return e.Body
	}
	body := bytes.NewBuffer(make([]byte, 0, e.BodyBytes+bytes.MinRead))
	// What was packed here can be unpacked.
	_, _ = io.Copy(body, flate.NewReader(bytes.NewReader(e.packed)))
	return body.Bytes()
}

// HeaderCutHeader carries, within this program and in recordings, what was left
// out of the header of a response.
const HeaderCutHeader = "Dpconform-Header-Cut"

// readFields are the fields of a response that checks read: of them everything is
// kept first.
var readFields = []string{"Content-Type", "Content-Length", "Transfer-Encoding", "Www-Authenticate", "Location", "Retry-After", HeadProblemHeader}

// boundHeader is a header without what no check reads where it is long; it says in
// itself how much is left out.
func boundHeader(header http.Header) http.Header {
	length, fields := 0, 0
	for name, values := range header {
		for _, value := range values {
			length += len(name) + len(value)
			fields++
		}
	}
	if length+fields*fieldCost <= keptHeader {
		return header
	}
	// What is left may be looked at again, and the note must fit into it, too. It is a
	// map of its own, as one of many fields stays as large as it was.
	bounded, left, kept := http.Header{}, keptHeader-512, 0
	for _, name := range append(slices.Clone(readFields), slices.Sorted(maps.Keys(header))...) {
		if bounded[name] != nil {
			continue
		}
		for _, value := range header[name] {
			cost := len(name) + fieldCost
			if cost+len(value) > left || len(value) > keptValue && !slices.Contains(readFields, name) {
				// The beginning alone could be that of a token, which nobody would recognize.
				value = fmt.Sprintf("(%d bytes)", len(value))
			}
			if cost+len(value) > left {
				break
			}
			left -= cost + len(value)
			bounded[name] = append(bounded[name], strings.Clone(value))
			kept++
		}
	}
	bounded.Set(HeaderCutHeader, fmt.Sprintf("%d of %s kept, %d KiB in all", kept, text.Counted(fields, "field"), length>>10))
	return bounded
}
