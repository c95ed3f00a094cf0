#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-same-bytes.sh - one input, one output: whatever the compiler and its optimization.
#
#   tools/check-same-bytes.sh [TRACE...]
#
# Builds the program with gcc -O0, gcc -O3 and clang -O3 into build/same-*, replays each trace
# (default: the shipped arm64 capture) twice with each, and compares JSON, text and pictures.
set -eu

cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- traces/captures/arm64-basic/trace.dat
jobs=$(nproc 2>/dev/null || echo 2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build NAME COMPILER TYPE
build() {
    cmake -S . -B "build/same-$1" -G Ninja -DCMAKE_BUILD_TYPE="$3" -DCMAKE_C_COMPILER="$2" \
        -DBUILD_TESTING=OFF >"$work/log" 2>&1 &&
        cmake --build "build/same-$1" -j "$jobs" --target iommusim >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        echo "check-same-bytes: cannot build with $2, $3" >&2
        exit 2
    }
}
build gcc-O0 gcc Debug
build gcc-O3 gcc Release
build clang-O3 clang Release

# outputs PROGRAM TRACE FOLDER - the exit code is a verdict, not an error.
outputs() {
    mkdir -p "$3"
    "$1" replay "$2" --json >"$3/json" 2>"$3/json-errors" || [ $? -eq 1 ] || [ $? -eq 4 ]
    "$1" replay "$2" --plots "$3/plots" >"$3/text" 2>"$3/errors" || [ $? -eq 1 ] || [ $? -eq 4 ]
}

bad=0
for trace in "$@"; do
    rm -rf "$work/first" "$work/other"
    outputs build/same-gcc-O0/cli/iommusim "$trace" "$work/first"
    for name in gcc-O0 gcc-O3 clang-O3; do
        rm -rf "$work/other"
        outputs "build/same-$name/cli/iommusim" "$trace" "$work/other"
        sed -i "s|$work/[a-z]*|OUT|g" "$work/other/text" "$work/other/errors"
        sed -i "s|$work/[a-z]*|OUT|g" "$work/first/text" "$work/first/errors"
        if diff -rq "$work/first" "$work/other"; then
            echo "check-same-bytes: $trace: $name gives the same bytes"
        else
            bad=1
        fi
    done
done
exit $bad
