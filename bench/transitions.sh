#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# transitions.sh - replace against detach + attach: every transition, and how its cost grows.
#   transitions.sh [--check | --update] [IOMMUSIM]
#
#   (nothing)  CSV, JSON, tables and pictures (PNG, SVG) into out/transitions
#   --check    run, and compare with bench/transitions/golden: exit 1 if a figure differs
#   --update   run, and keep figures in bench/transitions/golden, the pictures in bench/transitions/plots
#   GRID=ci    only the cells of ci.yaml; GRID=full: those of full.yaml, with nothing to compare
#   SWEEP=DIR  where points are kept (out/transitions/GRID.sweep): what is there is not run again
#
# Without IOMMUSIM the release build is made first. All of it is simulated time: the same bytes on
# every machine, whatever the build.
set -eu
name=transitions
table=transitions.md
target=iommusim
binary=cli/iommusim
grid=${GRID:-default}
here=$(cd "$(dirname "$0")" && pwd)/transitions

# shellcheck source=bench/transitions/scaling.sh
. "$here/scaling.sh"

has_presets() { head -1 "$1/transitions.csv" | grep -q ',preset$'; }

run() {
  local folder=$1
  mkdir -p "$folder"
  sweep=${SWEEP:-$(mktemp -d)/sweep}
  # On a terminal it tells how far it is.
  if [ -t 2 ]; then
    "$program" sweep --jobs "$(nproc)" --out "$sweep" "$here/$grid.yaml" > "$folder/log"
  else
    "$program" sweep --jobs "$(nproc)" --out "$sweep" "$here/$grid.yaml" > "$folder/log" 2>&1 || {
      cat "$folder/log" >&2
      return 1
    }
  fi
  rm "$folder/log"
  awk -v ran="$folder/transitions.csv" -v kinds="$folder/kinds.csv" -v counts="$folder/counts.csv" \
    -f "$here/table.awk" "$sweep/sweep.csv"
  awk -F, -f "$here/summary.awk" "$folder/counts.csv" "$folder/transitions.csv" > "$folder/transitions.md"
  if has_presets "$folder"; then
    awk -F, -f "$here/presets.awk" "$folder/transitions.csv" > "$folder/presets.md"
  fi
  [ "$grid" = ci ] || scaling "$folder"
  case ${mode-} in
  --*) ;;
  *) awk -F, -f "$here/json.awk" "$folder/transitions.csv" > "$folder/transitions.json" ;;
  esac
}

# Every cell returned what it should, of those that ran at least nine in ten did something, and no figure
# contradicts another.
agree() {
  awk -F, '
    { n[$1 "," $2, $3] = $5; unit[$1 "," $2] = 1 }
    END {
      for (u in unit) if (u != "arch,driver") {
        if (n[u, "odd"]) { print "counts.csv: " u ": " n[u, "odd"] " cells return something else"; bad = 1 }
        if (n[u, "busy"] * 10 < n[u, "legal"] * 9) { print "counts.csv: " u ": too few cells do something"; bad = 1 }
      }
      exit bad
    }' "$1/counts.csv" >&2
  awk -f "$here/doubts.awk" "$1/transitions.csv"
}

# What was asked for, as the table has it; of a part of the grid only that part.
compare() {
  local one
  if [ "$grid" != ci ]; then
    for one in "$golden"/*; do
      diff "$one" "$1/${one##*/}" || return 1
    done
    return
  fi
  for one in transitions.csv kinds.csv; do
    diff <(awk -F, -f "$here/part.awk" "$sweep/sweep.csv" "$golden/$one" | sort) <(sort "$1/$one") || return 1
  done
}

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script csv=$1
  # Pictures are of one preset of each architecture: the first.
  if has_presets "$csv"; then
    csv=$(mktemp -d)
    cp "$1"/*.csv "$csv"
    awk -F, 'NR > 1 { if (!($1 in first)) first[$1] = $NF; if ($NF != first[$1]) next } 1' \
      "$1/transitions.csv" > "$csv/transitions.csv"
  fi
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "incl='$plots'; csv='$csv'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

if [ $# -eq 0 ] || [ "${1#--}" = "$1" ]; then
  SWEEP=${SWEEP:-$here/../../out/transitions/$grid.sweep}
  mkdir -p "$here/../../out/transitions"
fi

# shellcheck source=bench/golden.sh
. "$here/../golden.sh"
