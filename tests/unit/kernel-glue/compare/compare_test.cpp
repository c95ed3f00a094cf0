// SPDX-License-Identifier: BSD-2-Clause
// compare_test.cpp - two streams that differ in one act: is it found, and told as what it is?
#include "kernel-glue/compare/cmp.h"
#include "sim/text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace
{

// A linear stream table at 0x10000, device 4's entry at 0x10100, its CD at 0x20000, page tables at
// 0x30000 (old) and 0x40000 (new). One replace as a driver does it, and an unmap.
const char *const replace_stream = "iommusim-text/1 records\n"
                                   "@0 iommu 0 smmuv3 0x9000000 0x20000\n"
                                   "@0 memory STE 0x10000 0x1000\n"
                                   "@0 memory CD 0x20000 0x1000\n"
                                   "@0 memory PAGES 0x30000 0x1000\n"
                                   "@0 memory PAGES 0x31000 0x1000\n"
                                   "@0 memory PAGES 0x40000 0x1000\n"
                                   "@0 mmio_write 0x80 0x10000 width=8\n"
                                   "@0 mmio_write 0x88 0x6\n"
                                   "@0 mmio_write 0x20 0x9\n"
                                   "@1 store CD 0x20008 0x30000\n"
                                   "@1 store CD 0x20000 0x3e204c0003510\n"
                                   "@1 barrier write\n"
                                   "@1 store STE 0x10100 0x2000b\n"
                                   "@1 barrier write\n"
                                   "@2 store PTE 0x30000 0x31003\n"
                                   "@2 store PTE 0x31000 0x800f47\n"
                                   "@2 store PTE 0x40010 0x900f47\n"
                                   "@5 begin replace dev=1\n"
                                   "@6 store CD 0x20000 0x0\n"
                                   "@7 store CMD 0x50000 0x400000005 value_hi=0x1 width=16\n"
                                   "@8 store CMD 0x50010 0x2046 width=16\n"
                                   "@9 barrier write\n"
                                   "@10 mmio_write 0x98 0x2\n"
                                   "@11 wait queue 0x50000 index=1 polls=1\n"
                                   "@12 store CD 0x20008 0x40000\n"
                                   "@12 store CD 0x20018 0xff\n"
                                   "@13 barrier write\n"
                                   "@14 store CD 0x20000 0x4e204c0003510\n"
                                   "@15 store CMD 0x50020 0x400000005 value_hi=0x1 width=16\n"
                                   "@16 store CMD 0x50030 0x4000000000011 width=16\n"
                                   "@17 store CMD 0x50040 0x2046 width=16\n"
                                   "@18 barrier write\n"
                                   "@19 mmio_write 0x98 0x5\n"
                                   "@20 wait queue 0x50000 index=4 polls=1\n"
                                   "@21 end replace dev=1\n"
                                   "@30 begin unmap a=0x2000 b=0x2000\n"
                                   "@31 store PTE 0x40010 0x0\n"
                                   "@32 store PTE 0x40018 0x0\n"
                                   "@33 end unmap a=0x2000 b=0x2000\n";

struct Free {
    void operator()(cmp_stream *stream) const
    {
        cmp_stream_free(stream);
    }
};
using Stream = std::unique_ptr<cmp_stream, Free>;

Stream read(const std::string &text)
{
    Stream stream(cmp_stream_new());
    std::string copy = text;
    FILE *file = fmemopen(&copy[0], copy.size(), "r");
    sim_diag diag;
    sim_stmt stmt;
    sim_text_kind kind;

    sim_diag_init(&diag, "text");
    sim_text *reader = sim_text_open(file, &diag);
    EXPECT_EQ(sim_text_header(reader, &kind), 0);
    while (sim_text_next(reader, &stmt) > 0) {
        sim_record rec;

        EXPECT_EQ(sim_text_record(reader, &stmt, &rec), 0) << diag.text;
        EXPECT_EQ(cmp_stream_put(stream.get(), &rec), 0);
    }
    EXPECT_EQ(diag.error, 0) << diag.text;
    sim_text_close(reader);
    fclose(file);
    cmp_stream_end(stream.get());
    return stream;
}

// Every @from becomes @to, or only the @nth (from 1).
std::string change(std::string text, const std::string &from, const std::string &to, int nth = 0)
{
    size_t at = 0;
    int n = 0;

    while ((at = text.find(from, at)) != std::string::npos) {
        if (nth && ++n != nth) {
            at += from.size();
            continue;
        }
        text.replace(at, from.size(), to);
        at += to.size();
        if (nth)
            return text;
    }
    EXPECT_EQ(nth, 0) << from << " is not there";
    return text;
}

// "kind: what | act of A | act of B" of each difference.
std::vector<std::string> compare(const std::string &a, const std::string &b,
                                 cmp_options options = {})
{
    std::vector<std::string> found;
    const Stream of_a = read(a);
    const Stream of_b = read(b);
    cmp_report report;

    EXPECT_EQ(cmp_run(of_a.get(), of_b.get(), &options, &report), 0);
    for (size_t i = 0; i < report.n_diffs; i++) {
        const cmp_diff &diff = report.diffs[i];

        found.push_back(std::string(cmp_kind_word(diff.kind)) + ": " + diff.what + " | " +
                        diff.side[CMP_A].text + " | " + diff.side[CMP_B].text);
    }
    EXPECT_EQ(report.n_real + report.n_extra, found.size());
    cmp_report_free(&report);
    return found;
}

TEST(Compare, EqualStreamsAreTheSame)
{
    EXPECT_EQ(compare(replace_stream, replace_stream), std::vector<std::string>());
}

struct Rename {
    const char *name;
    std::vector<std::pair<const char *, const char *>> changes;
};

class Renamed : public testing::TestWithParam<Rename>
{
};

TEST_P(Renamed, IsTheSame)
{
    std::string b = replace_stream;

    for (const auto &[from, to] : GetParam().changes)
        b = change(b, from, to);
    ASSERT_NE(b, replace_stream);
    EXPECT_EQ(compare(replace_stream, b), std::vector<std::string>());
    EXPECT_EQ(compare(b, replace_stream), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(
    Names, Renamed,
    testing::Values(Rename{"pages_of_tables",
                           {{"0x40000 ", "0x77000 "},
                            {"0x40000\n", "0x77000\n"},
                            {"0x40010 ", "0x77010 "},
                            {"0x40018 ", "0x77018 "}}},
                    Rename{"cd_page", {{"0x2000b", "0x9900b"}, {"0x200", "0x990"}}},
                    Rename{"data_pages", {{"0x900f47", "0xabcdef47"}}},
                    Rename{"stream", {{"0x10100", "0x10140"}, {"0x400000005", "0x500000005"}}},
                    Rename{"asid_new",
                           {{"0x4e2", "0x9e2"}, {"0x4000000000011", "0x9000000000011"}}},
                    Rename{"queue_positions",
                           {{"CMD 0x50", "CMD 0x60"},
                            {"0x98 0x2", "0x98 0x12"},
                            {"0x98 0x5", "0x98 0x15"},
                            {"index=1", "index=11"}}},
                    Rename{"times_and_polls", {{"@19", "@20"}, {"polls=1", "polls=7"}}}),
    [](const auto &info) { return info.param.name; });

struct Change {
    const char *name;
    const char *from, *to;
    int nth;
    std::vector<const char *> found; // a piece of each difference, in order
};

class Changed : public testing::TestWithParam<Change>
{
};

void expect_found(const std::vector<std::string> &found, const std::vector<const char *> &wanted)
{
    ASSERT_EQ(found.size(), wanted.size()) << testing::PrintToString(found);
    for (size_t i = 0; i < found.size(); i++)
        EXPECT_NE(found[i].find(wanted[i]), std::string::npos)
            << found[i] << "\n  has not: " << wanted[i];
}

TEST_P(Changed, IsFound)
{
    const Change &c = GetParam();

    expect_found(compare(replace_stream, change(replace_stream, c.from, c.to, c.nth)), c.found);
}

INSTANTIATE_TEST_SUITE_P(
    Differences, Changed,
    testing::Values(
        Change{"command_missing",
               "@16 store CMD 0x50030 0x4000000000011 width=16\n",
               "",
               1,
               {"missing: only in A | TLBI_NH_ASID  ASID=4 | "}},
        Change{"command_more",
               "@17 ",
               "@17 store CMD 0x50060 0x6 width=16\n@17 ",
               1,
               {"missing: only in B |  | CFGI_CD_ALL"}},
        Change{"command_of_another_stream",
               "0x400000005",
               "0x500000005",
               2,
               {"name: SID is 4 in A, 5 in B (A's was B's 0x4 before)"}},
        Change{"command_field",
               "value_hi=0x1",
               "value_hi=0x0",
               1,
               {"value: Leaf is LAST in A, ALL in B"}},
        Change{"command_tag_of_the_old",
               "0x4000000000011",
               "0x3000000000011",
               1,
               {"name: ASID is 4 in A, 3 in B"}},
        Change{"commands_swapped",
               "@15 store CMD 0x50020 0x400000005 value_hi=0x1 width=16\n"
               "@16 store CMD 0x50030 0x4000000000011 width=16\n",
               "@15 store CMD 0x50020 0x4000000000011 width=16\n"
               "@16 store CMD 0x50030 0x400000005 value_hi=0x1 width=16\n",
               1,
               {"order: commands in another order"}},
        Change{"word_value",
               "0x20018 0xff",
               "0x20018 0xf0",
               1,
               {"value: MAIR0 is 0xff in A, 0xf0 in B | CD 0x20000 word 3"}},
        Change{"word_missing",
               "@12 store CD 0x20018 0xff\n",
               "",
               1,
               {"missing: only in A | CD 0x20000 word 3"}},
        Change{"word_of_the_wrong_table",
               "0x20008 0x40000",
               "0x20008 0x31000",
               1,
               {"name: TTB0 is 0x40000 in A, 0x31000 in B",
                "live: hardware can reach the entry at this store in A, not in B"}},
        Change{"live_value",
               "0x20000 0x4e204c0003510",
               "0x20000 0x4e204c0003511",
               1,
               {"value: T0SZ is 0x10 in A, 0x11 in B | CD 0x20000 word 0"}},
        Change{"live_store_twice",
               "@6 ",
               "@6 store CD 0x20000 0x3e204c0003511\n@6 ",
               1,
               {"missing: only in B |  | CD 0x20000 word 0 = 0x3e204c0003511"}},
        Change{"extra_value",
               "@12 store CD 0x20018 0xff\n",
               "@12 store CD 0x20018 0x1\n@12 store CD 0x20018 0xff\n",
               1,
               {"extra: stored 1 times in A, 2 times in B"}},
        Change{"barrier_missing",
               "@13 barrier write\n",
               "",
               1,
               {"order: in A before a barrier, register write or wait; in B with what follows it"
                " | CD 0x20000 word 1",
                "order: in A before a barrier, register write or wait; in B with what follows it"
                " | CD 0x20000 word 3"}},
        Change{"barrier_more",
               "@12 store CD 0x20018 0xff\n",
               "@12 barrier write\n@12 store CD 0x20018 0xff\n",
               1,
               {"order: in another interval"}},
        Change{"barrier_before_a_doorbell_missing",
               "@18 barrier write\n",
               "",
               1,
               {"order: no barrier between it and the stores before it in B | write CMDQ_PROD"}},
        Change{"register",
               "0x98 0x5\n",
               "0x98 0x5\n@19 mmio_write 0x28 0x5\n",
               1,
               {"missing: only in B |  | write CR1 = 0x5"}},
        Change{"wait_missing",
               "@20 wait queue 0x50000 index=4 polls=1\n",
               "",
               1,
               {"missing: only in A | wait for a queue slot"}},
        Change{"wait_failed", "index=4 polls=1", "index=4 polls=1 ret=-110", 1, {"value: "}},
        Change{"result",
               "end replace dev=1",
               "end replace dev=1 ret=-22",
               1,
               {"result: the operation returns 0 in A, -22 in B"}},
        Change{"operation_missing",
               "@30 begin unmap a=0x2000 b=0x2000\n@31 store PTE 0x40010 0x0\n"
               "@32 store PTE 0x40018 0x0\n@33 end unmap a=0x2000 b=0x2000\n",
               "",
               1,
               {"operation: the operation is only in A"}},
        Change{"entry_is_live_in_one",
               "@1 store STE 0x10100 0x2000b\n",
               "@1 store STE 0x10100 0x2000a\n",
               1,
               {"live: hardware can reach the entry at this store in A, not in B; V is 1 in A",
                "live: hardware can reach the entry at this store",
                "live: hardware can reach the entry at this store",
                "live: hardware can reach the entry at this store",
                "live: hardware can reach the entry at this store",
                "live: hardware can reach the entry at this store"}}),
    [](const auto &info) { return info.param.name; });

TEST(Compare, WhatIsStoredAgainToAWordThatIsNotLiveIsNoChange)
{
    // 0x40018 is 0 already; in the stream it is stored under a live table, and counts.
    const std::string before =
        change(replace_stream, "@5 begin", "@4 store PTE 0x40020 0x0\n@5 begin", 1);

    EXPECT_EQ(compare(replace_stream, before), std::vector<std::string>());
}

TEST(Compare, ACommandMayBeStoredInTwoHalvesWithAnInterruptBetween)
{
    const std::string halves =
        change(replace_stream, "@15 store CMD 0x50020 0x400000005 value_hi=0x1 width=16\n",
               "@15 store CMD 0x50020 0x400000005\n@15/3 mmio_write 0xa8 0x1\n"
               "@15 store CMD 0x50028 0x1\n",
               1);

    EXPECT_EQ(compare(replace_stream, halves), std::vector<std::string>());
}

TEST(Compare, BarriersCountOnlyIfBothStreamsHaveThem)
{
    const std::string without = change(replace_stream, "barrier write", "barrier flush pa=0x0");
    cmp_options options = {};

    EXPECT_EQ(compare(replace_stream, without), std::vector<std::string>());
    options.barriers = CMP_BARRIERS_YES;
    EXPECT_NE(compare(replace_stream, without, options), std::vector<std::string>());
}

TEST(Compare, OneOperationIsComparedThoughTheRestDiffers)
{
    const std::string other = change(replace_stream, "0x20018 0xff", "0x20018 0xf0", 1);
    cmp_options options = {};

    options.wants_op = true;
    options.op = SIM_OP_UNMAP;
    EXPECT_EQ(compare(replace_stream, other, options), std::vector<std::string>());
    options.op = SIM_OP_REPLACE;
    EXPECT_EQ(compare(replace_stream, other, options).size(), 1U);
}

TEST(Compare, TheNthOfOneIsComparedWithTheMthOfTheOther)
{
    const std::string tail = "@40 begin unmap a=0x2000 b=0x2000\n@41 store PTE 0x40010 0x901f47\n"
                             "@43 end unmap a=0x2000 b=0x2000\n";
    cmp_options options = {};

    options.wants_op = true;
    options.op = SIM_OP_UNMAP;
    options.number[CMP_A] = 1;
    options.number[CMP_B] = 2;
    EXPECT_EQ(compare(replace_stream, replace_stream + tail, options).size(), 1U);
    options.number[CMP_B] = 1;
    EXPECT_EQ(compare(replace_stream, replace_stream + tail, options).size(), 0U);
}

TEST(Compare, OperationsInsideCanBeLeftOut)
{
    const std::string inside = change(replace_stream, "@21 end",
                                      "@20 begin map a=0x0 b=0x1000\n@20 store PTE 0x40000 "
                                      "0x901f47\n@20 end map a=0x0 b=0x1000\n@21 end",
                                      1);
    cmp_options options = {};

    EXPECT_EQ(compare(replace_stream, inside).size(), 1U);
    options.skip = 1U << SIM_OP_MAP;
    EXPECT_EQ(compare(replace_stream, inside, options).size(), 0U);
}

} // namespace
