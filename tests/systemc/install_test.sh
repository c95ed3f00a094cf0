#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install_test.sh - the SystemC library as a platform has it: installed, found with pkg-config and
# with CMake, linked without the tree.
#
#   tests/systemc/install_test.sh BUILD_DIR SOURCE_DIR CMAKE CXX
set -eu
build=$1 source=$2 cmake=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/dest/opt/iommusim
failed=0

fail() {
    echo "install_test: $*" >&2
    failed=1
}

DESTDIR=$work/dest "$cmake" --install "$build" --prefix /opt/iommusim >"$work/log" ||
    { cat "$work/log"; exit 1; }
pc=$(find "$prefix" -name iommusim-systemc.pc)
export PKG_CONFIG_PATH=${pc%/*} SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
doc=$prefix/share/doc/iommusim
cmp "$source/docs/systemc.md" "$doc/systemc.md" || fail "systemc.md is not installed"
cp -r "$doc/examples/systemc" "$work/mine" # no header of the tree is near
cd "$work/mine"

# Of the house's C names none is visible but iommusim_*.
archive=$(find "$prefix" -name libiommusim-systemc.a)
nm -g --defined-only "$archive" |
    awk 'NF == 3 && $3 !~ /^(iommusim_|_Z|DW\.ref\.)/ { print $3 }' >names
[ ! -s names ] || fail "visible names: $(head -n 3 names | tr '\n' ' ')"

[ -e "$prefix/include/iommusim/systemc_attributes.h" ] || fail "systemc_attributes.h is not installed"
read -ra flags <<<"$(pkg-config --cflags iommusim-systemc)"
read -ra libs <<<"$(pkg-config --libs iommusim-systemc)"
mkdir by-pkg-config
"$cxx" -std=c++17 minimal.cpp "${flags[@]}" "${libs[@]}" -o by-pkg-config/minimal
"$cmake" -S . -B by-cmake -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$prefix" >cmake.log ||
    { cat cmake.log; exit 1; }
"$cmake" --build by-cmake >>cmake.log || { cat cmake.log; exit 1; }
for how in by-pkg-config by-cmake; do
    for arch in smmuv3 vtd; do
        "$how/minimal" $arch >got 2>&1 || fail "$how/minimal $arch: exit code $?"
        grep -q 'DMA past a unit out of reset: passes' got || { cat got; fail "$how $arch"; }
    done
done
exit $failed
