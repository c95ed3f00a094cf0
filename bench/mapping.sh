#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mapping.sh - mapping for each packet, strict and batched; mapping anew against a replace.
#   mapping.sh [--check | --update] [BENCH_MAPPING]
#
#   (nothing)  CSV, table and pictures (PNG, SVG) into out/mapping
#   --check    run, and compare every byte with bench/mapping/golden: exit 1 if one differs
#   --update   run, and keep CSV and table in bench/mapping/golden, the pictures in bench/mapping/plots
#
# Without BENCH_MAPPING the release build is made first. All of it is simulated time: the same bytes
# on every machine, whatever the build.
set -eu
name=mapping
table=mapping.md

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

# shellcheck source=bench/golden.sh
. "$(dirname "$0")/golden.sh"
