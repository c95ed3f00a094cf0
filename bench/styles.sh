#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# styles.sh - b_transport (LT) beside 4 phases (AT): figures and table, and whether they are as they were.
#
#   bench/styles.sh --check PROGRAM          compare with bench/styles/golden
#   bench/styles.sh --update PROGRAM         make bench/styles/golden anew
#
# PROGRAM: bench_styles, which is built where SystemC is.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
golden=$root/bench/styles/golden

# run FOLDER
run() {
    SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 "$program" >"$1/styles.csv"
    awk -f "$root/bench/styles/table.awk" "$1/styles.csv" >"$1/styles.md"
}

[ $# = 2 ] || { sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
program=$2
case $1 in
--check)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    run "$work"
    diff -r "$golden" "$work" || {
        echo "styles.sh: figures have changed. If they were meant to: bench/styles.sh --update" >&2
        exit 1
    }
    ;;
--update) run "$golden" ;;
*) echo "styles.sh: what is $1?" >&2; exit 2 ;;
esac
