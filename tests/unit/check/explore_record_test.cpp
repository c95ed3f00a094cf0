/* SPDX-License-Identifier: BSD-2-Clause
 * explore_record_test.cpp - what each kind of record means to the explorer: units and devices,
 * registers, stores of any width, memory that becomes known, barriers, gaps. */
#include "tests/unit/check/explore_stream.h"

using namespace explore_test;

namespace
{

constexpr uint64_t kGbpa = 0x44;
constexpr uint64_t kGbpaAbort = 1ull << 20;

void prepare(Stream &s)
{
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.on();
}

void detach(Stream &s, uint32_t dev = 0, uint32_t sid = kSid)
{
    s.begin(SIM_OP_DETACH, dev);
    s.store(ste_at(sid), 1);
    s.cfgi_ste(sid);
    s.sync();
    s.end(SIM_OP_DETACH, dev);
}

sim_device known(uint32_t dev, uint16_t iommu, uint32_t sid)
{
    sim_device device = {};

    device.dev = dev;
    device.iommu = iommu;
    device.requester[0] = sid;
    device.n_requesters = 1;
    return device;
}

/* ---- units and devices ---- */

TEST(ExploreRecord, device_that_the_caller_knows_needs_no_record)
{
    Stream s;

    s.devices = {known(7, 0, 9), known(8, 1, 10)};
    s.devices[0].requester[1] = 11;
    s.devices[0].n_requesters = 2;
    s.entry(ste_at(9), identity_ste());
    prepare(s);
    detach(s, 7, 9);
    const xpl_op &op = s.explore().ops[0];

    ASSERT_EQ(4u, op.n_slots); /* StreamIDs 9 and 11, and devices 0 and 1 beside it */
    unsigned n_own = 0;

    for (uint32_t i = 0; i < op.n_slots; i++) {
        if (!op.slots[i].is_switched)
            continue;
        n_own++;
        EXPECT_EQ(7u, op.slots[i].dev);
        EXPECT_EQ(n_own == 1 ? 9u : 11u, op.slots[i].request.requester);
        EXPECT_EQ(CHK_NO_PASID, op.slots[i].request.pasid);
    }
    EXPECT_EQ(2u, n_own);
    EXPECT_FALSE(op.inconclusive);
}

TEST(ExploreRecord, pasid_that_the_caller_knows_is_a_request_of_its_own)
{
    Stream s;

    s.devices = {known(7, 0, 9)};
    s.devices[0].has_pasid = true;
    s.devices[0].pasid = 4;
    prepare(s);
    s.begin(SIM_OP_SET_PASID, 7);
    s.of_pasid(4);
    s.end(SIM_OP_SET_PASID, 7);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(9u, op.slots[0].request.requester);
    EXPECT_EQ(4u, op.slots[0].request.pasid);
    EXPECT_TRUE(op.slots[0].is_switched);
}

TEST(ExploreRecord, device_of_another_unit_is_not_known_here)
{
    Stream s;

    s.devices = {known(8, 1, 10)};
    prepare(s);
    detach(s, 8, 10);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
}

/* The record says StreamID 12; the caller knows better. */
TEST(ExploreRecord, record_of_a_device_that_the_caller_knows_says_nothing_new)
{
    Stream s;

    s.devices = {known(7, 0, 9), known(8, 0, 10)};
    s.device_is(7, 12);
    prepare(s);
    detach(s, 7, 9);
    const xpl_op &op = s.explore().ops[0];

    for (uint32_t i = 0; i < op.n_slots; i++)
        EXPECT_NE(12u, op.slots[i].request.requester);
}

TEST(ExploreRecord, device_without_a_stream_id_has_no_requests)
{
    Stream s;

    s.device_is(7, UINT32_MAX);
    prepare(s);
    s.begin(SIM_OP_DETACH, 7);
    s.end(SIM_OP_DETACH, 7);
    EXPECT_TRUE(s.explore().ops[0].inconclusive);
    EXPECT_EQ(2u, s.explore().ops[0].n_slots); /* of the other devices */
}

/* Which of two units a device is behind, no record says. */
TEST(ExploreRecord, device_beside_several_units_is_not_known)
{
    for (const bool is_first : {false, true}) {
        Stream s;

        if (is_first)
            s.device_is(7, 9);
        s.unit(1);
        s.iommu_number = 0;
        if (!is_first)
            s.device_is(7, 9);
        prepare(s);
        detach(s, 7, 9);
        EXPECT_EQ(!is_first, s.explore().ops[0].inconclusive) << is_first;
    }
}

TEST(ExploreRecord, units_have_queues_and_tables_of_their_own)
{
    Stream s;

    s.devices = {known(7, 1, 9)};
    prepare(s);
    s.unit(1);
    s.records.back().unit.iommu = 1;
    for (const auto &id :
         {std::array<uint64_t, 2>{0x0, 0x94c341b}, {0x4, 0x9000210}, {0xc, 0x504}, {0x14, 0x15}}) {
        sim_record r = {};

        r.kind = SIM_R_MMIO_READ;
        r.mmio_read.iommu = 1;
        r.mmio_read.offset = id[0];
        r.mmio_read.value = id[1];
        r.mmio_read.width = 4;
        s.records.push_back(r);
    }
    s.memory(0x30000000, 0x100000);
    s.reg(0x80, 0x30000000, 8);
    s.reg(0x88, 4);
    s.reg(0x90, 0x30010000 | 8, 8);
    s.reg(0x98, 0);
    s.reg(0x20, 8);
    s.store(0x30000000 + 9 * 64, identity_ste()[0]);
    s.on();
    s.begin(SIM_OP_DETACH, 7);
    s.store(0x30000000 + 9 * 64, 1);
    s.store16(0x30010000, 9ull << 32 | 3, 1, false);
    s.store16(0x30010010, 0x2046, 0, false);
    s.reg(0x98, 2);
    s.wait_for(SIM_COND_REG, 0x9c, 2);
    s.end(SIM_OP_DETACH, 7);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(1u, op.stores);
    EXPECT_EQ(2u, op.commands);
    EXPECT_FALSE(op.inconclusive);
    ASSERT_EQ(3u, op.n_slots);
    for (uint32_t i = 0; i < op.n_slots; i++)
        EXPECT_EQ(op.slots[i].request.requester == 9 ? 1u : 0u, op.slots[i].iommu);
}

/* Its records are taken, and that is all. */
TEST(ExploreRecord, unit_of_an_unknown_architecture_has_no_requests)
{
    Stream s;
    sim_record read = {};

    s.devices = {known(7, 1, 9)};
    s.unit(1);
    s.records.back().unit.arch = SIM_ARCH_VTD;
    s.reg(0x20, 9);
    read.kind = SIM_R_MMIO_READ;
    read.mmio_read.iommu = 1;
    s.records.push_back(read);
    s.iommu_number = 0;
    prepare(s);
    s.begin(SIM_OP_DETACH, 7);
    s.end(SIM_OP_DETACH, 7);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_TRUE(op.inconclusive);
    for (uint32_t i = 0; i < op.n_slots; i++)
        EXPECT_NE(9u, op.slots[i].request.requester);
}

/* A device that appears while its unit is on: any entry may have been fetched at once, unless
 * nothing is prefetched. */
TEST(ExploreRecord, device_that_appears_late_may_have_been_prefetched)
{
    Stream s;

    s.entry(kCdTable, cd(1, kTableA));
    s.on();
    s.device_is(7, 9);
    s.entry(ste_at(9), s1_ste(kCdTable)); /* nobody tells the SMMU */
    s.begin(SIM_OP_ATTACH, 7);
    s.end(SIM_OP_ATTACH, 7);
    EXPECT_NE(CHK_HITLESS, s.last(XPL_ARCHITECTURE));
    EXPECT_EQ(CHK_HITLESS, s.last(XPL_DEPLOYED));
    EXPECT_NE(CHK_HITLESS, s.explore().ops[0].entry_worst[XPL_ARCHITECTURE]);
    EXPECT_EQ(CHK_HITLESS, s.explore().ops[0].entry_worst[XPL_DEPLOYED]);
}

TEST(ExploreRecord, deployed_level_has_its_own_classes_of_entries)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.store(ste_at(kSid), 0);
    s.cfgi_ste();
    s.sync();
    s.store(ste_at(kSid), s1_ste(kCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_BREAKS, op.entry_worst[XPL_DEPLOYED]);
    EXPECT_EQ(CHK_HITLESS, op.tlb_worst[XPL_DEPLOYED]);
    EXPECT_EQ(1u << CHK_BREAKS, op.classes[XPL_DEPLOYED]);
}

/* ---- registers ---- */

TEST(ExploreRecord, unit_that_is_switched_off_lets_requests_pass_or_not)
{
    for (const bool is_abort : {false, true}) {
        Stream s;

        prepare(s);
        if (is_abort)
            s.reg(kGbpa, kGbpaAbort);
        s.begin(SIM_OP_REPLACE);
        s.reg(0x20, 8);
        s.reg(0x20, 9);
        s.end(SIM_OP_REPLACE);
        EXPECT_EQ(is_abort ? CHK_BREAKS : CHK_TORN, s.last()) << is_abort;
    }
}

TEST(ExploreRecord, what_a_unit_does_while_it_is_off_is_a_register_of_its_own)
{
    Stream s;

    prepare(s);
    s.reg(0x20, 8);
    s.begin(SIM_OP_REPLACE);
    s.reg(kGbpa, kGbpaAbort);
    s.end(SIM_OP_REPLACE);
    /* The unit is off: no request of a device is known to it. */
    EXPECT_EQ(1u, s.explore().n_ops);
    const xpl_op &op = s.explore().ops[0];

    ASSERT_LE(1u, op.n_slots);
    EXPECT_EQ(CHK_BYPASS, op.slots[0].old_target.kind);
    EXPECT_EQ(CHK_REFUSED, op.slots[0].new_target.kind);
}

TEST(ExploreRecord, table_of_streams_may_move_while_the_unit_is_off)
{
    Stream s;

    prepare(s);
    s.entry(0x10040000 + kSid * 64, abort_ste());
    s.reg(0x20, 8);
    s.reg(0x80, 0x10040000, 8);
    s.reg(0x20, 9);
    s.cfgi_ste();
    s.sync();
    s.begin(SIM_OP_REPLACE);
    s.end(SIM_OP_REPLACE);
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(CHK_REFUSED, op.slots[0].old_target.kind);
    EXPECT_EQ(CHK_REFUSED, op.slots[0].new_target.kind);
}

TEST(ExploreRecord, queue_may_get_its_size_after_its_write_pointer)
{
    Stream s;

    s.reg(0x20, 0);
    s.reg(0x90, 0, 8);
    s.prod = 5;
    s.doorbell();
    s.reg(0x90, kQueue | 8, 8);
    s.reg(0x20, 8);
    prepare(s);
    detach(s);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- stores ---- */

TEST(ExploreRecord, store_of_four_bytes_changes_half_a_word)
{
    for (const bool is_high : {false, true}) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_REPLACE);
        s.store(kCdTable + (is_high ? 4 : 0),
                is_high ? (cd(2, kTableA)[0] >> 32) : (cd(1, kTableA)[0] & 0xffffffff), SIM_S_CD);
        s.records.back().store.width = 4;
        s.cfgi_cd();
        s.sync();
        s.end(SIM_OP_REPLACE);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]) << is_high;
        EXPECT_EQ(1u, op.stores);
        EXPECT_EQ(is_high ? 2u : 1u, op.slots[0].new_target.tlb[0].tag.id);
    }
}

/* No barrier between the CD and the pointer to it: of a store of 16 bytes at once all is seen or
 * nothing, of two either half. */
TEST(ExploreRecord, store_of_sixteen_bytes_at_once_is_late_as_a_whole)
{
    for (const bool is_atomic : {false, true}) {
        Stream s;

        s.params.atom_bytes = 16;
        s.meta("barriers", "recorded");
        s.entry(ste_at(kSid), s1_ste(kCdTable));
        s.entry(kCdTable, cd(1, kTableA));
        s.store(kSecondCdTable + 24, cd(2, kTableB)[3]);
        s.barrier();
        s.on();
        s.begin(SIM_OP_REPLACE);
        s.store16(kSecondCdTable, cd(2, kTableB)[0], kTableB, is_atomic);
        s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
        s.cfgi_ste();
        s.sync();
        s.barrier();
        s.end(SIM_OP_REPLACE);
        const uint32_t classes = s.explore().ops[0].classes[XPL_ARCHITECTURE];

        EXPECT_NE(0u, classes & 1u << CHK_BREAKS) << is_atomic; /* V=0 still */
        EXPECT_EQ(!is_atomic, (classes & 1u << CHK_TORN) != 0) << is_atomic;
    }
}

/* Barriers are implied for what one CPU does; another one's pointer is not ordered after it,
 * though nothing was heard of that CPU before. */
TEST(ExploreRecord, pointer_of_a_cpu_that_is_new_is_not_ordered_after_the_first_ones_stores)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_REPLACE);
    s.entry(kSecondCdTable, cd(2, kTableB));
    s.cpu = 1;
    s.store(ste_at(kSid), s1_ste(kSecondCdTable)[0]);
    s.cfgi_ste();
    s.sync();
    s.cpu = 0;
    s.end(SIM_OP_REPLACE);
    EXPECT_NE(CHK_HITLESS, s.last());
}

/* ---- memory that becomes known ---- */

TEST(ExploreRecord, memory_that_becomes_known_is_a_store_of_nobody)
{
    for (const bool is_recorded : {false, true}) {
        Stream s;

        if (is_recorded)
            s.meta("barriers", "recorded");
        s.device_is(2, 4); /* its STE is the next */
        s.device_is(3, 2); /* and this one's the one before */
        s.entry(ste_at(2), identity_ste());
        s.entry(ste_at(4), identity_ste());
        s.entry(ste_at(kSid), s1_ste(kCdTable));
        s.entry(kCdTable, cd(1, kTableA));
        s.barrier();
        s.on();
        s.begin(SIM_OP_DETACH);
        s.memory(ste_at(kSid), 64);
        s.cfgi_ste();
        s.sync();
        s.end(SIM_OP_DETACH);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(CHK_HITLESS, op.worst[XPL_ARCHITECTURE]) << is_recorded;
        for (uint32_t i = 0; i < op.n_slots; i++) {
            const bool is_own = op.slots[i].dev == 0;

            if (op.slots[i].dev == 1)
                continue;
            EXPECT_EQ(is_own ? CHK_TRANSLATED : CHK_BYPASS, op.slots[i].old_target.kind);
            EXPECT_EQ(is_own ? CHK_REFUSED : CHK_BYPASS, op.slots[i].new_target.kind);
            EXPECT_EQ(is_own ? 4u : 3u, op.slots[i].n_outcomes);
        }
    }
}

/* What its CPU has stored elsewhere is on its way still. */
TEST(ExploreRecord, memory_that_becomes_known_is_no_barrier)
{
    Stream s;

    s.meta("barriers", "recorded");
    s.entry(ste_at(kSid), s1_ste(kCdTable));
    s.entry(kCdTable, cd(1, kTableA));
    s.barrier();
    s.on();
    s.begin(SIM_OP_DETACH);
    s.store(ste_at(kSid), 1);
    s.memory(ste_at(kOtherSid), 64);
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreRecord, memory_that_becomes_known_stays_cached_until_it_is_invalidated)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.memory(ste_at(kSid), 8);
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_STALE, s.last());
}

TEST(ExploreRecord, memory_is_filled_with_what_the_record_says)
{
    Stream s;

    prepare(s);
    s.begin(SIM_OP_DETACH);
    s.memory(ste_at(kSid), 8);
    s.records.back().memory.fill = 0x9; /* bypass */
    s.cfgi_ste();
    s.sync();
    s.end(SIM_OP_DETACH);
    EXPECT_EQ(CHK_BYPASS, s.explore().ops[0].slots[0].new_target.kind);
    EXPECT_EQ(CHK_HITLESS, s.last());
}

/* ---- free ---- */

struct Freed {
    uint64_t pa, size;
    bool dangles;
};

/* The STE of StreamID 3 has bytes 0xc0 to 0xff of its page, the only CD 0 to 0x3f of its own. */
TEST(ExploreRecord, freed_memory_with_a_structure_in_it_dangles)
{
    const Freed rows[] = {
        {ste_at(kSid), 64, true},          {ste_at(kSid) + 63, 1, true},
        {ste_at(kSid) - 64, 64, false},    {ste_at(kSid) - 64, 65, true},
        {ste_at(kSid) + 64, 64, false},    {kCdTable, 0x1000, true},
        {kCdTable + 0x40, 0x100, false},   {kCdTable - 0x1000, 0x1000, false},
        {kCdTable - 0x1000, 0x1001, true},
    };

    for (const Freed &row : rows) {
        Stream s;

        prepare(s);
        s.begin(SIM_OP_UNMAP, UINT32_MAX);
        s.free_page(row.pa, row.size);
        const uint64_t seq = s.records.size();

        s.end(SIM_OP_UNMAP, UINT32_MAX);
        const xpl_op &op = s.explore().ops[0];

        EXPECT_EQ(row.dangles ? CHK_DANGLES : CHK_HITLESS, op.worst[XPL_ARCHITECTURE])
            << std::hex << row.pa << "+" << row.size;
        ASSERT_EQ(row.dangles ? 1u : 0u, op.n_tables);
        if (!row.dangles)
            continue;
        EXPECT_EQ(row.pa, op.tables[0].page);
        EXPECT_EQ(seq, op.tables[0].seq);
        EXPECT_STREQ("hardware may still read a structure there", op.tables[0].what);
    }
}

/* ---- what the stream says of itself ---- */

TEST(ExploreRecord, barriers_are_recorded_if_the_stream_says_so)
{
    const struct {
        const char *key, *value;
        bool is_recorded;
    } rows[] = {
        {"barriers", "recorded", true},   {"barriers", "implied", false},
        {"barriers", "recorder", false},  {"barriers", "recorde", false},
        {"barriers", "recorded.", false}, {"barrierz", "recorded", false},
        {"barrier", "recorded", false},   {"barriers.", "recorded", false},
    };

    for (const auto &row : rows) {
        Stream s;

        s.meta(row.key, row.value);
        EXPECT_EQ(!row.is_recorded, s.explore().ordering_assumed) << row.key << row.value;
    }
}

TEST(ExploreRecord, another_property_leaves_barriers_alone)
{
    Stream s;

    s.meta("barriers", "recorded");
    s.meta("kernel", "6.12");
    EXPECT_FALSE(s.explore().ordering_assumed);
}

TEST(ExploreRecord, operation_has_the_times_of_its_marks)
{
    Stream s;

    prepare(s);
    const uint64_t begin = s.records.size() + 1;

    detach(s);
    for (size_t i = 0; i < s.records.size(); i++)
        s.records[i].time_ns = 1000 + i;
    const xpl_op &op = s.explore().ops[0];

    EXPECT_EQ(begin, op.begin_seq);
    EXPECT_EQ(s.records.size(), op.end_seq);
    EXPECT_EQ(1000 + begin - 1, op.begin_ns);
    EXPECT_EQ(1000 + s.records.size() - 1, op.end_ns);
    EXPECT_EQ(SIM_OP_DETACH, op.op);
    EXPECT_EQ(0u, op.dev);
    EXPECT_EQ(UINT32_MAX, op.pasid);
}

} // namespace
