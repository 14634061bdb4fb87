# shellcheck shell=bash
# What the scripts of the action share in speaking to the runner; they read it
# with "source".

# random prints a word that nobody can guess.
random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# output NAME VALUE sets an output of the step.
output() {
  local end
  end=$(random)
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

# annotate COMMAND TITLE MESSAGE tells the runner something; the message may be
# anything.
annotate() {
  local message=$3
  message=${message//'%'/%25}
  message=${message//$'\r'/%0D}
  message=${message//$'\n'/%0A}
  printf '::%s title=%s::%s\n' "$1" "$2" "$message"
}

# quietly FILE COMMAND... prints what a command prints, so that nothing in it is
# a command to the runner: servers say what they like. It gives the exit code,
# and leaves what went to standard error in FILE too.
quietly() {
  local complaints=$1 word code=0
  shift
  word=$(random)
  printf '::stop-commands::%s\n' "$word"
  "$@" 2>"$complaints" || code=$?
  cat "$complaints"
  printf '\n::%s::\n' "$word"
  return "$code"
}

# last_line FILE prints the last line of a file that is not blank.
last_line() { sed -n '/[^[:space:]]/h; ${x; s/\r$//; p;}' "$1"; }

# summary TITLE TEXT appends a section to the summary of the job; the text stands
# as code.
summary() {
  {
    printf '## archiveJobs.retry: %s\n\n' "$1"
    sed 's/^/    /' <<<"$2"
    printf '\n'
  } >>"$GITHUB_STEP_SUMMARY"
}

# summarise FILE COMPLAINTS appends Markdown to the summary of the job. Where the
# file is not there, the complaints stand as code.
summarise() {
  if [[ -s $1 ]]; then
    cat "$1" >>"$GITHUB_STEP_SUMMARY"
    printf '\n' >>"$GITHUB_STEP_SUMMARY"
  else
    summary "not judged" "$(cat "$2")"
  fi
}
