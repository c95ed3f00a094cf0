#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guest_test.sh - the guest's program: does it do what a scenario says, and notice what went otherwise?
#   guest_test.sh GUEST_ON_HOST ROOT
set -u
guest=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

note() { # WHAT STATUS
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
    tail -n 12 "$work/said"
  fi
}

# runs WHAT WANTED_EXIT WANTED_LINE - of a scenario on standard input, the first line excepted.
runs() {
  local status=0
  { echo 'iommusim-text/1 scenario'; cat; } > "$work/now.scn"
  "$guest" "$work/now.scn" > "$work/said" 2>&1 || status=$?
  [ $status -eq "$2" ] && grep -qxF -- "$3" "$work/said"
  note "$1" $?
}

# maps.scn writes to a page that may only be read, tables.scn has what iommufd refuses: neither is
# bookkeeping.
for scenario in "$root"/kernel-glue/capture/scenarios/*.scn; do
  case $scenario in
  */maps.scn | */tables.scn) continue ;;
  esac
  timeout 60 "$guest" "$scenario" > "$work/said" 2>&1
  note "${scenario##*/}: each line ends as it says" $?
done

"$guest" "$root/kernel-glue/capture/scenarios/basic.scn" | grep -v '^DMA_RESULT' > "$work/said"
diff - "$work/said" > "$work/diff" << 'END'
open d0 20
ioas ioas1
ioas ioas2
map ioas1 1000000 80000000 10000 3
map ioas2 1000000 80100000 10000 3
map ioas1 1100000 83fff000 1000 3
map ioas2 1100000 83fff000 1000 3
attach d0 ioas1: 0
dma d0 1000000 r
replace d0 ioas2: 0
dma d0 1000000 r
dma d0 1001008 w
replace d0 ioas1: 0
dma d0 1000000 r
replace d0 ioas1: 0
detach d0
dma d0 1000000 w
unmap ioas1 1000000 10000
unmap ioas2 1000000 10000
destroy ioas1
destroy ioas2
close d0
END
note "basic.scn: what is asked for, in order" $?

"$guest" "$root/kernel-glue/capture/scenarios/race.scn" > "$work/said"
[ "$(grep -c '^replace d0 h[12]: 0$' "$work/said")" -eq 65 ] && grep -qx 'aimed 65' "$work/said"
note "race.scn: 65 replaces" $?
"$guest" "$root/kernel-glue/capture/scenarios/storm.scn" > "$work/said"
[ "$(grep -c '^replace d0 ioas[12]: 0$' "$work/said")" -eq 40 ]
note "storm.scn: 40 replaces" $?

device='device d0 sid=0x20 rid=0x20'
runs "a request that ends elsewhere" 1 'UNEXPECTED line 6: expect: -EIO instead of 0' << END
$device
ioas a
map a 0x1000 0x80000000 4K rw
attach d0 a
expect dma d0 0x1000 r -> pa 0x80001000
END
runs "an error that nobody expected" 1 'UNEXPECTED line 4: destroy: -ENOENT instead of 0' << END
$device
ioas a
destroy b
END
runs "no error where one was expected" 1 'UNEXPECTED line 3: ioas: 0 instead of -ENOMEM' << END
$device
ioas a -> -ENOMEM
END
runs "any result" 0 'close d0' << END
$device
destroy b -> any
END
runs "memory outside of the program's" 1 'UNEXPECTED line 4: map: -EFAULT instead of 0' << END
$device
ioas a
map a 0x1000 0x83fff000 8K rw
END
runs "a verb for simulation only" 1 'UNEXPECTED line 4: pin: -ENOSYS instead of 0' << END
$device
ioas a
pin a 0x1000 4K
END
runs "a copy leads where its source does" 0 'copy b 5000 1000 a 2000' << END
$device
ioas a
ioas b
map a 0x1000 0x80000000 8K rw
map b 0x9000 0x83fff000 4K rw
copy b 0x5000 4K a 0x2000
copy b 0x5000 4K a 0x3000 -> -ENOENT
attach d0 b
expect dma d0 0x5000 r -> pa 0x80001000
END
runs "ranges that are allowed" 0 'allow a 1000 1fff 5000 ffff' << END
$device
ioas a
allow a ranges=0x1000,0x1fff,0x5000,0xffff
END
runs "what is no scenario" 1 "$work/now.scn:2:1: unknown verb" << END
mmap a 0x1000
END
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
