// SPDX-License-Identifier: BSD-2-Clause
// traffic_test.cpp - when a device sends requests, to which addresses, and what it tells of
// answers. Knows: traffic.h. Must not know: how requests are drawn.
#include "tests/unit/sim/traffic/traffic_fixture.h"

#include <map>
#include <set>
#include <string>

namespace
{

traffic_config random_config(uint32_t interval_ns = 100)
{
    traffic_config config = default_config();

    config.kind = TRAFFIC_RANDOM;
    config.interval_ns = interval_ns;
    return config;
}

std::set<uint64_t> pages_of(const std::vector<Request> &requests, size_t from = 0)
{
    std::set<uint64_t> pages;

    for (size_t i = from; i < requests.size(); i++)
        pages.insert(requests[i].iova >> 12);
    return pages;
}

TEST(Traffic, IsSilentUntilItHasADomain)
{
    Traffic t(random_config());

    t.map(1, 0x1000, 0x1000);
    t.run_ns(5000);
    EXPECT_TRUE(t.requests.empty());
    t.use(1);
    t.run_ns(5000);
    EXPECT_FALSE(t.requests.empty());
}

TEST(Traffic, KindNoneIsSilent)
{
    traffic_config config = default_config();

    config.kind = TRAFFIC_NONE;
    Traffic t(config);
    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(5000);
    EXPECT_TRUE(t.requests.empty());
    EXPECT_EQ(sim_queue_next_ps(t.queue), SIM_TIME_NEVER);
}

TEST(Traffic, ADeviceWithoutRequestersIsSilent)
{
    Traffic t(random_config(), 1, {});

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(5000);
    EXPECT_TRUE(t.requests.empty());
}

TEST(Traffic, KeepsToTheRangeThatItIsGiven)
{
    Traffic t(random_config(), 1, {0x20}, {0x3000, 0x5fff});

    t.map(1, 0x1000, 0x3000);
    t.map(1, 0x5000, 0x8000);
    t.map(1, 0x100000, 0x1000);
    t.use(1);
    t.run_requests(200);
    for (const Request &r : t.requests) {
        EXPECT_GE(r.iova, 0x3000u);
        EXPECT_LE(r.iova, 0x5fffu);
        EXPECT_TRUE(r.iova < 0x4000 || r.iova >= 0x5000) << "a hole";
    }
}

TEST(Traffic, StartsWhenTheFirstAddressIsMapped)
{
    Traffic t(random_config());

    t.use(1);
    t.run_ns(10000);
    EXPECT_TRUE(t.requests.empty());
    t.map(1, 0x1000, 0x1000);
    t.run_ns(1100);
    EXPECT_FALSE(t.requests.empty());
}

TEST(Traffic, WaitsStartNsFromTheFirstAddress)
{
    traffic_config config = random_config();

    config.start_ns = 300;
    Traffic t(config);
    t.map(1, 0x1000, 0x1000);
    t.run_ns(1000);
    t.use(1);
    t.run_requests(1);
    EXPECT_EQ(t.requests[0].time_ps, 1300 * SIM_PS_PER_NS);
}

TEST(Traffic, IntervalIsTheMeanAndVaries)
{
    Traffic t(random_config(100));
    std::set<uint64_t> gaps;

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_requests(20001);
    EXPECT_NEAR(t.requests.back().time_ps / 20000, 100000, 1000);
    for (size_t i = 1; i < t.requests.size(); i++) {
        const uint64_t gap = t.requests[i].time_ps - t.requests[i - 1].time_ps;

        ASSERT_GE(gap, 50000u);
        ASSERT_LT(gap, 150000u);
        gaps.insert(gap / 10000);
    }
    EXPECT_EQ(gaps.size(), 10u);
}

TEST(Traffic, OutstandingRequestsAreBounded)
{
    traffic_config config = random_config(1);

    config.max_outstanding = 4;
    Traffic t(config);
    t.is_mute = true;
    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(1000);
    EXPECT_EQ(t.requests.size(), 4u);
    EXPECT_EQ(traffic_in_flight(t.traffic), 4u);
    t.answer(t.held[2]); // one answer makes room for one request
    t.run_ns(1000);
    EXPECT_EQ(t.requests.size(), 5u);
    EXPECT_EQ(traffic_in_flight(t.traffic), 4u);
}

TEST(Traffic, WithoutAnIntervalEveryAnswerIsFollowedByARequest)
{
    traffic_config config = random_config(0);

    config.max_outstanding = 8;
    Traffic t(config);
    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(200);
    EXPECT_EQ(t.most_in_flight, 8u);
    EXPECT_EQ(t.requests.size(), 8u * 11); // at 0, 20, ... 200 ns
}

TEST(Traffic, TimeMovesEvenIfNothingTakesTime)
{
    Traffic t(random_config(0));

    t.latency_ps = 0;
    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(100);
    EXPECT_GT(t.requests.size(), 100u);
    EXPECT_LT(t.requests.size(), 100u * 100);
}

TEST(Traffic, ARefusedRequestIsSentLaterAndOnce)
{
    Traffic t(random_config(100));
    Traffic same(random_config(100));

    for (Traffic *x : {&t, &same}) {
        x->map(1, 0x1000, 0x100000);
        x->use(1);
    }
    t.refuses = true;
    t.run_ns(1000);
    EXPECT_GT(t.n_refused, 5u);
    EXPECT_LT(t.n_refused, 20u);
    t.refuses = false;
    t.run_requests(20);
    same.run_requests(20);
    EXPECT_GE(t.requests[0].time_ps, 1000 * SIM_PS_PER_NS);
    for (size_t i = 0; i < 20; i++)
        EXPECT_EQ(t.requests[i].iova, same.requests[i].iova) << i;
}

TEST(Traffic, ARefusedRequestIsSentAtTheNextAnswer)
{
    Traffic t(random_config(100));

    t.latency_ps = 777;
    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.is_mute = true;
    t.run_requests(1);
    t.refuses = true;
    t.run_ns(160);
    ASSERT_GT(t.n_refused, 0u);
    t.refuses = false;
    t.answer(t.held[0]);
    const uint64_t now = sim_queue_now_ps(t.queue);
    t.run_requests(1);
    EXPECT_EQ(t.requests.back().time_ps, now + 777);
}

TEST(Traffic, AnAnswerCarriesWhatHappened)
{
    Traffic t(random_config());

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.status = SIM_DMA_ABORT;
    t.event = 0x10;
    t.seq = 41;
    t.run_requests(1);
    t.seq = 43;
    t.run_ns(20);
    ASSERT_EQ(t.answers.size(), 1u);
    const sim_dma_seen &seen = t.answers[0];
    EXPECT_EQ(seen.issue_ps, 0u);
    EXPECT_EQ(seen.answer_ps, 20 * SIM_PS_PER_NS);
    EXPECT_EQ(seen.issue_seq, 41u);
    EXPECT_EQ(seen.answer_seq, 43u);
    EXPECT_EQ(seen.dev, 7u);
    EXPECT_EQ(seen.requester, 0x20u);
    EXPECT_FALSE(seen.has_pasid);
    EXPECT_FALSE(seen.is_probe);
    EXPECT_EQ(seen.access, t.requests[0].access);
    EXPECT_EQ(seen.status, SIM_DMA_ABORT);
    EXPECT_EQ(seen.event, 0x10u);
    EXPECT_EQ(seen.n_bytes, 64u);
    EXPECT_EQ(seen.iova, t.requests[0].iova);
    EXPECT_EQ(seen.pa, t.requests[0].iova ^ 0x8000000000);
    t.run_requests(3); // what an answer left is not in the next request: see the fixture
}

TEST(Traffic, AllRequestersOfADeviceSend)
{
    Traffic t(random_config(), 1, {0x20, 0x21, 0x30});
    std::map<uint32_t, int> n;

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_requests(3000);
    for (const Request &r : t.requests)
        n[r.requester]++;
    ASSERT_EQ(n.size(), 3u);
    for (uint32_t r : {0x20, 0x21, 0x30})
        EXPECT_NEAR(n[r], 1000, 150);
}

TEST(Traffic, StopSendsNoMoreAndStillAnswers)
{
    Traffic t(random_config(1));

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_ns(100);
    const size_t n = t.requests.size();
    ASSERT_GT(traffic_in_flight(t.traffic), 0u);
    traffic_stop(t.traffic);
    traffic_domain(t.traffic, SIM_DOMAIN_PAGING, 1, 1);
    sim_queue_advance(t.queue, SIM_TIME_NEVER); // comes to an end
    EXPECT_EQ(t.requests.size(), n);
    EXPECT_EQ(t.answers.size(), n);
    EXPECT_EQ(traffic_in_flight(t.traffic), 0u);
}

// ---- which addresses ----

struct DomainRow {
    const char *name;
    sim_domain_kind kind;
    uint64_t domain, other;
    std::set<uint64_t> pages; // after a time with domain 1
};
void PrintTo(const DomainRow &row, std::ostream *os)
{
    *os << row.name;
}
class TrafficDomain : public testing::TestWithParam<DomainRow>
{
};
// Domain 1 maps pages 1 2 3, domain 2 pages 3 4, domain 3 page 9; 4 is empty.
INSTANTIATE_TEST_SUITE_P(
    Rows, TrafficDomain,
    testing::Values(DomainRow{"one", SIM_DOMAIN_PAGING, 2, 2, {3, 4}},
                    DomainRow{"common", SIM_DOMAIN_PAGING, 1, 2, {3}},
                    DomainRow{"common_from_the_other_side", SIM_DOMAIN_PAGING, 2, 1, {3}},
                    DomainRow{"none_common", SIM_DOMAIN_PAGING, 3, 1, {9}},
                    DomainRow{"from_an_empty_one", SIM_DOMAIN_PAGING, 2, 4, {3, 4}},
                    DomainRow{"to_an_empty_one", SIM_DOMAIN_PAGING, 4, 2, {1, 2, 3}},
                    DomainRow{"empty", SIM_DOMAIN_PAGING, 4, 4, {}},
                    DomainRow{"blocked", SIM_DOMAIN_BLOCKED, 4, 4, {1, 2, 3}},
                    DomainRow{"blocked_in_a_switch", SIM_DOMAIN_BLOCKED, 4, 2, {1, 2, 3}},
                    DomainRow{"identity", SIM_DOMAIN_IDENTITY, 4, 4, {1, 2, 3}},
                    DomainRow{"identity_in_a_switch", SIM_DOMAIN_IDENTITY, 4, 2, {3, 4}},
                    DomainRow{"opaque", SIM_DOMAIN_OPAQUE, 4, 4, {1, 2, 3}}),
    [](const auto &row) { return row.param.name; });

TEST_P(TrafficDomain, GivesTheAddresses)
{
    Traffic t(random_config(10));

    t.map(1, 0x1000, 0x3000);
    t.map(2, 0x3000, 0x2000);
    t.map(3, 0x9000, 0x1000);
    t.use(1);
    t.run_requests(100);
    EXPECT_EQ(pages_of(t.requests), (std::set<uint64_t>{1, 2, 3}));
    traffic_domain(t.traffic, GetParam().kind, GetParam().domain, GetParam().other);
    t.requests.clear();
    t.run_ns(2000);
    EXPECT_EQ(pages_of(t.requests), GetParam().pages);
}

TEST(Traffic, BlockedFromTheStartIsSilentAndAtRest)
{
    Traffic t(random_config());

    t.map(1, 0x1000, 0x1000);
    traffic_domain(t.traffic, SIM_DOMAIN_BLOCKED, 0, 1);
    sim_queue_advance(t.queue, SIM_TIME_NEVER); // comes to an end
    EXPECT_TRUE(t.requests.empty());
    t.use(1);
    t.run_ns(1000);
    EXPECT_FALSE(t.requests.empty());
}

TEST(Traffic, UnmappedAddressesAreNotUsedAnyMore)
{
    Traffic t(random_config(10));

    for (uint64_t page = 1; page <= 64; page++)
        t.map(1, 2 * page << 12, 0x1000);
    t.use(1);
    t.run_requests(1000);
    EXPECT_EQ(pages_of(t.requests).size(), 64u);
    for (uint64_t page = 64; page > 1; page--) {
        t.unmap(1, 2 * page << 12, 0x1000);
        const size_t from = t.requests.size();
        t.run_requests(3);
        for (uint64_t used : pages_of(t.requests, from))
            ASSERT_LT(used, 2 * page);
    }
    t.unmap(1, 2 << 12, 0x1000);
    t.requests.clear();
    t.run_ns(2000);
    EXPECT_TRUE(t.requests.empty());
}

TEST(Traffic, IsSilentWhenEverythingIsUnmappedAtOnce)
{
    Traffic t(random_config(10));

    for (uint64_t page = 1; page <= 64; page++)
        t.map(1, 2 * page << 12, 0x1000);
    t.use(1);
    t.run_requests(2);
    t.unmap(1, 0, 1 << 20);
    t.run_ns(2000);
    EXPECT_EQ(t.requests.size(), 2u);
}

TEST(Traffic, ARequestThatWaitedIsNotSentToAnUnmappedAddress)
{
    Traffic t(random_config(10));

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.refuses = true;
    t.run_ns(100);
    ASSERT_GT(t.n_refused, 0u);
    t.map(1, 0x8000, 0x1000);
    t.unmap(1, 0x1000, 0x1000);
    t.refuses = false;
    t.run_requests(50);
    EXPECT_EQ(pages_of(t.requests), std::set<uint64_t>{8});
}

TEST(Traffic, ARequestThatWaitedIsNotSentToAnotherDomainsAddress)
{
    Traffic t(random_config(10));

    t.map(1, 0x1000, 0x1000);
    t.map(2, 0x8000, 0x1000);
    t.use(1);
    t.refuses = true;
    t.run_ns(100);
    t.use(2);
    t.refuses = false;
    t.run_requests(50);
    EXPECT_EQ(pages_of(t.requests), std::set<uint64_t>{8});
}

TEST(Traffic, NewlyMappedAddressesAreUsed)
{
    Traffic t(random_config(10));

    t.map(1, 0x1000, 0x1000);
    t.use(1);
    t.run_requests(10);
    t.map(1, 0x7000, 0x1000);
    t.run_requests(100);
    EXPECT_EQ(pages_of(t.requests), (std::set<uint64_t>{1, 7}));
}

TEST(Traffic, ManyRangesAreUsedEvenly)
{
    Traffic t(random_config(1));
    constexpr uint64_t kRanges = 30000;
    std::vector<int> tenth(10);

    for (uint64_t i = 0; i < kRanges; i++)
        t.map(1, (1 + 2 * i) << 12, 0x1000);
    t.use(1);
    t.run_requests(20000);
    for (const Request &r : t.requests)
        tenth[(r.iova >> 13) * 10 / kRanges]++;
    for (int n : tenth)
        EXPECT_NEAR(n, 2000, 250);
    EXPECT_GT(pages_of(t.requests).size(), 3000u);
}

TEST(Traffic, OneRangeOfADomainMeetsManyOfTheOther)
{
    Traffic t(random_config(1));
    std::vector<int> tenth(10);

    t.map(1, 0, 1ull << 32);
    for (uint64_t i = 0; i < 10000; i++)
        t.map(2, 2 * i << 12, 0x1000);
    traffic_domain(t.traffic, SIM_DOMAIN_PAGING, 1, 2);
    t.run_requests(5000);
    for (const Request &r : t.requests) {
        ASSERT_EQ(r.iova >> 12 & 1, 0u);
        tenth[(r.iova >> 13) / 1000]++;
    }
    for (int n : tenth)
        EXPECT_NEAR(n, 500, 150);
}

TEST(Traffic, SmallRangesBesideALargeOneAreUsed)
{
    Traffic t(random_config(1));
    std::set<uint64_t> expected;

    t.map(1, 1000 << 12, 1000 << 12);
    for (uint64_t page = 1000; page < 2000; page++)
        expected.insert(page);
    for (uint64_t page : {1, 3, 5, 7, 3000, 3002, 3004, 3006, 3008, 3010}) {
        t.map(1, page << 12, 0x1000);
        expected.insert(page);
    }
    t.use(1);
    t.run_requests(20000);
    EXPECT_EQ(pages_of(t.requests), expected);
}

TEST(Traffic, RangesOfAnySizeAreUsed)
{
    Traffic t(random_config(1));

    t.map(1, 0, UINT64_MAX - 0xfff);
    t.map(1, 0xfffffffffffff800, 0x800);
    t.use(1);
    t.run_requests(1000);
    EXPECT_GT(pages_of(t.requests).size(), 900u);
}

// ---- the same again ----

TEST(Traffic, TheSameSeedGivesTheSameRequests)
{
    for (uint32_t kind : {TRAFFIC_RANDOM, TRAFFIC_NIC, TRAFFIC_NVME}) {
        traffic_config config = random_config(30);

        config.kind = kind;
        Traffic a(config, 5), b(config, 5), c(config, 6);
        for (Traffic *t : {&a, &b, &c}) {
            t->map(1, 0x1000, 0x40000);
            t->use(1);
            t->run_requests(500);
        }
        EXPECT_EQ(a.requests, b.requests) << kind;
        EXPECT_FALSE(a.requests == c.requests) << kind;
    }
}

TEST(Traffic, AfterARestoreItGoesOnTheSame)
{
    for (uint32_t kind : {TRAFFIC_RANDOM, TRAFFIC_NIC, TRAFFIC_NVME}) {
        traffic_config config = random_config(15);
        sim_snapshot *snapshot = sim_snapshot_new();
        std::vector<Request> first;

        config.kind = kind;
        config.max_outstanding = 3;
        Traffic t(config);
        t.map(1, 0x1000, 0x40000);
        t.map(2, 0x20000, 0x1000);
        t.use(1);
        t.run_ns(1000);
        ASSERT_GT(traffic_in_flight(t.traffic), 0u);
        ASSERT_EQ(traffic_state(t.traffic, snapshot) | sim_queue_state(t.queue, snapshot) |
                      sim_snapshot_add(snapshot, &t.source, sizeof(t.source)) |
                      sim_snapshot_take(snapshot),
                  0);
        t.requests.clear();
        t.run_ns(1000);
        first = t.requests;
        ASSERT_GT(first.size(), 30u);
        sim_snapshot_restore(snapshot);
        t.use(2); // a try that goes elsewhere
        t.run_ns(500);
        sim_snapshot_restore(snapshot);
        t.requests.clear();
        t.run_ns(1000);
        EXPECT_EQ(t.requests, first) << kind;
        sim_snapshot_free(snapshot);
    }
}

} // namespace
