#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# stalls_test.sh - a replay in which requests stall: what the responder says, and that it ends.
#   stalls_test.sh IOMMUSIM STREAM
set -u
iommusim=$1
stream=$2
failed=0

# number KEY: that of the report on standard input.
number() {
  sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" | head -n 1
}

# expect ANSWER OPTION VALUE KEY WANTED
expect() {
  got=$("$iommusim" replay "$stream" --set "cpu.stall_answer=$1" "$2" "$3" --json 2>/dev/null |
    number "$4")
  [ "$got" = "$5" ] && return
  echo "stall_answer=$1 $2 $3: $4 is '$got', wanted $5"
  failed=1
}

# Three records: for each a RESUME and a write of the read pointer.
for preset in gem5 remote; do
  expect abort --preset "$preset" responses 6
  expect raz_wi --preset "$preset" responses 6
  expect abort --preset "$preset" answers_not_replayed 1
  expect abort --preset "$preset" wait_timeouts 0
  expect abort --preset "$preset" unimplemented 0
done
# Nobody maps the pages: they fail again until the replay is over, even if nothing takes time.
for clock in model zero; do
  expect retry --cpu-time "$clock" wait_timeouts 0
done
exit $failed
