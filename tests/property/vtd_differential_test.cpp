// SPDX-License-Identifier: BSD-2-Clause
// vtd_differential_test.cpp - random tables of every kind: the model, with whatever it keeps and in
// whatever order it reads, answers as a unit without caches does; so it does again after changes
// and the invalidation of everything.
#include "tests/property/vtd_oracle.h"
#include "tests/unit/models/vtd/vtd_machine_bench.h"

#include <cstdlib>
#include <memory>
#include <random>
#include <set>

namespace
{

using namespace vtdm;
using vtd_oracle::Ask;
using vtd_oracle::End;
using vtd_oracle::Kind;

constexpr unsigned kTables = 12; // of each stage
constexpr unsigned kIndices = 3; // of each table, from 0 on, are in use
constexpr uint64_t kFsTables = 0x200000, kSsTables = 0x240000;
constexpr uint64_t kNowhere = 0x40000000; // no memory
constexpr uint16_t kSids[] = {0x10, 0x11, 0x93};
constexpr uint32_t kPasids = 4;

enum class Forgotten { NOTHING, CONFIGURATION, IOTLB };

class World
{
  public:
    World(uint32_t seed, bool is_scalable) : rng_(seed), is_scalable_(is_scalable)
    {
        static const char *const presets[] = {"zero", "bdw"};
        Config config(presets[below(2)]);

        config.vtd.param.seed = seed;
        config.vtd.param.cache_mode = below(5);
        config.vtd.param.prefetch = below(3);
        config.vtd.param.atom_order = below(4);
        if (one_in(3)) {
            config.vtd.param.psc_entries = one_in(2) ? 0 : 8;
            config.vtd.param.psc_ways = 0;
            config.vtd.param.tlb_reserved = 0;
            config.vtd.param.tlb_entries = 4;
            config.vtd.param.tlb_ways = one_in(2) ? 1 : 0;
        }
        b_ = std::make_unique<Bench>(config);
        make_tables();
        make_configuration();
        Boot how;
        how.rtaddr = kRoots | (is_scalable ? SCALABLE : LEGACY);
        how.is_wide = is_scalable;
        b_->boot(how);
    }

    void check(unsigned n_asks)
    {
        for (unsigned i = 0; i < n_asks && !testing::Test::HasFailure(); i++) {
            const Ask ask = random_ask();
            const vtd_oracle::Answer expected = vtd_oracle::translate(unit(), ask);
            const Answer a = answer(ask);

            codes_.insert(expected.code);
            n_ok_ += expected.code == 0;
            if (!is_same(ask, a, expected))
                ADD_FAILURE() << std::hex << "sid " << ask.sid << " pasid " << ask.has_pasid << " "
                              << ask.pasid << " iova " << ask.iova << " reads " << ask.reads
                              << " writes " << ask.writes << ": event " << a.event << " for "
                              << expected.code << ", pa " << a.pa << " for " << expected.pa
                              << ", rights " << unsigned(a.granted) << " for " << expected.rights;
        }
    }

    unsigned n_differences(unsigned n_asks)
    {
        unsigned n = 0;

        for (unsigned i = 0; i < n_asks; i++) {
            const Ask ask = random_ask();
            const vtd_oracle::Answer expected = vtd_oracle::translate(unit(), ask);

            n += !is_same(ask, answer(ask), expected);
        }
        return n;
    }

    // Some of everything changes, and everything is invalidated but what is forgotten.
    void change(Forgotten forgotten = Forgotten::NOTHING)
    {
        if (one_in(2) || forgotten == Forgotten::IOTLB)
            make_tables();
        if (one_in(2) || forgotten == Forgotten::CONFIGURATION)
            make_configuration();
        if (forgotten != Forgotten::CONFIGURATION)
            b_->run_wait({0x11});
        if (is_scalable_ && forgotten != Forgotten::CONFIGURATION)
            b_->run_wait({0x37});
        if (forgotten != Forgotten::IOTLB)
            b_->run_wait({0xd2});
    }

    unsigned n_ok() const
    {
        return n_ok_;
    }
    const std::set<unsigned> &codes() const
    {
        return codes_;
    }

  private:
    std::mt19937 rng_;
    bool is_scalable_;
    std::unique_ptr<Bench> b_;
    unsigned n_ok_ = 0;
    std::set<unsigned> codes_; // reasons that were met

    uint32_t below(uint32_t n)
    {
        return static_cast<uint32_t>(rng_() % n);
    }
    bool one_in(uint32_t n)
    {
        return below(n) == 0;
    }
    // A word that is seldom wrong.
    uint64_t spoilt(uint64_t word)
    {
        return one_in(40) ? word ^ UINT64_C(1) << below(64) : word;
    }

    uint64_t fs_entry()
    {
        const uint64_t flags = (one_in(12) ? 0 : 1) | (one_in(5) ? 0 : 2) | (one_in(8) ? 0 : 4) |
                               (one_in(3) ? 0 : 0x20) | (one_in(3) ? 0 : 0x40);
        uint64_t target = kFsTables + 0x1000 * below(kTables);

        if (one_in(30))
            target = kNowhere;
        if (one_in(6)) // a large page, or an entry of level 4 that must not be one
            return spoilt(flags | 0x80 | (one_in(2) ? 0x40000000 * below(4) : 0x200000 * below(8)));
        return spoilt(flags | target);
    }
    uint64_t ss_entry_of(uint64_t target)
    {
        const uint64_t flags = (one_in(10) ? 0 : 1) | (one_in(6) ? 0 : 2) |
                               (one_in(3) ? 0 : 0x100) | (one_in(3) ? 0 : 0x200);

        if (one_in(30))
            target = one_in(2) ? kNowhere : 0xfee00000;
        if (one_in(8))
            return spoilt(flags | 0x80 | (one_in(2) ? 0x40000000 * below(4) : 0x200000 * below(8)));
        return spoilt(flags | target);
    }
    // Any table at any level. Below the second stage the first stage's tables are where they are,
    // if its leaves say so: most lead to pages of the pool.
    void make_tables()
    {
        for (uint64_t t = 0; t < kTables; t++) {
            for (const uint64_t i : {0u, 1u, 2u, 511u}) {
                const uint64_t target = one_in(3) ? kFsTables + 0x1000 * below(kTables)
                                                  : kSsTables + 0x1000 * below(kTables);

                b_->store(kFsTables + 0x1000 * t + 8 * i, fs_entry());
                b_->store(kSsTables + 0x1000 * t + 8 * i, ss_entry_of(target));
            }
        }
    }

    std::vector<uint64_t> pasid_entry(uint64_t did)
    {
        const uint64_t type = one_in(20) ? below(8) : 1 + below(4);
        const uint64_t aw = one_in(12) ? below(8) : 1 + below(2);
        const uint64_t ss = kSsTables + 0x1000 * below(kTables);
        // Below a second stage the table is anywhere in what its indices reach.
        const uint64_t guest =
            0x1000 * below(kIndices) + (one_in(3) ? 0x200000 * below(kIndices) : 0);
        const uint64_t fs = type == 3 ? guest : kFsTables + 0x1000 * below(kTables);
        const uint64_t w0 = (one_in(15) ? 0 : 1) | (one_in(10) ? 2 : 0) | aw << 2 | type << 6 |
                            (one_in(3) ? 0x200 : 0) | ss;
        const uint64_t w1 = did | (one_in(6) ? 0 : 0x800000) | (one_in(6) ? 0x1000000 : 0);
        const uint64_t w2 = fs | (one_in(2) ? 1 : 0) | (one_in(5) ? 4 : 0) |
                            (one_in(3) ? 0x10 : 0) | (one_in(4) ? 0x80 : 0);

        return {spoilt(w0), (spoilt(w1) & ~UINT64_C(0xffff)) | did, spoilt(w2), one_in(50), 0, 0, 0,
                0};
    }

    void make_scalable(uint16_t sid, uint64_t did)
    {
        const uint64_t slot = kCtxs + 32 * (sid & 0xff), dir = dir_of(sid & 0x1f);
        uint64_t flags = 1 | (one_in(8) ? 2 : 0) | (one_in(6) ? 0 : 4) | (one_in(6) ? 0 : 8);

        flags |= one_in(3) ? 0x10 : 0;
        b_->store(slot, spoilt((one_in(30) ? kNowhere : dir) |
                               (one_in(20) ? flags & ~UINT64_C(1) : flags)));
        b_->store(slot + 8, spoilt(below(kPasids) | (one_in(3) ? 0x100000 : 0)));
        b_->store(slot + 16, UINT64_C(0));
        b_->store(slot + 24, static_cast<uint64_t>(one_in(60)));
        b_->store(dir, spoilt((one_in(30) ? kNowhere : dir + 0x1000) | (one_in(20) ? 0 : 1)));
        for (uint32_t pasid = 0; pasid < kPasids; pasid++)
            b_->store(dir + 0x1000 + 64 * pasid, pasid_entry(did + pasid));
    }

    void make_legacy(uint16_t sid, uint64_t did)
    {
        const uint64_t slot = kCtxs + 16 * (sid & 0xff);
        const uint64_t type = one_in(12) ? below(4) : below(3);
        const uint64_t aw = one_in(12) ? below(8) : (type == 2 ? 2 : 1 + below(2));
        const uint64_t w1 = spoilt(did << 8 | aw);

        b_->store(slot, spoilt((one_in(15) ? 0 : 1) | (one_in(8) ? 2 : 0) | type << 2 |
                               (kSsTables + 0x1000 * below(kTables))));
        b_->store(slot + 8, (w1 & ~UINT64_C(0xffff00)) | did << 8);
    }

    // Every entry has a domain of its own: who shares one must have the same tables (6.3).
    void make_configuration()
    {
        uint64_t did = 1;

        b_->store(kRoots, one_in(30) ? kNowhere | 1 : spoilt(kCtxs | 1));
        b_->store(kRoots + 8, is_scalable_ ? spoilt((kCtxs + 0x1000) | 1) : one_in(40));
        for (const uint16_t sid : kSids) {
            if (is_scalable_)
                make_scalable(sid, did);
            else
                make_legacy(sid, did);
            did += kPasids;
        }
    }

    Ask random_ask()
    {
        Ask ask = {};

        ask.sid = kSids[below(3)];
        ask.has_pasid = is_scalable_ ? !one_in(3) : one_in(30);
        ask.pasid = ask.has_pasid ? (one_in(40) ? 0x2000 : below(kPasids)) : 0;
        for (unsigned level = 0; level < 4; level++)
            ask.iova |= static_cast<uint64_t>(below(kIndices)) << (12 + 9 * level);
        if (one_in(2))
            ask.iova &= 0x7fffffffff; // 39 bits
        if (one_in(25))
            ask.iova |= UINT64_C(1) << (39 + below(25));
        if (one_in(25))
            ask.iova |= UINT64_C(0xffff800000000000);
        ask.iova |= 8 * below(512);
        ask.reads = !one_in(3);
        ask.writes = !ask.reads || one_in(4);
        ask.is_supervisor = one_in(4);
        ask.kind = one_in(3) ? Kind::REQUEST : Kind::UNTRANSLATED;
        if (ask.kind == Kind::REQUEST)
            ask.reads = true;
        return ask;
    }

    vtd_oracle::Unit unit() const
    {
        return {[this](uint64_t pa) { return b_->load(pa); },
                [](uint64_t pa) { return pa < TEST_MACHINE_RAM_BYTES; }, kRoots, is_scalable_};
    }

    Answer answer(const Ask &ask)
    {
        unsigned access = 0;

        if (ask.reads)
            access |= SIM_DMA_READ;
        if (ask.writes)
            access |= SIM_DMA_WRITE;
        if (ask.is_supervisor)
            access |= SIM_DMA_PRIVILEGED;
        return b_->dma(ask.sid, ask.iova, access, ask.has_pasid ? ask.pasid : kNoPasid,
                       ask.kind == Kind::REQUEST ? SIM_DMA_TRANSLATION_REQUEST
                                                 : SIM_DMA_UNTRANSLATED);
    }

    static bool is_same(const Ask &ask, const Answer &a, const vtd_oracle::Answer &expected)
    {
        const bool is_request = ask.kind == Kind::REQUEST;
        const bool is_ok = expected.end == End::OK;
        unsigned status = SIM_DMA_OK;

        if (!is_ok)
            status = expected.end == End::ABORTED ? SIM_DMA_ABORT : SIM_DMA_UR;
        if (a.event != expected.code || a.status != status)
            return false;
        if (is_request && is_ok && a.granted != expected.rights)
            return false;
        return !is_ok || expected.code || (is_request && !expected.rights) || a.pa == expected.pa;
    }
};

unsigned n_worlds()
{
    const char *level = std::getenv("IOMMUSIM_TEST_LONG");

    return level && level[0] == '1' ? 21000 : 150;
}

// @reasons: that must have been met.
void compare_worlds(bool is_scalable, const std::set<unsigned> &reasons)
{
    std::set<unsigned> met;
    unsigned n_ok = 0;

    for (uint32_t seed = 0; seed < n_worlds() && !testing::Test::HasFailure(); seed++) {
        SCOPED_TRACE(seed);
        World world(seed, is_scalable);

        for (unsigned round = 0; round < 3; round++) {
            world.check(80);
            world.change();
        }
        n_ok += world.n_ok();
        met.insert(world.codes().begin(), world.codes().end());
    }
    EXPECT_GT(n_ok, 20 * n_worlds()); // it is not all faults
    for (const unsigned code : reasons)
        EXPECT_EQ(met.count(code), 1u) << std::hex << code;
}

// What software forgets is seen: the comparison can fail.
TEST(VtdDifferential, FindsForgottenInvalidations)
{
    for (const Forgotten forgotten : {Forgotten::CONFIGURATION, Forgotten::IOTLB}) {
        for (const bool is_scalable : {false, true}) {
            unsigned n = 0;

            for (uint32_t seed = 0; seed < 20; seed++) {
                World world(seed, is_scalable);

                (void)world.n_differences(80);
                world.change(forgotten);
                n += world.n_differences(80);
            }
            EXPECT_GT(n, 10u);
        }
    }
}

TEST(VtdDifferential, LegacyMode)
{
    compare_worlds(false,
                   {0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x31});
}

TEST(VtdDifferential, ScalableMode)
{
    compare_worlds(true, {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x48, 0x50, 0x51, 0x52, 0x58,
                          0x59, 0x5a, 0x5b, 0x5d, 0x70, 0x71, 0x72, 0x73, 0x75, 0x76, 0x77, 0x78,
                          0x79, 0x7a, 0x7b, 0x7c, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x90});
}

} // namespace
