#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mutate.sh - do the tests notice mistakes? Makes one at a time in a copy of the tree, builds, and
# runs the tests.
#
#   tests/tools/mutate.sh [-n N] [-s SEED] [-r LOG] [-t TARGETS -c COMMAND]... [-m MINUTES] FILE...
#
#   -n N        how many mistakes, chosen at random among all of these files (default 100)
#   -s SEED     which ones (default 1)
#   -r LOG      instead: those that survived in this output of an earlier run
#   -t TARGETS  what to build after each (default: the tests of the explorer)
#   -c COMMAND  what must fail then, in the build folder (default: these tests)
#   -m MINUTES  stop after so long
#
# -t and -c may come again: the later ones are tried only if the earlier ones noticed nothing, so
# the quickest test stands first. All is built with sanitizers: a leak is noticed, too.
#
# A mistake is a condition flipped, a case or a statement dropped (tests/tools/mutants.awk). One line
# each on stdout: "killed|SURVIVED|same|no-compile FILE:LINE NAME text", and the sum last. "same" are
# those that change nothing, by tests/tools/mutants-same.txt. MUTATE_WORK names a folder for the
# copy, which then stays, so that the next run need not build all of it. Exit: 0 if 95 % of those
# that compile and change something are killed, else 1.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
n=100 seed=1 minutes='' again='' n_stages=0
set_stage() {
    eval "targets_$1=\$2 command_$1=\$3"
}

while getopts n:s:r:t:c:m: option; do
    case $option in
    n) n=$OPTARG ;;
    s) seed=$OPTARG ;;
    r) again=$OPTARG ;;
    t) n_stages=$((n_stages + 1)) && set_stage $n_stages "$OPTARG" false ;;
    c) eval "command_$n_stages=\$OPTARG" ;;
    m) minutes=$OPTARG ;;
    *)
        sed -n 's/^#   //p' "$0" >&2
        exit 2
        ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || exit 2
if [ $n_stages -eq 0 ]; then
    n_stages=3
    set_stage 1 explore_test tests/unit/check/explore_test
    set_stage 2 property_brute_explore tests/property/brute/property_brute_explore
    set_stage 3 "iommusim check_schema" "ctest --stop-on-failure -R '^(cli_explore|litmus)$'"
fi

work=${MUTATE_WORK:-$(mktemp -d)}
[ -n "${MUTATE_WORK:-}" ] || trap 'rm -rf "$work"' EXIT
tree=$work/tree build=$work/build
same=$root/tests/tools/mutants-same.txt

# Only what differs is copied: the rest is built already.
copy() {
    mkdir -p "$tree"
    (cd "$root" && git ls-files --cached --others --exclude-standard) | while read -r file; do
        if [ ! -f "$root/$file" ] || cmp -s "$root/$file" "$tree/$file"; then
            continue
        fi
        mkdir -p "$(dirname "$tree/$file")"
        cp "$root/$file" "$tree/$file"
    done
    linker=
    if command -v ld.lld >/dev/null; then # twice as fast
        linker=-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld
    fi
    cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DIOMMUSIM_ASAN=ON $linker \
        -DCMAKE_C_FLAGS_DEBUG=-O0 -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DIOMMUSIM_SYSTEMC=OFF >&2 || exit 2
}

# compile TARGETS
# shellcheck disable=SC2086 # they are several
compile() {
    nice ninja -C "$build" -j "${MUTATE_JOBS:-1}" $1 >"$work/build.log" 2>&1
}

# passes COMMAND - a test that hangs, or eats all memory, has noticed, too.
passes() {
    (
        cd "$build"
        export GTEST_FAIL_FAST=1 GTEST_BRIEF=1 \
            ASAN_OPTIONS=hard_rss_limit_mb=2000:symbolize=0
        nice timeout "${MUTATE_SECONDS:-300}" sh -c "$1" >"$work/tests.log" 2>&1
    )
}

# "FILE LINE NAME text" of each mistake.
offered() {
    for file; do
        awk -f "$root/tests/tools/mutants.awk" "$tree/$file" | while read -r line name; do
            echo "$file $line $name $(sed -n "$line{s/^ *//;p}" "$tree/$file")"
        done
    done
}

# N at random; if none of them must wait for the clock, those of one file together.
list() {
    offered "$@" >"$work/offered"
    if [ -n "$again" ]; then
        awk 'NR == FNR { if ($1 == "SURVIVED") { $1 = ""; sub(/^ /, ""); sub(/:[0-9]+ /, " ")
                                                  wanted[$0] = 1 }
                         next }
             { line = $2; $2 = ""; sub(/  /, " "); if ($0 in wanted) print $1, line, $2 }' \
            "$again" "$work/offered"
    else
        awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand(), $1, $2, $3 }' "$work/offered" |
            sort -k 1,1 | head -n "$n" | cut -d ' ' -f 2-
    fi >"$work/list"
    [ -n "$minutes" ] || sort -s -k 1,1 "$work/list" -o "$work/list"
}

judge() {
    result=killed
    stage=1
    while [ $stage -le $n_stages ]; do
        targets='' command=''
        eval "targets=\$targets_$stage command=\$command_$stage"
        compile "$targets" || { result=no-compile && return; }
        passes "$command" || return 0
        stage=$((stage + 1))
    done
    result=SURVIVED
}

# try FILE LINE NAME
try() {
    cp "$tree/$1" "$work/kept"
    text=$(sed -n "$2{s/^ *//;p}" "$work/kept")
    if grep -qxF "$1 $3 $text" "$same"; then
        result=same
    else
        awk -v line="$2" -v name="$3" -f "$root/tests/tools/mutants.awk" "$work/kept" >"$tree/$1"
        judge
        cp "$work/kept" "$tree/$1"
    fi
    echo "$result $1:$2 $3 $text"
}

copy
judge
[ $result = SURVIVED ] || { cat "$work/build.log" "$work/tests.log" >&2; exit 2; }
list "$@"
export CCACHE_DISABLE=1
end=$(($(date +%s) + ${minutes:-100000} * 60))
while read -r file line name; do
    [ "$(date +%s)" -lt "$end" ] || break
    try "$file" "$line" "$name" </dev/null
done <"$work/list" | tee "$work/log"
awk '/^killed/ { k++ } /^SURVIVED/ { s++ } /^same/ { e++ } /^no-compile/ { c++ }
     END { printf "%d killed, %d survived, %d change nothing, %d did not compile\n", k, s, e, c
           exit k < 0.95 * (k + s) }' "$work/log"
