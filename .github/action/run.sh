#!/usr/bin/env bash
# Judges with dpconform run: text into the log, Markdown into the summary of the
# job, annotations at the lines of the description, all reports into one folder.
# It succeeds whatever the verdict is; the last step ends with the exit code.
#
# It reads PROGRAM and INPUT_*, and sets the outputs exit, conclusion, failed,
# report and folder.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=runner.sh
source "$(dirname "${BASH_SOURCE[0]}")/runner.sh"

folder=$(mktemp -d "$RUNNER_TEMP/dpconform-report.XXXXXX")
private=$(mktemp -d "$RUNNER_TEMP/dpconform-private.XXXXXX")
trap 'rm -rf "$private"' EXIT
complaints=$private/complaints

arguments=(run)

# add FLAG VALUE gives a flag its value where there is one.
add() {
  if [[ -n $2 ]]; then
    arguments+=("$1=$2")
  fi
}

# each PREFIX LINES adds an argument for each line that is not blank.
each() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ $line == *[![:space:]]* ]]; then
      arguments+=("$1$line")
    fi
  done <<<"$2"
}

add --endpoint "${INPUT_ENDPOINT:-}"
add --token-template "${INPUT_TOKEN_TEMPLATE:-}"
add --spec "${INPUT_SPEC:-}"
add --cassettes "${INPUT_CASSETTES:-}"
add --level "${INPUT_LEVEL:-}"
add --known-failures "${INPUT_KNOWN_FAILURES:-}"
each --job= "${INPUT_JOBS:-}"
case ${INPUT_ALLOW_RETRY:-} in
  "" | false) ;;
  *) arguments+=("--allow-retry=$INPUT_ALLOW_RETRY") ;;
esac
if [[ -n ${INPUT_TOKENS:-} ]]; then
  # Only the owner reads it, as mktemp made the folder.
  printf '%s\n' "$INPUT_TOKENS" >"$private/tokens.yaml"
  chmod 600 "$private/tokens.yaml"
  arguments+=("--token-file=$private/tokens.yaml")
fi
unset INPUT_TOKENS
arguments+=(
  "--report=json=$folder/report.json"
  "--report=junit=$folder/report.xml"
  "--report=markdown=$folder/report.md"
  "--report=annotations=$private/annotations"
)
each "" "${INPUT_ARGUMENTS:-}"

code=0
quietly "$complaints" "$PROGRAM" "${arguments[@]}" || code=$?

report=""
ending=""
conclusion="not judged"
failed=0
if [[ -s $folder/report.json ]]; then
  report=$folder/report.json
  conclusion=$(sed -n 's/^  "conclusion": "\(.*\)",$/\1/p' "$report" | head -n 1)
  # A run may end otherwise than its report says; why stands on standard error.
  said=$(sed -n 's/^  "exit": \([0-9]*\),$/\1/p' "$report" | head -n 1)
  if [[ $said != "$code" ]]; then
    ending=$(last_line "$complaints")
    ending=${ending:-dpconform run ended with exit code $code}
    summary "exit $code, though the report says: $conclusion" "$ending"
    conclusion=$ending
  fi
  # The counts of checks stand first in "counts".
  failed=$(awk '
    /^  "counts": \{/ { counts = 1 }
    counts && /^    "checks": \{/ { checks = 1 }
    checks && /^      "(fail|unexpected-pass)": / { gsub(/[^0-9]/, "", $2); sum += $2 }
    checks && /^    \}/ { exit }
    END { print sum + 0 }
  ' "$report")
fi
summarise "$folder/report.md" "$complaints"
if [[ -n $ending ]]; then
  annotate error "exit $code" "$ending"
fi
if [[ -s $private/annotations ]]; then
  cat "$private/annotations"
fi
if [[ -z $report && -s $complaints ]]; then
  annotate error dpconform "$(cat "$complaints")"
fi

output exit "$code"
output conclusion "$conclusion"
output failed "$failed"
output report "$report"
output folder "$folder"
