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
name=silicon
table=silicon.md

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1/silicon.csv'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

# shellcheck source=bench/golden.sh
. "$(dirname "$0")/golden.sh"
