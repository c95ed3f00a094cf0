#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# report_test.sh - iommusim compare and iommusim report as a user sees them: exit codes, tables,
# JSON, pages that are valid, whole, harmless and the same each time.
#   report_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# What is expected was counted in the captures and scenarios by hand.
set -u
unset NO_COLOR
check_schema=$2
root=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp"
ln -s "$1" "$work/bin/iommusim"
PATH=$work/bin:$PATH
export TMPDIR=$work/tmp
cd "$work" || exit 2
trace=$root/traces/captures/arm64-basic/trace.dat
scenario=$root/kernel-glue/capture/scenarios/basic.scn
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
run() { # EXIT ARGS... - iommusim ARGS must end with EXIT; leaves out and err
  local want=$1 code
  shift
  iommusim "$@" > out 2> err
  code=$?
  check "iommusim $*: exit $code, wanted $want" test $code -eq "$want"
  [ $code -eq "$want" ] || head -3 err
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
says_re() { check "/$1/ on standard output" grep -qE -e "$1" out; }
says_not() { check "no '$1' on standard output" sh -c '! grep -qF -e "$1" out' - "$1"; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }
silent() { check "nothing on standard $1 ($2)" test ! -s "$1"; }
has() { check "'$2' in $1" grep -qF -e "$2" "$1"; }
has_re() { check "/$2/ in $1" grep -qE -e "$2" "$1"; }
has_not() { check "no /$2/ in $1" sh -c '! grep -qE -e "$2" "$1"' - "$1" "$2"; }
valid() { # NAME - out follows the schema
  check "$1 follows the schema" "$check_schema" "$root/docs/schema/compare.schema.json" < out
}

# ---- Results to look at

result() { # FILE ARGS...
  local file=$1
  shift
  iommusim "$@" --json > "$file" 2> /dev/null
}
result linux.json run --script "$scenario" --driver linux-6.12
result best.json run --script "$scenario" --driver best
result capture.json replay "$trace"
result far.json replay "$trace" --set mem.latency_ns=460
result explored.json explore "$trace"
iommusim import "$trace" -o vm.txt

# ---- compare: verdicts, costs, exit codes

run 0 compare linux.json best.json
silent err compare
says_re '^ +4 +4  replace +0000:00:04.0 +BREAKS +-> HITLESS +better$'
says_re '^ +5 +5  replace +0000:00:04.0 +BREAKS +-> HITLESS +better$'
says_re 'smmu-l1std-no-cfgi +1 -> 0  better'
says_not 'HITLESS         -> HITLESS'
# an STE from abort to bypass: two stores and two CFGI_STE each with a sync, against one
says_re '^ +CFGI_STE +2 -> +1 +-1  x0.5$'
says 'Comparison: b is better than a. Operations: 2 better, 6 the same, 2 rules broken less often.'
run 1 compare best.json linux.json
says_re '^ +4 +4  replace +0000:00:04.0 +HITLESS +-> BREAKS +worse  <<<$'
says 'Comparison: b is worse than a. Operations: 2 worse, 6 the same, 2 rules broken more often.'
run 0 compare linux.json best.json --all
says_re '^ +1 +1  attach +0000:00:04.0 +HITLESS +-> HITLESS +same$'
run 0 compare linux.json linux.json
says 'Comparison: b is the same as a. Operations: 8 the same.'
says_not 'differ'
run 0 compare capture.json far.json
says_re 'mem.latency_ns +150 -> 460'
says 'Comparison: the verdicts of b are those of a, costs differ.'
run 1 compare capture.json far.json --tolerance 5
says 'b costs more than a, beyond what is tolerated'
run 0 compare capture.json far.json --tolerance 100000
says_not 'Costs that differ'
run 0 compare explored.json explored.json --all
says_re 'drv_attach +0000:00:03.0 +STALE-REFUSAL +-> STALE-REFUSAL +same  \(architecture\)$'
says_re 'drv_attach +0000:00:03.0 +HITLESS +-> HITLESS +same  \(deployed\)$'

# ... a stream that ends before its detach
last=$(grep -n 'begin detach' vm.txt | tail -1 | cut -d: -f1)
sed "$last,\$d" vm.txt > less.iotr.txt
result less.json replay less.iotr.txt
run 4 compare capture.json less.json
says_re '^ +9 +-  detach +0000:00:04.0 +HITLESS +-> - +only a$'
says 'Operations: 8 the same, 1 only in a.'
run 4 compare less.json capture.json
says_re '^ +- +9  detach +0000:00:04.0 +- +-> HITLESS +only b$'

run 0 compare linux.json best.json --json
valid 'a comparison'
says '"outcome": "better"'
run 1 compare best.json linux.json --json
valid 'a worse one'
run 0 compare capture.json far.json --json --tolerance 5000
valid 'one with a tolerance'
run 4 compare capture.json less.json --json
valid 'one with an operation on one side'
run 0 compare explored.json explored.json --json
valid 'one of explorations'
run 0 compare <(cat linux.json) <(cat best.json)
says 'b is better than a'

# ---- compare: what is refused

usage() { # WANTED_TEXT ARGS...
  local text=$1
  shift
  run 2 "$@"
  complains "$text"
  silent out "$*"
}
usage 'two files of results are needed' compare linux.json
usage "'c' is one too many" compare a b c
usage '--tolerance is a number of per cent' compare a b --tolerance x
usage '--tolerance is a number of per cent' compare a b --tolerance -1
usage '--tolerance is a number of per cent' compare a b --tolerance nan
run 3 compare linux.json explored.json
complains 'only results of one kind can be compared'
run 3 compare linux.json vm.txt
complains 'vm.txt:1:'
run 5 compare linux.json no-such.json
complains 'no-such.json: cannot open'
echo '{"schema": "iommusim.show/1"}' > show.json
run 3 compare show.json linux.json
complains "its schema is 'iommusim.show/1', which this iommusim does not know"
head -c 3000 linux.json > cut.json
run 3 compare cut.json linux.json
complains 'cut.json:'
iommusim compare linux.json best.json > /dev/full 2> err
check 'a full disk' test $? -eq 5

# ---- report: pages

# page NAME - valid, whole, without scripts or anything from elsewhere, and no name given twice
page() {
  local file=$1
  check "$file begins as a page" grep -qx '<!DOCTYPE html>' "$file"
  check "$file is whole" test "$(tail -n 1 "$file")" = '</html>'
  has_not "$file" '<script|<iframe|<link|<img|<object|@import|<[^>]*(javascript:| on[a-z]+=)'
  has_not "$file" '(src|href|xlink:href)=.?(https?:|//|data:|file:)'
  has_not "$file" 'url\([^#]'
  check "$file names no id twice" test -z "$(grep -oE " id=['\"][^'\"]+" "$file" | sort | uniq -d)"
  # every name that is used is there
  grep -oE "(href=.#|url\(#)[^'\")]+" "$file" | sed 's/.*#//' | sort -u > used
  grep -oE " id=['\"][^'\"]+" "$file" | sed "s/.*['\"]//" | sort -u > given
  check "$file uses no name that is not there: $(comm -23 used given | head -3)" \
    test -z "$(comm -23 used given)"
  if command -v tidy > /dev/null; then
    tidy -q -e "$file" > tidied 2>&1
    check "tidy on $file: $(head -3 tidied)" test ! -s tidied
  fi
}

run 0 report "$trace" -o trace.html
silent err report
silent out report
page trace.html
has trace.html 'Safe, not hitless: in 2 of 9 operations requests were refused'
check 'nine operations, one of them a map' test "$(grep -c '<tr><th scope="row" class="num">' trace.html)" -eq 8
has trace.html 'maps and unmaps, 1.'
has trace.html 'The story of operation 6'
has_re trace.html '<span class="saw">.*&gt;&gt; probe 0x[0-9a-f]+.*REFUSED, C_BAD_CD</span>|<span class="saw">.*&gt;&gt; .*REFUSED, C_BAD_CD'
check 'two pictures' test "$(grep -c '<svg viewBox="0 0 1000 .*role="img"' trace.html)" -eq 2
# V=0 from the first store of the switch to the third: one gap, that three addresses and the traffic see
check 'refusals are drawn' test "$(grep -c '<g class="t-refused"><title>REFUSED C_BAD_CD</title>' trace.html)" -eq 4
has_re trace.html '>2 CFGI_CD</text><text[^>]*>2 CMD_SYNC</text>'
has trace.html 'smmu-l1std-no-cfgi'
has trace.html 'iommusim replay '
has trace.html '<code>mem.latency_ns</code></th><td><code>150</code>'
has trace.html 'SMMU_IDR0'
for word in HITLESS INCONCLUSIVE BREAKS STALE-REFUSAL TORN STALE POISONS DANGLES; do
  has_re trace.html "<dt><span class=\"v v-[a-z-]+\">$word</span></dt><dd>"
done
has_re trace.html 'width="([0-9.]+)" height="8"/><rect class="b-cpu" x="\1"' # behind the waits
run 0 report "$trace" -o again.html
check 'the same page again' cmp -s trace.html again.html
iommusim report - -o - < "$trace" > stdin.html
check 'standard input and output' test "$(wc -l < stdin.html)" -eq "$(wc -l < trace.html)"
check 'nothing is left in TMPDIR' test -z "$(ls -A tmp)"
run 0 report "$trace" --story 9 --set mem.latency_ns=460 -o nine.html
page nine.html
has nine.html 'The story of operation 9'
has nine.html '--set mem.latency_ns=460 --json'
has nine.html '<code>mem.latency_ns</code></th><td><code>460</code>'
run 0 report "$trace" --story none -o none.html
page none.html
has_not none.html 'The story of'
run 0 report "$root/traces/captures/x86-sm-hwpt/trace.dat" --set probe.max_instants=100 -o vtd.html
page vtd.html
has vtd.html 'VTD_CAP'

run 0 report capture.json -o json.html
page json.html
has json.html 'in 2 of 9 operations'
has json.html 'From the file <code>capture.json</code>'
# The page of a result is that of its stream, but for where it comes from.
parts() { sed '/-origin">/,/<\/section>/d' "$1"; }
check 'one page of the trace and of its result' diff <(parts trace.html) <(parts json.html)
result untold.json replay "$trace" --story none
run 0 report untold.json -o untold.html
page untold.html
has_not untold.html 'The story of'
has untold.html 'The worst operation: replace'
has untold.html 'made with <code>--story none</code>'
has_re untold.html '<th scope="row">drv_attach</th><td class="num">[0-9.]+ ns</td><td class="num">[0-9.]+ us</td><td class="num">3</td>'
# 900 HITLESS ones, then 600 BREAKS: there is room for 400 and 600.
python3 -c 'import json
result = json.load(open("capture.json"))
attach, replace = result["operations"][0], result["operations"][5]
result["operations"] = [attach] * 900 + [replace] * 600
json.dump(result, open("many.json", "w"))'
run 0 report many.json -o many.html
page many.html
check 'its table has a thousand rows' test "$(grep -c '<tr><th scope="row" class="num">' many.html)" -eq 1000
check 'all that break are there' \
  test "$(grep -c '<tr><th scope="row" class="num">.*v-breaks' many.html)" -eq 600
check 'and it is told, for operations and costs' \
  test "$(grep -c 'stays small: 500 operations, HITLESS ones first' many.html)" -eq 2
result six.json replay "$trace" --story 9
run 0 report six.json -o six.html
has six.html 'The story of operation 9'
sed 's/"verdict": "BREAKS"/"verdict": "TORN"/' linux.json > torn.json
run 0 report torn.json -o torn.html
page torn.html
has torn.html 'Not safe: in 2 of 8 operations a request reached a wrong place'
run 0 report explored.json -o explored.html
page explored.html
has_re explored.html 'BREAKS</span></td><td class="who"><code>0x20</code></td><td>during</td><td class="why">refused: C_BAD_CD'
has explored.html 'L1STD-CFGI'
run 0 report linux.json best.json -o two.html
page two.html
has two.html 'b is better than a. Operations: 2 better, 6 the same'
check 'two are better' test "$(grep -c 'v c-better">better</span></td><td class="who"' two.html)" -eq 2
run 0 report "$trace" "$trace" -o both.html
page both.html
has both.html 'b is the same as a'
check 'four pictures' test "$(grep -c '<svg viewBox="0 0 1000 .*role="img"' both.html)" -eq 4
printf 'iommusim-text/1 records\n@10 iommu 0 smmuv3 0x9050000 0x20000\n' > idle.iotr.txt
run 0 report idle.iotr.txt -o idle.html
page idle.html
run 0 report idle.iotr.txt idle.iotr.txt -o idle-two.html
page idle-two.html
grep -v -e drv_attach -e 'begin attach' -e 'end attach' -e 'replace' -e detach vm.txt > maps.iotr.txt
iommusim report maps.iotr.txt -o maps.html > out 2>&1
page maps.html
has idle.html 'There is no operation to judge.'

# ---- One transition, and tables of sweeps

cell() { # BY REPLAY BLOCKED_NS
  cat << END
{"schema": "iommusim.transition/1", "kind": "ran", "cell": {"arch": "smmuv3", "from": "s1", "to": "s2",
 "by": "$1"}, "ret": {"expected": 0, "actual": 0}, "verdict": {"replay": "$2",
 "explore_architecture": "TORN", "explore_deployed": "$2", "inconclusive": false, "why": [],
 "rules": {}}, "costs": {"commands": {"CMD_SYNC": 2}, "syncs": 2, "blocked_ns": $3, "total_ns": 5000},
 "halves": [{"op": "detach", "replay": "HITLESS", "explore_architecture": "HITLESS",
 "explore_deployed": "HITLESS", "syncs": 1, "total_ns": 3000}, {"op": "attach", "replay": "HITLESS",
 "explore_architecture": "HITLESS", "explore_deployed": "HITLESS", "syncs": 1, "total_ns": 2000}]}
END
}
cell replace HITLESS 0 > replace.json
cell detach-attach BREAKS 3042 > apart.json
echo '{"schema": "iommusim.transition/1", "kind": "illegal", "cell": {"from": "blocked", "to": "s1",
 "by": "replace"}, "reason": "nothing <b>is</b> attached", "section": "iommufd"}' > illegal.json
run 1 compare replace.json apart.json
says_re 'transition +HITLESS +-> BREAKS +worse  <<<  \(replay\)$'
says_re 'cell.by +replace -> detach-attach'
run 1 compare replace.json apart.json --json
valid 'one of transitions'
run 0 report apart.json -o apart.html
page apart.html
has apart.html 'From s1 to s2 by detach-attach: safe, not hitless; DMA that both ends serve was refused for 3.042 us. Permitted hardware may do worse: TORN'
run 0 report replace.json apart.json -o cells.html
page cells.html
run 0 report illegal.json -o illegal.html
page illegal.html
has illegal.html 'nothing &lt;b&gt;is&lt;/b&gt; attached (iommufd)'

cat > sweep.csv << 'END'
point,state,exit,why,driver,from,to,by,kind,reason,verdict.replay,costs.blocked_ns,costs.total_ns
0,done,0,,best,s1,s1,replace,ran,,HITLESS,0,4000
1,done,1,,best,s1,s1,detach-attach,ran,,BREAKS,3000,5000
2,done,0,,best,s1,s2,replace,ran,,HITLESS,0,4100
3,done,1,,best,s1,s2,detach-attach,ran,,BREAKS,3100,5100
4,done,4,,best,s2,s1,replace,illegal,"so, ""<i>no</i>""",,,
5,failed,5,crash,best,s2,s1,detach-attach,,,,,
END
sed 's/^2,done,0,,best,s1,s2,replace,ran,,HITLESS,0/2,done,1,,best,s1,s2,replace,ran,,BREAKS,900/' sweep.csv > bad.csv
run 0 report sweep.csv -o sweep.html
page sweep.html
has sweep.html '6 points: 2 HITLESS, 2 BREAKS, 1 illegal, 1 failed'
has sweep.html 'driver best, by replace: 2 HITLESS, 1 illegal'
has sweep.html 'title="so, &quot;&lt;i&gt;no&lt;/i&gt;&quot;">illegal</span>'
has sweep.html '<span class="v v-none" title="crash">failed</span>'
tr -d '\n' < sweep.html > line
hitless='<td><span class="v v-hitless">HITLESS</span></td>'
has line "<tr><th scope=\"row\">s1</th>$hitless$hitless</tr>"
has line '>illegal</span></td><td></td></tr>'
check 'two pairs' test "$(grep -c '<tr class="member"><th scope="row">s1 to s' sweep.html)" -eq 2
has_not sweep.html 'the first is drawn'
sed '2p' sweep.csv > same.csv
run 0 report same.csv -o same.html
page same.html
has same.html 'the first is drawn; 1 are not.'
run 1 compare sweep.csv bad.csv
says_re 'driver=best from=s1 to=s2 by=replace +HITLESS +-> BREAKS +worse  <<<'
says_re 'blocked +0 ns -> +900 ns +\+900 ns  new'
run 0 report sweep.csv bad.csv -o sweeps.html
page sweeps.html
cat > plain.csv << 'END'
point,state,exit,why,driver,arch,summary.worst,run.end_ns
0,done,0,,best,vtd,HITLESS,7
1,done,1,,linux-7,vtd,BREAKS,8
END
run 0 report plain.csv -o plain.html
page plain.html
has plain.html 'Of all points: arch <code>vtd</code>.'
has plain.html '<td>best</td><td><span class="v v-hitless">HITLESS</span></td><td class="num">7 ns</td>'
has plain.html '<td>linux-7</td><td><span class="v v-breaks">BREAKS</span></td><td class="num">8 ns</td>'
echo 'point,state,exit,why' > none.csv
run 0 report none.csv -o none-points.html
page none-points.html
printf 'a,b\n1,2\n' > other.csv
run 3 compare other.csv sweep.csv
complains 'other.csv is a table, without verdicts and costs to compare'
run 3 compare linux.json other.csv
complains 'other.csv is a table, without verdicts and costs to compare'

# ... as sweeps leave them: a folder, a database
cat > grid.yaml << END
command: run
axes: {script: $scenario, driver: [linux-6.12, best]}
columns: [summary.*]
END
run 0 sweep grid.yaml -o swept
rows='<td>best</td><td><span class="v v-hitless">HITLESS</span></td>'
for form in swept swept/sweep.csv swept/sweep.sqlite; do
  run 0 report "$form" -o swept.html
  page swept.html
  has swept.html "$rows"
  has swept.html '2 points: 1 HITLESS, 1 BREAKS'
done
run 0 compare swept swept/sweep.sqlite
mkdir empty
run 3 report empty -o x.html
complains 'empty: a folder without sweep.csv'
sqlite() { python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])' "$@"; }
sqlite view.sqlite 'CREATE VIEW points AS WITH RECURSIVE a(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM a) SELECT b FROM a'
sqlite other.sqlite 'CREATE TABLE points (a, b); INSERT INTO points VALUES (1, 2)'
sqlite slow.sqlite "CREATE TABLE points (point, state, exit, why,
  slow AS (length(printf('%.*c', 100000000, 'x')))); INSERT INTO points VALUES (0, 'done', 0, '')"
head -c 5000 swept/sweep.sqlite > cut.sqlite
for form in view other cut; do
  run 3 report "$form.sqlite" -o x.html
done
iommusim report slow.sqlite -o slow.html > out 2> err
check 'a computed column ends somehow' test $? -le 3

# ---- Tables of other things: any list, and those that differ

# listed SCHEMA MEMBER ITEM - a list of one item
listed() { echo "{\"schema\": \"iommusim.$1/1\", \"$2\": [$3]}"; }
listed litmus files '{"test": "a<b>", "verdict": "pass", "runs": 7, "answers": 3, "doc": "d", "file": "f"}' > litmus.json
listed litmus files '{"test": "a<b>", "verdict": "fail", "runs": 7, "answers": 3, "doc": "d", "file": "f"},
  {"test": "c", "verdict": "pass"}' > litmus2.json
iommusim rules smmu-ste-torn --json > rules.json
iommusim decode ste 0x40f0a00b 0xd6 --json > decoded.json
iommusim import "$trace" -o vm.iotr --stats --json > imported.json
iommusim diff vm.iotr vm.iotr --json > differ.json
iommusim run --cells --json > cells.json
iommusim compare linux.json best.json --json > comparison.json
for list in litmus litmus2 rules decoded imported differ cells comparison; do
  run 0 report $list.json -o $list.html
  page $list.html
done
has litmus.html 'Litmus tests: 1, 1 pass'
has litmus.html '<td class="who"><code>a&lt;b&gt;</code></td><td>pass</td><td class="num">7</td>'
has rules.html 'smmu-ste-torn</code>: bad</h3>'
has rules.html 'store CD 0x21000 0x'
has decoded.html '<td class="who"><code>V</code></td>'
has cells.html '<code>smmuv3</code></td><td class="who"><code>linux-6.12</code></td><td class="num">64</td>'
has comparison.html 'Operations: 2 better, 6 the same'
run 0 report litmus.json litmus2.json -o lists.html
page lists.html
has lists.html '<code>a&lt;b&gt;</code></th><td>verdict</td><td>pass</td><td>fail</td>'
has lists.html '<code>c</code></th><td></td><td></td><td>only here</td>'
has lists.html '<h1>a and b differ in 2 places</h1>'
check 'two differences' test "$(sed -n '/id="changes"/,/<\/section>/p' lists.html | grep -c '<tr><th scope="row">')" -eq 2
run 3 report litmus.json decoded.json -o x.html
complains 'lists with the same columns'
run 3 report comparison.json comparison.json -o x.html
run 3 report litmus.json linux.json -o x.html
run 0 report other.csv -o other.html
page other.html
has other.html '<td class="num">2</td>'
{
  echo arch,driver,load,pasid,ats,by,from,to,verdict,replay,total_ns,blocked_ns
  echo vtd,best,nic,none,no-ats,replace,s1,s2,HITLESS,TORN,900,0
  echo vtd,best,nic,none,no-ats,detach-attach,s1,s2,BREAKS,BREAKS,1900,1000
} > transitions.csv
awk -F, -f "$root/bench/transitions/json.awk" transitions.csv > transitions.json
for form in csv json; do
  run 0 report transitions.$form -o transitions.html
  page transitions.html
  has transitions.html '<span class="v v-hitless">HITLESS</span><span class="may">may: TORN</span>'
  has transitions.html 'is worse; so it is at 1 points.'
  has transitions.html 'Permitted hardware may do</span><strong><span class="v v-torn">TORN'
  has transitions.html '2 points: 1 HITLESS, 1 BREAKS'
  has transitions.html 'arch vtd, driver best, load nic, pasid none, ats no-ats, by replace: 1 HITLESS'
  has transitions.html '<td class="num">900 ns</td><td class="num">1.900 us</td><td class="num">0 ns</td><td class="num">1.000 us</td>'
done
run 0 compare transitions.csv transitions.json
# ... with presets, as another table each
{ sed '1s/$/,preset/; 2,$s/$/,snb/' transitions.csv; sed '1d; s/TORN/HITLESS/; s/$/,icx/' transitions.csv; } > presets.csv
run 0 report presets.csv -o presets.html
page presets.html
has presets.html 'ats no-ats, by replace, preset snb: 1 HITLESS'
has presets.html 'ats no-ats, by replace, preset icx: 1 HITLESS'
run 0 compare presets.csv presets.csv
says 'b is the same as a'
echo '[{"a": 1}, {"b": 1}]' > odd.json
run 3 report odd.json -o x.html
complains 'odd.json: JSON without a member "schema"'

# ---- report: names that want to be markup

evil='<script>alert(1)</script>\\"\&#39; onload=x <b>'
sed "s|0000:00:04.0|$evil|; s|\"smmuv3\"|\"$evil\"|" linux.json > evil.json
sed 's|"0000:00:04.0"|"<script>alert(1)</script>\&#39; <b>"|' vm.txt > 'a<b>&c.iotr.txt'
run 0 report evil.json -o evil.html
page evil.html
has_not evil.html '<b>|onload=x <b>'
has evil.html '&lt;script&gt;alert(1)&lt;/script&gt;'
run 0 report 'a<b>&c.iotr.txt' -o evil-stream.html
page evil-stream.html
has_not evil-stream.html '<b>'
has evil-stream.html "iommusim replay &#39;a&lt;b&gt;&amp;c.iotr.txt&#39;"
run 0 report evil.json linux.json -o evil-two.html
page evil-two.html
sed 's|"0000:00:04.0"|"\\u001b[31m\\u202e\\u0007"|' linux.json > control.json
run 0 report control.json -o control.html
page control.html
check 'no control character in a page' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" control.html'
run 0 compare control.json linux.json --all # one device here, one there: it must be the same
check 'no control character on a terminal' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" out'

# ---- report: what is refused

usage 'a result or a trace is missing' report -o x.html
usage '-o FILE says where the page goes' report linux.json
usage "'c' is one too many" report a b c -o x.html
usage '--json is of no use here' report "$trace" --json -o x.html
usage '--plots is of no use here' report "$trace" --plots x -o x.html
usage 'is a result already: --preset says nothing about it' report linux.json --preset zero -o x.html
usage 'the stream has 9 operations' report "$trace" --story 10 -o x.html
check 'no page of a refused input' test ! -e x.html
run 3 report linux.json explored.json -o x.html
complains 'only results of one kind can be compared'
run 3 report cut.json -o x.html
run 5 report no-such-file -o x.html
run 5 report linux.json -o no-such-folder/x.html
PATH=bin iommusim report vm.txt -o bare.html
check 'a page needs no other program' test $? -eq 0
check 'and has its pictures' test "$(grep -c 'role="img"' bare.html)" -eq 2

# ---- Help and manual

for command in compare report; do
  run 0 "$command" --help
  silent err "$command --help"
done
iommusim compare --help | grep -oE -e '--[a-z-]+' | sort -u | grep -vx -e --help -e --usage > options
for option in $(cat options) --output; do
  page=$root/docs/man/iommusim-compare.1
  [ "$option" = --output ] && page=$root/docs/man/iommusim-report.1
  check "$option is in the manual" grep -qE -e "Fl -${option#--}( |\$)" "$page"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
