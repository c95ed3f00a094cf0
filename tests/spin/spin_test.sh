#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# spin_test.sh - all runs of a model give exactly the answers that are expected.
#   spin_test.sh MODEL "DEFINES" "PHASE ASID ROOT, PHASE ASID ROOT..."
# Exit status 77: spin, or a C compiler for what it writes, is not installed.
set -eu

model=$(realpath "$1")
defines=$2
expected=$3

if ! command -v spin >/dev/null || ! command -v cc >/dev/null; then
    echo "spin_test: spin or cc is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck disable=SC2086 # several -D
spin $defines -a "$model" >spin.log
cc -O1 -w -DSAFETY -DNOREDUCE -DCOLLAPSE -o pan pan.c
./pan -m1000000 >pan.log
if ! grep -q 'errors: 0' pan.log || grep -q 'error: max search depth' pan.log; then
    echo "spin_test: the search was not complete"
    grep -v '^[012] ' pan.log
    exit 1
fi
grep '^[012] [012] [012]$' pan.log | sort -u >found
echo "$expected" | tr ',' '\n' | sed 's/^ *//; s/ *$//' | sort -u >wanted
diff -u wanted found
