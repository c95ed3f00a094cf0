#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# silicon.sh - published measurements of five Xeons beside the VT-d model.
#   silicon.sh [--check | --update] [BENCH_SILICON]
#
#   (nothing)  CSV, table and pictures (PNG, SVG) into out/silicon
#   --check    run, and compare every byte with bench/silicon/golden: exit 1 if one differs
#   --update   run, and keep CSV and table in bench/silicon/golden, the pictures in bench/silicon/plots
#
# Without BENCH_SILICON the release build is made first. All of it is simulated time: the same bytes
# on every machine, whatever the build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
plots=$root/bench/silicon/plots
golden=$root/bench/silicon/golden
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
  (cd "$root" && cmake --preset release > /dev/null && cmake --build --preset release --target bench_silicon) >&2
  program=$root/build/release/bench/silicon/bench_silicon
fi

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1/silicon.csv'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

case $mode in
--check)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$program" "$work"
  if ! diff -r "$golden" "$work"; then
    echo "silicon.sh: timing has changed. If it was meant to: bench/silicon.sh --update" >&2
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
  out=$root/out/silicon
  mkdir -p "$out"
  "$program" "$out"
  draw "$out" png "$out"
  draw "$out" svg "$out"
  cat "$out/silicon.md"
  echo "CSV and pictures: $out"
  ;;
esac
