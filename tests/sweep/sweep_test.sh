#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sweep_test.sh - sweeps on one machine: what runs, what is skipped, what the tables say.
#   sweep_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
set -u
check_schema=$2
root=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
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
    head -5 err
  fi
}

sweep() { # EXIT ARGS...
  local want=$1 code
  shift
  iommusim sweep "$@" > out 2> err
  code=$?
  check "iommusim sweep $*: exit $code, wanted $want" test $code -eq "$want"
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }
refused() { # TEXT: the grid on standard input is refused
  cat > bad.yaml
  sweep 3 --list bad.yaml
  complains "bad.yaml:$1"
}
results() { find "$1/points" -name '*.json' -printf '%f %i %T@\n' | sort; }


# ---- Which points there are

cat > grid.yaml << 'END'
command: run
axes: {driver: [a, b], "set": {mem.latency_ns: [1, 2]}}
grids:
  - axes:
      arch: smmuv3
      pasid-by-flag: [false, true]
    skip:
      - {driver: b, pasid-by-flag: true}
      - {mem.latency_ns: [2], driver: a}
  - axes: {driver: c, fault-limit: [null, "true"]}
    only: [{mem.latency_ns: 1}, {fault-limit: "true"}]
  - axes: {arch: smmuv3}
    only: [{driver: a, mem.latency_ns: 1}]
END
sweep 0 --list grid.yaml
cat > want << 'END'
0	iommusim run --story=none --driver=a --set=mem.latency_ns=1 --arch=smmuv3 --json
1	iommusim run --story=none --driver=a --set=mem.latency_ns=1 --arch=smmuv3 --pasid-by-flag --json
2	iommusim run --story=none --driver=b --set=mem.latency_ns=1 --arch=smmuv3 --json
3	iommusim run --story=none --driver=b --set=mem.latency_ns=2 --arch=smmuv3 --json
4	iommusim run --story=none --driver=c --set=mem.latency_ns=1 --json
5	iommusim run --story=none --driver=c --set=mem.latency_ns=1 --fault-limit=true --json
6	iommusim run --story=none --driver=c --set=mem.latency_ns=2 --fault-limit=true --json
7 points
END
check 'products, rules, common axes, a point of two grids' cmp want out


printf 'command: run\naxis: {a: 1}\n' | refused "2:1: a grid has no 'axis'; did you mean 'axes'?"
printf 'command: rm\n' | refused '1:10: command is replay,'
printf 'axes: {a: 1}\n' | refused '1:1: the grid has no command'
printf 'command: run\naxes:\n  a: [1,\n      1]\n' | refused "4:7: '1' stands twice in a"
printf 'command: run\naxes: {a: [1]}\nskip: [{b: 1}]\n' | refused "3:9: the grid has no 'b'"
printf 'command: run\naxes: {a: [1]}\nskip: [{a: 2}]\n' | refused "3:12: a has no value '2'"
printf 'command: run\naxes: {a: [1]}\nskip: [{a: 1}]\n' | refused '1:1: no point is left'
printf 'command: run\naxes: {a: []}\n' | refused '2:11: a has no value'
printf 'command: run\naxes: {a: [[1]]}\n' | refused '2:12: a value of a must be a word'
printf 'command: run\naxes: {input: "x*"}\n' | refused "2:15: there is no file 'x*'"
printf 'command: run\naxes: {json: true}\n' | refused "2:8: 'json' is no long option"
printf 'command: run\naxes: {"a b": 1}\n' | refused "2:8: 'a b' is no long option"
printf 'command: run\naxes: {s: {file: x}}\n' | refused "2:12: s has no 'file'; did you mean 'files'?"
printf 'command: run\naxes: {a: "x\\0y"}\n' | refused '2:11: a value of a has a NUL in it'
{
  echo 'command: run'
  echo 'axes:'
  for axis in a b c d e f g h; do echo "  $axis: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"; done
} | refused '1:1: the axes of this grid have more than 10000000 combinations'
sweep 2
complains 'a grid file, or --merge DIR'
sweep 2 a.yaml b.yaml
sweep 2 --jobs 0 a.yaml
sweep 2 --wait a.yaml
sweep 5 gone.yaml

# ---- Points with every kind of end: 0, 1, 3

name=$'a "good\' one\n$(touch oops).litmus'
cp "$root/tests/litmus/good-ste-s2-to-nested.litmus" "$name"
sed 's/0xe0001000 | pa 0xc0001000/0xc0001000/' "$name" > bad.litmus
echo 'no litmus test' > broken.litmus
cat > ends.yaml << 'END'
command: litmus
axes:
  seeds: [1, 2]
  input: ["a*.litmus", bad.litmus, broken.litmus]
columns: [passed, failed, files.0.verdict]
END
sweep 0 --dry-run -o ends ends.yaml
says '6 points'
check 'a dry run makes no folder' test ! -e ends
sweep 4 --jobs 2 -o ends ends.yaml
says '6 points: 4 done now, 0 were done, 2 failed, 0 missing'
complains 'point 2 gave no result: exit code 3'
complains 'iommusim litmus --seeds=1 --json -- broken.litmus'
check 'no name went through a shell' test ! -e oops
cat > want << END
point,state,exit,why,seeds,input,passed,failed,files.0.verdict
0,done,0,,1,"${name//\"/\"\"}",1,0,pass
1,done,1,,1,bad.litmus,0,1,fail
2,failed,3,exit code 3,1,broken.litmus,,,
3,done,0,,2,"${name//\"/\"\"}",1,0,pass
4,done,1,,2,bad.litmus,0,1,fail
5,failed,3,exit code 3,2,broken.litmus,,,
END
check 'the table' cmp want ends/sweep.csv
for file in ends/points/*.json; do
  check "schema of $file" "$check_schema" "$root/docs/schema/sweep-point.schema.json" < "$file"
done
cp ends/sweep.csv ends/sweep.sqlite .
check 'nobody complains about columns' test "$(grep -c 'no result has' err)" -eq 0
results ends > before

sweep 4 -o ends ends.yaml
says '6 points: 0 done now, 4 were done, 2 failed'
results ends > after
check 'nothing runs twice' cmp before after
check 'the same tables' cmp sweep.sqlite ends/sweep.sqlite
sweep 4 --retry -o ends ends.yaml
results ends > after
check '--retry runs what failed, and nothing else' test "$(comm -13 before after | wc -l)" -eq 2

rm ends/sweep.csv ends/sweep.sqlite
sweep 4 --merge ends
check '--merge: the same csv' cmp sweep.csv ends/sweep.csv
check '--merge: the same sqlite' cmp sweep.sqlite ends/sweep.sqlite
for jobs in 1 5; do
  sweep 4 --jobs $jobs -o "jobs$jobs" ends.yaml
  check "--jobs $jobs: the same csv" cmp sweep.csv "jobs$jobs/sweep.csv"
  check "--jobs $jobs: the same sqlite" cmp sweep.sqlite "jobs$jobs/sweep.sqlite"
done

sed 's/passed, /passed, fialed, /' ends.yaml > slip.yaml
sweep 4 -o ends slip.yaml
complains "no result has what column 'fialed' of the grid asks for"
check 'and only about that' test "$(grep -c 'no result has' err)" -eq 1

# ---- Damaged results are none

damaged() { # NAME COMMAND...: one point runs again, and the table is as before
  local name=$1
  shift
  "$@"
  sweep 4 -o ends ends.yaml
  says '6 points: 1 done now, 3 were done, 2 failed'
  check "$name: the same table" cmp sweep.csv ends/sweep.csv
}
one=$(grep -l '"exit":0' ends/points/*.json | head -1)
other=$(grep -l '"exit":1' ends/points/*.json | head -1)
damaged 'a changed number' sed -i 's/"passed":1/"passed":2/' "$one"
damaged 'a result cut short' truncate -s 100 "$one"
damaged 'an empty result' truncate -s 0 "$one"
damaged 'the result of another point' cp "$other" "$one"
damaged 'a result that is gone' rm "$one"
append() { echo x >> "$1"; }
damaged 'more behind it' append "$one"

# ---- What a crash leaves of a file that is not whole goes, and nothing else

key=$(basename "$one" .json)
touch "ends/points/$key.json.aB3xYz" "ends/points/$key.json.backup" ends/plan.jsonl.Ab12cd ends/sweep.csv.zZzZzZ
touch -d '-2 hours' ends/sweep.sqlite.aBcDeF ends/sweep.sqlite.aBcDeF-journal
kept=("ends/points/$key.json.aB3xYzz" "ends/points/$key.json.aB3x.z" "ends/points/notes.json.aB3xYz" ends/points/a
  "ends/points/$key.json.Living" ends/sweep.csv.backup ends/sweep.csv.261122 ends/sweep.csv.BACKUP
  ends/sweep.sqlite.aBcDeG ends/sweep.sqlite.backup ends/sweep.sqlite.aBcDeFg ends/notes.aB3xYz)
touch "${kept[@]}"
touch -d '-2 hours' ends/sweep.sqlite.backup ends/sweep.sqlite.aBcDeFg
mkdir "ends/points/$key.json.Folder"
ln -s "$work/ends.yaml" "ends/points/$key.json.Linked"
exec 9< "ends/points/$key.json.Living" # somebody writes it
flock -x 9
sweep 4 -o ends ends.yaml
says '6 points: 0 done now, 4 were done, 2 failed'
complains '6 files of a run that was killed in ends: removed'
check 'the dead ones are gone' test -z "$(find ends -name "$key.json.aB3xYz" -o -name '*.Ab12cd' -o -name '*.zZzZzZ' \
  -o -name "$key.json.backup" -o -name 'sweep.sqlite.aBcDeF' -o -name '*-journal')"
for file in "${kept[@]}" "ends/points/$key.json.Folder" "ends/points/$key.json.Linked"; do check "$file stays" test -e "$file"; done
exec 9<&-
sweep 4 -o ends ends.yaml
complains '1 file of a run that was killed in ends: removed'
check 'what was written meanwhile is dead now' test ! -e "ends/points/$key.json.Living"
sweep 4 -o ends ends.yaml
check 'nobody complains twice' test "$(grep -c 'was killed' err)" -eq 0
rm -r "${kept[@]:0:4}" "${kept[@]:5}" "ends/points/$key.json.Folder" "ends/points/$key.json.Linked"

# ---- What a result depends on

sed -i 's/no litmus/iommusim-text\/1 litmus # no/' broken.litmus
cp broken.litmus broken.now
cp "$root/tests/litmus/good-ste-s2-to-nested.litmus" broken.litmus
sweep 0 -o ends ends.yaml
says '6 points: 2 done now, 4 were done, 0 failed'
cp "$(readlink -f bin/iommusim)" other
echo >> other
./other sweep -o ends ends.yaml > out 2> err
says '6 points: 6 done now, 0 were done'
complains 'ends has results of another build of iommusim'
sweep 0 -o ends ends.yaml
says '6 points: 0 done now, 6 were done'

# ---- Elements

sweep 0 --elements 4 -o parts ends.yaml
for element in 3 0 2; do sweep 0 --element $element parts; done
says 'element 2: 1 points, 1 done now, 0 failed'
(cd / && iommusim sweep --element 1 "$work/parts") > out 2> err
says 'element 1: 2 points, 2 done now, 0 failed'
sweep 0 --element 1 parts
says 'element 1: 0 points'
sweep 0 --merge parts
check 'elements: the same bytes' cmp parts/sweep.sqlite ends/sweep.sqlite
sweep 2 --element 4 parts
rm parts/points/*
./other sweep --element 0 parts > out 2> err
complains 'the sweep was made for another build'
echo '# changed' >> bad.litmus
sweep 3 --element 1 parts
complains 'an input of point 1 has changed'
sweep 4 --merge parts
says '6 points: 0 done now, 0 were done, 0 failed, 6 missing'
check 'missing points have their rows' test "$(grep -c ',missing,,,' parts/sweep.csv)" -eq 6

# ---- Points that do not end by themselves

cat > slow.yaml << 'END'
command: litmus
axes: {seeds: [999999, 1000000], input: slow-*}
END
# No other process that runs now has this in its command line.
slow=slow-$$-$RANDOM.litmus
cp "$root/tests/litmus/good-ste-s2-to-nested.litmus" "$slow"
is_gone() { ! pgrep -f -- "--json -- $slow" > /dev/null; }
soon() { # COMMAND...: within 10 s
  for _ in $(seq 100); do
    "$@" && return 0
    sleep 0.1
  done
  return 1
}
started() { [ "$(pgrep -c -P "$1")" -eq 2 ]; }
sweep 4 --jobs 2 --timeout 1 -o slow slow.yaml
says '2 points: 0 done now, 0 were done, 2 failed'
complains 'took longer than --timeout'
check 'no late process is left' is_gone
for signal in INT TERM KILL; do
  iommusim sweep --jobs 2 --retry -o slow slow.yaml > out 2> err &
  pid=$!
  check 'both run' soon started $pid
  results slow > before
  kill -$signal $pid
  wait $pid 2> /dev/null
  check "$signal: the exit code says so" test $? -eq $((128 + $(kill -l $signal)))
  check "$signal: no process is left" soon is_gone
  results slow > after
  check "$signal: no result is written" cmp before after
done
iommusim sweep --jobs 2 --retry -o slow slow.yaml > out 2> err &
pid=$!
check 'both run' soon started $pid
for child in $(pgrep -P $pid); do kill -USR1 "$child"; done # the sanitizers catch SEGV
wait $pid
complains 'ended by signal 10'

# Killed again and again while it writes: what is left behind goes with the next run.
cat > many.yaml << 'END'
command: litmus
axes: {seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], input: bad.litmus}
END
for pause in 0.02 0.05 0.08 0.11 0.14; do
  iommusim sweep --jobs 4 -o many many.yaml > out 2> err &
  pid=$!
  sleep $pause
  kill -KILL $pid
  wait $pid 2> /dev/null
done
sweep 0 --jobs 4 -o many many.yaml
check 'after kills: whole results and nothing else' test "$(find many/points -type f | wc -l)" -eq 20
check 'after kills: all of them' grep -q '^20 points: .* 0 failed, 0 missing' out
check 'nothing but results is left' test -z "$(find slow/points -type f ! -name '*.json')"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
