#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kit_test.sh - what can be tested of captures without an emulator: lists, scenarios, shipped streams.
#   kit_test.sh IOMMUSIM ROOT
set -u
iommusim=$1
root=$2
kit=$root/kernel-glue/capture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" > "$work/said" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
    head -n 5 "$work/said"
  fi
}

rows() { # FILE
  sed -e 's/#.*//' -e '/^ *$/d' "$1"
}

is_machine() {
  grep -q "^ *\(.*| \)\?$1\( |.*\)\?)$" "$kit/run.sh"
}

are_options() {
  local option
  for option in ${1//,/ }; do
    [ "$option" = - ] || grep -q "^#   $option  " "$kit/captures.txt" || return 1
  done
}

# Nothing lost, and instructions, requesters and barriers are there.
is_whole() { # STREAM
  "$iommusim" import "$1" -o "$work/s.iotr.txt" && "$iommusim" check "$work/s.iotr.txt" &&
    ! grep ' lost ' "$work/s.iotr.txt" && grep -q '^@.* store .* ip=0xffff' "$work/s.iotr.txt" &&
    grep -q '^@.* device .* requester=0x' "$work/s.iotr.txt" &&
    grep -q '^@.* barrier write' "$work/s.iotr.txt" && grep -q '^@.* map .* prot=' "$work/s.iotr.txt"
}

for scenario in "$kit"/scenarios/*.scn; do
  check "${scenario##*/}: language" "$iommusim" check "$scenario"
done
while read -r name machine scenario options; do
  check "$name: its scenario is there" test -r "$kit/scenarios/$scenario.scn"
  check "$name: run.sh knows $machine" is_machine "$machine"
  check "$name: options are explained" are_options "$options"
done < <(rows "$kit/captures.txt")
check "no capture stands twice" test -z "$(rows "$kit/captures.txt" | cut -d ' ' -f 1 | sort | uniq -d)"
while read -r stream capture; do
  check "$stream: $capture is a capture" grep -q "^$capture " "$kit/captures.txt"
  check "$stream: expectations" test -s "$root/traces/${stream%.iotr}.expect.yaml"
  check "$stream: how it was made" grep -q '^command ' "$root/traces/${stream%.iotr}.how.txt"
  check "$stream: whole" is_whole "$root/traces/$stream"
done < <(rows "$root/traces/captures.txt")
for stream in "$root"/traces/*.iotr "$root"/traces/vtd/*.iotr; do
  check "$stream is in the list" grep -q "^${stream#"$root/traces/"} " "$root/traces/captures.txt"
done
check "a switch of ATS is recorded" grep -q '^@[0-9]* ats [0-9]* on' <("$iommusim" import "$root/traces/vtd/x86-legacy-ats.iotr" --format text -o -)
check "comparing finds differences" "$kit/compare.sh" --self-test
check "patches: a folder without Linux is refused" grep -q 'is no Linux source tree' \
  <("$root/kernel-glue/patch/apply.sh" "$work" 2>&1)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
