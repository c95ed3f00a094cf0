/* SPDX-License-Identifier: BSD-2-Clause
 * explore_level_test.cpp - two levels of prefetching: what hardware that fetches less may do is
 * part of what the architecture permits, operation by operation; what is left behind is charged
 * once. A stream table of two levels; StreamID 3 is in a group whose L1STD was empty. */
#include "tests/unit/check/explore_stream.h"

#include <random>

using namespace explore_test;

namespace
{

constexpr uint64_t kL1std = 0x10030000;
constexpr uint64_t kPasid = 1;

/* SPLIT 6, StreamIDs of 8 bits. */
void two_levels(Stream &s)
{
    s.reg(0x80, kL1std, 8);
    s.reg(0x88, 1 << 16 | 6 << 6 | 8);
}

void link(Stream &s)
{
    s.store(kL1std, kStreamTable | 7, SIM_S_L1STD);
}

void pasid(Stream &s, uint32_t pasid = kPasid)
{
    if (s.records.back().kind == SIM_R_BEGIN)
        s.records.back().mark.pasid = pasid;
    else
        s.records.back().mark_end.pasid = pasid;
}

/* Word by word, the first last; each with CFGI and SYNC. */
void write_ste(Stream &s, const Words &ste)
{
    for (unsigned i = 8; i-- > 0;) {
        s.store(ste_at(kSid) + i * 8, ste[i]);
        s.barrier();
        s.cfgi_ste();
        s.sync();
    }
}

void write_cd(Stream &s, uint64_t ssid, const Words &words)
{
    for (unsigned i = 8; i-- > 0;) {
        s.store(kCdTable + ssid * 64 + i * 8, words[i], SIM_S_CD);
        s.barrier();
        s.cfgi_cd(kSid, ssid);
        s.sync();
    }
}

void attach(Stream &s)
{
    s.begin(SIM_OP_ATTACH);
    write_cd(s, 0, cd(1, kTableA));
    write_ste(s, s1_ste(kCdTable | 2ull << 59));
    s.end(SIM_OP_ATTACH);
}

void set_pasid(Stream &s, uint64_t ssid = kPasid, uint64_t asid = 2, uint64_t table = kTableB)
{
    s.begin(SIM_OP_SET_PASID);
    pasid(s, uint32_t(ssid));
    write_cd(s, ssid, cd(asid, table));
    s.end(SIM_OP_SET_PASID);
    pasid(s, uint32_t(ssid));
}

/* Return: has the report a class at `deployed` that it has not at `architecture`? */
bool has_more_when_deployed(const xpl_report &report)
{
    for (size_t i = 0; i < report.n_ops; i++) {
        if (report.ops[i].classes[XPL_DEPLOYED] & ~report.ops[i].classes[XPL_ARCHITECTURE])
            return true;
    }
    return false;
}

/* ---- the L1STD that was read too early ---- */

class LeftOver : public testing::TestWithParam<bool>
{
};

TEST_P(LeftOver, l1std_is_the_attachs_and_not_the_pasids)
{
    Stream s;

    if (GetParam())
        s.meta("barriers", "recorded");
    two_levels(s);
    s.on();
    s.entry(ste_at(kSid), abort_ste());
    link(s); /* no CFGI, and no barrier before the attach */
    attach(s);
    set_pasid(s);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_STALE_REFUSAL, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(GetParam() ? CHK_STALE_REFUSAL : CHK_HITLESS, report.ops[0].worst[XPL_DEPLOYED]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, report.ops[1].worst[XPL_DEPLOYED]);
}

INSTANTIATE_TEST_SUITE_P(barriers, LeftOver, testing::Bool(),
                         [](const auto &row) { return row.param ? "recorded" : "implied"; });

TEST(ExploreLevel, l1std_is_charged_to_the_attach_whatever_pasids_come)
{
    Stream s;

    s.meta("barriers", "recorded");
    two_levels(s);
    s.on();
    s.entry(ste_at(kSid), abort_ste());
    link(s);
    attach(s);
    for (uint64_t ssid = 1; ssid < 4; ssid++)
        set_pasid(s, ssid, 1 + ssid);
    const xpl_report &report = s.explore();

    for (size_t i = 1; i < report.n_ops; i++) {
        EXPECT_EQ(CHK_HITLESS, report.ops[i].worst[XPL_ARCHITECTURE]) << i;
        EXPECT_EQ(CHK_HITLESS, report.ops[i].worst[XPL_DEPLOYED]) << i;
    }
}

/* A CD of its own that nobody was charged for is the operation's. */
TEST(ExploreLevel, cd_that_was_empty_before_is_the_pasids)
{
    Stream s;

    s.on();
    s.entry(ste_at(kSid), abort_ste());
    attach(s);
    s.begin(SIM_OP_SET_PASID);
    pasid(s);
    s.entry(kCdTable + 64, cd(2, kTableB)); /* no CFGI_CD */
    s.end(SIM_OP_SET_PASID);
    pasid(s);
    EXPECT_TRUE(s.explore().ops[1].classes[XPL_ARCHITECTURE] >> CHK_STALE_REFUSAL & 1);
    EXPECT_FALSE(has_more_when_deployed(s.explore()));
}

/* ---- random streams ---- */

/* @has_cpus: where barriers are implied, who fetches later cannot know that a pointer of another
 * CPU came after what it points to. */
struct Random {
    std::mt19937_64 next;
    bool has_cpus = false;

    uint64_t operator()(uint64_t n)
    {
        return next() % n;
    }
};

void random_store(Stream &s, Random &random)
{
    static const Words stes[] = {abort_ste(),
                                 identity_ste(),
                                 s1_ste(kCdTable | 2ull << 59),
                                 s1_ste(kSecondCdTable | 2ull << 59),
                                 s1_ste(kCdTable | 2ull << 59, 1),
                                 s2_ste(1, kTableA),
                                 nested_ste(1, kTableA, 0x40000),
                                 {}};
    static const Words cds[] = {cd(1, kTableA), cd(1, kTableB), cd(2, kTableB), {}};
    const uint64_t word = random(4);

    switch (random(5)) {
    case 0:
    case 1:
        s.store(ste_at(random(4) ? kSid : kOtherSid) + word * 8, stes[random(8)][word]);
        break;
    case 2:
        s.store(kL1std, random(4) ? kStreamTable | 7 : 0, SIM_S_L1STD);
        break;
    default:
        s.store((random(4) ? kCdTable : kSecondCdTable) + random(3) * 64 + word * 8,
                cds[random(4)][word], SIM_S_CD);
    }
}

void random_command(Stream &s, Random &random)
{
    switch (random(6)) {
    case 0:
        s.command(uint64_t{kSid} << 32 | 0x03, random(2)); /* L1STD too, or not */
        break;
    case 1:
        s.cfgi_ste(random(3) ? kSid : kOtherSid);
        break;
    case 2:
        s.cfgi_cd(kSid, random(3));
        break;
    case 3:
        s.tlbi_asid(1 + random(2));
        break;
    case 4:
        s.tlbi_vmid(random(2));
        break;
    default:
        s.atc_inv_all();
    }
}

void random_act(Stream &s, Random &random)
{
    const uint64_t what = random(12);

    s.cpu = uint16_t(random.has_cpus && random(8) == 0);
    if (what < 6)
        random_store(s, random);
    else if (what < 8)
        random_command(s, random);
    else if (what < 10)
        s.sync();
    else if (what == 10)
        s.barrier();
    else
        s.doorbell();
    s.cpu = 0;
}

void random_operation(Stream &s, Random &random)
{
    static const unsigned ops[] = {SIM_OP_ATTACH, SIM_OP_REPLACE, SIM_OP_DETACH, SIM_OP_SET_PASID,
                                   SIM_OP_REMOVE_PASID};
    const unsigned op = ops[random(5)];
    const bool is_pasid = op == SIM_OP_SET_PASID || op == SIM_OP_REMOVE_PASID;
    const uint32_t dev = random(4) == 0 ? 1 : 0;
    const uint32_t ssid = is_pasid ? uint32_t(1 + random(2)) : UINT32_MAX;
    const uint64_t n = 1 + random(10);

    s.begin(op, dev);
    pasid(s, ssid);
    for (uint64_t i = 0; i < n; i++)
        random_act(s, random);
    s.end(op, dev, 0, 0, random(6) ? 0 : -22);
    pasid(s, ssid);
}

void random_stream(Stream &s, Random &random)
{
    const uint64_t n_ops = 2 + random(5);

    random.has_cpus = random(2);
    if (random.has_cpus)
        s.meta("barriers", "recorded");
    if (random(2))
        two_levels(s);
    s.entry(ste_at(kSid), random(2) ? abort_ste() : s1_ste(kCdTable | 2ull << 59));
    s.entry(kCdTable, cd(1, kTableA));
    if (random(2))
        link(s);
    s.on();
    for (uint64_t i = 0; i < n_ops; i++) {
        if (random(6) == 0)
            s.ats(random(2));
        for (uint64_t j = random(3); j > 0; j--)
            random_act(s, random);
        random_operation(s, random);
    }
}

/* A fault that both levels know may be older at `architecture`, where more was held: then an
 * operation before is charged, or none. */
TEST(ExploreLevel, classes_of_deployed_are_among_those_of_architecture)
{
    const char *const text = getenv("IOMMUSIM_TEST_LONG");
    const uint64_t n = text && *text == '1' ? 20000 : 300;
    unsigned n_bad = 0, n_elsewhere = 0;

    for (uint64_t seed = 1; seed <= n && n_bad < 10; seed++) {
        Random random{std::mt19937_64(seed)};
        uint32_t known = 0;
        Stream s;

        random_stream(s, random);
        const xpl_report &report = s.explore();
        for (size_t i = 0; i < report.n_ops; i++) {
            const uint32_t own = report.ops[i].classes[XPL_ARCHITECTURE];
            const uint32_t more = report.ops[i].classes[XPL_DEPLOYED] & ~own;

            known |= own;
            n_elsewhere += more != 0;
            if (more & ~known && !report.bad_outside)
                n_bad++;
            EXPECT_TRUE(!(more & ~known) || report.bad_outside)
                << "seed " << seed << ", operation " << i + 1 << ", classes " << more;
        }
        EXPECT_LE(report.worst[XPL_DEPLOYED], report.worst[XPL_ARCHITECTURE]) << seed;
    }
    EXPECT_LE(n_elsewhere, n / 1000) << "operations";
}

} // namespace
