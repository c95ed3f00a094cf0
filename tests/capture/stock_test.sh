#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# stock_test.sh - traces that lack something: what docs/capture.md says of them must be true.
#   stock_test.sh IOMMUSIM ROOT
# stock-*.txt are of kernels without our patches. The others are a whole trace without some of its events.
set -u
iommusim=$1
root=$2
here=$root/tests/capture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" > "$work/checked" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
    head -n 5 "$work/checked"
  fi
}

ends() { # WANTED_EXIT COMMAND... - what it says stays in $work/said
  local wanted=$1 status=0
  shift
  "$@" > "$work/said" 2>&1 || status=$?
  echo "exit $status"
  cat "$work/said"
  [ $status -eq "$wanted" ]
}

# column OPERATION N - one word of an operation's first line
column() {
  awk -v op="$1" -v n="$2" '$1 == op && $2 ~ /^[a-z]/ { print $n; exit }' "$work/said"
}

# ---- kernels without the patches ----

stock() { # ARCH MAPS UNMAPS
  local trace=$here/stock-$1.txt
  check "$1: is read" ends 0 "$iommusim" import "$trace" --stats -o "$work/$1.iotr"
  check "$1: nothing is unexplained" grep -q '^all .*, 0 unexplained$' "$work/said"
  check "$1: maps become records" grep -qE "^ +map +$2 became MAP$" "$work/said"
  check "$1: unmaps become records" grep -qE "^ +unmap +$3 became UNMAP$" "$work/said"
  check "$1: an attach has no domain" grep -qE 'attach_device_to_domain .* ignored: it names no domain' "$work/said"
  check "$1: is told as a story" ends 0 "$iommusim" show "$trace"
  check "$1: marks are told" grep -qE 'mark "BEGIN REPLACE dev=0000:00:04.0 pt=3 \(ioas2\)"' "$work/said"
  check "$1: no store is told" test "$(grep -c ' store ' "$work/said")" -eq 0
  check "$1: has no verdict" ends 3 "$iommusim" replay "$trace"
  check "$1: says why" grep -qF 'no IOMMU in it: nothing names one' "$work/said"
}
stock arm64 7 6
stock x86_64 6 2
check "arm64: a map is told" grep -qF 'map iova 0x1001000 to pa 0x4186f000, 0x1000 bytes, domain 0x0' \
  <("$iommusim" show "$here/stock-arm64.txt")

# ---- what was forgotten when a patched kernel was traced ----

xz -dc "$root/traces/captures/arm64-basic/trace.txt.xz" > "$work/whole.txt"
replays() { # WANTED_EXIT WHAT
  check "$2: exit $1" ends "$1" "$iommusim" replay "$work/now.txt" --story none
}
# 4, or 1 if what is left breaks a protocol rule.
has_no_verdict() { # WHAT
  check "$1: no verdict" has_exit_1_or_4
}
has_exit_1_or_4() {
  ends 4 "$iommusim" replay "$work/now.txt" --story none || ends 1 "$iommusim" replay "$work/now.txt" --story none
}
says() { # WHAT TEXT
  check "$1: says '$2'" grep -qF -- "$2" "$work/said"
}

grep -v 'rwmmio_' "$work/whole.txt" > "$work/now.txt"
has_no_verdict "without register events"
says "without register events" 'the stream lacks the set-up of the hardware, or all registers'
grep -vE ' (map|unmap): ' "$work/whole.txt" > "$work/now.txt"
has_no_verdict "without iommu:map"
says "without iommu:map" 'maps without their iommu:map events'
grep -vE ' op_(begin|end): ' "$work/whole.txt" > "$work/now.txt"
has_no_verdict "without marks of operations"
says "without marks of operations" 'there is no operation in this stream'
grep -v ' mmio_map: ' "$work/whole.txt" > "$work/now.txt"
replays 3 "without mmio_map"
says "without mmio_map" 'no IOMMU in it'
{ grep '^#' "$work/whole.txt"; sed -n '600,$p' "$work/whole.txt"; } > "$work/now.txt"
replays 3 "traced from later on"

# Lost inside the first replace (operation 6), when it had already refused requests: nothing is known until
# the device's next switch (7) is over.
awk '/op_end: op=drv_attach/ && ++n == 5 { print "CPU:0 [LOST 25 EVENTS]" } { print }' "$work/whole.txt" > "$work/now.txt"
replays 1 "25 events lost"
check "25 events lost: what was seen stands" test "$(column 6 5)" = 'BREAKS+?'
check "25 events lost: the next replace is inconclusive" test "$(column 7 5)" = INCONCLUSIVE
check "25 events lost: then all is known again" test "$(column 8 5)" = HITLESS
check "25 events lost: import tells" grep -q '^lost: 25 events' <("$iommusim" import "$work/now.txt" --stats)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
