// SPDX-License-Identifier: BSD-2-Clause
// freed_test.cpp - hardware that reads tables whose memory was given back.
// Knows: chk.h. Must not know: how ranges are kept.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

constexpr uint64_t kTable = 0x60000;

void walk(Stream &s, uint64_t pa)
{
    s.fact(SIM_FACT_WALK_STEP, SIM_S_PTE_S1, 3, pa, 0);
}

void fetch(Stream &s, uint64_t pa)
{
    s.fact(SIM_FACT_ATOM_FETCHED, SIM_S_CD, pa, 0, 0);
}

/* A replace that frees two pages; operation 3. */
void replace_and_free(Stream &s)
{
    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.free(kTable, 0x2000);
    s.end(SIM_OP_REPLACE, kDev);
}

struct Row {
    const char *name;
    uint64_t pa;
    bool is_fetch;
    bool dangles;
};

class Freed : public testing::TestWithParam<Row>
{
};

TEST_P(Freed, IsRead)
{
    Stream s;

    replace_and_free(s);
    (GetParam().is_fetch ? fetch : walk)(s, GetParam().pa);
    EXPECT_EQ(classes(s.last()), GetParam().dangles ? "DANGLES" : "");
    EXPECT_EQ(s.last().safe, !GetParam().dangles);
}

const Row kRows[] = {
    {"FirstByte", kTable, false, true},
    {"LastWord", kTable + 0x1ff8, false, true},
    {"LastByte", kTable + 0x1fff, false, true},
    {"JustBefore", kTable - 8, false, false},
    {"JustBehind", kTable + 0x2000, false, false},
    {"ByAnEntrysFetch", kTable + 64, true, true},
    {"EntryElsewhere", kTable - 64, true, false},
};

INSTANTIATE_TEST_SUITE_P(All, Freed, testing::ValuesIn(kRows),
                         [](const auto &info) { return info.param.name; });

TEST(Freed, ReadBeforeTheFreeIsRight)
{
    Stream s;

    walk(s, kTable);
    replace_and_free(s);
    EXPECT_EQ(classes(s.last()), "");
}

TEST(Freed, MemoryThatIsInUseAgainIsRight)
{
    Stream s;

    replace_and_free(s);
    s.memory(kTable, 0x2000);
    walk(s, kTable);
    walk(s, kTable + 0x1ff8);
    EXPECT_EQ(classes(s.last()), "");
}

TEST(Freed, PieceThatIsInUseAgainLeavesTheRest)
{
    for (uint64_t used : {kTable, kTable + 0x800, kTable + 0x1800}) {
        for (uint64_t pa : {kTable, used - 1, used, used + 0x7ff, used + 0x800, kTable + 0x1fff}) {
            const bool is_freed = pa >= kTable && pa < kTable + 0x2000;
            Stream s;

            replace_and_free(s);
            s.memory(used, 0x800);
            walk(s, pa);
            EXPECT_EQ(classes(s.last()),
                      is_freed && (pa < used || pa >= used + 0x800) ? "DANGLES" : "")
                << std::hex << used << " " << pa;
        }
    }
}

TEST(Freed, IsChargedToTheOperationThatFreed)
{
    Stream s;

    replace_and_free(s);
    s.begin(SIM_OP_DETACH, kDev);
    s.free(kTable + 0x8000, 0x1000);
    s.end(SIM_OP_DETACH, kDev);
    walk(s, kTable + 0x1000);
    EXPECT_EQ(classes(s.op(3)), "DANGLES");
    EXPECT_EQ(classes(s.op(4)), "");
}

TEST(Freed, OutsideOfOperationsIsReported)
{
    Stream s;

    s.free(kTable, 0x1000);
    walk(s, kTable);
    EXPECT_EQ(s.report().bad_outside, 1u);
}

TEST(Freed, TwiceIsTheSecondOnes)
{
    Stream s;

    replace_and_free(s);
    s.begin(SIM_OP_DETACH, kDev);
    s.free(kTable + 0x1000, 0x1000);
    s.end(SIM_OP_DETACH, kDev);
    walk(s, kTable + 0x1000);
    EXPECT_EQ(classes(s.op(3)), "");
    EXPECT_EQ(classes(s.op(4)), "DANGLES");
}

/* Many pages, in an order that is neither up nor down, each other one in use again. */
TEST(Freed, ManyRanges)
{
    constexpr uint64_t n = 1000;

    for (uint64_t asked : {uint64_t{0}, uint64_t{1}, n / 2, n / 2 + 1, n - 2, n - 1}) {
        Stream s;

        s.two_domains();
        s.begin(SIM_OP_DETACH, kDev);
        for (uint64_t i = 0; i < n; i++)
            s.free(kTable + i * 7919 % n * 0x1000, 0x1000);
        for (uint64_t i = 1; i < n; i += 2)
            s.memory(kTable + i * 0x1000, 0x1000);
        s.end(SIM_OP_DETACH, kDev);
        walk(s, kTable + asked * 0x1000 + 0x10);
        EXPECT_EQ(classes(s.last()), asked % 2 ? "" : "DANGLES") << asked;
    }
}

} // namespace
