#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mutate.sh - every good litmus test with each store, barrier, command, doorbell and wait of its body
# left out in turn, and with each two neighbours of them swapped.
#   mutate.sh FOLDER [FILE...]    write them to FOLDER; FILE: by default every good one
# A mutant is called like its origin, then drop-LINE or swap-LINE. What must come out stays as it is,
# so that a mutant passes if the line was not needed, and fails if it was. "sync" is taken apart first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
  echo "usage: $0 FOLDER [FILE...]" >&2
  exit 2
fi
out=$1
shift
[ $# -gt 0 ] || set -- "$here"/good-*.litmus

for file; do
  awk -v out="$out" -v base="$(basename "$file" .litmus)" '
    function is_act(line) {
      return line ~ /^(@[^ ]+ )?(put|set|pte|barrier|cmd|doorbell|await|write|pci-ats|release) /  ||
             line ~ /^(@[^ ]+ )?(doorbell|await)$/
    }
    function add(line) { lines[++n] = line; in_body[n] = body }
    function print_with(name, skip, with,    i, to) {
      to = out "/" base "." name ".litmus"
      for (i = 1; i <= n; i++) {
        if (skip == i && with == 0) continue
        if (with && i == skip) print lines[with] > to
        else if (with && i == with) print lines[skip] > to
        else print (lines[i] ~ /^test / ? mutant(lines[i], name) : lines[i]) > to
      }
      close(to)
    }
    function mutant(line, name) { sub(/^test [^ ]+/, "&." name, line); return line }
    # What a class was asked for was asked of the good one.
    /^(expect|exists|forall|seen) / && body { add($0); next }
    /^sync$/ && body { add("cmd SYNC"); add("doorbell"); add("await"); next }
    # A store of several words is several stores.
    /^put / && /words=[0-9]+,/ && !/ atomic/ && body {
      match($0, /words=[0-9,]+/)
      list = substr($0, RSTART + 6, RLENGTH - 6)
      head = substr($0, 1, RSTART + 5)
      m = split(list, word, ",")
      for (w = 1; w <= m; w++) add(head word[w])
      next
    }
    { add($0) }
    /^done$/ { body = 1 }
    END {
      last = 0
      for (k = 1; k <= n; k++) {
        if (!in_body[k] || !is_act(lines[k])) continue
        print_with("drop-" k, k, 0)
        if (last && lines[last] != lines[k]) print_with("swap-" last, last, k)
        last = k
      }
    }' "$file"
done
