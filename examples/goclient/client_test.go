// Package goclient shows how the author of a client has it judged inside go
// test: put your own client in the place of retry.
package goclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/dpconform/dpconform/clienttest"
)

func TestMyClient(t *testing.T) {
	server := clienttest.NewServer(t)
	for _, name := range server.Scenarios() {
		t.Run(name, func(t *testing.T) {
			call := server.Scenario(t, name)
			newID, err := retry(call.Client, call.URL, call.Token, call.Job)
			if err != nil {
				call.Failed(toldError(err))
				return
			}
			call.Succeeded(newID)
		})
	}
}

// apiError is an error as this client shows it.
type apiError struct {
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.Code, e.Status, e.Message) }

// toldError takes apart what the client gave to its caller.
func toldError(err error) clienttest.ToldError {
	var shown *apiError
	if errors.As(err, &shown) {
		return clienttest.ToldError{Code: shown.Code, Status: shown.Status, Message: shown.Message}
	}
	return clienttest.ToldError{Message: err.Error()}
}

// retry is the client under test: one that asks once.
func retry(library *http.Client, endpoint, token, job string) (newID string, err error) {
	request, err := http.NewRequest(http.MethodPost, endpoint+"/v1/archiveJobs/"+url.PathEscape(job)+":retry", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := library.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var body struct {
		ArchiveJobID string   `json:"archiveJobId"`
		Error        apiError `json:"error"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", &body.Error
	}
	if body.ArchiveJobID == "" {
		return "", errors.New("the answer names no job")
	}
	return body.ArchiveJobID, nil
}
