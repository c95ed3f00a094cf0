#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# doubts_test.sh - doubts.awk has none of the golden table, and one of each damage.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
table=$here/golden/transitions.csv
failed=0

# doubt TEXT CELL COLUMN VALUE: with another value in the first line that has the words of CELL, it says TEXT.
doubt() {
  local said
  said=$(awk -F, -v cell="$2" -v name="$3" -v value="$4" '
    BEGIN { OFS = ","; n = split(cell, word, " ") }
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; print; next }
    !done {
      for (i = 1; i <= n && index("," $0 ",", "," word[i] ",") > 0; i++) {}
      if (i > n) { $column[name] = value; done = 1 }
    }
    1' "$table" | awk -f "$here/doubts.awk" 2>&1) && said=nothing
  case $said in
  *": $1"*) ;;
  *)
    failed=1
    echo "FAILED: $3=$4: '$said' instead of '$1'"
    ;;
  esac
}

awk -f "$here/doubts.awk" "$table" || failed=1
doubt 'percentiles out of order' 'vtd linux-7 nic none no-ats replace s2' before_p99 0.5
doubt 'percentiles out of order' 'vtd linux-7 nic none no-ats replace s2' after_max 288
doubt 'hitless, and something was refused' 'smmuv3 best nic replace s1' n_refused 1
doubt 'hitless, and something was refused' 'smmuv3 best nic replace s1' blocked_ns 1
doubt 'it breaks, and nothing was refused' 'smmuv3 linux-7 idle replace s1 BREAKS' blocked_ns 0
doubt 'a replay shows what no permitted hardware may do' 'vtd linux-7 nic none no-ats replace s2 BREAKS' explored HITLESS
doubt 'longer from first store' 'smmuv3 linux-7 nic replace s1 BREAKS' window_ns 999999
doubt 'more work and waiting than time' 'smmuv3 linux-7 nic replace s1 BREAKS' wait_ns 999999
doubt 'a device was refused what no probe was' 'smmuv3 linux-7 nic no-ats replace s1 BREAKS' blocked_ns 0
doubt 'more entries of others than entries' 'smmuv3 linux-7 nic no-ats replace s1 BREAKS' tlb_collateral 999
doubt 'completions of no command' 'smmuv3 linux-7 nic no-ats replace s1 BREAKS' commands 0
doubt 'the best sequence is not hitless' 'vtd best nic none no-ats replace s2' verdict BREAKS
doubt 'no such verdict' 'vtd best nic none no-ats replace s2' replay FINE
doubt 'the same work by two calls costs something else' 'vtd linux-7 nic none no-ats replace s2 nested:A2' blocked_ns 1680
doubt 'the same work by two calls costs something else' 'vtd linux-6.12 nvme none ats detach-attach s1 s2' n_refused 9
exit $failed
