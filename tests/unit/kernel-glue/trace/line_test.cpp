// SPDX-License-Identifier: BSD-2-Clause
// line_test.cpp - addresses to lines; and files that are no programs, or damaged ones.
// LINE_PROGRAM: built of tests/tools/line_program.c with debug information.
#include "kernel-glue/trace/trc_line.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>

namespace
{

struct Close {
    void operator()(trc_lines *lines) const
    {
        trc_lines_close(lines);
    }
};
using Lines = std::unique_ptr<trc_lines, Close>;

Lines open_lines(const std::string &path, sim_diag *diag, uint64_t slide = 0)
{
    sim_diag_init(diag, path.c_str());
    return Lines(trc_lines_open(path.c_str(), slide, diag));
}

class LineTest : public testing::Test
{
  protected:
    void SetUp() override
    {
        sim_diag diag;
        FILE *pipe = popen(LINE_PROGRAM, "r");

        ASSERT_NE(pipe, nullptr);
        ASSERT_EQ(fscanf(pipe, "%lx %lx", &inner_, &outer_), 2);
        pclose(pipe);
        if (!open_lines(LINE_PROGRAM, &diag) && diag.error == SIM_EUNIMPL)
            GTEST_SKIP() << diag.text;
        std::ifstream file(LINE_PROGRAM, std::ios::binary);
        program_.assign(std::istreambuf_iterator<char>(file), {});
        path_ = testing::TempDir() + "line_test." + std::to_string(getpid());
    }
    void TearDown() override
    {
        (void)unlink(path_.c_str());
    }
    void write(const std::string &bytes) const
    {
        std::ofstream(path_, std::ios::binary) << bytes;
    }

    unsigned long inner_ = 0, outer_ = 0;
    std::string program_, path_;
};

std::string text_of(const trc_place *place)
{
    char text[512] = "?";

    return place ? trc_place_text(place, text, sizeof(text)) : "nothing";
}

TEST_F(LineTest, AFunctionHasItsLine)
{
    sim_diag diag;
    const Lines lines = open_lines(LINE_PROGRAM, &diag);

    ASSERT_TRUE(lines) << diag.text;
    EXPECT_EQ(text_of(trc_lines_find(lines.get(), outer_)), "outer, line_program.c:17");
}

TEST_F(LineTest, AnInlinedFunctionHasItsLineAndTheOneThatCallsIt)
{
    sim_diag diag;
    const Lines lines = open_lines(LINE_PROGRAM, &diag);

    ASSERT_TRUE(lines) << diag.text;
    EXPECT_EQ(text_of(trc_lines_find(lines.get(), inner_)),
              "inner, line_program.c:11 (in outer, line_program.c:16)");
}

TEST_F(LineTest, TheSlideIsTakenOff)
{
    sim_diag diag;
    const Lines lines = open_lines(LINE_PROGRAM, &diag, 0x7000000);

    ASSERT_TRUE(lines) << diag.text;
    EXPECT_EQ(text_of(trc_lines_find(lines.get(), outer_ + 0x7000000)), "outer, line_program.c:17");
}

TEST_F(LineTest, AnAddressOutsideIsNotKnown)
{
    sim_diag diag;
    const Lines lines = open_lines(LINE_PROGRAM, &diag);

    ASSERT_TRUE(lines) << diag.text;
    EXPECT_EQ(trc_lines_find(lines.get(), 0), nullptr);
    EXPECT_EQ(trc_lines_find(lines.get(), 0xffff800080271594), nullptr);
    EXPECT_EQ(trc_lines_broken(lines.get()), nullptr);
}

TEST_F(LineTest, WhatIsNoProgramIsRefused)
{
    sim_diag diag;

    write("");
    EXPECT_FALSE(open_lines(path_, &diag));
    EXPECT_EQ(diag.error, SIM_EFORMAT);
    write("not a program");
    EXPECT_FALSE(open_lines(path_, &diag));
    EXPECT_EQ(diag.error, SIM_EFORMAT);
    EXPECT_STREQ(diag.text, "not an ELF file");
    EXPECT_FALSE(open_lines(path_ + ".none", &diag));
    EXPECT_EQ(diag.error, SIM_EIO);
}

TEST_F(LineTest, AProgramWithoutDebugInformationIsRefused)
{
    sim_diag diag;

    EXPECT_FALSE(open_lines("/bin/true", &diag));
    EXPECT_EQ(diag.error, SIM_EFORMAT);
}

// Whatever a damaged file says: an answer, none, or a refusal; never the end of this test.
void look(const std::string &path, uint64_t ip)
{
    sim_diag diag;
    const Lines lines = open_lines(path, &diag);

    if (!lines) {
        EXPECT_NE(diag.error, 0);
        return;
    }
    (void)text_of(trc_lines_find(lines.get(), ip));
    (void)text_of(trc_lines_find(lines.get(), ip + 4096));
}

TEST_F(LineTest, ATruncatedProgramDoesNoHarm)
{
    for (size_t n = 0; n < program_.size(); n += program_.size() / 40 + 1) {
        write(program_.substr(0, n));
        look(path_, inner_);
    }
}

TEST_F(LineTest, DamagedBytesDoNoHarm)
{
    uint32_t state = 1;

    for (int round = 0; round < 100; round++) {
        std::string bytes = program_;

        for (int i = 0; i < 200; i++) {
            state = state * 1664525 + 1013904223;
            bytes[64 + state % (bytes.size() - 64)] = static_cast<char>(state >> 24);
        }
        write(bytes);
        look(path_, inner_);
    }
}

} // namespace
