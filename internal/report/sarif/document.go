package sarif

// The objects of SARIF that are written, each with the properties that are.
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	document struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool              tool                        `json:"tool"`
		AutomationDetails automationDetails           `json:"automationDetails"`
		Invocations       []invocation                `json:"invocations"`
		Artifacts         []artifact                  `json:"artifacts"`
		Bases             map[string]artifactLocation `json:"originalUriBaseIds,omitempty"`
		ColumnKind        string                      `json:"columnKind"`
		Results           []sarifResult               `json:"results"`
		Properties        map[string]any              `json:"properties"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name           string       `json:"name"`
		Version        string       `json:"version"`
		InformationURI string       `json:"informationUri"`
		Rules          []descriptor `json:"rules"`
		Notifications  []descriptor `json:"notifications"`
	}
	descriptor struct {
		ID               string         `json:"id"`
		Name             string         `json:"name"`
		ShortDescription text           `json:"shortDescription"`
		FullDescription  text           `json:"fullDescription"`
		Help             help           `json:"help"`
		HelpURI          string         `json:"helpUri,omitempty"`
		Configuration    *configuration `json:"defaultConfiguration,omitempty"`
		Properties       *properties    `json:"properties,omitempty"`
	}
	text struct {
		Text string `json:"text"`
	}
	help struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	configuration struct {
		Level string `json:"level"`
	}
	properties struct {
		Tags []string `json:"tags"`
		// Severity is what GitHub sorts by.
		Severity string `json:"problem.severity,omitempty"`
	}
	automationDetails struct {
		ID string `json:"id"`
	}
	invocation struct {
		ExecutionSuccessful bool           `json:"executionSuccessful"`
		ExitCode            int            `json:"exitCode"`
		ExitCodeDescription string         `json:"exitCodeDescription"`
		StartTime           string         `json:"startTimeUtc"`
		EndTime             string         `json:"endTimeUtc"`
		Execution           []notification `json:"toolExecutionNotifications"`
		Configuration       []notification `json:"toolConfigurationNotifications"`
	}
	notification struct {
		Descriptor reference      `json:"descriptor"`
		Level      string         `json:"level"`
		Message    text           `json:"message"`
		Properties map[string]any `json:"properties,omitempty"`
	}
	reference struct {
		ID    string `json:"id"`
		Index int    `json:"index"`
	}
	artifact struct {
		Location artifactLocation  `json:"location"`
		Roles    []string          `json:"roles"`
		Hashes   map[string]string `json:"hashes,omitempty"`
	}
	artifactLocation struct {
		URI         string `json:"uri,omitempty"`
		Base        string `json:"uriBaseId,omitempty"`
		Description *text  `json:"description,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      text              `json:"message"`
		Locations    []location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Occurrences  int               `json:"occurrenceCount,omitempty"`
		Suppressions []suppression     `json:"suppressions,omitempty"`
		Properties   map[string]any    `json:"properties,omitempty"`
	}
	location struct {
		Physical physicalLocation `json:"physicalLocation"`
	}
	physicalLocation struct {
		Artifact artifactLocation `json:"artifactLocation"`
		Region   region           `json:"region"`
	}
	region struct {
		StartLine int `json:"startLine"`
	}
	suppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)
