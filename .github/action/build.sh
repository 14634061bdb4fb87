#!/usr/bin/env bash
# Builds dpconform from the source of the action, or installs the version in
# INPUT_VERSION. Later steps of the job find it in their PATH.
set -euo pipefail

folder=$(mktemp -d "$RUNNER_TEMP/dpconform-program.XXXXXX")
if [[ -n ${INPUT_VERSION:-} ]]; then
  GOBIN=$folder go install "github.com/dpconform/dpconform/cmd/dpconform@$INPUT_VERSION"
else
  cd "$GITHUB_ACTION_PATH"
  go build -buildvcs=false -o "$folder/" ./cmd/dpconform
fi

printf 'program=%s\n' "$folder/dpconform$(go env GOEXE)" >>"$GITHUB_OUTPUT"
printf '%s\n' "$folder" >>"$GITHUB_PATH"
