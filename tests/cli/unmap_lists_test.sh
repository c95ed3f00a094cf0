#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# unmap_lists_test.sh - which commands, with which fields, an unmap gives: lists that were typed by hand.
#   unmap_lists_test.sh IOMMUSIM
#
# SMMUv3: SCALE is the number of trailing zeros of the pages, NUM the next five bits less one, until
# no page is left; TTL tells the leaf, TG the page. ATC_INV and all of VT-d: the smallest aligned
# power of two that has the first and the last page. A field that is 0 is not shown.
set -u
iommusim=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
memory=

# scenario DEVICE STAGE FIRST BYTES WHERE: a map at @memory, and its unmap.
scenario() {
  echo 'iommusim-text/1 scenario'
  echo "device d0 sid=0x20 rid=0x20 pasid_bits=4 $1"
  echo 'ioas a'
  case $2 in
  parent)
    printf '%s\n' 'hwpt h a nest-parent' 'nested top h ste=0x8000100b,0xd6' 'attach d0 top'
    ;;
  *)
    [ -z "$5" ] || printf '%s\n' 'ioas other' 'hwpt device other stage=1' 'attach d0 device' # ATS goes on with it
    printf '%s\n' "hwpt h a stage=$2" "attach d0 h $5"
    ;;
  esac
  # Memory that is off by a page goes into no block.
  echo "map a $3 $((${memory:-0x100001000} + $3 % 0x200000)) $4 rw"
  echo "unmap a $3 $4"
}

# list NAME OPTIONS DEVICE STAGE FIRST BYTES [WHERE]: its commands are those on standard input.
list() {
  local name=$1 options=$2
  shift 2
  scenario "$1" "$2" "$3" "$4" "${5-}" > "$work/scn"
  cat > "$work/want"
  # shellcheck disable=SC2086 # words
  if ! "$iommusim" run $options --script "$work/scn" --set traffic.kind=none --no-probes --out "$work/iotr" \
    > "$work/log" 2>&1 && [ ! -s "$work/iotr" ]; then
    failed=$((failed + 1))
    echo "FAILED: $name does not run"
    head -3 "$work/log"
    return
  fi
  "$iommusim" show "$work/iotr" --op unmap,1 |
    sed -nE 's/^.* (CMD|QI) 0x[0-9a-f]+ //p' | grep -v '^upper half' |
    sed -E 's/ (CS|MSH|MSIAttr|MSIAddr|ASID|VMID|DID|PFSID_HI|PFSID_LO|DW|DR|G|SW|DATA|SID)=[^ ]*//g; s/^WAIT +ADDR.*/WAIT/; s/  +/ /g; s/ $//' \
      > "$work/got"
  if diff "$work/want" "$work/got" > "$work/diff"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    cat "$work/diff"
  fi
}

smmu='--arch smmuv3 --driver linux-6.12 --set SMMU_IDR3=0x1714 --set SMMU_IDR0=0x94c761b'
page='--arch smmuv3 --driver linux-6.12 --set SMMU_IDR3=0x1314 --set SMMU_IDR0=0x94c761b'
guest=${smmu/linux-6.12/linux-7}

# ---- SMMUv3 with range commands

list '1 page' "$smmu" '' 1 0x4000003000 4K << 'END'
TLBI_NH_VA Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
END
list '31 pages: the most of one NUM' "$smmu" '' 1 0x4000003000 0x1f000 << 'END'
TLBI_NH_VA NUM=0x1e Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
END
list '32 pages: one of SCALE 5' "$smmu" '' 1 0x4000003000 0x20000 << 'END'
TLBI_NH_VA SCALE=5 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
END
list '33 pages: 1 and 32' "$smmu" '' 1 0x4000003000 0x21000 << 'END'
TLBI_NH_VA Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
TLBI_NH_VA SCALE=5 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000004000
CMD_SYNC
END
list '63 pages: 31 and 32' "$smmu" '' 1 0x4000001000 0x3f000 << 'END'
TLBI_NH_VA NUM=0x1e Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000001000
TLBI_NH_VA SCALE=5 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000020000
CMD_SYNC
END
list '100 pages: 25 of SCALE 2' "$smmu" '' 1 0x4000007000 0x64000 << 'END'
TLBI_NH_VA NUM=0x18 SCALE=2 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000007000
CMD_SYNC
END
list '101 pages: 5, and 3 of SCALE 5' "$smmu" '' 1 0x4000007000 0x65000 << 'END'
TLBI_NH_VA NUM=4 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000007000
TLBI_NH_VA NUM=2 SCALE=5 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x400000c000
CMD_SYNC
END
list '496 pages: 31 of SCALE 4' "$smmu" '' 2 0x4000003000 0x1f0000 << 'END'
TLBI_S2_IPA NUM=0x1e SCALE=4 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
END
list 'to the end of a table: 29, and 15 of SCALE 5' "$smmu" '' 1 0x4000003000 0x1fd000 << 'END'
TLBI_NH_VA NUM=0x1c Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
TLBI_NH_VA NUM=0xe SCALE=5 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000020000
CMD_SYNC
END
memory=0x140000000
list '5 blocks of 2 MiB: 2,560 pages' "$smmu" '' 1 0x4000000000 10M << 'END'
TLBI_NH_VA NUM=4 SCALE=9 Leaf=LAST TTL=LEVEL2 TG=G4K Addr=0x4000000000
CMD_SYNC
END
list '33 blocks of 2 MiB: 1 and 32' "$smmu" '' 2 0x4000000000 66M << 'END'
TLBI_S2_IPA SCALE=9 Leaf=LAST TTL=LEVEL2 TG=G4K Addr=0x4000000000
TLBI_S2_IPA SCALE=0xe Leaf=LAST TTL=LEVEL2 TG=G4K Addr=0x4000200000
CMD_SYNC
END
list '3 blocks of 1 GiB' "$smmu" '' 1 0x4000000000 3G << 'END'
TLBI_NH_VA NUM=2 SCALE=0x12 Leaf=LAST TTL=LEVEL1 TG=G4K Addr=0x4000000000
CMD_SYNC
END
memory=
list 'a parent: the guest keeps combined entries' "$guest" '' parent 0x4000003000 0x64000 << 'END'
TLBI_S2_IPA NUM=0x18 SCALE=2 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
TLBI_NH_ALL
CMD_SYNC
END

# ---- SMMUv3 without

list '3 pages, one by one' "$page" '' 1 0x4000003000 12K << 'END'
TLBI_NH_VA Leaf=LAST Addr=0x4000003000
TLBI_NH_VA Leaf=LAST Addr=0x4000004000
TLBI_NH_VA Leaf=LAST Addr=0x4000005000
CMD_SYNC
END
memory=0x140000000
list '2 blocks, one by one' "$page" '' 2 0x4000200000 4M << 'END'
TLBI_S2_IPA Leaf=LAST Addr=0x4000200000
TLBI_S2_IPA Leaf=LAST Addr=0x4000400000
CMD_SYNC
END
memory=
seq 1 511 | awk '{ printf "TLBI_NH_VA Leaf=LAST Addr=0x40%08x\n", $1 * 4096 } END { print "CMD_SYNC" }' > "$work/511"
list '511 pages of Linux 7: one less than it takes to drop all' "${page/linux-6.12/linux-7}" '' 1 0x4000001000 0x1ff000 < "$work/511"
list '512 pages of Linux 7: all of the tag' "${page/linux-6.12/linux-7}" '' 1 0x4000003000 0x200000 << 'END'
TLBI_NH_ASID
CMD_SYNC
END

# ---- SMMUv3 with ATS: pages 3 to 5 are in 0 to 7, 7 and 8 in 0 to 15

list 'ATS, a page' "$smmu" ats 1 0x4000003000 4K << 'END'
TLBI_NH_VA Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
ATC_INV Addr=0x4000003000
CMD_SYNC
END
list 'ATS, 3 pages in 8' "$smmu" ats 1 0x4000003000 12K << 'END'
TLBI_NH_VA NUM=2 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000003000
CMD_SYNC
ATC_INV Size=3 Addr=0x4000000000
CMD_SYNC
END
list 'ATS, 2 pages in 16, page by page' "$page" ats 1 0x4000007000 8K << 'END'
TLBI_NH_VA Leaf=LAST Addr=0x4000007000
TLBI_NH_VA Leaf=LAST Addr=0x4000008000
CMD_SYNC
ATC_INV Size=4 Addr=0x4000000000
CMD_SYNC
END
list 'ATS, a PASID: pages 4 to 6' "$smmu" ats 1 0x4000004000 12K pasid=5 << 'END'
TLBI_NH_VA NUM=2 Leaf=LAST TTL=LEVEL3 TG=G4K Addr=0x4000004000
CMD_SYNC
ATC_INV SSV=1 SSID=5 Size=2 Addr=0x4000004000
CMD_SYNC
END

# ---- VT-d: pages, the mask's limit, no pages

vtd18='--arch vtd --driver linux-6.12 --set VTD_CAP=0x11d2078c606f0666'
vtd9='--arch vtd --driver linux-6.12 --set VTD_CAP=0x11c9078c606f0666'
vtd0='--arch vtd --driver linux-6.12 --set VTD_CAP=0x11d2070c606f0666'
list 'VT-d, a page' "$vtd18" '' 2 0x4000003000 4K << 'END'
IOTLB_INV.page IH=1 ADDR=0x4000003000
WAIT
END
list 'VT-d, pages 3 and 4 in 8' "$vtd18" '' 2 0x4000003000 8K << 'END'
IOTLB_INV.page AM=3 IH=1 ADDR=0x4000000000
WAIT
END
list 'VT-d, pages 4 and 5' "$vtd18" '' 1 0x4000004000 8K << 'END'
PIOTLB_INV.page AM=1 IH=1 ADDR=0x4000004000
WAIT
END
list 'VT-d, pages 8 to 15' "$vtd18" '' 1 0x4000008000 32K << 'END'
PIOTLB_INV.page AM=3 IH=1 ADDR=0x4000008000
WAIT
END
list 'VT-d, pages 8 to 16 in 32' "$vtd18" '' 2 0x4000008000 36K << 'END'
IOTLB_INV.page AM=5 IH=1 ADDR=0x4000000000
WAIT
END
list 'VT-d, MAMV 9: 511 pages' "$vtd9" '' 2 0x4000000000 0x1ff000 << 'END'
IOTLB_INV.page AM=9 IH=1 ADDR=0x4000000000
WAIT
END
list 'VT-d, MAMV 9: 512 pages, whose table goes' "$vtd9" '' 2 0x4000000000 2M << 'END'
IOTLB_INV.page AM=9 ADDR=0x4000000000
WAIT
END
list 'VT-d, MAMV 9: 2 pages over the limit' "$vtd9" '' 2 0x40001ff000 8K << 'END'
IOTLB_INV.domain
WAIT
END
list 'VT-d, MAMV 18: the same' "$vtd18" '' 2 0x40001ff000 8K << 'END'
IOTLB_INV.page AM=0xa IH=1 ADDR=0x4000000000
WAIT
END
list 'VT-d, no pages' "$vtd0" '' 2 0x4000003000 4K << 'END'
IOTLB_INV.domain
WAIT
END

# ---- VT-d with ATS: a bit less of ones than the mask; and of a PASID

list 'VT-d, ATS, a page' "$vtd18" ats 2 0x4000003000 4K << 'END'
IOTLB_INV.page IH=1 ADDR=0x4000003000
DEVTLB_INV ADDR=0x4000003000
WAIT
END
list 'VT-d, ATS, 2 pages' "$vtd18" ats 2 0x4000004000 8K << 'END'
IOTLB_INV.page AM=1 IH=1 ADDR=0x4000004000
DEVTLB_INV S=1 ADDR=0x4000004000
WAIT
END
list 'VT-d, ATS, pages 3 to 5 in 8' "$vtd18" ats 2 0x4000003000 12K << 'END'
IOTLB_INV.page AM=3 IH=1 ADDR=0x4000000000
DEVTLB_INV S=1 ADDR=0x4000003000
WAIT
END
list 'VT-d, ATS, over the limit: the domain, but no more than its pages of the device' "$vtd9" ats 2 0x40001ff000 8K << 'END'
IOTLB_INV.domain
DEVTLB_INV S=1 ADDR=0x40001ff000
WAIT
END
list 'VT-d, ATS, no pages' "$vtd0" ats 2 0x4000003000 4K << 'END'
IOTLB_INV.domain
DEVTLB_INV ADDR=0x4000003000
WAIT
END
list 'VT-d, a PASID: pages 4 to 6' "$vtd18" '' 1 0x4000004000 12K pasid=5 << 'END'
PIOTLB_INV.page PASID=5 AM=2 IH=1 ADDR=0x4000004000
WAIT
END
list 'VT-d, a PASID and ATS: pages 4 to 6' "$vtd18" ats 1 0x4000004000 12K pasid=5 << 'END'
PIOTLB_INV.page PASID=5 AM=2 IH=1 ADDR=0x4000004000
PDEVTLB_INV.pasid PASID=5 S=1 ADDR=0x4000005000
WAIT
END

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
