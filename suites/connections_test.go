package suites

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/dpconform/dpconform/emulator"
	"github.com/dpconform/dpconform/internal/platform"
	"github.com/dpconform/dpconform/internal/result"
	"github.com/dpconform/dpconform/internal/target"
	"github.com/dpconform/dpconform/spec"
)

// net/http logs a response that came unasked.
func init() { log.SetOutput(io.Discard) }

// keeper serves a handler over connections that it keeps in its own way.
type keeper struct {
	// serially takes the next connection when the last one is closed.
	serially bool
	// minor is that of the protocol, HTTP/1.
	minor int
	// lasts is the number of responses after which a connection is closed without
	// notice; 0 for any number.
	lasts int
	// leavesBody leaves what the handler does not read of a request, headBody sends a
	// body with the response to HEAD, and twice sends each response twice.
	leavesBody, headBody, twice bool
}

func (k keeper) serve(t *testing.T, handler http.Handler) (endpoint string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if k.serially {
				k.talk(connection, handler)
				continue
			}
			serving.Go(func() { k.talk(connection, handler) })
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}

func (k keeper) talk(connection net.Conn, handler http.Handler) {
	defer connection.Close()
	from := bufio.NewReader(connection)
	for number := 1; ; number++ {
		request, err := http.ReadRequest(from)
		if err != nil {
			_, _ = connection.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
			return
		}
		recorded := httptest.NewRecorder()
		handled := request.Clone(request.Context())
		if k.headBody && request.Method == http.MethodHead {
			handled.Method = http.MethodGet
		}
		handler.ServeHTTP(recorded, handled)
		if !k.leavesBody {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		response := recorded.Result()
		response.ContentLength, response.ProtoMinor = int64(recorded.Body.Len()), k.minor
		if response.Request = request; k.headBody {
			response.Request = nil
		}
		// The recorder gives its body once: a second response would promise one that never
		// comes.
		var whole bytes.Buffer
		_ = response.Write(&whole)
		_, _ = connection.Write(whole.Bytes())
		if k.twice {
			_, _ = connection.Write(whole.Bytes())
		}
		if request.Close || k.minor == 0 || number == k.lasts {
			return
		}
	}
}

// TestServersMayKeepConnectionsAsTheyLike, as long as a response belongs to its
// request.
func TestServersMayKeepConnectionsAsTheyLike(t *testing.T) {
	t.Parallel()
	method := spec.MustLoadEmbedded()
	for name, test := range map[string]struct {
		keeper keeper
		want   result.Verdict
	}{
		"kept":                       {keeper{minor: 1}, result.Pass},
		"one after the other":        {keeper{minor: 1, serially: true}, result.Pass},
		"HTTP/1.0":                   {keeper{}, result.Pass},
		"two responses, then closed": {keeper{minor: 1, lasts: 2}, result.Pass},
		"five responses":             {keeper{minor: 1, lasts: 5}, result.Pass},
		"one response":               {keeper{minor: 1, lasts: 1}, result.Fail},
		"bodies left":                {keeper{minor: 1, leavesBody: true}, result.Fail},
		"a body to HEAD":             {keeper{minor: 1, headBody: true}, result.Fail},
		"each response twice":        {keeper{minor: 1, twice: true}, result.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, err := emulator.New(method, emulator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			server, err := target.New(target.Config{
				Endpoint: test.keeper.serve(t, handler), Jobs: emulator.DefaultJobs(method), Loopback: true, Limit: patience,
				Credentials: target.TokenTemplate{Text: platform.TokenTemplate, Join: platform.TokenJoin},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, check := range tested(t, method, server, 1).Checks {
				want := result.Pass
				if check.ID == "robustness/persistent-connection" {
					want = test.want
				}
				if check.Verdict != want {
					t.Errorf("%s: %s, want %s\n%s %s", check.ID, check.Verdict, want, check.Findings, check.Reason)
				}
			}
			for _, exchange := range server.Journal() {
				if exchange.Reused && exchange.Request.Connection == target.AnyConnection && test.want == result.Fail {
					t.Fatalf("exchange %d shares a connection", exchange.Number)
				}
			}
		})
	}
}

// TestAChangedJobIsNoConnection: a server that accepts what it must refuse, and changes
// the called job, refuses the same request over a connection of its own: the job is no
// longer accepted. The requirement fails, and not that of shared connections, also where
// no state can be read.
func TestAChangedJobIsNoConnection(t *testing.T) {
	t.Parallel()
	for _, name := range spec.Shipped() {
		for fault, breaks := range map[string]string{
			"double-slash-accepted": "path.double-slash", "trailing-slash-accepted,success-changes-old-job": "path.trailing-slash",
			"unknown-field-ignored,success-forgets-old-job": "body.unknown-field", "null-fields-ignored,success-changes-old-job": "body.unknown-field",
		} {
			t.Run(name+" "+fault, func(t *testing.T) {
				t.Parallel()
				description, err := spec.Embedded(name)
				if err != nil {
					t.Fatal(err)
				}
				method, err := spec.Load(description)
				if err != nil {
					t.Fatal(err)
				}
				if method.Effect == spec.Changes {
					fault, _, _ = strings.Cut(fault, ",") // A success changes the job without a fault.
				}
				for _, readable := range []bool{true, false} {
					server := emulated(t, method, emulator.Options{Fault: fault}, func(config *target.Config, handler http.Handler) {
						if readable {
							return
						}
						listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							if r.Method != method.Operation.Method {
								w.WriteHeader(http.StatusMethodNotAllowed)
								return
							}
							handler.ServeHTTP(w, r)
						}))
						t.Cleanup(listening.Close)
						config.Endpoint = listening.URL
					})
					verdicts := verdictsByRequirement(tested(t, method, server, 1))
					for _, id := range []string{result.PersistentConnection, breaks} {
						broken := verdicts[id].Verdict == result.Fail || verdicts[id].Verdict == result.Warn
						if broken != (id == breaks) {
							t.Errorf("%s, states readable %v: %s", id, readable, verdicts[id].Verdict)
						}
					}
				}
			})
		}
	}
}
