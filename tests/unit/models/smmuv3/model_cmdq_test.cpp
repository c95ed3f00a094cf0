// SPDX-License-Identifier: BSD-2-Clause
// The command queue: size and wrap, what is illegal, how it stops and goes on, CMD_SYNC's signals
// (Q01 to Q06, 5.1, 5.2, 5.5, 5.6 of the facts; 4.1 to 4.7, 7.1).
#include "sim/record.h"
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// A CMD_SYNC that writes value to an address.
constexpr uint64_t sync_writing(uint32_t value)
{
    return static_cast<uint64_t>(value) << 32 | 0x1046;
}

// CMDQ_CONS: ERR in bits 30:24.
constexpr uint32_t kErrIll = 0x1000000, kErrAbt = 0x2000000;

// ---- Q01, Q02 ----

TEST(SmmuCmdq, Q02_IndexAndWrap)
{
    for (const uint32_t log2size : {0u, 1u, 2u}) {
        const uint32_t n = 1u << log2size;
        Boot how;
        Bench b;

        how.cmdq_base = kCmdq | log2size;
        b.boot(how);
        for (uint32_t i = 1; i < 10; i++) {
            b.run(sync_writing(i), 0x8000);
            EXPECT_EQ(b.read(CMDQ_CONS), i % (2 * n));
            EXPECT_EQ(b.load(0x8000), i);
        }
    }
}

TEST(SmmuCmdq, Q02_AFullQueueIsAllConsumed)
{
    Boot how;
    Bench b;

    how.cmdq_base = kCmdq | 2;
    b.boot(how);
    for (uint32_t i = 0; i < 4; i++)
        b.put(sync_writing(0x10 + i), 0x8000 + 8 * i);
    b.ring(); // PROD=4: full
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 4u);
    for (uint32_t i = 0; i < 4; i++)
        EXPECT_EQ(b.load(0x8000 + 8 * i), 0x10 + i);
}

// Software's slot, hardware's, and how many are between them, of each move.
TEST(SmmuCmdq, WhoWatchesSeesBothIndicesMove)
{
    const std::vector<std::array<uint64_t, 3>> expected = {
        {1, 0, 1}, {1, 1, 0}, {1, 1, 2}, {1, 0, 1}, {1, 1, 0}};
    std::vector<std::array<uint64_t, 3>> moves;
    Boot how;
    Bench b;

    how.cmdq_base = kCmdq | 1; // two slots
    b.boot(how);
    const size_t n_before = test_machine_n_facts(b.m);
    b.run(sync_writing(1), 0x8000);
    b.put(sync_writing(2), 0x8000);
    b.put(sync_writing(3), 0x8000);
    b.ring(); // full: PROD is where it was, with the other wrap bit
    b.settle();
    for (size_t i = n_before; i < test_machine_n_facts(b.m); i++) {
        const sim_fact &fact = test_machine_facts(b.m)[i];

        if (fact.kind != SIM_FACT_QUEUE_MOVED)
            continue;
        EXPECT_EQ(fact.arg[0], SIM_S_CMD);
        moves.push_back({fact.arg[1], fact.arg[2], fact.arg[3]});
    }
    EXPECT_EQ(moves, expected);
}

TEST(SmmuCmdq, Q01_BaseIsAlignedToItsSize)
{
    Bench b;

    b.write64(CMDQ_BASE, 0x20fe0 | 8);
    b.store(0x20000, {sync_writing(0x99), 0x8000});
    b.write(CR0, CMDQEN);
    b.settle();
    b.write(CMDQ_PROD, 1);
    b.settle();
    EXPECT_EQ(b.load(0x8000), 0x99u);
}

TEST(SmmuCmdq, Q01_SizeIsCappedByWhatIsOffered)
{
    Config c;

    c.smmu.ids.idr1 = (c.smmu.ids.idr1 & ~0x3e00000u) | 0x200000; // CMDQS=1: two commands
    Bench b(c);

    b.write64(CMDQ_BASE, kCmdq | 5);
    b.write(CR0, CMDQEN);
    b.settle();
    for (uint32_t i = 1; i < 4; i++) {
        b.store(kCmdq + 16 * ((i - 1) % 2), {sync_writing(i), 0x8000});
        b.write(CMDQ_PROD, i);
        b.settle();
        EXPECT_EQ(b.load(0x8000), i);
        EXPECT_EQ(b.read(CMDQ_CONS), i);
    }
}

TEST(SmmuCmdq, Q03_NothingIsConsumedBeforeItIsEnabled)
{
    Boot how;
    Bench b;

    how.cr0 = 0;
    b.boot(how);
    b.run(sync_writing(0x99), 0x8000);
    EXPECT_EQ(b.read(CMDQ_CONS), 0u);
    EXPECT_EQ(b.load(0x8000), 0u);
    b.write(CR0, CMDQEN);
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), 1u);
    EXPECT_EQ(b.load(0x8000), 0x99u);
}

// ---- 5.2: illegal, or not ----

struct Command {
    const char *name;
    uint64_t q0, q1;
    bool is_illegal;
    uint32_t idr0_clear = 0, idr0_set = 0;
};
MACHINE_CASES(Command)

class SmmuCommand : public testing::TestWithParam<Command>
{
};
const Command commands[] = {
    {"zero", 0, 0, true},
    {"reserved_08", 0x08, 0, true},
    {"reserved_14", 0x14, 0, true},
    {"reserved_2b", 0x2b, 0, true},
    {"reserved_43", 0x43, 0, true},
    {"reserved_47", 0x47, 0, true},
    {"reserved_ff", 0xff, 0, true},
    {"el3_all", 0x18, 0, true},
    {"el3_va", 0x1a, 0, true},
    {"secure_el2_all", 0x50, 0, true},
    {"secure_s12_vmall", 0x58, 0, true},
    {"secure_s2_ipa", 0x5a, 0, true},
    {"snh_all", 0x60, 0, true},
    {"prefetch_config", 0x100000001, 0, false},
    {"prefetch_addr", 0x100000002, 0x1000, false},
    {"cfgi_ste", 0x100000003, 1, false},
    {"cfgi_ste_range", 0x100000004, 3, false},
    {"cfgi_all", 0x4, 0x1f, false},
    {"cfgi_cd", 0x100000005, 1, false},
    {"cfgi_cd_without_s1", 0x100000005, 1, true, 0x2},
    {"cfgi_cd_all", 0x100000006, 0, false},
    {"cfgi_cd_all_without_s1", 0x100000006, 0, true, 0x2},
    {"cfgi_vms_pidm_without_mpam", 0x7, 0, true},
    {"nh_all", 0x10, 0, false},
    {"nh_all_without_s1", 0x10, 0, true, 0x2},
    {"nh_asid", 0x11, 0, false},
    {"nh_asid_without_s1", 0x11, 0, true, 0x2},
    {"nh_va", 0x12, 0x1001, false},
    {"nh_va_without_s1", 0x12, 0x1001, true, 0x2},
    {"nh_vaa", 0x13, 0x1001, false},
    {"nh_vaa_without_s1", 0x13, 0x1001, true, 0x2},
    {"el2_all", 0x20, 0, false},
    {"el2_all_without_hyp", 0x20, 0, true, 0x200},
    {"el2_asid", 0x21, 0, false},
    {"el2_asid_without_hyp", 0x21, 0, true, 0x200},
    {"el2_va", 0x22, 0x1001, false},
    {"el2_va_without_hyp", 0x22, 0x1001, true, 0x200},
    {"el2_vaa", 0x23, 0x1001, false},
    {"el2_vaa_without_hyp", 0x23, 0x1001, true, 0x200},
    {"s12_vmall", 0x28, 0, false},
    {"s12_vmall_without_s2", 0x28, 0, true, 0x1},
    {"s2_ipa", 0x2a, 0x1001, false},
    {"s2_ipa_without_s2", 0x2a, 0x1001, true, 0x1},
    {"nsnh_all", 0x30, 0, false},
    {"atc_inv_without_ats", 0x100000040, 0x34, true},
    {"pri_resp_without_pri", 0x100000041, 0, true},
    {"resume_without_stall", 0x100001044, 0, true},
    {"stall_term_without_stall", 0x100000045, 0, true},
    {"sync", 0x46, 0, false},
    {"sync_irq", 0x1046, 0, false},
    {"sync_sev", 0x2046, 0, false},
    {"sync_cs_3", 0x3046, 0, true},
    {"dpti_all", 0x70, 0, true},
    {"dpti_pa", 0x73, 0, true},
    // SSec is bit 10.
    {"ssec_of_cfgi_ste", 0x100000403, 1, true},
    {"ssec_of_cfgi_ste_range", 0x100000404, 3, true},
    {"ssec_of_cfgi_cd", 0x100000405, 1, true},
    {"ssec_of_cfgi_cd_all", 0x100000406, 0, true},
    {"ssec_of_prefetch_config", 0x100000401, 0, true},
    {"bit_8_is_not_ssec", 0x100000103, 1, false},
    // I05: a range of one page that says no level. TG in bits 11:10 of q1, TTL 9:8.
    {"range_of_nothing_4k", 0x12, 0x1401, true},
    {"range_of_nothing_16k", 0x12, 0x4801, true},
    {"range_of_nothing_64k", 0x13, 0x10c01, true},
    {"range_of_one_page_with_level", 0x12, 0x1701, false},
    {"range_of_two_pages", 0x1012, 0x1401, false},
    {"range_of_two_by_scale", 0x100012, 0x1401, false},
    {"range_16k_level_1", 0x1012, 0x4901, false},
    {"range_16k_one_page_level_1", 0x12, 0x4901, true},
};
INSTANTIATE_TEST_SUITE_P(Table, SmmuCommand, testing::ValuesIn(commands), name_of<Command>);

TEST_P(SmmuCommand, IsTakenOrStopsTheQueue)
{
    const Command &k = GetParam();
    Config c;

    c.idr0(k.idr0_clear, k.idr0_set);
    Bench b(c);

    b.boot();
    b.put(0x46);
    b.put(k.q0, k.q1);
    b.put(0x46);
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), k.is_illegal ? kErrIll | 1 : 3);
    EXPECT_EQ(b.read(GERROR), k.is_illegal ? 1u : 0u);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuCmdq, RangesAreNotLookedAtWithoutRil)
{
    Config c;

    c.smmu.ids.idr3 &= ~0x400u;
    Bench b(c);

    b.boot();
    b.run_sync(0x12, 0x1401);
    EXPECT_EQ(b.read(GERROR), 0u);
}

TEST(SmmuCmdq, ReservedBitsAreAChoice)
{
    for (const uint32_t is_strict : {0u, 1u}) {
        Config c;

        c.smmu.param.reserved = is_strict;
        Bench b(c);

        b.boot();
        b.run(0x46, 0x1); // bit 0 of q1 is nothing
        EXPECT_EQ(b.read(CMDQ_CONS), is_strict ? kErrIll : 1u);
    }
}

// ---- 5.6: it stops, and goes on when the error is acknowledged ----

TEST(SmmuCmdqError, StaysOnTheBadCommandUntilAcknowledged)
{
    Bench b;

    b.boot();
    b.put(sync_writing(1), 0x8000);
    b.put(0xff);
    b.put(sync_writing(2), 0x8008);
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), kErrIll | 1);
    EXPECT_EQ(b.read(GERROR), 0x1u);
    EXPECT_EQ(b.load(0x8000), 1u); // the one before is done
    b.run(sync_writing(3), 0x8010);
    EXPECT_EQ(b.read(CMDQ_CONS), kErrIll | 1); // PROD written again: nothing
    b.store(kCmdq + 16, {sync_writing(4), 0x8018});
    b.settle();
    EXPECT_EQ(b.load(0x8018), 0u);
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 4u); // fetched anew
    EXPECT_EQ(b.load(0x8008), 2u);
    EXPECT_EQ(b.load(0x8010), 3u);
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 4u);
    EXPECT_EQ(b.read(GERROR), 0x1u); // GERROR does not move when it is acknowledged
}

TEST(SmmuCmdqError, UnrepairedItIsAnErrorAgain)
{
    Bench b;

    b.boot();
    b.run(0xff);
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.read(GERROR), 0u); // toggled: active
    EXPECT_EQ(b.read(CMDQ_CONS), kErrIll);
}

TEST(SmmuCmdqError, SwitchingOffAndOnDoesNotClearIt)
{
    Bench b;

    b.boot();
    b.run(0xff);
    b.store(kCmdq, {sync_writing(4), 0x8018});
    b.write(CR0, ALL_ON & ~CMDQEN);
    b.settle();
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 0u);
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 4u);
}

TEST(SmmuCmdqError, AcknowledgedWhileOffItGoesOnWhenSwitchedOn)
{
    Bench b;

    b.boot();
    b.run(0xff);
    b.store(kCmdq, {sync_writing(4), 0x8018});
    b.write(CR0, ALL_ON & ~CMDQEN);
    b.settle();
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 0u);
    b.write(CR0, ALL_ON);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 4u);
}

TEST(SmmuCmdqError, Q05_ProdMayGoBackWhileTheErrorIsActive)
{
    Bench b;

    b.boot();
    b.put(0xff);
    b.put(sync_writing(2), 0x8008);
    b.ring();
    b.settle();
    b.write(CMDQ_PROD, 0); // takes all of them back
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8008), 0u);
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 0u);
    b.store(kCmdq, {sync_writing(4), 0x8018});
    b.write(CMDQ_PROD, 1);
    b.settle();
    EXPECT_EQ(b.load(0x8018), 4u);
}

// What was read ahead behind a bad command is dropped: software may have changed it.
TEST(SmmuCmdqError, Q06_CommandsReadAheadAreDropped)
{
    Config c("mmu600");

    c.smmu.param.cmd_slots = 4;
    c.memory(100000);
    Bench b(c);

    b.boot();
    b.put(0xff);
    b.put(sync_writing(2), 0x8008);
    b.put(sync_writing(3), 0x8010);
    b.ring();
    b.settle();
    ASSERT_EQ(b.read(CMDQ_CONS), kErrIll);
    b.store(kCmdq, {0x46, 0, sync_writing(5), 0x8018, sync_writing(6), 0x8020});
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8008), 0u);
    EXPECT_EQ(b.load(0x8010), 0u);
    EXPECT_EQ(b.load(0x8018), 5u);
    EXPECT_EQ(b.load(0x8020), 6u);
}

TEST(SmmuCmdqError, ErrIsThereBeforeGerrorMoves)
{
    Config c("mmu600");

    c.memory(100000);
    Bench b(c);

    b.boot();
    b.write(IRQ_CTRL, 0x1);
    b.settle();
    b.put(0xff);
    b.ring();
    while (test_machine_step(b.m)) {
        if (b.read(GERROR)) {
            EXPECT_EQ(b.read(CMDQ_CONS), kErrIll);
        }
        if (b.n_irqs(SIM_IRQ_GERROR)) {
            EXPECT_EQ(b.read(GERROR), 1u);
        }
    }
    EXPECT_EQ(b.n_irqs(SIM_IRQ_GERROR), 1u);
}

TEST(SmmuCmdqError, CommandThatCannotBeRead)
{
    Bench b;

    b.boot();
    b.put(sync_writing(1), 0x8000);
    b.put(sync_writing(2), 0x8008);
    test_machine_break(b.m, kCmdq + 16, 16);
    b.ring();
    b.settle();
    EXPECT_EQ(b.read(CMDQ_CONS), kErrAbt | 1);
    EXPECT_EQ(b.read(GERROR), 0x1u);
    EXPECT_EQ(b.load(0x8000), 1u);
    b.store(kCmdq + 16, {sync_writing(3), 0x8010});
    b.write(GERRORN, 0x1);
    b.settle();
    EXPECT_EQ(b.load(0x8010), 3u);
    EXPECT_EQ(b.read(CMDQ_CONS) & 0xfffff, 2u);
}

// ---- 5.5: signals of CMD_SYNC ----

TEST(SmmuSync, Y05_NoSignal)
{
    Bench b;

    b.boot();
    b.store(0x8000, ~0ull);
    b.run(0x7700000046, 0x8000);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u);
    EXPECT_EQ(b.load(0x8000), ~0ull);
    EXPECT_EQ(test_machine_n_irqs(b.m), 0u);
}

TEST(SmmuSync, Y05_MessageIs32Bits)
{
    Bench b;

    b.boot();
    b.store(0x8000, ~0ull);
    b.run(0x1234567800001046, 0x8004);
    EXPECT_EQ(b.load(0x8000), 0x12345678ffffffffu);
}

TEST(SmmuSync, Y05_MessageIntoItsOwnSlot)
{
    Bench b;

    b.boot();
    b.run(0x1046, kCmdq);
    EXPECT_EQ(b.load(kCmdq), 0u);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u);
}

TEST(SmmuSync, Y05_WiredWithoutAddress)
{
    Bench b;

    b.boot();
    b.run(0x1234567800001046, 0);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_CMD_SYNC), 1u);
    EXPECT_EQ(b.load(0), 0u);
}

TEST(SmmuSync, Y05_WiredWhereThereAreNoMessages)
{
    Config c;

    c.idr0(0x2000, 0); // MSI=0
    Bench b(c);

    b.boot();
    b.run(0x1234567800001046, 0x8000);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_CMD_SYNC), 1u);
    EXPECT_EQ(b.load(0x8000), 0u);
}

TEST(SmmuSync, Y05_EventToTheProcessors)
{
    Bench b;

    b.boot();
    b.run(0x2046);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_SEV), 1u);
    EXPECT_EQ(b.n_irqs(SIM_IRQ_CMD_SYNC), 0u);
}

} // namespace
