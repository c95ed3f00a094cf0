#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# demo.sh - what "make replay" shows: a real kernel's trace goes in, answers come out.
#
#   tools/demo.sh [CAPTURE]
#
# CAPTURE is a folder under traces/captures (default arm64-basic) with trace.dat and memory dumps.
# IOMMUSIM names the program, OUT the folder for what is written.
set -eu

cd "$(dirname "$0")/.."
program=${IOMMUSIM:-build/release/cli/iommusim}
out=${OUT:-out}
capture=traces/captures/${1:-arm64-basic}
name=$(basename "$capture")

fail() {
    echo "demo: $1" >&2
    exit 1
}
[ -x "$program" ] || fail "$program is not there; 'make replay' builds it"
[ -r "$capture/trace.dat" ] || fail "no trace in $capture"
mkdir -p "$out"

# show WORDS... - say what is run, in words that the user can type, and run it.
show() {
    echo "\$ iommusim $*"
    "$program" "$@"
    echo
}

echo "== 1. A trace of a real kernel becomes a stream of records: nothing vanishes unexplained"
show import "$capture/trace.dat" -o "$out/$name.iotr" --stats

echo "== 2. What the driver does when it replaces a page table under a device"
echo "\$ iommusim show $out/$name.iotr --op replace,1"
"$program" show "$out/$name.iotr" --op replace,1 > "$out/$name-replace.txt"
# Filling the new page table is long and always the same.
grep -v -e ' PTE 0x' -e ' map ' -e 'memory PAGES' "$out/$name-replace.txt"
echo "(mapping of the new table left out; all of it: $out/$name-replace.txt)"
echo

echo "== 3. No store is missing: tables rebuilt from the trace equal the guest's memory"
set --
for packed in "$capture"/mem-*.elf.xz; do
    mark=$(basename "$packed" .elf.xz)
    mark=${mark#mem-}
    xz -dc "$packed" > "$out/mem-$mark.elf"
    set -- "$@" --verify-memory "$mark=$out/mem-$mark.elf"
done
show import "$out/$name.iotr" "$@"

echo "== 4. The same records against simulated hardware, with a device sending requests meanwhile"
if [ -r "$capture/expect.yaml" ]; then
    show replay "$out/$name.iotr" --expect "$capture/expect.yaml" --plots "$out/$name-plots"
    pictures=", $name-plots/ (latency, operation and cost as .png and .svg)"
else
    echo "(this capture's architecture is not modelled yet)"
    echo
    pictures=
fi

echo "Written to $out/: $name.iotr (records), $name-replace.txt (the story)$pictures"
