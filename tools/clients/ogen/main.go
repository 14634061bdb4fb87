// Command ogen retries one archive job through the client that ogen generates from
// `dpconform spec print --plain`, and prints what the client returned, as `dpconform
// client` asks.
//
//	ogen [message|nothing]
//
// message gives the client the empty message, nothing gives it nil.
package main

//go:generate go run github.com/ogen-go/ogen/cmd/ogen@v1.24.0 --config ogen.yml --target api --package api --clean openapi.yaml

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/ogen-go/ogen/validate"

	"github.com/dpconform/dpconform/clients/ogen/api"
)

// tokens gives the client the token of each call.
type tokens struct{}

func (tokens) OAuth2(context.Context, api.OperationName) (api.OAuth2, error) {
	return api.OAuth2{Token: os.Getenv("DPCONFORM_TOKEN")}, nil
}

func main() {
	job := os.Getenv("DPCONFORM_JOB")
	reported := map[string]any{"job": job}
	if response, err := retry(job); err != nil {
		reported["error"] = failed(err)
	} else if accepted, ok := response.(*api.RetryPortabilityArchiveResponse); ok {
		reported["archiveJobId"] = accepted.ArchiveJobId
	} else {
		reported["error"] = refused(response)
	}
	if err := json.NewEncoder(os.Stdout).Encode(reported); err != nil {
		os.Exit(1)
	}
}

func retry(job string) (api.DataportabilityArchiveJobsRetryRes, error) {
	client, err := api.NewClient(os.Getenv("DPCONFORM_ENDPOINT"), tokens{})
	if err != nil {
		return nil, err
	}
	message := &api.RetryPortabilityArchiveRequest{}
	if len(os.Args) > 1 && os.Args[1] == "nothing" {
		message = nil
	}
	call := func(job string) (api.DataportabilityArchiveJobsRetryRes, error) {
		return client.DataportabilityArchiveJobsRetry(context.Background(), message, api.DataportabilityArchiveJobsRetryParams{ArchiveJob: job})
	}
	if first := os.Getenv("DPCONFORM_WARM_JOB"); first != "" {
		if _, err := call(first); err != nil {
			return nil, err
		}
	}
	return call(job)
}

// refused is what a response of a status that the description names has.
func refused(response api.DataportabilityArchiveJobsRetryRes) map[string]any {
	var body api.Error
	switch response := response.(type) {
	case *api.DataportabilityArchiveJobsRetryBadRequest:
		body = api.Error(*response)
	case *api.ErrorHeaders:
		body = response.Response
	case *api.DataportabilityArchiveJobsRetryForbidden:
		body = api.Error(*response)
	case *api.DataportabilityArchiveJobsRetryNotFound:
		body = api.Error(*response)
	}
	return map[string]any{"code": body.Error.Code, "status": body.Error.Status, "message": body.Error.Message}
}

// failed is what an error has: that of any other status, or of a response that the
// client cannot read.
func failed(err error) map[string]any {
	var other *api.ErrorStatusCode
	if errors.As(err, &other) {
		return map[string]any{"code": other.StatusCode, "status": other.Response.Error.Status, "message": other.Response.Error.Message}
	}
	var unexpected *validate.UnexpectedStatusCodeError
	if errors.As(err, &unexpected) {
		return map[string]any{"code": unexpected.StatusCode, "message": err.Error()}
	}
	return map[string]any{"message": err.Error()}
}
