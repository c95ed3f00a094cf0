#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# best_pairs_test.sh - best changes each kind of table into each other without a request that is refused
# or goes astray on any hardware, with and without ATS, under a PASID and without; and its unmaps
# leave nothing.
#   best_pairs_test.sh IOMMUSIM
set -u
iommusim=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

# What there is: two of each kind, nested ones with the same parent and with another.
things() { # architecture, device's words, guest's EATS
  printf 'iommusim-text/1 scenario\ndevice d0 sid=0x20 rid=0x20 pasid_bits=6 %s\n' "$2"
  printf 'ioas a\nioas b\n'
  printf 'map %s 0x1000000 0x%s0000000 64K rw\n' a 8 b 9
  printf 'hwpt s1a a stage=1\nhwpt s1b b stage=1\nhwpt s2a a stage=2\nhwpt s2b b stage=2\n'
  printf 'hwpt p a nest-parent\nhwpt q b nest-parent\n'
  if [[ $1 == smmuv3 ]]; then
    printf 'nested %s ste=%s,%s\n' 'n1 p' 0x100000b "$3" 'n2 p' 0x100100b "$3" 'n3 q' 0x100000b "$3"
  else
    printf 'nested %s pgtbl=%s flags=0 width=48\n' 'n1 p' 0x1000000 'n2 p' 0x1001000 'n3 q' 0x1000000
  fi
}

# Every ordered pair, and an unmap in between that guests and devices may have kept something of.
pairs() { # what follows the name of a table, names
  local from to at=$1
  shift
  for from in "$@"; do
    for to in "$@"; do
      [[ $from == "$to" ]] && continue
      printf 'attach d0 %s%s\n' "$from" "$at"
      printf 'map a 0x2000000 0xa0000000 16K rw\nunmap a 0x2000000 16K\n'
      printf 'replace d0 %s%s\ndetach d0%s\n' "$to" "$at" "$at"
    done
  done
}

prove() { # name, architecture, driver, words of explore or -, --set words
  local words=() args=() setting
  [[ $4 != - ]] && args=("$4")
  for setting in traffic.kind=none "${@:5}"; do
    words+=(--set "$setting")
  done
  if ! "$iommusim" run --script "$work/in.scn" --arch "$2" --driver "$3" --no-replay \
    "${words[@]}" --out "$work/out.iotr" > "$work/said" 2>&1; then
    printf '%s: %s\n' "$1" "$(head -n 3 "$work/said")"
    bad=1
  elif ! "$iommusim" explore "${args[@]}" "$work/out.iotr" > "$work/said" 2>&1; then
    printf '%s:\n%s\n' "$1" "$(head -n 40 "$work/said")"
    bad=1
  fi
}

all=(s1a s1b s2a s2b p q n1 n2 n3)
for ats in '' ats; do
  idr0=SMMU_IDR0=0x94c721b eats=0xd6
  ecap=VTD_ECAP=0x433ef9ea4f050db
  if [[ $ats ]]; then
    idr0=SMMU_IDR0=0x94c761b eats=0x100000d6
    ecap=VTD_ECAP=0x433ef9ea4f050df
  fi
  { things smmuv3 "$ats" "$eats"; pairs '' "${all[@]}"; } > "$work/in.scn"
  prove "SMMUv3 $ats" smmuv3 best - "$idr0"
  prove "SMMUv3 16 $ats" smmuv3 best-16 --atom=16 "$idr0"
  { things smmuv3 "$ats" "$eats"; pairs ' pasid=5' s1a s1b; } > "$work/in.scn"
  prove "SMMUv3 PASID $ats" smmuv3 best - "$idr0"
  { things vtd "$ats" ''; pairs '' "${all[@]}"; } > "$work/in.scn"
  prove "VT-d $ats" vtd best - "$ecap"
  prove "VT-d CM $ats" vtd best - "$ecap" VTD_CAP=0x11d2078c606f06e6
  { things vtd "$ats" ''; pairs ' pasid=5' "${all[@]}"; } > "$work/in.scn"
  prove "VT-d PASID $ats" vtd best - "$ecap"
done
exit "$bad"
