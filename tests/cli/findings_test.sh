#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# findings_test.sh - what explorer and rules say of a driver as it was released is in docs/findings.md.
#   findings_test.sh IOMMUSIM PROJECT_DIR
# Every shipped stream: captures of kernels, and runs of a driver in user space.
set -u
program=$1
root=$2
page=$root/docs/findings.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
n=0
n_found=0

fail() {
  echo "FAILED: $*"
  failed=1
}

# Lines "rule ID" and "class NUMBER OPERATION CLASS": the worse class of both levels.
findings() { # REPORT
  awk '
    function severity(class,    at) { # INCONCLUSIVE, or a class with a "+", is above all
      at = index(" HITLESS BREAKS STALE-REFUSAL TORN STALE POISONS DANGLES ", " " class " ")
      return at ? at : 100
    }
    /^ +[0-9]+  [a-z_]+ / {
      worst = severity($5) > severity($4) ? $5 : $4
      if (worst != "HITLESS")
        print "class", $1, $2, worst
    }
    /^  [a-z0-9]+-[a-z0-9-]+ \(.*, [0-9]+ times?:/ { print "rule", $1 }' "$1"
}

# Is it a row of the page? A refusal that stays has to be the known one of SMMUv3.
check() { # STREAM KIND ...
  local stream=$1 known
  shift
  if [ "$1" = rule ]; then
    grep '^|' "$page" | grep -qF "\`$2\`" || fail "$stream: rule $2"
    return
  fi
  grep '^|' "$page" | grep -qF "\`$3 $4\`" || fail "$stream: operation $2, $3 $4"
  known=$(sed -n 's/^Known finding L1STD-CFGI .*: operation \(.*\)\.$/ \1,/p' "$work/report")
  if [ "$4" = STALE-REFUSAL ] && [[ $stream != *vtd/* ]] && [[ $known != *" $2,"* ]]; then
    fail "$stream: operation $2 is not L1STD-CFGI alone"
  fi
}

for stream in "$root"/traces/arm64-*.iotr "$root"/traces/{linux,linux-vtd,vtd}/*.iotr; do
  name=${stream#"$root"/}
  "$program" explore "$stream" --all-ops --witness none > "$work/report" 2> "$work/err"
  [ $? -le 1 ] || fail "$name: exit code"
  [ ! -s "$work/err" ] || fail "$name: $(head -n 1 "$work/err")"
  findings "$work/report" > "$work/found"
  while read -r -a found; do
    check "$name" "${found[@]}"
    n_found=$((n_found + 1))
  done < "$work/found"
  n=$((n + 1))
done

# Captures of 6.12 have the two known ones: else the above looked at nothing.
[ "$n" -ge 20 ] || fail "only $n streams"
[ "$n_found" -ge 100 ] || fail "only $n_found findings"
echo "$n streams, $n_found findings"
[ $failed -eq 0 ]
