#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - a kernel tree's own IOMMU drivers as programs of user space.
#
#   kernel-glue/linux/build.sh [TREE]
#
# TREE is a Linux source tree, which is only read; without it, what is needed of Debian's
# linux-source-6.12 is unpacked. The programs are build/linux/NAME/iommusim-linux-smmuv3 and -vtd, where
# NAME is the tree's folder. Nothing of a kernel is kept elsewhere. arch/ says what each driver needs.
#
#   LINUX_ARCH=smmuv3   only that driver, or vtd
#   JOBS=N              compile so many files at a time
#   LINUX_BUILD=DIR     instead of build/linux
#   IOMMUSIM_RELINK=1   only link what is compiled, for who has changed an object himself
#   IOMMUSIM_BUILD=DIR  a build of iommusim (cmake), instead of build/release
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${LINUX_BUILD:-$root/build/linux}
iommusim=${IOMMUSIM_BUILD:-$root/build/release}
jobs=${JOBS:-$(nproc)}
package=/usr/src/linux-source-6.12.tar.xz

say() {
  printf '%s %s\n' "$(date +%H:%M:%S)" "$*"
}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# What kbuild reads to configure, prepare and compile the objects below.
subtrees=('*/Kconfig*' '*/Makefile*' '*/Kbuild*' linux-source-6.12/{scripts,include,lib,arch/um,arch/x86}
  linux-source-6.12/kernel/{bounds.c,time,configs} 'linux-source-6.12/kernel/*.h'
  'linux-source-6.12/mm/*.h' 'linux-source-6.12/fs/*.h'
  'linux-source-6.12/drivers/pci/*.h' linux-source-6.12/drivers/iommu
  linux-source-6.12/tools/{include,lib,build,scripts})

unpack() {
  tree=$out/source/linux-source-6.12
  [ -e "$tree.done" ] && return
  [ -r "$package" ] || fail "$package is not there: install linux-source-6.12, or name a tree"
  say "unpacking what is needed of ${package##*/}"
  rm -rf "$tree"
  mkdir -p "$tree"
  tar xf "$package" -C "$tree" --strip-components 1 --wildcards "${subtrees[@]}"
  touch "$tree.done"
}

tree=${1-}
[ "$tree" = --link ] && tree=
if [ -z "$tree" ]; then
  unpack
else
  tree=$(cd "$tree" 2> /dev/null && pwd) || fail "no such tree: $1"
  [ -d "$tree/drivers/iommu" ] || fail "$tree has no drivers/iommu"
  if [ -e "$tree/.config" ] || [ -d "$tree/include/config" ]; then
    fail "$tree has been built in place; make mrproper there, or name a clean tree (git worktree)"
  fi
fi
# run WHAT COMMAND... - its words go to the log; the last of them are shown if it fails.
run() {
  local what=$1
  shift
  printf '\n== %s\n' "$what" >> "$log"
  "$@" >> "$log" 2>&1 && return
  grep -E 'error|Error|undefined' "$log" | tail -n 20 | cut -c 1-240 >&2
  fail "$what failed, see $log"
}

# ---- kbuild ----------------------------------------------------------------------------------

# Each load and store of the driver's files calls us; compat.h makes calls of registers and barriers.
watch="-DCONFIG_KCSAN=1 -DCONFIG_KCSAN_WEAK_MEMORY=1 -fsanitize=thread"
watch+=" --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0"
watch+=" -fno-builtin-memset -fno-builtin-memcpy -fno-builtin-memmove -g"

# What differs between the drivers is set by arch/NAME.sh.
headers='' config='' kconfig='' driver='' compat=''
kbuild_words=() more_flags=() watched=() plain_too=() assembly=() kshim=()
declare -A redefined=()
set_arch() { # NAME
  work=$out/$(basename "$tree")
  program=$work/iommusim-linux-$1
  [ "$1" = smmuv3 ] || work=$work/$1
  objects=$work/objects
  log=$work/build.log
  # shellcheck source=/dev/null
  . "$here/arch/$1.sh"
  mkdir -p "$objects" "$work/kshim" "$work/link"
}

# iommufd of 6.12 and older cannot attach without the DMA API's messages; kshim/user.c has them.
plain_flags=()
grep -qs iommu_get_msi_cookie "$tree/drivers/iommu/iommufd/device.c" &&
  plain_flags+=("CFLAGS_device.o=-DCONFIG_IOMMU_DMA=1")

kbuild() {
  make -s -C "$tree" ARCH="$headers" O="$objects" KBUILD_KCONFIG="$objects/Kconfig.linux" \
    -j "$jobs" "${kbuild_words[@]}" "$@"
}

configure() {
  local line
  cat "$tree/Kconfig" > "$objects/Kconfig.linux"
  [ -z "$kconfig" ] || cat "$here/config/$kconfig" >> "$objects/Kconfig.linux"
  kbuild tinyconfig || return
  bash "$tree/scripts/kconfig/merge_config.sh" -m -O "$objects" "$objects/.config" "$here/config/$config"
  kbuild olddefconfig || return
  while read -r line; do
    grep -qx "$line" "$objects/.config" || echo "this tree does not take $line"
  done < <(grep -v '^#' "$here/config/$config")
}

# Objects that are taken as they are, of every driver.
plain=(drivers/iommu/{iommu,iommu-sysfs,io-pgfault,iommu-sva,iommu-pages,iommu-sva-lib}
  drivers/iommu/iommufd/{driver,iova_bitmap} lib/{interval_tree,rbtree,xarray,idr,radix-tree,bitmap,find_bit,sort})

# iommufd; kshim/fdmarks.c stands between it and the iommu core.
iommufd=(drivers/iommu/iommufd/{device,eventq,fault,hw_pagetable,io_pagetable,ioas,main,pages,vfio_compat,viommu})
marked=
for name in map unmap {attach,replace,detach}_group_handle; do
  marked+=" --redefine-sym iommu_$name=ksh_fd_iommu_$name"
done

# present NAMES... - those that this tree has a source of, as objects.
present() {
  local name
  for name; do
    [ -f "$tree/$name.c" ] || [ -f "$tree/$name.S" ] && echo "$name.o"
  done
  return 0
}

# The watched files are compiled alone: one that is taken as it is may have the same name.
compile() {
  local name targets flags=()
  mapfile -t targets < <(present "${plain[@]}" "${plain_too[@]}" "${iommufd[@]}")
  kbuild -k "${plain_flags[@]}" "${more_flags[@]}" "${targets[@]}" || true # what is missing then is told at the end
  mapfile -t targets < <(present "${assembly[@]}")
  [ ${#targets[@]} -eq 0 ] || kbuild -k -j 1 "${targets[@]}" || true # its folder's rules do not share
  for name in "${watched[@]}"; do
    flags+=("CFLAGS_${name##*/}.o=$compat $watch")
  done
  mapfile -t targets < <(present "${watched[@]}")
  kbuild -k "${flags[@]}" "${targets[@]}" || true
}

compile_kshim() {
  cp "$here"/kshim/*.[ch] "$here/kshim/Kbuild" "$work/kshim/"
  rm -f "$work"/kshim/*.o
  kbuild M="$work/kshim" MO="$work/kshim" IOMMUSIM_ROOT="$root" "${kshim[@]/%/.o}"
}

# ---- one object of all, of which only the boundary can be seen ---------------------------------

words='--redefine-sym snprintf=host_snprintf --redefine-sym vsnprintf=host_vsnprintf
  --redefine-sym sprintf=host_sprintf --redefine-sym scnprintf=host_scnprintf'
memory='--redefine-sym memset=host_memset --redefine-sym memcpy=host_memcpy
  --redefine-sym memmove=host_memmove --redefine-sym iommu_device_register=ksh_iommu_device_register'
from_libc='mem(set|cpy|move|cmp|chr)|str(len|nlen|cmp|ncmp|cpy|ncpy|cat|ncat|chr|rchr|str|spn|cspn|sep|pbrk)'
from_host="host_[a-z0-9_]*|__tsan_[a-z0-9_]*|__kcsan_check_access|lnx_[a-z_]*"

# missing OBJECT - names that neither the C library nor the host has.
missing() {
  nm -u "$1" | awk '{ print $2 }' | grep -Evx "$from_libc|$from_host" | sort -u || true
}

# A function that is missing stops the program and says its name; data that is missing is zero. Only
# what is called through a call instruction is known to be a function.
write_stubs() {
  local name
  readelf -rW "$work/link/all.o" | awk '$3 ~ /PLT32/ { print $5 }' | sort -u > "$work/link/called"
  echo '#include "kernel-glue/linux/boundary.h"'
  while read -r name; do
    if grep -qx "$name" "$work/link/called"; then
      printf 'void stub_%s(void) __asm__("%s");\n' "$name" "$name"
      printf 'void stub_%s(void) { host_die("%%s: this kernel function is not there yet", "%s"); }\n' \
        "$name" "$name"
    else
      printf 'extern char data_%s[4096] __asm__("%s");\nchar data_%s[4096];\n' "$name" "$name" "$name"
    fi
  done
}

join_objects() {
  local object name
  rm -f "$work"/link/*.o
  for name in "${watched[@]}"; do
    object=$objects/$name.o
    # shellcheck disable=SC2086
    [ -f "$object" ] && objcopy $words $memory ${redefined[$name]-} "$object" "$work/link/w-${name##*/}.o"
  done
  for name in "${iommufd[@]}"; do
    object=$objects/$name.o
    # shellcheck disable=SC2086
    [ -f "$object" ] && objcopy $words $marked "$object" "$work/link/p-${name//\//-}.o"
  done
  for name in "${plain[@]}" "${plain_too[@]}" "${assembly[@]}"; do
    object=$objects/$name.o
    # shellcheck disable=SC2086
    [ -f "$object" ] && objcopy $words "$object" "$work/link/p-${name//\//-}.o"
  done
  for object in "$work"/kshim/*.o; do
    # shellcheck disable=SC2086
    objcopy $words "$object" "$work/link/k-${object##*/}"
  done
  ld -r -o "$work/link/all.o" "$work"/link/[wpk]-*.o
  missing "$work/link/all.o" > "$work/link/missing"
  write_stubs < "$work/link/missing" > "$work/link/stubs.c"
  gcc -w -O1 -I "$root" -c "$work/link/stubs.c" -o "$work/link/stubs.o"
  nm --defined-only -g "$work/link/all.o" | awk '$3 ~ /^ksh_/ { print $3 }' > "$work/link/seen"
  ld -r -o "$work/link/closed.o" "$work/link/all.o" "$work/link/stubs.o"
  objcopy --keep-global-symbols="$work/link/seen" "$work/link/closed.o" "$work/link/kernel.o"
}

link_program() {
  local parts
  [ -n "${IOMMUSIM_RELINK-}" ] || cmake --build "$iommusim" -j "$jobs" --target linux_parts || return
  mapfile -t parts < "$iommusim/cli/linux_parts.txt"
  gcc -no-pie -o "$program" "$work/link/kernel.o" -Wl,--start-group "${parts[@]}" -Wl,--end-group \
    -lm -ljansson -lyaml -lzstd -lxxhash -Wl,-T,"$here/config/link.lds" -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments
}

if [ -n "${IOMMUSIM_RELINK-}" ] || [ "${1-}" = --link ]; then only_link=1; fi

build_arch() { # NAME
  local made began=$SECONDS
  set_arch "$1"
  [ -f "$tree/$driver.c" ] || fail "$tree has no $driver.c"
  : > "$log"
  if [ -n "${IOMMUSIM_RELINK-}" ]; then
    run "joining" join_objects
  fi
  if [ -n "${only_link-}" ] && [ -f "$work/link/kernel.o" ]; then # for whoever works on host/
    run "linking" link_program
    return
  fi
  made=$(cat "$here"/config/* "$here/arch/$1.sh" "$tree/Makefile" | sha256sum)
  if [ "$(cat "$work/configured" 2> /dev/null)" != "$made" ]; then
    say "$(basename "$tree"): configuring for $1"
    run "configuring" configure
    grep '^this tree does not take' "$log" || true
    run "make prepare" kbuild prepare
    echo "$made" > "$work/configured"
  fi
  say "$(basename "$tree"): compiling the driver of $1"
  run "compiling the driver" compile
  [ -f "$objects/$driver.o" ] || {
    grep -E 'error' "$log" | head -n 20 | cut -c 1-240 >&2
    fail "the driver does not compile, see $log"
  }
  run "compiling kshim" compile_kshim
  run "joining" join_objects
  run "linking" link_program
  if [ -s "$work/link/missing" ]; then
    say "kernel functions that stop the program when they are called: $(tr '\n' ' ' < "$work/link/missing")"
  fi
  say "$program, in $((SECONDS - began)) s"
}

for arch in ${LINUX_ARCH:-smmuv3 vtd}; do
  build_arch "$arch"
done
