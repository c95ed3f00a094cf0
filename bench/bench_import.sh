#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench_import.sh - how fast traces become records, and records are read back; peak memory.
#   bench_import.sh IOMMUSIM MAKE_TRACEDAT [N_EVENTS]
# Five runs each, the fastest counts: other load only makes a run slower.
set -eu
iommusim=$1
make_tracedat=$2
events=${3:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# best LABEL COUNT UNIT COMMAND...
best() {
  local label=$1 count=$2 unit=$3 start end ns least=0
  shift 3
  for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    "$@" > /dev/null
    end=$(date +%s%N)
    ns=$((end - start))
    if [ "$least" -eq 0 ] || [ "$ns" -lt "$least" ]; then least=$ns; fi
  done
  awk -v label="$label" -v n="$count" -v ns="$least" -v unit="$unit" \
    'BEGIN {printf "%-34s %7.2f s  %6.1f million %s/s\n", label, ns / 1e9, n / ns * 1e3, unit}'
}

"$make_tracedat" "$work/t.dat" "$events" 2
"$iommusim" import "$work/t.dat" -o "$work/t.iotr"
records=$("$iommusim" import "$work/t.iotr" --stats | grep -oE '[0-9]+ records' | cut -d' ' -f1)
"$iommusim" import "$work/t.iotr" -o "$work/t.iotr.txt"
echo "$events events, $records records;" \
  "bytes: trace.dat $(stat -c %s "$work/t.dat"), .iotr $(stat -c %s "$work/t.iotr")," \
  "text $(stat -c %s "$work/t.iotr.txt")"
best "trace.dat to .iotr" "$events" events "$iommusim" import "$work/t.dat" -o "$work/o.iotr"
best ".iotr read back" "$records" records "$iommusim" import "$work/t.iotr"
best ".iotr to text" "$records" records "$iommusim" import "$work/t.iotr" -o "$work/o.iotr.txt"
best "text to .iotr" "$records" records "$iommusim" import "$work/t.iotr.txt" -o "$work/o.iotr"
cmp "$work/t.iotr" "$work/o.iotr" && echo "text to .iotr gives the same bytes"

# ftrace's text, repeated from a shipped capture.
xz -dc traces/captures/x86-legacy-basic/trace.txt.xz > "$work/one.txt"
lines=$(grep -vc '^#' "$work/one.txt")
copies=$((1000000 / lines + 1))
for _ in $(seq $copies); do grep -v '^#' "$work/one.txt"; done > "$work/f.txt"
best "ftrace text to .iotr" $((lines * copies)) events "$iommusim" import "$work/f.txt" -o "$work/o.iotr"
