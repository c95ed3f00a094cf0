#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh - lets libFuzzer look for inputs that break the SMMUv3 model. Needs clang.
#
#   tools/fuzz.sh [SECONDS]   fuzz (default 600), beginning with the inputs in the tree
#   tools/fuzz.sh --merge     make the inputs in the tree the fewest that reach what all have reached
#   tools/fuzz.sh --print FILE  what an input does, line by line
#
# New inputs gather in build/fuzz/inputs, and what breaks the model in build/fuzz/found. BUILD names
# another folder than build/fuzz. Exit: 0, 1 if something was found, 2 if it could not run.
set -eu

cd "$(dirname "$0")/.."
build=${BUILD:-build/fuzz}
tree=tests/fuzz/corpus/smmu
fuzzer=$build/tests/fuzz/smmu_fuzz

usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 2
}

compile() {
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=clang \
        -DCMAKE_CXX_COMPILER=clang++ -DIOMMUSIM_FUZZ=ON -DIOMMUSIM_SYSTEMC=OFF >&2 || exit 2
    cmake --build "$build" --target smmu_fuzz >&2 || exit 2
    mkdir -p "$build/inputs" "$build/found"
}

# Inputs with names of their own once broke something: they stay. The others have 16 digits.
merge() {
    kept=$(mktemp -d)
    trap 'rm -rf "$kept"' EXIT
    "$fuzzer" -merge=1 -use_counters=0 "$kept" "$tree" "$build/inputs" >&2
    find "$tree" -type f -name '????????????????.dat' | grep -E '/[0-9a-f]{16}\.dat$' |
        xargs -r rm -f
    for input in "$kept"/*; do
        cp "$input" "$tree/$(basename "$input" | cut -c 1-16).dat"
    done
    echo "$(find "$tree" -type f | wc -l) inputs, $(du -sb "$tree" | cut -f 1) bytes in $tree"
}

# fuzz SECONDS - and if something is found, say how to see it again.
fuzz() {
    "$fuzzer" -max_len=600 -timeout=10 -max_total_time="$1" \
        -artifact_prefix="$build/found/" "$build/inputs" "$tree" && return
    find "$build/found" -type f -newer "$fuzzer" | while read -r input; do
        echo "fuzz: found $input; to see it again, here or in another copy of the tree:"
        echo "    echo $(base64 -w 0 "$input") | base64 -d >found.dat"
        echo "    tools/fuzz.sh --print found.dat"
    done >&2
    exit 1
}

case ${1:-600} in
--merge)
    compile
    merge
    ;;
--print)
    [ $# -eq 2 ] || usage
    compile
    IOMMUSIM_FUZZ_PRINT=1 "$fuzzer" "$2"
    ;;
'' | *[!0-9]*) usage ;;
*)
    compile
    fuzz "${1:-600}"
    ;;
esac
