// SPDX-License-Identifier: BSD-2-Clause
// Memory rebuilt from records against ELF dumps made here, byte by byte.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <elf.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "kernel-glue/trace/trc_elf.h"
#include "kernel-glue/trace/trc_verify.h"

namespace
{

// An ELF core with one segment of 8-byte words at a physical address.
class Dump
{
  public:
    Dump(uint64_t pa, std::vector<uint64_t> words)
    {
        Elf64_Ehdr header = {};
        Elf64_Phdr segment = {};

        std::memcpy(header.e_ident,
                    "\x7f"
                    "ELF\x02\x01\x01",
                    7);
        header.e_type = ET_CORE;
        header.e_machine = EM_AARCH64;
        header.e_version = 1;
        header.e_phoff = sizeof(header);
        header.e_ehsize = sizeof(header);
        header.e_phentsize = sizeof(segment);
        header.e_phnum = 1;
        segment.p_type = PT_LOAD;
        segment.p_offset = sizeof(header) + sizeof(segment);
        segment.p_paddr = pa;
        segment.p_filesz = segment.p_memsz = words.size() * 8;
        bytes.append(reinterpret_cast<char *>(&header), sizeof(header));
        bytes.append(reinterpret_cast<char *>(&segment), sizeof(segment));
        bytes.append(reinterpret_cast<char *>(words.data()), words.size() * 8);
        save();
    }
    ~Dump()
    {
        unlink(path);
    }
    void save()
    {
        FILE *file = fopen(path, "wb");

        fwrite(bytes.data(), 1, bytes.size(), file);
        fclose(file);
    }
    std::string bytes;
    char path[64] = "verify_test.elf.XXXXXX";
    int fd = mkstemp(path);
};

class Verify : public testing::Test
{
  protected:
    void SetUp() override
    {
        sim_diag_init(&diag, "trace");
        verify = trc_verify_new(&diag);
    }
    void TearDown() override
    {
        trc_verify_free(verify);
    }
    void alloc(uint64_t pa, uint64_t size, sim_structure structure = SIM_S_STE)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MEMORY);
        rec.memory.structure = structure;
        rec.memory.pa = pa;
        rec.memory.size = size;
        ASSERT_EQ(trc_verify_put(verify, &rec), 0);
    }
    void free_range(uint64_t pa, uint64_t size)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_FREE);
        rec.memfree.pa = pa;
        rec.memfree.size = size;
        ASSERT_EQ(trc_verify_put(verify, &rec), 0);
    }
    void store(uint64_t pa, uint64_t value, uint64_t old = 0, sim_structure structure = SIM_S_STE)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_STORE);
        rec.flags = SIM_RF_OLD;
        rec.store.structure = structure;
        rec.store.pa = pa;
        rec.store.value = value;
        rec.store.old = old;
        ASSERT_EQ(trc_verify_put(verify, &rec), 0);
    }
    int mark(const char *text)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MARK);
        rec.note.text = {text, static_cast<uint32_t>(strlen(text))};
        return trc_verify_put(verify, &rec);
    }
    const trc_verify_mark &result(size_t i = 0)
    {
        return *trc_verify_get(verify, i);
    }
    sim_diag diag;
    trc_verify *verify;
};

TEST_F(Verify, EqualMemoryHasNoDifference)
{
    const Dump dump(0x1000, {0, 0x11, 0, 0});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x1000, 32);
    store(0x1008, 0x11);
    EXPECT_EQ(mark("DUMP here"), 0);
    store(0x1008, 0x22, 0x11); // after the mark: does not count
    EXPECT_TRUE(result().is_found);
    EXPECT_EQ(result().n_different, 0u);
    EXPECT_EQ(result().n_bytes, 32u);
    EXPECT_EQ(result().n_areas, 1u);
    EXPECT_EQ(trc_verify_get_totals(verify)->n_stores, 2u);
    EXPECT_EQ(trc_verify_get_totals(verify)->n_old_different, 0u);
}

TEST_F(Verify, AMissedStoreIsListed)
{
    const Dump dump(0x1000, {0, 0x11, 0x77, 0});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x1000, 32);
    store(0x1008, 0x11);
    EXPECT_EQ(mark("here"), 0);
    ASSERT_EQ(result().n_different, 1u);
    EXPECT_EQ(result().differences[0].pa, 0x1010u);
    EXPECT_EQ(result().differences[0].in_trace, 0u);
    EXPECT_EQ(result().differences[0].in_dump, 0x77u);
    EXPECT_EQ(result().differences[0].structure, SIM_S_STE);
}

TEST_F(Verify, FreedTablesAreNotCompared)
{
    const Dump dump(0x1000, {1, 2, 3, 4});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x1000, 32);
    free_range(0x1000, 32);
    EXPECT_EQ(mark("here"), 0);
    EXPECT_EQ(result().n_areas, 0u);
    EXPECT_EQ(result().n_different, 0u);
}

TEST_F(Verify, OldValuesAndStoresOutsideAreCounted)
{
    alloc(0x1000, 32);
    store(0x1000, 1, 5);
    store(0x9000, 1, 0);
    EXPECT_EQ(trc_verify_get_totals(verify)->n_old_different, 1u);
    EXPECT_EQ(trc_verify_get_totals(verify)->n_outside, 1u);
}

TEST_F(Verify, ATableThatTheDumpLacksIsCounted)
{
    const Dump dump(0x1000, {0});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x5000, 4096);
    EXPECT_EQ(mark("here"), 0);
    EXPECT_EQ(result().n_missing_bytes, 4096u);
}

TEST_F(Verify, OnlyQueuesThatSoftwareWritesAreCompared)
{
    const Dump dump(0x1000, {0x4, 0x1f, 0xdead, 0xbeef});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x1000, 16, SIM_S_QUEUE);
    alloc(0x1010, 16, SIM_S_QUEUE);
    store(0x1000, 0x4, 0, SIM_S_CMD);
    store(0x1008, 0x1f, 0, SIM_S_CMD);
    EXPECT_EQ(mark("here"), 0);
    EXPECT_EQ(result().n_different, 0u);
    EXPECT_EQ(result().n_skipped_bytes, 16u);
}

TEST_F(Verify, TheMsiOfASyncIntoItsOwnSlotIsHardware)
{
    // CMD_SYNC (46h), CS=1 (IRQ), MSIAddr = its own slot; hardware wrote MSIData 0 over word 0.
    const Dump dump(0x1000, {0x0000000000000000, 0x1000});

    trc_verify_add(verify, "here", dump.path);
    alloc(0x1000, 16, SIM_S_QUEUE);
    store(0x1000, 0x1046, 0, SIM_S_CMD);
    store(0x1008, 0x1000, 0, SIM_S_CMD);
    EXPECT_EQ(mark("here"), 0);
    EXPECT_EQ(result().n_different, 0u);
}

TEST_F(Verify, TablesOfAnySizeCannotBeClaimed)
{
    sim_record rec;

    alloc(0x1000, 8);
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.structure = SIM_S_STE;
    rec.memory.pa = UINT64_C(1) << 40;
    rec.memory.size = UINT64_C(1) << 30;
    EXPECT_EQ(trc_verify_put(verify, &rec), SIM_ENOMEM);
    EXPECT_STREQ(diag.text, "more than 1024 MiB of live tables");
}

TEST_F(Verify, AMarkThatNeverComesIsNotFound)
{
    trc_verify_add(verify, "here", "no-file");
    EXPECT_EQ(mark("DUMP elsewhere"), 0);
    EXPECT_FALSE(result().is_found);
}

TEST_F(Verify, AMissingDumpIsAnError)
{
    trc_verify_add(verify, "here", "/nonexistent.elf");
    EXPECT_EQ(mark("here"), SIM_EIO);
    EXPECT_STREQ(diag.file, "/nonexistent.elf");
}

struct BadElf {
    const char *name;
    size_t offset;
    uint64_t value;
    unsigned n_bytes;
    const char *why;
};

void PrintTo(const BadElf &bad, std::ostream *out)
{
    *out << bad.name;
}

class ElfDamage : public testing::TestWithParam<BadElf>
{
};

TEST_P(ElfDamage, IsRefusedWithAReason)
{
    Dump dump(0x1000, {1, 2});
    sim_diag diag;

    std::memcpy(&dump.bytes[GetParam().offset], &GetParam().value, GetParam().n_bytes);
    dump.save();
    sim_diag_init(&diag, dump.path);
    EXPECT_EQ(trc_elf_open(dump.path, &diag), nullptr);
    EXPECT_STREQ(diag.text, GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Headers, ElfDamage,
    testing::Values(
        BadElf{"Magic", 0, 0, 4, "not an ELF file"},
        BadElf{"Executable", 16, ET_EXEC, 2, "not an ELF core (a dump of guest memory is one)"},
        BadElf{"BigEndian", 5, 2, 1, "not an ELF core (a dump of guest memory is one)"},
        BadElf{"NoSegments", 56, 0, 2, "no segment with memory in it"},
        BadElf{"SegmentType", 64, PT_NOTE, 4, "no segment with memory in it"},
        BadElf{"SegmentOffset", 64 + 8, UINT64_MAX - 7, 8,
               "a segment goes beyond the end of the file"},
        BadElf{"SegmentSize", 64 + 32, 17, 8, "a segment goes beyond the end of the file"},
        BadElf{"SegmentWraps", 64 + 24, UINT64_MAX - 7, 8,
               "a segment wraps around the address space"}),
    [](const testing::TestParamInfo<BadElf> &row) { return std::string(row.param.name); });

} // namespace
