#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# race.sh - did each write that was aimed into a replace land where a replay allows it?
#
#   kernel-glue/capture/race.sh STREAM SCENARIO
#
# STREAM is a capture of SCENARIO (its records), which has one device and one "aim". Each of
# its marks "RACE ... due_ns=T write=old|lost|new" says when a write of the device was due and where
# it landed. The same writes are put into the stream at the same moments, and replayed with the trace's
# times: once by hardware that caches nothing, once by hardware that forgets nothing until it must,
# and each as much earlier and later as the guest's program may err in aiming. Before each replace the
# device writes once more, as it did in the guest, so that there is something cached.
# What any of these replays sees is allowed; at most moments that is one outcome.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || fail "usage: race.sh STREAM SCENARIO"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$iommusim" import "$1" -o "$work/stream.iotr.txt"
# Of the guest's aim: measured, some 1000 ns either way; on x86, where its clock is a chip, some 5000 late.
error_ns=2000
! grep -q '^@.* iommu 0 vtd ' "$work/stream.iotr.txt" || error_ns=6000
read -r sid iova < <(awk '
  $1 == "device" { for (i = 3; i <= NF; i++) if ($i ~ /^sid=/) sid = substr($i, 5) }
  $1 == "aim" { print sid, $3; exit }' "$2") || fail "$2 aims nowhere"

# A mark is behind its replace, so the stream is read twice. A write that is due before its replace
# begins can only find the old page; it is left out, and so is counted as nothing.
with_writes() { # SHIFT_NS
  awk -v shift_ns="$1" -v what="$sid $iova 8 w" '
    { split(substr($1, 2), t, "/") }
    NR == FNR {
      if (/ mark .*RACE delay_ns=/) { match($0, /due_ns=[0-9]+/); due[n++] = substr($0, RSTART + 7, RLENGTH - 7) + shift_ns }
      next
    }
    is_open && /^@/ && due[k] < t[1] { printf "@%d dma %s\n", due[k], what; is_open = 0 }
    { print }
    / begin replace / { print $1 " dma " what; is_open = due[k] >= t[1] }
    / mark .*RACE delay_ns=/ { k++; is_open = 0 }' "$work/stream.iotr.txt" "$work/stream.iotr.txt"
}

# One line for each replace: what the aimed write may find. The other one has found the old page.
outcomes() { # REPLAY.json
  awk '
    /^      "op": / { is_replace = $2 == "\"replace\","; is_in = 0 }
    /^      "dma": / { is_in = is_replace; old = 0; lost = 0; new = 0 }
    is_in && /"old":/ { old = $2 + 0 }
    is_in && /"new":/ { new = $2 + 0 }
    is_in && /"faulted":/ { lost = $2 + 0 }
    is_in && /}/ {
      is_in = 0
      print lost ? "lost" : new ? "new" : "old"
    }' "$1"
}

n=0
for shift_ns in -$error_ns 0 $error_ns; do
  with_writes "$shift_ns" > "$work/writes.iotr.txt"
  for mode in never hold; do
    "$iommusim" replay "$work/writes.iotr.txt" --cpu-time=trace --no-probes --set traffic.kind=none \
      --set smmu.cache_mode=$mode --set vtd.cache_mode=$mode --json > "$work/replay.json" || [ $? -le 1 ] ||
      fail "$1: it does not replay"
    outcomes "$work/replay.json" > "$work/allowed.$n"
    n=$((n + 1))
  done
done
sed -nE 's/^.* mark .*RACE (delay_ns=.* )?(due_ns=[0-9]+) write=([a-z]+).*/\3 \1\2/p' "$work/stream.iotr.txt" > "$work/landed"
for allowed in "$work"/allowed.*; do
  [ "$(wc -l < "$allowed")" -eq "$(wc -l < "$work/landed")" ] ||
    fail "$1: $(wc -l < "$work/landed") aimed writes, but $(wc -l < "$allowed") replaces"
done
paste -d ' ' "$work/landed" "$work"/allowed.* | awk '
  {
    delete may
    n_may = 0
    for (i = 4; i <= NF; i++) if (!($i in may)) { may[$i]; n_may++ }
    seen[$1]++
    if (!($1 in may)) { bad++; printf "%s %s: %s, but a replay allows", $2, $3, $1; for (m in may) printf " %s", m; print "" }
    else if (n_may == 1) sure[$1]++
  }
  END {
    for (i = split("old lost new", all, " "); i > 0; i--) if (!sure[all[i]]) { missing = 1; print "never surely " all[i] }
    print NR " writes: " seen["old"] + 0 " old, " seen["lost"] + 0 " lost, " seen["new"] + 0 " new; of " sure["old"] + sure["lost"] + sure["new"] " only one was allowed; " bad + 0 " where they must not be"
    exit bad || missing
  }'
