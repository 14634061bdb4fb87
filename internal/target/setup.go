package target

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// apiError is what is looked at in an error of Google's form.
// Source: https://google.aip.dev/193
type apiError struct {
	// Code is a number, and Status a word such as "PERMISSION_DENIED".
	Code    json.RawMessage `json:"code"`
	Status  string          `json:"status"`
	Message string          `json:"message"`
	// Errors is the older form.
	Errors []struct {
		Reason string `json:"reason"`
	} `json:"errors"`
	Details []struct {
		Reason string `json:"reason"`
		Links  []struct {
			URL string `json:"url"`
		} `json:"links"`
	} `json:"details"`
}

// readError reads the error in a body; one without any is empty.
func readError(body []byte) apiError {
	type message struct {
		Error apiError `json:"error"`
	}
	// What has another type stays empty. A stream's error is the only one in a list.
	one := []message{{}}
	if trimmed := bytes.TrimSpace(body); bytes.HasPrefix(trimmed, []byte("[")) {
		_ = json.NewDecoder(bytes.NewReader(body)).Decode(&one)
	} else {
		_ = json.NewDecoder(bytes.NewReader(body)).Decode(&one[0])
	}
	if len(one) == 0 {
		return apiError{}
	}
	return one[0].Error
}

// reasons lists the reasons of both forms.
func (e apiError) reasons() []string {
	var reasons []string
	for _, detail := range e.Details {
		reasons = append(reasons, detail.Reason)
	}
	for _, one := range e.Errors {
		reasons = append(reasons, one.Reason)
	}
	return slices.DeleteFunc(reasons, func(reason string) bool { return reason == "" })
}

func (e apiError) hasReason(reason string) bool { return slices.Contains(e.reasons(), reason) }

// link is the first that leads to help and is not in the message; empty where
// there is none.
func (e apiError) link() string {
	for _, detail := range e.Details {
		for _, link := range detail.Links {
			if strings.HasPrefix(link.URL, "https://") && !strings.Contains(e.Message, link.URL) {
				return link.URL
			}
		}
	}
	return ""
}

// setupReasons are the reasons for which Google's front end lets no request of a
// project in, whatever method it calls: what the project, its billing, its
// organization or its API key lack.
// Source: https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto
var setupReasons = []string{
	"SERVICE_DISABLED", "USER_PROJECT_DENIED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "BILLING_DISABLED", "RESOURCE_PROJECT_INVALID",
	"SERVICE_NOT_VISIBLE", "GCP_SUSPENDED", "SECURITY_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED", "LOCATION_TAX_POLICY_VIOLATED",
	"ORG_RESTRICTION_VIOLATION", "ORG_RESTRICTION_HEADER_INVALID", "USER_BLOCKED_BY_ADMIN", "API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED",
	"API_KEY_HTTP_REFERRER_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED", "API_KEY_ANDROID_APP_BLOCKED", "API_KEY_IOS_APP_BLOCKED",
	// Those of the older form.
	"accessNotConfigured", "userProjectMissing", "userProjectAccessDenied", "userProjectInconsistent", "keyInvalid", "ipRefererBlocked",
}

// setupSigns are parts of the message, or of the links, by which an error without a
// reason of its own shows one of the setupReasons.
// Source: https://cloud.google.com/apis/docs/troubleshooting
var setupSigns = []struct{ sign, reason string }{
	{"has not been used in project", "SERVICE_DISABLED"}, {"api is disabled", "SERVICE_DISABLED"}, {"api is not enabled", "SERVICE_DISABLED"},
	{"api has not been enabled", "SERVICE_DISABLED"}, {"access not configured", "SERVICE_DISABLED"},
	{"permission to use project", "USER_PROJECT_DENIED"}, {"serviceusage.services.use", "USER_PROJECT_DENIED"},
	{"permission denied on resource project", "CONSUMER_INVALID"}, {"user project specified in the request", "CONSUMER_INVALID"},
	{"requires billing to be enabled", "BILLING_DISABLED"}, {"billing is disabled", "BILLING_DISABLED"}, {"billing account for the owning project", "BILLING_DISABLED"},
	{"api key not valid", "API_KEY_INVALID"}, {"api key expired", "API_KEY_INVALID"},
	{"console.developers.google.com/billing", "BILLING_DISABLED"}, {"console.cloud.google.com/billing", "BILLING_DISABLED"},
	{"console.developers.google.com/iam-admin", "USER_PROJECT_DENIED"}, {"console.cloud.google.com/iam-admin", "USER_PROJECT_DENIED"},
	{"console.developers.google.com/apis/", "SERVICE_DISABLED"}, {"console.cloud.google.com/apis/", "SERVICE_DISABLED"},
}

// setupReason is the reason for which an error refuses the caller's project; empty
// where it does not, or gives another reason.
func (e apiError) setupReason() string {
	reasons := e.reasons()
	if at := slices.IndexFunc(reasons, func(reason string) bool { return slices.Contains(setupReasons, reason) }); at >= 0 {
		return reasons[at]
	}
	said := e.Message
	for _, detail := range e.Details {
		if detail.Reason != "" {
			return ""
		}
		for _, link := range detail.Links {
			said += "\n" + link.URL
		}
	}
	said = strings.ToLower(said)
	for _, known := range setupSigns {
		if strings.Contains(said, known.sign) {
			return known.reason
		}
	}
	return ""
}

// quotaProject is how messages name a project that is billed for a request.
const quotaProject = "quota project"

// longestMessage is the length in characters from which a server's message is
// cut.
const longestMessage = 600

// said is what a server or a proxy says, cut and without secrets.
func (t *Target) said(words string) string {
	return t.redactor.Message(text.Cut(words, longestMessage))
}

// aboutKey reports whether a reason refuses an API key.
func aboutKey(reason string) bool {
	return strings.HasPrefix(reason, "API_KEY_") || reason == "keyInvalid"
}

// sendsKey reports whether a request tests the system parameter for an API key: that
// the key is refused says nothing of the caller then.
func sendsKey(request Request) bool {
	_, query, _ := strings.Cut(request.Path, "?")
	values, _ := url.ParseQuery(query)
	return values.Has("key") || values.Has("$key")
}

// notSetUp is the fault of a response that refuses the caller's project, and not
// the request; nil for every other.
func (t *Target) notSetUp(exchange *Exchange) *Fault {
	if exchange.Status != http.StatusForbidden && exchange.Status != http.StatusBadRequest {
		return nil
	}
	found := readError(exchange.Body)
	reason := found.setupReason()
	asked := strings.Contains(found.Message, "requires a "+quotaProject)
	if reason == "" && !asked || aboutKey(reason) && sendsKey(exchange.Request) {
		return nil
	}
	if reason == "" {
		reason = fmt.Sprintf("%d %s", exchange.Status, found.Status)
	}
	fault := &Fault{Kind: NotSetUp, Detail: text.Line(fmt.Sprintf("the caller's project is not set up for this API: %s: %s",
		reason, t.said(found.Message)))}
	if link := found.link(); link != "" {
		fault.Detail += "; see " + text.Line(t.said(link))
	}
	if asked || strings.Contains(found.Message, quotaProject) || reason == "USER_PROJECT_DENIED" || strings.HasPrefix(reason, "userProject") {
		fault.Flag = "--quota-project"
		fault.Detail += "; --quota-project ID names the project that requests count for"
	}
	return fault
}
