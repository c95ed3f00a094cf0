#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh - does the driver in user space do what it did in a kernel?
#
#   kernel-glue/linux/compare.sh [PROGRAM]
#
# Runs the scenarios of the captures in traces/ with the SMMU of the emulator, and compares each
# attach, replace, detach and unmap with iommusim diff. Maps inside are left out: in a guest, memory
# is scattered and is mapped page by page. PROGRAM: of make linux, linux-source-6.12.
#
#   IOMMUSIM_BUILD=DIR  a build of iommusim (cmake), instead of build/release
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
iommusim=${IOMMUSIM_BUILD:-$root/build/release}/cli/iommusim
program=${1:-$root/build/linux/linux-source-6.12/iommusim-linux-smmuv3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
n_other=0

# The ID registers of the two emulated SMMUs, as the captures read them.
stage1=(--set SMMU_IDR0=0x0d40101a --set SMMU_IDR1=0x02730010 --set SMMU_IDR3=0x1404 --set SMMU_IDR5=0x74)
stage2=(--set SMMU_IDR0=0x0d441019 --set SMMU_IDR1=0x02730010 --set SMMU_IDR3=0x1414 --set SMMU_IDR5=0x74)

same() { # CAPTURE OPERATION[,N,M]
  n=$((n + 1))
  timeout 60 "$iommusim" diff "$root/traces/arm64-$1.iotr" "$work/$1.iotr" --op "$2" --skip map \
    > "$work/diff.txt" 2>&1 && return
  n_other=$((n_other + 1))
  echo "arm64-$1, $2:"
  cat "$work/diff.txt"
}

# run CAPTURE SCENARIO OPTIONS...
run() {
  local capture=$1 scenario=$root/kernel-glue/capture/scenarios/$2.scn
  shift 2
  timeout 60 "$program" --quiet --scenario "$scenario" --out "$work/$capture.iotr" "$@" > "$work/run.txt" 2>&1
  [ -s "$work/$capture.iotr" ] && return
  cat "$work/run.txt" >&2
  exit 2
}

for name in basic maps hwpt twodev; do
  run "$name" "$name" "${stage1[@]}"
  for op in attach replace detach unmap; do
    same "$name" "$op"
  done
done
run s2-basic basic "${stage2[@]}"
for op in attach replace detach unmap; do
  same s2-basic "$op"
done
# The second replace of that capture is not in the scenario any more where iommufd is not linked in.
run fail fail "${stage1[@]}"
same fail attach
same fail replace,3,2
same fail detach
echo "$n comparisons, $n_other differ"
[ "$n_other" -eq 0 ]
