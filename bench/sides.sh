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

case $mode in
--check)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$program" "$work"
  if ! diff -r "$golden" "$work"; then
    echo "sides.sh: timing has changed. If it was meant to: bench/sides.sh --update" >&2
    exit 1
  fi
  ;;
--update)
  rm -rf "$golden"
  "$program" "$golden"
  draw "$golden" svg "$plots"
  sed -i 's/[[:blank:]]*$//' "$plots"/*.svg
  ;;
*)
  out=$root/out/sides
  mkdir -p "$out"
  "$program" "$out"
  draw "$out" png "$out"
  draw "$out" svg "$out"
  cat "$out/sides.md"
  echo "CSV and pictures: $out"
  ;;
esac
