# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# golden.sh - what the benchmarks of simulated time share: a run, its golden copy, its pictures.
#
# A script sets name (of its folder and program) and table (what it prints), defines draw, and run,
# agree and compare if they are more than usual, and then: . golden.sh. Where the program has another
# name, target and binary (its place in the build folder) say so.
#   draw CSV_FOLDER FORMAT PICTURE_FOLDER   a picture of each script of $plots
#   run CSV_FOLDER                          every file into the folder
#   agree CSV_FOLDER                        stop unless the figures are as they must be
#   compare CSV_FOLDER                      fails if a figure is not the golden one
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
plots=$root/bench/${name:?}/plots
golden=$root/bench/$name/golden
target=${target:-bench_$name}
binary=${binary:-bench/$name/bench_$name}

usage() {
  sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# The release build, unless a program is given.
find_program() {
  if [ $# -gt 0 ]; then
    program=$1
    return
  fi
  (cd "$root" && cmake --preset release > /dev/null && cmake --build --preset release --target "$target") >&2
  program=$root/build/release/$binary
}

if ! declare -F run > /dev/null; then
  run() { "$program" "$1"; }
fi
if ! declare -F agree > /dev/null; then
  agree() { :; }
fi
if ! declare -F compare > /dev/null; then
  compare() { diff -r "$golden" "$1"; }
fi

check() {
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # now: the name is local
  trap "rm -rf '$work'" EXIT
  run "$work"
  agree "$work"
  if ! compare "$work"; then
    echo "$name.sh: timing has changed. If it was meant to: bench/$name.sh --update" >&2
    exit 1
  fi
}

update() {
  rm -rf "$golden"
  run "$golden"
  agree "$golden"
  rm -f "$plots"/*.svg
  draw "$golden" svg "$plots"
  sed -i 's/[[:blank:]]*$//' "$plots"/*.svg
}

show() {
  local out=$root/out/$name
  mkdir -p "$out"
  run "$out"
  agree "$out"
  draw "$out" png "$out"
  draw "$out" svg "$out"
  cat "$out/${table:?}"
  echo "CSV and pictures: $out"
}

mode=${1-}
case $mode in
--check | --update)
  shift
  find_program "$@"
  "${mode#--}"
  ;;
-*)
  usage
  ;;
*)
  find_program "$@"
  show
  ;;
esac
