#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# latency.sh - the latency benchmark: curves, expectations, pictures.
#   latency.sh [--check | --update] [BENCH_LATENCY]
#
#   (nothing)  CSV, tables and pictures (PNG, SVG) into out/latency
#   --check    run, and compare every byte with bench/latency/golden: exit 1 if one differs
#   --update   run, and keep the CSV in bench/latency/golden, the pictures in bench/latency/plots
#
# Without BENCH_LATENCY the release build is made first. All of it is simulated time: the same bytes
# on every machine, whatever the build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
plots=$root/bench/latency/plots
golden=$root/bench/latency/golden
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
  (cd "$root" && cmake --preset release > /dev/null && cmake --build --preset release --target bench_latency) >&2
  program=$root/build/release/bench/latency/bench_latency
fi

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script whose data has rows.
draw() {
  local script name
  for script in "$plots"/*.gp; do
    name=$(basename "$script" .gp)
    if [ "$name" = style ] || [ "$(grep -vc '^#' "$1/$name.csv")" -le 1 ]; then continue; fi
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$name.$2'" -c "$script" "$plots/style.gp"
  done
}

# explained CSV_FOLDER - a result that is not as expected must say why.
explained() {
  if grep ',no,""$' "$1/expect.csv" >&2; then
    echo "latency.sh: not as expected, and no reason is given" >&2
    exit 1
  fi
}

case $mode in
--check)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$program" --csv "$work"
  explained "$work"
  if ! diff -r "$golden" "$work"; then
    echo "latency.sh: timing has changed. If it was meant to: bench/latency.sh --update" >&2
    exit 1
  fi
  ;;
--update)
  rm -rf "$golden"
  "$program" --csv "$golden"
  rm -f "$plots"/*.svg
  draw "$golden" svg "$plots"
  sed -i 's/[[:blank:]]*$//' "$plots"/*.svg
  explained "$golden"
  ;;
*)
  out=$root/out/latency
  mkdir -p "$out"
  "$program" --csv "$out"
  draw "$out" png "$out"
  draw "$out" svg "$out"
  cat "$out/expect.md"
  echo "CSV and pictures: $out"
  ;;
esac
