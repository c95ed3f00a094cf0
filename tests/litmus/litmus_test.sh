#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# litmus_test.sh - iommusim litmus: all tests of the folder, its reports, exit codes and messages.
#   litmus_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
set -u
program=$1
check_schema=$2
root=$3
here=$root/tests/litmus
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
run() { # EXIT ARGS... - leaves out and err
  local want=$1 code
  shift
  "$program" litmus "$@" >out 2>err
  code=$?
  check "litmus $*: exit $code, wanted $want" test $code -eq "$want"
  if [ $code -ne "$want" ]; then
    grep -B1 -E '^ *not ok' out | head -20
    head -3 err
  fi
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }
# test_file NAME HEAD BODY - stage 1, stream 8, page 0x1000 at 0x80001000.
test_file() {
  printf 'iommusim-text/1 litmus\ntest %s "of litmus_test.sh"\n%sinit\npgtable A\npage A 0x1000 0x80001000 rw\ncdtable C\ncd C 0 A asid=1\nste 8 s1 cds=C\ndone\n%s' \
    "$1" "$2" "$3" >"$1.litmus"
}

schema_holds() { "$check_schema" "$root/docs/schema/litmus.schema.json" <out; }

# All tests of the folder hold, and there are enough of them.
seeds=3
[ "${IOMMUSIM_TEST_LONG:-0}" = 1 ] && seeds=200
"$program" litmus --seeds $seeds "$here"/*.litmus >out 2>err
check "the report has no error" test $? -le 1 -a ! -s err
says "KTAP version 1"
grep -vE '^(#|$)' "$here/pending.txt" | cut -d' ' -f1 | sort >pending
sed -n 's/^not ok [0-9]* - //p' out | sort >failing
if [ -n "$(comm -13 pending failing)" ]; then
  grep -B1 -E '^    not ok' out | head -40
fi
check "nothing fails but what is pending" test -z "$(comm -13 pending failing)"
check "no run fails, pending or not" test "$(grep -c '^    not ok .* - caches' out)" -eq 0
comm -23 pending failing | sed 's/^/passes, so pending.txt may forget it: /'
check "no test is skipped" test "$(grep -c '^ok .* # SKIP' out)" -eq 0
check "100 tests or more" test "$(grep -c '^ok ' out)" -ge 100
for kind in good:40 bad:40; do
  check "${kind#*:} ${kind%:*} tests or more" \
    test "$(find "$here" -name "${kind%:*}-*.litmus" | wc -l)" -ge "${kind#*:}"
done
for file in "$here"/*.litmus; do
  check "$file is named like its test" grep -q "^test $(basename "$file" .litmus) \"" "$file"
  check "$file follows the language" "$program" check "$file"
done
check "docs/litmus.md has the table" "$here/list.sh" --check

# One answer more than is permitted fails a test, with place and reason.
test_file fails "" 'dma r sid=8 ssid=- iova=0x1000 len=4 -> pa 0x80002000
'
run 1 fails.litmus
says "# fails.litmus:10: dma sid=8 ssid=- iova=0x1000 r gave pa 0x80001000, permitted: pa 0x80002000"
says "not ok 1 - caches off, waits immediate"
says "not ok 1 - fails"
says "# Totals: pass:0 fail:1"
test_file event "" 'dma r sid=9 ssid=- iova=0x1000 len=4 -> refused
next-event C_BAD_STE SID=8
'
run 1 event.litmus
says "event.litmus:11: next event 0x900000004"
test_file seen "" 'dma r sid=8 iova=0x1000 -> pa 0x80001000 | abort
seen abort
'
run 1 seen.litmus
says "no run had this answer"
test_file reads "" 'read reg CR0ACK value=0x3 mask=0x3
'
run 1 reads.litmus
says "reads.litmus:10: read 0xd (0x1 under the mask)"
test_file waits "" 'poll reg CR0ACK mask=0x2 value=2
'
run 1 waits.litmus
says "software waited in vain"

# What is asked of all permitted hardware can be false.
asks() { # TEXT LINE - a replace of A by A, and the line
  test_file asks "" "op replace sid=8 to=A
set cd.C.0 ASID=1
cmd CFGI_CD SID=8 SSID=0 Leaf=LAST
sync
endop
$2
"
  run 1 asks.litmus
  says "asks.litmus:15: $1"
}
asks "the verdict is HITLESS" "expect class BREAKS"
asks "the verdict is HITLESS" "expect entry TORN STALE"
asks "it may get to pa 0x80001000" "forall r sid=8 iova=0x1000 -> pa 0x80002000 | abort"
asks "it may meet a table that does not map it" "forall r sid=8 iova=0x3000 -> pa 0x80001000"
asks "no outcome gives answer 2" "exists r sid=8 iova=0x1000 -> pa 0x80001000 | event C_BAD_CD"
asks "no outcome gives answer 1" "exists r sid=8 iova=0x1000 phase=after -> refused"
asks "the operation has 1" "expect commands CMD_SYNC*2"

# What the hardware has not is skipped and counted.
test_file needs $'need IDR0.ATS=1\n' 'next-event none
'
run 0 needs.litmus
says "ok 1 - needs # SKIP it needs IDR0.ATS=1"
says "skip:1"
test_file vtd $'arch vtd\n' ''
run 3 vtd.litmus
complains "this architecture has no such verb"
test_file off $'need IDR0.S2P=1\n' 'next-event none
'
run 0 off.litmus
says "pass:1"
run 0 --set SMMU_IDR0=0x2 off.litmus
says "it needs IDR0.S2P=1"

# JSON.
run 1 --json fails.litmus needs.litmus "$here/good-pte-unmap.litmus"
check "the schema holds" schema_holds
says '"verdict": "skip"'
says '"failed": 1'
says '"passed": 1'
# Records of a test are records.
run 0 --records "$here/good-pte-unmap.litmus"
mv out records.iotr.txt
check "--records is good" "$program" check records.iotr.txt
check "--records has the unmap" grep -q 'begin unmap' records.iotr.txt

# Errors have a place.
bad() { # LINE:COLUMN:_MESSAGE HEAD BODY
  test_file bad "$2" "$3"
  run 3 bad.litmus
  complains "bad.litmus:$1"
}
bad "10:5: no entry" "" $'put ste.99 zero words=0\n'
bad "10:16: one store changes one word of 64 bits" "" $'set cd.C.0 V=0 TTB0=A\n'
bad "10:11: STE has no field Bogus" "" $'set ste.8 Bogus=1\n'
bad "10:22: Config has 3 bits" "" $'set ste.8 V=0 Config=8\n'
bad "10:5: no command of SMMUv3" "" $'cmd CFGI_BOGUS\n'
bad "10:28: no answer of a request" "" $'dma r sid=8 iova=0x1000 -> bogus\n'
bad "10:1: no operation has ended before this line" "" $'expect class HITLESS\n'
bad "3:4: no ID register" $'id IDR9 1\n' ''
bad "10:1: no operation is open" "" $'endop\n'
bad "10:1: seen stands behind a request" "" $'seen abort\n'
bad "11:12: no event of this architecture" "" $'dma r sid=8 iova=0 -> abort\nseen event BOGUS\n'
says "error:1"
printf 'iommusim-text/1 records\n' >records.litmus
run 3 records.litmus
complains "this is no litmus test"
run 5 missing.litmus
run 2
run 2 --seeds 0 fails.litmus
complains "--seeds takes a number from 1 to 1000000"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
