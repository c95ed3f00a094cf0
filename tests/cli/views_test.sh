#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# views_test.sh - replay's files for viewers, read by others than who wrote them: Perfetto's trace by
# Google's protobuf library, FST by GTKWave's fst2vcd. Without these two it is skipped (77).
#   views_test.sh IOMMUSIM PROJECT_DIR
# What must be in the files of window.iotr.txt was worked out by hand from its lines.
set -u
root=$2
views=$root/tests/cli/views
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$1" "$work/bin/iommusim"
PATH=$work/bin:$PATH
cd "$work" || exit 2
failed=0

python=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import google.protobuf' 2>/dev/null && python=$candidate && break
done
if [ -z "$python" ] || ! command -v fst2vcd >/dev/null; then
  echo "skipped: python3-protobuf or gtkwave (fst2vcd) is not installed"
  exit 77
fi

check() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >log 2>&1 && return
  failed=1
  echo "FAILED: $name"
  head -20 log
}
# views NAME COMMAND... - run it with all three files and as JSON; 0, 1 and 4 are verdicts.
views() {
  local name=$1 code
  shift
  "$@" --json --perfetto "$name.pftrace" --fst "$name.fst" --vcd "$name.vcd" >"$name.json" 2>err
  code=$?
  check "$name: exit $code" test "$code" -le 1 -o "$code" -eq 4
  check "$name: fst2vcd" fst2vcd "$name.fst" -o "$name.fst.vcd"
  check "$name: Perfetto's reader" "$python" "$views/check_perfetto.py" "$name.pftrace" "$name.json"
  check "$name: waves and report" "$python" "$views/check_waves.py" report "$name.fst.vcd" "$name.json"
  check "$name: FST is VCD" "$python" "$views/check_waves.py" same "$name.fst.vcd" "$name.vcd"
}
wanted() { # NAME SUFFIX - values and counts typed by hand
  check "$1: waves as wanted" "$python" "$views/check_waves.py" wanted "$1.fst.vcd" \
    "$views/window$2.waves.json"
  check "$1: tracks as wanted" "$python" "$views/check_perfetto.py" "$1.pftrace" "$1.json" \
    "$views/window$2.perfetto.json"
}

window=(iommusim replay "$views/window.iotr.txt" --set traffic.kind=none)
views window "${window[@]}"
wanted window ""
# A main TLB: it is asked after the others, for each request that has a context descriptor.
views main_tlb "${window[@]}" --set smmu.tlb_entries=64 --set smmu.tbu_tlb_entries=0
wanted main_tlb .main-tlb

# The end of a mark is missing: its operation ends all the same, and the next one is not inside it.
{
  grep -v ' end \(drv_\)\{0,1\}attach ' "$views/window.iotr.txt"
  sed -n '/begin attach/,/end attach/p' "$views/window.iotr.txt" | grep ' begin \| end '
} >no_end.iotr.txt
views no_end iommusim replay no_end.iotr.txt --set traffic.kind=none
check "the replace stands alone" \
  test "$(sed -n 's/^      "op": "\(.*\)",$/\1/p' no_end.json | tr '\n' ' ')" = "map attach replace attach "

# Real kernels and both architectures, with traffic.
views twodev iommusim replay "$root/traces/arm64-twodev.iotr"
views vtd iommusim replay "$root/traces/vtd/x86-sm-twodev.iotr"
views ats iommusim replay "$root/traces/vtd/x86-legacy-ats.iotr"
views no_probes iommusim replay "$root/traces/arm64-basic.iotr" --no-probes
views run iommusim run --script "$root/kernel-glue/capture/scenarios/basic.scn" --arch vtd

# The same bytes again, and the report is as it is without the files.
for kind in pftrace fst vcd; do
  cp "twodev.$kind" "first.$kind"
done
cp twodev.json first.json
views twodev iommusim replay "$root/traces/arm64-twodev.iotr"
for kind in pftrace fst vcd json; do
  check "the same $kind again" cmp "first.$kind" "twodev.$kind"
done
iommusim replay "$root/traces/arm64-twodev.iotr" --json >alone.json 2>err
check "the report does not know of the files" cmp alone.json first.json

# A reader that finds nothing wrong must find what is wrong.
head -c 4000 window.pftrace >cut.pftrace
"$python" "$views/check_perfetto.py" cut.pftrace window.json >log 2>&1 &&
  check "half a trace is noticed" false
sed 's/"verdict": "BREAKS"/"verdict": "HITLESS"/' window.json >other.json
"$python" "$views/check_perfetto.py" window.pftrace other.json >log 2>&1 &&
  check "another verdict is noticed" false
sed '/^sreplace /d' window.vcd >other.vcd
"$python" "$views/check_waves.py" same window.vcd other.vcd >log 2>&1 &&
  check "a missing value is noticed" false
for change in 's/"begin_ns": 84216,/"begin_ns": 84217,/' 's/"lane": "command"/"lane": "store"/' 's/"refused": 1$/"refused": 2/'; do
  sed "$change" window.json >other.json
  check "$change changes something" sh -c '! cmp -s other.json window.json'
  "$python" "$views/check_waves.py" report window.vcd other.json >log 2>&1 &&
    check "$change is noticed in waves" false
done

# Whole or not at all.
for option in --perfetto --fst --vcd; do
  "${window[@]}" "$option" - >log 2>&1
  check "$option - is wrong usage" test $? -eq 2
  "${window[@]}" "$option" no/such/folder/file >out 2>err
  check "$option into no folder: I/O error" test $? -eq 5
  check "$option: the verdict is told all the same" grep -q '^Verdict: ' out
done
mkdir kept
echo old >kept/file
"${window[@]}" --perfetto kept/file --vcd no/such/folder/file >out 2>err
check "one that fails fails all" test "$(cat kept/file)" = old
check "nothing is left behind" test "$(ls kept)" = file
if [ -e /dev/full ]; then
  for option in --perfetto --fst --vcd; do
    "${window[@]}" "$option" /dev/full >out 2>err
    check "$option: a full disk is told" test $? -eq 5
  done
fi

[ "$failed" -eq 0 ] && echo "views: all as wanted"
exit "$failed"
