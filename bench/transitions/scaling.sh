# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# scaling.sh - how the cost of a change grows: with PASIDs, devices, what is mapped, TLBs and TBUs.
# Set: program, here (this folder). scaling FOLDER writes scaling.csv there.

sizes='4K 64K 1M 16M 256M 4G 64G 1T'

# scaling_cases - a line each: series, architecture, driver, ATS, x, what.
scaling_cases() {
  local arch driver ats x what
  for arch in smmuv3 vtd; do
    for driver in linux-7 best; do
      for x in 1 4 16 64 256 1024 4096; do
        for what in replace_pasid replace unmap; do echo "pasids $arch $driver no-ats $x $what"; done
        echo "pasids $arch $driver ats $x unmap"
      done
      for x in 1 4 16 64 256; do
        for what in unmap replace detach-attach; do echo "devices $arch $driver no-ats $x $what"; done
        echo "devices $arch $driver ats $x unmap"
      done
      for what in replace detach-attach; do
        for x in $sizes; do echo "largest $arch $driver no-ats $x $what"; done
        for x in 4K 64K 1M 16M 256M 1G 4G; do
          echo "4k $arch $driver no-ats $x $what"
        done
        for x in 32 128 512 2048 8192 32768; do echo "tlb $arch $driver no-ats $x $what"; done
      done
    done
  done
  for driver in linux-7 best; do
    for x in 1 2 4 8 16; do
      for what in replace detach-attach unmap; do echo "tbus smmuv3 $driver no-ats $x $what"; done
    done
  done
}

scaling_head() {
  echo 'iommusim-text/1 scenario'
  echo 'ioas a'
  echo 'ioas b'
}

# Two domains, @x PASIDs of the first beside the one that changes.
scaling_pasids() { # ATS X WHAT
  local i
  echo "device d0 sid=0x20 rid=0x20 pasid_bits=13 ${1#no-ats}"
  printf 'map %s\n' 'a 0x1000000 0x80000000 64K rw' 'b 0x1000000 0x80100000 64K rw'
  printf 'hwpt %s\n' 'ha a' 'hb b'
  echo 'attach d0 hb'
  for ((i = 1; i <= $2; i++)); do echo "attach d0 ha pasid=$i"; done
  case $3 in
  unmap) echo 'unmap a 0x1000000 64K' ;;
  replace_pasid) echo 'replace d0 hb pasid=1' ;;
  replace) echo 'replace d0 ha' ;;
  esac
}

scaling_devices() { # ATS X WHAT
  local i
  printf 'map %s\n' 'a 0x1000000 0x80000000 64K rw' 'b 0x1000000 0x80100000 64K rw'
  for ((i = 0; i < $2; i++)); do echo "device d$i sid=$((i + 32)) rid=$((i + 32)) ${1#no-ats}"; done
  printf 'hwpt %s\n' 'ha a' 'hb b'
  for ((i = 0; i < $2; i++)); do echo "attach d$i ha"; done
  case $3 in
  unmap) echo 'unmap a 0x1000000 64K' ;;
  replace) for ((i = 0; i < $2; i++)); do echo "replace d$i hb"; done ;;
  detach-attach) for ((i = 0; i < $2; i++)); do printf '%s\n' "detach d$i" "attach d$i hb"; done ;;
  esac
}

# The other address space maps the same before a replace; without one it is filled in between.
scaling_size() { # X WHAT SHIFT
  local a=0x100000000000 b=0x200000000000
  printf 'device d0 sid=0x20 rid=0x20\nmap a 0x10000000000 0x%x %s rw\n' $((a + $3)) "$1"
  printf 'hwpt %s\n' 'ha a' 'hb b'
  [ "$2" = detach-attach ] || printf 'map b 0x10000000000 0x%x %s rw\n' $((b + $3)) "$1"
  echo 'attach d0 ha'
  if [ "$2" = replace ]; then
    echo 'replace d0 hb'
  else
    printf 'detach d0\nunmap a 0x10000000000 %s\nmap b 0x10000000000 0x%x %s rw\nattach d0 hb\n' \
      "$1" $((b + $3)) "$1"
  fi
}

# A device that reads 512 pages at random; as many devices as there are TBUs.
scaling_busy() { # WHAT DEVICES
  local i
  for ((i = 0; i < $2; i++)); do echo "device d$i sid=$((i + 32)) rid=$((i + 32))"; done
  printf 'map %s\n' 'a 0x1000000 0x80001000 2M rw' 'b 0x1000000 0x80801000 2M rw' 'a 0x4000000 0x90000000 64K rw'
  printf 'hwpt %s\n' 'ha a' 'hb b'
  for ((i = 0; i < $2; i++)); do echo "attach d$i ha"; done
  case $1 in
  replace) echo 'replace d0 hb' ;;
  detach-attach) printf '%s\n' 'detach d0' 'attach d0 hb' ;;
  unmap) echo 'unmap a 0x4000000 64K' ;;
  esac
}

# What is to be summed up: name of the first operation, how many.
scaling_span() { # SERIES X WHAT
  case $1/$3 in
  devices/replace) echo "replace $2" ;;
  devices/detach-attach) echo "detach $((2 * $2))" ;;
  largest/detach-attach | 4k/detach-attach) echo 'detach 4' ;;
  */detach-attach) echo 'detach 2' ;;
  *) echo "$3 1" ;;
  esac
}

scaling_settings() { # SERIES ARCH X
  case $1/$2 in
  tlb/smmuv3) echo "--set smmu.tbu_tlb_entries=$3 --set traffic.kind=random --set traffic.interval_ns=100" ;;
  tlb/vtd) echo "--set vtd.tlb_entries=$3 --set traffic.kind=random --set traffic.interval_ns=100" ;;
  tbus/*) echo "--set smmu.n_tbus=$3 --set traffic.kind=random --set traffic.interval_ns=100" ;;
  *) echo '--set traffic.kind=none' ;;
  esac
}

# scaling_one SERIES ARCH DRIVER ATS X WHAT - its line of the table, into a file of $cells.
scaling_one() {
  local series=$1 arch=$2 driver=$3 ats=$4 x=$5 what=$6 cell first n
  local -a settings
  cell=$cells/$series-$arch-$driver-$ats-$x-$what
  {
    scaling_head
    case $series in
    pasids) scaling_pasids "$ats" "$x" "$what" ;;
    devices) scaling_devices "$ats" "$x" "$what" ;;
    largest) scaling_size "$x" "$what" 0 ;;
    4k) scaling_size "$x" "$what" 0x1000 ;;
    tlb) scaling_busy "$what" 1 ;;
    tbus) scaling_busy "$what" "$x" ;;
    esac
  } > "$cell"
  read -r first n < <(scaling_span "$series" "$x" "$what")
  read -r -a settings < <(scaling_settings "$series" "$arch" "$x")
  "$program" run --arch "$arch" --driver "$driver" --script "$cell" --set SMMU_IDR0=0x94c761b \
    --set cpu.wait_limit_us=1000000 "${settings[@]}" --no-probes --all-ops --story none --json \
    2> "$cell.err" > "$cell.json" || [ $? -le 4 ]
  if awk -v first="$first" -v n="$n" -f "$here/ops.awk" "$cell.json" > "$cell.csv"; then
    sed -i "s/^/$series,$arch,$driver,$ats,$x,$what,/" "$cell.csv"
  else
    cat "$cell.err" >&2
    return 1
  fi
  rm -f "$cell" "$cell.json"
}

scaling() {
  cells=$(mktemp -d)
  export cells program here
  export -f scaling_one scaling_head scaling_pasids scaling_devices scaling_size scaling_busy \
    scaling_span scaling_settings
  # shellcheck disable=SC2016 # for the shell that it starts
  scaling_cases | xargs -P "$(nproc)" -L 1 bash -c 'scaling_one "$@"' scaling_one
  {
    echo 'series,arch,driver,ats,x,what,stores,commands,syncs,hw_ns,cpu_ns,blocked_ns,refill_ns'
    scaling_cases | while read -r series arch driver ats x what; do
      cat "$cells/$series-$arch-$driver-$ats-$x-$what.csv"
    done
  } > "$1/scaling.csv"
  rm -rf "$cells"
}
