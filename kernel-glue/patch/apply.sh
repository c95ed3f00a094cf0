#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# apply.sh - puts the iommu_hw trace events into a Linux source tree.
#
#   kernel-glue/patch/apply.sh [--check] TREE
#
# --check only says whether it would work. A tree of another version than VERSION is refused, with
# the first place that does not fit; nothing is changed then. A patched tree stays as it is.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
pinned=$(cat "$here/VERSION")
only_check=
if [ "${1-}" = --check ]; then
  only_check=yes
  shift
fi
tree=${1-}

fail() {
  echo "apply.sh: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: apply.sh [--check] TREE"
grep -qs "^PATCHLEVEL" "$tree/Makefile" || fail "$tree is no Linux source tree"
version=$(awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { v = v (v == "" ? "" : ".") $3 }
  /^EXTRAVERSION =/ { print v $3; exit }' "$tree/Makefile")

if [ -e "$tree/include/trace/events/iommu_hw.h" ]; then
  echo "apply.sh: $tree ($version) has the patches already"
  exit 0
fi

# All patches on a copy of the files that they touch: they build on each other.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sed -n 's|^--- a/||p' "$here"/*.patch | sort -u | while read -r file; do
  [ -e "$tree/$file" ] || continue
  mkdir -p "$scratch/$(dirname "$file")"
  cp "$tree/$file" "$scratch/$file"
done
for patch in "$here"/*.patch; do
  if ! out=$(patch -d "$scratch" -p1 -f --no-backup-if-mismatch -r - < "$patch" 2>&1); then
    first=$(printf '%s\n' "$out" | awk '/^patching file/ { f = $3 } /FAILED|No file|find file/ { print f ": " $0; exit }')
    fail "${patch##*/} does not fit Linux $version (made for $pinned): $first"
  fi
done
[ "$version" = "$pinned" ] ||
  echo "apply.sh: warning: Linux $version; the patches were made and tested for $pinned" >&2
if [ -n "$only_check" ]; then
  echo "apply.sh: the patches fit Linux $version"
  exit 0
fi
for patch in "$here"/*.patch; do
  patch -s -d "$tree" -p1 --no-backup-if-mismatch < "$patch"
done
echo "apply.sh: $(find "$here" -name '*.patch' | wc -l) patches applied to Linux $version"
