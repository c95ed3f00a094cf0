#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# scenarios_test.sh - scenarios whose lines say how they end, with each driver that list.txt names.
#   scenarios_test.sh IOMMUSIM [NAME]
set -u
iommusim=$1
only=${2-}
here=$(cd "$(dirname "$0")" && pwd)
bad=0
n=0

while read -r name arch drivers settings; do
  [ "${name#\#}" = "$name" ] || continue
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  file=$here/$name.scn
  [ "${name#*/}" = "$name" ] || file=$here/../../kernel-glue/$name.scn
  words=(--set traffic.kind=none)
  for setting in $settings; do
    case $setting in
    --*) words+=("$setting") ;;
    *) words+=(--set "$setting") ;;
    esac
  done
  for driver in ${drivers//,/ }; do
    n=$((n + 1))
    if ! out=$("$iommusim" run --script "$file" --arch "$arch" --driver "$driver" \
      --no-replay "${words[@]}" 2>&1); then
      printf '%s, %s, %s:\n%s\n' "$name" "$arch" "$driver" "$out"
      bad=1
    fi
  done
done < "$here/list.txt"
echo "$n runs"
[ "$n" -gt 0 ] && exit "$bad"
exit 1
