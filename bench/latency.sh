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
name=latency
table=expect.md

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script whose data has rows.
draw() {
  local script name
  for script in "$plots"/*.gp; do
    name=$(basename "$script" .gp)
    if [ "$name" = style ] || [ "$(grep -vc '^#' "$1/$name.csv")" -le 1 ]; then continue; fi
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$name.$2'" -c "$script" "$plots/style.gp"
  done
}

# agree CSV_FOLDER - a result that is not as expected must say why.
agree() {
  if grep ',no,""$' "$1/expect.csv" >&2; then
    echo "latency.sh: not as expected, and no reason is given" >&2
    exit 1
  fi
}

run() { "$program" --csv "$1"; }

# shellcheck source=bench/golden.sh
. "$(dirname "$0")/golden.sh"
