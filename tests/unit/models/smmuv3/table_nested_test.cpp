// SPDX-License-Identifier: BSD-2-Clause
// Tables of every shape, one stage, the other, both: how often memory is read, and what is told
// when any one of these reads fails in any way (4.5 and 4.6 of the facts).
#include "tests/unit/models/smmuv3/table_maze.h"

#include "sim/record.h"

namespace
{

using namespace machine;

// ---- 4.5: reads, counted where they leave the SMMU ----

unsigned n_of(const Bench &b, uint8_t structure, unsigned n_bytes)
{
    unsigned n = 0;

    for (size_t i = 0; i < test_machine_n_accesses(b.m); i++) {
        const test_machine_access &a = test_machine_accesses(b.m)[i];

        if (a.structure == structure)
            n += a.n_bytes;
    }
    EXPECT_EQ(n % n_bytes, 0u);
    return n / n_bytes;
}

std::vector<uint64_t> addresses(const Maze &maze)
{
    std::vector<uint64_t> some;

    for (const Step &s : maze.steps) {
        const bool is_entry =
            !s.is_first_of && (s.purpose == Purpose::STREAM || s.purpose == Purpose::CD);

        some.push_back(is_entry ? s.at & ~UINT64_C(63) : s.at);
    }
    return some;
}

class SmmuTableReads : public testing::TestWithParam<Shape>
{
};
INSTANTIATE_TEST_SUITE_P(Linear, SmmuTableReads, testing::ValuesIn(all_shapes(false)),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(TwoLevel, SmmuTableReads, testing::ValuesIn(all_shapes(true)),
                         name_of_shape);

// n, m, (n + 1)(m + 1) - 1; each read on the side of the CD costs m more.
TEST_P(SmmuTableReads, AreAsManyAsTheRuleSays)
{
    const Shape &s = GetParam();
    const Maze maze(s);
    const unsigned n_first = s.is_two_level ? 1 : 0;
    const unsigned n_cd = s.n ? 1 + n_first : 0;
    const unsigned n_walk = s.n && s.m ? (s.n + 1) * (s.m + 1) - 1 : s.n + s.m;
    Bench b(Maze::config());

    maze.build(b);
    EXPECT_EQ(b.target(1, maze.va, maze.ssid), maze.pa);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.reads().size(), 1 + n_first + n_cd * (s.m + 1) + n_walk);
    EXPECT_EQ(b.reads(), addresses(maze));
    EXPECT_EQ(n_of(b, SIM_S_L1STD, 8), n_first);
    EXPECT_EQ(n_of(b, SIM_S_STE, 64), 1u);
    EXPECT_EQ(n_of(b, SIM_S_L1CD, 8), s.n ? n_first : 0);
    EXPECT_EQ(n_of(b, SIM_S_CD, 64), s.n ? 1u : 0u);
    EXPECT_EQ(n_of(b, SIM_S_PTE_S1, 8), s.n);
    EXPECT_EQ(n_of(b, SIM_S_PTE_S2, 8), s.m * (n_cd + s.n + 1));
}

// What is known costs nothing; what is dropped costs again what it did: descriptors after a TLBI
// (CDs are known), everything after a CFGI as well.
class SmmuTableReadsAgain : public testing::TestWithParam<Shape>
{
};
INSTANTIATE_TEST_SUITE_P(Linear, SmmuTableReadsAgain, testing::ValuesIn(all_shapes(false)),
                         name_of_shape);

TEST_P(SmmuTableReadsAgain, AreAsManyAfterInvalidation)
{
    const Shape &s = GetParam();
    const Maze maze(s);
    const unsigned n_walk = s.n && s.m ? (s.n + 1) * (s.m + 1) - 1 : s.n + s.m;
    Bench b(Maze::config());

    maze.build(b);
    ASSERT_EQ(b.target(1, maze.va, maze.ssid), maze.pa);
    EXPECT_EQ(b.target(1, maze.va, maze.ssid), maze.pa);
    EXPECT_EQ(b.reads().size(), maze.steps.size());
    b.run_sync(0x30); // NSNH_ALL
    EXPECT_EQ(b.target(1, maze.va, maze.ssid), maze.pa);
    EXPECT_EQ(b.reads().size(), maze.steps.size() + n_walk);
    b.run_sync(0x4, 0x1f); // CFGI_ALL
    b.run_sync(0x30);
    EXPECT_EQ(b.target(1, maze.va, maze.ssid), maze.pa);
    EXPECT_EQ(b.reads().size(), 2 * maze.steps.size() + n_walk);
}

// ---- 4.6: each of them fails ----

enum Failure { ABORTED, INVALID, TOO_LARGE, NO_ACCESS_FLAG, REFUSED, N_FAILURES };

const char *const failure_names[] = {"aborted", "invalid", "too large", "no access flag",
                                     "refused"};

const unsigned accesses[] = {SIM_DMA_READ, SIM_DMA_WRITE, SIM_DMA_WRITE | SIM_DMA_PRIVILEGED,
                             SIM_DMA_READ | SIM_DMA_EXECUTE};

uint64_t words_of(unsigned access)
{
    return (access & SIM_DMA_READ ? kRead : 0) | (access & SIM_DMA_PRIVILEGED ? kPriv : 0) |
           (access & SIM_DMA_EXECUTE ? kInst : 0);
}

bool is_of_stage_2(Purpose p)
{
    return p == Purpose::S2_OF_CD || p == Purpose::S2_OF_TT || p == Purpose::S2_OF_IN;
}

bool is_possible(const Maze &maze, const Step &s, Failure f)
{
    const bool is_descriptor = is_of_stage_2(s.purpose) || s.purpose == Purpose::TT;

    if (f == ABORTED || f == INVALID)
        return true;
    if (f == TOO_LARGE) // IPS is 44 bits, except where no descriptor can be above it
        return is_descriptor && (s.purpose != Purpose::TT || maze.ips_bits == 44);
    return is_descriptor && s.is_leaf;
}

// What is in memory instead.
uint64_t bad_value(const Step &s, Failure f, unsigned access)
{
    const bool is_read_of_table = s.purpose == Purpose::S2_OF_CD || s.purpose == Purpose::S2_OF_TT;

    switch (f) {
    case INVALID:
        if (s.purpose == Purpose::STREAM && s.is_first_of)
            return s.value & ~UINT64_C(0x1f); // Span=0
        return s.purpose == Purpose::CD && !s.is_first_of ? s.value & ~UINT64_C(0x80000000)
                                                          : s.value & ~UINT64_C(1);
    case TOO_LARGE:
        return s.value | 0x100000000000;
    case NO_ACCESS_FLAG:
        return s.value & ~UINT64_C(0x400);
    case REFUSED:
        if (is_read_of_table)
            return s.value & ~UINT64_C(0x40); // S2AP=10: write
        if (access & SIM_DMA_EXECUTE)
            return s.value | 0x40000000000000; // UXN; XN=10
        if (s.purpose == Purpose::TT)          // AP=00: privileged; AP=11: read
            return access & SIM_DMA_WRITE ? s.value | 0xc0 : s.value & ~UINT64_C(0xc0);
        return access & SIM_DMA_WRITE ? s.value & ~UINT64_C(0x80) : s.value & ~UINT64_C(0x40);
    case ABORTED:
    case N_FAILURES:
        break;
    }
    return s.value;
}

// The table of 4.6, and for what is above it that of 6.2.
struct Told {
    uint32_t number;
    uint64_t q1;
    bool has_input, has_fetch, has_ipa;
};

Told told_of_config(const Step &s, Failure f)
{
    if (s.purpose == Purpose::STREAM && f == ABORTED)
        return {F_STE_FETCH, 0, false, true, false};
    if (s.purpose == Purpose::CD && f == ABORTED)
        return {F_CD_FETCH, 0, false, true, false};
    if (s.purpose == Purpose::STREAM)
        return {s.is_first_of ? C_BAD_STREAMID : C_BAD_STE, 0, false, false, false};
    return {s.is_first_of ? C_BAD_SUBSTREAMID : C_BAD_CD, 0, false, false, false};
}

Told told(const Step &s, Failure f)
{
    const uint32_t numbers[] = {F_WALK_EABT, F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION};
    // S2 and CLASS by purpose.
    const bool s2 = is_of_stage_2(s.purpose);
    uint64_t where = 0;

    if (s.purpose == Purpose::STREAM || s.purpose == Purpose::CD)
        return told_of_config(s, f);
    if (s.purpose == Purpose::S2_OF_TT)
        where = kTable;
    else if (s.purpose == Purpose::S2_OF_IN)
        where = kInput;
    else if (s.purpose == Purpose::TT)
        where = f == ABORTED ? kTable : kInput;
    return {numbers[f], where | (s2 ? kS2 : 0), true, f == ABORTED, s2 && f != ABORTED};
}

void expect_record(const Record &r, const Maze &maze, const Step &s, Failure f, unsigned access)
{
    const Told t = told(s, f);
    const bool has_ssid = maze.ssid != kNoSsid;
    const uint64_t ssid = has_ssid ? static_cast<uint64_t>(maze.ssid) << 12 : 0;
    const bool has_ssv = has_ssid && t.number != C_BAD_SUBSTREAMID;
    // TTRnW is told of refused tables alone.
    const bool is_table_refused = s.purpose == Purpose::S2_OF_TT && f == REFUSED;
    const uint64_t tt_rnw = is_table_refused ? kTableRead : 0;
    const uint64_t kept = is_table_refused ? UINT64_MAX : ~kTableRead;

    EXPECT_EQ(r[0], UINT64_C(0x100000000) | ssid | (has_ssv ? 0x800 : 0) | t.number);
    EXPECT_EQ(r[1] & kept, (t.has_input ? words_of(access) : 0) | t.q1 | tt_rnw);
    EXPECT_EQ(r[2], t.has_input ? maze.va : 0);
    if (t.has_fetch) {
        EXPECT_EQ(r[3], s.at);
    } else if (t.has_ipa) {
        EXPECT_EQ(r[3], s.ipa >> 12 << 12);
    }
}

// Everything that is known is dropped.
void forget(Bench &b)
{
    b.put(0x4, 0x1f);
    b.run_sync(0x30);
}

// The failure at step @i, once, and that nothing of it stays when it is mended.
void check(Bench &b, const Maze &maze, size_t i, Failure f, unsigned access)
{
    const Step &s = maze.steps[i];
    const uint32_t n = b.n_events();
    const size_t n_reads = b.reads().size();

    SCOPED_TRACE(testing::Message() << failure_names[f] << " read " << i << " at " << std::hex
                                    << s.at << " access " << access);
    if (f == ABORTED)
        test_machine_break(b.m, s.at, 8);
    else
        b.store(s.at, bad_value(s, f, access));
    const Answer a = b.dma(1, maze.va, access, maze.ssid);
    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    EXPECT_EQ(a.event, told(s, f).number);
    // Nothing behind it was read.
    EXPECT_EQ(b.reads().size() - n_reads, i + 1);
    ASSERT_EQ(b.n_events(), (n + 1) & 0xff);
    expect_record(b.event(n & 0x7f), maze, s, f, access);
    b.write(EVENTQ_CONS, (n + 1) & 0xff);
    b.store(s.at, s.value);
    // 7.1: failed reads and what faults are never kept; invalid entries are.
    if (f == INVALID && (s.purpose == Purpose::STREAM || s.purpose == Purpose::CD))
        forget(b);
    EXPECT_EQ(b.dma(1, maze.va, access, maze.ssid).pa, maze.pa);
    forget(b);
}

void check_all(const Shape &shape)
{
    const Maze maze(shape);

    for (size_t i = 0; i < maze.steps.size(); i++) {
        Bench b(Maze::config());

        maze.build(b);
        for (unsigned f = 0; f < N_FAILURES; f++) {
            for (const unsigned access : accesses) {
                if (is_possible(maze, maze.steps[i], static_cast<Failure>(f)))
                    check(b, maze, i, static_cast<Failure>(f), access);
            }
        }
    }
}

class SmmuTableFaults : public testing::TestWithParam<Shape>
{
};
INSTANTIATE_TEST_SUITE_P(Linear, SmmuTableFaults, testing::ValuesIn(all_shapes(false)),
                         name_of_shape);

// Two levels of streams and CDs change nothing of what is behind them: the largest of each granule.
const Shape two_level[] = {{12, 4, 12, 4, true}, {14, 4, 14, 3, true}, {16, 3, 16, 3, true}};
INSTANTIATE_TEST_SUITE_P(TwoLevel, SmmuTableFaults, testing::ValuesIn(two_level), name_of_shape);

TEST_P(SmmuTableFaults, OfEveryReadAreTold)
{
    check_all(GetParam());
}

} // namespace
