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
  ! grep -q '^patches  an earlier version' "${stream%.iotr}.how.txt" || continue # none to compare with
  check "$stream is in the list" grep -q "^${stream#"$root/traces/"} " "$root/traces/captures.txt"
done
check "a switch of ATS is recorded" grep -q '^@[0-9]* ats [0-9]* on' <("$iommusim" import "$root/traces/vtd/x86-legacy-ats.iotr" --format text -o -)
check "comparing finds differences" "$kit/compare.sh" --self-test
check "patches: a folder without Linux is refused" grep -q 'is no Linux source tree' \
  <("$root/kernel-glue/patch/apply.sh" "$work" 2>&1)

# ---- streams of VT-d: what a replay says of them, tests/replay knows ----

for stream in "$root"/traces/vtd/*.iotr; do
  check "$stream: told as a story" "$iommusim" show "$stream"
done

# Writes that were aimed into replaces, on both architectures.
for stream in arm64-race vtd/x86-sm-race; do
  check "$stream: writes landed where a replay allows" env IOMMUSIM="$iommusim" "$kit/race.sh" \
    "$root/traces/$stream.iotr" "$kit/scenarios/race.scn"
done

# ---- what a user may meet ----

# refuses WHAT TEXT COMMAND... - it must fail, and say TEXT.
refuses() {
  local what=$1 text=$2 status=0
  shift 2
  "$@" > "$work/refusal" 2>&1 || status=$?
  check "$what: fails" test $status -ne 0
  check "$what: says '$text', not: $(tail -n 1 "$work/refusal")" grep -qF -- "$text" "$work/refusal"
}

export CAPTURE_BUILD=$work/build CAPTURE_OUT=$work/out IOMMUSIM=$iommusim
mkdir -p "$work/build/arm64" "$work/fake"
for program in qemu-system-aarch64 qemu-system-x86_64 trace-cmd xz make bc bison flex gcc aarch64-linux-gnu-gcc; do
  printf '#!/bin/sh\nexit 0\n' > "$work/fake/$program"
done
chmod +x "$work"/fake/*

captures() {
  env PATH="$work/fake:$PATH" "$kit/captures.sh" "$@"
}
lib() { # in a shell of its own: fail ends it
  bash -c ". '$kit/lib.sh'; \"\$@\"" lib.sh "$@"
}
refuses "a program is missing" 'not here: no-such-program. tools/install-packages.sh kernel-glue/capture/packages.txt' \
  lib need bash no-such-program
refuses "the disk is full" 'or name another folder with CAPTURE_OUT' lib need_room "$work" 999999999 CAPTURE_OUT
refuses "an unknown option" 'usage: captures.sh' captures --all
refuses "an option without its argument" '--kernel takes an argument' captures --kernel
refuses "no such capture" 'no capture fits arm65-*' captures --only 'arm65-*'
refuses "stage 2 without a newer emulator" 'arm64-s2 needs --qemu' captures --only 'arm64-s2-*'
refuses "no emulator in the folder" 'no usr/bin/qemu-system-aarch64 in' captures --qemu "$work/empty"
refuses "a tree that is none" 'is no Linux source tree' captures --only arm64-basic --kernel "$work"
held_lock() (
  exec 9> "$work/build/lock"
  flock 9
  captures --only arm64-basic
)
refuses "two runs at a time" 'another run is at work' held_lock

# A Linux of another version, in which the first file does not fit; it must stay as it was.
other=$work/linux
mkdir -p "$other/drivers/iommu"
printf '%s\n' 'VERSION = 6' 'PATCHLEVEL = 6' 'SUBLEVEL = 9' 'EXTRAVERSION =' > "$other/Makefile"
printf 'config IOMMU_SUPPORT\n' > "$other/drivers/iommu/Kconfig"
before=$(cd "$other" && find . -type f -exec cat {} + | sha256sum)
refuses "another version" 'does not fit Linux 6.6.9 (made for 6.12.117): drivers/iommu/Kconfig' \
  "$root/kernel-glue/patch/apply.sh" "$other"
refuses "another version, only checked" 'does not fit Linux 6.6.9' "$root/kernel-glue/patch/apply.sh" --check "$other"
check "another version: nothing is changed" test "$before" = "$(cd "$other" && find . -type f -exec cat {} + | sha256sum)"

run() {
  env PATH="$work/fake:$PATH" "$kit/run.sh" "$@"
}
refuses "no kernel yet" 'captures.sh --only arm64-basic builds it' run arm64-basic
: > "$work/build/arm64/image"
printf '#!/bin/sh\necho "qemu: no such machine" >&2\nexit 1\n' > "$work/fake/qemu-system-aarch64"
refuses "an emulator that does not start" 'arm64-basic: qemu: no such machine' run arm64-basic

# Ctrl-C: the emulator, which does not hear it, must not live on.
printf '#!/bin/sh\necho $$ > "%s/pid"\nexec sleep 300\n' "$work" > "$work/fake/qemu-system-aarch64"
runs() { # PID; what is dead and nobody has asked about does not run
  grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}
interrupted() {
  local pid n=0
  env PATH="$work/fake:$PATH" "$kit/run.sh" arm64-basic &
  pid=$!
  while [ ! -s "$work/pid" ] && [ $((n += 1)) -lt 200 ]; do sleep 0.05; done
  sleep 0.2
  kill -TERM "$pid"
  wait "$pid"
  n=0
  while runs "$(cat "$work/pid")" && [ $((n += 1)) -lt 200 ]; do sleep 0.05; done
  [ $n -lt 200 ]
}
check "interrupted: no emulator is left" interrupted
check "interrupted: no pipe is left" test ! -e "$work/out/arm64-basic/qmp.in"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
