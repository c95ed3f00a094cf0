#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - the patched kernel and the guest's file system of one architecture.
#
#   kernel-glue/capture/build.sh [--kernel TREE] arm64|x86_64
#
# TREE is a Linux source tree of yours, which is patched in place unless it has the patches; without
# it, Debian's linux-source-6.12 is unpacked. What is there already and made from the same is kept.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

tree=
if [ "${1-}" = --kernel ]; then
  tree=${2-}
  shift 2
fi
arch=${1-}
case $arch in
arm64)
  compiler=aarch64-linux-gnu-gcc
  image=arch/arm64/boot/Image
  n_objects=700
  options=(ARCH=arm64 LOCALVERSION= CROSS_COMPILE=aarch64-linux-gnu- KCFLAGS=-D__DISABLE_TRACE_MMIO__=)
  ;;
x86_64)
  compiler=gcc
  image=arch/x86/boot/bzImage
  n_objects=1000
  options=(ARCH=x86_64 LOCALVERSION=)
  ;;
*) fail "usage: build.sh [--kernel TREE] arm64|x86_64" ;;
esac
need "$compiler" make bc bison flex
patches=("$root"/kernel-glue/patch/{*.patch,VERSION})
source_package=/usr/src/linux-source-6.12.tar.xz
objects=$build/$arch
mkdir -p "$objects"

unpack() {
  local made
  tree=$build/linux
  made=$(stamp "${patches[@]}" "$(stat -c '%s %Y' "$source_package" 2> /dev/null || true)")
  is_fresh "$build/linux.stamp" "$made" && return
  [ -r "$source_package" ] || fail "$source_package is not there: install linux-source-6.12"
  say "unpacking Linux"
  rm -rf "$tree" "$build/linux.stamp"
  need_room "$build" 2000 CAPTURE_BUILD
  mkdir -p "$tree"
  tar xf "$source_package" -C "$tree" --strip-components 1 || fail "cannot unpack $source_package"
  "$root/kernel-glue/patch/apply.sh" "$tree" ||
    fail "Debian's linux-source-6.12 has moved on: get Linux $(cat "$root/kernel-glue/patch/VERSION")," \
      "and give it with --kernel"
  echo "$made" > "$build/linux.stamp"
}

# Every symbol that the fragments ask for must survive.
configure() {
  local symbol
  cat "$kit/config/common.config" "$kit/config/$arch.config" > "$objects/wanted.config"
  make -s -C "$tree" O="$objects" "${options[@]}" KCONFIG_ALLCONFIG="$objects/wanted.config" allnoconfig
  while read -r symbol; do
    grep -qxF "$symbol" "$objects/.config" || fail "this kernel does not take $symbol"
  done < <(grep -E '^CONFIG_.*=y$' "$objects/wanted.config")
}

# Says every 20 s how far the build is.
tell_progress() { # LOG
  while sleep 20 > /dev/null 2>&1; do
    say "$arch: $(grep -cE '^  (HOST)?(CC|AS) ' "$1") of some $n_objects files compiled"
  done
}

ticker=
trap '[ -z "$ticker" ] || kill "$ticker" 2> /dev/null || true' EXIT
trap 'exit 130' HUP INT TERM

build_kernel() {
  local made began=$SECONDS status=0
  made=$(stamp "$kit/config" "${patches[@]}" "$tree/Makefile" "${options[@]}")
  is_fresh "$objects/kernel.stamp" "$made" && [ -f "$objects/image" ] && return
  say "$arch: building the kernel (about 3 minutes on 2 cores)"
  export KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP=2024-12-01 KBUILD_BUILD_USER=iommusim KBUILD_BUILD_HOST=iommusim
  need_room "$objects" 300 CAPTURE_BUILD
  configure
  : > "$objects/build.log"
  tell_progress "$objects/build.log" &
  ticker=$!
  make -C "$tree" O="$objects" "${options[@]}" -j "$jobs" "${image##*/}" headers \
    > "$objects/build.log" 2>&1 || status=$?
  kill "$ticker"
  wait "$ticker" 2> /dev/null || true
  ticker=
  [ $status -eq 0 ] || {
    grep -v '^  ' "$objects/build.log" | tail -n 20 >&2
    fail "the kernel does not build, see $objects/build.log"
  }
  ln -sf "$image" "$objects/image"
  echo "$made" > "$objects/kernel.stamp"
  say "$arch: kernel built in $((SECONDS - began)) s"
}

# The guest runs one static program, which has the text language from sim/.
build_guest() {
  local sources=("$kit"/guest/*.c "$root"/kernel-glue/scenario/scn.c) made scenario
  sources+=("$root"/sim/{diag,lex,record,text,text_check,text_record}.c)
  made=$(stamp "${sources[@]}" "$kit/guest" "$kit/scenarios" "$root/kernel-glue/scenario" "$root/sim" "$(cat "$objects/kernel.stamp")")
  is_fresh "$objects/guest.stamp" "$made" && return
  say "$arch: building the guest's file system"
  "$compiler" -std=c11 -D_GNU_SOURCE -O1 -static -Wall -Wextra -Werror -I "$root" -isystem "$objects/usr/include" \
    -o "$objects/guest-init" "${sources[@]}" -lpthread
  {
    echo 'dir /dev 0755 0 0'
    echo 'nod /dev/console 0600 0 0 c 5 1'
    echo "file /init $objects/guest-init 0755 0 0"
    echo 'dir /scenarios 0755 0 0'
    for scenario in "$kit"/scenarios/*.scn; do
      echo "file /scenarios/${scenario##*/} $scenario 0644 0 0"
    done
  } > "$objects/initramfs.list"
  "$objects/usr/gen_init_cpio" -t 0 "$objects/initramfs.list" > "$objects/initramfs.cpio"
  echo "$made" > "$objects/guest.stamp"
}

if [ -n "$tree" ]; then
  "$root/kernel-glue/patch/apply.sh" "$tree"
  rm -f "$objects/kernel.stamp" # make knows what changed in your tree
else
  unpack
fi
build_kernel
build_guest
