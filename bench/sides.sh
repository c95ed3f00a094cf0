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
name=sides
table=sides.md

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

# agree FOLDER - what follows from counting reads (expect.csv, made by hand) is what came out.
agree() {
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

# shellcheck source=bench/golden.sh
. "$(dirname "$0")/golden.sh"
