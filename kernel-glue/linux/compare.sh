#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh - do the drivers in user space do what they did in a kernel?
#
#   kernel-glue/linux/compare.sh [TREE]
#
# Runs the scenarios of the captures in traces/ with the IOMMU of the emulator, and compares each
# attach, replace, detach and unmap with iommusim diff. Maps inside are left out: in a guest, memory
# is scattered and is mapped page by page. TREE: folder of make linux, build/linux/linux-source-6.12.
#
#   IOMMUSIM_BUILD=DIR  a build of iommusim (cmake), instead of build/release
#   CAPTURES=DIR        x86-*.iotr of another day (make capture), instead of traces/vtd
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
iommusim=${IOMMUSIM_BUILD:-$root/build/release}/cli/iommusim
tree=${1:-$root/build/linux/linux-source-6.12}
x86=${CAPTURES:-$root/traces/vtd}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
n_other=0

# The ID registers of the two emulated SMMUs, as the captures read them.
stage1=(--set SMMU_IDR0=0x0d40101a --set SMMU_IDR1=0x02730010 --set SMMU_IDR3=0x1404 --set SMMU_IDR5=0x74)
stage2=(--set SMMU_IDR0=0x0d441019 --set SMMU_IDR1=0x02730010 --set SMMU_IDR3=0x1414 --set SMMU_IDR5=0x74)

same() { # CAPTURE OPERATION[,N,M]
  n=$((n + 1))
  timeout 60 "$iommusim" diff "$1" "$work/run.iotr" --op "$2" --skip map > "$work/diff.txt" 2>&1 && return
  n_other=$((n_other + 1))
  echo "$(basename "$1" .iotr), $2:"
  cat "$work/diff.txt"
}

# run ARCH SCENARIO OPTIONS... - SCENARIO: of the captures, or a file
run() {
  local program=$tree/iommusim-linux-$1 scenario=$2
  [ -f "$scenario" ] || scenario=$root/kernel-glue/capture/scenarios/$2.scn
  shift 2
  rm -f "$work/run.iotr"
  timeout 60 "$program" --quiet --scenario "$scenario" --out "$work/run.iotr" "$@" > "$work/run.txt" 2>&1
  [ -s "$work/run.iotr" ] && return
  cat "$work/run.txt" >&2
  exit 2
}

all() { # CAPTURE
  local op
  for op in attach replace detach unmap; do
    same "$1" "$op"
  done
}

for name in basic maps hwpt twodev; do
  run smmuv3 "$name" "${stage1[@]}"
  all "$root/traces/arm64-$name.iotr"
done
run smmuv3 basic "${stage2[@]}"
all "$root/traces/arm64-s2-basic.iotr"
# The second replace of that capture is not in the scenario any more where iommufd is not linked in.
run smmuv3 fail "${stage1[@]}"
for op in attach replace,3,2 detach; do
  same "$root/traces/arm64-fail.iotr" "$op"
done

# The emulated VT-d unit, without requests: the handler of faults runs on the CPU that it interrupts.
unit=(--set VTD_VER=0x10 --set VTD_CAP=0xd2008c22260206 --set traffic.kind=none)
for mode in legacy:0xf00f4a sm:0x480080f00f4a; do
  for name in basic maps hwpt twodev ats; do
    capture=$x86/x86-${mode%:*}-$name.iotr
    [ -r "$capture" ] || continue
    dt=0
    [ "$name" != ats ] || dt=4 # ECAP.DT: the device has ATS
    run vtd "$name" "${unit[@]}" --set "VTD_ECAP=$((${mode#*:} + dt))"
    all "$capture"
  done
done
# The capture in traces/ is of a scenario that did not map what SMMUv3 machines reserve. Its failing
# replaces are those of iommufd.
cp "$root/kernel-glue/capture/scenarios/fail.scn" "$work/fail.scn"
[ "$x86" != "$root/traces/vtd" ] || sed -i '/ ioas2 0x8000000 /d' "$work/fail.scn"
if [ -r "$x86/x86-legacy-fail.iotr" ]; then
  run vtd "$work/fail.scn" --iommufd "${unit[@]}" --set VTD_ECAP=0xf00f4a
  all "$x86/x86-legacy-fail.iotr"
fi
echo "$n comparisons, $n_other differ"
[ "$n_other" -eq 0 ]
