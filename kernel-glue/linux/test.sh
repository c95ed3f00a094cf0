#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh - scenarios on the drivers that make linux has built: does each run as it says, with the
# verdicts that are known, and is no store of a driver missed?
#
#   kernel-glue/linux/test.sh IOMMUSIM [TREE]
set -u

here=$(cd "$(dirname "$0")" && pwd)
iommusim=$1
tree=${2-linux-source-6.12}
captured=$here/../capture/scenarios
own=$here/scenarios
n_failed=0
arch=smmuv3

# expect CODE WORDS ARGUMENTS... - a run ends with this exit code and says these words.
expect() {
  local wanted=$1 words=$2 output code
  shift 2
  output=$("$iommusim" linux --arch "$arch" --tree "$tree" --story none "$@" 2>&1)
  code=$?
  if [ "$code" = "$wanted" ] && grep -qF -- "$words" <<< "$output"; then
    echo "ok      $arch $*"
    return
  fi
  n_failed=$((n_failed + 1))
  echo "FAILED  $arch $*: exit code $code instead of $wanted, or without \"$words\""
  tail -n 12 <<< "$output"
}

# What Linux 6.12 does: a replace goes through an invalid entry, everything else is hitless.
breaks='the worst is BREAKS'
no_msi=SMMU_IDR0=0x94c521b     # CMD_SYNC is polled in CMDQ_CONS
no_ril=SMMU_IDR3=0x1314        # TLBIs page by page
stage_2=SMMU_IDR0=0x94c7219    # S1P=0
no_cohacc=SMMU_IDR0=0x94c720b  # page tables are flushed
quiet='--set traffic.kind=none'

# Two protocol rules that Linux 6.12 breaks when it makes a second-level stream table; nothing that a
# request could see comes of it (docs/linux-driver.md, findings).
known=(--allow 'smmu-l1std-no-cfgi=a stream that was not there has no requests'
  --allow 'smmu-barrier-pointer=what may be seen is a zeroed entry, which refuses as well')

for name in basic fail hwpt maps twodev ats; do
  expect 1 "$breaks" --scenario "$captured/$name.scn"
done
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $no_msi
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $no_ril
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $stage_2
expect 1 'barrier flush' --scenario "$captured/basic.scn" --set $no_cohacc --story 3
expect 1 "$breaks" --scenario "$captured/storm.scn"
# Without requests there are no events: the driver alone decides, and its records are the whole run.
for id in $no_msi $no_ril $stage_2 $no_cohacc; do
  # shellcheck disable=SC2086
  expect 1 'the same to the picosecond' --scenario "$captured/hwpt.scn" --set $id $quiet
done
expect 0 'hitless, all' "${known[@]}" --scenario "$own/pasid.scn"
expect 0 'hitless, all' "${known[@]}" --scenario "$own/cd-levels.scn"
expect 0 'hitless, all' "${known[@]}" --scenario "$own/fault.scn"
expect 0 'hitless, all' "${known[@]}" --scenario "$own/fault.scn" --msi
expect 1 'the worst is STALE' --scenario "$own/cerror.scn" # the skipped command was a TLBI
expect 0 '40 runs: BREAKS' --scenario "$own/cpus4.scn" --seeds 1..40

# What the tree brings itself: unit tests, iommufd, shared virtual memory with stalls.
stalls=SMMU_IDR0=0x84c721b
expect 0 'transitions, 0 suites failed' --kunit
for name in basic hwpt twodev; do
  expect 1 "$breaks" --iommufd --scenario "$captured/$name.scn"
done
expect 0 'hitless, all' "${known[@]}" --iommufd --scenario "$own/fd-refused.scn"
expect 0 'hitless, all' "${known[@]}" --scenario "$own/sva.scn" --set $stalls --set traffic.kind=none

# Who stored it: from the program's debug information.
if ! "$iommusim" linux --tree "$tree" --scenario "$captured/basic.scn" 2> /dev/null |
  grep -qE ' CD 0x.* word 0 = .*<- [a-z_]+, arm-smmu-v3\.c:[0-9]+'; then
  n_failed=$((n_failed + 1))
  echo 'FAILED  the story of basic.scn names no line of arm-smmu-v3.c'
fi

# Intel's driver. What Linux 6.12 does with a VT-d unit: a replace blocks the device first, in every
# mode; all else is hitless. Where capabilities stand: models/vtd/regs.def.
arch=vtd
no_dirty=VTD_ECAP=0x433cf9ea4f050df        # SSADS=0, as the captured machines
legacy=VTD_ECAP=0xf050df                   # no scalable mode
incoherent=VTD_ECAP=0x432ef9ea4f050de      # C=0, SMPWCS=0: lines are flushed
registers=VTD_ECAP=0xf050d9                # QI=0, DT=0: invalidations by CCMD and IOTLB
caching=VTD_CAP=0x11d2078c606f06e6         # CM=1
first_only=VTD_ECAP=0x4338f9ea0f050df      # SSTS=0, NEST=0
few_ids=VTD_CAP=0x11d2078c606f0660         # ND=0: 16 domain ids

for name in basic fail maps twodev ats; do
  expect 1 "$breaks" --scenario "$captured/$name.scn"
  expect 1 "$breaks" --scenario "$captured/$name.scn" --set $legacy
done
expect 1 "$breaks" --scenario "$captured/hwpt.scn" --set $no_dirty
expect 1 "$breaks" --scenario "$captured/hwpt.scn" --set $legacy
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $incoherent
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $registers
expect 1 "$breaks" --scenario "$captured/basic.scn" --set $legacy --set $caching
expect 1 "$breaks" --scenario "$captured/storm.scn"
for id in $no_dirty $legacy; do
  # shellcheck disable=SC2086
  expect 1 'the same to the picosecond' --scenario "$captured/hwpt.scn" --set $id $quiet
done
expect 1 "$breaks" --scenario "$own/first-stage.scn"
expect 0 'hitless, all' --scenario "$own/pasid.scn"
expect 0 'hitless, all' --scenario "$own/fault.scn"
# The device's cache is flushed in one go with the IOTLB by PASID, which it may overtake.
expect 1 'vtd-devtlb-early' --scenario "$own/first-stage-ats.scn"
# A unit that keeps what is not there, as CM permits, is told to forget it under the wrong domain id.
expect 1 'the worst is STALE-REFUSAL' --scenario "$own/pasid.scn" --set $caching
# The queue stops at a descriptor that nobody knows: the driver drops it, and the unmap is not flushed.
expect 1 'the worst is STALE' --scenario "$own/cerror.scn"
expect 1 'failed replace disturbed old' --scenario "$own/domain-ids.scn" --set $few_ids
# AW is reserved without a second stage, and the driver writes it. Where hardware does not mind, a second
# stage that is refused still disturbs what is attached.
only=(--scenario "$own/first-stage-only.scn" --set "$first_only")
expect 1 'F_5Ah' "${only[@]}"
expect 1 "$breaks" "${only[@]}" --set choices.aw_ignored=yes
expect 1 'operation 8: failed replace disturbed old' "${only[@]}" --set choices.aw_ignored=yes
expect 0 'hitless, all' --scenario "$own/sva-pri.scn" --set traffic.kind=none
expect 0 '40 runs: BREAKS' --scenario "$own/cpus4.scn" --seeds 1..40
for name in basic hwpt twodev; do
  expect 1 "$breaks" --iommufd --scenario "$captured/$name.scn" --set $no_dirty
done
# A guest's tables are not looked into by a replay; iommusim explore compares them.
# shellcheck disable=SC2086
expect 4 'could not be judged' --scenario "$own/nested-vtd.scn" $quiet

# Trees from 6.13 to 6.19 assign a new PASID entry to one in use. Debian has none of them: a patch gives
# 6.12 the same store. Its line must be what makes a replace TORN.
torn() {
  local work code=0
  work=$(mktemp -d)
  IOMMUSIM_BUILD=$(cd "$(dirname "$iommusim")/.." && pwd) "$here/patched.sh" vtd \
    "$here/patches/vtd-pasid-assigned.patch" "$work/driver" > "$work/text" 2>&1 || code=1
  "$iommusim" linux --arch vtd --tree "$work/driver" --scenario "$own/pasid-replace.scn" --story none \
    --out "$work/run.iotr" >> "$work/text" 2>&1 || [ $? -le 1 ] || code=1
  "$iommusim" explore "$work/run.iotr" --witness 9 --vmlinux "$work/driver" > "$work/found" 2>&1
  if [ "$code" = 0 ] && grep -q 'replace_pasid .* TORN' "$work/found" &&
    grep -qE '<- intel_pasid_assign_entry, pasid\.c:[0-9]+' "$work/found"; then
    echo 'ok      a PASID entry that is assigned is TORN'
  else
    n_failed=$((n_failed + 1))
    echo 'FAILED  a PASID entry that is assigned is TORN'
    tail -n 12 "$work/text" "$work/found"
  fi
  rm -rf "$work"
}
[ "$tree" != linux-source-6.12 ] || torn

# Objects and reference drivers do the same as the tree's iommufd and drivers, on random scenarios.
beside() { # ARCH DRIVER FEATURES
  local program=$here/../../build/linux/$tree/iommusim-linux-$1
  [ -x "$program" ] || return
  IOMMUSIM_BUILD=$(cd "$(dirname "$iommusim")/.." && pwd) "$here/random.sh" "$1" "$program" "$2" "$3" 1 20 &&
    return
  n_failed=$((n_failed + 1))
  echo "FAILED  random scenarios, $1"
}
for arch in smmuv3 vtd; do
  case $tree in
  linux-source-6.*) beside $arch linux-6.12 ats ;;
  *) beside $arch linux-7 pasid,ats,dirty ;;
  esac
done

[ "$n_failed" = 0 ] || {
  echo "$n_failed failed"
  exit 1
}
echo 'all as expected'
