// SPDX-License-Identifier: BSD-2-Clause
// What is on its way when something ends it: invalidations of ATCs under handshakes, time-outs and
// late answers, resets, page requests (4.5, 4.7.3, 6.3.9, 7.1, 8).
#include "tests/unit/models/smmuv3/flight_bench.h"

namespace
{

using namespace flight;

// ---- handshakes while an endpoint has not answered (R12, 6.3.9) ----

TEST(SmmuFlight, TheQueueStopsAlthoughAnEndpointHasNotAnswered)
{
    FlightBench b;

    b.boot_all();
    b.put_inv(1);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~CMDQEN);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~CMDQEN);
    EXPECT_EQ(b.cons(), 1u);
    b.write(CR0, kAllOn);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 1u); // it still counts
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 2u);
}

TEST(SmmuFlight, TheQueueStopsWhenASyncThatWaitsForAnEndpointIsDone)
{
    FlightBench b;

    b.boot_all();
    b.put_inv(1);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~CMDQEN);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~CMDQEN);
    EXPECT_EQ(b.cons(), 2u);
}

TEST(SmmuFlight, TheQueueStopsWhenSuchASyncHasFailed)
{
    FlightBench b;

    b.boot_all();
    b.put_inv(1);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~CMDQEN);
    b.settle(); // nobody answers
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~CMDQEN);
    EXPECT_EQ(b.cons(), 0x3000001u); // CERROR_ATC_INV_SYNC
    EXPECT_EQ(b.read(GERROR), kCmdqErr);
}

TEST(SmmuFlight, TranslationStopsAlthoughAnEndpointHasNotAnswered)
{
    FlightBench b;

    b.boot_all();
    b.put_inv(1);
    b.put_inv(2);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~SMMUEN);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~SMMUEN);
    EXPECT_EQ(b.cons(), 2u);
    b.complete(1);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 3u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

// ---- more invalidations than slots ----

Config one_slot()
{
    Config c = full_config();

    c.smmu.param.atc_slots = 1;
    return c;
}

TEST(SmmuFlight, AnInvalidationThatWaitsForASlotGetsItWhenTheEndpointsTimeIsOver)
{
    FlightBench b(one_slot());

    b.boot_all();
    b.put_inv(1);
    b.put_inv(2);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 1u);
    EXPECT_EQ(b.cons(), 1u);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + kTimeoutUs * 1000000);
    ASSERT_EQ(b.sent().size(), 2u);
    EXPECT_EQ(b.sent()[1].requester, 2u);
    b.complete(1);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 0x3000002u); // the first one failed
    b.write(GERRORN, kCmdqErr);
    b.settle();
    EXPECT_EQ(b.cons() & 0xffffff, 3u);
    EXPECT_EQ(b.read(GERROR), kCmdqErr);
}

TEST(SmmuFlight, AnInvalidationThatWaitsForASlotIsDroppedWithTheQueue)
{
    FlightBench b(one_slot());

    b.boot_all();
    b.put_inv(1);
    b.put_inv(2);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~CMDQEN);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~CMDQEN);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 1u);
    EXPECT_EQ(b.cons(), 1u);
    b.write(CR0, kAllOn);
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 2u); // read anew
    EXPECT_EQ(b.cons(), 2u);
    b.complete(1);
    b.settle();
}

// R16: when its turn comes, there is nobody to be told.
TEST(SmmuFlight, AnInvalidationThatWaitsForASlotIsIgnoredIfTranslationStopsFirst)
{
    FlightBench b(one_slot());

    b.boot_all();
    b.put_inv(1);
    b.put_inv(2);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    b.write(CR0, kAllOn & ~SMMUEN);
    b.wait_a_little();
    EXPECT_EQ(b.read(CR0ACK), kAllOn & ~SMMUEN);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.sent().size(), 1u);
    EXPECT_EQ(b.cons(), 3u);
}

TEST(SmmuFlight, MoreTlbInvalidationsThanSlotsGoOneAfterTheOther)
{
    Config c = full_config();

    c.smmu.param.inval_slots = 1;
    c.smmu.param.sweep_per_cycle = 1; // longer than to read a command
    FlightBench b(c);
    b.boot_all();
    for (unsigned i = 0; i < 20; i++)
        b.put(kTlbiAll);
    b.ring(); // no CMD_SYNC
    b.settle();
    EXPECT_EQ(b.cons(), 20u);
}

// ---- answers that come too late ----

TEST(SmmuFlight, ALateAnswerIsNotThatOfTheNextInvalidationInItsSlot)
{
    FlightBench b(one_slot());

    b.boot_all();
    b.put_inv(1);
    b.put(kSync);
    b.ring();
    b.settle(); // too late for the first
    EXPECT_EQ(b.cons(), 0x3000001u);
    b.complete(0);
    b.write(GERRORN, kCmdqErr);
    b.wait_a_little();
    EXPECT_EQ(b.cons() & 0xffffff, 2u); // told once
    b.put_inv(1);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    ASSERT_EQ(b.sent().size(), 2u);
    EXPECT_NE(b.sent()[0].itag, b.sent()[1].itag);
    b.complete(0);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.cons() & 0xffffff, 3u); // still waits
    b.complete(1);
    b.wait_a_little();
    EXPECT_EQ(b.cons() & 0xffffff, 4u);
    EXPECT_EQ(b.read(GERROR), kCmdqErr); // as it was acknowledged
    EXPECT_EQ(b.read(GERRORN), kCmdqErr);
}

// The first has failed, the answer to the second comes just before its time is over too.
TEST(SmmuFlight, ASyncTellsAfterTheLastAnswer)
{
    FlightBench b;

    b.boot_all();
    b.put_inv(1);
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 5000000);
    b.put_inv(2);
    b.put(kSync);
    b.ring();
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 7000000);
    EXPECT_EQ(b.cons(), 2u); // the first is over, the second not
    EXPECT_EQ(b.read(GERROR), 0u);
    b.complete(1);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 0x3000002u);
}

TEST(SmmuFlight, AfterAResetAnswersToWhatWasAskedBeforeAreForNobody)
{
    FlightBench b(one_slot());
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot_all();
    b.put_inv(1);
    b.put(kSync);
    b.ring();
    b.wait_a_little();
    iommu->ops->reset(iommu->model);
    b.complete(0);
    b.settle();
    b.write(CMDQ_PROD, 0);
    b.boot_all();
    b.store(kCmdq, {kAtcInv | 2 * kSid1, kEverything, kSync, 0});
    b.write(CMDQ_PROD, 2);
    b.wait_a_little();
    ASSERT_EQ(b.sent().size(), 2u);
    b.complete(0);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 1u);
    b.complete(1);
    b.wait_a_little();
    EXPECT_EQ(b.cons(), 2u);
}

TEST(SmmuFlight, AfterAResetNobodyHearsOfWhatHasFailedBefore)
{
    FlightBench b;
    const sim_iommu *iommu = test_machine_iommu(b.m);

    b.boot_all();
    b.put_inv(1);
    b.ring();
    b.settle(); // nobody answers, nobody asks
    iommu->ops->reset(iommu->model);
    b.settle();
    b.boot_all();
    b.store(kCmdq, {kSync, 0});
    b.write(CMDQ_PROD, 1);
    b.settle();
    EXPECT_EQ(b.cons(), 1u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

// Between any two events of two invalidations and a CMD_SYNC.
TEST(SmmuFlight, AfterAResetInvalidationsHaveAllTheirSlotsAndTbusAreAskedAnew)
{
    Config c = full_config();
    bool is_done = false;

    c.smmu.param.inval_slots = 1;
    for (unsigned n_steps = 0; !is_done; n_steps++) {
        FlightBench b(c);
        const sim_iommu *iommu = test_machine_iommu(b.m);

        b.boot_all();
        b.put(kTlbiAll);
        b.put(kTlbiAll);
        b.put(kSync);
        b.ring();
        for (unsigned i = 0; i < n_steps; i++)
            is_done = !test_machine_step(b.m);
        iommu->ops->reset(iommu->model);
        b.settle();
        b.boot_all();
        b.write(CMDQ_PROD, 3); // the same again
        b.settle();
        ASSERT_EQ(b.cons(), 3u) << n_steps;
    }
}

// ---- page requests that overflow while translation goes off ----

// With PASIDs and PPS=0 each answer needs the STE.
TEST(SmmuFlight, EveryPageRequestHasOneAnswerWheneverTranslationStops)
{
    for (uint64_t at_ps = 0; at_ps < 2000000; at_ps += 20000) {
        FlightBench b;
        const sim_iommu *iommu = test_machine_iommu(b.m);
        sim_page_request r{};

        b.make_stream(1, 0, 1);
        b.boot_all(0); // one record
        r.requester = 1;
        r.has_pasid = true;
        r.access = SIM_DMA_READ;
        r.is_last = true;
        for (uint16_t i = 0; i < 8; i++) {
            r.pasid = i;
            r.group = i;
            r.address = 0x1000u * i;
            iommu->ops->page_request(iommu->model, &r);
        }
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + at_ps);
        b.write(CR0, kAllOn & ~SMMUEN);
        b.settle();
        EXPECT_EQ(b.read(CR0ACK), kAllOn & ~SMMUEN);
        unsigned n_answers[8] = {};
        for (size_t i = 0; i < test_machine_n_pages(b.m); i++)
            n_answers[test_machine_pages(b.m)[i].response.group]++;
        const unsigned n_recorded = b.read(kPriqProd) & 1;
        EXPECT_EQ(n_answers[0], 1 - n_recorded) << at_ps;
        for (unsigned i = 1; i < 8; i++)
            EXPECT_EQ(n_answers[i], 1u) << at_ps << ' ' << i;
    }
}

} // namespace
