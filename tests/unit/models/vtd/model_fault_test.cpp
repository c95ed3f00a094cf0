// SPDX-License-Identifier: BSD-2-Clause
// model_fault_test.cpp - every reason that configuration and walks raise, and what each kind of
// request gets for it (5.1).
#include "tests/unit/models/vtd/stage_bench.h"

namespace
{

using namespace stage;

// What a translation request gets: unsupported request, abort, success without rights, or success
// with some.
enum class Ats { UR, CA, S0, SE };

struct Case {
    const char *name;
    bool is_scalable;
    int64_t pasid;
    uint64_t iova;
    unsigned access;
    void (*damage)(Bench &b);
    uint32_t code;
    Ats ats;
    bool is_always; // recorded whatever FPD says
};

VTDM_CASES(Case)

constexpr unsigned R = SIM_DMA_READ, W = SIM_DMA_WRITE;
constexpr uint64_t kA = 0x5000;

void unreadable(Bench &b, uint64_t pa)
{
    test_machine_break(b.m, pa, 8);
}

constexpr uint64_t kCtx = kCtxs + 16 * kSid, kSmCtx = kCtxs + 32 * kSid;
constexpr uint64_t kRoot = kRoots;

const Case cases[] = {
    {"rtaddr_reserved_mode", false, kNoPasid, kA, R,
     [](Bench &b) { b.write64(RTADDR, kRoots | RESERVED_MODE), b.command(SRTP); }, 0x30, Ats::CA,
     true},
    {"abort_mode", true, kNoPasid, kA, R,
     [](Bench &b) { b.write64(RTADDR, kRoots | ABORT_MODE), b.command(SRTP); }, 0x33, Ats::UR,
     true},
    {"pasid_in_legacy_mode", false, 3, kA, R, [](Bench &) {}, 0x31, Ats::UR, true},
    {"legacy_root_unreadable", false, kNoPasid, kA, R, [](Bench &b) { unreadable(b, kRoot); },
     0x08, Ats::CA, true},
    {"legacy_root_not_present", false, kNoPasid, kA, R, [](Bench &b) { b.store(kRoot, kCtxs); },
     0x01, Ats::UR, true},
    {"legacy_root_reserved", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(kRoot, kCtxs | 0x11); }, 0x0a, Ats::CA, true},
    {"legacy_root_reserved_high", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(kRoot + 8, 0x1); }, 0x0a, Ats::CA, true},
    {"legacy_ctx_unreadable", false, kNoPasid, kA, R, [](Bench &b) { unreadable(b, kCtx); }, 0x09,
     Ats::CA, true},
    {"legacy_ctx_not_present", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(kCtx, space(0) | 0x4); }, 0x02, Ats::UR, false},
    {"legacy_ctx_reserved", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(kCtx, space(0) | 0x15); }, 0x0b, Ats::CA, false},
    {"legacy_ctx_bad_type", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(kCtx, space(0) | 0xd); }, 0x03, Ats::CA, false},
    {"legacy_ctx_57_bits", false, kNoPasid, kA, R, [](Bench &b) { b.store(kCtx + 8, 0x1003); },
     0x03, Ats::CA, false},
    {"legacy_beyond_48_bits", false, kNoPasid, 0x1000000000000, R, [](Bench &) {}, 0x04, Ats::S0,
     false},
    {"legacy_table_unreadable", false, kNoPasid, kA, R,
     [](Bench &b) { unreadable(b, space(0)); }, 0x07, Ats::CA, false},
    {"legacy_leaf_unreadable", false, kNoPasid, kA, R,
     [](Bench &b) { unreadable(b, leaf_slot(0, kA)); }, 0x07, Ats::CA, false},
    {"legacy_no_leaf_to_read", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(leaf_slot(0, kA), 0); }, 0x06, Ats::SE, false},
    {"legacy_no_leaf_to_write", false, kNoPasid, kA, W,
     [](Bench &b) { b.store(leaf_slot(0, kA), 0); }, 0x05, Ats::SE, false},
    {"legacy_entry_reserved", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(leaf_slot(0, kA), page_of(0, kA) | UINT64_C(1) << 50 | 3); }, 0x0c,
     Ats::CA, false},
    {"legacy_to_interrupts", false, kNoPasid, kA, R,
     [](Bench &b) { b.store(leaf_slot(0, kA), 0xfee00003); }, 0x0e, Ats::CA, false},

    {"root_unreadable", true, kNoPasid, kA, R, [](Bench &b) { unreadable(b, kRoot); }, 0x38,
     Ats::CA, true},
    {"root_half_not_present", true, kNoPasid, kA, R, [](Bench &b) { b.store(kRoot, kCtxs); }, 0x39,
     Ats::UR, true},
    {"root_half_reserved", true, kNoPasid, kA, R, [](Bench &b) { b.store(kRoot, kCtxs | 0x801); },
     0x3a, Ats::CA, true},
    {"ctx_unreadable", true, kNoPasid, kA, R, [](Bench &b) { unreadable(b, kSmCtx); }, 0x40,
     Ats::CA, true},
    {"ctx_second_chunk_unreadable", true, kNoPasid, kA, R,
     [](Bench &b) { unreadable(b, kSmCtx + 16); }, 0x40, Ats::CA, true},
    {"ctx_not_present", true, kNoPasid, kA, R,
     [](Bench &b) { b.store(kSmCtx, dir_of(kSid) | 0x1c); }, 0x41, Ats::UR, false},
    {"ctx_reserved", true, kNoPasid, kA, R, [](Bench &b) { b.store(kSmCtx + 24, 0x1); }, 0x42,
     Ats::CA, false},
    {"ctx_pre_without_dte", true, kNoPasid, kA, R,
     [](Bench &b) { b.store(kSmCtx, dir_of(kSid) | 0x19); }, 0x43, Ats::CA, false},
    {"ctx_rid_pasid_beyond", true, kNoPasid, kA, R, [](Bench &b) { b.store(kSmCtx + 8, 0x2000); },
     0x43, Ats::CA, false},
    {"pasid_refused", true, kSs, kA, R, [](Bench &b) { b.store(kSmCtx, dir_of(kSid) | 0x5); },
     0x45, Ats::UR, false},
    {"pasid_beyond_directory", true, 0x2000, kA, R, [](Bench &) {}, 0x46, Ats::UR, false},
    {"pasid_is_rid_pasid", true, kSs, kA, R, [](Bench &b) { b.store(kSmCtx + 8, 0x4); }, 0x48,
     Ats::UR, false},
    {"dir_unreadable", true, kSs, kA, R, [](Bench &b) { unreadable(b, dir_of(kSid)); }, 0x50,
     Ats::CA, true},
    {"dir_not_present", true, kSs, kA, R, [](Bench &b) { b.store(dir_of(kSid), 0); }, 0x51,
     Ats::S0, false},
    {"dir_reserved", true, kSs, kA, R,
     [](Bench &b) { b.store(dir_of(kSid), (dir_of(kSid) + 0x1000) | 0x5); }, 0x52, Ats::CA, false},
    {"entry_unreadable", true, kSs, kA, R,
     [](Bench &b) { unreadable(b, pasid_slot(kSid, kSs) + 48); }, 0x58, Ats::CA, true},
    {"entry_not_present", true, kSs, kA, R,
     [](Bench &b) { b.store(pasid_slot(kSid, kSs), space(2) | 0x88); }, 0x59, Ats::S0, false},
    {"entry_reserved", true, kSs, kA, R,
     [](Bench &b) { b.store(pasid_slot(kSid, kSs) + 56, 0x1); }, 0x5a, Ats::CA, false},
    {"entry_bad_type", true, kSs, kA, R,
     [](Bench &b) { b.store(pasid_slot(kSid, kSs), space(2) | 0x9); }, 0x5b, Ats::CA, false},
    {"entry_57_bits", true, kSs, kA, R,
     [](Bench &b) { b.store(pasid_slot(kSid, kSs), space(2) | 0x8d); }, 0x5b, Ats::CA, false},
    {"supervisor_without_sre", true, kFs, kA, R | SIM_DMA_PRIVILEGED, [](Bench &) {}, 0x5d,
     Ats::S0, false},
    {"fs_root_unreadable", true, kFs, kA, R, [](Bench &b) { unreadable(b, space(1)); }, 0x73,
     Ats::S0, false},
    {"fs_entry_unreadable", true, kFs, kA, R,
     [](Bench &b) { unreadable(b, leaf_slot(1, kA)); }, 0x70, Ats::S0, false},
    {"fs_not_present", true, kFs, kA, R, [](Bench &b) { b.store(leaf_slot(1, kA), 0x66); }, 0x71,
     Ats::S0, false},
    {"fs_reserved", true, kFs, kA, R,
     [](Bench &b) { b.store(leaf_slot(1, kA), fs_page(UINT64_C(1) << 50)); }, 0x72, Ats::S0,
     false},
    {"fs_not_canonical", true, kFs, 0x800000005000, R, [](Bench &) {}, 0x80, Ats::S0, false},
    {"fs_of_supervisor", true, kFs, kA, R,
     [](Bench &b) { b.store(leaf_slot(1, kA), page_of(1, kA) | 0x63); }, 0x81, Ats::S0, false},
    {"fs_update_not_snooped", true, kFs, kA, R,
     [](Bench &b) {
         b.store(pasid_slot(kSid, kFs) + 8, 0x11); // PWSNP=0
         b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
     },
     0x90, Ats::S0, false},
    {"ss_root_unreadable", true, kSs, kA, R, [](Bench &b) { unreadable(b, space(2)); }, 0x7b,
     Ats::CA, false},
    {"ss_entry_unreadable", true, kSs, kA, R,
     [](Bench &b) { unreadable(b, space(2) + 0x1000); }, 0x78, Ats::CA, false},
    {"ss_not_present", true, kSs, kA, R, [](Bench &b) { b.store(leaf_slot(2, kA), 0); }, 0x79,
     Ats::S0, false},
    {"ss_rights_end_above", true, kSs, kA, R,
     [](Bench &b) {
         b.store(space(2) + 0x2000, (space(2) + 0x3000) | 0x1); // R
         b.store(leaf_slot(2, kA), page_of(2, kA) | 0x2);       // W
     },
     0x79, Ats::S0, false},
    {"ss_reserved", true, kSs, kA, R,
     [](Bench &b) { b.store(space(2), ss_entry(space(2) + 0x1000) | 0x80); }, 0x7a, Ats::CA,
     false},
    {"ss_update_not_snooped", true, kSs, kA, R,
     [](Bench &b) {
         b.store(pasid_slot(kSid, kSs), space(2) | 0x289); // SSADE
         b.store(pasid_slot(kSid, kSs) + 8, 0x12);         // PWSNP=0
     },
     0x7c, Ats::CA, false},
    {"ss_beyond_48_bits", true, kSs, 0x1000000000000, R, [](Bench &) {}, 0x84, Ats::S0, false},
    {"ss_to_interrupts", true, kSs, kA, R,
     [](Bench &b) { b.store(leaf_slot(2, kA), 0xfee00003); }, 0x87, Ats::CA, false},
    {"pass_beyond_haw", true, kPass, 0x1000000000000, R, [](Bench &) {}, 0x83, Ats::S0, false},
    {"nested_table_beyond", true, kNested, kA, R,
     [](Bench &b) {
         b.store(pasid_slot(kSid, kNested), (space(3) + 0x1000) | 0xc5); // AW: 39 bits
         b.store(guest(0), fs_table(UINT64_C(1) << 39));
     },
     0x74, Ats::S0, false},
    {"nested_page_beyond", true, kNested, kA, R,
     [](Bench &b) {
         b.store(pasid_slot(kSid, kNested), (space(3) + 0x1000) | 0xc5);
         b.store(guest_slot(kA), fs_page(UINT64_C(1) << 39));
     },
     0x74, Ats::S0, false},
    {"nested_root_not_readable", true, kNested, kA, R,
     [](Bench &b) { b.store(leaf_slot(3, 0), guest(0) | 0x2); }, 0x75, Ats::S0, false},
    {"nested_table_not_readable", true, kNested, kA, R,
     [](Bench &b) { b.store(leaf_slot(3, 0x2000), guest(0x2000) | 0x2); }, 0x76, Ats::S0, false},
    {"nested_table_not_writable_ssade", true, kNested, kA, R,
     [](Bench &b) {
         b.store(pasid_slot(kSid, kNested), space(3) | 0x2c9);
         b.store(leaf_slot(3, 0x1000), guest(0x1000) | 0x1);
     },
     0x76, Ats::S0, false},
    {"nested_update_not_writable", true, kNested, kA, R,
     [](Bench &b) {
         b.store(leaf_slot(3, 0x3000), guest(0x3000) | 0x1);
         b.store(guest_slot(kA), fs_fresh(0x8000 + kA));
     },
     0x77, Ats::S0, false},
    {"nested_table_not_present", true, kNested, kA, R,
     [](Bench &b) { b.store(leaf_slot(3, 0x1000), 0); }, 0x79, Ats::S0, false},
    {"nested_page_not_present", true, kNested, kA, R,
     [](Bench &b) { b.store(leaf_slot(3, 0x8000 + kA), 0); }, 0x79, Ats::S0, false},
    {"nested_ss_root_unreadable", true, kNested, kA, R,
     [](Bench &b) { unreadable(b, space(3)); }, 0x7b, Ats::CA, false},
};

void boot(Bench &b, const Case &c)
{
    if (c.is_scalable)
        boot_scalable(b);
    else
        boot_legacy(b);
    c.damage(b);
    b.settle();
}

class EachReason : public testing::TestWithParam<Case>
{
};

TEST_P(EachReason, AnUntranslatedRequestIsUnsupportedAndRecorded)
{
    const Case &c = GetParam();
    Bench b;

    boot(b, c);
    const Answer a = b.dma(kSid, c.iova, c.access, c.pasid);
    EXPECT_EQ(a.status, SIM_DMA_UR);
    EXPECT_EQ(a.event, c.code);
    ASSERT_EQ(b.n_records(), 1u);
    EXPECT_EQ(reason(b, 0), c.code);
    EXPECT_EQ(b.record(0)[0], c.iova & ~UINT64_C(0xfff));
}

TEST_P(EachReason, ATranslationRequestGetsItsOwnAnswer)
{
    const Case &c = GetParam();
    Bench b;

    boot(b, c);
    const Answer a = b.dma(kSid, c.iova, c.access, c.pasid, SIM_DMA_TRANSLATION_REQUEST);
    const bool is_success = c.ats == Ats::S0 || c.ats == Ats::SE;
    EXPECT_EQ(a.status, is_success ? SIM_DMA_OK : (c.ats == Ats::UR ? SIM_DMA_UR : SIM_DMA_ABORT));
    EXPECT_EQ(a.granted, 0);
    EXPECT_EQ(b.n_records(), is_success ? 0u : 1u);
    if (!is_success) {
        EXPECT_EQ(reason(b, 0), c.code);
    }
}

INSTANTIATE_TEST_SUITE_P(Faults, EachReason, testing::ValuesIn(cases), name_of<Case>);

TEST(Fpd, OfTheEntryThatWasReachedKeepsItsFaultsUnrecorded)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), 0x2); // P=0, FPD=1
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    EXPECT_EQ(b.n_records(), 0u);
    b.store(dir_of(kSid), 0x2);
    EXPECT_EQ(b.dma(kSid, kA, R, 9).event, 0x51u);
    EXPECT_EQ(b.n_records(), 0u);
    b.store(kSmCtx, 0x2);
    EXPECT_EQ(b.dma(kSid + 1, kA, R).event, 0x41u); // another source: not of this entry
    EXPECT_EQ(b.n_records(), 1u);
}

TEST(Fpd, OfALegacyEntryIsReadThoughItIsNotPresent)
{
    Bench b;

    boot_legacy(b);
    b.store(kCtx, 0x2);
    EXPECT_EQ(b.dma(kSid, kA, R).event, 0x02u);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(Fpd, HoldsForTheWalksOfItsEntry)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x8b);
    b.store(leaf_slot(2, kA), 0);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x79u);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(Fpd, DoesNotHideWhatIsAlwaysRecorded)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x8b);
    test_machine_break(b.m, pasid_slot(kSid, kSs) + 16, 8);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x58u);
    EXPECT_EQ(b.n_records(), 1u);
}

TEST(Ats, IsRefusedByTheContext)
{
    Bench b;

    boot_scalable(b);
    b.store(kSmCtx, dir_of(kSid) | 0x9); // DTE=0
    EXPECT_EQ(b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATION_REQUEST).event, 0x44u);
    EXPECT_EQ(b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATED).event, 0x44u);
    EXPECT_EQ(b.dma(kSid, kA, R).status, SIM_DMA_OK);
}

TEST(Ats, IsRefusedByTheLegacyContext)
{
    Bench b;

    boot_legacy(b);
    b.ctx(kSid, ctx_ss(space(0), 0x10));
    const Answer tr = b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATION_REQUEST);
    const Answer td = b.dma(kSid, kA, R, kNoPasid, SIM_DMA_TRANSLATED);
    EXPECT_EQ(tr.event, 0x0du);
    EXPECT_EQ(tr.status, SIM_DMA_UR);
    EXPECT_EQ(td.event, 0x0du);
    EXPECT_EQ(td.status, SIM_DMA_UR);
    EXPECT_EQ(b.dma(kSid, kA, R).status, SIM_DMA_OK);
}

} // namespace
