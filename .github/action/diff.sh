#!/usr/bin/env bash
# Compares the report of this run with a baseline: text into the log, Markdown
# into the summary of the job, both forms beside the other reports. It succeeds
# whatever differs; the last step ends with the exit code.
#
# It reads PROGRAM, REPORT, FOLDER, INPUT_BASELINE and INPUT_FAIL_ON, and sets
# the outputs exit and regression.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=runner.sh
source "$(dirname "${BASH_SOURCE[0]}")/runner.sh"

if [[ ! -e $INPUT_BASELINE ]]; then
  annotate notice "no baseline" "nothing is compared: there is no file $INPUT_BASELINE yet"
  output exit 0
  output regression ""
  exit 0
fi

private=$(mktemp -d "$RUNNER_TEMP/dpconform-private.XXXXXX")
trap 'rm -rf "$private"' EXIT
complaints=$private/complaints

arguments=(
  diff
  "--fail-on=${INPUT_FAIL_ON:-regression}"
  "--report=json=$FOLDER/diff.json"
  "--report=markdown=$FOLDER/diff.md"
  --
  "$INPUT_BASELINE"
  "$REPORT"
)
code=0
quietly "$complaints" "$PROGRAM" "${arguments[@]}" || code=$?
regression=""
if [[ -s $FOLDER/diff.json ]]; then
  regression=$(sed -n 's/^  "regression": \([a-z]*\),$/\1/p' "$FOLDER/diff.json" | head -n 1)
  cat "$FOLDER/diff.md" >>"$GITHUB_STEP_SUMMARY"
  if ((code != 0)); then
    annotate error "compared with the baseline" "$(sed -n 's/^  "summary": "\(.*\)",$/\1/p' "$FOLDER/diff.json" | head -n 1)"
  fi
else
  reason=$(last_line "$complaints")
  summary "not compared with the baseline" "${reason:-dpconform diff ended with exit code $code}"
  annotate error "not compared with the baseline" "${reason:-dpconform diff ended with exit code $code}"
fi

output exit "$code"
output regression "$regression"
