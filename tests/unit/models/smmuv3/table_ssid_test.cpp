// SPDX-License-Identifier: BSD-2-Clause
// SubstreamIDs: every cell of the matrix of 3.2, as a device finds it.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- one stream with any STE; CD n leads to page_of(n, ...) ----

constexpr uint64_t kIova = 0x3000, kCds = 0x40000000, kL1Cds = 0x500000;

struct Stream {
    unsigned config, fmt, cd_max, dss;
    bool is_offered; // SSIDSIZE is 20, or 0
};

void PrintTo(const Stream &s, std::ostream *out)
{
    *out << "Config " << s.config << " S1Fmt " << s.fmt << " S1CDMax " << s.cd_max << " S1DSS "
         << s.dss << (s.is_offered ? "" : ", no substreams offered");
}

bool has_s1(const Stream &s)
{
    return s.config == 5 || s.config == 7;
}

bool has_substreams(const Stream &s)
{
    return s.is_offered && s.cd_max > 0;
}

bool is_linear(const Stream &s)
{
    return s.fmt == 0 || s.fmt == 3 || !has_substreams(s);
}

// The CDs that are asked for: a space for each.
unsigned space_of(uint32_t ssid)
{
    return ssid == 0 ? 0 : ssid == 1 ? 1 : ssid == 63 ? 2 : ssid == 64 ? 3 : 4;
}

// C01, C02: linear, or pages of 64 or of 1024 CDs. Stage 2 is identity in these places.
uint64_t place_of(const Stream &s, uint32_t ssid, Bench &b)
{
    const unsigned split = s.fmt == 1 ? 6 : 10;

    if (is_linear(s))
        return kCds + 64 * uint64_t{ssid};
    const uint64_t table = 0x600000 + 0x10000 * uint64_t{space_of(ssid)};
    const uint64_t l1cd = kL1Cds + 8 * uint64_t{ssid >> split};

    if (!b.load(l1cd))
        b.store(l1cd, table | 1);
    return (b.load(l1cd) & ~UINT64_C(1)) + 64 * uint64_t{ssid & ((1u << split) - 1)};
}

void build(Bench &b, const Stream &s, const std::vector<uint32_t> &ssids)
{
    // VMID 7, 48 bits from level 0, 1G blocks: all stays where it is.
    const uint64_t q0 = 1 | uint64_t{s.config} << 1 | uint64_t{s.fmt} << 4 |
                        (is_linear(s) ? kCds : kL1Cds) | uint64_t{s.cd_max} << 59;

    b.ste(1, {q0, s.dss, s2_q2(7), 0x100000});
    for (uint64_t i = 0; i < 4; i++)
        b.store(0x100000 + 8 * i, s2_block(i << 30));
    for (const uint32_t ssid : ssids) {
        const unsigned n = space_of(ssid);

        b.make_space(n);
        b.store(place_of(s, ssid, b), {cd_q0(10 + n), space(n), 0, 0xff, 0, 0, 0, 0});
    }
    b.boot();
}

// ---- 3.2 ----

enum Outcome { ABORT, BYPASS, CD_0, CD_OF_SSID, DISABLED, BAD };

Outcome outcome_of(const Stream &s, int64_t ssid)
{
    if (s.config < 4)
        return ABORT;
    if (!has_s1(s))
        return ssid == kNoSsid ? BYPASS : BAD;
    if (!has_substreams(s))
        return ssid == kNoSsid ? CD_0 : BAD;
    if (ssid == kNoSsid)
        return s.dss == 1 ? BYPASS : s.dss == 2 ? CD_0 : DISABLED;
    if (ssid >= int64_t{1} << s.cd_max)
        return BAD;
    return ssid == 0 && s.dss == 2 ? DISABLED : CD_OF_SSID;
}

void expect_outcome(Bench &b, const Stream &s, int64_t ssid)
{
    const Outcome outcome = outcome_of(s, ssid);
    const uint32_t n = b.n_events();
    const Answer a = b.dma(1, kIova, SIM_DMA_READ, ssid);
    const uint64_t number = ssid == kNoSsid ? 0 : static_cast<uint64_t>(ssid) << 12;
    const bool is_event = outcome == DISABLED || outcome == BAD;

    SCOPED_TRACE(ssid);
    EXPECT_EQ(a.status, outcome == ABORT || is_event ? SIM_DMA_ABORT : SIM_DMA_OK);
    ASSERT_EQ(b.n_events(), n + (is_event ? 1 : 0));
    switch (outcome) {
    case ABORT:
        EXPECT_EQ(a.event, NO_EVENT);
        break;
    case BYPASS:
        EXPECT_EQ(a.pa, kIova);
        break;
    case CD_0:
        EXPECT_EQ(a.pa, page_of(0, kIova));
        break;
    case CD_OF_SSID:
        EXPECT_EQ(a.pa, page_of(space_of(static_cast<uint32_t>(ssid)), kIova));
        break;
    case DISABLED: // SSV and SSID of this one are not certain (6.2)
        EXPECT_EQ(b.event(n)[0] & 0xffffffff000000ff, 0x100000006u);
        break;
    case BAD: // no SSV (6.2)
        EXPECT_EQ(b.event(n), (Record{0x100000008 | number, 0, 0, 0}));
        break;
    }
}

void expect_matrix(const Stream &s)
{
    const uint32_t last = (1u << s.cd_max) - 1;
    std::vector<uint32_t> ssids{0};
    Config c;

    for (const uint32_t ssid : {1u, 63u, 64u, last}) {
        if (ssid <= last && ssid > ssids.back())
            ssids.push_back(ssid);
    }
    if (!s.is_offered)
        c.smmu.ids.idr1 &= ~0x7c0u;
    Bench b(c);

    build(b, s, ssids);
    expect_outcome(b, s, kNoSsid);
    for (const uint32_t ssid : ssids)
        expect_outcome(b, s, ssid);
    for (const uint32_t ssid : {1u, last + 1, 0xfffffu}) {
        if (ssid > last && ssid <= 0xfffff) // 20 bits
            expect_outcome(b, s, ssid);
    }
    EXPECT_EQ(b.read(GERROR), 0u);
}

class SmmuTableSsid : public testing::TestWithParam<std::tuple<unsigned, unsigned>>
{
};
INSTANTIATE_TEST_SUITE_P(Matrix, SmmuTableSsid,
                         testing::Combine(testing::Range(0u, 8u), testing::Range(0u, 4u)),
                         [](const auto &info) {
                             return "config_" + std::to_string(std::get<0>(info.param)) + "_fmt_" +
                                    std::to_string(std::get<1>(info.param));
                         });

TEST_P(SmmuTableSsid, LeadsThere)
{
    for (const unsigned cd_max : {0u, 1u, 2u, 7u, 11u, 20u}) {
        for (unsigned dss = 0; dss < 4; dss++) {
            for (const bool is_offered : {true, false}) {
                const Stream s = {std::get<0>(GetParam()), std::get<1>(GetParam()), cd_max, dss,
                                  is_offered};

                SCOPED_TRACE(testing::PrintToString(s));
                expect_matrix(s);
            }
        }
    }
}

} // namespace
