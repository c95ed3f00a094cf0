#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# unmap.sh - what an unmap costs: 4 KiB to 1 GiB, by page or by range, both architectures.
#   unmap.sh [--check | --update] [IOMMUSIM]
#
#   (nothing)  CSV, table and pictures (PNG, SVG) into out/unmap
#   --check    run, and compare with bench/unmap/golden: exit 1 if a figure differs. Sizes up to
#              UNMAP_MAX (logarithm; 30), which must be 30 for the others
#   --update   run, and keep CSV and table in bench/unmap/golden, the pictures in bench/unmap/plots
#
# Without IOMMUSIM the release build is made first. All of it is simulated time: the same bytes on
# every machine, whatever the build.
set -eu
name=unmap
table=unmap.md
target=iommusim
binary=cli/iommusim
max=${UNMAP_MAX:-30}
here=$(cd "$(dirname "$0")" && pwd)/unmap

# cases - a line each: architecture, driver, stage, hardware, layout, ATS.
cases() {
  local arch driver stage hardware layout ats
  for arch in smmuv3 vtd; do
    for driver in linux-6.12 linux-7 best; do
      for stage in s1 s2 nested; do
        [ "$arch/$driver/$stage" != smmuv3/linux-6.12/nested ] || continue # it has none
        for hardware in range page am18 am9 no-psi; do
          case $arch/$stage/$hardware in
          smmuv3/*/range | smmuv3/*/page | vtd/*/am18 | vtd/s2/am9 | vtd/s2/no-psi | vtd/nested/no-psi) ;;
          *) continue ;; # AM of a first stage has no limit
          esac
          for layout in largest 4k 4k-shifted; do
            for ats in no-ats ats; do
              echo "$arch $driver $stage $hardware $layout $ats"
            done
          done
        done
      done
    done
  done
}

# scenario STAGE LAYOUT ATS ARCH - a map and an unmap of every size.
scenario() {
  local stage=$1 layout=$2 ats=$3 arch=$4 log2 iova=0x4000000000 pa=0x100000000
  [ "$layout" = largest ] || pa=0x100001000 # no block fits
  [ "$layout" != 4k-shifted ] || iova=0x4000003000
  echo 'iommusim-text/1 scenario'
  echo "device d0 sid=0x20 rid=0x20 ${ats#no-ats}"
  echo 'ioas a'
  case $stage/$arch in
  s?/*) echo "hwpt h a stage=${stage#s}" ;;
  nested/*) echo 'hwpt h a nest-parent' ;;
  esac
  case $stage/$arch in
  nested/smmuv3) echo 'nested top h ste=0x8000100b,0x100000d6' ;; # V, stage 1, a CD table, S1DSS, EATS
  nested/vtd) echo 'nested top h pgtbl=0x80001000 width=48' ;;
  *) echo 'let top = 0' ;;
  esac
  if [ "$stage" = nested ]; then echo 'attach d0 top'; else echo 'attach d0 h'; fi
  for ((log2 = 12; log2 <= max; log2++)); do
    printf 'map a %s %s 0x%x rw\nunmap a %s 0x%x\n' $iova $pa $((1 << log2)) $iova $((1 << log2))
  done
}

registers() {
  case $1 in
  range) echo SMMU_IDR3=0x1714 ;;
  page) echo SMMU_IDR3=0x1314 ;; # RIL=0
  am18) echo VTD_CAP=0x11d2078c606f0666 ;;
  am9) echo VTD_CAP=0x11c9078c606f0666 ;;
  no-psi) echo VTD_CAP=0x11d2070c606f0666 ;;
  esac
}

# one ARCH DRIVER STAGE HARDWARE LAYOUT ATS - its lines of the table.
one() {
  local arch=$1 driver=$2 stage=$3 hardware=$4 layout=$5 ats=$6 script=$cells/$1-$2-$3-$4-$5-$6
  scenario "$stage" "$layout" "$ats" "$arch" > "$script"
  "$program" run --arch "$arch" --driver "$driver" --script "$script" \
    --set "$(registers "$hardware")" --set SMMU_IDR0=0x94c761b --set traffic.kind=none --set cpu.wait_limit_us=1000000 \
    --no-probes --all-ops --story none --json 2> "$script.err" > "$script.json" || true
  awk -v row="$arch,$driver,$stage,$hardware,$layout,$ats" -v max="$max" -f "$here/table.awk" \
    "$script.json" > "$script.csv" || { cat "$script.err" >&2; return 1; }
}

export -f one scenario registers
export max here

run() {
  local folder=$1
  mkdir -p "$folder"
  cells=$(mktemp -d)
  export cells program
  # shellcheck disable=SC2016 # for the shell that it starts
  cases | xargs -P "$(nproc)" -L 1 bash -c 'one "$@"' one
  {
    echo 'arch,driver,stage,hardware,layout,ats,kib,stores,commands,syncs,what,hw_ns,cpu_ns,verdict'
    cases | while read -r arch driver stage hardware layout ats; do
      cat "$cells/$arch-$driver-$stage-$hardware-$layout-$ats.csv"
    done
  } > "$folder/unmap.csv"
  rm -rf "$cells"
  summary "$folder/unmap.csv" > "$folder/unmap.md"
}

# summary CSV - a line a case; of five sizes commands, completions among them, and time.
summary() {
  awk -F, '
    BEGIN {
      n = split("4 64 2048 65536 1048576", size, " ")
      print "Commands, completions among them, nanoseconds that the driver waits for hardware.\n"
      print "| unit | driver | table | hardware | leaves | ATS | 4 KiB | 64 KiB | 2 MiB | 64 MiB | 1 GiB |"
      print "|---|---|---|---|---|---|---|---|---|---|---|"
    }
    NR == 1 { next }
    {
      key = $1 " | " $2 " | " $3 " | " $4 " | " $5 " | " $6
      if (!(key in seen)) { seen[key] = 1; order[++m] = key }
      cell[key, $7] = $9 ", " $10 ", " $12
    }
    END {
      for (i = 1; i <= m; i++) {
        line = "| " order[i]
        for (k = 1; k <= n; k++) line = line " | " cell[order[i], size[k]]
        print line " |"
      }
    }' "$1"
}

# What follows from counting by hand (expect.csv) is what came out.
agree() {
  awk -F, -v max="$max" '
    FILENAME == ARGV[1] {
      of[$1 "," $2 "," $3 "," $4 "," $5 "," $6 "," $7] = $11
      next
    }
    FNR == 1 || $7 > 2 ^ (max - 10) { next }
    {
      key = $1 "," $2 "," $3 "," $4 "," $5 "," $6 "," $7
      if (!(key in of) || of[key] != $8) {
        print "expect.csv:" FNR ": " key ": \"" of[key] "\" instead of \"" $8 "\""
        bad = 1
      }
    }
    END { exit bad }' "$1/unmap.csv" "$here/expect.csv" >&2
}

# A run of small sizes is the beginning of each case of a whole one.
compare() {
  diff <(awk -F, -v max="$max" 'NR == 1 || $7 <= 2 ^ (max - 10)' "$golden/unmap.csv") "$1/unmap.csv"
}

# draw CSV_FOLDER FORMAT PICTURE_FOLDER - a picture of each script.
draw() {
  local script
  for script in "$plots"/*.gp; do
    LC_ALL=C gnuplot -d -e "csv='$1'; format='$2'; out='$3/$(basename "$script" .gp).$2'" "$script"
  done
}

# shellcheck source=bench/golden.sh
. "$here/../golden.sh"
