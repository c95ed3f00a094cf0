#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# same_test.sh - the reference drivers do the same as the unmodified ones of a kernel, interval by
# interval, addresses renamed.
#   same_test.sh IOMMUSIM
# traces/linux has the streams of the unmodified drivers, and how they were made.
set -u
iommusim=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

while read -r stream scenario driver settings; do
  words=(--set traffic.kind=none)
  for setting in $settings; do
    words+=(--set "$setting")
  done
  "$iommusim" run --script "$root/kernel-glue/$scenario.scn" --driver "$driver" --no-replay \
    "${words[@]}" --out "$work/ours.iotr" > "$work/run" 2>&1 || {
    cat "$work/run"
    bad=1
  }
  if ! "$iommusim" diff "$root/traces/linux/$stream.iotr" "$work/ours.iotr" > "$work/diff" 2>&1; then
    echo "$stream: not the same"
    tail -n 20 "$work/diff"
    bad=1
  fi
done << 'END'
basic-6.12 capture/scenarios/basic linux-6.12
s2-basic-6.12 capture/scenarios/basic linux-6.12 SMMU_IDR0=0x94c7219
hwpt-6.12 capture/scenarios/hwpt linux-6.12
ats-6.12 capture/scenarios/ats linux-6.12
sva-6.12 linux/scenarios/sva linux-6.12 SMMU_IDR0=0x84c721b
nested-7.3 linux/scenarios/nested linux-7
invalidate-7.3 linux/scenarios/invalidate linux-7
END
exit "$bad"
