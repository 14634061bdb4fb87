package clientrun

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// TestGoAwayComesBehindTheWholeResponse: a client may drop a stream that is still
// open when GOAWAY comes, as that of Java does.
func TestGoAwayComesBehindTheWholeResponse(t *testing.T) {
	t.Parallel()
	run := &run{options: runOf(t, "right", "goaway"), secrets: NewSecrets()}
	opened, err := run.open(run.options.Scenarios[0], "job-1")
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(opened.Authority)
	address := strings.TrimPrefix(opened.Endpoint, "https://")
	connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: authorities, NextProtos: []string{http2.NextProtoTLS}})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	var fields bytes.Buffer
	encoder := hpack.NewEncoder(&fields)
	for _, field := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", address},
		{":path", method.Operation.Path.Expand(opened.Server.options.WarmJob)}, {"authorization", "Bearer " + run.secrets.Token}} {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	_, _ = connection.Write([]byte(http2.ClientPreface))
	framer := http2.NewFramer(connection, connection)
	_ = framer.WriteSettings()
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fields.Bytes(), EndStream: true, EndHeaders: true})
	var got []string
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("%v, behind %v", err, got)
		}
		switch one := frame.(type) {
		case *http2.HeadersFrame:
			got = append(got, "headers")
		case *http2.DataFrame:
			if one.StreamEnded() {
				got = append(got, "end")
			}
		case *http2.GoAwayFrame:
			if want := []string{"headers", "end"}; !slices.Equal(got, want) || one.LastStreamID != 1 || one.ErrCode != http2.ErrCodeNo {
				t.Errorf("GOAWAY came behind %v with the last stream %d and %s", got, one.LastStreamID, one.ErrCode)
			}
			return
		}
	}
}
