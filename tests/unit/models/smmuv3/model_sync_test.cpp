// SPDX-License-Identifier: BSD-2-Clause
// What a CMD_SYNC promises, with slow memory and a request at every stage of its way (5.5 of the
// facts; 3.21, 4.7).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kIova = 0x3000;

// A change of memory, the command for it, and what kIova of stream 1 leads to before and after.
// 0 = refused.
struct Change {
    const char *name;
    std::vector<std::pair<uint64_t, uint64_t>> stores;
    uint64_t q0, q1;
    uint64_t after;
};
MACHINE_CASES(Change)

const Change changes[] = {
    {"page_moves_nh_va", {{0x82018, 0x777f43}}, 0x1000000000012, kIova | 1, 0x777000},
    {"page_moves_nh_asid", {{0x82018, 0x777f43}}, 0x1000000000011, 0, 0x777000},
    {"page_moves_nh_all", {{0x82018, 0x777f43}}, 0x10, 0, 0x777000},
    {"page_goes", {{0x82018, 0}}, 0x1000000000012, kIova | 1, 0},
    {"table_of_level_3_moves", {{0x81000, 0x86003}}, 0x1000000000012, kIova, 0x303000},
    {"table_of_level_2_moves", {{0x80000, 0x85003}}, 0x1000000000012, kIova, 0x303000},
    {"table_goes", {{0x81000, 0}}, 0x1000000000011, 0, 0},
    {"ste_takes_other_cds", {{0x10040, 0x4200b}}, 0x100000003, 1, 0x303000},
    {"ste_becomes_bypass", {{0x10040, 0x9}}, 0x100000003, 1, kIova},
    {"ste_becomes_abort", {{0x10040, 0x1}}, 0x4, 0x1f, 0},
    {"ste_goes", {{0x10040, 0}}, 0x100000003, 0, 0},
    {"cd_goes", {{0x41000, 0}}, 0x100000005, 1, 0},
    {"cd_goes_cd_all", {{0x41000, 0}}, 0x100000006, 0, 0},
};

struct Setting {
    const char *preset;
    bool is_warm;              // everything was used before
    bool is_slow = false;      // invalidations take long, CMD_SYNCs as such nothing
    bool is_piecemeal = false; // an entry of configuration is read longer than a command takes
};

const Setting cold[] = {
    {"zero", false},   {"mmu600", false},       {"gem5", false},
    {"mmu700", false}, {"mmu600", false, true}, {"mmu600", false, false, true},
};
const Setting warm[] = {
    {"zero", true}, {"mmu600", true}, {"gem5", true}, {"mmu700", true}, {"mmu600", true, true},
};

Config config_of(const Setting &setting)
{
    Config c(setting.preset);

    c.memory(100000);
    if (setting.is_slow) {
        c.smmu.param.sweep_per_cycle = 1;
        c.smmu.param.sync_cycles = 0;
        c.smmu.param.cmd_slots = 4;
    }
    if (setting.is_piecemeal)
        c.smmu.param.atom_cycles = 100;
    return c;
}

void prepare(Bench &b, const Setting &setting)
{
    b.make_stream(1, 0, 1); // kIova leads to 0x203000
    b.make_stream(2, 1, 2); // to 0x303000
    b.boot();
    if (setting.is_warm) {
        ASSERT_EQ(b.target(1, kIova), 0x203000u);
    }
}

uint64_t target_of(const Request &r)
{
    return r.dma.status == SIM_DMA_OK ? r.dma.pa : 0;
}

// The change comes when n_steps events of the request have run. Return: false if it was
// answered before that.
bool expect_promise(const Change &change, const Setting &setting, unsigned n_steps)
{
    Bench b(config_of(setting));
    Request r(1, kIova), later(1, kIova);

    prepare(b, setting);
    b.submit(r);
    for (unsigned i = 0; i < n_steps; i++)
        (void)test_machine_step(b.m);
    if (r.n_answers)
        return false;
    for (const auto &store : change.stores)
        b.store(store.first, store.second);
    b.put(change.q0, change.q1);
    b.put(0x46);
    b.ring();
    while (b.read(CMDQ_CONS) != 2 && test_machine_step(b.m))
        ;
    test_machine_run_until(b.m, test_machine_now_ps(b.m)); // the whole instant
    const bool was_answered = r.n_answers;
    const uint32_t n_events = b.n_events();
    b.submit(later);
    b.settle();
    EXPECT_EQ(target_of(later), change.after) << setting.preset << " step " << n_steps;
    EXPECT_EQ(r.n_answers, 1u);
    if (target_of(r) != change.after) {
        EXPECT_EQ(target_of(r), 0x203000u); // old
        EXPECT_TRUE(was_answered) << setting.preset << " step " << n_steps;
    }
    // Y04: its record is there with the answer.
    if (was_answered && r.dma.event) {
        EXPECT_EQ(n_events, 1u) << setting.preset << " step " << n_steps;
    }
    return true;
}

class SmmuSyncPromise : public testing::TestWithParam<Change>
{
};
INSTANTIATE_TEST_SUITE_P(Y03, SmmuSyncPromise, testing::ValuesIn(changes), name_of<Change>);

TEST_P(SmmuSyncPromise, HoldsForARequestAtEveryStep)
{
    for (const Setting &setting : cold) {
        unsigned n_steps = 0;

        while (expect_promise(GetParam(), setting, n_steps))
            n_steps++;
        EXPECT_GE(n_steps, 19u); // 8 pieces of the STE, 8 of the CD, 3 tables
    }
}

TEST_P(SmmuSyncPromise, HoldsForARequestThatFindsEverythingCached)
{
    for (const Setting &setting : warm) {
        unsigned n_steps = 0;

        while (expect_promise(GetParam(), setting, n_steps))
            n_steps++;
    }
}

// ---- Y03: data on its way by an old translation ----

TEST(SmmuSyncData, WaitsForDataThatWentByTheOldTranslation)
{
    for (const char *preset : {"zero", "mmu600"}) {
        Config c(preset);

        c.smmu.param.clock_ps = 1000;
        c.smmu.param.data_cycles = 2000; // 2 us
        Bench b(c);

        b.make_stream(1, 0, 1);
        b.boot();
        ASSERT_EQ(b.target(1, kIova), 0x203000u);
        Request r(1, kIova);
        const uint64_t start_ps = test_machine_now_ps(b.m);
        b.submit(r);
        b.put(0x1000000000012, kIova | 1);
        b.put(0x7700001046, 0x8000);
        b.ring();
        test_machine_run_until(b.m, start_ps + 1999999);
        EXPECT_EQ(b.load(0x8000), 0u);
        b.settle();
        EXPECT_EQ(b.load(0x8000), 0x77u);
    }
}

// The bytes of a write are at the old place when the SYNC that ended it is seen.
TEST(SmmuSyncData, BytesAreVisibleWhenTheSyncIs)
{
    for (const uint64_t delay_ps : {0, 50000, 99000, 150000, 199000}) {
        Config c("mmu600");
        uint64_t data = 0x4242;

        c.memory(100000, 60000); // the data queue behind the commands
        Bench b(c);

        b.make_stream(1, 0, 1);
        b.boot();
        ASSERT_EQ(b.target(1, kIova), 0x203000u);
        Request r(1, kIova, SIM_DMA_WRITE);
        r.dma.data = &data;
        b.put(0x1000000000012, kIova | 1);
        b.put(0x7700001046, 0x8000);
        b.ring();
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + delay_ps);
        b.submit(r);
        while (!b.load(0x8000) && test_machine_step(b.m)) {
            if (r.n_answers) {
                EXPECT_EQ(b.load(0x203000), 0x4242u);
            }
        }
        b.settle();
        EXPECT_EQ(r.dma.status, SIM_DMA_OK);
        EXPECT_EQ(b.load(0x203000), 0x4242u);
    }
}

// ---- Y02 ----

TEST(SmmuSyncOrder, NothingBehindASyncStartsBeforeItIsDone)
{
    Config c("mmu600");
    size_t sync_done = 0, second_started = 0;

    c.memory(100000);
    Bench b(c);

    b.boot();
    b.put(0x1000000000012, 0x1001);
    b.put(0x46);
    b.put(0x2000000000013, 0x1001);
    b.ring();
    b.settle();
    for (size_t i = 0; i < test_machine_n_facts(b.m); i++) {
        const sim_fact &fact = test_machine_facts(b.m)[i];

        if (fact.kind == SIM_FACT_CMD_COMPLETED && fact.arg[0] == 0x46)
            sync_done = i;
        if (fact.kind == SIM_FACT_CMD_EXECUTED && fact.arg[0] == 0x13)
            second_started = i;
    }
    EXPECT_GT(sync_done, 0u);
    EXPECT_GT(second_started, sync_done);
}

// Y03: the message of an earlier SYNC is visible when a later SYNC is done.
TEST(SmmuSyncOrder, Y03_EarlierMessagesAreVisible)
{
    Config c("mmu600");

    c.smmu.param.cmd_slots = 4;
    c.smmu.param.sync_cycles = 0;
    c.memory(100000);
    Bench b(c);

    b.boot();
    b.put(0x7700001046, 0x8000);
    b.put(0x46);
    b.ring();
    while (b.read(CMDQ_CONS) < 2)
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_EQ(b.load(0x8000), 0x77u);
    b.settle();
}

} // namespace
