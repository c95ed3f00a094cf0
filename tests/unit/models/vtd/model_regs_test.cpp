// SPDX-License-Identifier: BSD-2-Clause
// model_regs_test.cpp - the register page as software sees it (1).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

TEST(Ids, DefaultIsTheUnitOfTheTests)
{
    struct vtd_ids ids;

    vtd_ids_default(&ids);
    EXPECT_EQ(ids.ver, kVer);
    EXPECT_EQ(ids.cap, kCap);
    EXPECT_EQ(ids.ecap, kEcap);
}

} // namespace
