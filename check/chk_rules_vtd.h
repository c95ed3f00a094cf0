/* SPDX-License-Identifier: BSD-2-Clause
 * chk_rules_vtd.h - what the examples of VT-d's rules are made of, and what they start with.
 * Knows: the text language of records. Must not know: how a rule is checked. */
#ifndef CHK_RULES_VTD_H
#define CHK_RULES_VTD_H

/* A global command and its answer; the queue is at 0x30000, 256 bits a descriptor. */
#define VX_GCMD(value, mask, answer)                                                               \
    "mmio_write $GCMD " value "\nwait reg $GSTS mask=" mask " value=" answer "\n"
#define VX_SLOT(slot, upper, word0, word1)                                                         \
    "store QI $IQ+" slot " " word0 " value_hi=" word1 " width=16\nstore QI $IQ+" upper             \
    " 0x0 width=16\n"
#define VX_WAIT "0x200000025", "0x40000"
#define VX_TAIL(tail) "mmio_write $IQT " tail "\n"
#define VX_SEEN(index) "wait queue $IQ index=" index "\n"
#define VX_WAIT_SLOT(slot, upper) VX_SLOT(slot, upper, "0x200000025", "0x40000")
/* A descriptor, a wait behind it, and software that sees it complete; from slot 6 on. */
#define VX_A(word0, word1)                                                                         \
    VX_SLOT("0xc0", "0xd0", word0, word1)                                                          \
    VX_WAIT_SLOT("0xe0", "0xf0") VX_TAIL("0x100") VX_SEEN("7")
#define VX_B(word0, word1)                                                                         \
    VX_SLOT("0x100", "0x110", word0, word1)                                                        \
    VX_WAIT_SLOT("0x120", "0x130") VX_TAIL("0x140") VX_SEEN("9")
#define VX_C(word0, word1)                                                                         \
    VX_SLOT("0x140", "0x150", word0, word1)                                                        \
    VX_WAIT_SLOT("0x160", "0x170") VX_TAIL("0x180") VX_SEEN("11")
#define VX_D(word0, word1)                                                                         \
    VX_SLOT("0x180", "0x190", word0, word1)                                                        \
    VX_WAIT_SLOT("0x1a0", "0x1b0") VX_TAIL("0x1c0") VX_SEEN("13")
#define VX_E(word0, word1)                                                                         \
    VX_SLOT("0x1c0", "0x1d0", word0, word1)                                                        \
    VX_WAIT_SLOT("0x1e0", "0x1f0") VX_TAIL("0x200") VX_SEEN("15")
/* One descriptor, and nobody waits. */
#define VX_PUT(word0, word1) VX_SLOT("0xc0", "0xd0", word0, word1) VX_TAIL("0xe0")
/* Descriptors: of everything; of the PASID cache, the IOTLB and the device TLB for domain 2. */
#define VX_CC_ALL "0x11", "0x0"
#define VX_PC_ALL "0x37", "0x0"
#define VX_IOTLB_ALL "0xd2", "0x0"
#define VX_CC_DEVICE "0x1800000031", "0x0"
#define VX_PC "0x20017", "0x0"
#define VX_IOTLB "0x200e2", "0x0"
#define VX_DEVTLB "0x1800000003", "0x7ffffffffffff001"
/* The device is blocked (domain 9), gets its domain A once more, or B. */
#define VX_MARK(mark, lines) "begin " mark "\n" lines "end " mark "\n"
#define VX_BLOCK(lines) VX_MARK("drv_attach dev=0 domain=0x9 a=0x0", lines)
#define VX_AGAIN(lines) VX_MARK("drv_attach dev=0 domain=0xa a=0x1", lines)
#define VX_SWITCH(lines) VX_MARK("drv_attach dev=0 domain=0xb a=0x1", lines)
#define VX_UNMAP(iova, size, lines)                                                                \
    VX_MARK("unmap domain=0xa a=" iova " b=" size, "unmap 0xa " iova " " size " " size "\n" lines)
#define VX_P0 "store PASID $P 0x80084\n"
#define VX_BLOCKED VX_BLOCK(VX_P0 VX_A("0x20017", "0x0") VX_B("0x200e2", "0x0"))
#define VX_CTX_BLOCKED                                                                             \
    VX_BLOCK("store CTX $C 0x13008\n" VX_A("0x1800000031", "0x0") VX_B("0x20017", "0x0")           \
                 VX_C("0x200e2", "0x0"))
/* Device TLBs are allowed, and on. */
#define VX_ATS "store CTX $C 0x1300d\n" VX_A("0x1800000031", "0x0") "ats 0 on\n"
/* Domain B: domain 3, table at 0x90000, IOVA 0x0 to 0x1fffff. */
#define VX_TABLE_B                                                                                 \
    "memory PAGES 0x90000 0x3000\n" VX_MARK(                                                       \
        "map domain=0xb a=0x0 b=0x200000",                                                         \
        "store PTE_S2 0x91000 0xb0000083\nstore PTE_S2 0x90000 0x91003\n"                          \
        "map 0xb 0x0 0xb0000000 0x200000 prot=rw\n")
/* A second PASID directory, at 0x15000: PASID 1 has domain B. */
#define VX_DIR_B                                                                                   \
    VX_TABLE_B                                                                                     \
    "memory PASID_DIR 0x15000 0x1000\nmemory PASID 0x16000 0x1000\n"                               \
    "store PASID 0x16048 0x800003\nstore PASID 0x16040 0x90085\n"                                  \
    "store PASID_DIR 0x15000 0x16001\n"

/* Tables that are not snooped; a page request of group 1Dh without PASID. */
#define VX_UNSNOOPED "mmio_read 0x10 0x3e998a4000f4e width=8\nmeta \"barriers\" \"recorded\"\n"
#define VX_FLUSH "barrier flush pa=0x14000\n"
#define VX_GONE(lines) "begin detach dev=0\n" VX_BLOCK(VX_P0 lines) "end detach dev=0\n"
#define VX_REQUEST                                                                                 \
    "mmio_write $PQH 0x0 width=8\nmmio_write $PQT 0x0 width=8\n"                                   \
    "mmio_write $PQA 0x50000 width=8\nevent 0x50000 4 0x180001 word1=0x10ed\n"

#define VX_QUEUE                                                                                   \
    "mmio_write $IQT 0x0\nmmio_write $IQA 0x30801 width=8\n" VX_GCMD("0x4000000", "0x4000000",     \
                                                                     "0x4000000")
#define VX_ROOT                                                                                    \
    "mmio_write $RTADDR 0x10400 width=8\n" VX_GCMD("0x44000000", "0x40000000", "0x40000000")

/* Long texts in pieces: the C standard promises 4095 characters of one. */
#define VTD_RESET_LINES                                                                            \
    "iommusim-text/1 records\n"                                                                    \
    "# A VT-d unit, version 4, with scalable mode, both stages, device TLBs and page requests;\n"  \
    "# coherent, 8-bit domains, no write buffer, no caching mode.\n"                               \
    "meta \"barriers\" \"implied\"\n"                                                              \
    "iommu 0 vtd 0xfed90000 0x1000\n"                                                              \
    "device 0 \"0000:00:03.0\" requester=0x18\n"                                                   \
    "mmio_read 0x0 0x40\n"                                                                         \
    "mmio_read 0x8 0xd2008c222f0602 width=8\n"                                                     \
    "mmio_read 0x10 0x3e998a4000f4f width=8\n"                                                     \
    "mmio_read 0x1c 0x0\n"                                                                         \
    "let GCMD = 0x18\n"                                                                            \
    "let GSTS = 0x1c\n"                                                                            \
    "let RTADDR = 0x20\n"                                                                          \
    "let CCMD = 0x28\n"                                                                            \
    "let FSTS = 0x34\n"                                                                            \
    "let IQT = 0x88\n"                                                                             \
    "let IQA = 0x90\n"                                                                             \
    "let PQH = 0xc0\n"                                                                             \
    "let PQT = 0xc8\n"                                                                             \
    "let PQA = 0xd0\n"                                                                             \
    "let IQ = 0x30000\n"                                                                           \
    "memory ROOT 0x10000 0x1000\n"                                                                 \
    "memory CTX 0x11000 0x1000\n"                                                                  \
    "memory PASID_DIR 0x13000 0x1000\n"                                                            \
    "memory PASID 0x14000 0x1000\n"                                                                \
    "memory QUEUE 0x30000 0x2000\n"                                                                \
    "memory PAGES 0x40000 0x1000\n"                                                                \
    "memory QUEUE 0x50000 0x1000\n"

/* Slots 0 to 5 of the queue are used up: context cache, PASID cache and IOTLB, all of them. */
#define VTD_READY_LINES                                                                            \
    "# Requester 0x18 has a PASID directory and a table; PASID 0 is not present.\n"                \
    "let C = 0x11300\n"                                                                            \
    "let P = 0x14000\n"                                                                            \
    "store PASID_DIR 0x13000 0x14001\n"                                                            \
    "store CTX $C 0x13009\n"                                                                       \
    "store ROOT 0x10000 0x11001\n" VX_QUEUE VX_ROOT                                                \
    "# Caches are emptied.\n" VX_SLOT("0x0", "0x10", "0x11", "0x0") VX_WAIT_SLOT("0x20", "0x30")   \
        VX_TAIL("0x40") VX_SEEN("1") VX_SLOT("0x40", "0x50", "0x37", "0x0")                        \
            VX_WAIT_SLOT("0x60", "0x70") VX_TAIL("0x80") VX_SEEN("3")                              \
                VX_SLOT("0x80", "0x90", "0xd2", "0x0") VX_WAIT_SLOT("0xa0", "0xb0")                \
                    VX_TAIL("0xc0") VX_SEEN("5")                                                   \
                        VX_GCMD("0x84000000", "0x80000000",                                        \
                                "0x80000000") "# The device begins as a blocked one, as it was.\n" \
                                              "begin attach dev=0 domain=0x9\n"                    \
                                              "begin drv_attach dev=0 domain=0x9 a=0x0\n"          \
                                              "end drv_attach dev=0 domain=0x9 a=0x0\n"            \
                                              "end attach dev=0 domain=0x9\n"

/* A whole stream goes on: whatever an example did with a unit at rest, its driver begins anew. */
#define VTD_ANEW_LINES "# The driver sets everything up.\n" VX_GCMD("0x0", "0x84000000", "0x0")

/* The walk has three levels. */
#define VTD_LIVE_LINES                                                                             \
    "# Domain 0xa: domain 2, second stage, table at 0x80000, IOVA 0x0 to 0x3fff.\n"                \
    "let L1 = 0x80000\n"                                                                           \
    "let L2 = 0x81000\n"                                                                           \
    "let L3 = 0x82000\n"                                                                           \
    "memory PAGES $L1 0x1000\n"                                                                    \
    "memory PAGES $L2 0x1000\n"                                                                    \
    "memory PAGES $L3 0x1000\n"                                                                    \
    "begin map domain=0xa a=0x0 b=0x4000\n"                                                        \
    "store PTE_S2 $L1 0x81003\n"                                                                   \
    "store PTE_S2 $L2 0x82003\n"                                                                   \
    "store PTE_S2 $L3 0xa0000003\n"                                                                \
    "store PTE_S2 $L3+0x8 0xa0001003\n"                                                            \
    "store PTE_S2 $L3+0x10 0xa0002003\n"                                                           \
    "store PTE_S2 $L3+0x18 0xa0003003\n"                                                           \
    "map 0xa 0x0 0xa0000000 0x4000 prot=rw\n"                                                      \
    "end map domain=0xa a=0x0 b=0x4000\n"                                                          \
    "begin attach dev=0\n"                                                                         \
    "begin drv_attach dev=0 domain=0xa a=0x1\n"                                                    \
    "store PASID $P+0x8 0x800002\n"                                                                \
    "store PASID $P 0x80085\n"                                                                     \
    "end drv_attach dev=0 domain=0xa a=0x1\n"                                                      \
    "end attach dev=0\n"

/* Legacy mode; slots 0 to 3 are used up. */
#define VTD_LEGACY_LINES                                                                           \
    "# Legacy mode. Domain 0xa: domain 2, table at 0x80000, IOVA 0x0 to 0xfff.\n"                  \
    "let C = 0x11180\n"                                                                            \
    "memory PAGES 0x80000 0x3000\n"                                                                \
    "store ROOT 0x10000 0x11001\n" VX_QUEUE "mmio_write $RTADDR 0x10000 width=8\n" VX_GCMD(        \
        "0x44000000", "0x40000000", "0x40000000") "# Caches are emptied.\n" VX_SLOT("0x0", "0x10", \
                                                                                    "0x11", "0x0") \
        VX_WAIT_SLOT("0x20", "0x30") VX_TAIL("0x40") VX_SEEN("1") VX_SLOT("0x40", "0x50", "0xd2",  \
                                                                          "0x0")                   \
            VX_WAIT_SLOT("0x60", "0x70") VX_TAIL("0x80") VX_SEEN("3") VX_GCMD(                     \
                "0x84000000", "0x80000000",                                                        \
                "0x80000000") "begin attach dev=0 domain=0x9\n"                                    \
                              "begin drv_attach dev=0 domain=0x9 a=0x0\n"                          \
                              "end drv_attach dev=0 domain=0x9 a=0x0\n"                            \
                              "end attach dev=0 domain=0x9\n" VX_MARK(                             \
                                  "map domain=0xa a=0x0 b=0x1000",                                 \
                                  "store PTE_S2 0x80000 0x81003\nstore PTE_S2 0x81000 "            \
                                  "0x82003\n"                                                      \
                                  "store PTE_S2 0x82000 0xa0000003\nmap 0xa 0x0 0xa0000000 "       \
                                  "0x1000 prot=rw\n") "begin attach dev=0\n" VX_AGAIN("store "     \
                                                                                      "CTX "       \
                                                                                      "$C+"        \
                                                                                      "0x8 "       \
                                                                                      "0x201"      \
                                                                                      "\nstor"     \
                                                                                      "e CTX "     \
                                                                                      "$C "        \
                                                                                      "0x8000"     \
                                                                                      "1\n") "end" \
                                                                                             " at" \
                                                                                             "tac" \
                                                                                             "h "  \
                                                                                             "dev" \
                                                                                             "=0"  \
                                                                                             "\n"
/* Slots 4 to 7, with their waits. */
#define VX_LEGACY_A(word0, word1)                                                                  \
    VX_SLOT("0x80", "0x90", word0, word1)                                                          \
    VX_WAIT_SLOT("0xa0", "0xb0") VX_TAIL("0xc0") VX_SEEN("5")
#define VX_LEGACY_B(word0, word1) VX_A(word0, word1)

#endif
