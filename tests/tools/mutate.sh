#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutate.sh - do the tests notice mistakes? Makes one at a time in a copy of the tree, builds, and
# runs the tests.
#
#   tests/tools/mutate.sh [-n N] [-s SEED] [-t TARGETS] [-c COMMAND] [-m MINUTES] FILE...
#
#   -n N        how many mistakes, chosen at random among all of these files (default 100)
#   -s SEED     which ones (default 1)
#   -t TARGETS  what to build after each (default: the tests of the explorer)
#   -c COMMAND  what must fail then, in the build folder (default: these tests)
#   -m MINUTES  stop after so long
#
# A mistake is a condition flipped, a case or a statement dropped (tests/tools/mutants.awk). One line
# each on stdout: "killed|SURVIVED|no-compile FILE:LINE NAME text", and the sum last. MUTATE_WORK
# names a folder for the copy, which then stays. Exit: 0 if 95 % of those that compile are killed,
# else 1.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
n=100 seed=1 minutes=100000
targets="explore_test property_brute_explore"
command="tests/unit/check/explore_test && tests/property/brute/property_brute_explore"

while getopts n:s:t:c:m: option; do
    case $option in
    n) n=$OPTARG ;;
    s) seed=$OPTARG ;;
    t) targets=$OPTARG ;;
    c) command=$OPTARG ;;
    m) minutes=$OPTARG ;;
    *)
        sed -n 's/^#   //p' "$0" >&2
        exit 2
        ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || exit 2

work=${MUTATE_WORK:-$(mktemp -d)}
[ -n "${MUTATE_WORK:-}" ] || trap 'rm -rf "$work"' EXIT
tree=$work/tree build=$work/build

copy() {
    mkdir -p "$tree"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard |
        tar cf - --null -T - --ignore-failed-read) | tar xmf - -C "$tree"
    cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
        -DIOMMUSIM_SYSTEMC=OFF >&2 || exit 2
}

# shellcheck disable=SC2086 # TARGETS are several
compile() {
    nice ninja -C "$build" -j "${MUTATE_JOBS:-1}" $targets >"$work/build.log" 2>&1
}

# A test that hangs has noticed, too.
passes() {
    (
        cd "$build"
        GTEST_FAIL_FAST=1 timeout 300 sh -c "$command" >"$work/tests.log" 2>&1
    )
}

# "RANDOM FILE LINE NAME", in random order.
list() {
    for file; do
        awk -f "$root/tests/tools/mutants.awk" "$tree/$file" | sed "s|^|$file |"
    done | awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand(), $0 }' | sort -k 1,1 |
        head -n "$n" >"$work/list"
}

# try FILE LINE NAME
try() {
    cp "$tree/$1" "$work/kept"
    awk -v line="$2" -v name="$3" -f "$root/tests/tools/mutants.awk" "$work/kept" >"$tree/$1"
    if ! compile; then
        result=no-compile
    elif passes; then
        result=SURVIVED
    else
        result=killed
    fi
    cp "$work/kept" "$tree/$1"
    echo "$result $1:$2 $3 $(sed -n "$2s/^ *//p" "$work/kept")"
}

copy
compile || { cat "$work/build.log" >&2; exit 2; }
passes || { tail -n 20 "$work/tests.log" >&2; exit 2; }
list "$@"
end=$(($(date +%s) + minutes * 60))
while read -r _ file line name; do
    [ "$(date +%s)" -lt "$end" ] || break
    try "$file" "$line" "$name" </dev/null
done <"$work/list" | tee "$work/log"
awk '/^killed/ { k++ } /^SURVIVED/ { s++ } /^no-compile/ { c++ }
     END { printf "%d killed, %d survived, %d did not compile\n", k, s, c
           exit k < 0.95 * (k + s) }' "$work/log"
