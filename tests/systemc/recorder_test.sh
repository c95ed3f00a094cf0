#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# recorder_test.sh - a driver's run, recorded by its CPU and by a recorder on the buses: replay and
# explore say the same of both, figures included; without the driver's barriers, the same verdicts.
#
#   tests/systemc/recorder_test.sh RECORDER_TEST IOMMUSIM
set -eu
program=$1 iommusim=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

fail() {
    echo "recorder_test: $*" >&2
    failed=1
}

# say COMMAND FILE: without the file's name, numbers of records, and names of structures
say() {
    local code=0

    "$iommusim" "$1" "$work/$2" >"$work/said" || code=$?
    [ $code -le 1 ] || [ $code -eq 4 ] || fail "$1 refuses $2"
    sed -E -e "s|^$work/[a-z.]*: [0-9]+ records|&|; s|$work/[a-z.]*: [0-9]+ records|stream|" \
        -e 's/(records?|since) [0-9]+( to [0-9]+)?/record N/g; s/since [0-9]+/since N/g' \
        -e 's/(store|memory) [A-Z_0-9]+ /\1 /' "$work/said"
    echo "exit $code"
}

# classes COMMAND FILE COLUMN: of the replaces
classes() {
    "$iommusim" "$1" "$work/$2" >"$work/said" || true
    awk -v column="$3" '$2 == "replace" { print $column }' "$work/said" | sort -u | tr '\n' ' '
}

# driver ARCH NAME CLASS
driver() {
    "$program" "$1" "$2" "$work" told >/dev/null || fail "$1 $2: the run fails"
    for command in replay explore; do
        say $command cpu.iotr.txt >"$work/cpu"
        say $command bus.iotr.txt >"$work/bus"
        say $command bus.iotr >"$work/binary"
        [ "$(wc -l <"$work/cpu")" -gt 15 ] || fail "$1 $2: $command says nothing"
        diff "$work/cpu" "$work/bus" >&2 || fail "$1 $2: $command tells them apart"
        diff "$work/bus" "$work/binary" >&2 || fail "$1 $2: $command tells text from binary"
    done
    "$program" "$1" "$2" "$work" implied >/dev/null || fail "$1 $2: the run fails"
    grep -Eq 'meta "?barriers"? "?implied' "$work/bus.iotr.txt" || fail "$1 $2: barriers from nowhere"
    grep -q 'store OTHER 0x3f0000 0x1122334455667788' "$work/bus.iotr.txt" ||
        fail "$1 $2: what memory had before is lost"
    for f in cpu bus; do
        [ "$(classes explore $f.iotr.txt 4)" = "$3 " ] || fail "$1 $2: explore of $f"
        [ "$(classes replay $f.iotr.txt 5)" = "$3 " ] || fail "$1 $2: replay of $f"
    done
}

driver smmuv3 best HITLESS
driver smmuv3 linux-6.12 BREAKS
driver vtd best HITLESS
driver vtd linux-6.12 BREAKS
exit $failed
