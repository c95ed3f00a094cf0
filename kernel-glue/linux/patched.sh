#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# patched.sh - a driver that make linux has built, with a patch: its files are compiled again.
#
#   kernel-glue/linux/patched.sh ARCH PATCH PROGRAM
#
# Takes the driver of ARCH (smmuv3 or vtd) in linux-source-6.12, applies PATCH to a copy of the files that it
# names, compiles and links them as before, and puts the result into PROGRAM. Takes a few seconds.
#
#   IOMMUSIM_BUILD=DIR  a build of iommusim (cmake), instead of build/release
#   LINUX_BUILD=DIR     instead of build/linux
#   LINUX_SOURCE=DIR    instead of build/linux/source/linux-source-6.12
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export IOMMUSIM_BUILD=${IOMMUSIM_BUILD:-$root/build/release}
out=${LINUX_BUILD:-$root/build/linux}
source=${LINUX_SOURCE:-$out/source/linux-source-6.12}
arch=$1
patch=$2
program=$3
name=$(basename "$source")
work=$out/patched/$arch
part=
[ "$arch" = smmuv3 ] || part=/$arch

[ -d "$out/$name$part/objects" ] || LINUX_ARCH=$arch "$here/build.sh" >&2
rm -rf "$work"
mkdir -p "$work/$name$part"
cp -a "$out/$name$part"/{objects,kshim,link} "$work/$name$part/"
objects=$work/$name$part/objects
mapfile -t files < <(sed -n 's,^+++ b/,,p' "$patch")
for file in "${files[@]}"; do
  mkdir -p "$work/patched/$(dirname "$file")"
  cp "$source/$file" "$work/patched/$file"
done
patch -s -p1 -d "$work/patched" < "$patch"
for file in "${files[@]}"; do
  folder=$(dirname "$file")
  command=$(sed -n 's/^savedcmd_[^ ]* := //p' "$objects/$folder/.$(basename "$file" .c).o.cmd")
  command=${command%"$source/$file"*}
  (cd "$objects" && eval "$command $work/patched/$file -iquote $source/$folder")
done
IOMMUSIM_RELINK=1 LINUX_ARCH=$arch LINUX_BUILD=$work "$here/build.sh" "$source"
cp "$work/$name/iommusim-linux-$arch" "$program"
