#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# judge_vtd_test.sh - random streams of a VT-d: the explorer lacks nothing that every interleaving
# has, and raises no false alarm.
#   judge_vtd_test.sh JUDGE_VTD_RANDOM
# With IOMMUSIM_TEST_LONG=1 many, else a few. The streams must be of every class.
set -u
judge=$1
n=60
[ "${IOMMUSIM_TEST_LONG:-0}" != 1 ] || n=2000
out=$("$judge" 0 $n)
status=$?
echo "$out"
for class in HITLESS BREAKS TORN STALE POISONS; do
  if ! grep -q "^[0-9]* $class" <<< "$out"; then
    echo "FAILED: no stream is $class"
    status=1
  fi
done
exit $status
