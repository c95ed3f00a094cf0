#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install_test.sh - the library as a user has it: installed, then found with pkg-config and with
# CMake; the examples give what docs/api.md says, and the explorer takes what they record.
#
#   tests/api/install_test.sh BUILD_DIR SOURCE_DIR CMAKE CC CXX
set -eu
build=$1 source=$2 cmake=$3 cc=$4 cxx=$5
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
pc=$(find "$prefix" -name iommusim.pc)
export PKG_CONFIG_PATH=${pc%/*}
cp -r "$prefix/share/doc/iommusim/examples" "$work/mine" # no header of the tree is near
cd "$work/mine"

# One version, everywhere.
version=$(sed -n 's/^#define IOMMUSIM_VERSION "\(.*\)"$/\1/p' "$prefix/include/iommusim/version.h")
[ "$(pkg-config --modversion iommusim)" = "$version" ] || fail "iommusim.pc is not $version"

# The header alone, in the oldest languages that are promised.
read -ra flags <<<"$(pkg-config --cflags iommusim)"
read -ra libs <<<"$(pkg-config --libs iommusim)"
echo '#include <iommusim/iommusim.h>' >alone.c
cp alone.c alone.cpp
"$cc" -std=c99 -pedantic-errors -Wall -Wextra -Werror "${flags[@]}" -c alone.c -o alone.o ||
    fail 'the header is not C99'
"$cxx" -std=c++17 -pedantic-errors -Wall -Wextra -Werror "${flags[@]}" -c alone.cpp -o alone.o ||
    fail 'the header is not C++17'

# No name of the library but its own meets those of a program.
archive=$(find "$prefix" -name libiommusim.a)
nm -g --defined-only "$archive" | awk 'NF == 3 && $3 !~ /^iommusim_/ { print $3 }' >names
[ ! -s names ] || fail "visible names: $(head -n 3 names | tr '\n' ' ')"

mkdir by-pkg-config
for driver in smmuv3_driver vtd_driver; do
    "$cc" -std=c11 -Wall -Wextra -Werror "$driver.c" "${flags[@]}" "${libs[@]}" \
        -o "by-pkg-config/$driver"
done
"$cmake" -S . -B by-cmake -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" >cmake.log ||
    { cat cmake.log; exit 1; }
"$cmake" --build by-cmake >>cmake.log || { cat cmake.log; exit 1; }

cat >smmuv3_driver.want <<'EOF'
before attach: abort
attached: done at 0x80000008
replace, by way of invalid: A yes, B yes, refused in between
replace, in one store: A yes, B yes, none refused
EOF
cat >vtd_driver.want <<'EOF'
before attach: ur
attached: done at 0x80000008
replace, by way of absent: A yes, B yes, refused in between
replace, in one store: A yes, B yes, none refused
EOF

# judged COMMAND FILE [OPTION] - one replace that breaks, so exit code 1, one that does not; no rule
# is broken.
judged() {
    local code=0

    "$prefix/bin/iommusim" "$@" >judged || code=$?
    [ $code -eq 1 ] || fail "$1 $2: exit code $code"
    [ "$(awk '$2 == "replace" && match($0, /(BREAKS|HITLESS)/) {
        printf "%s ", substr($0, RSTART, RLENGTH) }' judged)" = 'BREAKS HITLESS ' ] ||
        fail "$1 $2: other verdicts"
    [ "$1" = replay ] || grep -q '^Protocol rules: none of' judged || fail "$1 $2: a rule is broken"
}

for driver in smmuv3_driver vtd_driver; do
    for how in by-pkg-config by-cmake; do
        "$how/$driver" "$driver.iotr" >got || fail "$how/$driver: exit code $?"
        diff "$driver.want" got || fail "$how/$driver prints something else"
        judged explore "$driver.iotr"
    done
    "by-cmake/$driver" "$driver.iotr.txt" >got
    judged explore "$driver.iotr.txt"
    "by-cmake/$driver" >got # nothing is recorded
    diff "$driver.want" got || fail "$driver without a recording prints something else"
    judged replay "$driver.iotr"
    while read -r line; do
        grep -qF "$line" "$source/docs/api.md" || fail "docs/api.md does not say: $line"
    done <"$driver.want"
done
exit $failed
