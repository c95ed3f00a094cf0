#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# judge_test.sh - litmus tests, and each with every act left out and each two neighbours exchanged:
# the explorer says what every interleaving says, class and answers.
#   judge_test.sh IOMMUSIM JUDGES PROJECT_DIR            all of them
#   judge_test.sh IOMMUSIM JUDGES PROJECT_DIR --write    and put the table into the docs
#   judge_test.sh IOMMUSIM JUDGES PROJECT_DIR FILE...    these, with the table on standard output
# JUDGES: the folder of judge_litmus and judge_vtd_litmus.
# Without IOMMUSIM_TEST_LONG=1 only a sample of the mutants of bad sequences, and the table of
# docs/cross-check.md is not looked at.
set -u
program=$1
judges=$2
root=$3
shift 3
page=$root/docs/cross-check.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
files=("$root"/tests/litmus/{good,break,bad}-*.litmus)
all=1
if [ $# -gt 0 ] && [ "$1" != --write ]; then
  files=("$@")
  all=0
fi
long=${IOMMUSIM_TEST_LONG:-0}
[ "${1-}" != --write ] || long=1

# Records of the whole test; those of its tables and of the first attach are set-up.
look_at() { # FILE
  local name every=1 n_setup atom judge=judge_litmus
  name=$(basename "$1" .litmus)
  if [ "$long" != 1 ] && [ $all -eq 1 ] && [[ $name == bad-* ]]; then
    every=10
  fi
  if grep -q '^arch vtd$' "$1"; then
    judge=judge_vtd_litmus
  fi
  sed '/^done$/q' "$1" > "$work/head.litmus"
  "$program" litmus --records "$work/head.litmus" > "$work/head" || return 1
  "$program" litmus --records "$1" > "$work/records" || return 1
  n_setup=$(($(wc -l < "$work/head") - 1))
  atom=$(sed -n 's/^knob smmu.atom_bytes //p' "$1")
  "$judges/$judge" --every $every --atom "${atom:-8}" "$work/records" $n_setup > "$work/out" || return 1
  echo "| \`$name\` | $(tail -n 1 "$work/out") |" >> "$work/rows"
}

: > "$work/rows"
for file in "${files[@]}"; do
  : > "$work/out"
  if ! look_at "$file"; then
    echo "FAILED: $(basename "$file")"
    cat "$work/out"
    failed=1
  fi
done

if [ $all -eq 0 ]; then
  cat "$work/rows"
  exit $failed
fi

# Rows that compare something: the others have no operation.
count() { # PREFIX: sequences, and their mutants
  awk -F' [|] ' -v prefix="^[|] .$1-" '
    $0 ~ prefix && $2 != "-" { n++; mutants += $3 }
    END { print n + 0, mutants + 0 }' "$work/rows"
}
for kind in good break bad; do
  read -r n mutants <<< "$(count $kind)"
  echo "$kind: $n sequences, $mutants mutants"
  if [ $kind != break ] && { [ "$n" -lt 40 ] || [ "$mutants" -lt 90 ]; }; then
    echo "FAILED: fewer than 40 $kind sequences, or few mutants"
    failed=1
  fi
done

page_with_table() {
  sed '/^<!-- judged -->$/q' "$page"
  echo '| sequence | class | mutants | what becomes of them |'
  echo '|---|---|---|---|'
  cat "$work/rows"
  sed -n '/^<!-- end -->$/,$p' "$page"
}
if [ "${1-}" = --write ]; then
  text=$(page_with_table)
  printf '%s\n' "$text" > "$page"
elif [ "$long" = 1 ] && ! page_with_table | diff -u "$page" -; then
  echo "FAILED: docs/cross-check.md is behind: run this with --write"
  failed=1
fi
[ $failed -eq 0 ]
