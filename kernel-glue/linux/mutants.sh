#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh - which bugs of a driver are noticed, and by what?
#
#   kernel-glue/linux/mutants.sh [--arch vtd] [--again] [NAME...]
#
# Puts each patch of kernel-glue/linux/mutants (of mutants/vtd) into the driver of linux-source-6.12 (make
# linux has built it), and runs the result through the scenarios below; the records of each run go through a
# replay, the explorer and the protocol rules. A mutant is caught if something is seen that the driver
# as it is does not show. The table goes to standard output, as docs/linux-mutants.md has it.
# NAMEs: only these mutants. --again: the table of the last run. What the driver as it is shows must be
# a finding of docs/findings.md: else the exit code is 1.
#
#   IOMMUSIM_BUILD=DIR  a build of iommusim (cmake), instead of build/release
#   LINUX_BUILD=DIR     instead of build/linux
#   LINUX_SOURCE=DIR    instead of build/linux/source/linux-source-6.12
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export IOMMUSIM_BUILD=${IOMMUSIM_BUILD:-$root/build/release}
arch=smmuv3
if [ "${1-}" = --arch ]; then
  arch=$2
  shift 2
fi
out=${LINUX_BUILD:-$root/build/linux}
iommusim=$IOMMUSIM_BUILD/cli/iommusim
source=${LINUX_SOURCE:-$out/source/linux-source-6.12}
base=$out/$(basename "$source")
work=$out/mutants/$arch
patches=$here/mutants
[ "$arch" = smmuv3 ] || patches=$here/mutants/$arch
limit_s=60

# name, scenario, options. The machines differ in the stages that they have, or in their mode.
# shellcheck disable=SC2034 # by the name of the architecture
runs_smmuv3=(
  "s1 $here/mutants/all.scn"
  "s2 $here/mutants/all.scn --set SMMU_IDR0=0x0d441019 --set SMMU_IDR3=0x1414"
  "pasid $here/mutants/pasid.scn"
  "ats $here/mutants/ats.scn --set SMMU_IDR0=0x0d40141a"
)
# shellcheck disable=SC2034
runs_vtd=(
  "sm $here/mutants/all.scn"
  "legacy $here/mutants/all.scn --set VTD_ECAP=0xf050df"
  "first $here/scenarios/first-stage.scn"
  "pasid $here/mutants/vtd/pasid.scn"
  "tables $here/mutants/vtd/tables.scn"
  "ats $here/mutants/ats.scn"
)
declare -n runs=runs_$arch

say() {
  printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2
}

# "explorer s1 op 4 replace BREAKS BREAKS", the latter of the level `deployed`.
explore() { # RUN
  local code=0
  timeout "$limit_s" "$iommusim" explore "$work/run.iotr" --all-ops --witness none \
    > "$work/explore.txt" 2>&1 || code=$?
  [ "$code" -le 4 ] || echo "end the explorer ends with $code ($1)"
  awk -v name="$1" '
    /^ +[0-9]+  [a-z_]+ / && !/ HITLESS +HITLESS +HITLESS / {
      print "explorer " name " op " $1 " " $2 " " $4 " " $5
    }
    /^  [a-z0-9]+-[a-z0-9-]+ \(.*, [0-9]+ times?:/ { print "rule " name " " $1 }
  ' "$work/explore.txt"
  cp "$work/explore.txt" "$work/${current:-none}.$1.explore.txt"
}

# One line per thing that is seen: "verdict s1 op 4 replace BREAKS", "fault s1 F_TRANSLATION" ...
judge() { # PROGRAM RUN
  local name scenario options code=0
  read -r name scenario options <<< "$2"
  rm -f "$work/run.iotr"
  # shellcheck disable=SC2086
  timeout "$limit_s" "$1" --quiet --scenario "$scenario" --out "$work/run.iotr" $options \
    > "$work/run.txt" 2>&1 || code=$?
  case $code in
  0 | 1) ;; # 1: a line of the scenario ended otherwise, which the text says too
  124) echo "end it hangs ($name)" ;;
  *) echo "end exit code $code ($name)" ;;
  esac
  if [ -s "$work/run.iotr" ]; then
    code=0
    timeout "$limit_s" "$iommusim" replay "$work/run.iotr" --story none --all-ops \
      >> "$work/run.txt" 2>&1 || code=$?
    [ "$code" -le 4 ] || echo "end the replay ends with $code ($name)"
    explore "$name"
  fi
  awk -v name="$name" '
    /^ +[0-9]+  (attach|replace|detach|map|unmap|set_pasid|replace_pasid|remove_pasid) / {
      for (i = 3; i <= NF; i++)
        if ($i ~ /^(HITLESS|BREAKS|STALE-REFUSAL|TORN|STALE|POISONS|DANGLES)$/)
          print "verdict " name " op " $1 " " $2 " " $i
    }
    / events [0-9]+ / { for (i = 1; i < NF; i++) if ($i == "events") print "fault " name " " $(i + 2) }
    /^driver: [0-9]+ errors/ && $2 > 0 { print "driver " name " errors in its log" }
    /lines of the scenario ended otherwise/ && $6 > 0 { print "scenario " name " lines ended otherwise" }
    /^  [a-z0-9]+-[a-z0-9-]+ \(.*, [0-9]+ times?:/ { print "rule " name " " $1 }
  ' "$work/run.txt"
  cp "$work/run.txt" "$work/${current:-none}.$name.txt"
}

look() { # PROGRAM: all runs, sorted
  local run
  for run in "${runs[@]}"; do
    judge "$1" "$run"
  done | sort -u
}

# "| **STALE, TORN**; DMA ends otherwise; faults C_BAD_STE | STALE | `rule` |": what the mutant has,
# and the driver has not, by a replay, the explorer and the rules. Exit code 1: none has anything.
summary() { # FILE
  comm -13 "$work/none.txt" "$1" | awk '
    function add(group, word) {
      if (!((group, word) in seen)) {
        seen[group, word] = 1
        n[group]++
        if (n[group] <= 4)
          list[group] = list[group] (list[group] ? ", " : "") word
      }
    }
    function tell(group, title) {
      if (n[group])
        line = line (line ? "; " : "") title list[group] (n[group] > 4 ? " and " n[group] - 4 " more" : "")
    }
    function column() {
      any = any line
      row = row " " (line ? line : "-") " |"
      line = ""
    }
    $1 == "verdict" && $6 != "HITLESS" { add("verdict", $6) }
    $1 == "fault" { sub(/,$/, "", $3); add("fault", $3) }
    $1 == "driver" { add("other", "errors in the log of the driver") }
    $1 == "scenario" { add("other", "DMA ends otherwise") }
    $1 == "end" { $1 = ""; add("other", substr($0, 2)) }
    $1 == "explorer" && $6 != "HITLESS" { add("explorer", $6) }
    $1 == "rule" { add("rule", "`" $3 "`") }
    END {
      tell("verdict", "**")
      if (n["verdict"])
        line = line "**"
      tell("other", "")
      tell("fault", "faults ")
      column()
      tell("explorer", "")
      column()
      tell("rule", "")
      column()
      print row
      exit any == ""
    }'
}

# What the driver as it is shows: only findings that are written up.
check_findings() {
  local bad
  bad=$(awk '
    FNR == NR { if (/^\|/) text = text $0; next }
    $1 == "rule" && index(text, "`" $3 "`") { next }
    $1 == "explorer" && index(text, "`" $5 " " $6 "`") { next }
    $1 == "rule" || $1 == "explorer"
  ' "$root/docs/findings.md" "$work/none.txt")
  [ -z "$bad" ] && return
  say "the driver as it is has what docs/findings.md does not tell:"
  printf '%s\n' "$bad" >&2
  return 1
}

if [ "${1-}" = --again ]; then
  again=1
  shift
fi
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for patch in "$patches"/*.patch; do
    names+=("$(basename "$patch" .patch)")
  done
fi
try() { # NAME: leaves what was seen in $work/NAME.txt
  current=$1
  say "$1"
  if "$here/patched.sh" "$arch" "$patches/$1.patch" "$work/program" > "$work/build.txt" 2>&1; then
    look "$work/program" > "$work/$1.txt"
  else
    echo "end it does not build" > "$work/$1.txt"
  fi
}

if [ -z "${again-}" ]; then
  mkdir -p "$work"
  [ -x "$base/iommusim-linux-$arch" ] || LINUX_ARCH=$arch "$here/build.sh" >&2
  say "the driver as it is"
  look "$base/iommusim-linux-$arch" > "$work/none.txt"
  for name in "${names[@]}"; do
    try "$name"
  done
fi
n_caught=0
n_by=(0 0 0)
echo "| mutant | what is wrong | replay | explorer | rules |"
echo "|---|---|---|---|---|"
for name in "${names[@]}"; do
  caught=$(summary "$work/$name.txt") && n_caught=$((n_caught + 1))
  IFS='|' read -r -a by <<< "$caught"
  for i in 0 1 2; do
    [ "${by[i]}" = ' - ' ] || n_by[i]=$((n_by[i] + 1))
  done
  echo "| \`$name\` | $(sed -n 's/^Bug: //p' "$patches/$name.patch") |$caught"
done
echo
echo "${#names[@]} mutants, $n_caught caught: ${n_by[0]} by a replay, ${n_by[1]} by the explorer," \
  "${n_by[2]} by a rule."
check_findings
