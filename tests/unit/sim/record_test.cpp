// SPDX-License-Identifier: BSD-2-Clause
// The table of records: every field in its place, every rule of sim_record_check.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <set>
#include <string>

#include "sim/record.h"

namespace
{

TEST(RecordTable, FieldsLieInsideTheRecordAndDoNotOverlap)
{
    for (unsigned kind = 0; kind < SIM_N_RECORD_KINDS; kind++) {
        const sim_record_info &info = sim_record_infos[kind];
        std::set<unsigned> taken;
        std::set<std::string> names;

        if (!info.name)
            continue;
        for (unsigned i = 0; i < info.n_fields; i++) {
            const sim_field_info &field = info.fields[i];

            EXPECT_TRUE(names.insert(field.name).second) << info.name << "." << field.name;
            EXPECT_GE(field.offset, 12u) << info.name << "." << field.name;
            for (unsigned byte = 0; byte < field.n_bytes; byte++) {
                EXPECT_LT(field.offset + byte, sizeof(sim_record));
                EXPECT_TRUE(taken.insert(field.offset + byte).second)
                    << info.name << "." << field.name;
            }
        }
    }
}

TEST(RecordTable, PositionsAreOneToN)
{
    for (unsigned kind = 0; kind < SIM_N_RECORD_KINDS; kind++) {
        const sim_record_info &info = sim_record_infos[kind];
        std::set<unsigned> positions;

        for (unsigned i = 0; info.name && i < info.n_fields; i++) {
            if (info.fields[i].place != SIM_PLACE_KEY) {
                EXPECT_TRUE(positions.insert(info.fields[i].place).second) << info.name;
            }
        }
        EXPECT_EQ(positions.size(), info.n_positions) << (info.name ? info.name : "-");
        if (!positions.empty()) {
            EXPECT_EQ(*positions.rbegin(), info.n_positions) << info.name;
        }
    }
}

TEST(RecordTable, CodesOnDiskNeverChange)
{
    // Numbers that are in files out there.
    EXPECT_EQ(SIM_R_META, 1);
    EXPECT_EQ(SIM_R_STORE, 4);
    EXPECT_EQ(SIM_R_MMIO_WRITE, 5);
    EXPECT_EQ(SIM_R_WAIT, 9);
    EXPECT_EQ(SIM_R_BEGIN, 10);
    EXPECT_EQ(SIM_R_MAP, 12);
    EXPECT_EQ(SIM_R_MEMORY, 14);
    EXPECT_EQ(SIM_R_LOST, 17);
    EXPECT_EQ(SIM_R_DMA, 21);
    EXPECT_EQ(SIM_S_STE, 1);
    EXPECT_EQ(SIM_S_CD, 3);
    EXPECT_EQ(SIM_S_PASID, 7);
    EXPECT_EQ(SIM_S_OTHER, 20);
    EXPECT_EQ(SIM_OP_REPLACE, 1);
    EXPECT_EQ(SIM_OP_UNMAP, 8);
}

TEST(RecordTable, WordsOfEnumerationsReadBack)
{
    for (unsigned show = SIM_SHOW_STRUCTURE; show < SIM_N_SHOWS; show++) {
        for (uint64_t value = 0; sim_enum_word(static_cast<sim_show>(show), value); value++) {
            const char *word = sim_enum_word(static_cast<sim_show>(show), value);
            uint64_t back = 99;

            EXPECT_TRUE(
                sim_enum_value(static_cast<sim_show>(show), word, std::strlen(word), &back));
            EXPECT_EQ(back, value) << word;
        }
    }
}

TEST(RecordFields, GetGivesBackWhatSetStored)
{
    sim_record rec;
    const sim_field_info *ret = sim_record_field(SIM_R_WAIT, "ret");

    sim_record_init(&rec, SIM_R_WAIT);
    sim_field_set(&rec, ret, static_cast<uint64_t>(-110));
    EXPECT_EQ(rec.wait.ret, -110);
    EXPECT_EQ(static_cast<int64_t>(sim_field_get(&rec, ret)), -110);
    EXPECT_TRUE(sim_field_fits(ret, static_cast<uint64_t>(INT32_MIN)));
    EXPECT_FALSE(sim_field_fits(ret, UINT64_C(0x80000000)));
    EXPECT_TRUE(sim_field_fits(sim_record_field(SIM_R_STORE, "width"), 255));
    EXPECT_FALSE(sim_field_fits(sim_record_field(SIM_R_STORE, "width"), 256));
}

struct BadRecord {
    const char *name;
    sim_record_kind kind;
    std::function<void(sim_record &)> change;
    const char *wrong;
};

void PrintTo(const BadRecord &bad, std::ostream *out)
{
    *out << bad.name;
}

class RecordCheck : public testing::TestWithParam<BadRecord>
{
};

TEST_P(RecordCheck, NamesWhatIsWrong)
{
    sim_record rec;

    sim_record_init(&rec, GetParam().kind);
    if (rec.kind == SIM_R_EVENT)
        rec.event.n_words = 1;
    EXPECT_EQ(sim_record_check(&rec), nullptr);
    GetParam().change(rec);
    EXPECT_STREQ(sim_record_check(&rec), GetParam().wrong);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RecordCheck,
    testing::Values(
        BadRecord{"Kind", SIM_R_MARK, [](sim_record &r) { r.kind = 0; }, "unknown kind of record"},
        BadRecord{"KindTooLarge", SIM_R_MARK, [](sim_record &r) { r.kind = 200; },
                  "unknown kind of record"},
        BadRecord{"Flag", SIM_R_MARK, [](sim_record &r) { r.flags = SIM_RF_OLD; },
                  "a flag that this kind of record does not have"},
        BadRecord{"Structure", SIM_R_STORE,
                  [](sim_record &r) { r.store.structure = SIM_N_STRUCTURES; },
                  "unknown value of an enumeration"},
        BadRecord{"Op", SIM_R_BEGIN, [](sim_record &r) { r.mark.op = 14; },
                  "unknown value of an enumeration"},
        BadRecord{"StoreWidth", SIM_R_STORE, [](sim_record &r) { r.store.width = 3; },
                  "width of a store must be 1, 2, 4, 8 or 16"},
        BadRecord{"StoreAlignment", SIM_R_STORE, [](sim_record &r) { r.store.pa = 4; },
                  "a store must be aligned to its width"},
        BadRecord{"StoreWide", SIM_R_STORE,
                  [](sim_record &r) {
                      r.store.width = 2;
                      r.store.value = 0x10000;
                  },
                  "value wider than the store"},
        BadRecord{"StoreHigh", SIM_R_STORE, [](sim_record &r) { r.store.value_hi = 1; },
                  "value_hi needs width=16"},
        BadRecord{"StoreAtomic", SIM_R_STORE, [](sim_record &r) { r.flags = SIM_RF_ATOMIC; },
                  "atomic needs width=16"},
        BadRecord{"MmioWidth", SIM_R_MMIO_WRITE, [](sim_record &r) { r.mmio.width = 2; },
                  "width of a register access must be 4 or 8"},
        BadRecord{"MmioValue", SIM_R_MMIO_READ,
                  [](sim_record &r) { r.mmio_read.value = UINT64_C(1) << 32; },
                  "value wider than the register access"},
        BadRecord{"MmioOffset", SIM_R_MMIO_WRITE, [](sim_record &r) { r.mmio.offset = 2; },
                  "register offset must be a multiple of 4"},
        BadRecord{"MemoryAlignment", SIM_R_MEMORY, [](sim_record &r) { r.memory.size = 4; },
                  "address and size must be multiples of 8"},
        BadRecord{"MemoryWraps", SIM_R_MEMORY,
                  [](sim_record &r) {
                      r.memory.pa = UINT64_MAX - 7;
                      r.memory.size = 16;
                  },
                  "the range wraps around the end of the address space"},
        BadRecord{"MapWraps", SIM_R_MAP,
                  [](sim_record &r) {
                      r.map.iova = UINT64_MAX;
                      r.map.size = 2;
                  },
                  "the range wraps around the end of the address space"},
        BadRecord{"EventWords", SIM_R_EVENT, [](sim_record &r) { r.event.n_words = 5; },
                  "n_words must be 1 to 4"}),
    [](const testing::TestParamInfo<BadRecord> &row) { return std::string(row.param.name); });

TEST(RecordCheckGood, TakesTheLastBytesOfTheAddressSpace)
{
    sim_record rec;

    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = UINT64_MAX - 7;
    rec.memory.size = 8;
    EXPECT_EQ(sim_record_check(&rec), nullptr);
}

} // namespace
