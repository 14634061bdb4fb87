package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestSecretsGiven(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "tokens.yaml", "maps.reviews: file-s3cr3t-1\nyoutube.*:\n  refresh-token: file-s3cr3t-2\n  token-url: https://h/file-place\nshort: x\n")
	broken := writeFile(t, "broken.yaml", "maps.reviews: [\"broken-s3cr3t-1\"\n a: b: c")
	for name, one := range map[string]struct {
		arguments   []string
		environment []string
		want, never string
	}{
		"two words":     {[]string{"run", "--token", "maps.reviews=flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "maps.reviews"},
		"one word":      {[]string{"run", "--token=maps.reviews=flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "maps.reviews"},
		"without scope": {[]string{"run", "--token", "flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "run"},
		"without sign":  {[]string{"run", "--token", "maps.reviews", "flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "run"},
		"with a scheme": {[]string{"run", "--token", "maps.reviews=Bearer flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "Bearer"},
		"variable":      {nil, []string{"DPCONFORM_TOKEN=maps.reviews=env-s3cr3t-1;youtube=env-s3cr3t-2"}, "env-s3cr3t-2", "maps.reviews"},
		"other secret":  {nil, []string{"DPCONFORM_CLIENT_SECRET=env-s3cr3t-1"}, "env-s3cr3t-1", "DPCONFORM_CLIENT_SECRET"},
		"no secret":     {nil, []string{"DPCONFORM_TOKEN_FILE=/a/b", "DPCONFORM_TOKEN_TEMPLATE=t{short}", "TOKEN=mine", "DPCONFORM_TOKEN=x=env-s3cr3t-1"}, "env-s3cr3t-1", "/a/b"},
		"file":          {[]string{"run", "--token-file", file}, nil, "file-s3cr3t-2", "https://h/file-place"},
		"no scheme":     {[]string{"drift", "--against", "127.0.0.1:1/?k=query-s3cr3t-1"}, nil, "query-s3cr3t-1", "127.0.0.1:1/"},
		"one argument":  {[]string{"drift", "--against=h/x;k=query-s3cr3t-1"}, nil, "query-s3cr3t-1", "h/x"},
		"a zone":        {[]string{"doctor", "--endpoint", "http://[fe80::1%zone-s3cr3t-1]/"}, nil, "zone-s3cr3t-1", "fe80::1"},
		"a program":     {[]string{"client", "sh", "-c", "true; echo flag-s3cr3t-1?", "x;y=flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", " echo flag-s3cr3t-1"},
		"broken file":   {[]string{"run", "--token-file", broken}, nil, "broken-s3cr3t-1", broken},
		"no file":       {[]string{"run", "--token-file", "missing.yaml", "--token", "a=flag-s3cr3t-1"}, nil, "flag-s3cr3t-1", "missing.yaml"},
	} {
		root := newRootCommand(quiet())
		for _, command := range root.Commands() {
			if len(one.arguments) > 0 && one.arguments[0] == command.Name() && command.Name() == "run" {
				// A stray word is refused by the command, not by its flags.
				if err := command.ParseFlags(one.arguments[1:]); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := secretsGiven(root, one.arguments, one.environment)
		if !slices.Contains(got, one.want) || slices.Contains(got, one.never) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestAnAddressGivenForAFileIsShownWithoutItsParameters, whichever flag or file gives it.
func TestAnAddressGivenForAFileIsShownWithoutItsParameters(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://[::1/x?PLANTED", "http://127.0.0.1:1/x#PLANTED", "http://me:PLANTED@127.0.0.1:1/x"} {
		settings := writeFile(t, "settings.yaml", "spec: '"+address+"'\n")
		for _, arguments := range [][]string{
			{"run", "--spec", address}, {"run", "--spec=" + address}, {"run", "--config", address}, {"run", "--config", settings},
			{"run", "--cassettes", address}, {"run", "--known-failures", address}, {"client", "--scenarios", address, "--", "true"}, {"report", address},
			{"run", "--endpoint", "http://127.0.0.1:1", "--token-file", address}, {"spec", "print", "--spec", address}, {"doctor", "--spec", address},
			{"drift", "--against", address},
		} {
			got := call(t, arguments...)
			if strings.Contains(got.complaints+got.output+got.raw, "PLANTED") || !strings.Contains(got.complaints, "/x") && arguments[0] != "client" {
				t.Errorf("%q: %s%s", arguments, got.complaints, got.output)
			}
		}
	}
}

func TestComplaintsHideSecrets(t *testing.T) {
	t.Parallel()
	var complaints strings.Builder
	on := quiet()
	on.err = &complaints
	on.hide(func() []string { return []string{"given-s3cr3t", ""} })
	on.onStandardError().complain("given-s3cr3t, given%2Ds3cr3t, ya29.a0b1c2d3, fine\nsecond")
	on.complain("--token: fine; did you mean maps.reviews?")
	want := "dpconform: dpconform-redacted, dpconform-redacted, dpconform-redacted, fine\n"
	if got := complaints.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "dpconform: --token: fine; did you mean maps.reviews?\n") {
		t.Errorf("got %s", got)
	}
}
