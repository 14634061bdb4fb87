#!/usr/bin/env bash
# Ends with the exit code of dpconform run, RUN_EXIT; where that is 0, with that
# of the comparison, DIFF_EXIT, if there was one.
set -euo pipefail

if [[ ${RUN_EXIT:-} != 0 ]]; then
  exit "${RUN_EXIT:-2}"
fi
exit "${DIFF_EXIT:-0}"
