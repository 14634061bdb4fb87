// Command go retries one archive job through Google's client library for Go, and
// prints what the library returned, as `dpconform client` asks.
//
//	go [message|nothing]
//
// The library takes a pointer to the empty request message: message gives it
// one, as its users do, and nothing gives it nil.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/oauth2"
	"google.golang.org/api/dataportability/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

func main() {
	job := os.Getenv("DPCONFORM_JOB")
	reported := map[string]any{"job": job}
	if answer, err := retry("archiveJobs/" + job); err != nil {
		reported["error"] = shown(err)
	} else {
		reported["archiveJobId"] = answer.ArchiveJobId
	}
	if err := json.NewEncoder(os.Stdout).Encode(reported); err != nil {
		os.Exit(1)
	}
}

func retry(name string) (*dataportability.RetryPortabilityArchiveResponse, error) {
	ctx := context.Background()
	// The tokens of a user, as the library's users hold them: it refreshes by
	// itself when the time of the access token is over. This one has no time.
	login := &oauth2.Config{
		ClientID: "client", ClientSecret: "secret",
		Endpoint: oauth2.Endpoint{TokenURL: os.Getenv("DPCONFORM_TOKEN_URL")},
	}
	tokens := login.TokenSource(ctx, &oauth2.Token{
		AccessToken: os.Getenv("DPCONFORM_TOKEN"), RefreshToken: os.Getenv("DPCONFORM_REFRESH_TOKEN"),
	})
	service, err := dataportability.NewService(ctx,
		option.WithEndpoint(os.Getenv("DPCONFORM_ENDPOINT")), option.WithTokenSource(tokens))
	if err != nil {
		return nil, err
	}
	request := &dataportability.RetryPortabilityArchiveRequest{}
	if len(os.Args) > 1 && os.Args[1] == "nothing" {
		request = nil
	}
	if first := os.Getenv("DPCONFORM_WARM_JOB"); first != "" {
		if _, err := service.ArchiveJobs.Retry("archiveJobs/"+first, request).Do(); err != nil {
			return nil, err
		}
	}
	return service.ArchiveJobs.Retry(name, request).Do()
}

// shown is what the error tells that the library gives.
func shown(err error) map[string]any {
	var refused *googleapi.Error
	if !errors.As(err, &refused) {
		return map[string]any{"message": err.Error()}
	}
	// The library has no member for the name of the code: it leaves the answer in
	// Body, where a caller finds it.
	var answer struct{ Error struct{ Status string } }
	_ = json.Unmarshal([]byte(refused.Body), &answer)
	return map[string]any{"code": refused.Code, "status": answer.Error.Status, "message": refused.Message}
}
