#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench_explore.sh - how fast records are explored: the whole command, reading the file twice.
#   bench_explore.sh IOMMUSIM MAKE_STREAM
# A round is an unmap and a map of 16 pages, 43 records; a replace every 100 rounds.
set -eu
iommusim=$1
make_stream=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for rounds in 2400 24000; do
  "$make_stream" "$work/s.iotr" "$rounds" 100
  records=$("$iommusim" import "$work/s.iotr" --stats | grep -oE '[0-9]+ records' | cut -d' ' -f1)
  TIMEFORMAT='%3U %3S'
  seconds=$( { time "$iommusim" explore "$work/s.iotr" --witness none > /dev/null || true; } 2>&1 |
    awk '{printf "%.2f", $1 + $2}')
  awk -v n="$records" -v s="$seconds" \
    'BEGIN {printf "explore %9d records %31.2f s  %6.2f s per 100,000\n", n, s, 1e5 * s / n}'
done
