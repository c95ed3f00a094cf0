/* SPDX-License-Identifier: BSD-2-Clause
 * order_barrier_test.cpp - rules of barriers, where a stream has them: whose, and behind which
 * store.
 */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script live(const std::string &lines)
{
    return Script().line(lines);
}

TEST(Barrier, OfAMapIsThatOfItsCpu)
{
    const auto map = [](const char *barrier, const char *end) {
        return live("meta \"barriers\" \"recorded\"\n@+1/1 begin map domain=0xa\n"
                    "@+1/0 begin map domain=0xa\n@+1/1 store PTE 0x82020 0xa0004f43")
            .line(barrier)
            .line(end);
    };
    const char *const own = "@+1/1 end map domain=0xa", *const other = "@+1/0 end map domain=0xa";

    EXPECT_RULE(map("", own), "smmu-barrier-map");
    EXPECT_LEGAL(map("", other));
    EXPECT_LEGAL(map("@+1/1 barrier write", own));
    EXPECT_RULE(map("@+1/0 barrier write", own), "smmu-barrier-map");
    EXPECT_SAYS(map("", own), "is the last, and no barrier follows");
}

TEST(Barrier, OfAMapIsNotOneOfAnEarlierStore)
{
    EXPECT_LEGAL(live("meta \"barriers\" \"recorded\"\nstore PTE 0x82020 0xa0004f43\n"
                      "begin map domain=0xa\nend map domain=0xa"));
    EXPECT_LEGAL(live("meta \"barriers\" \"recorded\"\nbegin unmap domain=0xa\n"
                      "store PTE 0x82020 0xa0004f43\nend unmap domain=0xa"));
}

TEST(Barrier, BeforeAPointerIsThatOfTheCpuWhoFilledTheTable)
{
    const auto link = [](const char *fill, const char *barrier) {
        return live("meta \"barriers\" \"recorded\"\nmemory PAGES 0x84000 0x1000")
            .line(fill)
            .line(barrier)
            .line("@+1/0 store PTE 0x80008 0x84003");
    };
    const char *const kPointer = "smmu-barrier-pointer";

    EXPECT_RULE(link("@+1/0 store PTE 0x84000 0x40200f41", ""), kPointer);
    EXPECT_LEGAL(link("@+1/0 store PTE 0x84000 0x40200f41", "@+1/0 barrier write"));
    EXPECT_LEGAL(link("@+1/1 store PTE 0x84000 0x40200f41", ""));
}

} // namespace
