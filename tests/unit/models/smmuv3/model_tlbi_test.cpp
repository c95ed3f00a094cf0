// SPDX-License-Identifier: BSD-2-Clause
// TLB invalidation: what each command drops and what it leaves (5.2 to 5.4 of the facts; 3.17,
// 4.4). A translation is proven to be cached: its table has changed, and the old answer comes.
//
// The architecture lets an implementation drop more. This one does not, except where the
// parameters say so, because the cost of what is dropped is one of the things it measures.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};

constexpr uint64_t kMoved = 0x4000000000; // where a changed leaf leads, beside the old place

// A translation, and the descriptor that makes it.
struct Entry {
    const char *name;
    uint32_t sid;
    uint64_t iova;
    uint64_t at, value, pa;
};

// First letter: stream. A is ASID 1, B is ASID 2, C is ASID 1 of VMID 3, E is EL2.
// Second: the page, G = the global one, B = a block of 2M.
const Entry entries[] = {
    {"A0", 1, 0x0, 0x82000, 0x200f43, 0x200000},
    {"AG", 1, 0x1000, 0x82008, 0x201743, 0x201000},
    {"A4", 1, 0x4000, 0x82020, 0x204f43, 0x204000},
    {"AB", 1, 0x2ab000, 0x81008, 0xa00f41, 0xaab000},
    {"B0", 2, 0x0, 0x86000, 0x300f43, 0x300000},
    {"BG", 2, 0x3000, 0x86018, 0x303743, 0x303000},
    {"C0", 3, 0x0, 0x8a000, 0x400f43, 0x400000},
    {"CG", 3, 0x1000, 0x8a008, 0x401743, 0x401000},
    {"E0", 4, 0x0, 0x8e000, 0x500f43, 0x500000},
};

void make_streams(Bench &b)
{
    b.make_stream(1, 0, 1);
    b.make_stream(2, 1, 2);
    b.make_stream(3, 2, 1, 3);
    b.make_stream(4, 3, 1);
    b.ste(4, {0x4400b, 0x80000000}); // STRW=10
    for (const Entry &e : entries)
        b.store(e.at, e.value);
}

void fill(Bench &b)
{
    for (const Entry &e : entries)
        ASSERT_EQ(b.target(e.sid, e.iova), e.pa) << e.name;
    for (const Entry &e : entries)
        b.store(e.at, e.value | kMoved);
}

// Names of those that lead to the new place.
std::string gone(Bench &b)
{
    std::string names;

    for (const Entry &e : entries) {
        const uint64_t pa = b.target(e.sid, e.iova);

        if (pa == e.pa)
            continue;
        EXPECT_EQ(pa, e.pa | kMoved) << e.name;
        names += names.empty() ? "" : " ";
        names += e.name;
    }
    return names;
}

struct Command {
    const char *name;
    uint64_t q0, q1;
    const char *gone;
};
MACHINE_CASES(Command)

class SmmuTlbi : public testing::TestWithParam<Command>
{
};

// VMID from bit 32, ASID from bit 48 of q0; Leaf is bit 0 of q1.
const Command commands[] = {
    {"sync_only", 0x46, 0, ""},
    {"nh_all", 0x10, 0, "A0 AG A4 AB B0 BG"},
    {"nh_all_vmid_3", 0x300000010, 0, "C0 CG"},
    {"nh_all_vmid_1", 0x100000010, 0, ""},
    {"nh_asid_leaves_global", 0x1000000000011, 0, "A0 A4 AB"},
    {"nh_asid_2", 0x2000000000011, 0, "B0"},
    {"nh_asid_vmid_3", 0x1000300000011, 0, "C0"},
    {"nh_asid_7", 0x7000000000011, 0, ""},
    {"nh_va", 0x1000000000012, 0x1, "A0"},
    {"nh_va_no_leaf", 0x1000000000012, 0x0, "A0"},
    {"nh_va_of_asid_2", 0x2000000000012, 0x1, "B0"},
    {"nh_va_of_vmid_3", 0x1000300000012, 0x1, "C0"},
    {"nh_va_of_asid_7", 0x7000000000012, 0x1, ""},
    {"nh_va_drops_global", 0x1000000000012, 0x1001, "AG"},
    {"nh_va_drops_global_of_any_asid", 0x7000000000012, 0x1001, "AG"},
    {"nh_va_drops_global_of_vmid_3", 0x7000300000012, 0x1001, "CG"},
    {"nh_va_not_there", 0x1000000000012, 0x2001, ""},
    {"nh_va_anywhere_in_a_block", 0x1000000000012, 0x2ff001, "AB"},
    {"nh_va_below_the_block", 0x1000000000012, 0x1ff001, ""},
    {"nh_va_above_the_block", 0x1000000000012, 0x400001, ""},
    {"nh_vaa", 0x13, 0x1, "A0 B0"},
    {"nh_vaa_global", 0x13, 0x1001, "AG"},
    {"nh_vaa_vmid_3", 0x300000013, 0x1, "C0"},
    {"nsnh_all", 0x30, 0, "A0 AG A4 AB B0 BG C0 CG"},
    {"el2_all", 0x20, 0, "E0"},
    {"el2_va", 0x22, 0x1, "E0"},
    {"el2_va_ignores_asid", 0x9000000000022, 0x1, "E0"},
    {"el2_va_not_there", 0x22, 0x1001, ""},
    {"el2_vaa", 0x23, 0x1, "E0"},
    {"s12_vmall", 0x28, 0, "A0 AG A4 AB B0 BG"},
    {"s12_vmall_vmid_3", 0x300000028, 0, "C0 CG"},
    {"s2_ipa_is_not_about_stage_1", 0x2a, 0x1, ""},
    {"cfgi_all_is_not_about_tlbs", 0x4, 0x1f, ""},
    {"cfgi_cd_all_is_not_about_tlbs", 0x100000006, 0, ""},
    // Ranges: NUM from bit 12, SCALE from bit 20 of q0; TG 11:10 and TTL 9:8 of q1.
    {"range_2_pages", 0x1000000001012, 0x401, "A0 AG"},
    {"range_3_pages", 0x1000000002012, 0x401, "A0 AG"},
    {"range_4_pages", 0x1000000003012, 0x401, "A0 AG BG"},
    {"range_5_pages", 0x1000000004012, 0x401, "A0 AG A4 BG"},
    {"range_1_by_4_pages", 0x1000000200012, 0x401, "A0 AG BG"},
    {"range_2_by_4_pages", 0x1000000201012, 0x401, "A0 AG A4 BG"},
    {"range_1_by_512_pages_ends_before_the_block", 0x1000000900012, 0x401, "A0 AG A4 BG"},
    {"range_2_by_512_pages", 0x1000000901012, 0x401, "A0 AG A4 AB BG"},
    {"range_from_the_middle", 0x1000000001012, 0x3401, "A4 BG"},
    {"range_of_one_page", 0x1000000000012, 0x3701, "BG"},
    {"range_reaches_into_the_block", 0x1000000001012, 0x1ff401, "AB"},
    {"range_at_the_end_of_the_block", 0x1000000001012, 0x3ff401, "AB"},
    {"range_behind_the_block", 0x1000000001012, 0x400401, ""},
    {"range_of_asid_2", 0x2000000004012, 0x401, "AG B0 BG"},
    {"range_of_any_asid", 0x4013, 0x401, "A0 AG A4 B0 BG"},
    {"range_of_el2", 0x1022, 0x401, "E0"},
    {"level_3", 0x1000000000012, 0x701, "A0"},
    {"level_2", 0x1000000000012, 0x200601, "AB"},
    {"level_2_leaves_pages", 0x1000000900012, 0x601, ""},
    {"level_1_leaves_pages_and_blocks", 0x1000001200012, 0x501, ""},
    {"level_3_leaves_blocks", 0x1000000901012, 0x701, "A0 AG A4 BG"},
    {"granule_16k_leaves_4k", 0x1000000001012, 0x801, ""},
    {"granule_64k_leaves_4k", 0x1000000001012, 0xc01, ""},
    {"no_granule_is_one_address", 0x1000000004012, 0x1, "A0"},
    {"no_granule_has_no_level", 0x1000000000012, 0x101, "A0"},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuTlbi, testing::ValuesIn(commands), name_of<Command>);

TEST_P(SmmuTlbi, DropsThatAndNothingElse)
{
    for (const char *preset : presets) {
        Config c(preset);

        if (!c.smmu.param.walk_leaf)
            c.smmu.param.tlb_entries = 1024; // what is not named is to be found again
        Bench b(c);

        make_streams(b);
        b.boot();
        fill(b);
        b.run_sync(GetParam().q0, GetParam().q1);
        EXPECT_EQ(gone(b), GetParam().gone) << preset;
        EXPECT_EQ(b.read(GERROR), 0u);
    }
}

// A micro TLB that is emptied by each command changes costs, not what the main TLB still holds.
TEST_P(SmmuTlbi, TheSameWithMicroTlbsThatAreEmptied)
{
    Config c;

    c.smmu.param.utlb_invalidate = 1;
    Bench b(c);

    make_streams(b);
    b.boot();
    fill(b);
    b.run_sync(GetParam().q0, GetParam().q1);
    EXPECT_EQ(gone(b), GetParam().gone);
}

TEST(SmmuTlbiCase, RangesAreOneAddressWithoutRil)
{
    Config c;

    c.smmu.ids.idr3 &= ~0x400u;
    Bench b(c);

    make_streams(b);
    b.boot();
    fill(b);
    b.run_sync(0x1000000004012, 0x601);
    EXPECT_EQ(gone(b), "A0");
}

TEST(SmmuTlbiCase, VmidIsNotComparedWithoutStage2)
{
    Config c;

    c.idr0(0x1, 0);
    Bench b(c);

    b.make_stream(1, 0, 1);
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), page_of(0, 0x1000));
    b.store(leaf_slot(0, 0x1000), page(0x700000));
    b.run_sync(0x700000010); // NH_ALL of VMID 7
    EXPECT_EQ(b.target(1, 0x1000), 0x700000u);
}

TEST(SmmuTlbiCase, VmidWildcardCountsForInvalidationOnly)
{
    Config c;
    Boot how;

    c.idr0(0, 0x20000);        // VMW
    how.cr0 = ALL_ON | 2 << 6; // low two bits of a VMID
    Bench b(c);

    make_streams(b);
    b.boot(how);
    fill(b);
    EXPECT_EQ(gone(b), ""); // VMIDs 0 and 3 are told apart by requests
    b.run_sync(0x400000010);
    EXPECT_EQ(gone(b), "");
    b.run_sync(0x1000100000011); // NH_ASID of VMID 1: 0 to 3
    EXPECT_EQ(gone(b), "A0 A4 AB C0");
}

// An address of the upper half, and one whose top byte does not count.
TEST(SmmuTlbiCase, UpperHalfAndTopByte)
{
    Bench b;

    b.make_stream(1, 0, 1);
    // Both halves of 39 bits with TBI, one set of tables.
    b.cd(1, 0, {0x162c580990019, 0x80000, 0x80000, 0xff});
    b.boot();
    ASSERT_EQ(b.target(1, 0xffffff8000001000), page_of(0, 0x1000));
    ASSERT_EQ(b.target(1, 0xab00000000001000), page_of(0, 0x1000));
    b.store(leaf_slot(0, 0x1000), page(0x700000));
    b.run_sync(0x1000000000012, 0x7f8000001001);
    EXPECT_EQ(b.target(1, 0xffffff8000001000), page_of(0, 0x1000));
    b.run_sync(0x1000000000012, 0xffffff8000001001);
    EXPECT_EQ(b.target(1, 0xffffff8000001000), 0x700000u);
    EXPECT_EQ(b.target(1, 0xab00000000001000), page_of(0, 0x1000));
    b.run_sync(0x1000000000012, 0x1001);
    EXPECT_EQ(b.target(1, 0xab00000000001000), 0x700000u);
    EXPECT_EQ(b.target(1, 0x1000), 0x700000u);
}

TEST(SmmuTlbiCase, EveryTbuIsReached)
{
    Config c("mmu600");

    c.smmu.param.n_tbus = 3;
    Bench b(c);

    b.make_stream(1, 0, 1);
    b.boot();
    for (const uint64_t after : {page_of(0, 0x1000), UINT64_C(0x700000)}) {
        for (uint8_t tbu = 0; tbu < 3; tbu++) {
            Request r(1, 0x1000);

            r.dma.tbu = tbu;
            b.submit(r);
            b.settle();
            EXPECT_EQ(r.dma.pa, after) << unsigned(tbu);
        }
        b.store(leaf_slot(0, 0x1000), page(0x700000));
        b.run_sync(0x1000000000012, 0x1001);
    }
}

// Without a CMD_SYNC nothing is promised, with a later one it is.
TEST(SmmuTlbiCase, OneSyncForManyCommands)
{
    Bench b{Config("mmu600")};

    make_streams(b);
    b.boot();
    fill(b);
    b.put(0x1000000000012, 0x1);
    b.put(0x1000000000012, 0x1001);
    b.put(0x2000000000012, 0x1);
    b.run_sync(0x300000010);
    EXPECT_EQ(gone(b), "A0 AG B0 C0 CG");
}

// ---- EL2 with E2H: both halves, ASIDs, globals ----

const Entry e2h_entries[] = {
    {"A0", 1, 0x0, 0x82000, 0x200f43, 0x200000},
    {"AG", 1, 0x1000, 0x82008, 0x201743, 0x201000},
    {"B0", 2, 0x0, 0x86000, 0x300f43, 0x300000},
    {"N0", 3, 0x0, 0x8a000, 0x400f43, 0x400000}, // NS-EL1 of the same ASID
};

class SmmuTlbiE2h : public testing::TestWithParam<Command>
{
};
const Command e2h_commands[] = {
    {"el2_all", 0x20, 0, "A0 AG B0"},
    {"el2_asid", 0x1000000000021, 0, "A0"},
    {"el2_va", 0x1000000000022, 0x1, "A0"},
    {"el2_va_global", 0x2000000000022, 0x1001, "AG"},
    {"el2_va_asid_2", 0x2000000000022, 0x1, "B0"},
    {"el2_vaa", 0x23, 0x1, "A0 B0"},
    {"nh_all", 0x10, 0, "N0"},
    {"nh_asid", 0x1000000000011, 0, "N0"},
    {"nsnh_all", 0x30, 0, "N0"},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuTlbiE2h, testing::ValuesIn(e2h_commands), name_of<Command>);

TEST_P(SmmuTlbiE2h, DropsThatAndNothingElse)
{
    Bench b;
    Boot how;
    std::string names;

    how.cr2 = 0x3; // RECINVSID, E2H
    for (uint32_t sid = 1; sid < 4; sid++) {
        b.make_stream(sid, sid - 1, sid % 2 ? 1 : 2);
        if (sid < 3)
            b.ste(sid, {cds_of(sid) | 0xb, 0x80000000});
    }
    for (const Entry &e : e2h_entries)
        b.store(e.at, e.value);
    b.boot(how);
    for (const Entry &e : e2h_entries)
        ASSERT_EQ(b.target(e.sid, e.iova), e.pa) << e.name;
    for (const Entry &e : e2h_entries)
        b.store(e.at, e.value | kMoved);
    b.run_sync(GetParam().q0, GetParam().q1);
    for (const Entry &e : e2h_entries)
        names +=
            b.target(e.sid, e.iova) == e.pa ? "" : std::string(names.empty() ? "" : " ") + e.name;
    EXPECT_EQ(names, GetParam().gone);
}

// ---- table descriptors in the walk cache ----

struct TableCommand {
    const char *name;
    uint64_t q0, q1;
    bool is_dropped;
};
MACHINE_CASES(TableCommand)

class SmmuTlbiTable : public testing::TestWithParam<TableCommand>
{
};
const TableCommand table_commands[] = {
    {"sync_only", 0x46, 0, false},
    {"nh_va_leaf", 0x1000000000012, 0x1, false},
    {"nh_va", 0x1000000000012, 0x0, true},
    {"nh_va_elsewhere_in_the_table", 0x1000000000012, 0x1f000, true},
    {"nh_va_of_another_asid", 0x2000000000012, 0x0, false},
    {"nh_va_level_3", 0x1000000000012, 0x700, true},
    {"nh_va_level_2_leaves_tables_of_level_2", 0x1000000000012, 0x600, false},
    {"nh_va_range", 0x1000000001012, 0x400, true},
    {"nh_va_range_leaf", 0x1000000001012, 0x401, false},
    {"nh_vaa_leaf", 0x13, 0x1, false},
    {"nh_vaa", 0x13, 0x0, true},
    {"nh_asid", 0x1000000000011, 0, true},
    {"nh_asid_2", 0x2000000000011, 0, false},
    {"nh_all", 0x10, 0, true},
    {"nh_all_vmid_3", 0x300000010, 0, false},
    {"s12_vmall", 0x28, 0, true},
    {"nsnh_all", 0x30, 0, true},
    {"el2_all", 0x20, 0, false},
    {"cfgi_all", 0x4, 0x1f, false},
};
INSTANTIATE_TEST_SUITE_P(Scope, SmmuTlbiTable, testing::ValuesIn(table_commands),
                         name_of<TableCommand>);

TEST_P(SmmuTlbiTable, LeafDecidesAboutTables)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.store(0x700040, page(0x999000)); // of the other level 3 table
    b.boot();
    ASSERT_EQ(b.target(1, 0x0), page_of(0, 0x0)); // caches the tables, not page 8
    b.store(0x81000, 0x700003);
    b.run_sync(GetParam().q0, GetParam().q1);
    EXPECT_EQ(b.target(1, 0x8000), GetParam().is_dropped ? 0x999000 : page_of(0, 0x8000));
}

} // namespace
