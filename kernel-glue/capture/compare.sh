#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh - makes the shipped captures anew, and compares. "make capture-compare" calls it.
#
#   kernel-glue/capture/compare.sh [--no-run] [options of captures.sh]
#   kernel-glue/capture/compare.sh --self-test
#
# traces/captures.txt says which stream is which capture. A capture with counted instructions on arm64
# must give the same bytes, if it was made by the same kernel, guest and emulator (.how.txt); any other the
# same records, when times are left out and addresses are renamed in the order in which they occur.
# --no-run compares what is in the output folder.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

# Records without times and counts of polls. An address is a number of at least 0x10000: bits 12 to 47
# become the number of their first occurrence, and what is around them stays. A page that is given out
# again becomes another one: which one the kernel takes is its own affair.
renamed() { # RECORDS.txt
  awk '
    function digits(s) { return s ~ /^[0-9a-f]+$/ }
    function rename(hex,    n, page, low, high) {
      n = length(hex)
      if (n < 5) return hex
      low = substr(hex, n - 2)
      page = n > 12 ? substr(hex, n - 11, 9) : substr(hex, 1, n - 3)
      high = n > 12 ? substr(hex, 1, n - 12) : ""
      sub(/^0+/, "", page)
      if (page == "") return hex
      if (is_new || !(page in name)) name[page] = "P" ++n_names
      is_new = 0
      return high "<" name[page] ">" low
    }
    /^@/ {
      line = $0
      sub(/^@[0-9]+(\/[0-9]+)?/, "@", line)
      gsub(/ (took_ns|polls)=[0-9]+/, "", line)
      gsub(/due_ns=[0-9]+/, "", line)
      if (line ~ /^@ (meta "resolution_ns"|mark)/) { print line; next }
      result = ""
      is_new = line ~ /^@ memory /
      while (match(line, /0x[0-9a-f]+/)) {
        result = result substr(line, 1, RSTART + 1) rename(substr(line, RSTART + 2, RLENGTH - 2))
        line = substr(line, RSTART + RLENGTH)
      }
      print result line
    }' "$1"
}

# The instructions that are counted are those of kernel and guest.
is_same_machine() { # HOW.txt HOW.txt
  [ "$(grep -E '^(emulator|built) ' "$1")" = "$(grep -E '^(emulator|built) ' "$2")" ]
}

self_test() {
  printf '@1 store PTE 0x40f00010 0x40f01003 old=0x0\n@2 wait reg 0x60 polls=3 took_ns=7\n' > "$work/a"
  printf '@9 store PTE 0x51230010 0x51231003 old=0x0\n@9 wait reg 0x60 polls=1\n' > "$work/b"
  printf '@9 store PTE 0x51230010 0x51230003 old=0x0\n@9 wait reg 0x60\n' > "$work/c"
  printf '@9 store PTE 0x51230010 0x51231001 old=0x0\n@9 wait reg 0x60\n' > "$work/d"
  cmp -s <(renamed "$work/a") <(renamed "$work/b") || fail "self-test: the same with other addresses must be equal"
  ! cmp -s <(renamed "$work/a") <(renamed "$work/c") || fail "self-test: another page must differ"
  ! cmp -s <(renamed "$work/a") <(renamed "$work/d") || fail "self-test: other flags must differ"
  printf '@1 memory PAGES 0x4000%s000 0x1000\n' 1 2 > "$work/e"
  printf '@1 memory PAGES 0x4000%s000 0x1000\n' 7 7 > "$work/f"
  cmp -s <(renamed "$work/e") <(renamed "$work/f") || fail "self-test: a page that is used again must be equal to another"
  echo "self-test: passed"
  exit 0
}

no_run=
case ${1-} in
--self-test) self_test ;;
--no-run)
  no_run=yes
  shift
  ;;
esac

n=0
differ=()
while read -r stream capture; do
  case $stream in
  '' | '#'*) continue ;;
  esac
  read -r _ machine _ options < <(table "$capture") || fail "traces/captures.txt: no capture $capture"
  if [ -z "$no_run" ] && ! "$kit/captures.sh" "$@" --again --only "$capture"; then
    differ+=("$stream")
    continue
  fi
  [ -r "$out/$capture/trace.dat" ] || { say "$stream: not captured, left out"; continue; }
  n=$((n + 1))
  "$iommusim" import "$out/$capture/trace.dat" -o "$work/again.iotr"
  exact=
  if [ "$(arch_of "$machine")" = arm64 ] && [[ ,$options, == *,icount,* ]]; then
    is_same_machine "$root/traces/${stream%.iotr}.how.txt" "$out/$capture/how.txt" && exact=yes
    if cmp -s "$root/traces/$stream" "$work/again.iotr"; then
      say "$stream: the same bytes"
      continue
    fi
  fi
  "$iommusim" import "$root/traces/$stream" -o "$work/shipped.iotr.txt"
  "$iommusim" import "$work/again.iotr" -o "$work/again.iotr.txt"
  if diff <(renamed "$work/shipped.iotr.txt") <(renamed "$work/again.iotr.txt") > "$work/diff"; then
    if [ -n "$exact" ]; then
      say "$stream: the same records, but not the same bytes"
      differ+=("$stream")
    else
      say "$stream: the same records"
    fi
  else
    say "$stream: $(grep -c '^[<>]' "$work/diff") records differ; the first:"
    head -n 6 "$work/diff"
    differ+=("$stream")
  fi
done < "$root/traces/captures.txt"
[ $n -gt 0 ] || fail "nothing was compared"
[ ${#differ[@]} -eq 0 ] || fail "different: ${differ[*]}"
say "$n streams compared, all as shipped"
