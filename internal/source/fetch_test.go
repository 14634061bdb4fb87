package source

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSourcesAreRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "" || request.Header.Get("Cookie") != "" || request.Header.Get("User-Agent") != "test" {
			t.Errorf("sent %v", request.Header)
		}
		switch request.URL.Path {
		case "/moved":
			http.SetCookie(writer, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(writer, request, "/here?key=secret-key", http.StatusFound)
		case "/here":
			writer.Write([]byte("the source"))
		}
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte("the source"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := Reader{Input: strings.NewReader("the source"), UserAgent: "test"}
	for name, shown := range map[string]string{file: file, StandardInput: "standard input", server.URL + "/here?key=secret-key": server.URL + "/here",
		server.URL + "/moved": server.URL + "/moved"} {
		read, err := reader.Read(context.Background(), name)
		if err != nil || string(read.Text) != "the source" || read.Name != shown {
			t.Errorf("%s: %q as %s, %v", name, read.Text, read.Name, err)
		}
	}
}

func TestWhatIsNotReadSaysWhy(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/other":
			http.Redirect(writer, request, other.URL, http.StatusFound)
		case "/around":
			http.Redirect(writer, request, "/around", http.StatusFound)
		case "/password":
			http.Redirect(writer, request, "https://user:secret-password@"+request.Host+"/", http.StatusFound)
		case "/file":
			http.Redirect(writer, request, "file:///etc/passwd", http.StatusFound)
		case "/short":
			writer.Header().Set("Content-Length", "100")
			writer.Write([]byte("short"))
		case "/long-head":
			for range 12 {
				writer.Header().Add("X-Long", strings.Repeat("x", 1<<20))
			}
		case "/no-http":
			connection, _, err := writer.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = connection.Write([]byte("SSH-2.0-x\r\n"))
				_ = connection.Close()
			}
		case "/endless":
			for written := 0; written < 64<<20; written += 1 << 20 {
				if _, err := writer.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		default:
			http.Error(writer, "gone", http.StatusGone)
		}
	}))
	defer server.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	folder := t.TempDir()
	for _, one := range []struct {
		name        string
		says        string
		unreachable bool
	}{
		{filepath.Join(folder, "no-such-file"), "no such file", false},
		{folder, "is a directory", false},
		{"ftp://127.0.0.1/x", "http or https", false},
		{"file:///etc/passwd", "http or https", false},
		{"http://user:secret-password@127.0.0.1/x", "credential", false},
		{server.URL + "/gone?key=secret-key", "responds with 410", true},
		{server.URL + "/other?key=secret-key", "neither https nor the same host", true},
		{server.URL + "/around", "more than 5 redirects", true},
		{server.URL + "/password", "credential", true},
		{server.URL + "/file", "neither https nor the same host", true},
		{server.URL + "/short", "ended after", true},
		{server.URL + "/long-head", ": the head of the response is too long", true},
		{server.URL + "/no-http", ": not an HTTP response: malformed HTTP response", true},
		{closed.URL + "/?key=secret-key", ": connection refused", true},
	} {
		_, err := Reader{UserAgent: "test"}.Read(context.Background(), one.name)
		if err == nil {
			t.Errorf("%s: read", one.name)
			continue
		}
		var unreachable *UnreachableError
		if errors.As(err, &unreachable) != one.unreachable || !strings.Contains(err.Error(), one.says) || strings.ContainsAny(err.Error(), "\n") ||
			strings.Contains(err.Error(), "net/http") || strings.Contains(err.Error(), "dial tcp") {
			t.Errorf("%s: %T %s", one.name, err, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("a secret in %s", err)
		}
	}
	read, err := Reader{UserAgent: "test"}.Read(context.Background(), server.URL+"/endless")
	if err != nil || len(read.Text) != MaximumLength+1 {
		t.Fatalf("%d bytes, %v", len(read.Text), err)
	}
	if _, err := Parse(read, shipped()); err == nil || !strings.Contains(err.Error(), "8 MiB") {
		t.Error(err)
	}
}

func TestAFetchStopsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := (Reader{}).Read(ctx, server.URL); err == nil {
		t.Error("read")
	}
}
