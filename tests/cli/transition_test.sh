#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# transition_test.sh - iommusim run --from --to: verdicts and counts of cells, exit codes, files.
#   transition_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# Counts are those of the kernels' drivers and of the architectures, typed by hand: for SMMUv3 the
# entry writer (a step is CFGI and CMD_SYNC: V=0, the rest, V=1 where two words that are both read
# change; else one step per word that decides, one before it and one after it), an ATC_INV with its
# sync where ATS stays on, and a TLBI with its sync when a tag loses its last user (7.x); for VT-d
# tear-down (PASID cache, IOTLB, device TLB, a wait each) and set-up without a descriptor.
set -u
iommusim=$1
check_schema=$2
root=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0
failed=0

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}
has() { grep -qF -- "$1" squeezed; }
run() { # EXIT ARGS... - leaves out and err
  local want=$1 code
  shift
  "$iommusim" run "$@" > out 2> err
  code=$?
  check "run $*: exit $code, wanted $want" test $code -eq "$want"
}
cell() { # EXIT ARCH DRIVER FROM TO OPTIONS WORD... - each word is in its JSON
  local want=$1 words
  words=(--arch "$2" --driver "$3" --from "$4" --to "$5")
  # shellcheck disable=SC2206 # options are words
  words+=($6)
  shift 6
  run "$want" "${words[@]}" --json
  tr -d ' \n' < out > squeezed
  check "${words[*]}: the schema holds" "$check_schema" "$root/docs/schema/transition.schema.json" < out
  for word in "$@"; do
    check "${words[*]}: $word" has "$word"
  done
}
hitless='"replay":"HITLESS","explore_architecture":"HITLESS","explore_deployed":"HITLESS"'
breaks='"replay":"BREAKS","explore_architecture":"BREAKS","explore_deployed":"BREAKS"'
open='"blocked_ns":0.0'
two='--by detach-attach'

# SMMUv3, Linux 6.12, by one call
cell 1 smmuv3 linux-6.12 s1 s1 "" "$breaks" '"stores":{"CD":3}' '"syncs":3' \
  '"commands":{"CFGI_CD":3,"CMD_SYNC":3,"PREFETCH_CONFIG":1}' '"safe":true'
check "a break is seen by probes" grep -q '"blocked_ns": [1-9]' out
cell 1 smmuv3 linux-6.12 s1 s2 "" "$breaks" '"syncs":5' '"CFGI_STE":3' '"CFGI_CD":2'
cell 1 smmuv3 linux-6.12 s2 s1 "" "$breaks" '"syncs":5' '"CFGI_STE":3' '"CFGI_CD":2'
cell 1 smmuv3 linux-6.12 s2 s2 "" "$breaks" '"stores":{"STE":4}' '"syncs":3' '"CFGI_STE":3'
cell 0 smmuv3 linux-6.12 identity s1 "" "$hitless" "$open" '"syncs":5' '"CFGI_STE":3' '"CFGI_CD":2'
cell 0 smmuv3 linux-6.12 s1 identity "" "$hitless" "$open" '"syncs":5'
cell 0 smmuv3 linux-6.12 identity s2 "" "$hitless" "$open" '"syncs":2' '"stores":{"STE":3}'
cell 0 smmuv3 linux-6.12 s2 identity "" "$hitless" "$open" '"syncs":2'
cell 0 smmuv3 linux-6.12 identity identity "" "$hitless" '"n_stores":0' '"n_commands":0'
# the same by two
cell 1 smmuv3 linux-6.12 s1 s1 "$two" "$breaks" '"syncs":8' '"CFGI_STE":4' '"CFGI_CD":4' \
  '"op":"detach","ret":0,"replay":"HITLESS"' '"op":"attach","ret":0,"replay":"HITLESS"'
cell 1 smmuv3 linux-6.12 s1 s2 "$two" "$breaks" '"syncs":6'
cell 1 smmuv3 linux-6.12 s2 s2 "$two" "$breaks" '"syncs":4'
cell 1 smmuv3 linux-6.12 identity s2 "$two" "$breaks" '"syncs":4'
cell 0 smmuv3 linux-6.12 blocked s1 "$two" "$hitless" '"syncs":4' '"op":"attach"'
cell 0 smmuv3 linux-6.12 s1 blocked "$two" "$hitless" '"syncs":4' '"op":"detach"'
cell 1 smmuv3 linux-6.12 identity identity "$two" "$breaks" '"syncs":4'
check "where nothing is mapped probes know addresses" grep -q '"blocked_ns": [1-9]' out
# a PASID, ATS
cell 0 smmuv3 linux-6.12 blocked s1 "$two --pasid 5" "$hitless" '"syncs":2' '"CFGI_CD":2' '"pasid":5'
cell 0 smmuv3 linux-6.12 s1 blocked "$two --pasid 5 --ats" "$hitless" '"syncs":3' '"ATC_INV":1'
cell 1 smmuv3 linux-6.12 s1 s1 "--ats" "$breaks" '"syncs":4' '"ATC_INV":1' '"CFGI_CD":3'
cell 1 smmuv3 linux-6.12 s1 s1 "--pasid 5" "$breaks" '"syncs":4' '"CFGI_CD":4'
cell 1 smmuv3 linux-7 s1 s1 "--pasid 5" "$breaks" '"syncs":4' '"CFGI_CD":3' '"TLBI_NH_ASID":1'
# guests
cell 0 smmuv3 linux-7 s2 nested:A "" "$hitless" "$open" '"syncs":2' '"stores":{"STE":2}'
cell 0 smmuv3 linux-7 nested:A s2 "" "$hitless" "$open" '"syncs":3' '"stores":{"STE":3}'
cell 0 smmuv3 linux-7 nested:A nested:A2 "" "$hitless" "$open" '"syncs":1' '"stores":{"STE":1}'
cell 1 smmuv3 linux-7 nested:A nested:B "" "$breaks" '"syncs":4' '"CFGI_STE":3' '"TLBI_S12_VMALL":1'
cell 1 smmuv3 linux-7 s1 nested:A "" "$breaks" '"syncs":4' '"CFGI_STE":3' '"TLBI_NH_ASID":1'
cell 0 smmuv3 linux-7 table:A table:grown "" "$hitless" "$open" '"syncs":1' '"stores":{"STE":1}'
cell 0 smmuv3 linux-7 table:A table:shrunk "--load nic" "$hitless" '"syncs":1' '"refused":0'
# what the architecture allows (E17): no request refused by replace, a gap and two syncs otherwise
cell 0 smmuv3 best s1 s1 "--load nic" "$hitless" "$open" '"syncs":1' '"refused":0' '"dma_blocked_ns":0.0'
cell 1 smmuv3 best s1 s1 "$two --load nic" "$breaks" '"syncs":2'
check "requests are refused in the gap" grep -q '"refused": [1-9]' out
cell 0 smmuv3 best s2 s2 "--load nvme" "$hitless" "$open" '"syncs":1' '"refused":0'
cell 0 smmuv3 best-16 s1 s1 "" "$hitless" '"syncs":1' '"atom_bytes":16' '"stores":{"CD":1}'
# VT-d: 8 words cleared; FSPTPTR, DID, AW, PWSNP, PGTT and P; or SSPTPTR, and FPD too
cell 0 vtd linux-6.12 blocked s1 "$two" "$hitless" '"stores":{"PASID":14}' '"n_commands":0' '"syncs":0'
cell 0 vtd linux-6.12 blocked s2 "$two" "$hitless" '"stores":{"PASID":15}' '"n_commands":0'
cell 1 vtd linux-6.12 s2 s2 "" "$breaks" '"PC_INV":1' '"IOTLB_INV":1' '"WAIT":2' '"syncs":2'
cell 1 vtd linux-6.12 s1 s1 "" "$breaks" '"PC_INV":1' '"PIOTLB_INV":1' '"WAIT":2' '"syncs":2'
cell 1 vtd linux-7 s2 s2 "--ats" "$breaks" '"DEVTLB_INV":1' '"WAIT":3' '"syncs":3'
cell 1 vtd linux-7 s1 s1 "--ats --pasid 3" "$breaks" '"PDEVTLB_INV":1' '"syncs":3'
cell 1 vtd linux-7 s2 nested:A "" "$breaks" '"IOTLB_INV":1' '"syncs":2'
# an entry that is overwritten while hardware reads it (CVE-2026-45945)
cell 1 vtd linux-6.15 s2 s2 "--pasid 3" '"explore_architecture":"TORN"' '"vtd-pasid-torn":1'
cell 1 vtd linux-6.15 s1 s1 "--pasid 3" '"vtd-pasid-torn":1'
# 256 KiB are 64 pages: all were held, all go, and each is filled once more
cell 0 vtd best s2 s2 "--load nic" "$hitless" "$open" '"syncs":1' '"refused":0' '"misses":64,"misses_before":0'
cell 0 vtd best s2 nested:A "" "$hitless" "$open" '"syncs":2'
cell 1 vtd best s2 s2 "$two --load nic" "$breaks" '"syncs":1'
cell 0 vtd best identity s2 "--pasid 3" "$hitless" "$open"
cell 0 vtd best s1 identity "--pasid 3 --ats" "$hitless"
cell 0 vtd best s2 nested:A "--pasid 3" "$hitless" "$open" '"syncs":2'
cell 1 vtd linux-7 nested:A nested:B "--pasid 3" "$breaks" '"syncs":2'
# processes
cell 0 smmuv3 linux-6.12 blocked sva "$two --pasid 2" "$hitless" '"syncs":2' '"CFGI_CD":2'
cell 0 vtd linux-7 blocked sva "$two --pasid 1 --ats --load nic" "$hitless" '"op":"set_pasid"' '"n_commands":0'
# what is not run
cell 4 smmuv3 best s1 s2 "--pasid 5" '"kind":"illegal","rule":"architecture"' '"verdict":null' '"costs":null'
cell 4 vtd best blocked s1 "" '"kind":"illegal","rule":"interface"' '"ret":null'
cell 4 vtd linux-6.12 s1 s1 "--pasid 5" '"kind":"not-offered","rule":"driver"'
cell 4 vtd best s1 s2 "--set VTD_ECAP=0x433e79ea4f050df" '"kind":"not-offered","rule":"driver"' \
  'stage=1:-EOPNOTSUPP'

# A cell is the same whenever it is run; a gap makes the blocked time longer by what it is.
run 1 --from s1 --to s1 --load nic --json
mv out first
run 1 --from s1 --to s1 --load nic --json
check "the same bytes again" cmp -s first out
run 1 --from s2 --to s2 --by detach-attach --json
blocked=$(sed -n 's/.*"blocked_ns": \([0-9]*\).*/\1/p' out | head -1)
run 1 --from s2 --to s2 --by detach-attach --gap 3000 --json
longer=$(sed -n 's/.*"blocked_ns": \([0-9]*\).*/\1/p' out | head -1)
check "a gap of 3 us: $blocked ns, $longer ns" test "$longer" -ge $((blocked + 2800)) -a \
  "$longer" -le $((blocked + 3100))

# The records and the scenario are those of any other run.
run 1 --from s1 --to s1 --out cell.iotr --script-out cell.scn
check "the scenario runs" "$iommusim" run --script cell.scn --no-replay 2> /dev/null
"$iommusim" explore cell.iotr --witness none > explored 2>&1
check "the explorer sees the same" grep -q 'replace .* BREAKS' explored

# Text, lists, usage
run 1 --from s1 --to s1
check "the verdict in words" grep -q '^Verdict: BREAKS here, BREAKS on any permitted hardware' out
run 4 --from s1 --to s2 --pasid 5
check "who forbids it" grep -q '^Illegal: .*C_BAD_SUBSTREAMID' out
run 0 --cells
check "every state is listed" grep -q '^  nested:A2 ' out
run 0 --cells --json
check "cells follow the schema" "$check_schema" "$root/docs/schema/cells.schema.json" < out
run 2 --from s1
run 2 --from s1 --to nowhere
run 2 --from s1 --to s1 --pasid 64
run 2 --from s1 --to s1 --script x.scn
run 2 --from nested:A --to s1 --mapped 8388608
run 2 --load nic --script x.scn
run 2 --from s1 --to s1 --driver linux-1

# ---- What is measured

# 50 us of a request each 100 ns on average: about 500. A table that a process gets is made before the first call.
in_time() { grep -oE '"window_ns":[0-9.]+,"total_ns":[0-9.]+' squeezed | awk -F '[:,]' '{ exit !($2 > 0 && $2 <= $4) }'; }
for pasid in '' '--pasid 3'; do
  cell 0 vtd linux-7 blocked identity "--by detach-attach --load nic $pasid"
  check 'identity is used, and nothing before it' grep -qE '"before":\{"n":[0-9],.*"after":\{"n":(4[5-9]|5[0-4])[0-9],' squeezed
done
cell 0 smmuv3 linux-7 blocked identity '--by detach-attach --load nic'
check 'identity is used, and nothing before it' grep -qE '"before":\{"n":[0-9],.*"after":\{"n":(4[5-9]|5[0-4])[0-9],' squeezed
cell 0 smmuv3 linux-7 blocked sva '--by detach-attach --load nic --pasid 3'
check 'from the first store of the call' in_time

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
