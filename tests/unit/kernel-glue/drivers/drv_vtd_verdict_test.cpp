/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_verdict_test.cpp - what hardware may make of each switch: best is proven hitless, Linux
 * shows the gaps and mixes that are known of it, and nobody breaks a rule of the protocol. */
#include "tests/unit/kernel-glue/drivers/vtd_stream.h"

using namespace drv_test;

namespace
{

enum Kind { kSs1, kSs2, kFs1, kFs2, kPt, kNested1, kNested2, kBlocked, kKinds };
const char *const names[] = {"ss1", "ss2", "fs1", "fs2", "pass", "nested1", "nested2", "blocked"};

/* All kinds of domains of one driver. */
class World : public VtdStream
{
  public:
    drv_domain *of[kKinds];

    explicit World(const char *name, uint32_t flags = 0) : VtdStream(name)
    {
        begin(flags);
        drv_domain *parent = mapped(0x90000000, 2, DRV_NEST_PARENT);
        of[kSs1] = mapped(0xa0000000, 2);
        of[kSs2] = mapped(0xb0000000, 2);
        of[kFs1] = mapped(0xc0000000, 1);
        of[kFs2] = mapped(0xd0000000, 1);
        of[kPt] = domain(DRV_IDENTITY);
        of[kNested1] = nested(parent, 0x100000);
        of[kNested2] = nested(parent, 0x102000);
        of[kBlocked] = domain(DRV_BLOCKED);
    }
};

struct Pair {
    Kind from, to;
    uint32_t pasid;
};

std::vector<Pair> pairs()
{
    std::vector<Pair> all;

    for (uint32_t pasid : {DRV_NO_PASID, 5u}) {
        for (int from = 0; from < kKinds; from++) {
            for (int to = 0; to < kKinds; to++) {
                if (from != to)
                    all.push_back({Kind(from), Kind(to), pasid});
            }
        }
    }
    return all;
}

std::string name_of(const testing::TestParamInfo<Pair> &info)
{
    return std::string(names[info.param.from]) + "_to_" + names[info.param.to] +
           (info.param.pasid == DRV_NO_PASID ? "" : "_pasid");
}

class VtdSwitch : public testing::TestWithParam<Pair>
{
};

} // namespace

TEST_P(VtdSwitch, BestIsHitless)
{
    World d("best", DRV_ATS);
    const Pair &p = GetParam();
    std::string text;

    ASSERT_EQ(0, d.attach_marked(d.of[p.from], p.pasid, SIM_OP_ATTACH));
    ASSERT_EQ(0, d.attach_marked(d.of[p.to], p.pasid));
    EXPECT_STREQ("HITLESS", chk_class_name(d.last()));
    EXPECT_EQ(std::vector<std::string>{}, d.broken_rules(&text)) << text;
}

INSTANTIATE_TEST_SUITE_P(Pairs, VtdSwitch, testing::ValuesIn(pairs()), name_of);
