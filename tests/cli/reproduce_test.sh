#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reproduce_test.sh - iommusim explore --reproduce: what the explorer finds in litmus tests and shipped
# streams, directed replays show; what they do not is in tests/litmus/unshown.txt, with the reason.
# And no line of a report is longer than 100 columns.
#   reproduce_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# A few files; all with IOMMUSIM_TEST_LONG=1.
set -u
iommusim=$1
check_schema=$2
root=$3
is_long=${IOMMUSIM_TEST_LONG:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0
failed=0
shown=0

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
fits() { awk -v of="$1" 'length > 100 {print of ": " $0; bad = 1} END {exit bad}' "$2"; }
# reasons NAME - classes of that file that are known not to be shown.
reasons() { sed -n "s/^$1 \([A-Z-]*\) .*/\1/p" "$root/tests/litmus/unshown.txt" | LC_ALL=C sort; }

# shows NAME STREAM - every class of every operation is shown, but those with a reason.
shows() {
  "$iommusim" explore "$2" --reproduce > report 2> err
  check "$1: nothing on standard error" test ! -s err
  check "$1: 100 columns" fits "$1" report
  sed -n '/^Reproduced/,/^Protocol/p' report > list
  awk '/ not shown by / {print $3}' list | LC_ALL=C sort -u > missing
  check "$1: not shown: $(tr '\n' ' ' < missing)" cmp -s missing <(reasons "$1")
  shown=$((shown + $(grep -cE ' (a request|hardware used) ' list)))
}

n=0
for file in "$root"/tests/litmus/*.litmus; do
  name=$(basename "$file" .litmus)
  "$iommusim" litmus --records "$file" > "$name.iotr.txt" 2> /dev/null
  n=$((n + 1))
  case $name in
    bad-cd-wrong-ssid | bad-pointer-without-barrier | bad-ste-*-q0-first) slow=1 ;;
    bad-vtd-* | break-vtd-*) slow=0 ;;
    bad-* | break-*) slow=$((n % 4)) ;;
    *) slow=2 ;;
  esac
  if [ $slow = 2 ] || { [ $slow != 0 ] && [ "$is_long" != 1 ]; }; then
    "$iommusim" explore "$name.iotr.txt" > report 2> /dev/null
    check "$name: 100 columns" fits "$name" report
  else
    shows "$name" "$name.iotr.txt"
  fi
done
for stream in "$root"/traces/*.iotr "$root"/traces/linux/*.iotr "$root"/traces/vtd/*.iotr; do
  name=$(basename "$stream" .iotr)
  case $name:$is_long in
    arm64-basic:* | s2-basic-6.12:* | x86-*:* | *:1) shows "$name" "$stream" ;;
  esac
done
# Mutants of VT-d, but those whose wait could not have ended.
if [ "$is_long" = 1 ]; then
  mkdir mutants
  "$root/tests/litmus/mutate.sh" mutants "$root"/tests/litmus/good-vtd-{ats-*,detach,nested-to-ss,ss-to-ss}.litmus
  for file in mutants/*.litmus; do
    name=$(basename "$file" .litmus)
    "$iommusim" litmus --records "$file" > mutant.iotr.txt 2> /dev/null
    "$iommusim" explore mutant.iotr.txt | grep -q 'for a command that was not published' ||
      shows "$name" mutant.iotr.txt
  done
fi
check "classes that were shown: $shown" test "$shown" -ge 125

# By hand: the witness of a torn CD needs {new ASID, old table}; an operation alone; JSON; exit codes.
torn=bad-cd-torn-64-bytes.iotr.txt
"$iommusim" explore $torn --reproduce --witness 4 > report
check "a torn CD: exit 1" test $? -eq 1
check "TORN by words" grep -qE '^ +4  replace +TORN +a request was served by these words:$' report
check "POISONS by an answer" grep -qE '^ +4  replace +POISONS +a request got it:$' report
"$iommusim" explore $torn --reproduce --json > json
check "the schema holds" "$check_schema" "$root/docs/schema/explore.schema.json" < json
check "by in JSON" grep -q '"by": "words"' json
"$iommusim" explore $torn > report
check "nothing without the option" sh -c '! grep -q Reproduced report'
# An unmap without its TLBI, made right: nothing to show.
"$iommusim" explore good-pte-unmap.iotr.txt --reproduce > report
check "a good unmap: exit 0" test $? -eq 0
check "nothing to reproduce" sh -c '! grep -q " not shown" report'
if [ "$is_long" = 1 ]; then
  "$iommusim" explore bad-cd-size-torn.iotr.txt --reproduce > report
  check "a class that is not shown: exit 4" test $? -eq 4
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
