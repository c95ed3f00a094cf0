#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh - boots one guest, dumps its memory at marks, and brings out what it traced.
#
#   kernel-glue/capture/run.sh [--qemu DIR] NAME          a line of captures.txt
#
# Leaves in $out/NAME: trace.dat, trace.txt, console.txt, mem-MARK.elf, qemu.log (its register log),
# command.txt (how to do it by hand), how.txt, and guest/ (everything that the guest saved).
# DIR holds another emulator: DIR/usr/bin/qemu-system-*, DIR/usr/share/qemu.
# shellcheck disable=SC2054 # commas belong to the emulator's words
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

qemu=
if [ "${1-}" = --qemu ]; then
  qemu=${2-}
  shift 2
fi
read -r name machine scenario options < <(table "${1-}") || fail "no such capture: ${1-}"
limit_s=${CAPTURE_LIMIT_S:-300}
arch=$(arch_of "$machine")
here=$out/$name
objects=$build/$arch

has() {
  [[ ,$options, == *,$1,* ]]
}

# ---- the machine ----

command=()
kernel_line=()
set_machine() {
  local library=() iommu=intel-iommu,intremap=on,caching-mode=off q35=q35
  [ -z "$qemu" ] || library=(-L "$qemu/usr/share/qemu" -L /usr/share/seabios -L /usr/share/qemu)
  case $machine in
  arm64 | arm64-s2)
    command=("${qemu:+$qemu/usr/bin/}qemu-system-aarch64" "${library[@]}" -cpu cortex-a57)
    if [ "$machine" = arm64 ]; then
      command+=(-machine virt-7.2,iommu=smmuv3,gic-version=3,dtb-randomness=off)
    else
      command+=(-machine virt-9.1,iommu=smmuv3,gic-version=3,dtb-randomness=off -global arm-smmuv3.stage=2)
    fi
    kernel_line=(console=ttyAMA0)
    ;;
  x86-legacy | x86-sm)
    ! has icount || q35=pc-q35-7.0
    ! has ats || iommu+=,device-iotlb=on
    [ "$machine" = x86-legacy ] || iommu+=,x-scalable-mode=on
    command=("${qemu:+$qemu/usr/bin/}qemu-system-x86_64" "${library[@]}" -cpu Skylake-Client
      -machine "$q35" -device "$iommu")
    # A busy host makes the kernel believe that the timer does not work.
    kernel_line=(console=ttyS0 no_timer_check "intel_iommu=on,sm_$([ "$machine" = x86-sm ] && echo on || echo off)")
    ;;
  *) fail "captures.txt: $name: no machine $machine" ;;
  esac
}

# Fixed slots, so that requester IDs are the same in every run.
set_devices() {
  command+=(-drive "if=none,id=results,file=$here/disk,format=raw" -device virtio-blk-pci,drive=results,addr=0x3)
  if has ats; then
    command+=(-device pcie-root-port,id=root_port,chassis=1,addr=0x6 -device
      virtio-net-pci,bus=root_port,ats=on,iommu_platform=on,disable-legacy=on,disable-modern=off,romfile=)
  else
    command+=(-device edu,addr=0x4)
  fi
  ! has two || command+=(-device edu,addr=0x5)
}

set_rest() {
  local events='iommu_hw:*,iommu:*,rwmmio:*' memory=48
  [ "$arch" = arm64 ] || events+=',intel_iommu:*'
  has dump || memory=64
  command+=(-accel tcg -m "$memory" -smp "$(has smp && echo 2 || echo 1)" -display none -no-reboot -nodefaults
    -monitor none -chardev "pipe,id=serial,path=$here/serial" -serial chardev:serial
    -chardev "pipe,id=qmp,path=$here/qmp" -mon chardev=qmp,mode=control
    -kernel "$objects/image" -initrd "$objects/initramfs.cpio")
  ! has icount || command+=(-icount shift=1,sleep=off -rtc clock=vm,base=2024-01-01 -seed 1)
  ! has log || command+=(-D "$here/qemu.log" -trace "$([ "$arch" = arm64 ] && echo 'smmuv3_*_mmio' || echo 'vtd_reg_*')")
  kernel_line+=(panic=-1 "iommusim.scn=$scenario")
  ! has dump || kernel_line+=(iommusim.dump)
  has untraced || kernel_line+=("trace_event=$events")
  kernel_line+=(trace_buf_size=4M trace_clock=mono)
  command+=(-append "${kernel_line[*]}")
}

# ---- the run ----

# qmp COMMAND - waits for its answer; prints nothing unless it fails.
qmp() {
  local line until=$((SECONDS + 60))
  printf '%s\n' "$1" >&"$qmp_in"
  while [ $SECONDS -lt $until ]; do
    IFS= read -r -t 2 line <&"$qmp_out" || line=
    case $line in
    *'"error"'*) fail "$name: the emulator says $line" ;;
    *'"return"'*) return ;;
    '') kill -0 "$qemu_pid" 2> /dev/null || fail "$name: $(tail -n 1 "$here/qemu.err")" ;;
    esac
  done
  fail "$name: the emulator does not answer"
}

dump_memory() { # MARK
  qmp '{"execute":"stop"}'
  qmp '{"execute":"dump-guest-memory","arguments":{"paging":false,"protocol":"file:'"$here/mem-$1.elf"'"}}'
  qmp '{"execute":"cont"}'
  echo >&"$serial_in"
}

failures=
state=running
watch() {
  local line='' part until=$((SECONDS + limit_s)) status
  while [ $state = running ]; do
    status=0
    IFS= read -r -t 1 part <&"$serial_out" || status=$?
    line+=$part
    if [ $status -ne 0 ]; then
      kill -0 "$qemu_pid" 2> /dev/null || state=ended
      [ $SECONDS -lt $until ] || state=late
      continue
    fi
    line=${line%$'\r'}
    printf '%s\n' "$line" >> "$here/console.txt"
    case $line in
    @@DUMP*) dump_memory "${line#@@DUMP }" ;;
    @@FAILED*) failures=${line#@@FAILED } ;;
    @@DONE*) state=finished ;;
    esac
    line=
  done
}

# Also after an error or Ctrl-C: the emulator would go on, since a shell's background does not hear that.
qemu_pid=
clean_up() {
  [ -z "$qemu_pid" ] || kill "$qemu_pid" 2> /dev/null || true
  rm -f "$here"/{serial,qmp}.{in,out} "$here/disk"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

boot() {
  mkfifo "$here"/{serial,qmp}.{in,out}
  truncate -s 64M "$here/disk"
  "${command[@]}" 2> "$here/qemu.err" < /dev/null &
  qemu_pid=$!
  exec {serial_in}<> "$here/serial.in" {serial_out}<> "$here/serial.out"
  exec {qmp_in}<> "$here/qmp.in" {qmp_out}<> "$here/qmp.out"
  qmp '{"execute":"qmp_capabilities"}'
  watch
  # It powers itself off once all is saved.
  for _ in $(seq 50); do
    kill -0 "$qemu_pid" 2> /dev/null || break
    sleep 0.1
  done
  kill "$qemu_pid" 2> /dev/null || true
  wait "$qemu_pid" 2> /dev/null || true
  qemu_pid=
}

# The guest saves pages of its ring buffers and the layouts of events; trace-cmd makes its file of them.
assemble() {
  local raw=("$here"/guest/cpu*.raw)
  mkdir -p "$here/guest"
  tar xf "$here/disk" -C "$here/guest" || fail "$name: no results on $here/disk, or no room for them"
  rm -f "$here/disk"
  mv "$here/guest/trace.txt" "$here/trace.txt"
  raw=("$here"/guest/cpu*.raw)
  : > "$here/guest/symbols"
  (cd "$here/guest" && trace-cmd restore -c -t "$here/guest/tracing" -k symbols -o layouts.dat &&
    trace-cmd restore -i layouts.dat -o "$here/trace.dat" "${raw[@]##*/}") > "$here/assemble.log" 2>&1 ||
    fail "$name: trace-cmd cannot assemble trace.dat, see $here/assemble.log"
  rm -f "${raw[@]}" "$here/guest/layouts.dat" "$here/guest/symbols"
}

# The command as it can be typed in the root of the tree; QEMU stands for the folder of --qemu.
quoted() {
  local word
  for word in "${command[@]}"; do
    case $word in
    *[!A-Za-z0-9_.,:=/@%+-]*) printf '%s ' "${word@Q}" ;;
    *) printf '%s ' "$word" ;;
    esac
  done | sed "s/ \$//; s|$here/|./|g; s|$root/||g; ${qemu:+s|$qemu/|QEMU/|g}"
  echo
}

set_machine
set_devices
set_rest
need "${command[0]}" trace-cmd
[ -f "$objects/image" ] || fail "$name: no kernel $objects/image; captures.sh --only $name builds it"
rm -rf "$here"
mkdir -p "$here"
quoted > "$here/command.txt"
boot
[ $state = finished ] || fail "$name: the guest did not finish ($state), see $here/console.txt"
assemble
{
  echo "scenario $scenario"
  echo "machine  $machine${options:+, $options}"
  echo "emulator $("${command[0]}" --version | head -n 1)"
  echo "kernel   $(cat "$here/guest/version.txt")"
  echo "built    kernel $(sha256sum < "$objects/image" | cut -c 1-12), guest $(sha256sum < "$objects/initramfs.cpio" | cut -c 1-12)"
  echo "command  $(cat "$here/command.txt")"
} > "$here/how.txt"
[ -z "$failures" ] || fail "$name: $failures: $(grep -m 3 UNEXPECTED "$here/console.txt")"
