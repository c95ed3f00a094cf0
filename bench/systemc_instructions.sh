#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# systemc_instructions.sh - instructions of the host for a request, each way of bench_systemc. They
# do not depend on the hour.
#
#   bench/systemc_instructions.sh PROGRAM    needs valgrind
set -eu
[ $# = 1 ] || { sed -n '3,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

# of_run WAY REQUESTS - the instructions of a whole run
of_run() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$2" "$1" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

# What a run of six times as many requests takes more; REQUESTS is multiplied by the program.
while read -r way multiple; do
    short=$(of_run "$way" 2000)
    long=$(of_run "$way" 12000)
    echo "$way $(((long - short) / (10000 * multiple)))"
done <<'WAYS'
bare-dmi 20
dmi 20
bare-lt 10
lt 10
core 10
bare-at 1
at 1
WAYS
