#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_test.sh - the command line as a user sees it: exit codes, streams, messages, files, JSON.
#   cli_test.sh IOMMUSIM CHECK_SCHEMA PROJECT_DIR
# What is expected is typed by hand, from the specifications and the facts about the captures.
set -u
unset NO_COLOR
check_schema=$2
root=$3
captures=$root/traces/captures
trace=$captures/arm64-basic/trace.dat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/dir"
ln -s "$1" "$work/bin/iommusim"
ln -s "$root/traces" "$work/traces"
PATH=$work/bin:$PATH
cd "$work" || exit 2
passed=0
failed=0

fail() { # TEXT
  failed=$((failed + 1))
  echo "FAILED: $1"
}

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    fail "$name"
  fi
}

# run EXIT ARGS... - the program with ARGS must end with EXIT; leaves out and err. All that was ever
# written is kept for the last check.
run() {
  local want=$1 code
  shift
  iommusim "$@" > out 2> err
  code=$?
  cat out err >> everything
  if [ $code -eq "$want" ]; then
    passed=$((passed + 1))
  else
    fail "iommusim $*: exit $code, wanted $want"
    head -3 err
  fi
}
says() { check "'$1' on standard output" grep -qF -e "$1" out; }
says_re() { check "/$1/ on standard output" grep -qE -e "$1" out; }
complains() { check "'$1' on standard error" grep -qF -e "$1" err; }
silent() { check "nothing on standard $1 ($2)" test ! -s "$1"; }

usage() { # WANTED_TEXT ARGS... - a wrong command line: 2, and the message names the culprit
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
}

# ---- The program itself

run 2
complains 'Usage: iommusim COMMAND'
silent out 'no command'
usage "unknown command 'improt'" improt x
usage "unknown command '--bogus'" --bogus
run 0 --version
check 'the version is that of the project' grep -qx 'iommusim [0-9]*\.[0-9]*\.[0-9]*' out
silent err --version
run 0 --help
says 'Exit codes: 0 '
silent err --help
for command in import show replay rules diff compare report explore linux run decode check litmus sweep; do
  run 0 --help
  check "--help names $command" grep -qE "^  $command +[a-z]" out
done

# help COMMAND OPTION... - its help, and its manual page, name every option.
help() {
  local command=$1
  shift
  run 0 "$command" --help
  silent err "$command --help"
  says "Usage: iommusim $command "
  for option in --help --usage "$@"; do
    says "$option"
  done
  # ... and no option is in the help that is not in the list or the manual.
  grep -oE -e '^ .*  --[a-z-]+|^ +-[a-z], --[a-z-]+' out | grep -oE -e '--[a-z-]+$' |
    grep -vx -e --help -e --usage > named
  for option in $(cat named); do
    check "$command $option is in the test" grep -qwF -e "$option" <<< "$*"
    check "$command $option is in the manual" \
      grep -qE -e "Fl -${option#--}( |\$)" "$root/docs/man/iommusim-$command.1"
  done
}
help import --format --json --output --stats --verify-memory
help show --kaslr --op --vmlinux
help explore --all-ops --allow --atom --device-tlb-order --json --kaslr --level --max-views --reproduce --same-tag-conflict --set --vmlinux --witness
help diff --barriers --extra --json --op --skip --vmlinux-a --vmlinux-b
help compare --all --json --tolerance
help decode --all --arch --granule --json --legacy --level
help check
help litmus --json --records --seeds --set
help rules --bad --good --json
help sweep --dry-run --element --element-seconds --elements --jobs --list --merge --out --partition --point-ms --retry --slurm --time --timeout --wait

# ---- Wrong command lines

usage 'an input file is missing' import
usage "'b' is one too many" import a b
usage "'--bogus'" import --bogus a
usage '--format is' import --format=elf a
usage "'o'" import a -o
usage '--verify-memory' import --verify-memory attached a
usage '--verify-memory' import --verify-memory =mem.elf a
usage '-o -' import "$trace" -o - --json
usage '-o -' import "$trace" -o - --stats
usage 'an input file is missing' show
usage "'--bogus'" show --bogus a
usage '--op' show --op swap a
usage '--op' show --op map,0 a
usage '--op' show --op map,-1 a
usage '--op' show --op map,x a
usage 'a file is missing' check
usage '--arch' decode --arch riscv ste 0
usage '--granule' decode --granule 5K pte_s1 0
usage '--level' decode --level 9 pte_s1 0
usage '--level' decode --level x pte_s1 0
usage '--json' decode --json

# ---- Files that are not there, or not what they should be

for command in import show check; do
  run 5 $command no-such-file
  complains 'no-such-file: cannot open: No such file'
  silent out "$command no-such-file"
done
run 5 import "$work"
printf 'iommusim-text/1 records\n@10 mark "good"\n@20 stare STE 0x0 0x0\n' > bad.iotr.txt
: > empty
printf 'neither this nor that\n' > odd
printf 'iotr\r\n\032\n\377\377%050d' 0 > alien.iotr # of another major version
for input in bad.iotr.txt empty odd alien.iotr; do
  for command in import show check; do
    refused "$input:" $command $input
  done
done
refused 'no trace' import /dev/zero # which has no end
run 3 check bad.iotr.txt
complains 'bad.iotr.txt:3:5: '
refused "no operation 'set_pasid'" show "$trace" --op set_pasid
refused 'number 52' show "$trace" --op map,53 # 52 maps in the capture
run 0 show "$trace" --op map,52

# ---- Output appears whole or not at all

run 3 import bad.iotr.txt -o dir/new.iotr
check 'a refused input leaves no file' test -z "$(ls -A dir)"
echo precious > dir/old.iotr
cp dir/old.iotr old
run 3 import bad.iotr.txt -o dir/old.iotr
check 'an existing output stays as it was' cmp -s old dir/old.iotr
run 5 import "$trace" -o no-such-dir/x.iotr
complains 'no-such-dir'
run 1 import "$trace" -o dir/old.iotr --verify-memory no-such-mark=mem.elf
check 'nothing else is left' test "$(ls -A dir)" = old.iotr
run 0 import dir/old.iotr -o dir/old.iotr # onto itself
run 0 import "$trace" -o fresh.iotr
check 'an output can replace its input' cmp -s dir/old.iotr fresh.iotr
run 0 import "$trace" -o /dev/null

full() { # ARGS... - a full disk is an error
  iommusim "$@" > /dev/full 2> err
  check "iommusim $* > /dev/full" test $? -eq 5
  complains 'o space left'
}
run 5 import "$trace" -o /dev/full
complains '/dev/full: cannot write'
full import "$trace" -o -
full import "$trace" --stats
full show "$trace"
full decode ste 0x1
full decode
full --help
full --version
iommusim decode --json ste 1 > /dev/full 2> err
check 'JSON to /dev/full' test $? -eq 5

# ---- Standard input and output, all three kinds of input

run 0 import "$trace" -o vm.iotr
silent out 'import -o'
silent err 'import -o'
run 0 import "$trace" -o vm.txt
run 0 import "$trace" -o -
silent err 'import -o -'
check '-o - is text' cmp -s out vm.txt
run 0 import "$trace" --format iotr -o -
check '-o - --format iotr is .iotr' cmp -s out vm.iotr
run 0 import "$trace" --format text -o odd.iotr
check '--format text, whatever the name' cmp -s odd.iotr vm.txt
run 0 show "$trace"
cp out vm.story
for input in "$trace" vm.iotr vm.txt; do
  run 0 import - -o - < "$input"
  check "import - < $input" cmp -s out vm.txt
  run 0 show - < "$input"
  check "show - < $input" cmp -s out vm.story
  iommusim import - -o - < <(cat "$input") > out 2> err
  check "import - with $input from a pipe" cmp -s out vm.txt
done
run 0 check - < vm.txt
silent out 'check'
silent err 'check'
run 3 check vm.txt bad.iotr.txt vm.txt
run 5 check bad.iotr.txt no-such-file

# ---- Damage: the rest is used, and 4

{
  echo 'iommusim-text/1 records'
  for ((i = 0; i < 40000; i++)); do echo "@$i mark \"$i\""; done
} > marks.txt
run 0 import marks.txt -o marks.iotr
truncate -s -100 marks.iotr
run 4 import marks.iotr -o rest.txt
complains 'warning: marks.iotr: offset '
silent out 'import of a damaged file'
check 'what is whole was written' test "$(grep -c '^@[0-9]* mark ' rest.txt)" -ge 32768
check 'what is lost is marked' grep -qE '^@[0-9]+ lost ' rest.txt
run 4 show marks.iotr
run 4 import marks.iotr --json
says '"damage": "marks.iotr: offset '

# ---- JSON follows its schema

# valid COMMAND - out does; and the checker is awake, since the other schema refuses it.
valid() {
  check "$1 --json follows the schema ($2)" "$check_schema" "$root/docs/schema/$1.schema.json" < out
  local other=import
  [ "$1" = import ] && other=decode
  "$check_schema" "$root/docs/schema/$other.schema.json" < out 2> /dev/null
  check 'the other schema refuses it' test $? -eq 1
}
xz -dc "$captures/arm64-basic/mem-detached.elf.xz" > mem.elf
valid import damaged
for input in "$captures"/*/trace.dat vm.iotr vm.txt; do
  run 0 import "$input" --stats --json
  silent err 'import --json'
  valid import "$input"
done
run 0 import "$trace" --json --verify-memory detached=mem.elf
says '"found": true'
says '"differing_words": 0'
valid import 'memory is equal'
run 1 import "$trace" --json --verify-memory attached-ioas1=mem.elf
says '"pa": "0x'
valid import 'memory differs'
run 1 import "$trace" --json --verify-memory no-such-mark=mem.elf
says '"found": false'
valid import 'no mark'
run 1 import "$trace" --verify-memory no-such-mark=mem.elf
refused 'not an ELF file' import "$trace" --verify-memory "detached=$trace"
run 5 import "$trace" --verify-memory detached=no-such.elf

while read -r words; do
  # shellcheck disable=SC2086
  run 0 decode --json $words
  silent err "decode --json $words"
  valid decode "$words"
done << 'END'
ste 0x40f0a00b 0xd6
ste 0xffffffffffffffff 0xffffffffffffffff 0xffffffffffffffff 0xffffffffffffffff
l1std 0x40e80009
cd 0x4e204c0003510 0x40f6c000 0 0xfffffffff404ff44
l1cd 0x1001
pte_s1 --granule 4K --level 3 0x60000008090e4b
pte_s2 0x405ff4ff
cmd 0x2000000005 0x1
cmd 0xff
evt 0x200000000a
evt 0
pri 1 2
reg CR0 0xd
reg IDR0 0xd40101a
--arch vtd reg 0x18 0x4000000
reg CAP 0xd2008c22260206
root 0x1001 0
ctx 0x20ac001 0x401
ctx --legacy 0x20ac001 0x401
pasid_dir 0x1001
pasid 0x123456089 0x800005
pte_fs 0x17de003
pte_ss 0x17de003
qi 0x12
qi 0
frcd 0x1000 0x8000005800000020
prq 0x1 0
irte 0x1 0
fault 0x58
END

cp vm.txt $'latin1-\xe9.txt'
run 5 import $'latin1-\xe9.txt' --json
complains 'not UTF-8'
silent out 'a name that JSON cannot hold'

# The checker finds what it is there for.
broken() { # WHAT SED_SCRIPT
  iommusim decode --json ste 0x40f0a00b 0xd6 | sed -E "$2" > broken.json
  "$check_schema" "$root/docs/schema/decode.schema.json" < broken.json 2> /dev/null
  check "a document with $1 is refused" test $? -eq 1
}
broken 'a wrong type' 's/"msb": 0,/"msb": "0",/'
broken 'a missing property' '/"title"/d'
broken 'a further property' 's/("title": )/"subtitle": "x", \1/'
broken 'a value outside of its enum' 's/"smmuv3"/"smmuv4"/'
broken 'a value below its minimum' 's/"lsb": 0,/"lsb": -1,/'
broken 'a value that does not match' 's/"0x40f0a00b"/"0x40F0A00B"/'
broken 'half of itself' '20,$d'
echo '{"maximum": 1}' > unknown.schema.json
echo 1 | "$check_schema" unknown.schema.json 2> /dev/null
check 'an unknown keyword is refused' test $? -eq 2

# ---- decode: words, numbers, names; some meanings from the specifications

usage "'xyz' is not a number" decode ste xyz
for number in 0x 0x1g 1.5 '' ' 1' +1 1_ 0x10000000000000000 18446744073709551616; do
  usage "'$number' is not a number" decode ste "$number"
done
usage "'-1' is not a number" decode -- ste -1
run 2 decode ste -1
run 0 decode ste 0xffffffffffffffff
run 0 decode ste 18446744073709551615
usage 'ste takes 1 to 8 words of 64 bits, 0 given' decode ste
usage 'ste takes 1 to 8 words of 64 bits, 9 given' decode ste 1 2 3 4 5 6 7 8 9
run 0 decode ste 1 2 3 4 5 6 7 8
usage 'CR0 takes 1 word of 64 bits, 0 given' decode reg CR0
usage 'CR0 takes 1 word of 64 bits, 2 given' decode reg CR0 1 2
usage 'irte takes 2 words of 64 bits, 1 given' decode irte 1
usage 'more words than any structure has' decode ste 1 2 3 4 5 6 7 8 9 10 11 12
usage "'steh'" decode steh 1
usage "'CR9'" decode reg CR9 1
usage 'reg needs' decode reg
usage 'of vtd' decode --arch vtd ste 1

run 0 decode
says_re '^  ste  '
says_re '^  qi  '
silent err 'decode'
run 0 decode --arch vtd
check '--arch leaves out the other one' test "$(grep -cE '^  (ste|qi)  ' out)" -eq 1

run 0 decode ste 0x40f0a00b 0xd6
silent err 'decode ste'
says_re '^smmuv3 STE: '
says_re ' V +=  ?1 '
says_re ' Config +=  ?5 \(S1\)'
says_re ' S1ContextPtr +=  ?0x40f0a000 '
says_re ' S1DSS +=  ?2 \(SSID0\)'
check 'what hardware does not read is left out' test "$(grep -c ' S2TTB ' out)" -eq 0
run 0 decode STE 1089511435 214 --all
says_re ' S1ContextPtr +=  ?0x40f0a000 '
says_re ' S2TTB '
run 0 decode cmd 0x2000000005 0x1
says_re '^smmuv3 CFGI_CD: '
says_re ' SID +=  ?32 '
says_re ' Leaf +=  ?1 '
run 0 decode evt 0x200000000a
says_re '^smmuv3 C_BAD_CD: '
run 0 decode evt 0x2000000004
says_re '^smmuv3 C_BAD_STE: '
run 0 decode reg CR0 0xd
says_re ' SMMUEN +=  ?1 '
says_re ' PRIQEN +=  ?0 '
says_re ' EVENTQEN +=  ?1 '
says_re ' CMDQEN +=  ?1 '
run 0 decode reg 0x20 0xd
says_re '^smmuv3 CR0: '
run 0 decode --arch vtd reg 0x18 0x80000000
says_re '^vtd GCMD: '
says_re ' TE +=  ?1 '
run 0 decode reg CR0 0x20
says_re '^! .*reserved bits set: 0x20$'
run 0 decode frcd 0x1000 0x8000005800000020
says_re ' SID +=  ?32 .*00:04\.0'
says_re ' FR +=  ?88 .*F_58h'
run 0 decode ctx --legacy 0x20ac001 0x401
says_re ' DID +=  ?4 '
says_re ' AW +=  ?1 \(39\)'

# ---- show: what the driver did in the first replace of the capture

run 0 show "$trace" --op replace,1
silent err 'show --op'
cat > expected << 'END'
CD: V 1 to 0
CFGI_CD of 0x20
CMD_SYNC
doorbell
CD: TTB0
CFGI_CD of 0x20
CMD_SYNC
doorbell
CD: V 0 to 1
CFGI_CD of 0x20
CMD_SYNC
doorbell
PREFETCH_CONFIG of 0x20
doorbell
END
awk '/ begin drv_attach /{inside = 1; n++} / end drv_attach /{inside = 0}
  !inside {next}
  / CD 0x[0-9a-f]+ word 0 = .* V 1->0 / {print "CD: V 1 to 0"; next}
  / CD 0x[0-9a-f]+ word 1 = .* TTB0 0x[0-9a-f]+->0x[0-9a-f]+$/ {print "CD: TTB0"; next}
  / CD 0x[0-9a-f]+ word 0 = .* V 0->1 / {print "CD: V 0 to 1"; next}
  / CMD 0x[0-9a-f]+ CFGI_CD .*SID=0x20 / {print "CFGI_CD of 0x20"; next}
  / CMD 0x[0-9a-f]+ CMD_SYNC / {print "CMD_SYNC"; next}
  / CMD 0x[0-9a-f]+ PREFETCH_CONFIG .*SID=0x20$/ {print "PREFETCH_CONFIG of 0x20"; next}
  / write CMDQ_PROD = / {print "doorbell"; next}
  / (CMD|CD|STE|write) / {print "unexpected:" $0}' out > story
check 'the story of the replace' diff expected story
check 'it is the driver, once' test "$(grep -c ' begin drv_attach ' out)" -eq 1
check 'three waits in it' test "$(sed -n '/begin drv_attach/,/end drv_attach/p' out |
  grep -c ' wait for slot ')" -eq 3
check 'it ends with its end' grep -q ' end replace ' <(tail -2 out)
check 'times count from its begin' grep -qE '^ +0\.000 us  cpu0  begin replace ' <(head -1 out)

# ---- show: descriptors by their stage, which is known only once an entry leads to the table

run 0 show "$trace" --op map,1
says_re ' PTE_S1 .* AP PRIV_RW->RW '
run 0 show "$captures/../arm64-s2-basic.iotr" --op map,1
says_re ' PTE_S2 0x[0-9a-f]* .* S2AP NONE->W '
cp out from-file
iommusim show <(cat "$captures/../arm64-s2-basic.iotr") --op map,1 > out 2> err
check 'show from a pipe' cmp -s out from-file

# ---- run

usage '--script' run
usage '--arch is smmuv3 or vtd' run --script my.scn --arch arm
usage "no driver 'bogus'" run --script my.scn --driver bogus
usage '--fault-limit' run --script my.scn --fault-limit soon
run 5 run --script no-such.scn
complains 'cannot be read'
printf 'iommusim-text/1 scenario\nioas a\nattach a\n' > bad.scn
refused 'bad.scn:3' run --script bad.scn
printf 'iommusim-text/1 scenario\nioas a\ndestroy a -> -EBUSY\n' > wrong.scn
run 1 run --script wrong.scn --no-replay
grep -q 'wrong.scn:3: destroy: 0 instead of -EBUSY' err
check "run names the line" test $? -eq 0
run 0 run --script "$root/tests/scenario/attach.scn" --no-replay --out kept.iotr
run 0 diff kept.iotr kept.iotr
run 0 run --drivers
says 'vtd     best'
says 'smmuv3  linux-6.12'

# ---- linux: without a driver that has been built (make test-linux has one)

usage '--scenario' linux
usage '--arch is smmuv3 or vtd' linux --scenario my.scn --arch riscv
usage 'only the SMMUv3 driver has unit tests' linux --kunit --arch vtd
usage 'bogus' linux --scenario my.scn --set smmu.bogus=1
refused 'run `make linux`' linux --scenario my.scn --tree no-such-tree
refused 'run `make linux`' linux --scenario my.scn --tree ./no-such-program
run 0 linux --list-parameters
says 'smmu.tlb_entries'

# ---- diff: the same, what differs, and JSON

streams=$root/traces
for stream in "$streams"/*.iotr "$streams"/vtd/*.iotr; do
  run 0 diff "$stream" "$stream"
  says_re ': the same$'
done
run 0 diff "$streams/arm64-basic.iotr" "$streams/arm64-basic.iotr" --op replace,1,2
run 0 diff "$streams/arm64-basic.iotr" "$streams/arm64-hwpt.iotr" --op drv_attach,4
run 1 diff "$streams/arm64-basic.iotr" "$streams/arm64-hwpt.iotr" --op replace,1 --skip map,unmap
says_re '^ *TLBI_NH_ASID +ASID=3$'
run 1 diff "$streams/arm64-basic.iotr" "$streams/arm64-s2-basic.iotr" --json
valid diff decode
run 3 diff "$streams/arm64-basic.iotr" "$streams/arm64-basic.iotr" --op set_pasid
run 2 diff "$streams/arm64-basic.iotr"
run 3 show "$streams/arm64-basic.iotr" --vmlinux "$streams/arm64-basic.iotr"

# ---- The same bytes twice; no escape codes where there is no terminal

again() { # ARGS...
  iommusim "$@" > once 2>&1
  NO_COLOR=1 TERM=xterm iommusim "$@" > twice 2>&1
  check "iommusim $*: the same twice" cmp -s once twice
  cat twice >> everything
}
for capture in "$captures"/*/; do
  again import "$capture/trace.dat" -o -
  again import "$capture/trace.dat" -o - --format iotr
  again import "$capture/trace.dat" --stats
  again import "$capture/trace.dat" --json
  again show "$capture/trace.dat"
done
again decode
again decode ste 0x40f0a00b 0xd6
again decode --json ste 0x40f0a00b 0xd6
LC_ALL=C grep -qaP '\x1b\[' everything
check 'no escape codes' test $? -eq 1
check 'no blanks at the ends of lines of show' test -z "$(grep -m1 ' $' vm.story)"

# ---- Manual pages: their examples work, and groff has nothing to complain about

cp "$root/tests/litmus/good-ste-s2-to-nested.litmus" my.litmus
ln -s "$root/examples" "$root/kernel-glue" .
for page in "$root"/docs/man/*.1; do
  sed -n 's/^\$ //p' "$page" | sed 's/\\-/-/g' > commands
  check "$(basename "$page") has examples" test -s commands
  while read -r example; do
    # The left side of a pipe counts, too, but not that head closes it early.
    bash -o pipefail -c "$example" > out 2> err < /dev/null
    code=$?
    case $example in
      *explore* | *detach-attach*) found=1 ;; # a real stream has breaks, a gap is one
      *) found=0 ;;
    esac
    check "example: $example" test $code -eq 0 -o $code -eq 141 -o $code -eq $found
    silent err "$example"
  done < commands
  if command -v groff > /dev/null; then
    groff -man -ww -z "$page" > out 2>&1
    silent out "groff $(basename "$page")"
  fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
