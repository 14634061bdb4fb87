package recorder

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Variables that make of the test program another one, for what ends a process
// or changes all of it.
const (
	// killedFolder makes it record into a folder until it is killed.
	killedFolder = "DPCONFORM_TEST_RECORD_INTO"
	// fullFolder makes it record into a folder on a disk that becomes full.
	fullFolder = "DPCONFORM_TEST_FULL_DISK"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(killedFolder); folder != "" {
		recordUntilKilled(folder)
	}
	if folder := os.Getenv(fullFolder); folder != "" {
		fmt.Println(recordOnFullDisk(folder))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// recordUntilKilled makes one of two recordings after the other, and takes its
// time for each step of the installation. It says when it begins.
func recordUntilKilled(folder string) {
	afterStep = func() { time.Sleep(time.Duration(rand.IntN(1500)) * time.Microsecond) }
	fmt.Println("recording")
	for i := 0; ; i++ {
		if err := recordOneOfTwo(folder, i%2); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// recordOneOfTwo makes a recording that is the same each time, of a server that
// is not the emulator, so that each exchange is written down at once.
func recordOneOfTwo(folder string, which int) error {
	provenance := testProvenance("http://127.0.0.1:8080")
	provenance.RecordedFrom.Kind = FromServer
	recording, err := NewRecording(RecordingOptions{Folder: folder, Provenance: provenance, Unfinished: Discard, Transport: sayingPath})
	if err != nil {
		return err
	}
	checks := [][]string{{"path/a", "body/a", "errors/a"}, {"path/a", "semantics/a", "errors/a", "response/a"}}[which]
	for _, check := range checks {
		for number := range 10 {
			request, err := requestOf(check, "GET", fmt.Sprintf("http://127.0.0.1:8080/v1/%d/%d", which, number))
			if err != nil {
				return err
			}
			if _, err := recording.RoundTrip(request); err != nil {
				return err
			}
		}
	}
	return recording.Save()
}

// sayingPath is a server that answers with the path that it was asked for.
var sayingPath = roundTripper(func(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Status: "200 OK", Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(request.URL.Path)),
	}, nil
})

// TestKilledAtAnyMomentOldOrNewIsWhole kills a recording process at 20 random
// moments, many of them within the installation.
func TestKilledAtAnyMomentOldOrNewIsWhole(t *testing.T) {
	var whole []map[string]string
	for which := range 2 {
		folder := t.TempDir()
		if err := recordOneOfTwo(folder, which); err != nil {
			t.Fatal(err)
		}
		whole = append(whole, filesIn(t, folder))
	}
	folder := t.TempDir()
	if err := recordOneOfTwo(folder, 0); err != nil {
		t.Fatal(err)
	}
	halfDone := 0
	for range 20 {
		killAfter(t, folder, time.Duration(rand.IntN(60_000))*time.Microsecond)
		got := recordingFiles(t, folder)
		if !maps.Equal(got, whole[0]) && !maps.Equal(got, whole[1]) {
			t.Fatalf("neither the old recording nor the new one, but %v of %v", entriesOf(t, folder), got[ProvenanceFile])
		}
		if leftHalfDone(folder) {
			halfDone++
		}
	}
	t.Logf("%d of 20 installations were half done", halfDone)
	if err := recordOneOfTwo(folder, 1); err != nil {
		t.Fatal(err)
	}
	mustBeSameFiles(t, whole[1], filesIn(t, folder))
}

// killAfter lets a process record into a folder and kills it.
func killAfter(t *testing.T, folder string, wait time.Duration) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), killedFolder+"="+folder)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	if !lines.Scan() || lines.Text() != "recording" {
		t.Fatalf("it says %q", lines.Text())
	}
	time.Sleep(wait)
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if lines.Scan() {
		t.Errorf("it failed: %s", lines.Text())
	}
	if err := command.Wait(); err == nil {
		t.Error("it ended by itself")
	}
}
