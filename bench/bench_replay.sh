#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench_replay.sh - how fast records are replayed: the whole command, reading the file twice.
#   bench_replay.sh IOMMUSIM MAKE_STREAM [N_ROUNDS]
# A round is an unmap and a map of 16 pages, 43 records. Five runs each, the fastest counts.
set -eu
iommusim=$1
make_stream=$2
rounds=${3:-50000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# best LABEL COUNT COMMAND... - user and system time: the machine's other load does not count.
best() {
  local label=$1 count=$2 ms least=0
  shift 2
  for _ in 1 2 3 4 5; do
    TIMEFORMAT='%3U %3S'
    ms=$( { time "$@" > /dev/null 2>&1 || true; } 2>&1 | awk '{printf "%d", 1000 * ($1 + $2)}')
    if [ "$least" -eq 0 ] || [ "$ms" -lt "$least" ]; then least=$ms; fi
  done
  awk -v label="$label" -v n="$count" -v ms="$least" \
    'BEGIN {printf "%-44s %7.2f s  %6.2f million records/s\n", label, ms / 1e3, n / ms / 1e3}'
}

"$make_stream" "$work/s.iotr" "$rounds" 1000
records=$("$iommusim" import "$work/s.iotr" --stats | grep -oE '[0-9]+ records' | cut -d' ' -f1)
echo "$records records, $((rounds / 1000)) replaces"
best "read only (import)" "$records" "$iommusim" import "$work/s.iotr"
quiet=(--story none --no-probes)
best "no traffic, no probes" "$records" "$iommusim" replay "$work/s.iotr" "${quiet[@]}" \
  --set traffic.kind=none
best "NIC traffic, no probes" "$records" "$iommusim" replay "$work/s.iotr" "${quiet[@]}"
best "NIC traffic, probes but of maps (two runs)" "$records" "$iommusim" replay "$work/s.iotr" --story none \
  --set probe.map_ops=no
