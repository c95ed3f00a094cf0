// SPDX-License-Identifier: BSD-2-Clause
// An entry is read piece by piece: a store that lands between two pieces gives a mixture of old
// and new, and which mixture depends on the order of the pieces (K03; 3.21.3).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

struct Reading {
    const char *name;
    uint32_t atom_bytes, atom_order;
    std::vector<unsigned> order; // of the pieces, by their number in the entry
    const char *preset = "zero";
};
MACHINE_CASES(Reading)

const Reading readings[] = {
    {"up_8", 8, 0, {0, 1, 2, 3, 4, 5, 6, 7}},
    {"down_8", 8, 1, {7, 6, 5, 4, 3, 2, 1, 0}},
    {"valid_last_8", 8, 2, {1, 2, 3, 4, 5, 6, 7, 0}},
    {"valid_first_rest_down_8", 8, 3, {0, 7, 6, 5, 4, 3, 2, 1}},
    {"up_16", 16, 0, {0, 1, 2, 3}},
    {"down_16", 16, 1, {3, 2, 1, 0}},
    {"valid_last_16", 16, 2, {1, 2, 3, 0}},
    {"valid_first_rest_down_16", 16, 3, {0, 3, 2, 1}},
    {"up_8_mmu_600", 8, 0, {0, 1, 2, 3, 4, 5, 6, 7}, "mmu600"},
    {"down_16_mmu_600", 16, 1, {3, 2, 1, 0}, "mmu600"},
};

// An entry at a place, its first two words before and after, and what a request says of each
// mixture: old old, old new (q0 old and q1 new), new old, new new.
struct Torn {
    uint64_t at;
    std::array<uint64_t, 2> before, after;
    std::array<const char *, 4> outcome;
    void (*prepare)(Bench &b);
};

Config config_of(const Reading &reading)
{
    Config c(reading.preset);

    c.smmu.param.atom_bytes = reading.atom_bytes;
    c.smmu.param.atom_order = reading.atom_order;
    c.memory(100000, 10000); // 100 ns, and 10 ns between two accesses
    return c;
}

std::string outcome_of(const Request &r)
{
    if (r.dma.status == SIM_DMA_RAZ_WI)
        return "zero";
    if (r.dma.status != SIM_DMA_OK)
        return "refused " + std::to_string(r.dma.event);
    return std::to_string(r.dma.pa >> 12);
}

// Times at which the pieces of the entry were read, checked to be all of it and in order.
std::vector<uint64_t> times_of_pieces(const Bench &b, const Reading &reading, uint64_t at)
{
    std::vector<uint64_t> times;

    for (size_t i = 0; i < test_machine_n_facts(b.m); i++) {
        const sim_fact &fact = test_machine_facts(b.m)[i];

        if (fact.kind != SIM_FACT_ATOM_FETCHED || fact.arg[1] - at >= 64)
            continue;
        EXPECT_EQ(fact.arg[1], at + reading.atom_bytes * reading.order[times.size() % 8]);
        EXPECT_EQ(fact.arg[4], reading.atom_bytes);
        EXPECT_EQ(fact.arg[2], b.load(fact.arg[1]));
        EXPECT_TRUE(times.empty() || times.back() < fact.time_ps);
        times.push_back(fact.time_ps);
    }
    EXPECT_EQ(times.size(), reading.order.size());
    return times;
}

void prepare(Bench &b, const Torn &torn)
{
    torn.prepare(b);
    b.store(torn.at, {torn.before[0], torn.before[1]});
    b.boot();
}

// The stores land when n_read pieces had been read.
void expect_mixture(const Reading &reading, const Torn &torn, size_t n_read, uint64_t time_ps)
{
    Bench b(config_of(reading));
    Request r(1, 0x0), again(1, 0x0);
    bool is_new[2] = {false, false};

    for (size_t i = n_read; i < reading.order.size(); i++) {
        for (unsigned word = 0; word < 2; word++)
            is_new[word] |= reading.order[i] == word * 8 / reading.atom_bytes;
    }
    prepare(b, torn);
    b.submit(r);
    test_machine_store_at(b.m, time_ps, torn.at, torn.after[0]);
    test_machine_store_at(b.m, time_ps, torn.at + 8, torn.after[1]);
    b.settle();
    const char *expected = torn.outcome[2 * is_new[0] + is_new[1]];
    EXPECT_EQ(outcome_of(r), expected) << n_read;
    b.submit(again); // the mixture is in the cache
    b.settle();
    EXPECT_EQ(outcome_of(again), expected) << n_read;
}

void expect_mixtures(const Reading &reading, const Torn &torn)
{
    Bench b(config_of(reading));
    Request r(1, 0x0);

    prepare(b, torn);
    b.submit(r);
    b.settle();
    EXPECT_EQ(outcome_of(r), torn.outcome[0]);
    const std::vector<uint64_t> times = times_of_pieces(b, reading, torn.at);
    for (size_t n_read = 0; n_read < times.size(); n_read++)
        expect_mixture(reading, torn, n_read, times[n_read]); // just before the next piece
    if (!times.empty())
        expect_mixture(reading, torn, times.size(), times.back() + 1);
}

class SmmuTorn : public testing::TestWithParam<Reading>
{
};
INSTANTIATE_TEST_SUITE_P(K03, SmmuTorn, testing::ValuesIn(readings), name_of<Reading>);

// q0 says how deep the tables are, q1 where they start. The tables lead to 0x100000 from level 1
// of the old, to 0x200000 from level 2 of the new; taken at the wrong level, elsewhere. Bits that
// a table does not have make it a page with an access flag where it is taken for one.
TEST_P(SmmuTorn, Cd)
{
    const Torn torn = {
        cds_of(1),
        {0x16205c0000019, 0x81000},   // T0SZ=25: level 1
        {0x16205c0000022, 0x85000},   // T0SZ=34: level 2
        {"256", "768", "131", "512"}, // 0x100, 0x300, 0x83, 0x200
        [](Bench &b) {
            b.ste(1, {0x4100b});
            b.store(0x81000, 0x82743);
            b.store(0x82000, 0x83743);
            b.store(0x83000, 0x100743);
            b.store(0x85000, 0x86743);
            b.store(0x86000, 0x200743);
            b.store(0x200000, 0x300743);
        },
    };

    expect_mixtures(GetParam(), torn);
}

// q0 says which CDs, q1 whether the request becomes privileged. Both pages are for privileged
// accesses only; the second CD answers its faults with zeros.
TEST_P(SmmuTorn, Ste)
{
    const Torn torn = {
        kStreams + 64,
        {0x4100b, 0},
        {0x4200b, 0x3000000000000},
        {"refused 19", "512", "zero", "768"},
        [](Bench &b) {
            b.make_space(0);
            b.make_space(1);
            b.store(leaf_slot(0, 0), 0x200f03);
            b.store(leaf_slot(1, 0), 0x300f03);
            b.cd(1, 0, {cd_q0(1), space(0), 0, 0xff});
            b.cd(2, 0, {0x22205c0000019, space(1), 0, 0xff}); // A=0
        },
    };

    expect_mixtures(GetParam(), torn);
}

} // namespace
