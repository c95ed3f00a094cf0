#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# replay_test.sh - iommusim replay as a user sees it: verdicts, exit codes, settings, expectations,
# JSON, pictures, messages.
#   replay_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# What is expected was counted in the captures by hand, or follows from what was changed in them.
set -u
unset NO_COLOR
check_schema=$2
root=$3
captures=$root/traces/captures
trace=$captures/arm64-basic/trace.dat
expect=$captures/arm64-basic/expect.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp"
ln -s "$1" "$work/bin/iommusim"
PATH=$work/bin:$PATH
cd "$work" || exit 2
passed=0
failed=0

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}
run() { # EXIT ARGS... - iommusim replay ARGS must end with EXIT; leaves out and err
  local want=$1 code
  shift
  iommusim replay "$@" > out 2> err
  code=$?
  check "iommusim replay $*: exit $code, wanted $want" test $code -eq "$want"
  [ $code -eq "$want" ] || head -3 err
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
says_re() { check "/$1/ on standard output" grep -qE -e "$1" out; }
says_not() { check "no '$1' on standard output" sh -c '! grep -qF -e "$1" out' - "$1"; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }
silent() { check "nothing on standard $1 ($2)" test ! -s "$1"; }
usage() { # WANTED_TEXT ARGS...
  local text=$1
  shift
  run 2 "$@"
  complains "$text"
  silent out "$*"
}
refused() { # WANTED_TEXT ARGS...
  local text=$1
  shift
  run 3 "$@"
  complains "$text"
  silent out "$*"
}
valid() { # NAME - out follows the schema
  check "$1 follows the schema" "$check_schema" "$root/docs/schema/replay.schema.json" < out
}
# The row of an operation in the first table of out.
row_re() { says_re "^ +$1 +$2"; }

# ---- A capture of a real kernel

run 1 "$trace"
silent err 'a good run'
row_re 5 'attach +0000:00:04.0 +-->C +HITLESS +yes +yes +0$'
row_re 6 'replace +0000:00:04.0 +C->D +BREAKS +yes +no +0$'
row_re 7 'replace +0000:00:04.0 +D->C +BREAKS +yes +no +0$'
row_re 8 'replace +0000:00:04.0 +C->C +HITLESS +yes +yes +0$'
row_re 9 'detach +0000:00:04.0 +C->- +HITLESS +yes +yes +0$'
says_re '^ +6 +40 +13 +6 ' # 37 stores to page tables and 3 to the CD; 13 commands, 6 of them syncs
says_re 'operation 6: events [0-9]+ C_BAD_CD$'
says 'ordering assumed'
says 'Operation 6, replace of 0000:00:04.0, BREAKS'
says_re '>> probe 0x[0-9a-f]+.*: REFUSED, C_BAD_CD'
says_re '>> traffic 0x[0-9a-f]+: REFUSED, C_BAD_CD'
says 'Verdict: safe, not hitless: 2 of 9 operations fail'
says_not $'\033' # no colour into a pipe
check 'tables fit 80 columns' test "$(sed '/^Operation/,$d' out | awk 'NR > 2 && length > 80' | wc -l)" -eq 0
cp out first
run 1 "$trace"
check 'the same input gives the same bytes' cmp -s out first

run 1 "$trace" --story none
says_not '>>'
run 1 "$trace" --story 9
says 'Operation 9, detach of 0000:00:04.0, HITLESS'
usage '--story 10: the stream has 9 operations' "$trace" --story 10
run 1 "$trace" --no-probes --story none
says 'no probes: verdicts are those of the traffic alone'

# ---- Who looks less may not call it hitless

stream=$root/tests/replay/streams/identity-s1.iotr.txt
run 0 "$stream" --story none
run 4 "$stream" --story none --set probe.limit_ns=1
says 'a probe had no answer by then: probe.limit_ns'
run 4 "$stream" --story none --set probe.max_instants=5
says 'Verdict: inconclusive: moments of a switch were not probed: probe.max_instants.'
run 1 "$trace" --seed 7 --json
says '"seed": 7'
run 0 --list-parameters
says 'smmu.tlb_entries'
says 'mem.latency_ns  (ns; from 0 to 1000000; '
says 'smmu.contig  (ignore,use; source: '

# ---- Input: four formats, standard input, what cannot be replayed

iommusim import "$trace" -o vm.txt
iommusim import "$trace" -o vm.iotr
for input in vm.txt vm.iotr; do
  run 1 $input
  check "$input is the same stream" cmp -s <(sed 1d out) <(sed 1d first)
done
TMPDIR=$work/tmp run 1 - < "$trace"
check 'standard input is the same stream' cmp -s <(sed 1d out) <(sed 1d first)
iommusim replay - < <(cat vm.iotr) > out 2> err
check 'a pipe is the same stream' cmp -s <(sed 1d out) <(sed 1d first)
iommusim replay <(cat vm.iotr) > out 2> err
check 'a pipe by its name' test $? -eq 1
check 'nothing is left in TMPDIR' test -z "$(ls -A tmp)"
TMPDIR=$work/nowhere run 5 - < "$trace"
complains 'cannot make a temporary file'
run 5 no-such-file
complains 'no-such-file: cannot open'
printf 'iommusim-text/1 records\n@10 mark "good"\n' > bare.iotr.txt
refused 'no IOMMU in it' bare.iotr.txt
printf 'iommusim-text/1 records\n@10 iommu 0 smmuv3 0x9050000 0x20000\n' > idle.iotr.txt
run 4 idle.iotr.txt
says 'no operation'
printf 'iommusim-text/1 records\n@10 iommu 0 unknown 0x9050000 0x20000\n' > other.iotr.txt
run 4 other.iotr.txt
complains 'only smmuv3 and vtd are modelled'
silent out 'an architecture without a model'
run 1 "$captures/x86-sm-hwpt/trace.dat" --set probe.max_instants=100 --json
valid json
check 'capability registers of the stream' grep -q '"VTD_CAP": "0xd2008c22260206"' out
run 1 "$captures/x86-legacy-basic/trace.dat" --set probe.max_instants=100
says 'events 1 F_02h'
says 'vtd bdw, memory server'

# ---- Changed streams

# The first replace without its V=0 and V=1 stores, so that only the table's address changes: what
# was cached under the ASID is served on, also after the operation.
first_replace=$(grep -n 'begin replace' vm.txt | head -1 | cut -d: -f1)
awk -v first="$first_replace" 'NR > first && /store CD/ && n < 3 {n++; if (n != 2) next} {print}' \
  vm.txt > stale.iotr.txt
run 1 stale.iotr.txt
row_re 6 'replace +0000:00:04.0 +C->D +STALE +no +no +0$'
says 'Verdict: NOT SAFE'
says_re '>> (probe|traffic) .*STALE'

# Something lost in the first replace, before anything could be proven, and behind its gap: what is
# proven stays, the rest is open.
awk '{print} /begin drv_attach/ && ++n == 5 {print "@642384000 lost 3"}' vm.txt > early.iotr.txt
run 4 early.iotr.txt
row_re 6 'replace +0000:00:04.0 +C->D +INCONCLUSIVE '
awk '/end drv_attach/ && ++n == 5 {print "@642655000 lost 3"} {print}' vm.txt > lost.iotr.txt
run 1 lost.iotr.txt
row_re 6 'replace +0000:00:04.0 +C->D +BREAKS\+\? '
says '3 events of the trace are lost'

# Only the attaches: all hitless.
sed "$first_replace,\$d" vm.txt > attach.iotr.txt
run 1 attach.iotr.txt
says 'smmu-l1std-no-cfgi (state, 3.21.3), 1 time'
says 'Protocol rules are broken, though'
known='--allow=smmu-l1std-no-cfgi=docs/findings.md'
run 0 attach.iotr.txt "$known"
says 'Verdict: hitless, all 5 operations'
awk '{print} /begin attach/ {print "@433921184 lost 1"}' attach.iotr.txt > attach-lost.iotr.txt
run 4 attach-lost.iotr.txt
row_re 5 'attach .* INCONCLUSIVE '
says 'Verdict: inconclusive'

# Table memory that nobody declared: what hardware reads there is a guess.
grep -v '^@[0-9]* memory ' attach.iotr.txt > unknown.iotr.txt
run 4 unknown.iotr.txt "$known" --allow=smmu-table-unwritten=meant
says 'hardware read memory that nobody wrote'
says 'INCONCLUSIVE'

# A damaged file: what is whole runs, and the answer is not a pass.
cp vm.iotr cut.iotr
truncate -s -40 cut.iotr
iommusim replay cut.iotr > out 2> err
check 'a cut file is no pass' test $? -ne 0
complains 'warning: cut.iotr: offset'
check 'damage is warned of once' test "$(grep -c warning err)" -eq 1

# ---- Expectations

run 0 "$trace" --expect "$expect"
says "As expected by $expect."
for preset in gem5 mmu700 remote; do
  run 0 "$trace" --expect "$expect" --preset $preset
done
run 1 stale.iotr.txt --expect "$expect" --story none
says 'verdict: BREAKS expected, STALE found'
says 'operation 6 (replace of 0000:00:04.0): drv_attach: stores CD: 3 expected, 1 found'
says 'Not as expected, '
run 1 attach.iotr.txt --expect "$expect" --story none
says 'this replace did not happen'
printf 'operations:\n  - {op: replace, number: 900, verdict: STALE}\ndefault: {attach: any, replace: any, detach: any}\n' > late.yaml
run 1 stale.iotr.txt --expect late.yaml --story none
says 'late.yaml:2: this replace did not happen'
sed 's/number: 900/number: 6/' late.yaml > number.yaml
run 0 stale.iotr.txt --expect number.yaml --story none
run 1 "$trace" --expect <(echo 'default: {attach: HITLESS, detach: HITLESS}') --story none
says 'operation 6 (replace of 0000:00:04.0): was not expected'
run 0 "$trace" --expect <(echo 'default: {attach: HITLESS, detach: any, replace: any}')

differs() { # WANTED_TEXT YAML... - one replace's expectation, all other operations free
  local text=$1
  shift
  {
    printf '%s\n' 'default: {attach: any, detach: any, replace: any, map: any, unmap: any}' \
      'operations:' '  - op: replace'
    printf '    %s\n' "$@"
  } > differs.yaml
  run 1 "$trace" --expect differs.yaml --story none
  says "$text"
  says 'Not as expected, 1 difference:'
  says 'differs.yaml:3: operation 6 (replace of 0000:00:04.0):'
}
differs 'device: 0000:00:05.0 expected' 'device: "0000:00:05.0"'
differs 'ret: -22 expected, 0 found' 'ret: -22'
differs 'verdict: HITLESS expected, BREAKS found' 'verdict: HITLESS'
differs 'safe: false expected, true found' 'safe: false'
differs 'hitless: true expected, false found' 'hitless: true'
differs 'inconclusive: true expected, false found' 'inconclusive: true'
differs 'stores CD: 2 expected, 3 found' 'stores: {CD: 2, PTE_S1: any}'
differs 'stores PTE_S1: 0 expected, 37 found' 'stores: {CD: 3}'
differs 'commands CFGI_STE: some expected, 0 found' \
  'commands: {CFGI_CD: 3, CFGI_STE: any, CMD_SYNC: 6, TLBI_NH_VA: 2, TLBI_NH_ASID: 1, PREFETCH_CONFIG: 1}'
differs 'events C_BAD_STE: 1 expected, 0 found' 'events: {C_BAD_CD: any, C_BAD_STE: 1}'
differs 'syncs: 5 expected, 6 found' 'syncs: 5'
differs "it has no part 'alloc'" 'parts: {alloc: {}}'
differs 'drv_attach: syncs: 2 expected, 3 found' 'parts: {drv_attach: {syncs: 2}}'
differs 'unmap: commands TLBI_NH_VA: 0 expected, 2 found' \
  'parts: {unmap: {commands: {CMD_SYNC: 3, TLBI_NH_ASID: 1}}}'
run 1 lost.iotr.txt --expect <(printf 'lost_events: 0\ndefault: {attach: any, replace: any, detach: any}\n')
says 'lost_events: 0 expected, 3 found'

bad_yaml() { # WANTED_TEXT OPTION LINE... - a file that is refused with its place
  local text=$1 option=$2
  shift 2
  printf '%s\n' "$@" > bad.yaml
  refused "bad.yaml:$text" "$trace" "$option" bad.yaml
}
bad_yaml "1:1: a file of expectations has no 'operation'; did you mean 'operations'?" --expect \
  'operation: []'
bad_yaml "2:5: an operation has no 'verdct'; did you mean 'verdict'?" --expect \
  'operations:' '  - verdct: BREAKS'
bad_yaml "3:14: no verdict is called 'BREAK'; did you mean BREAKS?" --expect \
  'operations:' '  - op: replace' '    verdict: BREAK'
bad_yaml "2:9: no operation is called 'swap'" --expect 'operations:' '  - op: swap'
bad_yaml "2:5: an operation needs 'op: replace' or such" --expect 'operations:' '  - ret: 0'
bad_yaml "3:12: 'maybe' is neither true nor false" --expect \
  'operations:' '  - op: replace' '    safe:  maybe'
bad_yaml "1:13: operations must be a list" --expect 'operations: 3'
bad_yaml "2:1: 'default' stands twice" --expect 'default: {map: any}' 'default: {map: any}'
bad_yaml "3:1: a second YAML document" --expect 'default: {map: any}' '---' 'default: {map: any}'
bad_yaml '2:1: not YAML' --expect 'operations: ['
bad_yaml " a file of expectations must be a mapping" --expect ''
run 5 "$trace" --expect no-such.yaml
complains 'no-such.yaml: cannot open'

# ---- Settings

bad_yaml "2:3: section smmu has no 'tlb_entry'; did you mean 'tlb_entries'?" --config \
  'smmu:' '  tlb_entry: 3'
bad_yaml "1:1: there is no setting 'sede'; did you mean 'seed'?" --config 'sede: 3'
bad_yaml "2:3: smmu.utlb_cycles is from 0 to 10000 cycles, not 10001" --config \
  'smmu:' '  utlb_cycles: 10001'
bad_yaml "2:3: mem.latency_ns: 'fast' is not a number" --config 'mem:' '  latency_ns: fast'
bad_yaml "2:3: traffic.kind is one of none,random,nic,nvme, not 'usb'" --config \
  'traffic:' '  kind: usb'
bad_yaml "2:3: 'SMMU_IDR9' is no ID register" --config 'idr:' '  SMMU_IDR9: 0'
bad_yaml "2:3: 'SMMU_CR0' is no ID register" --config 'idr:' '  SMMU_CR0: 0'
bad_yaml '1:9: no such preset here; there are: mmu600' --config 'preset: fastest'
bad_yaml '1:7: a section must be a mapping' --config 'smmu: 3'
usage "--set: section smmu has no 'tlb_entry'; did you mean 'tlb_entries'?" "$trace" \
  --set smmu.tlb_entry=3
usage "--set: 'smmu' is not PATH=VALUE" "$trace" --set smmu
usage "there is no setting 'nosection'" "$trace" --set nosection.x=3
usage "--preset: no preset is called 'fastest'; there are: mmu600, zero" "$trace" --preset fastest
usage '--cpu-time is' "$trace" --cpu-time fast
usage '--cpu-time is' "$trace" --cpu-time scale=x
usage '--seed is' "$trace" --seed x
usage '--story is' "$trace" --story 0
usage 'an input file is missing'
usage "'b' is one too many" a b
refused 'must be a multiple of its ways' "$trace" --set smmu.tlb_entries=1023

# value PATH - a member of the JSON in out, by "a.b.c"
value() {
  awk -v path="$1" '
    BEGIN { n = split(path, want, ".") ; depth = 0 }
    { line = $0; match(line, /^ */); d = RLENGTH / 2 }
    d == depth + 1 && index(line, "\"" want[depth + 1] "\":") {
      depth++
      if (depth == n) { sub(/^[^:]*: /, "", line); sub(/,$/, "", line); print line; exit }
    }' out
}
has() { check "$1 is $2, not $(value "$1")" test "$(value "$1")" = "$2"; }

cat > config.yaml << 'END'
# every kind of setting
smmu:
  tlb_entries: 64
  preset: mmu700
  atom_order: valid_last
preset: gem5
mem: {latency_ns: 0x64}
idr:
  SMMU_IDR5: 0x74
cpu_time: trace
seed: 3
choices: {txsz_clamped: yes}
END
run 1 "$trace" --config config.yaml --json
has config.smmu.preset '"mmu700"'
has config.smmu.tlb_entries 64
has config.smmu.tlb_ways 8 # mmu700
has config.smmu.atom_order '"valid_last"'
has config.mem.latency_ns 100
has config.cpu_time '"trace"'
has config.choices.txsz_clamped '"yes"'
has seed 3
says '"cpu_source": "trace (upper bound)"'
run 1 "$trace" --config config.yaml --preset mmu600 --set smmu.tlb_ways=2 --set seed=4 --json \
  --cpu-time scale=0.25 --set SMMU_IDR5=0x75 --set idr.SMMU_AIDR=0x3
has config.smmu.preset '"mmu700"' # the file's own choice for that section
has config.smmu.tlb_entries 64
has config.smmu.tlb_ways 2
has config.traffic.preset '"default"'
has config.cpu_time '"scale"'
has config.cpu_scale 0.25
has seed 4
says '"SMMU_IDR5": "0x75"'
says '"SMMU_AIDR": "0x3"'
says '"SMMU_IDR0": "0xd40101a"' # as the trace read it

echo 'preset: remote' > remote.yaml
run 1 "$trace" --config remote.yaml --json
has config.mem.preset '"remote"'
has config.mem.latency_ns 460
run 1 "$trace" --config remote.yaml --preset mmu700 --json
has config.smmu.preset '"mmu700"'
has config.mem.preset '"server"' # --preset replaces that of the file

# ---- JSON, CSV

run 1 "$trace" --json
silent err '--json'
valid 'a capture'
has trace "\"$trace\""
has records 914
has lost_events 0
has summary.worst '"BREAKS"'
has summary.safe true
has summary.hitless false
run 1 "$trace" --json --no-probes
valid 'a run without probes'
says '"probes": null'
run 0 "$trace" --json --expect "$expect"
valid 'a run with expectations'
says '"as_expected": true'
run 1 stale.iotr.txt --json --expect "$expect"
valid 'a run that is not as expected'
says '"as_expected": false'
run 1 lost.iotr.txt --json
valid 'a stream with a gap'
run 4 idle.iotr.txt --json
valid 'a stream without operations'
run 1 "$trace" --csv ops.csv --story none
check 'a line per operation' test "$(wc -l < ops.csv)" -eq 10
check 'every line has as many fields as the header' \
  awk -F, 'NR == 1 {n = NF} NF != n {bad = 1} END {exit bad}' ops.csv
run 5 "$trace" --csv no-such-folder/ops.csv
iommusim replay "$trace" > /dev/full 2> err
check 'a full disk' test $? -eq 5

# ---- Pictures

run 1 "$trace" --plots plots --story none
for name in latency operation cost; do
  check "$name.png is a picture" sh -c "head -c 8 plots/$name.png | grep -qa PNG"
  check "$name.svg is a picture" grep -q '<svg' plots/$name.svg
  check "$name.gp is there" test -s plots/$name.gp
  check "$name.csv is there" test -s plots/$name.csv
done
check 'the refusals are in the data' grep -q ',1$' plots/latency.csv
check 'the refusals of probes are in the data' grep -qE '^probe 0x.*,REFUSED,C_BAD_CD$' \
  plots/operation.csv
check 'nothing half done is left' test -z "$(find plots -name '*.new')"
run 1 "$trace" --plots again --story none
check 'the same pictures' diff -r plots again
run 0 attach.iotr.txt --plots few --set traffic.kind=none "$known"
check 'pictures without traffic' test -s few/cost.png
mkdir bin2
ln -s "$(command -v iommusim)" bin2/iommusim
PATH=bin2 run 5 "$trace" --plots none 2> /dev/null
complains 'install the Debian package gnuplot-nox'
run 5 "$trace" --plots no-such-folder/plots
complains 'cannot make the folder'

# ---- Help and manual

iommusim replay --help > out
for option in $(grep -oE -e '^ +(-[a-z], )?--[a-z-]+' out | grep -oE -e '--[a-z-]+$'); do
  case $option in
  --help | --usage) continue ;;
  esac
  check "$option is in the manual" \
    grep -qE -e "Fl -${option#--}( |\$)" "$root/docs/man/iommusim-replay.1"
done
while read -r name; do
  check "$name is described" grep -qF -e "$name" "$root/docs/config.md"
done << 'END'
preset
seed
cpu_time
idr
choices
default
lost_events
END

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
