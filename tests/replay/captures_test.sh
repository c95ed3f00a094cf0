#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# captures_test.sh - imports the shipped kernel captures as a user would, and compares with what
# other tools count and dumped.
#   captures_test.sh IOMMUSIM CAPTURES_DIR
# Each capture: trace.dat, trace.txt.xz (the same trace as the kernel's own text), and mem-MARK.elf.xz
# (table pages of a guest memory dump taken at the marker "DUMP MARK").
set -u
iommusim=$1
captures=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# Events by name, counted in the kernel's text without any code of ours.
count_events() {
  sed -nE 's/^.*\[[0-9]+\] [^ ]+ +[0-9]+\.[0-9]+: ([a-z_]+):.*$/\1/p' "$1" | sort | uniq -c |
    awk '{print $2, $1}'
}

# The "seen" column of --stats, and the sum of what became of each event.
stats_seen() {
  awk 'NR > 1 && $1 == "all" {exit} NR > 1 {print $1, $2}' "$1" | sort
}
stats_add_up() {
  awk 'NR > 1 && $1 == "all" {exit} NR > 1 && ($2 != $3 + $4 + $5 || $6 != 0) {bad = 1} END {exit bad}' "$1"
}

# Text has microseconds where trace.dat has nanoseconds; everything else must be equal.
without_times() {
  sed -E 's/^@[0-9]+/@/; s/ took_ns=[0-9]+//; /^@ meta "resolution_ns"/d' "$1"
}
# ... and the microseconds themselves, rounded as the kernel rounds them for its text.
microseconds() {
  awk '{t = substr($1, 2); sub("/.*", "", t); print int((t + 500) / 1000)}' "$1"
}

verify() { # WANTED_EXIT MARK ELF
  "$iommusim" import "$capture/trace.dat" --verify-memory "$2=$3" > "$work/verify"
  [ $? -eq "$1" ]
}

# One byte of the dump's first page that the trace knows, changed.
plant_difference() {
  cp "$1" "$2"
  local offset
  offset=$(od -An -t u8 -j 72 -N 8 "$1" | tr -d ' ') # p_offset of the first segment
  printf '\xa5' | dd of="$2" bs=1 seek="$((offset + 8))" conv=notrunc 2> /dev/null
}

for capture in "$captures"/*/; do
  capture=${capture%/}
  name=$(basename "$capture")
  xz -dc "$capture/trace.txt.xz" > "$work/trace.txt"
  check "$name: trace.dat" "$iommusim" import "$capture/trace.dat" -o "$work/dat.iotr" --stats > "$work/dat.stats"
  check "$name: text" "$iommusim" import "$work/trace.txt" -o "$work/txt.iotr" --stats > "$work/txt.stats"
  count_events "$work/trace.txt" > "$work/counted"
  stats_seen "$work/dat.stats" > "$work/seen"
  check "$name: every event of the text is counted" cmp -s "$work/counted" "$work/seen"
  check "$name: nothing unexplained" stats_add_up "$work/dat.stats"
  check "$name: nothing unexplained in text" stats_add_up "$work/txt.stats"

  "$iommusim" import "$work/dat.iotr" -o "$work/dat.iotr.txt"
  "$iommusim" import "$work/txt.iotr" -o "$work/txt.iotr.txt"
  check "$name: same records from both" cmp -s <(without_times "$work/dat.iotr.txt") <(without_times "$work/txt.iotr.txt")
  check "$name: same times from both" cmp -s <(microseconds "$work/dat.iotr.txt") <(microseconds "$work/txt.iotr.txt")
  "$iommusim" import "$work/dat.iotr.txt" -o "$work/again.iotr"
  check "$name: trace.dat, .iotr, text, .iotr: the same bytes" cmp -s "$work/dat.iotr" "$work/again.iotr"
  check "$name: language check" "$iommusim" check "$work/dat.iotr.txt"

  for packed in "$capture"/mem-*.elf.xz; do
    mark=$(basename "$packed" .elf.xz)
    mark=${mark#mem-}
    xz -dc "$packed" > "$work/mem.elf"
    check "$name: memory at $mark" verify 0 "$mark" "$work/mem.elf"
    check "$name: memory at $mark: 0 words" grep -q "^$mark  *0 differing words in [1-9]" "$work/verify"
    plant_difference "$work/mem.elf" "$work/bad.elf"
    check "$name: planted difference at $mark" verify 1 "$mark" "$work/bad.elf"
    check "$name: planted difference is one word" grep -q "^$mark  *1 differing words" "$work/verify"
  done
  check "$name: a mark that is not there" verify 1 no-such-mark "$work/mem.elf"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
