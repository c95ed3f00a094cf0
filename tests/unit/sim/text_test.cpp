// SPDX-License-Identifier: BSD-2-Clause
// Records as text and back. The language itself: tests/corpus/text.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "sim/text.h"
#include "tests/shim/random_records.h"

namespace
{

// One line through the reader; the error as "line:column: text" if there is one.
std::string read_line(const std::string &line, sim_record *rec, sim_text **keep, FILE **file,
                      sim_diag *diag)
{
    static std::string content;
    auto stmt = std::make_unique<sim_stmt>();
    sim_text_kind kind;

    content = std::string("iommusim-text/1 records\n") + line;
    *file = fmemopen(content.data(), content.size(), "rb");
    sim_diag_init(diag, "f");
    *keep = sim_text_open(*file, diag);
    int err = sim_text_header(*keep, &kind);
    if (!err)
        err = sim_text_next(*keep, stmt.get());
    if (err == 1)
        err = sim_text_record(*keep, stmt.get(), rec);
    return err ? std::to_string(diag->line) + ":" + std::to_string(diag->column) + ": " + diag->text
               : "";
}

struct Parsed {
    sim_record rec = {};
    std::string error;
    sim_text *text = nullptr;
    FILE *file = nullptr;
    sim_diag diag = {};

    explicit Parsed(const std::string &line)
    {
        error = read_line(line, &rec, &text, &file, &diag);
    }
    ~Parsed()
    {
        sim_text_close(text);
        fclose(file);
    }
};

std::string print(const sim_record &rec)
{
    std::string line(SIM_TEXT_MAX_RECORD_BYTES, '\0');

    line.resize(sim_text_print_record(&rec, line.data()));
    return line;
}

TEST(TextRecord, ReadsAStoreTypedByHand)
{
    const Parsed p("@151667000/3 store CMD 0x41400000 0x4 value_hi=0x1f width=16 # CFGI_ALL\n");

    EXPECT_EQ(p.error, "");
    EXPECT_EQ(p.rec.kind, SIM_R_STORE);
    EXPECT_EQ(p.rec.time_ns, 151667000u);
    EXPECT_EQ(p.rec.cpu, 3u);
    EXPECT_EQ(p.rec.store.structure, SIM_S_CMD);
    EXPECT_EQ(p.rec.store.pa, 0x41400000u);
    EXPECT_EQ(p.rec.store.value, 4u);
    EXPECT_EQ(p.rec.store.value_hi, 0x1fu);
    EXPECT_EQ(p.rec.store.width, 16u);
    EXPECT_EQ(p.rec.flags, 0u);
}

TEST(TextRecord, ReadsAWaitTypedByHand)
{
    const Parsed p("@7 wait reg 0x24 mask=0xffffffff value=0x8 polls=2 ret=-110\n");

    EXPECT_EQ(p.error, "");
    EXPECT_EQ(p.rec.wait.cond, SIM_COND_REG);
    EXPECT_EQ(p.rec.wait.mask, 0xffffffffu);
    EXPECT_EQ(p.rec.wait.value, 8u);
    EXPECT_EQ(p.rec.wait.polls, 2u);
    EXPECT_EQ(p.rec.wait.ret, -110);
}

TEST(TextRecord, AnOptionalFieldIsThereOnlyIfWritten)
{
    EXPECT_EQ(Parsed("store PTE 0x8 0x0\n").rec.flags, 0u);
    EXPECT_EQ(Parsed("store PTE 0x8 0x0 old=0x0\n").rec.flags, SIM_RF_OLD);
    EXPECT_EQ(print(Parsed("store PTE 0x8 0x0 old=0x0\n").rec), "@0 store PTE 0x8 0x0 old=0x0\n");
    EXPECT_EQ(print(Parsed("store PTE 0x8 0x0\n").rec), "@0 store PTE 0x8 0x0\n");
}

TEST(TextRecord, PrintsStringsThatReadBack)
{
    const Parsed p("mark \"a\\\"b\\\\c\\n\\x00\\xff\"\n");

    EXPECT_EQ(p.error, "");
    EXPECT_EQ(std::string(p.rec.note.text.bytes, p.rec.note.text.n_bytes),
              std::string("a\"b\\c\n\0\xff", 8));
    EXPECT_EQ(print(p.rec), "@0 mark \"a\\\"b\\\\c\\x0a\\x00\\xff\"\n");
}

TEST(TextRecord, EveryRandomRecordReadsBackEqual)
{
    const size_t n = std::getenv("IOMMUSIM_TEST_LONG") ? 1000000 : 20000;
    shim_random random = {};

    random.seed = 42;
    for (size_t i = 0; i < n; i++) {
        sim_record rec;

        shim_random_record(&random, &rec);
        const std::string line = print(rec);
        ASSERT_LE(line.size(), SIM_TEXT_MAX_RECORD_BYTES);
        const Parsed p(line);
        ASSERT_EQ(p.error, "") << line;
        ASSERT_TRUE(shim_records_equal(&rec, &p.rec)) << line;
        ASSERT_EQ(print(p.rec), line);
    }
}

} // namespace
