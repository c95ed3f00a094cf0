// SPDX-License-Identifier: BSD-2-Clause
// model_prq_test.cpp - page requests, their queue, their answers (5.4).
#include "tests/unit/models/vtd/vtd_machine_bench.h"

namespace
{

using namespace vtdm;

// Device 10h: PASID 0 is a second stage of domain 5, PASID 3 a first stage of domain 6.
struct Pri {
    Bench b;

    explicit Pri(const Config &config = Config(), const Boot &how = scalable()) : b(config)
    {
        b.make_ss(0);
        b.make_fs(1);
        b.device(0x10);
        b.pasid(0x10, 0, pasid_ss(space(0), 5));
        b.pasid(0x10, 3, pasid_fs(space(1), 6));
        b.boot(how);
    }

    void ask(sim_page_request page)
    {
        b.page_request(page);
        b.settle();
    }

    size_t n_answers() const
    {
        return test_machine_n_pages(b.m);
    }

    sim_page_response answer(size_t i) const
    {
        return test_machine_pages(b.m)[i].response;
    }
};

sim_page_request page(uint64_t address, unsigned group, bool is_last,
                      unsigned access = SIM_DMA_READ)
{
    sim_page_request p = {};

    p.address = address;
    p.requester = 0x10;
    p.group = static_cast<uint16_t>(group);
    p.access = static_cast<uint8_t>(access);
    p.is_last = is_last;
    return p;
}

sim_page_request page_of_pasid(uint32_t pasid, uint64_t address, unsigned group, bool is_last,
                               unsigned access = SIM_DMA_READ)
{
    sim_page_request p = page(address, group, is_last, access);

    p.has_pasid = true;
    p.pasid = pasid;
    return p;
}

// ---- records ----

struct RecordCase {
    const char *name;
    sim_page_request request;
    Words words;
};
VTDM_CASES(RecordCase)

class PageRecord : public testing::TestWithParam<RecordCase>
{
};

TEST_P(PageRecord, HasWhatTheDeviceSaid)
{
    Pri p;

    p.ask(GetParam().request);
    EXPECT_EQ(p.b.page(0), GetParam().words);
    EXPECT_EQ(p.b.load(kPages + 16), 0u);
    EXPECT_EQ(p.b.load(kPages + 24), 0u);
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
    EXPECT_EQ(p.b.read(PRS), 1u);
    EXPECT_EQ(p.n_answers(), 0u);
}

const RecordCase record_cases[] = {
    {"read", page_of_pasid(3, 0x7f001000, 0x1d, true), {0x0000000300100101, 0x7f0010ed}},
    {"not_the_last", page_of_pasid(3, 0x7f001000, 0x1d, false), {0x0000000300100101, 0x7f0010e9}},
    {"write",
     page_of_pasid(3, 0x7f001000, 0x1ff, false, SIM_DMA_WRITE),
     {0x0000000300100101, 0x7f001ffa}},
    {"execute_and_supervisor",
     page_of_pasid(3, 0x7f001000, 0, false, SIM_DMA_READ | SIM_DMA_EXECUTE | SIM_DMA_PRIVILEGED),
     {0x0030000300100101, 0x7f001001}},
    {"without_pasid", page(0x7f001abc, 1, true), {0x100001, 0x7f00100d}},
    {"stop_marker", page_of_pasid(3, 0, 0, true, 0), {0x0000000300100101, 0x4}},
};
INSTANTIATE_TEST_SUITE_P(All, PageRecord, testing::ValuesIn(record_cases), name_of<RecordCase>);

TEST(PageQueue, GoesRoundItsPages)
{
    Pri p;

    for (unsigned i = 0; i < 130; i++) {
        p.ask(page(0x1000 * i, i, false));
        p.b.write64(PQH, p.b.read64(PQT));
    }
    EXPECT_EQ(p.b.read64(PQT), 32u * 2);
    EXPECT_EQ(p.b.page(1)[1], UINT64_C(0x1000) * 129 | 129 << 3 | 1);
    EXPECT_EQ(p.b.read(PRS), 1u);
}

TEST(PageQueue, TailIsBehindTheRecordAndBeforeTheMessage)
{
    Config c;

    c.memory(100000);
    Pri p(c);
    p.b.write(PEDATA, 0x55);
    p.b.write(PEADDR, kMsi);
    p.b.write(PECTL, 0);
    (void)p.b.target(0x10, 0x1000); // its entries are cached
    const uint64_t t = test_machine_now_ps(p.b.m);
    p.b.page_request(page(0x1000, 1, true));
    test_machine_run_until(p.b.m, t + 99999);
    EXPECT_EQ(p.b.read64(PQT), 0u);
    EXPECT_EQ(p.b.read(PRS), 0u);
    test_machine_run_until(p.b.m, t + 100000);
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
    EXPECT_EQ(p.b.read(PRS), 1u);
    EXPECT_EQ(p.b.load(kMsi), 0u);
    p.b.settle();
    EXPECT_EQ(p.b.load(kMsi), 0x55u);
    EXPECT_EQ(p.b.n_irqs(SIM_IRQ_PAGE_REQ), 1u);
}

TEST(PageQueue, OneMessageUntilItIsServed)
{
    Pri p;

    p.b.write(PECTL, 0);
    p.ask(page(0x1000, 1, true));
    p.ask(page(0x2000, 2, true));
    EXPECT_EQ(p.b.n_irqs(SIM_IRQ_PAGE_REQ), 1u);
    p.b.write(PRS, 1);
    EXPECT_EQ(p.b.read(PRS), 0u);
    p.ask(page(0x3000, 3, true));
    EXPECT_EQ(p.b.n_irqs(SIM_IRQ_PAGE_REQ), 2u);
}

TEST(PageQueue, ManyAtOnceStayInOrder)
{
    Config c;

    c.memory(100000);
    c.vtd.param.prq_slots = 4;
    Pri p(c);
    for (unsigned i = 0; i < 12; i++)
        p.b.page_request(page(0x1000 * i, i, false));
    p.b.settle();
    EXPECT_EQ(p.b.read64(PQT), 32u * 12);
    for (unsigned i = 0; i < 12; i++)
        EXPECT_EQ(p.b.page(i)[1], UINT64_C(0x1000) * i | i << 3 | 1);
}

TEST(PageQueue, ManyAtOnceGoRoundToo)
{
    Config c;

    c.memory(100000);
    c.vtd.param.prq_slots = 4;
    Pri p(c);
    p.b.write64(PQH, 0xfc0);
    p.b.write64(PQT, 0xfc0); // two before the end
    for (unsigned i = 0; i < 4; i++)
        p.b.page_request(page(0x1000 * i, i, false));
    p.b.settle();
    EXPECT_EQ(p.b.read64(PQT), 0x40u);
    EXPECT_EQ(p.b.page(126)[1], 0x1u);
    EXPECT_EQ(p.b.page(127)[1], 0x1009u);
    EXPECT_EQ(p.b.page(0)[1], 0x2011u);
    EXPECT_EQ(p.b.page(1)[1], 0x3019u);
}

// ---- overflow ----

// PQT is one entry behind PQH: full.
void fill(Pri &p)
{
    p.b.write64(PQH, 0x40);
    p.ask(page(0x1000, 1, false));
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
}

// The tail says that what is below it is there (5.4): a record that memory refused never is.
TEST(PageAbort, TheTailStaysAndTheDeviceIsToldOfTheFailure)
{
    Pri p;
    const uint64_t queue = p.b.read64(PQA) & ~UINT64_C(0xfff);

    test_machine_break(p.b.m, queue, 64);
    p.ask(page(0x2000, 2, true));
    p.ask(page(0x3000, 3, false));
    EXPECT_EQ(p.b.read64(PQT), 0u);
    EXPECT_EQ(p.b.read(PRS), 0u);
    ASSERT_EQ(p.n_answers(), 1u);
    EXPECT_EQ(p.answer(0).group, 2u);
    EXPECT_EQ(p.answer(0).code, 15u);
    for (unsigned i = 0; i < 8; i++)
        p.b.store(queue + 8 * i, 0);
    p.ask(page(0x4000, 4, true));
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
    EXPECT_EQ(p.b.page(0)[1], UINT64_C(0x4000) | 4 << 3 | 1 << 2 | 1);
}

TEST(PageAbort, WhatWasOnItsWayBehindItIsLostToo)
{
    Config c;

    c.memory(100000);
    Pri p(c);
    const uint64_t queue = p.b.read64(PQA) & ~UINT64_C(0xfff);

    (void)p.b.target(0x10, 0x1000); // its entries are cached
    test_machine_break(p.b.m, queue, 32);
    p.b.page_request(page(0x2000, 2, true));
    p.b.page_request(page(0x3000, 3, true));
    p.b.settle();
    EXPECT_EQ(p.b.read64(PQT), 0u);
    EXPECT_EQ(p.b.read(PRS), 0u);
    EXPECT_EQ(p.n_answers(), 2u);
}

TEST(PageOverflow, IsToldAndTheGroupIsAnsweredAsIfServed)
{
    Pri p;

    fill(p);
    p.ask(page(0x2000, 2, true));
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
    EXPECT_EQ(p.b.read(PRS), 3u);
    EXPECT_EQ(p.b.n_facts(SIM_FACT_QUEUE_OVERFLOW), 1u);
    ASSERT_EQ(p.n_answers(), 1u);
    EXPECT_EQ(p.answer(0).code, 0u);
    EXPECT_EQ(p.answer(0).group, 2u);
    EXPECT_FALSE(p.answer(0).has_pasid);
    EXPECT_EQ(p.b.n_records(), 0u);
}

TEST(PageOverflow, AtTheEndOfTheQueue)
{
    Pri p;

    p.b.write64(PQT, 0xfe0); // PQH is 0
    p.ask(page(0x2000, 2, true));
    EXPECT_EQ(p.b.read64(PQT), 0xfe0u);
    EXPECT_EQ(p.b.read(PRS), 2u);
}

TEST(PageOverflow, IsSilentForOneThatIsNotTheLast)
{
    Pri p;

    fill(p);
    p.ask(page(0x2000, 2, false));
    EXPECT_EQ(p.b.read(PRS), 3u);
    EXPECT_EQ(p.n_answers(), 0u);
}

TEST(PageOverflow, DropsEverythingUntilItIsCleared)
{
    Pri p;

    fill(p);
    p.ask(page(0x2000, 2, false));
    p.b.write64(PQH, 0x20); // empty
    p.ask(page_of_pasid(3, 0x3000, 3, true));
    EXPECT_EQ(p.b.read64(PQT), 0x20u);
    EXPECT_EQ(p.b.n_facts(SIM_FACT_QUEUE_OVERFLOW), 1u);
    ASSERT_EQ(p.n_answers(), 1u);
    EXPECT_TRUE(p.answer(0).has_pasid);
    EXPECT_EQ(p.answer(0).pasid, 3u);
    p.b.write(PRS, 2);
    p.ask(page(0x4000, 4, true));
    EXPECT_EQ(p.b.read64(PQT), 0x40u);
}

TEST(PageOverflow, SendsAMessageIfNothingWasPending)
{
    Pri p;

    fill(p);
    p.b.write(PRS, 1);
    p.b.write(PECTL, 0);
    p.ask(page(0x2000, 2, true));
    EXPECT_EQ(p.b.read(PRS), 2u);
    EXPECT_EQ(p.b.n_irqs(SIM_IRQ_PAGE_REQ), 1u);
}

TEST(PageOverflow, AStopMarkerIsNeverAnswered)
{
    Pri p;

    fill(p);
    p.ask(page_of_pasid(3, 0, 0, true, 0));
    EXPECT_EQ(p.n_answers(), 0u);
}

TEST(PageOverflow, WithoutStopMarkersItIsARequestAsAnyOther)
{
    Pri p(Config().ecap(0x0400000000000000, 0));

    fill(p);
    p.ask(page_of_pasid(3, 0, 0, true, 0));
    EXPECT_EQ(p.n_answers(), 1u);
}

TEST(PageOverflow, MoreThanAreLookedUpAtOnce)
{
    Config c;

    c.memory(100000);
    Pri p(c);
    for (unsigned i = 0; i < 40; i++) // 32 at once
        p.b.page_request(page(0x1000 * i, i, true));
    p.b.settle();
    EXPECT_EQ(p.b.read(PRS) & 2, 2u);
    EXPECT_EQ(p.n_answers() + p.b.read64(PQT) / 32, 40u);
    EXPECT_EQ(p.b.n_facts(SIM_FACT_QUEUE_OVERFLOW), 1u);
}

// ---- who may not ask ----

struct DeniedCase {
    const char *name;
    uint64_t mode, ctx_lo, pasid_lo;
    bool is_last;
    uint64_t record; // FRCD, upper word
};
VTDM_CASES(DeniedCase)

class Denied : public testing::TestWithParam<DeniedCase>
{
};

TEST_P(Denied, IsAnsweredAsInvalidAndRecorded)
{
    const DeniedCase &c = GetParam();
    Boot how = scalable();

    how.rtaddr = kRoots | c.mode;
    Pri p(Config(), how);
    p.b.store(kCtxs + 32 * 0x10, c.ctx_lo);
    p.b.store(pasid_slot(0x10, 3), c.pasid_lo);
    p.ask(page_of_pasid(3, 0x7f001000, 0x1d, c.is_last));
    EXPECT_EQ(p.b.read64(PQT), 0u);
    EXPECT_EQ(p.b.record(0)[1], c.record);
    ASSERT_EQ(p.n_answers(), c.is_last ? 1u : 0u);
    if (c.is_last) {
        EXPECT_EQ(p.answer(0).code, 1u);
        EXPECT_EQ(p.answer(0).group, 0x1du);
        EXPECT_EQ(p.answer(0).requester, 0x10u);
        EXPECT_EQ(p.answer(0).pasid, 3u);
    }
}

const DeniedCase denied_cases[] = {
    {"legacy_mode", LEGACY, 0x6001d, 0x49, true, 0x8000033290000010},
    {"abort_mode", ABORT_MODE, 0x6001d, 0x49, true, 0x8000033390000010},
    {"pre_0", SCALABLE, 0x6000d, 0x49, true, 0x8000034790000010},
    {"pre_0_not_the_last", SCALABLE, 0x6000d, 0x49, false, 0x8000034790000010},
    {"ctx_not_present", SCALABLE, 0x0, 0x49, true, 0x8000034190000010},
    {"entry_not_present", SCALABLE, 0x6001d, 0x0, true, 0x8000035990000010},
};
INSTANTIATE_TEST_SUITE_P(All, Denied, testing::ValuesIn(denied_cases), name_of<DeniedCase>);

// ---- the page is forgotten before the request is told (5.4) ----

TEST(Forgets, ThePageOfAFirstStage)
{
    Pri p;

    EXPECT_EQ(p.b.target(0x10, 0x1000, 3), page_of(1, 0x1000));
    EXPECT_EQ(p.b.target(0x10, 0x2000, 3), page_of(1, 0x2000));
    p.b.store(leaf_slot(1, 0x1000), fs_page(0x777000));
    p.b.store(leaf_slot(1, 0x2000), fs_page(0x778000));
    p.ask(page_of_pasid(3, 0x1000, 1, true));
    EXPECT_EQ(p.b.target(0x10, 0x1000, 3), 0x777000u);
    EXPECT_EQ(p.b.target(0x10, 0x2000, 3), page_of(1, 0x2000));
}

TEST(Forgets, TheDomainOfANestedOne)
{
    Pri p;

    // The first stage's tables and pages stay where they are in the second stage.
    for (uint64_t at = 0; at < 0x600000; at += 0x200000)
        p.b.store(space(2) + 0x2000 + 8 * (at >> 21), ss_entry(at) | 0x80);
    p.b.store(space(2), ss_entry(space(2) + 0x1000));
    p.b.store(space(2) + 0x1000, ss_entry(space(2) + 0x2000));
    p.b.pasid(0x10, 4, pasid_nested(space(1), space(2), 7));
    EXPECT_EQ(p.b.target(0x10, 0x1000, 4), page_of(1, 0x1000));
    EXPECT_EQ(p.b.target(0x10, 0x2000, 4), page_of(1, 0x2000));
    p.b.store(leaf_slot(1, 0x1000), fs_page(0x577000));
    p.b.store(leaf_slot(1, 0x2000), fs_page(0x578000));
    p.ask(page_of_pasid(4, 0x1000, 1, true));
    EXPECT_EQ(p.b.target(0x10, 0x1000, 4), 0x577000u);
    EXPECT_EQ(p.b.target(0x10, 0x2000, 4), 0x578000u);
}

TEST(Forgets, NothingForAStopMarker)
{
    Pri p;

    EXPECT_EQ(p.b.target(0x10, 0x0, 3), page_of(1, 0x0));
    p.b.store(leaf_slot(1, 0x0), fs_page(0x777000));
    p.ask(page_of_pasid(3, 0, 0, true, 0));
    EXPECT_EQ(p.b.target(0x10, 0x0, 3), page_of(1, 0x0));
}

TEST(Forgets, ThePageOfASecondStage)
{
    Pri p;

    EXPECT_EQ(p.b.target(0x10, 0x1000), page_of(0, 0x1000));
    EXPECT_EQ(p.b.target(0x10, 0x2000), page_of(0, 0x2000));
    p.b.store(leaf_slot(0, 0x1000), ss_entry(0x777000));
    p.b.store(leaf_slot(0, 0x2000), ss_entry(0x778000));
    p.ask(page(0x1abc, 1, true));
    EXPECT_EQ(p.b.target(0x10, 0x1000), 0x777000u);
    EXPECT_EQ(p.b.target(0x10, 0x2000), page_of(0, 0x2000));
}

// ---- answers of software ----

struct ResponseCase {
    const char *name;
    uint64_t q0, q1;
    sim_page_response response;
};
VTDM_CASES(ResponseCase)

class Response : public testing::TestWithParam<ResponseCase>
{
};

void expect_response(const sim_page_response &got, const sim_page_response &want)
{
    EXPECT_EQ(got.requester, want.requester);
    EXPECT_EQ(got.has_pasid, want.has_pasid);
    EXPECT_EQ(got.pasid, want.pasid);
    EXPECT_EQ(got.group, want.group);
    EXPECT_EQ(got.code, want.code);
}

TEST_P(Response, GoesToTheDevice)
{
    Pri p;

    p.b.run({GetParam().q0, GetParam().q1});
    ASSERT_EQ(p.n_answers(), 1u);
    expect_response(p.answer(0), GetParam().response);
}

TEST_P(Response, MayComePastTheQueue)
{
    Pri p;
    const sim_iommu *iommu = test_machine_iommu(p.b.m);
    const uint64_t words[2] = {GetParam().q0, GetParam().q1};

    iommu->ops->answer(iommu->model, words);
    ASSERT_EQ(p.n_answers(), 1u);
    expect_response(p.answer(0), GetParam().response);
}

sim_page_response response(bool has_pasid, uint32_t pasid, uint8_t code)
{
    sim_page_response r = {};

    r.requester = 0x3a10;
    r.has_pasid = has_pasid;
    r.pasid = pasid;
    r.group = 0x1d;
    r.code = code;
    return r;
}

const ResponseCase response_cases[] = {
    {"success", 0x000123453a100019, 0xe8, response(true, 0x12345, 0)},
    {"invalid", 0x000123453a101019, 0xe8, response(true, 0x12345, 1)},
    {"failure", 0x000123453a10f019, 0xe8, response(true, 0x12345, 15)},
    {"without_pasid", 0x000123453a100009, 0xe8, response(false, 0, 0)},
};
INSTANTIATE_TEST_SUITE_P(All, Response, testing::ValuesIn(response_cases), name_of<ResponseCase>);

TEST(Answers, OtherDescriptorsAreNone)
{
    Pri p;
    const sim_iommu *iommu = test_machine_iommu(p.b.m);
    const uint64_t sync[2] = {0x0000000200000025, 0x38000};
    const uint64_t bad[2] = {0x000123453a102019, 0xe8};

    iommu->ops->answer(iommu->model, sync);
    iommu->ops->answer(iommu->model, bad);
    p.b.settle();
    EXPECT_EQ(p.n_answers(), 0u);
    EXPECT_EQ(p.b.status(0), 0u);
}

// ---- a wait with PD ----

TEST(PageDrain, ComesBehindRequestsThatCameBefore)
{
    Config c;

    c.memory(100000);
    Pri p(c);
    (void)p.b.target(0x10, 0x1000);
    for (unsigned i = 0; i < 5; i++) // one record at a time: 500 ns
        p.b.page_request(page(0x1000 * i, i, false));
    const uint64_t t = test_machine_now_ps(p.b.m);
    p.b.put(Bench::wait_for(0, 1, 0x80)); // PD
    p.b.ring();
    test_machine_run_until(p.b.m, t + 599999);
    EXPECT_EQ(p.b.read64(PQT), 32u * 5);
    EXPECT_EQ(p.b.status(0), 0u);
    test_machine_run_until(p.b.m, t + 600000);
    EXPECT_EQ(p.b.status(0), 1u);
}

// Nothing is cached: root, context (2), directory, entry (4) are read first, then the record
// is written.
TEST(PageDrain, CountsThoseThatAreBeingLookedUp)
{
    Config c;

    c.memory(100000);
    c.vtd.param.wait_drains = 0;
    Pri p(c);
    const uint64_t t = test_machine_now_ps(p.b.m);
    p.b.page_request(page(0x1000, 1, false));
    p.b.put(Bench::wait_for(0, 1, 0x80)); // PD
    p.b.ring();
    test_machine_run_until(p.b.m, t + 250000);
    EXPECT_EQ(p.b.status(0), 0u);
    p.b.settle();
    EXPECT_EQ(p.b.status(0), 1u);
    EXPECT_GT(p.b.last_fact(SIM_FACT_SYNC_VISIBLE).time_ps, t + 500000);
}

TEST(PageDrain, WithoutPdIsNot)
{
    Config c;

    c.memory(100000);
    Pri p(c);
    (void)p.b.target(0x10, 0x1000);
    for (unsigned i = 0; i < 5; i++)
        p.b.page_request(page(0x1000 * i, i, false));
    const uint64_t t = test_machine_now_ps(p.b.m);
    p.b.put(Bench::wait_for(0, 1));
    p.b.ring();
    test_machine_run_until(p.b.m, t + 200000);
    EXPECT_EQ(p.b.status(0), 1u);
}

} // namespace
