#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# damage_test.sh - imports thousands of damaged files and watches what becomes of each.
#   damage_test.sh IOMMUSIM MAKE_DAMAGED MAKE_TRACEDAT RUN_LIMITED CAPTURES_DIR
# About 300 files; with IOMMUSIM_TEST_LONG=1 more than 2200, with IOMMUSIM_TEST_SEED=N other ones.
#
# Every file must be refused with its name and a reason (exit 3; no output is left), imported with
# the damage named (exit 4), or imported as if it were whole (exit 0: not every change can be told).
# A damaged memory dump may also differ from the trace (exit 1). What was imported must be whole
# itself. No run takes more than 30 s or MAX_MIB of resident memory, writes control characters to the
# terminal, or makes a sanitizer speak - only libraries in the reader process may, which is why there
# is a reader process. Under sanitizers MAX_MIB counts on top of what whole input needs.
set -u
iommusim=$1
make_damaged=$2
make_tracedat=$3
run_limited=$4
captures=$5
max_mib=256
max_seconds=30
n_jobs=2
seed=${IOMMUSIM_TEST_SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir whole damaged

# The reader process has no terminal: a sanitizer's report goes to a file. It has no limit of its
# address space under sanitizers, either: one allocation may have what the limit is elsewhere.
sanitizer_options=exitcode=99:print_stacktrace=1:handle_abort=1
sanitizer_options+=:allocator_may_return_null=1:max_allocation_size_mb=192

# run FOLDER ARGUMENT... - one run; sets status, ms and kib.
run() {
  local folder=$1
  shift
  read -r status ms kib < <(
    export ASAN_OPTIONS=$sanitizer_options:log_path=$folder/sanitizer
    export UBSAN_OPTIONS=$ASAN_OPTIONS
    "$run_limited" $max_seconds "$folder/run" "$iommusim" "$@")
}

prepare() {
  local name
  for name in arm64-basic x86-sm-hwpt; do
    cp "$captures/$name/trace.dat" "whole/$name.dat7"
    xz -dc "$captures/$name/trace.txt.xz" > "whole/$name.ftrace"
  done
  xz -dc "$captures/arm64-basic/mem-attached-ioas1.elf.xz" > whole/arm64-basic.elf
  xz -dc "$captures/x86-sm-hwpt/mem-hwpt-auto.elf.xz" > whole/x86-sm-hwpt.elf
  export ASAN_OPTIONS=detect_leaks=0 # of the tools; runs have options of their own
  "$make_tracedat" whole/made.dat6 3000 2 || exit 1
  "$make_tracedat" whole/long.dat6 40000 2 || exit 1
  for name in arm64-basic.dat7 x86-sm-hwpt.dat7 long.dat6; do
    "$iommusim" import "whole/$name" -o "whole/${name%.*}.iotr" || exit 1
  done
  "$iommusim" import whole/arm64-basic.iotr --format text -o whole/arm64-basic.records || exit 1
}

# The most memory that a run with whole input takes, in KiB.
measure() {
  local most=0 input
  for input in whole/*.dat7 whole/*.dat6 whole/*.iotr whole/*.records whole/*.ftrace; do
    run . import "$input" -o whole.out
    [ "$status" -eq 0 ] || { echo "whole $input: exit $status" >&2; cat run.err >&2; exit 1; }
    [ "$kib" -le "$most" ] || most=$kib
  done
  rm -f whole.out
  echo "$most"
}

complain() { # FILE WHAT
  echo "FAILED: ${1##*/}: $2 (exit $status, $ms ms, $kib KiB): $(head -c 300 "$folder/run.err" | tr '\n' ' ')"
  [ -z "${IOMMUSIM_KEEP_DAMAGED:-}" ] || cp "$1" "$IOMMUSIM_KEEP_DAMAGED/"
}

# Is there a report of a sanitizer that is about our sources? The innermost frame decides that is
# either ours or a library's of the reader process. (Only libraries recurse: a stack that ran over,
# and cannot be shown, is theirs.)
our_reports() {
  local report
  for report in "$folder"/sanitizer.*; do
    [ -e "$report" ] || return 1
    grep -q 'runtime error:' "$report" && return 0
    grep -q 'ERROR: ' "$report" || continue # allocations that were refused are only told
    awk '/^ *#[0-9]+ / && (/ (cli|kernel-glue|models|sim)\// || /\/lib(tracecmd|traceevent)\.so/) {
           is_library = /\.so/; exit
         }
         /ERROR: AddressSanitizer: stack-overflow/ {has_run_over = 1}
         /<empty stack>/ {is_library = has_run_over; exit}
         END {exit !is_library}' "$report" || return 0
  done
  return 1
}

# What must follow the file's name in a message: where it was, and then what. Events count where a
# library gave up, or a limit is reached.
place='(:[0-9]+(:[0-9]+)?|: offset [0-9]+|: event [0-9]+): .*[a-z]|: .* after [0-9]+ events: .*[a-z]'

# What is wrong with the run that just ended; nothing if all is well.
judge() { # FILE
  case $status in
    0) ;;
    1) [[ $1 == */elf-* ]] || { echo "exit code of a difference"; return; } ;;
    3 | 4) grep -qE "${1##*/}($place)" "$folder/run.err" || { echo "no message that names the file"; return; } ;;
    *) echo "exit code"; return ;;
  esac
  [ "$kib" -le "$max_kib" ] || echo "memory"
  ! our_reports || echo "sanitizer: $(cat "$folder"/sanitizer.* | head -c 2000 | tr '\n' ' ')"
  ! grep -q -e 'ERROR: AddressSanitizer' -e 'runtime error:' "$folder/run.out" "$folder/run.err" || echo "sanitizer"
  ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f-\xff]' "$folder/run.out" "$folder/run.err" || echo "control characters"
  if [ "$status" -eq 3 ]; then
    [ -z "$(ls -A "$folder/out")" ] || echo "output is left: $(ls -A "$folder/out")"
  else
    [ "$(ls -A "$folder/out")" = "$out" ] || echo "output: $(ls -A "$folder/out")"
  fi
}

# One file: FILE NUMBER
try() {
  local file=$1 number=$2 wrong
  local options=()
  out=out.iotr
  [ $((number % 2)) -eq 0 ] || out=out.iotr.txt
  case $((number % 3)) in
    0) options+=(--stats) ;;
    1) options+=(--json) ;;
  esac
  rm -rf "$folder"
  mkdir -p "$folder/out"
  case $file in
    */elf-*x86-sm-hwpt/*) options+=(whole/x86-sm-hwpt.iotr --verify-memory "hwpt-auto=$file") ;;
    */elf-*) options+=(whole/arm64-basic.iotr --verify-memory "attached-ioas1=$file") ;;
    *) options+=("$file") ;;
  esac
  run "$folder" import "${options[@]}" -o "$folder/out/$out"
  wrong=$(judge "$file")
  if [ -z "$wrong" ] && [ "$status" -ne 3 ]; then
    echo "exit $status" >> "$folder.counts"
    run "$folder" import "$folder/out/$out"
    [ "$status" -eq 0 ] || wrong="its import cannot be imported"
  elif [ -z "$wrong" ]; then
    echo "exit 3" >> "$folder.counts"
  fi
  if [ -z "$wrong" ]; then
    echo "ok" >> "$folder.verdicts"
  else
    complain "$file" "$wrong" >> "$folder.verdicts"
  fi
  echo "$ms $kib ${file##*/}" >> "$folder.costs"
}

# Every n_jobs-th file of the list, from the job's number on.
work_through() { # JOB
  local file number=0
  folder=$work/job$1
  : > "$folder.counts"
  while read -r file; do
    number=$((number + 1))
    [ $((number % n_jobs)) -ne "$1" ] || try "$file" $((number / n_jobs))
  done < list
}

# make KIND INPUT N
make() {
  local input=whole/$2 folder=damaged/$1-${2%.*}
  mkdir -p "$folder"
  "$make_damaged" "$seed" "$1" "$input" "$folder" "$3" || exit 1
  seed=$((seed + 1000))
}

prepare
if grep -q __asan_init "$iommusim"; then
  max_kib=$(($(measure) + max_mib * 1024))
else
  max_kib=$((max_mib * 1024))
  measure > /dev/null
fi
if [ "${IOMMUSIM_TEST_LONG:-0}" = 1 ]; then
  times=8
else
  times=1
fi
# About as often as each kind has ways to be damaged.
make iotr long.iotr $((52 * times))
make iotr x86-sm-hwpt.iotr $((26 * times))
make records arm64-basic.records $((50 * times))
make ftrace arm64-basic.ftrace $((48 * times))
make dat6 made.dat6 $((52 * times))
make dat7 x86-sm-hwpt.dat7 $((18 * times))
make dat7 arm64-basic.dat7 $((18 * times))
make elf arm64-basic.elf $((18 * times))
make elf x86-sm-hwpt.elf $((18 * times))
find damaged -type f | sort > list
for job in $(seq 0 $((n_jobs - 1))); do
  work_through "$job" &
done
wait
cat job*.verdicts > verdicts
grep '^FAILED' verdicts
sort job*.counts | uniq -c
echo "limit: $((max_kib / 1024)) MiB; most memory: $(sort -k2n job*.costs | tail -n 1 | awk '{print $2, "KiB", $3}')"
echo "longest: $(sort -n job*.costs | tail -n 1 | awk '{print $1, "ms", $3}')"
passed=$(grep -c '^ok' verdicts)
failed=$(($(wc -l < list) - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
