#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# explore_test.sh - iommusim explore as a user sees it, on every shipped stream of arm64.
#   explore_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR LINE_PROGRAM
# Classes follow from the order of the driver's stores (8.4, 8.5 of the architecture's facts): a
# replace goes through V=0, an attach does not.
set -u
check_schema=$2
root=$3
program=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$1" "$work/bin/iommusim"
PATH=$work/bin:$PATH
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
run() { # EXIT ARGS...
  local want=$1 code
  shift
  iommusim explore "$@" > out 2> err
  code=$?
  check "iommusim explore $*: exit $code, wanted $want" test $code -eq "$want"
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }

# Lines "operation architecture deployed", counted.
classes() {
  iommusim explore "$1" --all-ops --witness none |
    awk '/^ *[0-9]+  / {gsub(/\+/, ""); n[$2 " " $4 " " $5]++} END {for (k in n) print n[k], k}' |
    LC_ALL=C sort -k2
}
has() { # STREAM LINE
  check "$1: '$2' among $(classes "$root/traces/$1.iotr" | tr '\n' ';')" \
    grep -qxF -e "$2" <(classes "$root/traces/$1.iotr")
}

for stream in "$root"/traces/arm64-*.iotr; do
  run 1 "$stream"
  iommusim explore "$stream" --json > json
  check "$stream follows the schema" "$check_schema" "$root/docs/schema/explore.schema.json" < json
  run 1 "$stream" --level deployed
  classes "$stream" > list
  check "$stream: no class that no driver of 6.12 has" sh -c \
    '! grep -qE "TORN|STALE |STALE$|POISONS|DANGLES|INCONCLUSIVE" list'
  check "$stream: maps and unmaps are hitless" sh -c '! grep -E "map " list | grep -qv HITLESS'
  iommusim explore "$stream" > told
  check "$stream: a line has 100 columns" awk 'length > 100 {bad = 1} END {exit bad}' told
done
has arm64-basic "2 replace BREAKS BREAKS"
has arm64-basic "1 replace HITLESS HITLESS"
has arm64-basic "2 drv_attach STALE-REFUSAL HITLESS"
has arm64-basic "1 detach HITLESS HITLESS"
has arm64-race "65 replace BREAKS BREAKS"
has arm64-fail "1 replace BREAKS BREAKS"
has arm64-fail "2 replace HITLESS HITLESS"
has arm64-twodev "2 replace BREAKS BREAKS"
has arm64-s2-basic "2 replace BREAKS BREAKS"

# Stores of a machine are in order only if every unit of it sees them so.
iommusim litmus --records "$root/tests/litmus/bad-pointer-without-barrier.litmus" > mixed.iotr.txt 2> err
sed -i '/ iommu 0 /a @250 iommu 1 vtd 0xfed90000 0x1000' mixed.iotr.txt
check "a second unit, of VT-d" grep -q ' iommu 1 vtd ' mixed.iotr.txt
run 1 mixed.iotr.txt
check "a missing barrier counts beside it, too" grep -qE '^ +4  set_pasid +device +POISONS +POISONS ' out

run 1 "$root/traces/arm64-basic.iotr" --witness 6
says "refused: C_BAD_CD, rule D01"
says "Advice: CD: both old and new read words q0 q1"
says "ordering assumed"

# ---- VT-d: a replace goes through P=0 (7.2, 7.6 of its facts), an attach does not
for stream in "$root"/traces/vtd/*.iotr; do
  run 1 "$stream"
  iommusim explore "$stream" --json > json
  check "$stream follows the schema" "$check_schema" "$root/docs/schema/explore.schema.json" < json
  classes "$stream" > list
  # docs/findings.md: unmaps of another CPU that fall into a replace
  [ "$(basename "$stream")" != x86-legacy-storm.iotr ] || sed -i '/^4 unmap STALE STALE$/d' list
  check "$stream: replaces break or do nothing, nothing else is wrong" sh -c \
    '! grep -vE " (HITLESS HITLESS|replace BREAKS BREAKS)$" list'
  iommusim explore "$stream" > told
  check "$stream: a line has 100 columns" awk 'length > 100 {bad = 1} END {exit bad}' told
done
has vtd/x86-legacy-basic "2 replace BREAKS BREAKS"
has vtd/x86-legacy-basic "1 replace HITLESS HITLESS"
has vtd/x86-legacy-ats "2 replace BREAKS BREAKS"
has vtd/x86-sm-hwpt "4 replace BREAKS BREAKS"
has vtd/x86-sm-race "65 replace BREAKS BREAKS"
has vtd/x86-legacy-fail "1 replace BREAKS BREAKS"
has vtd/x86-legacy-fail "2 replace HITLESS HITLESS"
has vtd/x86-sm-twodev "2 replace BREAKS BREAKS"
has vtd/x86-sm-maps "1 replace BREAKS BREAKS"
has vtd/x86-legacy-storm "40 replace BREAKS BREAKS"
has vtd/x86-legacy-storm "4 unmap STALE STALE"
run 1 "$root/traces/vtd/x86-legacy-basic.iotr"
says "refused: F_02h"
says "Advice: CTX: at most one 16-byte quantum"
run 1 "$root/traces/vtd/x86-sm-hwpt.iotr"
says "refused: F_59h"
says "PASID[0x0] of source id 0x20"
says "atoms of 16 bytes"
printf 'iommusim-text/1 records\n@10 iommu 0 unknown 0x9050000 0x20000\n' > other.iotr.txt
run 4 other.iotr.txt
complains "which is not explored yet"
run 2
complains "an input file is missing"
run 2 "$root/traces/arm64-basic.iotr" --atom 12
complains "--atom is 8 or 16"
run 2 "$root/traces/arm64-basic.iotr" --witness 4000
complains "operations"
run 3 /dev/null

# ---- Known findings: they are named where they are the cause, and only there
run 1 "$root/traces/arm64-basic.iotr" --witness 1
says "Known finding L1STD-CFGI (docs/findings.md), and nothing else: operation 1, 3."
says "They are clean under deployed."
says "  Known finding L1STD-CFGI (docs/findings.md); clean under deployed."
run 1 "$root/traces/arm64-basic.iotr" --witness 6
check "a broken replace is no known finding" sh -c '! grep -q "^  Known finding" out'
run 1 "$root/traces/arm64-basic.iotr" --json
check "finding of operation 1" test "$(grep -c '"finding": "L1STD-CFGI"' out)" -ge 2

# ---- Knobs are in the report
run 1 "$root/traces/arm64-basic.iotr"
says "max_values 64, max_views 262144, max_tables 1048576, same_tag_conflict either;"
run 1 "$root/traces/arm64-basic.iotr" --same-tag-conflict strict
says "same_tag_conflict strict;"
run 1 "$root/traces/arm64-basic.iotr" --same-tag-conflict=strict --json
says '"same_tag_conflict": "strict"'
run 2 "$root/traces/arm64-basic.iotr" --same-tag-conflict both
complains "--same-tag-conflict is strict or either"
run 1 "$root/traces/arm64-basic.iotr" --device-tlb-order=queue --json
says '"device_tlb_order": "queue"'
run 2 "$root/traces/arm64-basic.iotr" --device-tlb-order both
complains "--device-tlb-order is any or queue"

# ---- Lines: every store of an entry was made by inner, line 11 of a program that is known
inner=0x$("$program" | cut -d' ' -f1)
with_ip() { # ADDRESS
  sed -E "s/^(@[0-9]+ store (STE|CD) .*)/\1 ip=$1/" "$root/tests/replay/streams/pasid.iotr.txt"
}
with_ip "$inner" > lines.iotr.txt
iommusim explore lines.iotr.txt --vmlinux "$program" > out 2> err
if grep -q libdw err; then
  echo "no libdw: lines are not tried"
else
  says "           <- inner, line_program.c:11"
  says "           in outer, line_program.c:16"
  iommusim explore lines.iotr.txt --vmlinux "$program" --json > out
  says '"function": "inner"'
  says '"line": 11'
  check "lines follow the schema" "$check_schema" "$root/docs/schema/explore.schema.json" < out
  with_ip "$(printf '0x%x' $((inner + 0x7000000)))" > moved.iotr.txt
  iommusim explore moved.iotr.txt --vmlinux "$program" --kaslr 0x7000000 > out
  says "           <- inner, line_program.c:11"
  iommusim explore moved.iotr.txt --vmlinux "$program" > out
  check "an instruction that is nowhere" sh -c '! grep -q -e "<-" out'
  iommusim explore lines.iotr.txt > out
  check "no lines without --vmlinux" sh -c '! grep -q -e "<-" out'
fi
run 2 lines.iotr.txt --kaslr 0x1000
complains "--kaslr needs --vmlinux"
run 3 lines.iotr.txt --vmlinux lines.iotr.txt

head -c 3000 "$root/traces/arm64-basic.iotr" > cut.iotr
run 3 cut.iotr
complains "the file ends inside a frame"
check "said once" test "$(grep -c 'ends inside' err)" -eq 1
run 4 "$root/traces/arm64-basic.iotr" --max-views 1 --allow smmu-l1std-no-cfgi=known
says "replace       0000:00:04.0  INCONCLUSIVE   INCONCLUSIVE"
printf '%s\n' "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
