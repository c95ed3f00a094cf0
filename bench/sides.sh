#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sides.sh - SMMUv3 and VT-d side by side; what invalidations of VT-d cost.
#   sides.sh [--check | --update] [BENCH_SIDES]
#
#   (nothing)  CSV, table and pictures (PNG, SVG) into out/sides
#   --check    run, and compare every byte with bench/sides/golden: exit 1 if one differs
#   --update   run, and keep CSV and table in bench/sides/golden, the pictures in bench/sides/plots
#
# Without BENCH_SIDES the release build is made first. All of it is simulated time: the same bytes
# on every machine, whatever the build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
plots=$root/bench/sides/plots
golden=$root/bench/sides/golden
mode=
case ${1-} in
--check | --update)
  mode=$1
  shift
  ;;
-*)
  sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
if [ $# -gt 0 ]; then
  program=$1
else
  (cd "$root" && cmake --preset release > /dev/null && cmake --build --preset release --target bench_sides) >&2
  program=$root/build/release/bench/sides/bench_sides
fi

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

# expect FOLDER - what follows from counting reads (expect.csv, made by hand) is what came out.
expect() {
  awk -F, -v folder="$1" '
    NR == 1 { next }
    {
      key = $2; gsub("/", ",", key); found = 0
      path = folder "/" $1
      getline head < path
      n = split(head, names, ",")
      while ((getline line < path) > 0) {
        if (index(line, key ",") != 1) continue
        split(line, values, ",")
        for (i = 1; i <= n; i++) if (names[i] == $3) {
          found = 1
          if (values[i] != $4) { print "expect.csv:" NR ": " $2 " " $3 ": " values[i] " instead of " $4; bad = 1 }
        }
      }
      close(path)
      if (!found) { print "expect.csv:" NR ": no such figure"; bad = 1 }
    }
    END { exit bad }' "$root/bench/sides/expect.csv" >&2
}

case $mode in
--check)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$program" "$work"
  expect "$work"
  if ! diff -r "$golden" "$work"; then
    echo "sides.sh: timing has changed. If it was meant to: bench/sides.sh --update" >&2
    exit 1
  fi
  ;;
--update)
  rm -rf "$golden"
  "$program" "$golden"
  expect "$golden"
  draw "$golden" svg "$plots"
  sed -i 's/[[:blank:]]*$//' "$plots"/*.svg
  ;;
*)
  out=$root/out/sides
  mkdir -p "$out"
  "$program" "$out"
  expect "$out"
  draw "$out" png "$out"
  draw "$out" svg "$out"
  cat "$out/sides.md"
  echo "CSV and pictures: $out"
  ;;
esac
