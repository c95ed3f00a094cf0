#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# example_test.sh - examples/systemc does what docs/systemc.md says, and its recording is one that
# replay and explore take.
#
#   tests/systemc/example_test.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "example_test: $*" >&2
    failed=1
}

# example ARCH STYLE DRIVER VERDICT REPLACES
example() {
    local out=$work/$1-$2-$3 classes code=0

    "$source/examples/systemc/run.sh" "$build" "$out" --arch "$1" --style "$2" --driver "$3" \
        >"$work/log" 2>&1 || { cat "$work/log"; fail "$1 $2 $3: exit code $?"; return; }
    grep -qx "verdict: $4" "$work/log" || { cat "$work/log"; fail "$1 $2 $3: other verdict"; }
    classes=$(awk '$2 == "replace" { print $4 }' "$out/explore.txt" | sort -u | tr '\n' ' ')
    [ "$classes" = "$5 " ] || fail "$1 $2 $3: explored as $classes"
    grep -q '^Warning\|^Error' "$work/log" && { cat "$work/log"; fail "$1 $2 $3: warnings"; }
    grep -q 'requests_in_flight' "$out/platform.vcd" || fail "$1 $2 $3: no waves"
    [ ! -e "$out/platform.png" ] || [ -s "$out/platform.png" ] || fail "$1 $2 $3: no picture"
    "$build/cli/iommusim" replay --no-probes "$out/platform.iotr.txt" >"$work/replay" ||
        code=$?
    case $code in
    0 | 1 | 4) ;; # 4: what the hardware was before the first attach is in no recording
    *) fail "$1 $2 $3: replay refuses the recording" ;;
    esac
    classes=$(awk '$2 == "replace" { print $5 }' "$work/replay" | sort -u | tr '\n' ' ')
    [ "$classes" = "$5 " ] || fail "$1 $2 $3: replayed as $classes"
}

example smmuv3 at best 'safe, hitless' HITLESS
example smmuv3 dmi best 'safe, hitless' HITLESS
example smmuv3 at linux-6.12 'safe, not hitless' BREAKS
example vtd lt best 'safe, hitless' HITLESS

# A replace of one device: CFGI_CD and CMD_SYNC; two invalidations and a wait, of 32 bytes each.
for want in smmuv3-at-best:2 vtd-lt-best:3; do
    depth=$(awk -F, 'NR > 1 && $10 && $5 > most { most = $5 } END { print most }' \
        "$work/${want%:*}/platform.csv")
    [ "$depth" = "${want#*:}" ] || fail "${want%:*}: the queue is $depth deep"
done

# --config: the program's files, and what is wrong with one.
platform=$build/examples/systemc/systemc_platform
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
printf 'smmu:\n  utlb_cycles: 400\n' >"$work/slow.yaml"
printf 'smmu:\n  tlb_entry: 1\n' >"$work/bad.yaml"
"$platform" --replaces 1 >"$work/plain" || fail "exit code $?"
"$platform" --replaces 1 --config "$work/slow.yaml" >"$work/slow" || fail "--config: exit code $?"
cmp -s "$work/plain" "$work/slow" && fail "--config changes nothing"
code=0
"$platform" --config "$work/bad.yaml" >"$work/log" 2>&1 || code=$?
[ $code = 2 ] || fail "--config with a bad file: exit code $code"
grep -q "bad.yaml:2:3: section smmu has no 'tlb_entry'" "$work/log" || fail "--config: no place"
"$platform" --help | grep -q '^Usage: ' || fail "--help"
code=0
"$platform" --arch arm >"$work/log" 2>&1 || code=$?
[ $code = 2 ] || fail "--arch arm: exit code $code"
grep -q 'what is --arch arm' "$work/log" || fail "--arch arm: no reason"
exit $failed
