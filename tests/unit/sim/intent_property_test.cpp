// SPDX-License-Identifier: BSD-2-Clause
// intent_property_test.cpp - random maps and unmaps of three CPUs, against a table of every byte at
// every moment.
// Knows: intent.h, records. Must not know: how ranges are kept.
#include "sim/intent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

namespace
{

constexpr unsigned kCpus = 3;
constexpr unsigned kDomains = 2;
constexpr unsigned kBytes = 12; // of each CPU, in each domain: CPUs do not map the same addresses
constexpr uint64_t kBase = 0xffffffffffffff00;

struct Piece {
    unsigned at, n;
    uint64_t pa;
};

// One operation, as it was from the record `begin` to the record `end`.
struct Op {
    bool is_map, failed;
    unsigned cpu, domain;
    uint64_t begin, end;
    std::vector<Piece> pieces;
};

uint64_t iova_of(unsigned cpu, unsigned at)
{
    return kBase + cpu * kBytes + at;
}

// What was allowed for one byte at one moment.
struct Allowed {
    std::set<uint64_t> pas;
    bool refusal;
};

Allowed reference(const std::vector<Op> &ops, unsigned domain, unsigned cpu, unsigned at,
                  uint64_t moment)
{
    uint64_t last_end = 0, pa = 0;
    bool is_mapped = false;
    Allowed allowed = {};

    for (const Op &op : ops) {
        if (op.domain != domain || op.cpu != cpu || op.begin > moment)
            continue;
        for (const Piece &p : op.pieces) {
            if (at < p.at || at >= p.at + p.n)
                continue;
            if (op.end <= moment && !op.failed && op.end >= last_end) {
                last_end = op.end;
                is_mapped = op.is_map;
                pa = p.pa + (at - p.at);
            }
            if (op.end > moment && op.is_map)
                allowed.pas.insert(p.pa + (at - p.at));
            if (op.end > moment && !op.is_map)
                allowed.refusal = true;
        }
    }
    if (is_mapped)
        allowed.pas.insert(pa);
    else
        allowed.refusal = true;
    return allowed;
}

// A CPU that does one operation after the other, some of them inside a replace.
struct Cpu {
    unsigned number;
    Op op;
    bool is_open = false;
    unsigned n_left = 0;
};

sim_record mark(enum sim_record_kind kind, const Op &op, unsigned domain_given)
{
    sim_record rec;

    sim_record_init(&rec, kind);
    rec.cpu = static_cast<uint16_t>(op.cpu);
    rec.mark.op = op.is_map ? SIM_OP_MAP : SIM_OP_UNMAP;
    rec.mark.domain = domain_given;
    rec.mark.a = iova_of(op.cpu, 0);
    rec.mark.b = kBytes; // announces all that it may touch
    if (kind == SIM_R_END)
        rec.mark_end.ret = op.failed ? -22 : 0;
    return rec;
}

sim_record piece(const Op &op, const Piece &p, unsigned domain_given)
{
    sim_record rec;

    sim_record_init(&rec, op.is_map ? SIM_R_MAP : SIM_R_UNMAP);
    rec.cpu = static_cast<uint16_t>(op.cpu);
    if (op.is_map) {
        rec.map.domain = domain_given;
        rec.map.iova = iova_of(op.cpu, p.at);
        rec.map.size = p.n;
        rec.map.pa = p.pa;
    } else {
        rec.unmap.domain = domain_given;
        rec.unmap.iova = iova_of(op.cpu, p.at);
        rec.unmap.size = kBytes;
        rec.unmap.unmapped = p.n;
    }
    return rec;
}

// The next record of a CPU; finished operations go to @done.
sim_record step(Cpu &cpu, std::mt19937_64 &random, uint64_t seq, std::vector<Op> &done)
{
    Op &op = cpu.op;

    if (!cpu.is_open) {
        op = {};
        op.is_map = random() % 2;
        op.failed = op.is_map && random() % 4 == 0;
        op.cpu = cpu.number;
        op.domain = static_cast<unsigned>(random() % kDomains);
        op.begin = seq;
        cpu.is_open = true;
        cpu.n_left = static_cast<unsigned>(random() % 4);
        return mark(SIM_R_BEGIN, op, op.domain + 1);
    }
    if (!cpu.n_left--) {
        op.end = seq;
        cpu.is_open = false;
        done.push_back(op);
        return mark(SIM_R_END, op, op.domain + 1);
    }
    // Pieces of one map do not overlap: the first maps low bytes, the next higher ones.
    const unsigned from = op.is_map && !op.pieces.empty()
                              ? op.pieces.back().at + op.pieces.back().n
                              : static_cast<unsigned>(random() % kBytes);
    Piece p = {from, 0, (random() % 6 + 1) << 32};

    if (from < kBytes)
        p.n = static_cast<unsigned>(random() % (kBytes - from + 1));
    op.pieces.push_back(p);
    return piece(op, p, random() % 2 ? op.domain + 1 : 0);
}

void compare(const sim_intent *intent, const std::vector<Op> &ops, std::mt19937_64 &random,
             uint64_t last_seq)
{
    for (int i = 0; i < 600; i++) {
        const auto domain = static_cast<unsigned>(random() % kDomains);
        const auto cpu = static_cast<unsigned>(random() % kCpus);
        const auto at = static_cast<unsigned>(random() % kBytes);
        const uint64_t first = random() % (last_seq + 1);
        const uint64_t last = std::min(last_seq, first + random() % 6);
        std::set<uint64_t> pas;
        bool refusal = false;
        sim_intent_answer answer;

        for (uint64_t moment = first; moment <= last; moment++) {
            const Allowed allowed = reference(ops, domain, cpu, at, moment);

            pas.insert(allowed.pas.begin(), allowed.pas.end());
            refusal |= allowed.refusal;
        }
        sim_intent_ask(intent, domain + 1, SIM_DOMAIN_PAGING, iova_of(cpu, at), first, last,
                       &answer);
        ASSERT_EQ(answer.refusal, refusal) << first << ".." << last << " byte " << at;
        ASSERT_EQ(answer.is_opaque, pas.size() > SIM_INTENT_TARGETS);
        if (answer.is_opaque)
            continue;
        ASSERT_EQ(std::set<uint64_t>(answer.pa, answer.pa + answer.n_targets), pas)
            << first << ".." << last << " byte " << at << " cpu " << cpu;
    }
}

// What must work now: disjoint, ascending, and neither more nor less than the reference says.
void compare_ranges(const sim_intent *intent, const std::vector<Op> &ops, uint64_t seq)
{
    for (unsigned domain = 0; domain < kDomains; domain++) {
        const size_t n = sim_intent_n_ranges(intent, domain + 1);
        uint64_t before = 0, n_bytes = 0, n_expected = 0;
        uint64_t iova, size, pa;

        for (size_t i = 0; i < n; i++) {
            sim_intent_range(intent, domain + 1, i, &iova, &size, &pa);
            ASSERT_GT(size, 0u);
            ASSERT_GE(iova, before);
            before = iova + size;
            n_bytes += size;
            for (uint64_t k = 0; k < size; k++) {
                const auto byte = static_cast<unsigned>(iova + k - kBase);
                const Allowed allowed = reference(ops, domain, byte / kBytes, byte % kBytes, seq);

                ASSERT_EQ(allowed.pas, std::set<uint64_t>{pa + k});
                ASSERT_FALSE(allowed.refusal);
            }
        }
        for (unsigned byte = 0; byte < kCpus * kBytes; byte++)
            n_expected += !reference(ops, domain, byte / kBytes, byte % kBytes, seq).refusal;
        ASSERT_EQ(n_bytes, n_expected);
    }
}

TEST(IntentProperty, SameAsATableOfEveryMoment)
{
    const uint64_t n_seeds = std::getenv("IOMMUSIM_TEST_LONG") ? 20000 : 600;

    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        std::mt19937_64 random(seed);
        sim_intent *intent = sim_intent_new();
        Cpu cpus[kCpus];
        std::vector<Op> ops;
        uint64_t seq = 0;

        SCOPED_TRACE(seed);
        for (unsigned c = 0; c < kCpus; c++)
            cpus[c].number = c;
        while (seq < 150 || cpus[0].is_open || cpus[1].is_open || cpus[2].is_open) {
            Cpu &cpu = cpus[random() % kCpus];

            if (seq >= 150 && !cpu.is_open)
                continue;
            const sim_record rec = step(cpu, random, ++seq, ops);
            ASSERT_EQ(sim_intent_record(intent, &rec, seq), 0);
        }
        ASSERT_NO_FATAL_FAILURE(compare(intent, ops, random, seq));
        ASSERT_NO_FATAL_FAILURE(compare_ranges(intent, ops, seq));
        sim_intent_free(intent);
    }
}

} // namespace
