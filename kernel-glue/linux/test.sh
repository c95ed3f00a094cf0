#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh - scenarios on a driver that make linux has built: does each run as it says, with the
# verdicts that are known, and is no store of the driver missed?
#
#   kernel-glue/linux/test.sh IOMMUSIM [TREE]
set -u

here=$(cd "$(dirname "$0")" && pwd)
iommusim=$1
tree=${2-linux-source-6.12}
captured=$here/../capture/scenarios
own=$here/scenarios
n_failed=0

# expect CODE WORDS ARGUMENTS... - a run ends with this exit code and says these words.
expect() {
  local wanted=$1 words=$2 output code
  shift 2
  output=$("$iommusim" linux --tree "$tree" --story none "$@" 2>&1)
  code=$?
  if [ "$code" = "$wanted" ] && grep -qF -- "$words" <<< "$output"; then
    echo "ok      $*"
    return
  fi
  n_failed=$((n_failed + 1))
  echo "FAILED  $*: exit code $code instead of $wanted, or without \"$words\""
  tail -n 12 <<< "$output"
}

# What Linux 6.12 does: a replace goes through an invalid entry, everything else is hitless.
breaks='the worst is BREAKS'
no_msi=SMMU_IDR0=0x94c521b     # CMD_SYNC is polled in CMDQ_CONS
no_ril=SMMU_IDR3=0x1314        # TLBIs page by page
stage_2=SMMU_IDR0=0x94c7219    # S1P=0
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
expect 1 "$breaks" --scenario "$captured/storm.scn"
# Without requests there are no events: the driver alone decides, and its records are the whole run.
for id in $no_msi $no_ril $stage_2; do
  # shellcheck disable=SC2086
  expect 1 'the same to the picosecond' --scenario "$captured/hwpt.scn" --set $id $quiet
done
expect 0 'hitless, all' "${known[@]}" --scenario "$own/pasid.scn"
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
expect 0 'hitless, all' "${known[@]}" --scenario "$own/sva.scn" --set $stalls --set traffic.kind=none

# Who stored it: from the program's debug information.
if ! "$iommusim" linux --tree "$tree" --scenario "$captured/basic.scn" 2> /dev/null |
  grep -qE ' CD 0x.* word 0 = .*<- [a-z_]+, arm-smmu-v3\.c:[0-9]+'; then
  n_failed=$((n_failed + 1))
  echo 'FAILED  the story of basic.scn names no line of arm-smmu-v3.c'
fi

[ "$n_failed" = 0 ] || {
  echo "$n_failed failed"
  exit 1
}
echo 'all as expected'
