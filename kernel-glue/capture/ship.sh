#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# ship.sh - copies captures into traces/: records, and how each was made.
#
#   kernel-glue/capture/ship.sh [PATTERN]      of the streams in traces/captures.txt
#
# What a replay must find (.expect.yaml) is written by hand. Only captures that stand their checks go.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

while read -r stream capture; do
  # shellcheck disable=SC2053
  case $stream in
  '' | '#'*) continue ;;
  *) [[ $stream == ${1:-*} ]] || continue ;;
  esac
  "$kit/check.sh" "$capture" > "$out/$capture/check.txt" || fail "$capture does not stand its checks"
  mkdir -p "$(dirname "$root/traces/$stream")"
  "$iommusim" import "$out/$capture/trace.dat" -o "$root/traces/$stream"
  cp "$out/$capture/how.txt" "$root/traces/${stream%.iotr}.how.txt"
  echo "$stream: $(stat -c %s "$root/traces/$stream") bytes"
done < "$root/traces/captures.txt"
