#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench_explore.sh - how fast records are explored: the whole command, reading the file twice.
#   bench_explore.sh IOMMUSIM MAKE_STREAM MAKE_STREAM_VTD
# A round is an unmap and a map of 16 pages, 43 records (VT-d: 44, with flushed lines 48); a replace
# every 100 rounds.
set -eu
iommusim=$1
make_smmu=$2
make_vtd=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

explore() { # NAME - what is in s.iotr
  local records seconds
  records=$("$iommusim" import "$work/s.iotr" --stats | grep -oE '[0-9]+ records' | cut -d' ' -f1)
  TIMEFORMAT='%3U %3S'
  seconds=$( { time "$iommusim" explore "$work/s.iotr" --witness none > /dev/null || true; } 2>&1 |
    awk '{printf "%.2f", $1 + $2}')
  awk -v what="$1" -v n="$records" -v s="$seconds" \
    'BEGIN {printf "explore %-14s %9d records %16.2f s  %6.2f s per 100,000\n", what, n, s, 1e5 * s / n}'
}

for rounds in 2400 24000; do
  "$make_smmu" "$work/s.iotr" "$rounds" 100
  explore SMMUv3
  "$make_vtd" "$work/s.iotr" "$rounds" 100
  explore VT-d
  "$make_vtd" "$work/s.iotr" "$rounds" 100 flush
  explore "VT-d, C=0"
done
