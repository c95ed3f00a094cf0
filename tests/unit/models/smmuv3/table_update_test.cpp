// SPDX-License-Identifier: BSD-2-Clause
// A stream whose STE changes under its requests, word by word as a driver does it: what they meet
// on the way, with every order of reading (7.4, 8.3, 8.4, row 2 of 10 of the facts).
#include <memory>
#include <set>

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kIova = 0x1000;

// What a request comes to.
enum Outcome { ABORTED, IDENTITY, STAGE_1, STAGE_2, OTHER_STAGE_2, NESTED, BAD_STE, SOMETHING };

struct Word {
    unsigned index;
    uint64_t value;
};

// Each step is followed by CFGI_STE and CMD_SYNC.
struct Row {
    const char *name;
    std::vector<uint64_t> before;
    std::vector<std::vector<Word>> steps;
    Outcome old_outcome, new_outcome;
    bool is_hitless;
};
MACHINE_CASES(Row)

// q0: V and Config; stage 1 alone with VMID 0, stage 2 with VMIDs 7 and 8.
constexpr uint64_t kAbort = 0x1, kIdentity = 0x9, kS1 = 0x4100b, kS2 = 0xd, kNested = 0x4100f;
// q1: SHCFG=1; S1DSS=2, S1CIR=1, S1COR=1, S1CSH=3.
constexpr uint64_t kShareable = 0x100000000000, kCdTable = 0xd6;
constexpr uint64_t kBoth = kShareable | kCdTable;
constexpr uint64_t kTtb = 0x100000, kOtherTtb = 0x108000; // s2_space 0 and 1

const Row rows[] = {
    {"invalid_to_abort", {0}, {{{0, kAbort}}}, BAD_STE, ABORTED, true},
    {"abort_to_identity", {kAbort}, {{{1, kShareable}}, {{0, kIdentity}}}, ABORTED, IDENTITY, true},
    {"identity_to_abort",
     {kIdentity, kShareable},
     {{{0, kAbort}}, {{1, 0}}},
     IDENTITY,
     ABORTED,
     true},
    {"abort_to_s1", {kAbort}, {{{1, kCdTable}}, {{0, kS1}}}, ABORTED, STAGE_1, true},
    {"s1_to_abort", {kS1, kCdTable}, {{{0, kAbort}}, {{1, 0}}}, STAGE_1, ABORTED, true},
    {"identity_to_s1",
     {kIdentity, kShareable},
     {{{1, kBoth}}, {{0, kS1}}, {{1, kCdTable}}},
     IDENTITY,
     STAGE_1,
     true},
    {"s1_to_identity",
     {kS1, kCdTable},
     {{{1, kBoth}}, {{0, kIdentity}}, {{1, kShareable}}},
     STAGE_1,
     IDENTITY,
     true},
    {"abort_to_s2",
     {kAbort},
     {{{1, kShareable}, {2, s2_q2(7)}, {3, kTtb}}, {{0, kS2}}},
     ABORTED,
     STAGE_2,
     true},
    {"s2_to_abort",
     {kS2, kShareable, s2_q2(7), kTtb},
     {{{0, kAbort}}, {{1, 0}, {2, 0}, {3, 0}}},
     STAGE_2,
     ABORTED,
     true},
    {"identity_to_s2",
     {kIdentity, kShareable},
     {{{2, s2_q2(7)}, {3, kTtb}}, {{0, kS2}}},
     IDENTITY,
     STAGE_2,
     true},
    {"s2_to_identity",
     {kS2, kShareable, s2_q2(7), kTtb},
     {{{0, kIdentity}}, {{2, 0}, {3, 0}}},
     STAGE_2,
     IDENTITY,
     true},
    {"s2_to_nested",
     {kS2, kShareable, s2_q2(7), kTtb},
     {{{1, kBoth}}, {{0, kNested}}},
     STAGE_2,
     NESTED,
     true},
    {"nested_to_s2",
     {kNested, kBoth, s2_q2(7), kTtb},
     {{{0, 0x4100d}}, {{1, kShareable}}, {{0, kS2}}},
     NESTED,
     STAGE_2,
     true},
    {"s1_to_s2",
     {kS1, kCdTable},
     {{{0, 0}}, {{1, kShareable}, {2, s2_q2(7)}, {3, kTtb}}, {{0, kS2}}},
     STAGE_1,
     STAGE_2,
     false},
    {"s2_to_s1",
     {kS2, kShareable, s2_q2(7), kTtb},
     {{{0, 0}}, {{1, kCdTable}, {2, 0}, {3, 0}}, {{0, kS1}}},
     STAGE_2,
     STAGE_1,
     false},
    {"s2_to_other_s2",
     {kS2, kShareable, s2_q2(7), kTtb},
     {{{0, 0}}, {{2, s2_q2(8)}, {3, kOtherTtb}}, {{0, kS2}}},
     STAGE_2,
     OTHER_STAGE_2,
     false},
    {"s1_to_nested",
     {kS1, kCdTable},
     {{{0, 0}}, {{1, kBoth}, {2, s2_q2(7)}, {3, kTtb}}, {{0, kNested}}},
     STAGE_1,
     NESTED,
     false},
};

Outcome outcome_of(const Request &r)
{
    if (r.dma.status == SIM_DMA_ABORT)
        return r.dma.event == C_BAD_STE ? BAD_STE : r.dma.event ? SOMETHING : ABORTED;
    switch (r.dma.pa) {
    case kIova:
        return IDENTITY;
    case 0x201000:
        return STAGE_1;
    case 0x777000:
        return STAGE_2;
    case 0x888000:
        return OTHER_STAGE_2;
    case 0x1000201000:
        return NESTED;
    default:
        return SOMETHING;
    }
}

void prepare(Bench &b, const std::vector<uint64_t> &ste)
{
    b.make_space(0);
    b.make_s2_space(0);
    b.make_s2_space(1);
    b.store(s2_slot(0, kIova), s2_page(0x777000));
    b.store(s2_slot(1, kIova), s2_page(0x888000));
    b.cd(1, 0, {cd_q0(5), space(0), 0, 0xff});
    b.ste(1, ste);
    b.boot();
}

// Requests one after the other while time goes on.
class Device
{
  public:
    explicit Device(Bench &bench) : b_(bench)
    {
    }

    void run(uint64_t n_ps)
    {
        const uint64_t end_ps = test_machine_now_ps(b_.m) + n_ps;

        while (test_machine_now_ps(b_.m) < end_ps) {
            test_machine_run_until(b_.m, test_machine_now_ps(b_.m) + 7000);
            poll();
        }
    }

    void finish()
    {
        b_.settle();
        if (request_)
            seen.insert(outcome_of(*request_));
        request_.reset();
    }

    std::set<Outcome> seen;

  private:
    void poll()
    {
        if (request_ && request_->n_answers) {
            seen.insert(outcome_of(*request_));
            request_.reset();
        }
        if (!request_) {
            const sim_iommu *iommu = test_machine_iommu(b_.m);

            request_ = std::make_unique<Request>(1, kIova);
            if (!iommu->ops->submit(iommu->model, &request_->dma))
                request_.reset(); // no slot: later
        }
    }

    Bench &b_;
    std::unique_ptr<Request> request_;
};

void expect_row(const Row &row, const Config &config, uint64_t offset_ps, std::set<Outcome> *all)
{
    Bench b(config);
    uint32_t n_commands = 0;

    prepare(b, row.before);
    Device device(b);
    device.run(offset_ps);
    for (const auto &step : row.steps) {
        for (const Word &word : step) {
            b.store(0x10040 + 8 * word.index, word.value);
            device.run(15000); // another word, some time later
        }
        b.put(0x100000003, 1); // CFGI_STE
        b.put(0x46);
        b.ring();
        n_commands += 2;
        while (b.read(CMDQ_CONS) != n_commands)
            device.run(7000);
    }
    device.finish();
    all->insert(device.seen.begin(), device.seen.end());
    const std::set<Outcome> before_and_after = {row.old_outcome, row.new_outcome};
    for (const Outcome o : device.seen) {
        if (row.is_hitless || o != BAD_STE) {
            EXPECT_TRUE(before_and_after.count(o)) << o << " at " << offset_ps;
        }
    }
    Request last(1, kIova);
    b.submit(last);
    b.settle();
    EXPECT_EQ(outcome_of(last), row.new_outcome);
}

class SmmuTableUpdate : public testing::TestWithParam<Row>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuTableUpdate, testing::ValuesIn(rows), name_of<Row>);

TEST_P(SmmuTableUpdate, ShowsOldThenNewAndTheBreakIfThereIsOne)
{
    for (const uint32_t order : {0u, 1u, 2u, 3u}) {
        std::set<Outcome> seen;

        for (uint64_t offset_ps = 2000000; offset_ps < 2500000; offset_ps += 41000) {
            Config c("mmu600");

            c.smmu.param.atom_bytes = 8;
            c.smmu.param.atom_order = order;
            c.memory(100000, 10000);
            expect_row(GetParam(), c, offset_ps, &seen);
        }
        EXPECT_TRUE(seen.count(GetParam().old_outcome));
        EXPECT_EQ(seen.count(BAD_STE) != 0,
                  !GetParam().is_hitless || GetParam().old_outcome == BAD_STE);
    }
}

} // namespace
