#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# streams_test.sh - streams of records, and what their replay must find.
#   streams_test.sh IOMMUSIM FOLDER [PRESET...]
# Without presets, those of SMMUv3. INSTANTS: probes of an operation look at so many moments (1500).
# Each FOLDER/NAME.iotr.txt or NAME.iotr has its NAME.expect.yaml. Every preset that lets
# time pass must agree: what is hitless does not depend on how fast the hardware is.
set -u
shopt -s nullglob
iommusim=$1
folder=$2
shift 2
[ $# -gt 0 ] || set -- mmu600 gem5 mmu700 remote
failed=0
seen=0
for stream in "$folder"/*.iotr.txt "$folder"/*.iotr; do
  name=${stream%.txt}
  for preset; do
    seen=$((seen + 1))
    if ! out=$("$iommusim" replay "$stream" --expect "${name%.iotr}.expect.yaml" \
      --preset "$preset" --story none --set "probe.max_instants=${INSTANTS:-1500}" 2>&1); then
      echo "$stream with preset $preset:"
      echo "$out"
      failed=1
    fi
  done
done
[ "$seen" -gt 0 ] || { echo "no streams in $folder"; failed=1; }
exit $failed
