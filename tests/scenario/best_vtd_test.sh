#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# best_vtd_test.sh - what VT-d's best does in scenarios is hitless on any hardware, and breaks no rule.
#   best_vtd_test.sh IOMMUSIM
set -u
iommusim=$1
here=$(cd "$(dirname "$0")" && pwd)
stream=$(mktemp --suffix=.iotr) || exit 1
trap 'rm -f "$stream"' EXIT
bad=0

# scenario, settings
while read -r name settings; do
  words=(--set traffic.kind=none)
  for setting in $settings; do
    words+=(--set "$setting")
  done
  "$iommusim" run --script "$here/$name.scn" --arch vtd --driver best --no-replay "${words[@]}" \
    --out "$stream" >/dev/null 2>&1
  if ! out=$("$iommusim" explore "$stream" 2>&1); then
    printf '%s %s:\n%s\n' "$name" "$settings" "$out"
    bad=1
  fi
done <<'LIST'
vtd-stages
vtd-stages VTD_CAP=0x1d2008c222f0416 VTD_VER=0x40
vtd-stages VTD_CAP=0x1d2008c222f0486 VTD_VER=0x40
vtd-stages VTD_ECAP=0x432ef9ea4f050de
vtd-tables
vtd-tables VTD_ECAP=0x433e79ea4f050df
vtd-tables VTD_ECAP=0x433e79ea4f050d9
vtd-tables VTD_ECAP=0x432ef9ea4f050de
LIST
exit "$bad"
