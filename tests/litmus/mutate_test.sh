#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mutate_test.sh - mutants of the good litmus tests: each one runs, and enough of them are found.
#   mutate_test.sh IOMMUSIM PROJECT_DIR
# A line may be left out without harm in some places (a word that nobody reads, a sync that the next
# one covers), so not every mutant fails.
set -u
program=$1
here=$2/tests/litmus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

files=("$here"/good-cd-*.litmus "$here"/good-pte-unmap*.litmus "$here"/good-ste-s2-*.litmus
  "$here"/good-vtd-attach*.litmus "$here"/good-vtd-detach.litmus "$here"/good-vtd-ss-*.litmus
  "$here"/good-vtd-unmap-*.litmus)
seeds=2
if [ "${IOMMUSIM_TEST_LONG:-0}" = 1 ]; then
  files=("$here"/good-*.litmus)
  seeds=20
fi
"$here/mutate.sh" "$work" "${files[@]}" || exit 1
n=$(find "$work" -name '*.litmus' | wc -l)
"$program" litmus --seeds $seeds "$work"/*.litmus >"$work/out" 2>"$work/err"
code=$?
if [ -s "$work/err" ] || [ $code -gt 1 ]; then
  echo "FAILED: exit code $code"
  head -5 "$work/err"
  failed=1
fi
found=$(grep -c '^not ok' "$work/out")
echo "$n mutants, $found found"
[ "$n" -ge 200 ] || { echo "FAILED: fewer than 200 mutants" && failed=1; }
[ $((found * 100)) -ge $((n * 45)) ] || { echo "FAILED: fewer than 45 of 100 found" && failed=1; }

# What a run sees lies in what the explorer says: a mutant that a run finds has a class, an exists or
# a forall that finds it, too, or cannot be answered. Beyond that is what beyond.txt tells.
awk '
  /^    # Subtest: / { name = $3; runs = asks = asked = 0 }
  /^    not ok .* - caches / { runs++ }
  /^    (not )?ok .* - line [0-9]+: / && !/: seen / && !/[*][0-9]+$/ { asked++ }
  (/^    not ok .* - line [0-9]+: / || /# SKIP .*, inconclusive: /) && !/: seen / { asks++ }
  /^(not )?ok / && runs && asked && !asks { print name; runs = 0 }' "$work/out" >"$work/beyond"
while read -r pattern _; do
  case $pattern in '' | '#'*) continue ;; esac
  grep -vE "^$pattern\$" "$work/beyond" >"$work/rest"
  mv "$work/rest" "$work/beyond"
done <"$here/beyond.txt"
if [ -s "$work/beyond" ]; then
  echo "FAILED: runs see what the explorer does not:"
  sed 's/^/  /' "$work/beyond"
  failed=1
fi

# What must be found, whatever the seeds: what a good test cannot do without.
must_fail() { # TEST TEXT-OF-LINE - the mutant that lacks the line
  local file=$1 text=$2 mutant
  for mutant in "$work/$file".drop-*.litmus; do
    if ! grep -qF -e "$text" "$mutant"; then
      grep -q "^not ok [0-9]* - $(basename "$mutant" .litmus)\$" "$work/out" && return
      echo "FAILED: $(basename "$mutant") passes without '$text'"
      failed=1
      return
    fi
  done
  echo "FAILED: no mutant of $file lacks '$text'"
  failed=1
}
must_fail good-pte-unmap 'cmd TLBI_NH_VA'
must_fail good-pte-unmap 'pte A 0x1000 invalid'
must_fail good-cd-invalid-to-s1 'put cd.C.5 T words=0'
must_fail good-ste-s2-to-abort 'put ste.8 T words=0'
must_fail good-vtd-unmap-page 'pte A 0x1000 invalid'
must_fail good-vtd-unmap-page 'cmd IOTLB_INV'
must_fail good-vtd-detach 'set pasid.8 P=0'
must_fail good-vtd-detach 'cmd PC_INV'
must_fail good-vtd-attach 'put pasid.8 T words=0'
[ $failed -eq 0 ]
