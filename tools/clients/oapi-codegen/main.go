// Command oapi-codegen retries one archive job through the client that oapi-codegen
// generates from `dpconform spec print --plain`, and prints what the client returned,
// as `dpconform client` asks.
//
//	oapi-codegen [message|nothing]
//
// message gives the client the empty message, nothing a body of no bytes.
package main

//go:generate mkdir -p api
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -package api -generate types,client -o api/api.go openapi.yaml

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/dpconform/dpconform/clients/oapi-codegen/api"
)

func main() {
	job := os.Getenv("DPCONFORM_JOB")
	reported := map[string]any{"job": job}
	if response, err := retry(job); err != nil {
		reported["error"] = map[string]any{"message": err.Error()}
	} else if response.JSON200 != nil {
		reported["archiveJobId"] = response.JSON200.ArchiveJobId
	} else {
		reported["error"] = shown(response)
	}
	if err := json.NewEncoder(os.Stdout).Encode(reported); err != nil {
		os.Exit(1)
	}
}

func retry(job string) (*api.DataportabilityArchiveJobsRetryResponse, error) {
	// The client does not know how to get a token: a user's editor adds it.
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("DPCONFORM_TOKEN"))
		return nil
	}
	client, err := api.NewClientWithResponses(os.Getenv("DPCONFORM_ENDPOINT"), api.WithRequestEditorFn(authorize))
	if err != nil {
		return nil, err
	}
	call := func(job string) (*api.DataportabilityArchiveJobsRetryResponse, error) {
		if len(os.Args) > 1 && os.Args[1] == "nothing" {
			return client.DataportabilityArchiveJobsRetryWithBodyWithResponse(context.Background(), job, "application/json", nil)
		}
		return client.DataportabilityArchiveJobsRetryWithResponse(context.Background(), job, api.RetryPortabilityArchiveRequest{})
	}
	if first := os.Getenv("DPCONFORM_WARM_JOB"); first != "" {
		if _, err := call(first); err != nil {
			return nil, err
		}
	}
	return call(job)
}

// shown is the error that the client has a member for: one for each status that the
// description names, and one for all others.
func shown(response *api.DataportabilityArchiveJobsRetryResponse) map[string]any {
	for _, refused := range []*api.Error{response.JSON400, response.JSON401, response.JSON403, response.JSON404, response.JSONDefault} {
		if refused != nil {
			return map[string]any{"code": response.StatusCode(), "status": refused.Error.Status, "message": refused.Error.Message}
		}
	}
	return map[string]any{"code": response.StatusCode(), "message": response.Status()}
}
