// SPDX-License-Identifier: BSD-2-Clause
// intent_fixture.h - promises put in record by record, answers as short texts.
// Knows: intent.h, records. Must not know: how ranges are kept.
#ifndef TESTS_INTENT_FIXTURE_H
#define TESTS_INTENT_FIXTURE_H

#include "sim/intent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

constexpr uint64_t kDomain = 0xffff000000e75040;
constexpr uint64_t kOther = 0xffff000000e75440;

struct Intent {
    Intent() = default;
    Intent(const Intent &) = delete;
    Intent &operator=(const Intent &) = delete;
    ~Intent()
    {
        sim_intent_free(intent);
    }
    // Each returns the number of its record: 1, 2, ...
    uint64_t put(const sim_record &rec)
    {
        EXPECT_EQ(sim_intent_record(intent, &rec, ++seq), 0);
        return seq;
    }
    uint64_t begin(uint8_t op, uint64_t a = 0, uint64_t b = 0, uint64_t domain = kDomain,
                   uint16_t cpu = 0)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_BEGIN);
        rec.cpu = cpu;
        rec.mark.op = op;
        rec.mark.domain = domain;
        rec.mark.a = a;
        rec.mark.b = b;
        return put(rec);
    }
    uint64_t end(uint8_t op, uint64_t a = 0, uint64_t b = 0, int32_t ret = 0,
                 uint64_t domain = kDomain, uint16_t cpu = 0)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_END);
        rec.cpu = cpu;
        rec.mark_end.op = op;
        rec.mark_end.domain = domain;
        rec.mark_end.a = a;
        rec.mark_end.b = b;
        rec.mark_end.ret = ret;
        return put(rec);
    }
    uint64_t map(uint64_t iova, uint64_t pa, uint64_t size, uint64_t domain = kDomain,
                 uint16_t cpu = 0, int prot = -1)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MAP);
        rec.cpu = cpu;
        rec.map.domain = domain;
        rec.map.iova = iova;
        rec.map.pa = pa;
        rec.map.size = size;
        if (prot >= 0) {
            rec.flags |= SIM_RF_PROT;
            rec.map.prot = static_cast<uint8_t>(prot);
        }
        return put(rec);
    }
    uint64_t unmap(uint64_t iova, uint64_t size, uint64_t unmapped, uint64_t domain = kDomain,
                   uint16_t cpu = 0)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_UNMAP);
        rec.cpu = cpu;
        rec.unmap.domain = domain;
        rec.unmap.iova = iova;
        rec.unmap.size = size;
        rec.unmap.unmapped = unmapped;
        return put(rec);
    }
    // "1000 refuse": the targets, then whether it may be refused; "?" = opaque.
    std::string ask(uint64_t iova, uint64_t first, uint64_t last, uint64_t domain = kDomain,
                    sim_domain_kind kind = SIM_DOMAIN_PAGING) const
    {
        std::vector<uint64_t> pas;
        sim_intent_answer answer;
        std::string text;
        char buf[32];

        sim_intent_ask(intent, domain, kind, iova, first, last, &answer);
        pas.assign(answer.pa, answer.pa + answer.n_targets);
        std::sort(pas.begin(), pas.end());
        for (uint64_t pa : pas) {
            snprintf(buf, sizeof(buf), "%llx ", static_cast<unsigned long long>(pa));
            text += buf;
        }
        if (answer.refusal)
            text += "refuse ";
        if (answer.is_opaque)
            text += "? ";
        if (!text.empty())
            text.pop_back();
        return text;
    }
    std::string at(uint64_t iova, uint64_t seq_) const
    {
        return ask(iova, seq_, seq_);
    }
    // "1000+800>80001000 ...": what must work.
    std::string ranges(uint64_t domain = kDomain) const
    {
        std::string text;
        uint64_t iova, size, pa;
        char buf[80];

        for (size_t i = 0; i < sim_intent_n_ranges(intent, domain); i++) {
            sim_intent_range(intent, domain, i, &iova, &size, &pa);
            snprintf(buf, sizeof(buf), "%s%llx+%llx>%llx", i ? " " : "",
                     static_cast<unsigned long long>(iova), static_cast<unsigned long long>(size),
                     static_cast<unsigned long long>(pa));
            text += buf;
        }
        return text;
    }
    sim_intent *intent = sim_intent_new();
    uint64_t seq = 0;
};

#endif
