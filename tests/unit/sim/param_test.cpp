// SPDX-License-Identifier: BSD-2-Clause
// param_test.cpp - named parameters: lookup, limits, presets, words, and memory's own table.
// Knows: param.h, mem_param.h. Must not know: what a parameter does.
#include "sim/diag.h"
#include "sim/mem_param.h"
#include "sim/param.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace
{

struct Config {
    uint32_t before, width, mode, after;
};

const sim_param kParams[] = {
    {"width", "entries", "how wide", "choice", offsetof(Config, width), 2, 64, {8, 16}},
    {"mode", "enum:off,on,off_and_on", "", "-", offsetof(Config, mode), 0, 2, {1, 2}},
};
const char *const kPresets[] = {"small", "large"};
const sim_param_table kTable = {"part", kParams, 2, kPresets, 2};

TEST(Param, FindsByWholeName)
{
    EXPECT_EQ(sim_param_find(&kTable, "mode"), &kParams[1]);
    EXPECT_EQ(sim_param_find(&kTable, "mod"), nullptr);
    EXPECT_EQ(sim_param_find(&kTable, "modes"), nullptr);
    EXPECT_EQ(sim_param_find(&kTable, ""), nullptr);
}

TEST(Param, EachOutsideItsLimitsIsFound)
{
    Config c = {0, 2, 0, 0};

    EXPECT_EQ(sim_param_check(&kTable, &c), 0);
    c.width = 64;
    c.mode = 2;
    EXPECT_EQ(sim_param_check(&kTable, &c), 0);
    c.width = 65;
    EXPECT_EQ(sim_param_check(&kTable, &c), SIM_EINVAL);
    c.width = 1;
    EXPECT_EQ(sim_param_check(&kTable, &c), SIM_EINVAL);
    c.width = 2;
    c.mode = 3;
    EXPECT_EQ(sim_param_check(&kTable, &c), SIM_EINVAL);
}

TEST(Param, PresetSetsEveryParameterAndNothingElse)
{
    Config c = {1, 2, 3, 4};

    EXPECT_EQ(sim_param_preset(&kTable, "large", &c), 0);
    EXPECT_EQ(c.before, 1u);
    EXPECT_EQ(c.width, 16u);
    EXPECT_EQ(c.mode, 2u);
    EXPECT_EQ(c.after, 4u);
}

TEST(Param, UnknownPresetChangesNothing)
{
    Config c = {1, 2, 3, 4};

    EXPECT_EQ(sim_param_preset(&kTable, "huge", &c), SIM_EINVAL);
    EXPECT_EQ(c.width, 2u);
    EXPECT_EQ(c.mode, 3u);
}

struct SetRow {
    const char *name;
    uint64_t value;
    int error;
};
void PrintTo(const SetRow &row, std::ostream *os)
{
    *os << row.name;
}
class ParamSet : public testing::TestWithParam<SetRow>
{
};
INSTANTIATE_TEST_SUITE_P(Limits, ParamSet,
                         testing::Values(SetRow{"below", 1, SIM_ERANGE}, SetRow{"least", 2, 0},
                                         SetRow{"most", 64, 0}, SetRow{"above", 65, SIM_ERANGE},
                                         SetRow{"wraps_in_32_bits", (1ull << 32) + 8, SIM_ERANGE}),
                         [](const auto &row) { return row.param.name; });

TEST_P(ParamSet, ChecksTheLimits)
{
    Config c = {1, 7, 3, 4};

    EXPECT_EQ(sim_param_set(&kParams[0], GetParam().value, &c), GetParam().error);
    EXPECT_EQ(sim_param_get(&kParams[0], &c), GetParam().error ? 7 : GetParam().value);
    EXPECT_EQ(c.before, 1u);
    EXPECT_EQ(c.mode, 3u);
}

TEST(Param, WordsAreIndices)
{
    uint64_t value = 99;

    EXPECT_EQ(sim_param_word(&kParams[1], "off", &value), 0);
    EXPECT_EQ(value, 0u);
    EXPECT_EQ(sim_param_word(&kParams[1], "off_and_on", &value), 0);
    EXPECT_EQ(value, 2u);
    for (const char *bad : {"o", "of", "offf", "off,on", "", ",", "enum:off"})
        EXPECT_EQ(sim_param_word(&kParams[1], bad, &value), SIM_EINVAL) << bad;
    EXPECT_EQ(sim_param_word(&kParams[0], "entries", &value), SIM_EINVAL); // a number
}

TEST(Param, ValuesBecomeWords)
{
    char buf[32] = "junk";

    sim_param_word_of(&kParams[1], 1, buf, sizeof(buf));
    EXPECT_STREQ(buf, "on");
    sim_param_word_of(&kParams[1], 3, buf, sizeof(buf));
    EXPECT_STREQ(buf, "");
    sim_param_word_of(&kParams[1], 2, buf, 4); // cut, and terminated
    EXPECT_STREQ(buf, "off");
    sim_param_word_of(&kParams[0], 1, buf, sizeof(buf));
    EXPECT_STREQ(buf, "");
}

struct MemRow {
    const char *preset;
    uint64_t latency_ps, interval_ps;
    uint32_t n_slots;
};
void PrintTo(const MemRow &row, std::ostream *os)
{
    *os << row.preset;
}
class MemParam : public testing::TestWithParam<MemRow>
{
};
INSTANTIATE_TEST_SUITE_P(Presets, MemParam,
                         testing::Values(MemRow{"server", 150000, 2000, 32},
                                         MemRow{"zero", 0, 0, 0},
                                         MemRow{"remote", 460000, 2000, 32}),
                         [](const auto &row) { return row.param.preset; });

TEST_P(MemParam, PresetGivesTheTimingOfAPort)
{
    sim_mem_param param;
    sim_mem_timing timing;

    memset(&param, 0xff, sizeof(param));
    ASSERT_EQ(sim_param_preset(&sim_mem_params, GetParam().preset, &param), 0);
    timing = sim_mem_param_timing(&param);
    EXPECT_EQ(timing.latency_ps, GetParam().latency_ps);
    EXPECT_EQ(timing.interval_ps, GetParam().interval_ps);
    EXPECT_EQ(timing.n_slots, GetParam().n_slots);
}

TEST(MemParam, DefaultsAreWithinTheirLimits)
{
    EXPECT_STREQ(sim_mem_params.section, "mem");
    EXPECT_STREQ(sim_mem_params.presets[0], "server");
    for (size_t p = 0; p < sim_mem_params.n_params; p++) {
        const sim_param &param = sim_mem_params.params[p];

        for (size_t i = 0; i < sim_mem_params.n_presets; i++) {
            EXPECT_GE(param.value[i], param.min) << param.name;
            EXPECT_LE(param.value[i], param.max) << param.name;
        }
    }
}

} // namespace
