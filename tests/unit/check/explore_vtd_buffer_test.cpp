/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_buffer_test.cpp - the write buffer of a remapping unit: who empties it, and when that
 * is known (CAP.RWBF; facts 1.3, 4.4, 6.4). */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_late.h"

using namespace vtd_test;

namespace
{

void on_legacy(Stream &s)
{
    map(s);
    s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
    s.on();
    s.cc_global();
    s.descriptor(0xd2);
    s.wait();
}

void wbf(Stream &s, bool is_awaited)
{
    s.reg(0x18, kOn | 1u << 27);
    if (is_awaited)
        s.poll(0x1c, 1u << 27, 0);
}

TEST(VtdBuffer, IsEmptiedByWbfBehindTheLastStore)
{
    const struct {
        const char *name;
        bool is_before, is_after, is_awaited;
        chk_class verdict;
    } cases[] = {{"behind", false, true, true, CHK_HITLESS},
                 {"before", true, false, true, CHK_STALE_REFUSAL},
                 {"none", false, false, false, CHK_STALE_REFUSAL},
                 {"nobody waits for it", false, true, false, CHK_STALE_REFUSAL}};

    for (const auto &c : cases) {
        Stream s(kCap | kRwbf, false);

        on_legacy(s);
        s.begin(SIM_OP_ATTACH, 1);
        s.store(legacy_at(kOtherSid) + 8, legacy(5, kTableB)[1], SIM_S_CTX);
        if (c.is_before)
            wbf(s, true);
        s.store(legacy_at(kOtherSid), legacy(5, kTableB)[0], SIM_S_CTX);
        if (c.is_after)
            wbf(s, c.is_awaited);
        s.end(SIM_OP_ATTACH, 1);
        expect(c.verdict, s, c.name);
    }
}

TEST(VtdBuffer, WithoutOneAnEntryAppearsByItself)
{
    Stream s(kCap, false);

    on_legacy(s);
    s.begin(SIM_OP_ATTACH, 1);
    s.store16(legacy_at(kOtherSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
    s.end(SIM_OP_ATTACH, 1);
    expect(CHK_HITLESS, s, "no buffer");
}

/* Hardware empties it before it executes one (4.4). */
TEST(VtdBuffer, IsEmptiedByAnInvalidation)
{
    const struct {
        const char *name;
        bool has_wait, is_last_store_behind;
        chk_class verdict;
    } cases[] = {{"complete", true, false, CHK_HITLESS},
                 {"nobody waits", false, false, CHK_STALE},
                 {"the store is behind", true, true, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s(kCap | kRwbf, false);

        on_legacy(s);
        s.begin();
        if (!c.is_last_store_behind)
            s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        s.cc_device(4);
        s.iotlb_domain(4);
        if (c.has_wait)
            s.wait();
        if (c.is_last_store_behind)
            s.store16(legacy_at(kSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        s.end();
        expect(c.verdict, s, c.name);
    }
}

TEST(VtdBuffer, KeepsPageTablesToo)
{
    const struct {
        const char *name;
        unsigned op;
        bool has_flush;
        chk_class verdict;
    } cases[] = {{"map", SIM_OP_MAP, false, CHK_STALE_REFUSAL},
                 {"map, WBF", SIM_OP_MAP, true, CHK_HITLESS},
                 {"unmap, invalidated", SIM_OP_UNMAP, true, CHK_HITLESS},
                 {"unmap", SIM_OP_UNMAP, false, CHK_STALE}};

    for (const auto &c : cases) {
        Stream s(kCap | kRwbf, false);

        on_legacy(s);
        s.begin(c.op, UINT32_MAX);
        if (c.op == SIM_OP_MAP) {
            s.store(kLevel1 + 8, (kPage + 0x1000) | 3, SIM_S_PTE_VTD);
            if (c.has_flush)
                wbf(s, true);
        } else {
            s.store(kLevel1, 0, SIM_S_PTE_VTD);
            if (c.has_flush) {
                s.iotlb_page(4, kIova);
                s.wait();
            }
        }
        s.end(c.op, UINT32_MAX);
        expect(c.verdict, s, c.name);
    }
}

/* A line leaves the cache for the buffer: both are needed. */
TEST(VtdBuffer, TakesWhatLeavesACache)
{
    for (const bool is_flush_first : {true, false}) {
        Stream s(kCap | kRwbf, false);

        s.recorded();
        s.id(0x10, kNotSnooped);
        on_legacy(s);
        s.flush_all();
        wbf(s, true);
        s.begin(SIM_OP_ATTACH, 1);
        s.store16(legacy_at(kOtherSid), legacy(5, kTableB)[0], legacy(5, kTableB)[1], SIM_S_CTX);
        if (is_flush_first)
            s.flush(legacy_at(kOtherSid));
        wbf(s, true);
        if (!is_flush_first)
            s.flush(legacy_at(kOtherSid));
        s.end(SIM_OP_ATTACH, 1);
        expect(is_flush_first ? CHK_HITLESS : CHK_STALE_REFUSAL, s, "flush, then WBF");
    }
}

} // namespace
