#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check_test.sh - does the kit's check.sh find what is wrong with a capture, and nothing else?
#   check_test.sh IOMMUSIM ROOT
# A small capture is damaged in one way at a time. Each must fail exactly the checks that are about it.
set -u
iommusim=$1
root=$2
kit=$root/kernel-glue/capture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# ---- a capture: that of traces/captures, with what the kit saves besides ----

whole=$work/whole/arm64-basic
new_capture() {
  local packed
  mkdir -p "$whole/guest/tracing/per_cpu/cpu0"
  cp "$root/traces/captures/arm64-basic/trace.dat" "$whole/"
  for packed in "$root"/traces/captures/arm64-basic/{trace.txt,mem-*.elf}.xz; do
    xz -dc "$packed" > "$whole/$(basename "$packed" .xz)"
  done
  printf '%s: 0\n' overrun 'commit overrun' 'dropped events' > "$whole/guest/tracing/per_cpu/cpu0/stats"
  printf '%s\n' '@@BOOTED basic' '  SCENARIO basic' '@@DONE' > "$whole/console.txt"
  # What the emulator would have logged; it counts from 0 in each page, and sees more than the trace.
  {
    echo 'smmuv3_read_mmio addr: 0xfe0 val:0x0 size: 0x4(0)'
    sed -nE -e 's/.* rwmmio_write: .* val=(0x[0-9a-f]+) addr=0xffff80008054(b|d)0*([0-9a-f]+)$/write \3 \1/p' \
      -e 's/.* rwmmio_post_read: .* val=(0x[0-9a-f]+) addr=0xffff80008054(b|d)0*([0-9a-f]+)$/read \3 \1/p' \
      "$whole/trace.txt" | while read -r what offset value; do
      echo "smmuv3_${what}_mmio addr: 0x$offset val:$value size: 0x4(0)"
    done
  } > "$whole/qemu.log"
}

# says WHAT WANTED... - the folder $work/now/$name must fail the checks WANTED (beginnings of them), no others.
name=arm64-basic
use=$iommusim
says() {
  local what=$1 wanted got status=0
  shift
  got=$(CAPTURE_OUT=$work/now IOMMUSIM=$use "$kit/check.sh" "$name" 2>&1) || status=1
  got=$(sed -n "s/^FAILED: $name: //p" <<< "$got" | cut -c 1-24 | sort)
  wanted=$(for one; do echo "${one:0:24}"; done | sort)
  if [ "$got" = "$wanted" ] && [ $status -eq $(($# > 0)) ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\nwanted:\n%s\ngot (exit %u):\n%s\n' "$what" "$wanted" $status "$got"
  fi
}

anew() {
  rm -rf "$work/now"
  cp -r "$work/whole" "$work/now"
  at=$work/now/arm64-basic
}

lost='no event is lost'
text="the kernel's text gives the same records"
memory='memory is what the trace says'
registers='the emulator logged the same register accesses'
devices='devices found what the scenario says'
verdicts='verdicts of a replay are the known ones'

new_capture
anew
says "a good capture"

anew
echo 'overrun: 3' >> "$at/guest/tracing/per_cpu/cpu0/stats"
says "the ring buffer was too small" "$lost"

anew
sed -i '0,/mem_write: kind=STE/{/mem_write: kind=STE/d}' "$at/trace.txt"
says "a line of the text is missing" "$text"

anew
sed -i '0,/mem_write: kind=STE/{/mem_write: kind=STE/s/val=0x1/val=0x3/}' "$at/trace.txt"
says "a value in the text differs" "$text"

anew
for event in rwmmio_write rwmmio_post_write; do
  sed -i "0,/$event: .*addr=0xffff80008054b098/{/$event: .*addr=0xffff80008054b098/d}" "$at/trace.txt"
done
says "a doorbell is missing in the text" "$text" "$registers"

# A store that nobody traced: then both forms of the trace lack it.
anew
sed -i '0,/mem_write: kind=STE/{/mem_write: kind=STE/d}' "$at/trace.txt"
cp "$at/trace.txt" "$at/trace.dat"
says "a store is missing in the trace" "$memory"

anew
head -c 100000 "$whole/trace.dat" > "$at/trace.dat"
says "trace.dat was cut" import "$lost" 'no event is unexplained' "$text" "$memory" "$verdicts"

# One byte of the first page of a dump; its place in the file is p_offset of the first segment.
anew
offset=$(od -An -t u8 -j 72 -N 8 "$at/mem-detached.elf" | tr -d ' ')
printf '\xa5' | dd of="$at/mem-detached.elf" bs=1 seek="$((offset + 8))" conv=notrunc 2> /dev/null
says "a word of memory differs" "$memory"

anew
mv "$at/mem-detached.elf" "$at/mem-elsewhere.elf"
says "a dump of a mark that the trace lacks" "$memory"

anew
sed -i '20d' "$at/qemu.log"
says "the emulator saw one access less" "$registers"

anew
sed -i '0,/smmuv3_write/s/\(smmuv3_write.*val:\).* size/\10x7777 size/' "$at/qemu.log"
says "the emulator saw other values" "$registers"

anew
for _ in 1 2 3 4 5 6 7 8 9; do echo 'smmuv3_read_mmio addr: 0x60 val:0x1 size: 0x4(0)'; done >> "$at/qemu.log"
says "the emulator saw much more" "$registers"

anew
echo '  line 14 UNEXPECTED: expect dma: -5' >> "$at/console.txt"
says "a device was elsewhere" "$devices"

anew
echo 'WARNING: CPU: 0 PID: 1 at drivers/iommu/iommu.c:1' >> "$at/console.txt"
says "the kernel complained" "$devices"

# The first replace without its stores and doorbells looks hitless.
anew
sed -i '/op_begin: op=iommufd_replace .* a=0x3 /,/op_end: op=iommufd_replace/{/mem_write: kind=CD /d}' "$at/trace.txt"
cp "$at/trace.txt" "$at/trace.dat"
says "a replace that changed nothing" "$memory" "$verdicts"

# Of a kernel that traces nothing: no tables, no registers.
anew
sed -i '/mem_write: \|table_alloc: \|table_free: \|cmd: \|mmio_map: \|rwmmio_/d' "$at/trace.txt"
cp "$at/trace.txt" "$at/trace.dat"
says "no table and no register" "$memory" "$registers" "$verdicts"

# An importer that forgets an event.
cat > "$work/forgets" << END
#!/bin/sh
"$iommusim" "\$@" | awk '\$1 == "mem_write" { \$6 = 1 } { print }'
END
chmod +x "$work/forgets"
anew
use=$work/forgets
says "an event that nobody explains" 'no event is unexplained'
use=$iommusim

# ---- writes that were aimed into replaces ----

aimed() { # WHAT WANTED_EXIT WANTED_TEXT EDIT
  local status=0
  "$iommusim" import "$root/traces/arm64-race.iotr" --format text -o - | sed -E "$4" > "$work/race.iotr.txt"
  IOMMUSIM=$iommusim "$kit/race.sh" "$work/race.iotr.txt" "$kit/scenarios/race.scn" > "$work/said" 2>&1 || status=$?
  if [ $status -eq "$2" ] && grep -qF -- "$3" "$work/said"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: aimed writes: $1: exit $status"
    tail -n 5 "$work/said"
  fi
}

aimed "as they were" 0 '65 writes: 24 old, 15 lost, 26 new; of 52 only one was allowed; 0 where they must not be' ''
aimed "the first never arrived" 1 'lost, but a replay allows old' 's/(RACE delay_ns=0 .*write=)old/\1lost/'
aimed "one was new too early" 1 'new, but a replay allows old' 's/(RACE delay_ns=12000 .*write=)old/\1new/'
aimed "the last went to the old page" 1 'old, but a replay allows new' 's/(RACE delay_ns=96000 .*write=)new/\1old/'
aimed "one got through while the entry was invalid" 1 'but a replay allows lost' 's/(RACE delay_ns=51000 .*write=)lost/\1new/'
aimed "all swapped" 1 'where they must not be' 's/write=old/write=x/; s/write=new/write=old/; s/write=x/write=new/'
aimed "only one outcome" 1 'never surely' 's/write=(lost|new)/write=old/'
aimed "a replace without its write" 1 '64 aimed writes, but 65 replaces' '/RACE delay_ns=3000 /d'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
