// SPDX-License-Identifier: BSD-2-Clause
// mixed_bench.h - what tests of parts that meet share: ATS, stage 2 and updates of flags.
#ifndef MIXED_BENCH_H
#define MIXED_BENCH_H

#include "tests/unit/models/smmuv3/machine_bench.h"

namespace mixed
{

using namespace machine;

// IDR0: ATS, ATSRECERR, HTTU=2, STALL_MODEL. CR0: ATSCHK. CR2: RECINVSID, REC_CFG_ATS.
constexpr uint32_t kAts = 0x800400, kHttu = 0x80, kStallModel = 0x3000000;
constexpr uint32_t kAtsChk = 0x10, kRecCfgAts = 0xa;
constexpr uint64_t kFull = 0x10000000, kSplit = 0x20000000; // STE q1: EATS
constexpr uint64_t kHaHd = UINT64_C(3) << 42;               // CD q0
constexpr uint64_t kS2HaHd = UINT64_C(3) << 55;             // STE q2
constexpr uint64_t kS1Ro = 0x80, kAf = 0x400, kDbm = UINT64_C(1) << 51;
constexpr uint64_t kS2R = 0x40, kS2W = 0x80; // S2AP
constexpr uint64_t kSid1 = UINT64_C(1) << 32;
constexpr unsigned kR = SIM_DMA_READ, kW = SIM_DMA_WRITE, kRw = kR | kW;

inline const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};

struct MixedBench : Bench {
    explicit MixedBench(const Config &config) : Bench(config)
    {
    }
    void boot_checked(uint32_t cr2 = 0x2, uint64_t evtq = kEvtq | 7)
    {
        Boot how;

        how.cr0 = ALL_ON | kAtsChk;
        how.cr2 = cr2;
        how.evtq_base = evtq;
        boot(how);
    }
    Answer ats(sim_dma_kind kind, uint64_t iova, unsigned access)
    {
        Request r(1, iova, access);

        r.dma.kind = static_cast<uint8_t>(kind);
        submit(r);
        settle();
        EXPECT_EQ(r.n_answers, 1u);
        return {r.dma.status, r.dma.pa, r.dma.event, r.dma.page_log2, r.dma.granted};
    }
    Answer ask(uint64_t iova, unsigned access = kRw)
    {
        return ats(SIM_DMA_TRANSLATION_REQUEST, iova, access);
    }
    Answer send(uint64_t pa, unsigned access = kR)
    {
        return ats(SIM_DMA_TRANSLATED, pa, access);
    }
    void eats(uint64_t eats)
    {
        store(kStreams + 64 + 8, eats);
    }
    // Stream 1 with both stages, ATS and updates of flags by both.
    void make_updating(uint64_t how)
    {
        make_nested(1, 0, 0, 1, 7);
        store(kStreams + 64 + 16, s2_q2(7) | kS2HaHd);
        store(cds_of(1), cd_q0(1) | kHaHd);
        eats(how);
    }
    uint64_t s1_leaf(uint64_t iova) const
    {
        return load(leaf_slot(0, iova));
    }
    uint64_t s2_leaf(uint64_t ipa) const
    {
        return load(s2_slot(0, ipa));
    }
};

inline Config ats_config(const char *preset = "zero", uint32_t more = 0)
{
    Config c(preset);

    c.idr0(0, kAts | more);
    c.memory(50000);
    return c;
}

} // namespace mixed

#endif
