// SPDX-License-Identifier: BSD-2-Clause
// Answers to page requests: automatic ones, refusals, CMD_PRI_RESP; handshakes and reset (3.9,
// 4.5.2, 8; facts Q12, R12, R13).
#include "tests/unit/models/smmuv3/pri_bench.h"

namespace
{

using namespace pri;

// ---- Q12: automatic answers ----

enum Ste { GOOD, WITH_PPAR, CONFIG_ABORT, INVALID, UNREADABLE, OUTSIDE };

struct Auto {
    const char *name;
    int64_t ssid;
    bool pps;
    Ste ste;
    uint8_t code;
    bool has_pasid;
};
MACHINE_CASES(Auto)

const Auto autos[] = {
    {"no_pasid", kNoSsid, false, GOOD, kSuccess, false},
    {"no_pasid_ppar", kNoSsid, false, WITH_PPAR, kSuccess, false},
    {"no_pasid_pps", kNoSsid, true, WITH_PPAR, kSuccess, false},
    {"no_pasid_bad_ste", kNoSsid, false, INVALID, kSuccess, false},
    {"pasid_pps", 5, true, GOOD, kSuccess, true},
    {"pasid_pps_bad_ste", 5, true, INVALID, kSuccess, true},
    {"pasid_no_ppar", 5, false, GOOD, kSuccess, false},
    {"pasid_ppar", 5, false, WITH_PPAR, kSuccess, true},
    {"pasid_config_abort", 5, false, CONFIG_ABORT, kSuccess, false},
    {"pasid_bad_ste", 5, false, INVALID, kFailure, false},
    {"pasid_unreadable_ste", 5, false, UNREADABLE, kFailure, false},
    {"pasid_no_ste", 5, false, OUTSIDE, kFailure, false},
};

class SmmuPriqAuto : public testing::TestWithParam<Auto>
{
  protected:
    static void check(const char *preset)
    {
        const Auto &t = GetParam();
        Config c = pri_config(preset);

        c.smmu.ids.idr3 |= t.pps ? 0x20 : 0;
        Bench b(c);
        const uint32_t sid = t.ste == OUTSIDE ? 0x100 : 1;
        sim_page_request r = request(sid, 0x7000, t.ssid);

        b.make_stream(1, 0, 5);
        if (t.ste == WITH_PPAR)
            b.ste(1, {cds_of(1) | 0xb, 0x40000});
        else if (t.ste == CONFIG_ABORT)
            b.ste(1, {0x1});
        else if (t.ste == INVALID)
            b.ste(1, {0x0});
        else if (t.ste == UNREADABLE)
            test_machine_break(b.m, kStreams + 64, 64);
        boot(b, 0);
        ask(b, request(2, 0x1000)); // full
        r.is_last = false;
        ask(b, r); // not answered
        ASSERT_EQ(n_answers(b), 0u);
        r.is_last = true;
        r.group = 0x123;
        ask(b, r);
        ASSERT_EQ(n_answers(b), 1u);
        EXPECT_EQ(answer(b, 0).requester, sid);
        EXPECT_EQ(answer(b, 0).code, t.code);
        EXPECT_EQ(answer(b, 0).group, 0x123);
        EXPECT_EQ(answer(b, 0).has_pasid, t.has_pasid);
        EXPECT_EQ(answer(b, 0).pasid, t.has_pasid ? 5u : 0u);
        r.access = 0; // a stop marker, but only with a PASID
        ask(b, r);
        EXPECT_EQ(n_answers(b), t.ssid == kNoSsid ? 2u : 1u);
        EXPECT_EQ(b.n_events(), 0u);
        EXPECT_EQ(b.read(PRIQ_PROD), 0x80000001u);
    }
};

TEST_P(SmmuPriqAuto, OnOverflow)
{
    check("zero");
}

TEST_P(SmmuPriqAuto, OnOverflowWithTime)
{
    check("mmu600");
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuPriqAuto, testing::ValuesIn(autos), name_of<Auto>);

TEST(SmmuPriq, Q12_TheLookUpUsesTheCache)
{
    Bench b(pri_config());

    b.make_stream(1, 0, 5);
    boot(b, 0);
    EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_OK);
    ask(b, request(2, 0x1000));
    ask(b, request(1, 0x1000, 5));
    b.ste(1, {cds_of(1) | 0xb, 0x40000}); // PPAR
    ask(b, request(1, 0x1000, 5));
    b.run_sync(0x100000003, 1);
    ask(b, request(1, 0x1000, 5));
    ASSERT_EQ(n_answers(b), 3u);
    EXPECT_FALSE(answer(b, 0).has_pasid);
    EXPECT_FALSE(answer(b, 1).has_pasid);
    EXPECT_TRUE(answer(b, 2).has_pasid);
}

// ---- 8.1: what is wrong with the STE is recorded if CR2.REC_CFG_ATS says so ----

struct Recorded {
    const char *name;
    uint32_t sid;
    bool is_unreadable;
    uint32_t cr2;
    std::vector<Record> events;
};
MACHINE_CASES(Recorded)

// CR2: RECINVSID 2, REC_CFG_ATS 8. SSV and SSID 5 in q0.
const Recorded recordeds[] = {
    {"bad_ste", 1, false, 0xa, {{0x100005804, 0, 0, 0}}},
    {"unreadable_ste", 1, true, 0xa, {{0x100005803, 0, 0, 0x10040}}},
    {"no_ste", 0x100, false, 0xa, {{0x10000005802, 0, 0, 0}}},
    {"no_ste_without_recinvsid", 0x100, false, 0x8, {}},
    {"bad_ste_without_recinvsid", 1, false, 0x8, {{0x100005804, 0, 0, 0}}},
    {"bad_ste_without_rec_cfg_ats", 1, false, 0x2, {}},
};

class SmmuPriqRecorded : public testing::TestWithParam<Recorded>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuPriqRecorded, testing::ValuesIn(recordeds), name_of<Recorded>);

TEST_P(SmmuPriqRecorded, AndAnsweredAsAFailure)
{
    const Recorded &t = GetParam();
    Config c = pri_config();

    c.idr0(0, 0x800400); // ATS, ATSRECERR
    Bench b(c);
    Boot how;

    if (t.is_unreadable)
        test_machine_break(b.m, kStreams + 64, 64);
    how.cr0 = kAll;
    how.cr2 = t.cr2;
    b.write64(PRIQ_BASE, kPriq);
    b.boot(how);
    ask(b, request(2, 0x1000)); // full
    ask(b, request(t.sid, 0x7000, 5));
    ASSERT_EQ(n_answers(b), 1u);
    EXPECT_EQ(answer(b, 0).code, kFailure);
    EXPECT_FALSE(answer(b, 0).has_pasid);
    expect_events(b, t.events);
    ask(b, request(t.sid, 0x7000, 5)); // its place is free again
    EXPECT_EQ(n_answers(b), 2u);
}

// ---- an SMMU without substreams ----

TEST(SmmuPriq, WithoutSubstreamsThereIsNoPasidAnywhere)
{
    Config c = pri_config();

    c.smmu.ids.idr1 &= ~UINT32_C(0x7c0); // SSIDSIZE=0
    c.smmu.ids.idr3 |= 0x20;             // PPS
    Bench b(c);
    sim_page_request r = request(1, 0x1000, 5);

    r.access = SIM_DMA_READ | SIM_DMA_EXECUTE | SIM_DMA_PRIVILEGED;
    boot(b, 0);
    ask(b, r);
    EXPECT_EQ(record(b, 0)[0], kLast | kR | 1);
    ask(b, r); // overflow
    ASSERT_EQ(n_answers(b), 1u);
    EXPECT_EQ(answer(b, 0).code, kSuccess);
    EXPECT_FALSE(answer(b, 0).has_pasid);
    b.run(0x100012841, 0x2000); // PRI_RESP with SSV
    ASSERT_EQ(n_answers(b), 2u);
    EXPECT_FALSE(answer(b, 1).has_pasid);
    EXPECT_EQ(answer(b, 1).pasid, 0u);
}

// ---- R13, Q12: nobody listens ----

// 0b1111 to every request, but not to a stop marker.
void expect_refused(Bench &b)
{
    const size_t n_before = n_answers(b);
    sim_page_request r = request(1, 0x1000, 5);

    r.group = 3;
    ask(b, r);
    r.is_last = false;
    ask(b, r);
    ASSERT_EQ(n_answers(b), n_before + 2);
    for (size_t i = n_before; i < n_before + 2; i++) {
        EXPECT_EQ(answer(b, i).requester, 1u);
        EXPECT_EQ(answer(b, i).code, kFailure);
        EXPECT_EQ(answer(b, i).group, 3);
        EXPECT_FALSE(answer(b, i).has_pasid);
    }
    r.is_last = true;
    r.access = 0;
    ask(b, r);
    EXPECT_EQ(n_answers(b), n_before + 2);
}

TEST(SmmuPriq, R13_RefusedWhileAnyOfBothIsOff)
{
    for (const uint32_t cr0 : {kAll & ~kPriqen, kAll & ~SMMUEN, 0u}) {
        Bench b(pri_config());

        boot(b, 5, cr0);
        expect_refused(b);
        EXPECT_EQ(b.read(PRIQ_PROD), 0u);
    }
}

TEST(SmmuPriq, RefusedWithoutTheFeature)
{
    Bench b;

    b.boot();
    expect_refused(b);
    b.write(CR0, kAll);
    b.settle();
    EXPECT_EQ(b.read(CR0ACK), 0xdu);
    expect_refused(b);
    for (size_t i = 0; i < test_machine_n_facts(b.m); i++)
        EXPECT_NE(test_machine_facts(b.m)[i].kind, SIM_FACT_UNIMPL);
}

// PPS is for overflows alone (8.2).
TEST(SmmuPriq, RefusedWithoutPasidAlthoughAnswersToAnOverflowHaveIt)
{
    Config c = pri_config();

    c.smmu.ids.idr3 |= 0x20; // PPS
    Bench b(c);

    boot(b, 5, kAll & ~kPriqen);
    expect_refused(b);
}

TEST(SmmuPriq, RefusedWithoutPasidItIsNoStopMarker)
{
    Bench b(pri_config());
    sim_page_request r = request(1, 0x1000);

    boot(b, 5, kAll & ~kPriqen);
    r.access = 0;
    ask(b, r);
    ASSERT_EQ(n_answers(b), 1u);
    EXPECT_EQ(answer(b, 0).code, kFailure);
}

TEST(SmmuPriq, Q12_RefusedWhileItsAbortIsActive)
{
    Bench b(pri_config());

    test_machine_break(b.m, kPriq, 0x200);
    boot(b);
    ask(b, request(1, 0x1000));
    EXPECT_EQ(b.read(GERROR), 0x8u); // PRIQ_ABT_ERR
    EXPECT_EQ(b.read(PRIQ_PROD), 0u);
    ASSERT_EQ(n_answers(b), 1u); // the one that was lost
    EXPECT_EQ(answer(b, 0).code, kFailure);
    b.store(kPriq, std::vector<uint64_t>(64));
    expect_refused(b);
    EXPECT_EQ(b.read(PRIQ_PROD), 0u);
    b.write(GERRORN, 0x8);
    ask(b, request(1, 0x2000));
    EXPECT_EQ(b.read(PRIQ_PROD), 1u);
    EXPECT_EQ(record(b, 0)[1], 0x2000u);
}

TEST(SmmuPriq, WhatIsOnItsWayBehindAnAbortIsRefused)
{
    Config c = pri_config("mmu600");

    c.memory(100000, 1000);
    c.smmu.param.priq_slots = 4;
    Bench b(c);

    test_machine_break(b.m, kPriq, 16); // only the first record's place
    boot(b);
    for (unsigned i = 0; i < 6; i++)
        send(b, request(1, 0x1000 * i));
    b.settle();
    EXPECT_EQ(b.read(PRIQ_PROD), 0u);
    ASSERT_EQ(n_answers(b), 6u);
    for (size_t i = 0; i < 6; i++)
        EXPECT_EQ(answer(b, i).code, kFailure);
}

// ---- handshakes, reset ----

TEST(SmmuPriq, R12_DisablingWaitsForWhatIsBeingWritten)
{
    for (const uint32_t cr0 : {kAll & ~kPriqen, kAll & ~SMMUEN}) {
        Config c = pri_config("mmu600");

        c.memory(10000000);
        Bench b(c);

        boot(b);
        for (unsigned i = 0; i < 3; i++)
            send(b, request(1, 0x1000 * i));
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1000000);
        b.write(CR0, cr0);
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1000000);
        EXPECT_EQ(b.read(CR0ACK), kAll);
        b.settle();
        EXPECT_EQ(b.read(CR0ACK), cr0);
        EXPECT_EQ(b.read(PRIQ_PROD), 1u); // the others were not being written
        ASSERT_EQ(n_answers(b), 2u);
        EXPECT_EQ(answer(b, 0).code, kFailure);
        EXPECT_EQ(answer(b, 1).code, kFailure);
    }
}

TEST(SmmuPriq, ResetForgetsThem)
{
    for (const uint64_t wait_ps : {0, 1000, 5000, 2000000, 30000000}) {
        Config c = pri_config("mmu600");

        c.memory(10000000);
        Bench b(c);
        const sim_iommu *iommu = test_machine_iommu(b.m);

        b.make_stream(1, 0, 5);
        boot(b, 0);
        for (unsigned i = 0; i < 3; i++)
            send(b, request(1, 0x1000 * i, 5)); // written, and looked up
        test_machine_run_until(b.m, test_machine_now_ps(b.m) + wait_ps);
        iommu->ops->reset(iommu->model);
        b.settle();
        const size_t n_before = n_answers(b);
        EXPECT_EQ(b.read(PRIQ_PROD), 0u);
        boot(b, 0);
        ask(b, request(1, 0x5000));
        EXPECT_EQ(b.read(PRIQ_PROD), 1u);
        EXPECT_EQ(n_answers(b), n_before);
    }
}

// ---- CMD_PRI_RESP ----

struct Respond {
    const char *name;
    uint64_t q0, q1;
    sim_page_response answer;
};
MACHINE_CASES(Respond)

// requester, pasid, has_pasid, group, code
const Respond responds[] = {
    {"failure", 0x100000041, 0x0, {1, 0, false, 0, kFailure}},
    {"invalid", 0x100000041, 0x1000, {1, 0, false, 0, kInvalid}},
    {"success", 0x100000041, 0x2000, {1, 0, false, 0, kSuccess}},
    {"group", 0x100000041, 0x21ff, {1, 0, false, 0x1ff, kSuccess}},
    {"pasid", 0x100012841, 0x2000, {1, 0x12, true, 0, kSuccess}},
    {"no_pasid_although_a_number", 0x100012041, 0x2000, {1, 0, false, 0, kSuccess}},
    {"stream", 0xffffffff00000041, 0x2000, {0xffffffff, 0, false, 0, kSuccess}},
};

class SmmuPriqRespond : public testing::TestWithParam<Respond>
{
};

TEST_P(SmmuPriqRespond, Answer)
{
    Bench b(pri_config());
    const sim_page_response &want = GetParam().answer;

    boot(b);
    b.run(GetParam().q0, GetParam().q1);
    ASSERT_EQ(n_answers(b), 1u);
    EXPECT_EQ(answer(b, 0).requester, want.requester);
    EXPECT_EQ(answer(b, 0).has_pasid, want.has_pasid);
    EXPECT_EQ(answer(b, 0).pasid, want.pasid);
    EXPECT_EQ(answer(b, 0).group, want.group);
    EXPECT_EQ(answer(b, 0).code, want.code);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u);
}

INSTANTIATE_TEST_SUITE_P(Table, SmmuPriqRespond, testing::ValuesIn(responds), name_of<Respond>);

// Past the queue (struct sim_iommu_ops): what is illegal there does nothing.
TEST(SmmuPriq, RespondPastTheQueue)
{
    Bench b(pri_config());
    const sim_iommu *iommu = test_machine_iommu(b.m);
    const uint64_t good[2] = {0x100012841, 0x2003}, illegal[2] = {0x100012841, 0x3003};

    boot(b);
    iommu->ops->answer(iommu->model, good);
    iommu->ops->answer(iommu->model, illegal);
    ASSERT_EQ(n_answers(b), 1u);
    EXPECT_EQ(answer(b, 0).group, 3);
    EXPECT_EQ(answer(b, 0).pasid, 0x12u);
    EXPECT_EQ(b.read(CMDQ_CONS), 0u);
    EXPECT_EQ(b.read(GERROR), 0u);
    b.write(CR0, CMDQEN);
    b.settle();
    iommu->ops->answer(iommu->model, good);
    EXPECT_EQ(n_answers(b), 1u);
}

TEST(SmmuPriq, R16_RespondIsIgnoredWhileOff)
{
    Bench b(pri_config());

    boot(b, 5, CMDQEN);
    b.run(0x100000041, 0x2000);
    EXPECT_EQ(n_answers(b), 0u);
    EXPECT_EQ(b.read(CMDQ_CONS), 1u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

TEST(SmmuPriq, RespondIsIllegalWithoutTheFeature)
{
    Bench b;

    b.boot();
    b.run(0x100000041, 0x2000);
    EXPECT_EQ(n_answers(b), 0u);
    EXPECT_EQ(b.read(GERROR), 0x1u);
    EXPECT_EQ(b.read(CMDQ_CONS), 0x1000000u);
}

TEST(SmmuPriq, RespondWithAReservedCodeIsIllegal)
{
    Bench b(pri_config());

    boot(b);
    b.run(0x100000041, 0x3000);
    EXPECT_EQ(n_answers(b), 0u);
    EXPECT_EQ(b.read(GERROR), 0x1u);
}

} // namespace
