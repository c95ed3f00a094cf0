#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rules_test.sh - protocol rules as a user sees them: iommusim rules, and hits in a replay.
#   rules_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# Changed captures: lines are taken out of a real driver's stream, and the rule for that is named.
set -u
iommusim=$1
check_schema=$2
root=$3
schemas=$root/docs/schema
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

check() { # NAME COMMAND...
  local name=$1
  shift
  "$@" || {
    failed=$((failed + 1))
    echo "FAILED: $name"
  }
}
run() { # EXIT ARGS...
  local want=$1 code
  shift
  "$iommusim" "$@" > out 2> err
  code=$?
  check "iommusim $*: exit $code, wanted $want" test $code -eq "$want"
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }

# ---- The command

run 0 rules
check 'at least 40 rules' test "$(wc -l < out)" -ge 40
says 'smmu-ste-torn'
run 0 rules smmu-ste-torn
says 'why:'
says 'section: 3.21.3'
says 'breaks it:'
says 'store STE '
run 2 rules smmu-ste-tron
complains "did you mean 'smmu-ste-torn'?"
run 2 rules smmu-ste-torn smmu-cd-torn
run 2 rules --bad
run 2 rules smmu-ste-torn --bad --good
run 0 rules --json
check 'rules --json follows its schema' "$check_schema" "$schemas/rules.schema.json" < out
run 0 rules smmu-ste-torn --json
check 'one rule as JSON, too' "$check_schema" "$schemas/rules.schema.json" < out
for id in $("$iommusim" rules | cut -d' ' -f1); do
  check "docs/rules.md has $id" grep -qF "| \`$id\` |" "$root/docs/rules.md"
done

# ---- The examples are whole streams: the good one is hitless whoever looks, the bad one breaks its
# rule alone. What is left of a run besides the rules is not asked of a bad one.

broken() { sed -n 's/^  \(\(smmu\|vtd\)-[a-z0-9-]*\) (.*/\1/p' out; }
"$iommusim" rules > list
while read -r id kind _; do
  "$iommusim" rules "$id" --good > good.iotr.txt
  "$iommusim" rules "$id" --bad > bad.iotr.txt
  for command in replay explore; do
    run 0 $command good.iotr.txt
    check "$id, good: $command breaks no rule" test -z "$(broken)"
    "$iommusim" $command bad.iotr.txt > out 2> err
    code=$?
    check "$id, bad: $command tells it alone" test "$(broken)" = "$id"
    check "$id, bad: $command fails, unless it is advice" test $code -eq "$([ "$kind" = advice ] && echo 0 || echo 1)"
  done
done < list
run 0 rules smmu-cr0-unacked --json
check 'the JSON has both, whole' test "$(grep -oF 'The driver sets everything up' out | wc -l)" -eq 2

# ---- A replay

torn=torn.iotr.txt
"$iommusim" rules smmu-ste-torn --bad > $torn
run 1 replay $torn --no-probes --story none
says 'Protocol rules: 1 of'
says 'smmu-ste-torn (state, 3.21.3), 1 time'
run 1 replay $torn --no-probes --json
check 'a replay with hits follows its schema' "$check_schema" "$schemas/replay.schema.json" < out
check 'the hit is in it' grep -qF '"smmu-ste-torn": 1' out
"$iommusim" replay $torn --no-probes --story none --allow smmu-ste-torn='known since 2019' > out
check 'an allowed rule fails nothing' test $? -ne 1
says 'allowed: known since 2019'
printf 'allow:\n  smmu-ste-torn: known since 2019\n' > allow.yaml
"$iommusim" replay $torn --no-probes --story none --config allow.yaml > out
check 'as in a file' test $? -ne 1
says 'allowed: known since 2019'
run 2 replay $torn --allow smmu-ste-torn
complains "is not ID=REASON"
run 2 replay $torn --allow smmu-ste-torn=
complains 'a reason is missing'
run 2 replay $torn --allow no-such-rule=x
complains "there is no rule 'no-such-rule'"
printf 'allow:\n  no-such-rule: x\n' > allow.yaml
run 3 replay $torn --config allow.yaml
complains "allow.yaml:2:3: there is no rule 'no-such-rule'"

printf 'default: {attach: any, drv_attach: any}\nrules: {smmu-ste-torn: 1}\n' > expect.yaml
"$iommusim" replay $torn --no-probes --story none --expect expect.yaml > out
says 'As expected'
printf 'default: {attach: any, drv_attach: any}\nrules: {smmu-cd-torn: any}\n' > expect.yaml
run 1 replay $torn --no-probes --story none --expect expect.yaml
says 'rule smmu-cd-torn: any expected, none found'
says 'rule smmu-ste-torn: 0 expected, 1 found'
printf 'default: {attach: any}\nrules: {no-such-rule: 1}\n' > expect.yaml
run 3 replay $torn --expect expect.yaml
complains 'no such rule'

# ---- Real streams with a line less, or one changed

# changed STREAM SED-SCRIPT RULE... - these rules are broken, besides the one that 6.12 breaks
changed() {
  local stream=$1 script=$2
  shift 2
  "$iommusim" import "$root/traces/$stream.iotr" -o stream.iotr.txt
  sed -E -i "$script" stream.iotr.txt
  "$iommusim" replay stream.iotr.txt --no-probes --story none > out 2> err
  sed -n 's/^  \(smmu-[a-z0-9-]*\) (.*/\1/p' out > got
  printf '%s\n' smmu-l1std-no-cfgi "$@" | sort > want
  check "$stream, $script: $(tr '\n' ' ' < want)" cmp -s want <(sort got)
  cmp -s want <(sort got) || sed 's/^/  /' got
}
changed arm64-maps ''
# the TLBI of an unmap becomes one of another ASID; or its range begins a page behind
changed arm64-maps 's/0x3000000300012/0x4000000300012/' smmu-tlbi-wrong-tag
changed arm64-maps 's/0x1000701/0x1001701/' smmu-unmap-no-tlbi
# nobody waits for the CMD_SYNC of an unmap
changed arm64-maps '/wait queue 0x41400000 index=45 /d' smmu-sync-unwaited
# the doorbell covers the next command, a TLBI, before it is there
changed arm64-maps '/mmio_write 0x98 0x2e$/s/0x2e/0x2f/' smmu-cmdq-unwritten smmu-unmap-no-tlbi
# the second domain gets the first one's VMID
changed arm64-s2-basic 's/0x44c359400000003 /0x44c359400000002 /' smmu-vmid-reused

# ---- Litmus tests: what is good breaks no rule, and what is bad the one that it is about

litmus() { # NAME WANTED
  "$iommusim" litmus --records "$root/tests/litmus/$1.litmus" > litmus.iotr.txt 2> err
  "$iommusim" replay litmus.iotr.txt --no-probes --story none > out 2> err
  check "$1: $2" grep -qF -e "$2" out
}
for file in "$root"/tests/litmus/good-*.litmus "$root"/tests/litmus/break-*.litmus; do
  name=${file##*/}
  litmus "${name%.litmus}" 'Protocol rules: none of'
done
litmus bad-asid-reuse-unflushed smmu-asid-reused
litmus bad-asid-shared-other-table smmu-asid-shared
litmus bad-ats-no-atc-inv smmu-atc-missing
litmus bad-ats-replace-no-atc-inv smmu-atc-missing
litmus bad-cd-one-of-two-streams smmu-cd-no-cfgi
litmus bad-cd-torn-64-bytes smmu-cd-torn
litmus bad-l1cd-leaf smmu-l1cd-no-cfgi
litmus bad-l1std-leaf smmu-l1std-no-cfgi
litmus bad-map-without-barrier smmu-barrier-map
litmus bad-permission-down-no-tlbi smmu-pte-rights-no-tlbi
litmus bad-pointer-without-barrier smmu-barrier-pointer
litmus bad-ste-invalidate-before-store smmu-cfgi-early
litmus bad-ste-no-sync smmu-sync-missing
litmus bad-ste-s2-torn smmu-ste-torn
litmus bad-ste-sync-not-awaited smmu-sync-unwaited
litmus bad-table-freed-early smmu-table-freed-early
litmus bad-table-page-freed-early smmu-table-freed-early
litmus bad-tlbi-before-cfgi smmu-asid-reused
litmus bad-unmap-global-by-asid smmu-unmap-no-tlbi
litmus bad-unmap-nested-s2-only smmu-tlbi-stage2-only
litmus bad-unmap-wrong-asid smmu-tlbi-wrong-tag
litmus bad-vmid-reuse-unflushed smmu-vmid-reused
litmus bad-vtd-ats-device-first vtd-devtlb-early
litmus bad-vtd-ats-no-device-tlb vtd-devtlb-missing
litmus bad-vtd-attach-caching-mode vtd-caching-mode-no-invalidation
litmus bad-vtd-detach-no-iotlb vtd-iotlb-missing
litmus bad-vtd-flush-before-store vtd-pasid-no-invalidation
litmus bad-vtd-fs-struct-assignment vtd-pasid-torn
litmus bad-vtd-fs-to-ss-cleared-early vtd-pasid-torn
litmus bad-vtd-iotlb-first vtd-iotlb-early
litmus bad-vtd-iotlb-new-domain vtd-iotlb-other-domain
litmus bad-vtd-legacy-no-iotlb vtd-iotlb-missing
litmus bad-vtd-legacy-two-halves vtd-context-torn
litmus bad-vtd-no-pasid-cache vtd-pasid-no-invalidation
litmus bad-vtd-old-domain-new-table vtd-domain-shared
litmus bad-vtd-pasid-cache-new-domain vtd-pasid-other-domain
litmus bad-vtd-present-first vtd-pasid-present-early
litmus bad-vtd-ss-by-pasid vtd-iotlb-by-pasid
litmus bad-vtd-ss-to-fs-one-step vtd-pasid-torn
litmus bad-vtd-ss-two-halves vtd-pasid-torn
litmus bad-vtd-unmap-no-wait vtd-wait-unwaited
litmus bad-vtd-unmap-nothing vtd-unmap-no-iotlb
litmus bad-vtd-unmap-ss-by-pasid-page vtd-unmap-no-iotlb
litmus bad-vtd-unmap-wrong-domain vtd-unmap-other-domain
litmus bad-vtd-unmap-wrong-page vtd-unmap-no-iotlb
litmus bad-walk-cache-leaf-only smmu-tlbi-leaf-only
exit $((failed != 0))
