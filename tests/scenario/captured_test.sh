#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# captured_test.sh - asked for the same, linux-6.12 does what a real kernel did in a capture: the same
# errors, and the same in each attach, replace, detach and unmap, addresses and tags renamed.
#   captured_test.sh IOMMUSIM
# Maps inside other operations are left out: a guest's memory is scattered, and mapped page by page.
set -u
iommusim=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
n=0

# The ID registers of the emulated IOMMUs, as the captures read them.
arm64='SMMU_IDR0=0x0d40101a SMMU_IDR1=0x02730010 SMMU_IDR3=0x1404 SMMU_IDR5=0x74'
arm64_s2='SMMU_IDR0=0x0d441019 SMMU_IDR1=0x02730010 SMMU_IDR3=0x1414 SMMU_IDR5=0x74'
vtd='VTD_VER=0x10 VTD_CAP=0xd2008c22260206'
legacy="$vtd VTD_ECAP=0xf00f4a"
legacy_ats="$vtd VTD_ECAP=0xf00f4e"
scalable="$vtd VTD_ECAP=0x480080f00f4a"

same() { # CAPTURE OPERATION
  n=$((n + 1))
  "$iommusim" diff "$root/traces/$1.iotr" "$work/ours.iotr" --op "$2" --skip map > "$work/diff" 2>&1 &&
    return
  echo "$1, $2: not the same"
  tail -n 20 "$work/diff"
  bad=1
}

# compare CAPTURE SCENARIO ARCH SETTINGS - SCENARIO: a file
compare() {
  local words=(--set traffic.kind=none) setting op
  for setting in $4; do
    words+=(--set "$setting")
  done
  "$iommusim" run --script "$2" --arch "$3" --driver linux-6.12 --no-replay "${words[@]}" \
    --out "$work/ours.iotr" > "$work/run" 2>&1 || {
    cat "$work/run"
    bad=1
  }
  for op in attach replace detach unmap; do
    same "$1" "$op"
  done
}

scenarios=$root/kernel-glue/capture/scenarios
for name in basic hwpt maps twodev; do
  compare "arm64-$name" "$scenarios/$name.scn" smmuv3 "$arm64"
done
compare arm64-fail "$scenarios/fail.scn" smmuv3 "$arm64"
compare arm64-s2-basic "$scenarios/basic.scn" smmuv3 "$arm64_s2"
compare vtd/x86-legacy-basic "$scenarios/basic.scn" vtd "$legacy"
compare vtd/x86-legacy-ats "$scenarios/ats.scn" vtd "$legacy_ats"
for name in hwpt maps twodev; do
  compare "vtd/x86-sm-$name" "$scenarios/$name.scn" vtd "$scalable"
done
# That capture is of a scenario that did not map what SMMUv3 machines reserve.
sed '/ ioas2 0x8000000 /d' "$scenarios/fail.scn" > "$work/fail.scn"
compare vtd/x86-legacy-fail "$work/fail.scn" vtd "$legacy"

# Several tables of one address space. The kernel has made one map of its own before.
for machine in arm64:smmuv3 x86-legacy:vtd x86-sm:vtd; do
  settings=$arm64
  [ "$machine" != x86-legacy:vtd ] || settings=$legacy
  [ "$machine" != x86-sm:vtd ] || settings=$scalable
  compare "tables/${machine%:*}" "$scenarios/tables.scn" "${machine#*:}" "$settings"
  for map in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    n=$((n + 1))
    "$iommusim" diff "$root/traces/tables/${machine%:*}.iotr" "$work/ours.iotr" \
      --op "map,$((map + 1)),$map" > "$work/diff" 2>&1 && continue
    echo "tables/${machine%:*}, map $map: not the same"
    tail -n 20 "$work/diff"
    bad=1
  done
done
echo "$n comparisons"
exit "$bad"
