/* SPDX-License-Identifier: BSD-2-Clause
 * explore_atc_test.cpp - devices that keep translations: when they must be told, and in what order.
 */
#include "tests/unit/check/explore_stream.h"

#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kEatsFull = 1ull << 28;
constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | kEatsFull);
    s.entry(kCdTable, cd(1, kTableA));
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    s.store(kL3 + 8, 0x80001f43, SIM_S_PTE);
    s.reg(0x20, 0x19); /* with ATSCHK */
    s.ats(true);
}

/* An unmap with the commands @order: t TLBI, a ATC_INV, s sync, y sync that nobody rings for. */
chk_class unmap(const char *order)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    for (; *order; order++) {
        if (*order == 't')
            s.tlbi_asid(1);
        else if (*order == 'a')
            s.atc_inv_all();
        else if (*order == 'y')
            s.command(0x2046);
        else
            s.sync();
    }
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    return s.last();
}

TEST(ExploreAtc, unmap_needs_both_with_a_sync_between)
{
    EXPECT_EQ(CHK_HITLESS, unmap("tsas"));
    EXPECT_EQ(CHK_STALE, unmap("ts"));
    EXPECT_EQ(CHK_STALE, unmap("tas"));
    EXPECT_EQ(CHK_STALE, unmap("asts"));
    EXPECT_EQ(CHK_STALE, unmap("tsa"));
    EXPECT_EQ(CHK_HITLESS, unmap("tyas")); /* all with one doorbell */
    EXPECT_EQ(CHK_STALE, unmap("tays"));
}

chk_class replace(bool has_inv)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    if (has_inv) {
        s.atc_inv_all();
        s.sync();
    }
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreAtc, replace_without_atc_inv_is_stale)
{
    EXPECT_EQ(CHK_STALE, replace(false));
}

TEST(ExploreAtc, replace_with_atc_inv_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, replace(true));
}

chk_class turn_off(bool device_first)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    if (device_first)
        s.ats(false);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1]);
    s.cfgi_ste();
    s.sync();
    if (!device_first)
        s.ats(false);
    s.atc_inv_all();
    s.sync();
    s.end(SIM_OP_REPLACE);
    return s.last();
}

TEST(ExploreAtc, eats_off_before_the_device_breaks)
{
    EXPECT_EQ(CHK_BREAKS, turn_off(false));
}

TEST(ExploreAtc, eats_off_after_the_device_is_hitless)
{
    EXPECT_EQ(CHK_HITLESS, turn_off(true));
}

/* Before the CFGI is complete the device may ask again, and gets the old. */
TEST(ExploreAtc, atc_inv_before_the_cfgi_does_not_help_a_replace)
{
    for (const bool has_sync : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE);
        s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
        s.atc_inv_all();
        if (has_sync)
            s.sync();
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(CHK_STALE, s.last()) << has_sync;
    }
}

/* ---- scopes: TLBI and sync, and then one command for the ATC ---- */

struct Scope {
    const char *name;
    uint64_t q0, q1; /* 0 = none */
    chk_class of_unmap, of_replace;
};

std::ostream &operator<<(std::ostream &out, const Scope &scope)
{
    return out << scope.name;
}

constexpr uint64_t kInv = 3ull << 32 | 0x40;

const Scope scopes[] = {
    {"none", 0, 0, CHK_STALE, CHK_STALE},
    {"all", kInv, 52, CHK_HITLESS, CHK_HITLESS},
    {"page", kInv, 0x1000, CHK_HITLESS, CHK_STALE},
    {"page_before", kInv, 0, CHK_STALE, CHK_STALE},
    {"page_behind", kInv, 0x2000, CHK_STALE, CHK_STALE},
    {"two_pages", kInv, 1, CHK_HITLESS, CHK_STALE},
    {"two_pages_behind", kInv, 0x2000 | 1, CHK_STALE, CHK_STALE},
    {"lower_half_of_all", kInv, 50, CHK_HITLESS, CHK_STALE},
    {"of_another_stream", 5ull << 32 | 0x40, 52, CHK_STALE, CHK_STALE},
    {"of_a_pasid", kInv | 1ull << 12 | 1 << 11, 52, CHK_STALE, CHK_STALE},
};

class AtcScopes : public testing::TestWithParam<Scope>
{
};

TEST_P(AtcScopes, of_an_unmap)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.tlbi_asid(1);
    s.sync();
    if (GetParam().q0)
        s.command(GetParam().q0, GetParam().q1);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_STREQ(chk_class_name(GetParam().of_unmap), chk_class_name(op.worst[XPL_ARCHITECTURE]));
    ASSERT_EQ(GetParam().of_unmap == CHK_HITLESS ? 0u : 1u, op.n_tables);
    if (op.n_tables) {
        EXPECT_EQ(0x1000u, op.tables[0].first);
        EXPECT_EQ(0x1fffu, op.tables[0].last);
    }
}

TEST_P(AtcScopes, of_a_replace)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    if (GetParam().q0)
        s.command(GetParam().q0, GetParam().q1);
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_STREQ(chk_class_name(GetParam().of_replace), chk_class_name(s.last()));
}

INSTANTIATE_TEST_SUITE_P(commands, AtcScopes, testing::ValuesIn(scopes),
                         [](const auto &row) { return std::string(row.param.name); });

/* PASID 1 of device 0 has CD 1, ASID 2 and table B with the page 0x1000. */
chk_class unmap_of_pasid(uint64_t q0)
{
    constexpr uint64_t kLast = kTableB + 0x3000;
    Stream s;

    prepare(s);
    s.records.pop_back(); /* ats on: below, when the PASID is known */
    s.store(ste_at(kSid), s1_ste(kCdTable | 1ull << 59)[0]);
    s.entry(kCdTable + 64, cd(2, kTableB));
    for (uint64_t i = 0; i < 3; i++)
        s.store(kTableB + i * 0x1000, (kTableB + (i + 1) * 0x1000) | 3, SIM_S_PTE);
    s.store(kLast + 8, 0x90001f43, SIM_S_PTE);
    s.cfgi_ste();
    s.sync();
    s.begin(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.end(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.ats(true);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(kLast + 8, 0, SIM_S_PTE);
    s.tlbi_asid(2);
    s.sync();
    s.command(q0, 52);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    return s.last();
}

TEST(ExploreAtc, unmap_below_a_pasid_needs_a_command_that_names_it_or_none)
{
    EXPECT_EQ(CHK_HITLESS, unmap_of_pasid(kInv | 1ull << 12 | 1 << 11));
    EXPECT_EQ(CHK_STALE, unmap_of_pasid(kInv | 2ull << 12 | 1 << 11));
    EXPECT_EQ(CHK_HITLESS, unmap_of_pasid(kInv));
    EXPECT_EQ(CHK_STALE, unmap_of_pasid(5ull << 32 | 0x40));
}

/* A function without ATS has forgotten all: its own alone. */
TEST(ExploreAtc, function_that_is_switched_off_keeps_nothing)
{
    for (const uint32_t dev : {0u, 1u}) {
        for (const bool is_on : {false, true}) {
            Stream s;

            prepare(s);
            s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
            s.store(kL3 + 8, 0, SIM_S_PTE);
            s.tlbi_asid(1);
            s.sync();
            s.ats(is_on);
            s.records.back().ats.dev = dev;
            s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
            EXPECT_EQ(dev == 0 && !is_on ? CHK_HITLESS : CHK_STALE, s.last()) << dev << is_on;
        }
    }
}

/* The same tables, and it is device 1 that has ATS. */
TEST(ExploreAtc, second_device_that_is_switched_off_keeps_nothing)
{
    for (const uint32_t dev : {0u, 1u}) {
        Stream s;

        prepare(s);
        s.records.pop_back(); /* ats on */
        s.store(ste_at(kSid), 1);
        s.entry(ste_at(kOtherSid), s1_ste(kCdTable5));
        s.store(ste_at(kOtherSid) + 8, s1_ste(kCdTable5)[1] | kEatsFull);
        s.entry(kCdTable5, cd(1, kTableA));
        s.cfgi_ste(kSid);
        s.cfgi_ste(kOtherSid);
        s.sync();
        s.ats(true);
        s.records.back().ats.dev = 1;
        s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
        s.store(kL3 + 8, 0, SIM_S_PTE);
        s.tlbi_asid(1);
        s.sync();
        s.ats(false);
        s.records.back().ats.dev = dev;
        s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
        EXPECT_EQ(dev == 1 ? CHK_HITLESS : CHK_STALE, s.last()) << dev;
    }
}

/* Device 0 has its ATS on; its STE gets or loses EATS without a CFGI, so that either is met. */
chk_class unmap_while_eats_changes(bool has_eats_before, bool has_eats_after)
{
    Stream s;

    prepare(s);
    s.records.pop_back(); /* ats on */
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | (has_eats_before ? kEatsFull : 0));
    s.cfgi_ste();
    s.sync();
    s.ats(true);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | (has_eats_after ? kEatsFull : 0));
    s.store(kL3 + 8, 0, SIM_S_PTE);
    s.tlbi_asid(1);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    const xpl_report &report = s.explore();

    return report.ops[0].tlb_worst[XPL_ARCHITECTURE];
}

TEST(ExploreAtc, eats_that_is_met_before_its_cfgi_lets_a_device_ask)
{
    EXPECT_EQ(CHK_STALE, unmap_while_eats_changes(false, true));
    EXPECT_EQ(CHK_HITLESS, unmap_while_eats_changes(false, false));
}

TEST(ExploreAtc, eats_that_goes_without_cfgi_leaves_what_a_device_has)
{
    EXPECT_EQ(CHK_STALE, unmap_while_eats_changes(true, false));
    EXPECT_EQ(CHK_STALE, unmap_while_eats_changes(true, true));
}

/* EATS appears with CFGI and SYNC: nothing is known of what the device asks from then on. */
TEST(ExploreAtc, eats_that_appears_in_a_switch_needs_a_record_of_ats)
{
    for (const uint64_t eats : {uint64_t{0}, kEatsFull}) {
        Stream s;

        s.entry(ste_at(kSid), s1_ste(kCdTable));
        s.entry(kCdTable, cd(1, kTableA));
        s.reg(0x20, 0x19);
        s.begin(SIM_OP_REPLACE);
        s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | eats);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(CHK_HITLESS, s.last());
        EXPECT_EQ(eats != 0, s.explore().ops[0].inconclusive);
    }
}

/* The device is told before the STE is invalidated, but not before it is stored. */
TEST(ExploreAtc, eats_off_breaks_from_its_store_on)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1]);
    s.ats(false);
    s.atc_inv_all();
    s.sync();
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_BREAKS, s.last());
}

/* Bypass to stage 1 with EATS, the last invalidation left out: the device asks, and an IOMMU that
 * still has the old entry refuses to be asked. */
TEST(ExploreAtc, entry_without_eats_that_is_left_refuses_translation_requests)
{
    Stream s;
    bool is_refused = false;

    s.entry(ste_at(kSid), identity_ste());
    s.entry(kCdTable, cd(1, kTableA));
    s.reg(0x20, 0x19);
    s.begin(SIM_OP_ATTACH);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | kEatsFull | 1ull << 44);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.sync();
    s.ats(true);
    s.end(SIM_OP_ATTACH);
    const xpl_report &report = s.explore();
    ASSERT_EQ(1u, report.n_ops);
    const xpl_slot &slot = report.ops[0].slots[0];
    for (uint32_t i = 0; i < slot.n_outcomes; i++)
        is_refused |=
            slot.outcomes[i].phase == XPL_AFTER && slot.outcomes[i].target.kind == CHK_REFUSED;
    EXPECT_TRUE(is_refused);
}

TEST(ExploreAtc, what_a_device_was_left_with_is_charged_once)
{
    Stream s;

    prepare(s);
    for (const uint64_t cds : {kSecondCdTable, uint64_t{0}, kCdTable}) {
        s.begin(SIM_OP_REPLACE);
        if (cds) {
            s.store(ste_at(kSid), s1_ste(cds)[0]);
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_REPLACE);
    }
    const xpl_report &report = s.explore();

    ASSERT_EQ(3u, report.n_ops);
    EXPECT_EQ(CHK_STALE, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_STALE, report.ops[2].worst[XPL_ARCHITECTURE]); /* what the first one gave */
}

TEST(ExploreAtc, what_a_device_may_ask_for_again_is_charged_once)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]); /* nobody tells the SMMU */
    s.end(SIM_OP_REPLACE);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid) + 48, 0);
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ(CHK_STALE, s.explore().ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, s.explore().ops[1].worst[XPL_ARCHITECTURE]);
}

/* What a device sees that may not use what it has translated: an abort. */
TEST(ExploreAtc, translated_request_that_is_refused_is_lost)
{
    unsigned n_refused = 0;
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1]);
    s.cfgi_ste();
    s.sync();
    s.ats(false);
    s.end(SIM_OP_REPLACE);
    const xpl_slot &slot = s.explore().ops[0].slots[0];

    for (uint32_t i = 0; i < slot.n_outcomes; i++) {
        if (slot.outcomes[i].target.kind != CHK_REFUSED)
            continue;
        n_refused++;
        EXPECT_EQ(CHK_REFUSAL_LOST, slot.outcomes[i].target.refusal);
        EXPECT_EQ(XPL_TLB, slot.outcomes[i].source);
        EXPECT_EQ(XPL_DURING, slot.outcomes[i].phase);
    }
    EXPECT_EQ(1u, n_refused);
}

/* ---- Nothing tells if the device has its ATS on ---- */

enum Ats { kNever, kOffAfterwards, kOnAfterwards };

/* Device 0 goes from abort to stage 1, with @eats; device 1 is attached behind it. */
const xpl_report &attach_both(Stream &s, uint64_t eats, Ats ats)
{
    s.entry(ste_at(kSid), abort_ste());
    s.entry(ste_at(kOtherSid), abort_ste());
    s.entry(kCdTable, cd(1, kTableA));
    s.reg(0x20, 0x19);
    s.begin(SIM_OP_ATTACH);
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | eats);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_ATTACH);
    s.begin(SIM_OP_ATTACH, 1);
    s.store(ste_at(kOtherSid), 0x9);
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.end(SIM_OP_ATTACH, 1);
    if (ats != kNever)
        s.ats(ats == kOnAfterwards);
    return s.explore();
}

TEST(ExploreAtc, eats_without_a_record_of_ats_is_inconclusive)
{
    Stream s;
    const xpl_report &report = attach_both(s, kEatsFull, kNever);

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_TRUE(report.ops[0].inconclusive);
    EXPECT_STREQ("an entry has ATS on, and no ats record says if its device has",
                 report.ops[0].why);
    EXPECT_TRUE(report.inconclusive);
}

TEST(ExploreAtc, eats_of_another_device_leaves_an_operation_conclusive)
{
    Stream s;
    EXPECT_FALSE(attach_both(s, kEatsFull, kNever).ops[1].inconclusive);
}

TEST(ExploreAtc, every_operation_under_eats_needs_a_record_of_ats)
{
    Stream s;

    prepare(s);
    s.records.pop_back(); /* ats on */
    s.entry(ste_at(kOtherSid), s1_ste(kCdTable5));
    s.store(ste_at(kOtherSid) + 8, s1_ste(kCdTable5)[1] | kEatsFull);
    s.entry(kCdTable5, cd(2, kTableB));
    s.cfgi_ste(kOtherSid);
    s.sync();
    for (unsigned i = 0; i < 8; i++) {
        s.begin(SIM_OP_REPLACE, i % 2);
        s.end(SIM_OP_REPLACE, i % 2);
    }
    const xpl_report &report = s.explore();

    ASSERT_EQ(8u, report.n_ops);
    for (size_t i = 0; i < report.n_ops; i++) {
        EXPECT_TRUE(report.ops[i].inconclusive) << i;
        for (uint32_t j = 0; j < report.ops[i].n_slots; j++) {
            const xpl_slot &slot = report.ops[i].slots[j];

            EXPECT_EQ(slot.is_switched, slot.inconclusive) << i;
        }
    }
}

TEST(ExploreAtc, without_eats_nothing_needs_a_record_of_ats)
{
    Stream s;

    EXPECT_FALSE(attach_both(s, 0, kNever).inconclusive);
}

TEST(ExploreAtc, any_record_of_ats_tells_the_state_also_a_later_one)
{
    for (const Ats ats : {kOffAfterwards, kOnAfterwards}) {
        Stream s;

        EXPECT_FALSE(attach_both(s, kEatsFull, ats).inconclusive);
    }
}

TEST(ExploreAtc, a_caller_that_knows_all_needs_no_record_of_ats)
{
    Stream s;

    s.params.has_all_ats = true;
    EXPECT_FALSE(attach_both(s, kEatsFull, kNever).inconclusive);
}

/* A page of the domain of @sid is unmapped with TLBI and sync, and no word of ATS. Device 0 has
 * @eats and ASID 1, device 1 no EATS and ASID 2. */
bool is_unmap_inconclusive(uint64_t eats, uint32_t sid)
{
    Stream s;

    prepare(s);
    s.records.pop_back(); /* ats on */
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | eats);
    s.entry(ste_at(kOtherSid), s1_ste(kCdTable5));
    s.entry(kCdTable5, cd(2, kTableB));
    s.store(kTableB, (kTableB + 0x1000) | 3, SIM_S_PTE);
    s.store(kTableB + 0x1000, (kTableB + 0x2000) | 3, SIM_S_PTE);
    s.store(kTableB + 0x2000, 0x80000f41, SIM_S_PTE);
    s.cfgi_ste(kSid);
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);
    s.store(sid == kSid ? kL3 + 8 : kTableB + 0x2000, 0, SIM_S_PTE);
    s.tlbi_asid(sid == kSid ? 1 : 2);
    s.sync();
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0x1000, 0x1000);

    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    return report.ops[0].inconclusive;
}

TEST(ExploreAtc, unmap_under_eats_without_a_record_of_ats_is_inconclusive)
{
    EXPECT_TRUE(is_unmap_inconclusive(kEatsFull, kSid));
    EXPECT_FALSE(is_unmap_inconclusive(0, kSid));
}

TEST(ExploreAtc, unmap_of_another_domain_is_conclusive)
{
    EXPECT_FALSE(is_unmap_inconclusive(kEatsFull, kOtherSid));
}

} // namespace
