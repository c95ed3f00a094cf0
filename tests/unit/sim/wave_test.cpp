/* SPDX-License-Identifier: BSD-2-Clause
 * wave_test.cpp - signals over time: the bytes of VCD, and FST as GTKWave's fst2vcd reads it. */
#include "sim/diag.h"
#include "sim/wave.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace
{

using Play = std::function<void(wave *)>;

std::string bytes_of(wave_format format, const Play &play, int wanted = SIM_OK)
{
    std::FILE *file = std::tmpfile();
    wave *wave = wave_new(format, file);
    std::string bytes;

    play(wave);
    EXPECT_EQ(wave_finish(wave), wanted);
    wave_free(wave);
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;)
        bytes += static_cast<char>(c);
    std::fclose(file);
    return bytes;
}

/* What fst2vcd makes of it, without the header that it adds. */
std::string through_fst2vcd(const std::string &fst)
{
    std::string path = testing::TempDir() + "wave_test.XXXXXX";
    const int fd = mkstemp(path.data());
    std::string text;

    EXPECT_EQ(write(fd, fst.data(), fst.size()), static_cast<ssize_t>(fst.size()));
    close(fd);
    std::FILE *pipe = popen(("fst2vcd " + path).c_str(), "r");
    for (int c; (c = std::fgetc(pipe)) != EOF;)
        text += static_cast<char>(c);
    EXPECT_EQ(pclose(pipe), 0);
    unlink(path.c_str());
    return text;
}

bool has_fst2vcd()
{
    return std::system("command -v fst2vcd >/dev/null") == 0;
}

/* Values by signal's code: all (time, value), numbers without leading zeros. */
using Values = std::map<std::string, std::vector<std::pair<uint64_t, std::string>>>;

Values values_of(const std::string &vcd)
{
    std::istringstream lines(vcd.substr(vcd.find("$enddefinitions")));
    std::string line;
    uint64_t now = 0;
    Values values;

    std::getline(lines, line);
    while (std::getline(lines, line)) {
        if (line[0] == '#') {
            now = std::strtoull(line.c_str() + 1, nullptr, 10);
        } else if (line[0] == '0' || line[0] == '1' || line[0] == 'x') {
            values[line.substr(1)].emplace_back(now, line.substr(0, 1));
        } else if (line[0] == 'b' || line[0] == 's') {
            std::string value = line.substr(1, line.find(' ') - 1);

            while (line[0] == 'b' && value.size() > 1 && value[0] == '0')
                value.erase(0, 1);
            values[line.substr(line.find(' ') + 1)].emplace_back(now, value);
        }
    }
    return values;
}

/* Each width where packing bits into bytes may go wrong, two scopes, a text. */
void play_small(wave *wave)
{
    wave_scope(wave, "top");
    wave_scope(wave, "0000:00:04.0");
    const uint32_t text = wave_text(wave, "state");
    wave_up(wave);
    const uint32_t bit = wave_signal(wave, "bit", 1);
    const uint32_t nine = wave_signal(wave, "nine", 9);
    const uint32_t word = wave_signal(wave, "word", 64);
    wave_up(wave);
    wave_begin(wave);
    wave_time(wave, 1000);
    wave_set(wave, bit, 1);
    wave_set(wave, nine, 0x301); /* two bits too many */
    wave_time(wave, 1500);       /* nothing changes */
    wave_set(wave, bit, 1);
    wave_set(wave, nine, 0x101);
    wave_time(wave, 2000);
    wave_set_text(wave, text, "two words");
    wave_set(wave, word, UINT64_C(0x8000000000000003));
    wave_time(wave, 1999); /* it stays 2000 */
    wave_set(wave, bit, 0);
    wave_time(wave, 5000);
}

TEST(wave, vcd_is_what_the_standard_says)
{
    EXPECT_EQ(bytes_of(WAVE_VCD, play_small), "$version iommusim $end\n"
                                              "$timescale 1ps $end\n"
                                              "$scope module top $end\n"
                                              "$scope module 0000_00_04_0 $end\n"
                                              "$var string 1 ! state $end\n"
                                              "$upscope $end\n"
                                              "$var wire 1 \" bit $end\n"
                                              "$var wire 9 # nine $end\n"
                                              "$var wire 64 $ word $end\n"
                                              "$upscope $end\n"
                                              "$enddefinitions $end\n"
                                              "#0\n"
                                              "$dumpvars\n"
                                              "s- !\n"
                                              "0\"\n"
                                              "b0 #\n"
                                              "b0 $\n"
                                              "$end\n"
                                              "#1000\n"
                                              "1\"\n"
                                              "b100000001 #\n"
                                              "#2000\n"
                                              "stwo_words !\n"
                                              "b10000000000000000000000000000000000000000000000"
                                              "00000000000000011 $\n"
                                              "0\"\n"
                                              "#5000\n");
}

TEST(wave, fst2vcd_reads_names_widths_and_values_of_an_fst)
{
    if (!has_fst2vcd())
        GTEST_SKIP() << "gtkwave is not installed";
    const std::string vcd = through_fst2vcd(bytes_of(WAVE_FST, play_small));

    for (const char *line :
         {"$timescale\n\t1ps\n$end", "$scope module top $end\n$scope module 0000_00_04_0 $end\n",
          " ! state $end\n$upscope $end\n", "$var wire 1 \" bit $end\n",
          "$var wire 9 # nine $end\n", "$var wire 64 $ word $end\n$upscope $end\n"})
        EXPECT_NE(vcd.find(line), std::string::npos) << line << "is not in\n" << vcd;
    const Values wanted = {
        {"!", {{0, "-"}, {2000, "two_words"}}},
        {"\"", {{0, "0"}, {1000, "1"}, {2000, "0"}}},
        {"#", {{0, "0"}, {1000, "100000001"}}},
        {"$", {{0, "0"}, {2000, "1" + std::string(61, '0') + "11"}}},
    };
    EXPECT_EQ(values_of(vcd), wanted);
    EXPECT_NE(vcd.find("\n#5000\n"), std::string::npos) << "the end is part of it";
}

/* More than a block of FST holds, so that blocks have to fit together. */
constexpr unsigned many = 150000;

void play_many(wave *wave)
{
    (void)wave_signal(wave, "never", 3);
    const uint32_t bit = wave_signal(wave, "bit", 1);
    const uint32_t count = wave_signal(wave, "count", 20);
    const uint32_t text = wave_text(wave, "text");

    wave_begin(wave);
    for (unsigned i = 1; i <= many; i++) {
        wave_time(wave, UINT64_C(7) * i);
        wave_set(wave, count, i);
        if (i % 3 == 0)
            wave_set(wave, bit, i / 3 % 2);
        if (i % 1000 == 0)
            wave_set_text(wave, text, ("n" + std::to_string(i)).c_str());
    }
}

std::string binary(unsigned value)
{
    std::string digits;

    do {
        digits.insert(digits.begin(), value & 1 ? '1' : '0');
        value >>= 1;
    } while (value);
    return digits;
}

TEST(wave, blocks_of_an_fst_fit_together)
{
    if (!has_fst2vcd())
        GTEST_SKIP() << "gtkwave is not installed";
    Values wanted = {{"!", {{0, "0"}}}, {"\"", {{0, "0"}}}, {"#", {{0, "0"}}}, {"$", {{0, "-"}}}};

    for (unsigned i = 1; i <= many; i++) {
        wanted["#"].emplace_back(7 * i, binary(i));
        if (i % 3 == 0)
            wanted["\""].emplace_back(7 * i, i / 3 % 2 ? "1" : "0");
        if (i % 1000 == 0)
            wanted["$"].emplace_back(7 * i, "n" + std::to_string(i));
    }
    EXPECT_EQ(values_of(through_fst2vcd(bytes_of(WAVE_FST, play_many))), wanted);
    EXPECT_EQ(values_of(bytes_of(WAVE_VCD, play_many)), wanted);
}

TEST(wave, codes_of_vcd_go_on_after_the_last_character)
{
    const std::string vcd = bytes_of(WAVE_VCD, [](wave *wave) {
        for (int i = 0; i < 96; i++)
            (void)wave_signal(wave, ("s" + std::to_string(i)).c_str(), 1);
        wave_begin(wave);
    });

    EXPECT_NE(vcd.find("$var wire 1 ~ s93 $end\n"), std::string::npos);
    EXPECT_NE(vcd.find("$var wire 1 !\" s94 $end\n"), std::string::npos);
    EXPECT_NE(vcd.find("$var wire 1 \"\" s95 $end\n"), std::string::npos);
}

class both : public testing::TestWithParam<wave_format>
{
};
INSTANTIATE_TEST_SUITE_P(wave, both, testing::Values(WAVE_VCD, WAVE_FST),
                         [](const auto &row) { return row.param == WAVE_VCD ? "vcd" : "fst"; });

TEST_P(both, the_same_calls_give_the_same_bytes)
{
    EXPECT_EQ(bytes_of(GetParam(), play_many), bytes_of(GetParam(), play_many));
}

TEST_P(both, a_full_disk_is_an_error)
{
    std::FILE *full = std::fopen("/dev/full", "wb");

    if (!full)
        GTEST_SKIP() << "this system has no /dev/full";
    wave *wave = wave_new(GetParam(), full);
    play_many(wave);
    EXPECT_EQ(wave_finish(wave), SIM_EIO);
    wave_free(wave);
    std::fclose(full);
}

TEST_P(both, a_long_text_is_cut)
{
    const std::string bytes = bytes_of(GetParam(), [](wave *wave) {
        const uint32_t text = wave_text(wave, "text");

        wave_begin(wave);
        wave_set_text(wave, text, std::string(200, 'a').c_str());
    });

    if (GetParam() == WAVE_FST && !has_fst2vcd())
        GTEST_SKIP() << "gtkwave is not installed";
    const std::string vcd = GetParam() == WAVE_VCD ? bytes : through_fst2vcd(bytes);
    EXPECT_NE(vcd.find("\ns" + std::string(63, 'a') + " !\n"), std::string::npos) << vcd;
}

TEST(wave, an_fst_cannot_go_into_a_pipe)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    std::FILE *out = fdopen(ends[1], "wb");
    wave *wave = wave_new(WAVE_FST, out);

    play_small(wave);
    EXPECT_EQ(wave_finish(wave), SIM_EIO);
    wave_free(wave);
    std::fclose(out);
    close(ends[0]);
}

} // namespace
