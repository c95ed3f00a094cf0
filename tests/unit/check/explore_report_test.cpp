/* SPDX-License-Identifier: BSD-2-Clause
 * explore_report_test.cpp - what a report has of each operation: answers and when they were there,
 * witnesses, sums, reasons. Device 1 has an STE of zeros: all that it gets is C_BAD_STE. */
#include "tests/unit/check/explore_stream.h"

#include <algorithm>
#include <string>

using namespace explore_test;

namespace
{

constexpr uint64_t kL1 = kTableA + 0x1000;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
}

void store_and_cfgi(Stream &s, uint64_t word0)
{
    s.store(ste_at(kSid), word0);
    s.cfgi_ste();
    s.sync();
}

const xpl_slot &slot_of(const xpl_op &op, uint32_t sid)
{
    uint32_t i = 0;

    while (i < op.n_slots && op.slots[i].request.requester != sid)
        i++;
    EXPECT_LT(i, op.n_slots);
    return op.slots[i];
}

/* "phase kind event flags", one word each: B during abort ... */
std::string show(const xpl_outcome &outcome)
{
    static const char *const phase[] = {"before", "during", "after"};
    static const char *const kind[] = {"refused", "bypass", "translated", "guest"};
    std::string text = std::string(phase[outcome.phase]) + " " + kind[outcome.target.kind];

    if (outcome.source == XPL_TLB)
        text += " tlb";
    if (outcome.target.event)
        text += " event " + std::to_string(outcome.target.event);
    if (outcome.is_old)
        text += " old";
    if (outcome.is_new)
        text += " new";
    if (outcome.is_left_over)
        text += " left-over";
    if (outcome.verdict != CHK_HITLESS)
        text += std::string(" ") + chk_class_name(outcome.verdict);
    return text;
}

std::vector<std::string> show(const xpl_slot &slot)
{
    std::vector<std::string> all;

    for (uint32_t i = 0; i < slot.n_outcomes; i++)
        all.push_back(show(slot.outcomes[i]));
    std::sort(all.begin(), all.end());
    return all;
}

const xpl_outcome &outcome_of(const xpl_slot &slot, const std::string &text)
{
    uint32_t i = 0;

    while (i + 1 < slot.n_outcomes && show(slot.outcomes[i]) != text)
        i++;
    EXPECT_EQ(text, show(slot.outcomes[i]));
    return slot.outcomes[i];
}

struct Answers : std::vector<std::string> {
    Answers(std::initializer_list<std::string> list) : vector(list)
    {
        std::sort(begin(), end());
    }
};

/* ---- answers ---- */

TEST(ExploreReport, answers_of_a_good_detach)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    const uint64_t seq = s.records.size();

    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    const xpl_report &report = s.explore();
    const xpl_op &op = report.ops[0];
    const xpl_slot &own = slot_of(op, kSid);
    const xpl_slot &other = slot_of(op, kOtherSid);

    EXPECT_EQ((Answers{"before translated old", "during translated old", "during refused new",
                       "after refused new"}),
              show(own));
    EXPECT_EQ(seq, own.outcomes[2].seq);
    EXPECT_EQ(CHK_TRANSLATED, own.old_target.kind);
    EXPECT_EQ(CHK_REFUSED, own.new_target.kind);
    EXPECT_TRUE(own.is_switched);
    EXPECT_EQ(0u, own.dev);
    EXPECT_EQ((Answers{"before refused event 4 old new", "during refused event 4 old new",
                       "after refused event 4 old new"}),
              show(other));
    EXPECT_FALSE(other.is_switched);
    EXPECT_EQ(1u, other.dev);
    EXPECT_EQ(7u, op.n_outcomes);
    EXPECT_EQ(7u, report.n_outcomes);
    EXPECT_EQ(own.n_views + other.n_views, op.n_views);
    EXPECT_LE(3u, own.n_views); /* abort, stage 1, and its CD */
    EXPECT_LE(op.n_views, report.n_views);
    EXPECT_EQ(0u, op.n_views_kept); /* nothing to show */
    for (uint32_t i = 0; i < own.n_outcomes; i++)
        EXPECT_EQ(XPL_NO_VIEW, own.outcomes[i].view);
}

/* A detach whose command is not waited for leaves the old; the next operation is not charged. */
TEST(ExploreReport, answers_that_an_earlier_operation_left)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.end(SIM_OP_DETACH);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ((Answers{"before translated old", "during translated old", "during refused new",
                       "after translated old STALE", "after refused new"}),
              show(slot_of(report.ops[0], kSid)));
    EXPECT_EQ((Answers{"before translated left-over", "before refused old new",
                       "during translated left-over", "during refused old new",
                       "after translated left-over", "after refused old new"}),
              show(slot_of(report.ops[1], kSid)));
    EXPECT_EQ(0u, report.ops[1].n_views); /* nothing was looked at again */
    EXPECT_LT(0u, report.ops[0].n_views);
}

/* Refusals are one by their effect: what harmed nobody is charged to nobody. */
TEST(ExploreReport, event_that_harmed_nobody_is_not_left_over)
{
    Stream s;

    s.on();
    s.begin(SIM_OP_ATTACH);
    s.store(ste_at(kSid), 1);
    s.end(SIM_OP_ATTACH);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    EXPECT_EQ((Answers{"before refused event 4 old new", "before refused old new",
                       "during refused event 4 old new", "during refused old new",
                       "after refused event 4 old new", "after refused old new"}),
              show(slot_of(report.ops[1], kSid)));
}

/* What came with a switch that is at work when another one begins is its own. */
TEST(ExploreReport, what_memory_says_at_the_begin_is_not_left_over)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    store_and_cfgi(s, 1);
    s.end(SIM_OP_DETACH);
    s.begin(SIM_OP_ATTACH);
    store_and_cfgi(s, s1_ste(kCdTable)[0]);
    s.end(SIM_OP_ATTACH);
    EXPECT_EQ((Answers{"before refused old", "during refused old", "during translated new",
                       "after translated new"}),
              show(slot_of(s.explore().ops[1], kSid)));
}

TEST(ExploreReport, classes_of_each_source_and_the_worst_of_them)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB); /* TORN until it is invalid, then BREAKS */
    s.store(kCdTable, 0);
    s.cfgi_cd();
    s.sync();
    s.tlbi_asid(1);
    s.sync();
    s.store(kCdTable, cd(2, kTableB)[0]);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];
    const xpl_slot &own = slot_of(op, kSid);

    EXPECT_EQ(1u << CHK_TORN | 1u << CHK_BREAKS, own.classes[XPL_ENTRY]);
    EXPECT_EQ(CHK_TORN, own.worst);
    EXPECT_EQ(CHK_TORN, op.entry_worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_TORN, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(0u, slot_of(op, kOtherSid).classes[XPL_ENTRY]);
    EXPECT_EQ(CHK_HITLESS, slot_of(op, kOtherSid).worst);
}

/* Only the table of a CD changes, so that both views look under one tag. */
TEST(ExploreReport, answers_of_a_tlb_are_told_apart)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_slot &own = slot_of(s.explore().ops[0], kSid);

    EXPECT_EQ((Answers{"before translated old", "during translated old", "during translated new",
                       "during translated tlb", "during translated tlb", "after translated new",
                       "after translated tlb STALE"}),
              show(own));
    EXPECT_EQ(0u, own.classes[XPL_ENTRY]);
    EXPECT_EQ(1u << CHK_STALE, own.classes[XPL_TLB]);
}

TEST(ExploreReport, second_replace_is_charged_with_what_it_leaves_in_the_tlb)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable + 8, kTableB);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_STALE, report.ops[1].worst[XPL_ARCHITECTURE]);
}

/* ---- witnesses ---- */

TEST(ExploreReport, witness_of_a_break_is_the_entry_as_it_was_fetched)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 0);
    const uint64_t seq = s.records.size();

    s.cfgi_ste();
    s.sync();
    store_and_cfgi(s, s1_ste(kCdTable)[0]);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];
    const xpl_slot &own = slot_of(op, kSid);
    const xpl_outcome &bad = outcome_of(own, "during refused event 4 BREAKS");

    EXPECT_EQ(seq, bad.seq);
    ASSERT_LT(bad.view, op.n_views_kept);
    const xpl_view &view = op.views[bad.view];

    ASSERT_EQ(1u, view.n_structures);
    EXPECT_EQ(SIM_S_STE, view.structure[0].key.structure);
    EXPECT_EQ(kSid, view.structure[0].key.requester);
    EXPECT_EQ(ste_at(kSid), view.structure[0].address);
    EXPECT_EQ(8u, view.structure[0].n_words);
    EXPECT_EQ(0u, view.structure[0].word[0]);
    EXPECT_EQ(seq, view.structure[0].word_seq[0]);
    EXPECT_EQ(s1_ste(kCdTable)[1], view.structure[0].word[1]);
    EXPECT_EQ(0u, view.structure[0].word_seq[1]);
    /* Beside it the old before, and the new from then on: to compare with. */
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "before translated old new").view);
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "during translated old new").view);
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "after translated old new").view);
    EXPECT_EQ(4u, op.n_views_kept);
}

TEST(ExploreReport, witness_of_a_torn_cd_is_the_chain_that_leads_to_it)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, cd(2, kTableA)[0]);
    const uint64_t first = s.records.size();

    s.store(kCdTable + 8, kTableB);
    const uint64_t second = s.records.size();

    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];
    const xpl_slot &own = slot_of(op, kSid);
    bool has_old_id = false, has_new_id = false;

    for (uint32_t i = 0; i < own.n_outcomes; i++) {
        const xpl_outcome &bad = own.outcomes[i];

        if (bad.verdict != CHK_TORN || bad.source != XPL_ENTRY)
            continue;
        ASSERT_LT(bad.view, op.n_views_kept);
        const xpl_view &view = op.views[bad.view];
        const bool is_new_id = view.structure[1].word[0] == cd(2, kTableA)[0];

        ASSERT_EQ(2u, view.n_structures);
        EXPECT_EQ(SIM_S_STE, view.structure[0].key.structure);
        EXPECT_EQ(SIM_S_CD, view.structure[1].key.structure);
        EXPECT_EQ(kCdTable, view.structure[1].address);
        EXPECT_EQ(is_new_id ? kTableA : kTableB, view.structure[1].word[1]);
        EXPECT_EQ(is_new_id ? first : 0, view.structure[1].word_seq[0]);
        EXPECT_EQ(is_new_id ? 0 : second, view.structure[1].word_seq[1]);
        EXPECT_EQ(is_new_id ? first : second, bad.seq);
        (is_new_id ? has_new_id : has_old_id) = true;
    }
    EXPECT_TRUE(has_old_id);
    EXPECT_TRUE(has_new_id);
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "before translated old").view);
    EXPECT_EQ(XPL_NO_VIEW, outcome_of(own, "during translated old").view);
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "during translated new").view);
    EXPECT_NE(XPL_NO_VIEW, outcome_of(own, "after translated new").view);
}

/* Two words in a row that both are refused (AA64=0). It is so from the first one on. */
TEST(ExploreReport, witness_shows_the_latest_of_several_words)
{
    const uint64_t bad_word = cd(1, kTableA)[0] & ~(1ull << 41);
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(kCdTable, bad_word);
    const uint64_t first = s.records.size();

    s.store(kCdTable, bad_word | 9ull << 48);
    s.cfgi_cd();
    s.sync();
    s.store(kCdTable, cd(1, kTableA)[0]);
    s.cfgi_cd();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];
    const xpl_outcome &bad = outcome_of(slot_of(op, kSid), "during refused event 10 BREAKS");

    EXPECT_EQ(first, bad.seq);
    ASSERT_LT(bad.view, op.n_views_kept);
    const xpl_view &view = op.views[bad.view];

    ASSERT_EQ(2u, view.n_structures);
    EXPECT_EQ(bad_word | 9ull << 48, view.structure[1].word[0]);
    EXPECT_EQ(first + 1, view.structure[1].word_seq[0]);
}

/* ---- who is in charge ---- */

TEST(ExploreReport, table_that_is_freed_outside_any_operation_is_counted)
{
    Stream s;

    prepare(s);
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.free_page(kL1);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    EXPECT_EQ(1u, report.bad_outside);
    EXPECT_EQ(CHK_HITLESS, report.worst[XPL_ARCHITECTURE]);
}

TEST(ExploreReport, what_happens_after_an_operation_is_not_charged_to_it)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    store_and_cfgi(s, 1);
    s.end(SIM_OP_DETACH);
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    const xpl_report &report = s.explore();

    EXPECT_EQ(CHK_HITLESS, report.ops[0].worst[XPL_ARCHITECTURE]);
    EXPECT_EQ((Answers{"before translated old", "during translated old", "during refused new",
                       "after refused new"}),
              show(slot_of(report.ops[0], kSid)));
    EXPECT_EQ(7u, report.ops[0].n_outcomes);
}

/* Nobody was in charge of what came between: all of it is the next operation's. */
TEST(ExploreReport, what_nobody_was_in_charge_of_is_charged_to_the_next)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    store_and_cfgi(s, 1);
    s.end(SIM_OP_DETACH);
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    EXPECT_EQ((Answers{"before refused", "before translated old new", "during refused BREAKS",
                       "during translated old new", "after refused STALE-REFUSAL",
                       "after translated old new"}),
              show(slot_of(s.explore().ops[1], kSid)));
}

TEST(ExploreReport, map_that_changes_an_entry_is_charged_with_it)
{
    for (const bool has_cfgi : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_MAP, UINT32_MAX);
        s.store(ste_at(kSid), 1);
        if (has_cfgi) {
            s.cfgi_ste();
            s.sync();
        }
        s.end(SIM_OP_MAP, UINT32_MAX);
        const xpl_op &op = s.explore().ops[0];
        const xpl_slot &slot = slot_of(op, kSid);

        ASSERT_EQ(1u, op.n_slots);
        EXPECT_FALSE(slot.is_switched);
        EXPECT_EQ(CHK_TRANSLATED, slot.old_target.kind);
        EXPECT_EQ(CHK_REFUSED, slot.new_target.kind);
        EXPECT_EQ(has_cfgi ? CHK_HITLESS : CHK_STALE, op.worst[XPL_ARCHITECTURE]) << has_cfgi;
    }
}

/* Two CPUs, each with a device: what the second does is not the first one's. */
TEST(ExploreReport, operations_side_by_side_have_their_own_devices)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.cpu = 1;
    s.begin(SIM_OP_ATTACH, 1);
    s.store(ste_at(kOtherSid), 1);
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.end(SIM_OP_ATTACH, 1);
    s.cpu = 0;
    store_and_cfgi(s, 1);
    s.end(SIM_OP_REPLACE);
    const xpl_report &report = s.explore();

    ASSERT_EQ(2u, report.n_ops);
    EXPECT_EQ(CHK_HITLESS, report.worst[XPL_ARCHITECTURE]);
    EXPECT_TRUE(slot_of(report.ops[0], kSid).is_switched);
    EXPECT_FALSE(slot_of(report.ops[0], kOtherSid).is_switched);
    EXPECT_TRUE(slot_of(report.ops[1], kOtherSid).is_switched);
    ASSERT_EQ(1u, report.ops[1].n_slots); /* device 0 is at work itself */
    EXPECT_EQ((Answers{"before refused event 4 old new", "during refused event 4 old new",
                       "after refused event 4 old new"}),
              show(slot_of(report.ops[0], kOtherSid)));
}

/* A mark inside another does not begin anew: what came before it was inside the switch. */
TEST(ExploreReport, switch_begins_with_the_outer_mark)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    store_and_cfgi(s, 0);
    s.begin(SIM_OP_DRV_ATTACH);
    store_and_cfgi(s, s1_ste(kCdTable)[0]);
    s.end(SIM_OP_DRV_ATTACH);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_BREAKS, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(2u, op.n_slots);
}

} // namespace
