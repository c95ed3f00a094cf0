#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh - the platform, its waves, a picture of them, and what the explorer says of its recording.
#
#   examples/systemc/run.sh BUILD_DIR OUT_DIR [OPTION of platform]...
#
# What is not built yet is built.
set -eu -o pipefail
build=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
platform=$build/examples/systemc/systemc_platform
[ -f "$build/CMakeCache.txt" ] || {
    echo "run.sh: $build is no build folder; 'make replay' makes build/release" >&2
    exit 2
}
[ -x "$platform" ] && [ -x "$build/cli/iommusim" ] ||
    cmake --build "$build" --target iommusim systemc_platform || {
    echo "run.sh: the platform cannot be built; it needs SystemC (libsystemc-dev)" >&2
    exit 2
}
mkdir -p "$out"
code=0
SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 "$platform" --out "$out" "$@" |
    tee "$out/platform.txt" || code=$?
[ $code -le 1 ] || exit $code
if command -v gnuplot >/dev/null; then
    to=$(tail -n 1 "$out/platform.csv" | awk -F, '{ print $1 / 1000 }')
    verdict=$(sed -n 's/^verdict: //p' "$out/platform.txt")
    gnuplot -e "csv='$out/platform.csv'; png='$out/platform.png'; from=0; to=$to" \
        -e "heading='${*:-the default platform}: $verdict'" "$here/picture.gp"
    echo "picture: $out/platform.png"
fi
echo "waves: $out/platform.vcd"
echo "recording: $out/platform.iotr.txt; the explorer says of it:"
explored=0
"$build/cli/iommusim" explore "$out/platform.iotr.txt" >"$out/explore.txt" || explored=$?
[ $explored -le 1 ] || { cat "$out/explore.txt"; exit $explored; }
awk '$2 == "operation" || $2 == "replace" || $2 == "attach"' "$out/explore.txt"
exit $code
