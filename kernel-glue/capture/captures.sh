#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# captures.sh - makes every capture: patched kernels, guests, runs, checks. "make capture" calls it.
#
#   kernel-glue/capture/captures.sh [--only PATTERN] [--again] [--kernel TREE] [--qemu DIR|backports]
#
# --only     captures whose name fits this glob pattern ('arm64-*'); see captures.txt
# --again    also those that are there and made from the same
# --kernel   a Linux source tree of yours instead of Debian's linux-source-6.12; it gets the patches
# --qemu     another emulator, for the captures that need a newer one (arm64-s2): a folder with
#            usr/bin and usr/share/qemu, or "backports": Debian's packages, unpacked, not installed
#
# Exit code 0 if every capture was made and stood its checks (check.sh); otherwise 1, and the failed
# ones are named.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

pattern='*'
again=
kernel=
qemu=
while [ $# -gt 0 ]; do
  case $1 in
  --help)
    sed -n '3,/^set/{/^set/!s/^#\( \|$\)//p}' "$0"
    exit 0
    ;;
  --again)
    again=yes
    shift
    continue
    ;;
  --only) pattern=${2-} ;;
  --kernel) kernel=${2-} ;;
  --qemu) qemu=${2-} ;;
  *) fail "usage: captures.sh [--only PATTERN] [--again] [--kernel TREE] [--qemu DIR|backports]; --help tells more" ;;
  esac
  [ -n "${2-}" ] || fail "$1 takes an argument"
  shift 2
done
began=$SECONDS
trap 'say "interrupted; what is finished is kept, the same command goes on from there"; exit 130' HUP INT TERM
mkdir -p "$build" "$out"
exec {lock}> "$build/lock"
flock -n "$lock" || fail "another run is at work in $build; CAPTURE_BUILD and CAPTURE_OUT name other folders"

fetch_backport() {
  qemu=$build/qemu
  [ ! -x "$qemu/usr/bin/qemu-system-aarch64" ] || return 0
  say "unpacking a newer emulator from Debian's backports"
  mkdir -p "$build/debs"
  (cd "$build/debs" && apt-get download -q -t bookworm-backports \
    qemu-system-arm qemu-system-common qemu-system-data) ||
    fail "no backports here: add bookworm-backports to apt's sources, or give --qemu DIR"
  for deb in "$build"/debs/*.deb; do
    dpkg -x "$deb" "$qemu"
  done
  "$qemu/usr/bin/qemu-system-aarch64" --version > /dev/null ||
    fail "the newer emulator does not start: install its libraries (apt-get install -t bookworm-backports qemu-system-arm)"
}

# The emulator for a machine: only stage 2 needs the newer one.
emulator_for() {
  [ "$1" != arm64-s2 ] || echo "$qemu"
}
emulator_version() { # MACHINE
  local program=qemu-system-x86_64
  [[ $1 != arm64* ]] || program="qemu-system-aarch64"
  [ "$1" != arm64-s2 ] || program=$qemu/usr/bin/$program
  "$program" --version | head -n 1
}

[ "$qemu" != backports ] || fetch_backport
[ -z "$qemu" ] || [ -x "$qemu/usr/bin/qemu-system-aarch64" ] ||
  fail "no usr/bin/qemu-system-aarch64 in $qemu; --qemu takes the folder where Debian's packages were unpacked"
need qemu-system-aarch64 qemu-system-x86_64 trace-cmd xz
[ -x "$iommusim" ] || fail "$iommusim is not there; make capture builds it, IOMMUSIM names another"
mapfile -t wanted < <(table "$pattern" | if [ -n "$qemu" ]; then cat; else awk '$2 != "arm64-s2"'; fi)
[ ${#wanted[@]} -gt 0 ] || fail "no capture fits $pattern (arm64-s2 needs --qemu)"
for arch in $(printf '%s\n' "${wanted[@]}" | while read -r _ machine _; do arch_of "$machine"; done | sort -u); do
  "$kit/build.sh" ${kernel:+--kernel "$kernel"} "$arch" {lock}>&-
done
say "kernels and guests are ready after $((SECONDS - began)) s; ${#wanted[@]} captures to make"

need_room "$out" $((100 * ${#wanted[@]} + 100)) CAPTURE_OUT
checker=$(stamp "$kit/check.sh" "$kit/race.sh" "$iommusim")
failed=()
n=0
kept=0
for line in "${wanted[@]}"; do
  read -r name machine scenario _ <<< "$line"
  n=$((n + 1))
  objects=$build/$(arch_of "$machine")
  made=$(stamp "$line" "$kit/run.sh" "$kit/scenarios/$scenario.scn" "$objects/image" "$objects/guest.stamp" \
    "$(emulator_version "$machine")")
  started=$SECONDS
  newer=$(emulator_for "$machine")
  run=("$kit/run.sh" ${newer:+--qemu "$newer"} "$name")
  if [ -z "$again" ] && is_fresh "$out/$name/stamp" "$made"; then
    if is_fresh "$out/$name/stamp.checked" "$checker"; then
      kept=$((kept + 1))
      continue
    fi
    run=(true) # only the checks are new
  fi
  if "${run[@]}" {lock}>&- && "$kit/check.sh" "$name" > "$out/$name/check.txt"; then
    echo "$made" > "$out/$name/stamp"
    echo "$checker" > "$out/$name/stamp.checked"
    say "$n/${#wanted[@]} $name: $((SECONDS - started)) s, $(tail -n 1 "$out/$name/check.txt")"
  else
    failed+=("$name")
    say "$n/${#wanted[@]} $name: FAILED"
    grep FAILED "$out/$name/check.txt" 2> /dev/null || true
  fi
done
say "${#wanted[@]} captures in $out, $kept of them kept, after $((SECONDS - began)) s"
[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
