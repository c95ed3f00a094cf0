#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check.sh - is a capture complete, and does it say the same as everybody who watched?
#
#   kernel-glue/capture/check.sh NAME
#
# - no event was lost, and every event became a record or has a reason why not;
# - trace.dat and the kernel's own text give the same records;
# - at every mark, memory rebuilt from the trace equals the dump of it;
# - the emulator saw the same register accesses, in the same order;
# - the devices found what the scenario says;
# - a replay gives every operation the verdict that is known;
# - writes that were aimed into replaces landed where the trace says, and where a replay allows (race.sh).
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

read -r name machine scenario options < <(table "${1-}") || fail "no such capture: ${1-}"
here=$out/$name
[ -x "$iommusim" ] || fail "$iommusim is not there; IOMMUSIM names it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n_failed=0
facts=()

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" > "$work/said" 2>&1; then
    echo "ok      $what"
  else
    n_failed=$((n_failed + 1))
    echo "FAILED: $name: $what"
    head -n 12 "$work/said"
  fi
}

has() {
  [[ ,$options, == *,$1,* ]]
}

imports() {
  "$iommusim" import "$here/trace.dat" -o "$work/dat.iotr" --stats > "$here/stats.txt" &&
    "$iommusim" import "$work/dat.iotr" -o "$work/dat.iotr.txt" &&
    "$iommusim" check "$work/dat.iotr.txt"
}

# The kernel's own counters: nothing overwritten or dropped.
nothing_lost() {
  local stats
  [ -s "$work/dat.iotr.txt" ] || { echo "no records"; return 1; }
  for stats in "$here"/guest/tracing/per_cpu/cpu*/stats; do
    awk '/^(overrun|commit overrun|dropped events):/ && $NF != 0 { bad = 1 } END { exit bad }' "$stats" ||
      { cat "$stats"; return 1; }
  done
  ! grep -n ' lost ' "$work/dat.iotr.txt"
}

nothing_unexplained() {
  awk '
    NR > 1 && $1 == "all" { n = $2; exit }
    NR > 1 && $6 != 0 { print; bad = 1 }
    END { if (!n) print "no events"; exit bad || !n }' "$here/stats.txt"
}

# Text has microseconds where trace.dat has nanoseconds.
same_records() {
  "$iommusim" import "$here/trace.txt" -o "$work/txt.iotr.txt" &&
    diff <(without_times "$work/dat.iotr.txt") <(without_times "$work/txt.iotr.txt")
}
without_times() {
  sed -E 's/^@[0-9]+/@/; s/ took_ns=[0-9]+//; /^@[^ ]* meta "resolution_ns"/d' "$1"
}

same_memory() {
  local dump marks=()
  for dump in "$here"/mem-*.elf; do
    [ -r "$dump" ] || { echo "no dump"; return 1; }
    dump=${dump##*/mem-}
    marks+=(--verify-memory "${dump%.elf}=$here/mem-$dump")
  done
  "$iommusim" import "$here/trace.dat" "${marks[@]}" &&
    ! "$iommusim" import "$here/trace.dat" "${marks[@]}" | grep ' in 0 tables'
}

# "w OFFSET VALUE" and "r OFFSET", as the kernel traced them. The emulator's SMMU counts the offset in each
# page of registers from 0, and the VT-d does not tell what was read.
kernel_accesses() {
  awk '
    { delete v; for (i = 1; i <= NF; i++) { n = index($i, "="); if (n) v[substr($i, 1, n - 1)] = substr($i, n + 1) } }
    / mmio_map: / { frame[substr(v["va"], 1, length(v["va"]) - 3)] = 1 }
    / rwmmio_(write|post_read): / && substr(v["addr"], 1, length(v["addr"]) - 3) in frame {
      offset = substr(v["addr"], length(v["addr"]) - 2); sub(/^0+/, "", offset)
      print (/ rwmmio_write: / ? "w " : "r ") "0x" (offset == "" ? "0" : offset) (/ rwmmio_write: / ? " " v["val"] : "")
    }' "$here/trace.txt"
}
emulator_accesses() {
  sed -nE -e 's/^smmuv3_write_mmio addr: (0x[0-9a-f]+) val:(0x[0-9a-f]+) .*/w \1 \2/p' \
    -e 's/^smmuv3_read_mmio addr: (0x[0-9a-f]+) .*/r \1/p' \
    -e 's/^vtd_reg_write addr (0x[0-9a-f]+) size 0x[0-9a-f]+ value (0x[0-9a-f]+).*/w \1 \2/p' \
    -e 's/^vtd_reg_read addr (0x[0-9a-f]+) .*/r \1/p' "$here/qemu.log"
}
# Before tracing is up and after it was saved, only the emulator sees what happens.
same_registers() {
  kernel_accesses > "$work/kernel"
  emulator_accesses > "$work/emulator"
  awk 'FILENAME == ARGV[1] { kernel[FNR] = $0; n = FNR; next }
    { emulator[FNR] = $0; m = FNR }
    END {
      for (skip = 0; skip <= 8 && skip + n <= m; skip++) {
        for (i = 1; i <= n && kernel[i] == emulator[skip + i]; i++)
          ;
        if (i > n && m - skip - n <= 8 && n > 0) {
          print n " accesses, " skip " before and " m - skip - n " after"
          exit 0
        }
        if (i > best) { best = i; line = kernel[i] " / " emulator[skip + i] }
      }
      print n " accesses traced, " m " logged; they differ at number " best ": " line
      exit 1
    }' "$work/kernel" "$work/emulator"
}

as_the_scenario_says() {
  grep -q '^@@DONE' "$here/console.txt" || { echo "it did not come to its end"; return 1; }
  ! grep -E 'UNEXPECTED|@@FAILED|Kernel panic|BUG:|WARNING:' "$here/console.txt"
}

# What a replace of today's drivers does (docs/capture.md): none is hitless, and what failed or was the
# same changed nothing. On few slots an attach of VT-d may be over before any request had one.
known_verdicts() {
  "$iommusim" replay "$here/trace.dat" --json --no-probes > "$work/replay.json" || [ $? -le 1 ]
  "$iommusim" replay "$here/trace.dat" --story none > "$here/replay.txt" || [ $? -le 1 ]
  awk -v is_vtd="$([ "$(arch_of "$machine")" = arm64 ] || echo 1)" '
    $1 ~ /^[0-9]+$/ && $2 ~ /^(attach|replace|detach|map|unmap)$/ && NF >= 8 {
      split($4, d, "->")
      same = d[1] == d[2]
      n++
      wanted = $2 == "replace" && !same && $NF == 0 ? "BREAKS" : "HITLESS"
      if ($2 == "detach" || ($2 == "attach" && $5 == "INCONCLUSIVE" && is_vtd)) wanted = $5
      if ($5 != wanted) { print; bad = 1 }
    }
    END { if (!n) print "no operation"; exit bad || !n }' "$here/replay.txt"
}

# A write aimed into a replace lands in the old page until the hardware forgets what it had read, in the new
# one once the entry is valid, and nowhere in between. The emulator forgets at the first doorbell on
# SMMUv3, at the second on VT-d (which empties the IOTLB); valid makes it the last store to an entry. The
# trace and the guest's program have the same clock; the slack is what that program may err in aiming: on
# x86 it reads the clock of a timer chip, and is some 5 us late.
race_fits() {
  awk -v slack_ns="$([ "$(arch_of "$machine")" = arm64 ] && echo 2000 || echo 6000)" '
    { split(substr($1, 2), t, "/") }
    $2 == "mark" && /BEGIN REPLACE/ { n_bells = 0; to = 0; inside = 1 }
    $2 == "mark" && /END REPLACE/ { inside = 0 }
    inside && $2 == "mmio_write" && ($3 == "0x98" || $3 == "0x88") {
      if (++n_bells == ($3 == "0x98" ? 1 : 2)) from = t[1]
    }
    inside && $2 == "store" && $3 ~ /^(STE|CD|CTX|PASID)$/ { to = t[1] }
    $2 == "mark" && /RACE delay_ns/ {
      match($0, /due_ns=[0-9]+/); landed = substr($0, RSTART + 7, RLENGTH - 7)
      match($0, /write=[a-z]+/); where = substr($0, RSTART + 6, RLENGTH - 6)
      n[where]++
      wanted = landed < from ? "old" : landed < to ? "lost" : "new"
      is_edge = (landed - from) ^ 2 < slack_ns ^ 2 || (landed - to) ^ 2 < slack_ns ^ 2
      if (where != wanted && !is_edge) { print; bad++ }
    }
    END {
      print n["old"] + 0 " old, " n["lost"] + 0 " lost, " n["new"] + 0 " new, " bad + 0 " where they must not be"
      exit bad || !n["old"] || !n["lost"] || !n["new"]
    }' "$work/dat.iotr.txt"
}

# Without events there is only what the device found.
all_outcomes() {
  local where
  for where in old lost new; do
    grep -q "RACE delay_ns=.* write=$where" "$here/console.txt" || { echo "never $where"; return 1; }
  done
}

if has untraced; then
  check "devices found what the scenario says" as_the_scenario_says
  check "writes landed in the old page, nowhere, and in the new page" all_outcomes
  [ $n_failed -eq 0 ] || exit 1
  sed -n 's/.*RACE_SUM //p' "$here/console.txt" | tr -d '\r'
  exit 0
fi
check "import" imports
check "no event is lost" nothing_lost
check "no event is unexplained" nothing_unexplained
check "the kernel's text gives the same records" same_records
has dump && check "memory is what the trace says, at $(find "$here" -name 'mem-*.elf' | wc -l) marks" same_memory
has log && check "the emulator logged the same register accesses" same_registers
check "devices found what the scenario says" as_the_scenario_says
check "verdicts of a replay are the known ones" known_verdicts
if [ "$scenario" = race ]; then
  check "each aimed write landed where the trace says" race_fits
  check "each aimed write landed where a replay allows" \
    "$kit/race.sh" "$work/dat.iotr" "$kit/scenarios/$scenario.scn"
fi
facts+=("$(awk '$1 == "all" { print $2 " events, " $4 " records" }' "$here/stats.txt")")
[ $n_failed -eq 0 ] || exit 1
echo "all well: ${facts[*]}"
