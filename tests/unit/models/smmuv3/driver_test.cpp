// SPDX-License-Identifier: BSD-2-Clause
// What Linux's driver does besides changing entries: it sets the SMMU up, forgets ranges of pages
// with as few commands as it can, and repairs a queue that has stopped. Words are typed as the
// driver would write them.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kMoved = 0x4000000000; // where a changed leaf leads, beside the old place

// CMD_SYNC whose message writes 0 over the command itself; and the one that wakes processors.
constexpr uint64_t kSyncIrq = 0xfc01046, kSyncSev = 0xfc02046;

// What a bad command is made of.
constexpr uint64_t kHarmless = 0xc02046;
constexpr uint32_t kErrIll = 0x1000000;

unsigned n_facts(const Bench &b, sim_fact_kind kind)
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        n += test_machine_facts(b.m)[i].kind == kind;
    return n;
}

// ---- From reset to translation ------------------------------------------------------------------

constexpr uint64_t kPriq = 0x38000;
constexpr uint64_t PRIQ_BASE = 0xc0, PRIQ_PROD = 0x100c8, PRIQ_CONS = 0x100cc;
constexpr uint32_t PRIQEN = 0x2, ATSCHK = 0x10;

// EL2, ATS and PRI are offered, MSIs as well.
Config everything()
{
    Config c;

    c.idr0(0, 0x10400);        // PRI, ATS
    c.smmu.ids.idr1 |= 0x9800; // PRIQS=19
    return c;
}

void set_cr0(Bench &b, uint32_t cr0)
{
    b.write(CR0, cr0);
    b.settle();
    ASSERT_EQ(b.read(CR0ACK), cr0);
}

void command_and_sync(Bench &b, uint32_t slot, uint64_t q0, uint64_t q1)
{
    const uint64_t sync = kCmdq + 16 * (slot + 1);

    b.store(kCmdq + 16 * slot, {q0, q1});
    b.store(sync, {kSyncIrq, sync});
    b.write(CMDQ_PROD, slot + 2);
    b.settle();
    EXPECT_EQ(b.load(sync), 0u) << "the CMD_SYNC in slot " << slot + 1;
}

// Up to the queue of commands, and caches that are empty.
void init_commands(Bench &b)
{
    set_cr0(b, 0);
    b.write(CR1, 0xd75); // write-back and inner shareable, tables and queues
    b.write(CR2, 0x7);   // PTM, RECINVSID, E2H
    b.write64(STRTAB_BASE, 0x4000000000000000 | kStreams);
    b.write(STRTAB_BASE_CFG, 8);
    b.write64(CMDQ_BASE, 0x4000000000000000 | kCmdq | 8);
    b.write(CMDQ_PROD, 0);
    b.write(CMDQ_CONS, 0);
    set_cr0(b, 0x8);
    command_and_sync(b, 0, 0x4, 0x1f); // CFGI_ALL
    command_and_sync(b, 2, 0x20, 0);   // TLBI_EL2_ALL
    command_and_sync(b, 4, 0x30, 0);   // TLBI_NSNH_ALL
    EXPECT_EQ(b.read(CMDQ_CONS), 6u);
}

void init_interrupts(Bench &b)
{
    b.write(IRQ_CTRL, 0);
    b.settle();
    ASSERT_EQ(b.read(IRQ_CTRLACK), 0u);
    b.write64(EVENTQ_IRQ_CFG0, 0x9000);
    b.write(EVENTQ_IRQ_CFG1, 0x5);
    b.write(EVENTQ_IRQ_CFG2, 0xf);
    b.write(IRQ_CTRL, 0x7);
    b.settle();
    ASSERT_EQ(b.read(IRQ_CTRLACK), 0x7u);
}

void init(Bench &b)
{
    init_commands(b);
    b.write64(EVENTQ_BASE, 0x4000000000000000 | kEvtq | 7);
    b.write(EVENTQ_PROD, 0);
    b.write(EVENTQ_CONS, 0);
    set_cr0(b, 0xc);
    b.write64(PRIQ_BASE, 0x4000000000000000 | kPriq | 7);
    b.write(PRIQ_PROD, 0);
    b.write(PRIQ_CONS, 0);
    set_cr0(b, 0xc | PRIQEN);
    set_cr0(b, 0xc | PRIQEN | ATSCHK);
    init_interrupts(b);
    set_cr0(b, 0xd | PRIQEN | ATSCHK);
}

TEST(SmmuDriverInit, EveryStreamIsAbortedWithoutAWord)
{
    Bench b(everything());

    for (uint32_t sid = 0; sid < 256; sid++)
        b.ste(sid, {0x1}); // V, Config=000
    init(b);
    for (uint32_t sid : {0u, 1u, 0x20u, 255u})
        expect_silent_abort(b, sid, 0x1000);
    EXPECT_EQ(b.read(GERROR), 0u);
    EXPECT_EQ(n_facts(b, SIM_FACT_UNIMPL), 0u);
}

TEST(SmmuDriverInit, AStreamThatIsSetUpIsTranslated)
{
    Bench b(everything());

    b.make_stream(1, 0, 1);
    b.ste(1, {cds_of(1) | 0xb, 0x800000d6}); // STRW=10: EL2-E2H
    init(b);
    EXPECT_EQ(b.target(1, 0x3000), 0x203000u);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.read(GERROR), 0u);
    EXPECT_EQ(n_facts(b, SIM_FACT_UNIMPL), 0u);
}

TEST(SmmuDriverInit, EventsComeWithTheirMessage)
{
    Bench b(everything());

    init(b); // V=0 everywhere
    EXPECT_EQ(b.dma(5, 0).event, C_BAD_STE);
    EXPECT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.load(0x9000), 0x5u);
}

TEST(SmmuDriverInit, OfARunningOneLeavesNothingBehind)
{
    Bench b(everything());

    b.make_stream(1, 0, 1);
    b.ste(1, {cds_of(1) | 0xb, 0x800000d6});
    init(b);
    ASSERT_EQ(b.target(1, 0x3000), 0x203000u);
    b.store(leaf_slot(0, 0x3000), page(0x203000 | kMoved));
    ASSERT_EQ(b.target(1, 0x3000), 0x203000u); // cached
    b.write(GBPA, 0x80101000);                 // Update, ABORT, shareability is incoming
    b.settle();
    ASSERT_EQ(b.read(GBPA), 0x101000u);
    b.write(CR0, 0);
    b.settle();
    EXPECT_EQ(b.target(1, 0x3000), 0u);
    init(b);
    EXPECT_EQ(b.target(1, 0x3000), 0x203000 | kMoved);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

// ---- Ranges of pages ----------------------------------------------------------------------------

struct Words {
    uint64_t q0, q1;

    bool operator==(const Words &other) const
    {
        return q0 == other.q0 && q1 == other.q1;
    }
};

void PrintTo(const Words &w, std::ostream *out)
{
    *out << std::hex << "0x" << w.q0 << " 0x" << w.q1;
}

// What the driver is asked to forget. @tag: ASID or VMID, in place. @page_log2: of the tables'
// pages.
struct Want {
    uint64_t op_and_tag, first, n_pages;
    unsigned page_log2, granule_log2;
    bool is_leaf, has_ranges;
};

// The driver's loop: the lowest bits of the number of pages first, at most 31 units a command.
std::vector<Words> forget(const Want &want)
{
    const uint64_t leaf = want.is_leaf, tg = (want.page_log2 - 10) / 2;
    const uint64_t level = 4 - (want.granule_log2 - 3) / (want.page_log2 - 3);
    std::vector<Words> words;
    uint64_t at = want.first, n = want.n_pages;

    if (!want.has_ranges) {
        for (; n; n--, at += UINT64_C(1) << want.page_log2)
            words.push_back({want.op_and_tag, at | leaf});
        return words;
    }
    n += !want.is_leaf && n % 32 == 1; // NUM=SCALE=TTL=0 would be refused
    while (n) {
        uint64_t scale = 0;

        while (!(n >> scale & 1))
            scale++;
        const uint64_t units = n >> scale & 31;
        words.push_back({want.op_and_tag | (units - 1) << 12 | scale << 20,
                         at | tg << 10 | (want.is_leaf ? level << 8 : 0) | leaf});
        at += units << scale << want.page_log2;
        n -= units << scale;
    }
    return words;
}

// A leaf of the tables: from where, its descriptor.
struct Leaf {
    uint64_t iova, slot, value;
};

enum class Shape { S1, S1_64K, S1_BLOCKS, S2 };

// A second table of level 3, and tables of 64K pages.
constexpr uint64_t kMorePages = 0xe00000, kTables64k = 0xd00000;

// Pages or blocks of stream 1, ascending.
std::vector<Leaf> make_leaves(Bench &b, Shape shape, unsigned n)
{
    std::vector<Leaf> leaves;

    b.make_stream(1, 0, 1);
    if (shape == Shape::S2)
        b.make_s2_stream(1, 0, 7);
    if (shape == Shape::S1_64K) {
        b.cd(1, 0, {cd_q0(1) | 0x40, kTables64k, 0, 0xff}); // TG0=1
        b.store(kTables64k, (kTables64k + 0x10000) | 3);
    }
    b.store(space(0) + 0x1008, kMorePages | 3);
    for (uint64_t i = 0; i < n; i++) {
        Leaf leaf{i << 12, i < 512 ? leaf_slot(0, i << 12) : kMorePages + 8 * (i - 512),
                  page(0x10000000 + (i << 12))};

        if (shape == Shape::S1_64K)
            leaf = {i << 16, kTables64k + 0x10000 + 8 * i, page(0x10000000 + (i << 16))};
        else if (shape == Shape::S1_BLOCKS)
            leaf = {i << 21, space(0) + 0x1000 + 8 * i, block(0x10000000 + (i << 21))};
        else if (shape == Shape::S2)
            leaf = {i << 12, s2_slot(0, i << 12), s2_page(0x10000000 + (i << 12))};
        b.store(leaf.slot, leaf.value);
        leaves.push_back(leaf);
    }
    return leaves;
}

// @n_leaves: there are, of them those from @first_gone up to @end_gone are forgotten.
struct Range {
    const char *name;
    Shape shape;
    Want want;
    std::vector<Words> words;
    unsigned n_leaves, first_gone, end_gone;
};

MACHINE_CASES(Range)

constexpr uint64_t kNhVa = 0x1000000000012, kS2Ipa = 0x70000002a; // ASID 1, VMID 7

const Range ranges[] = {
    {"one_page",
     Shape::S1,
     {kNhVa, 0x1000, 1, 12, 12, true, true},
     {{0x1000000000012, 0x1701}},
     3,
     1,
     2},
    {"pages_1ff",
     Shape::S1,
     {kNhVa, 0, 0x1ff, 12, 12, true, true},
     {{0x100000001e012, 0x701}, {0x100000050e012, 0x1f701}},
     513,
     0,
     0x1ff},
    {"pages_200",
     Shape::S1,
     {kNhVa, 0, 0x200, 12, 12, true, true},
     {{0x1000000900012, 0x701}},
     513,
     0,
     0x200},
    {"pages_200_from_1",
     Shape::S1,
     {kNhVa, 0x1000, 0x200, 12, 12, true, true},
     {{0x1000000900012, 0x1701}},
     514,
     1,
     0x201},
    {"a_block_of_2m",
     Shape::S1_BLOCKS,
     {kNhVa, 0x200000, 0x200, 12, 21, true, true},
     {{0x1000000900012, 0x200601}},
     3,
     1,
     2},
    {"three_blocks_of_2m",
     Shape::S1_BLOCKS,
     {kNhVa, 0x200000, 0x600, 12, 21, true, true},
     {{0x1000000902012, 0x200601}},
     5,
     1,
     4},
    // Tables too: nobody says at which level, so a single page becomes two.
    {"one_page_and_tables",
     Shape::S1,
     {kNhVa, 0x1000, 1, 12, 12, false, true},
     {{0x1000000100012, 0x1400}},
     4,
     1,
     3},
    {"pages_21_and_tables",
     Shape::S1,
     {kNhVa, 0, 0x21, 12, 12, false, true},
     {{0x1000000110012, 0x400}},
     0x24,
     0,
     0x22},
    {"pages_20_and_tables",
     Shape::S1,
     {kNhVa, 0, 0x20, 12, 12, false, true},
     {{0x1000000500012, 0x400}},
     0x22,
     0,
     0x20},
    {"pages_of_64k",
     Shape::S1_64K,
     {kNhVa, 0x10000, 3, 16, 16, true, true},
     {{0x1000000002012, 0x10f01}},
     5,
     1,
     4},
    {"stage_2_pages_1ff",
     Shape::S2,
     {kS2Ipa, 0, 0x1ff, 12, 12, true, true},
     {{0x70001e02a, 0x701}, {0x70050e02a, 0x1f701}},
     513,
     0,
     0x1ff},
    {"without_ranges",
     Shape::S1,
     {kNhVa, 0x1000, 3, 12, 12, true, false},
     {{0x1000000000012, 0x1001}, {0x1000000000012, 0x2001}, {0x1000000000012, 0x3001}},
     5,
     1,
     4},
};

class SmmuDriverRange : public testing::TestWithParam<Range>
{
};
INSTANTIATE_TEST_SUITE_P(Forget, SmmuDriverRange, testing::ValuesIn(ranges), name_of<Range>);

TEST_P(SmmuDriverRange, TakesTheseCommands)
{
    EXPECT_EQ(forget(GetParam().want), GetParam().words);
}

// Indices of leaves that lead to the new place.
std::vector<size_t> moved(Bench &b, const std::vector<Leaf> &leaves)
{
    std::vector<size_t> found;

    for (size_t i = 0; i < leaves.size(); i++) {
        if (b.target(1, leaves[i].iova) & kMoved)
            found.push_back(i);
    }
    return found;
}

TEST_P(SmmuDriverRange, ThesePagesAreForgottenAndNoOther)
{
    const Range &range = GetParam();
    Config c;
    std::vector<size_t> gone;

    if (!range.want.has_ranges)
        c.smmu.ids.idr3 &= ~0x400u; // RIL
    Bench b(c);
    const std::vector<Leaf> leaves = make_leaves(b, range.shape, range.n_leaves);

    b.boot();
    for (const Leaf &leaf : leaves)
        ASSERT_NE(b.target(1, leaf.iova), 0u);
    for (const Leaf &leaf : leaves)
        b.store(leaf.slot, leaf.value | kMoved);
    ASSERT_TRUE(moved(b, leaves).empty()) << "not all are cached";
    for (const Words &words : range.words)
        b.put(words.q0, words.q1);
    b.run_sync(kSyncSev); // one for all of them
    for (size_t i = range.first_gone; i < range.end_gone; i++)
        gone.push_back(i);
    EXPECT_EQ(moved(b, leaves), gone);
    EXPECT_EQ(b.read(GERROR), 0u);
}

// ---- Repairs ------------------------------------------------------------------------------------

// As the driver does: the command where the queue stands becomes a CMD_SYNC, then the errors that
// were read are acknowledged.
void repair(Bench &b)
{
    const uint32_t errors = b.read(GERROR);
    const uint32_t cons = b.read(CMDQ_CONS);

    ASSERT_EQ((errors ^ b.read(GERRORN)) & 1, 1u) << "CMDQ_ERR is not active";
    ASSERT_EQ(cons & 0x7f000000, kErrIll);
    b.store(kCmdq + 16 * (cons & 0xff), {kHarmless, 0});
    b.write(GERRORN, errors);
    b.settle();
}

TEST(SmmuDriverRepair, ABadCommandAmongGoodOnes)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.boot();
    ASSERT_EQ(b.target(1, 0x3000), 0x203000u);
    b.store(leaf_slot(0, 0x3000), page(0x203000 | kMoved));
    b.put(0x3 | UINT64_C(2) << 32, 0x1); // CFGI_STE of another stream
    b.put(0xff);
    b.put(kNhVa, 0x3001);
    b.put(kSyncSev);
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), kErrIll | 1);
    EXPECT_EQ(b.target(1, 0x3000), 0x203000u); // nothing behind it was done
    repair(b);
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 4u);
    EXPECT_EQ(b.target(1, 0x3000), 0x203000 | kMoved);
    EXPECT_EQ(b.read(GERROR), b.read(GERRORN));
}

TEST(SmmuDriverRepair, EachBadCommandAnew)
{
    Bench b;

    b.boot();
    b.write(IRQ_CTRL, 0x1); // GERROR
    b.settle();
    b.put(0xff);
    b.put(0xfe);
    b.put(0xff);
    b.put(kSyncSev);
    b.ring();
    b.settle();
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), i + 1);
        EXPECT_EQ(b.read(CMDQ_CONS), kErrIll | i);
        repair(b);
    }
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 4u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 3u);
    EXPECT_EQ(b.read(GERROR), 0x1u); // toggled three times
    EXPECT_EQ(b.read(GERRORN), 0x1u);
}

// Every record is read, then CONS moves past them and says that the overflow was seen.
void drain(Bench &b)
{
    b.write(EVENTQ_CONS, b.read(EVENTQ_PROD));
    b.settle();
}

TEST(SmmuDriverRepair, EachOverflowOfTheEventQueueAnew)
{
    const uint32_t full[] = {0x80000002, 0}; // overflowed; overflowed again
    Bench b;
    Boot how;

    how.evtq_base = kEvtq | 1; // two records; pointers count to 3
    b.boot(how);
    b.write(IRQ_CTRL, 0x4); // EVENTQ
    b.settle();
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t sid = 0; sid < 4; sid++)
            EXPECT_EQ(b.dma(sid, 0).event, C_BAD_STE);
        EXPECT_EQ(b.read(EVENTQ_PROD), full[round]) << round;
        EXPECT_EQ(b.n_irqs(SIM_IRQ_EVENTQ), round + 1);
        EXPECT_EQ(n_facts(b, SIM_FACT_QUEUE_OVERFLOW), round + 1);
        drain(b);
    }
    EXPECT_EQ(b.dma(9, 0).event, C_BAD_STE); // and there is room again
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x1u);
    EXPECT_EQ(b.load(kEvtq), UINT64_C(0x900000004));
}

} // namespace
