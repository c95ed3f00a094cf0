// SPDX-License-Identifier: BSD-2-Clause
// traffic_kinds_test.cpp - what each kind of device does with the addresses that it has.
// Knows: traffic.h. Must not know: how requests are drawn.
#include "tests/unit/sim/traffic/traffic_fixture.h"

#include <map>
#include <set>
#include <string>

namespace
{

traffic_config config_of(uint32_t kind)
{
    traffic_config config = default_config();

    config.kind = kind;
    config.interval_ns = 10;
    return config;
}

TEST(TrafficParams, DefaultsAreThoseThatTheManualSays)
{
    const traffic_config config = default_config();

    EXPECT_STREQ(traffic_params.section, "traffic");
    EXPECT_EQ(config.kind, static_cast<uint32_t>(TRAFFIC_NIC));
    EXPECT_EQ(config.interval_ns, 100u);
    EXPECT_EQ(config.max_outstanding, 16u);
    EXPECT_EQ(config.bytes, 64u);
    EXPECT_EQ(config.read_percent, 50u);
    EXPECT_EQ(config.start_ns, 0u);
}

TEST(TrafficParams, WordsAreTheKinds)
{
    const sim_param *kind = sim_param_find(&traffic_params, "kind");
    const std::map<const char *, uint64_t> kinds = {{"none", TRAFFIC_NONE},
                                                    {"random", TRAFFIC_RANDOM},
                                                    {"nic", TRAFFIC_NIC},
                                                    {"nvme", TRAFFIC_NVME}};

    for (const auto &[word, expected] : kinds) {
        uint64_t value = 99;

        EXPECT_EQ(sim_param_word(kind, word, &value), 0);
        EXPECT_EQ(value, expected);
    }
}

TEST(TrafficRandom, ReachesEveryPieceOfEveryPageAndNothingElse)
{
    Traffic t(config_of(TRAFFIC_RANDOM));
    std::set<uint64_t> pieces, expected;

    for (uint64_t page : {1, 2, 5, 9}) {
        t.map(1, page << 12, 0x1000);
        for (uint64_t at = 0; at < 0x1000; at += 64)
            expected.insert((page << 12) + at);
    }
    t.use(1);
    t.run_requests(5000);
    for (const Request &r : t.requests) {
        pieces.insert(r.iova);
        ASSERT_EQ(r.n_bytes, 64u);
    }
    EXPECT_EQ(pieces, expected);
}

struct BytesRow {
    uint32_t bytes, step, sent;
};
class TrafficRandomBytes : public testing::TestWithParam<BytesRow>
{
};
INSTANTIATE_TEST_SUITE_P(Sizes, TrafficRandomBytes,
                         testing::Values(BytesRow{1, 64, 1}, BytesRow{64, 64, 64},
                                         BytesRow{100, 128, 100}, BytesRow{2048, 2048, 2048},
                                         BytesRow{3000, 4096, 3000}, BytesRow{4096, 4096, 4096}),
                         [](const auto &row) { return std::to_string(row.param.bytes); });

TEST_P(TrafficRandomBytes, StayInThePage)
{
    traffic_config config = config_of(TRAFFIC_RANDOM);

    config.bytes = GetParam().bytes;
    Traffic t(config);
    t.map(1, 0x10000, 0x3000);
    t.use(1);
    t.run_requests(300);
    for (const Request &r : t.requests) {
        EXPECT_EQ(r.iova % 0x1000 % GetParam().step, 0u);
        EXPECT_EQ(r.n_bytes, GetParam().sent);
        EXPECT_LE(r.iova % 0x1000 + r.n_bytes, 0x1000u);
    }
}

TEST(TrafficRandom, StaysInARangeSmallerThanAPage)
{
    traffic_config config = config_of(TRAFFIC_RANDOM);

    config.bytes = 256;
    Traffic t(config);
    t.map(1, 0x1f80, 0x100); // across a boundary
    t.use(1);
    t.run_requests(300);
    for (const Request &r : t.requests) {
        EXPECT_GE(r.iova, 0x1f80u);
        EXPECT_LE(r.iova + r.n_bytes, 0x2080u);
        EXPECT_EQ(r.iova >> 12, (r.iova + r.n_bytes - 1) >> 12);
    }
}

struct ReadRow {
    const char *name;
    uint32_t kind, percent;
};
class TrafficReads : public testing::TestWithParam<ReadRow>
{
};
INSTANTIATE_TEST_SUITE_P(Percent, TrafficReads,
                         testing::Values(ReadRow{"random_0", TRAFFIC_RANDOM, 0},
                                         ReadRow{"random_25", TRAFFIC_RANDOM, 25},
                                         ReadRow{"random_100", TRAFFIC_RANDOM, 100},
                                         ReadRow{"nvme_0", TRAFFIC_NVME, 0},
                                         ReadRow{"nvme_25", TRAFFIC_NVME, 25},
                                         ReadRow{"nvme_100", TRAFFIC_NVME, 100}),
                         [](const auto &row) { return row.param.name; });

TEST_P(TrafficReads, AreTheShareAskedFor)
{
    traffic_config config = config_of(GetParam().kind);
    int n_reads = 0;

    config.read_percent = GetParam().percent;
    Traffic t(config);
    t.map(1, 0x100000, 0x100000);
    t.use(1);
    t.run_requests(20000);
    for (const Request &r : t.requests) {
        ASSERT_TRUE(r.access == SIM_DMA_READ || r.access == SIM_DMA_WRITE);
        n_reads += r.access == SIM_DMA_READ;
    }
    if (GetParam().percent % 100 == 0)
        EXPECT_EQ(n_reads, 200 * static_cast<int>(GetParam().percent));
    else
        EXPECT_NEAR(n_reads, 5000, 600);
}

TEST(TrafficNic, DescriptorPacketWriteBack)
{
    Traffic t(config_of(TRAFFIC_NIC));
    std::set<uint32_t> sizes;

    t.map(1, 0x10000, 0x1000); // the ring
    t.map(1, 0x40000, 0x3000); // three buffers
    t.use(1);
    t.run_requests(3 * 1000);
    for (size_t packet = 0; packet < 1000; packet++) {
        const Request *r = &t.requests[3 * packet];
        const uint64_t descriptor = 0x10000 + packet % 256 * 16;

        EXPECT_EQ(r[0].iova, descriptor);
        EXPECT_EQ(r[0].n_bytes, 16u);
        EXPECT_EQ(r[0].access, SIM_DMA_READ);
        EXPECT_EQ(r[1].iova, 0x40000 + packet % 3 * 0x1000);
        EXPECT_GE(r[1].n_bytes, 64u);
        EXPECT_LE(r[1].n_bytes, 2048u);
        EXPECT_EQ(r[1].access, SIM_DMA_WRITE);
        EXPECT_EQ(r[2].iova, descriptor);
        EXPECT_EQ(r[2].n_bytes, 16u);
        EXPECT_EQ(r[2].access, SIM_DMA_WRITE);
        sizes.insert(r[1].n_bytes);
    }
    EXPECT_LT(*sizes.begin(), 100u);
    EXPECT_GT(*sizes.rbegin(), 2000u);
}

TEST(TrafficNic, ALonePageIsRingAndBuffer)
{
    Traffic t(config_of(TRAFFIC_NIC));

    t.map(1, 0x10000, 0x1000);
    t.use(1);
    t.run_requests(3 * 300);
    for (size_t packet = 0; packet < 300; packet++) {
        EXPECT_EQ(t.requests[3 * packet].iova, 0x10000 + packet % 128 * 16);
        EXPECT_EQ(t.requests[3 * packet + 1].iova, 0x10800u);
        EXPECT_LE(t.requests[3 * packet + 1].n_bytes, 2048u);
    }
}

TEST(TrafficNvme, CommandsAreRunsOfWholePages)
{
    constexpr size_t kQueues = 4;
    constexpr uint64_t kFirst = 0x100, kPages = 0x4000;
    Traffic t(config_of(TRAFFIC_NVME));
    std::map<size_t, int> lengths;
    int n_odd = 0;

    t.map(1, kFirst << 12, kPages << 12);
    t.use(1);
    t.run_requests(kQueues * 8000);
    for (size_t queue = 0; queue < kQueues; queue++) {
        size_t length = 1;

        for (size_t i = queue + kQueues; i < t.requests.size(); i += kQueues) {
            const Request &r = t.requests[i], &before = t.requests[i - kQueues];

            ASSERT_EQ(r.n_bytes, 4096u);
            ASSERT_EQ(r.iova % 4096, 0u);
            if (r.iova == before.iova + 4096 && r.access == before.access && length < 32) {
                length++;
                continue;
            }
            // A run at the end of the range goes on at its start.
            if (before.iova >> 12 == kFirst + kPages - 1 || r.iova >> 12 == kFirst)
                length = 0;
            if (length)
                lengths[length]++;
            length = 1;
        }
    }
    // Two commands seldom join; the rest has one of six lengths.
    for (size_t n : {1, 2, 4, 8, 16, 32})
        EXPECT_GT(lengths[n], 300) << n;
    for (const auto &[length, n] : lengths) {
        if ((length & (length - 1)) != 0)
            n_odd += n;
    }
    EXPECT_LT(n_odd, 20);
}

} // namespace
