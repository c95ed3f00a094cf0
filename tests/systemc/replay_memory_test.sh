#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# replay_memory_test.sh - replay_memory_test on every shipped trace and on random streams.
#
#   tests/systemc/replay_memory_test.sh PROGRAM    in the project's folder
set -eu
program=$1
mapfile -t traces < <(find traces -name '*.iotr' | sort)
n=20
[ "${IOMMUSIM_TEST_LONG:-}" != 1 ] || n=1000
for case in same told apart; do
  "$program" "$case" "${traces[@]}"
done
for case in odd told; do
  "$program" "$case" --random 1 "$n" "${traces[@]}"
done
