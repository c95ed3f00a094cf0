// SPDX-License-Identifier: BSD-2-Clause
// Settings from a file: what they do to a unit, and what is refused where. Values are typed from
// docs/config.md.
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_private.h"
#include "tests/unit/api/api_machine.h"

namespace
{

class ApiLoad : public testing::Test
{
  protected:
    std::string path = testing::TempDir() + "api_load." + std::to_string(getpid()) + ".yaml";
    char error[512] = "untouched";

    ~ApiLoad() override
    {
        (void)std::remove(path.c_str());
    }
    int load(iommusim_config *config, const std::string &text)
    {
        std::ofstream(path, std::ios::binary) << text;
        return iommusim_config_load(config, path.c_str(), error, sizeof(error));
    }
};

TEST_F(ApiLoad, GivesSizesMemoryChoicesAndRegisters)
{
    Machine m(IOMMUSIM_SMMUV3);

    ASSERT_EQ(load(m.config, "preset: mmu700\n"
                             "smmu: {preset: gem5, tlb_entries: 64}\n"
                             "mem: {latency_ns: 0x1cc}\n"
                             "choices: {txsz_clamped: yes}\n"
                             "idr: {SMMU_IDR3: 0x1004}\n"),
              0)
        << error;
    EXPECT_STREQ(error, "untouched");
    EXPECT_EQ(m.config->smmu.param.tlb_entries, 64u);
    EXPECT_EQ(m.config->mem.latency_ns, 460u);
    EXPECT_TRUE(m.config->smmu.choices.is_txsz_clamped);
    EXPECT_FALSE(m.config->smmu.choices.is_nested_cd_ptr_checked);
    m.start();
    EXPECT_EQ(iommusim_reg_read(m.sim, 0xc, 4), 0x1004u);
}

TEST_F(ApiLoad, GoesOnTopOfWhatIsThere)
{
    Machine m(IOMMUSIM_SMMUV3);

    ASSERT_EQ(iommusim_config_set(m.config, "smmu.tlb_entries", "64"), 0);
    ASSERT_EQ(iommusim_config_set(m.config, "mem.latency_ns", "77"), 0);
    ASSERT_EQ(load(m.config, "smmu: {utlb_cycles: 3}\n"), 0) << error;
    EXPECT_EQ(m.config->smmu.param.tlb_entries, 64u);
    EXPECT_EQ(m.config->smmu.param.utlb_cycles, 3u);
    EXPECT_EQ(m.config->mem.latency_ns, 77u);
    ASSERT_EQ(load(m.config, "mem: {preset: server}\n"), 0) << error;
    EXPECT_EQ(m.config->smmu.param.tlb_entries, 64u);
    EXPECT_NE(m.config->mem.latency_ns, 77u);
}

TEST_F(ApiLoad, AnEmptyFileChangesNothing)
{
    Machine m(IOMMUSIM_VTD);
    const iommusim_config before = *m.config;

    ASSERT_EQ(load(m.config, ""), 0) << error;
    EXPECT_EQ(m.config->run_seed, before.run_seed);
    EXPECT_EQ(m.config->vtd.param.tlb_ways, before.vtd.param.tlb_ways);
    EXPECT_EQ(m.config->mem.latency_ns, before.mem.latency_ns);
}

/* A run's seed is added to a unit's; without a file it is 1, as in the program. */
TEST_F(ApiLoad, TheSeedIsAddedOnce)
{
    Machine m(IOMMUSIM_SMMUV3);

    ASSERT_EQ(iommusim_config_set(m.config, "smmu.seed", "10"), 0);
    EXPECT_EQ(api_smmu(m.config).param.seed, 11u);
    for (int n = 0; n < 2; n++) {
        ASSERT_EQ(load(m.config, "seed: 7\n"), 0) << error;
        EXPECT_EQ(api_smmu(m.config).param.seed, 17u);
    }
}

TEST_F(ApiLoad, PartsOfOthersAreCheckedAndCountForNothing)
{
    Machine smmu(IOMMUSIM_SMMUV3), vtd(IOMMUSIM_VTD);
    const std::string text = "cpu_time: zero\n"
                             "cpu: {store_ns: 5}\n"
                             "probe: {preset: default}\n"
                             "traffic: {kind: nic}\n"
                             "allow: {smmu-l1std-no-cfgi: \"why\"}\n"
                             "vtd: {tlb_cycles: 9}\n"
                             "idr: {SMMU_IDR3: 0x1004, VTD_CAP: 0xd2008c40660462}\n";

    ASSERT_EQ(load(smmu.config, text), 0) << error;
    ASSERT_EQ(load(vtd.config, text), 0) << error;
    smmu.start();
    vtd.start();
    EXPECT_EQ(iommusim_reg_read(smmu.sim, 0xc, 4), 0x1004u);
    EXPECT_EQ(iommusim_reg_read(vtd.sim, 0x8, 8), 0xd2008c40660462u);
    EXPECT_EQ(vtd.config->vtd.param.tlb_cycles, 9u);
}

struct Refused {
    const char *name, *text, *where;
    int error;
};

class ApiLoadRefuses : public testing::WithParamInterface<Refused>, public ApiLoad
{
};

/* File, line and column; and the good line before it has done nothing either. */
TEST_P(ApiLoadRefuses, WithItsPlace)
{
    Machine m(IOMMUSIM_SMMUV3);
    const uint32_t before = m.config->mem.latency_ns;

    ASSERT_EQ(load(m.config, std::string("mem: {latency_ns: 999}\n") + GetParam().text),
              GetParam().error);
    EXPECT_EQ(std::string(error).find(path + GetParam().where), 0u) << error;
    EXPECT_EQ(m.config->mem.latency_ns, before);
}

INSTANTIATE_TEST_SUITE_P(
    Files, ApiLoadRefuses,
    testing::Values(
        Refused{"Parameter", "smmu:\n  tlb_entry: 1\n",
                ":3:3: section smmu has no 'tlb_entry'; did you mean 'tlb_entries'?",
                IOMMUSIM_EFORMAT},
        Refused{"OfTheOtherArchitecture", "vtd:\n  nothing: 1\n", ":3:3:", IOMMUSIM_EFORMAT},
        Refused{"OfAReplay", "cpu:\n  store_ns: soon\n", ":3:3: cpu.store_ns", IOMMUSIM_EFORMAT},
        Refused{"Rule", "allow:\n  no-such-rule: why\n", ":3:3: there is no rule",
                IOMMUSIM_EFORMAT},
        Refused{"Range", "smmu:\n  utlb_cycles: 10001\n",
                ":3:3: smmu.utlb_cycles is from 0 to 10000", IOMMUSIM_EFORMAT},
        Refused{"Negative", "smmu:\n  utlb_cycles: -1\n", ":3:3:", IOMMUSIM_EFORMAT},
        Refused{"Key", "sede: 3\n", ":2:1: there is no setting 'sede'; did you mean 'seed'?",
                IOMMUSIM_EFORMAT},
        Refused{"Twice", "mem: {}\n", ":2:1: 'mem' stands twice", IOMMUSIM_EFORMAT},
        Refused{"Preset", "preset: fastest\n", ":2:9: no such preset here", IOMMUSIM_EFORMAT},
        Refused{"Register", "idr:\n  SMMU_CR0: 0\n", ":3:3: 'SMMU_CR0' is no ID register",
                IOMMUSIM_EFORMAT},
        Refused{"WideRegister", "idr:\n  SMMU_IDR0: 0x100000000\n", ":3:3: SMMU_IDR0",
                IOMMUSIM_EFORMAT},
        Refused{"NoMapping", "smmu: [1, 2]\n", ":2:7: a section must be a mapping",
                IOMMUSIM_EFORMAT},
        Refused{"NoYaml", "smmu: {\n", ":3:1: not YAML", IOMMUSIM_EFORMAT},
        Refused{"NoText", "\x01\x02\n", ":2:1: not YAML", IOMMUSIM_EFORMAT},
        Refused{"TwoDocuments", "---\nmem: {}\n", ":3:1: a second YAML document",
                IOMMUSIM_EFORMAT}),
    [](const auto &row) { return row.param.name; });

TEST_F(ApiLoad, RefusesWhatIsNoFile)
{
    Machine m(IOMMUSIM_VTD);

    EXPECT_EQ(iommusim_config_load(m.config, (path + ".none").c_str(), error, sizeof(error)),
              IOMMUSIM_EIO);
    EXPECT_NE(std::string(error).find(".none: cannot open"), std::string::npos) << error;
    EXPECT_EQ(iommusim_config_load(m.config, testing::TempDir().c_str(), nullptr, 0),
              IOMMUSIM_EFORMAT);
    EXPECT_EQ(load(m.config, "# " + std::string(2 << 20, 'x') + "\n"), IOMMUSIM_EFORMAT);
    EXPECT_EQ(iommusim_config_load(m.config, nullptr, error, sizeof(error)), IOMMUSIM_EINVAL);
    EXPECT_STREQ(iommusim_error_name(IOMMUSIM_EFORMAT), "EFORMAT");
}

/* As in every file of iommusim: no number is octal. */
TEST_F(ApiLoad, NumbersAreDecimalOrHexadecimal)
{
    Machine m(IOMMUSIM_VTD);

    ASSERT_EQ(iommusim_config_set(m.config, "mem.latency_ns", "010"), 0);
    EXPECT_EQ(m.config->mem.latency_ns, 10u);
    ASSERT_EQ(load(m.config, "mem: {latency_ns: 011}\n"), 0) << error;
    EXPECT_EQ(m.config->mem.latency_ns, 11u);
    ASSERT_EQ(iommusim_config_set(m.config, "mem.latency_ns", "0x10"), 0);
    EXPECT_EQ(m.config->mem.latency_ns, 16u);
}

/* Each has the name by which it is set, and the value that it has. */
TEST(ApiParameter, AllByNumber)
{
    Machine m(IOMMUSIM_VTD);
    iommusim_parameter p;
    std::map<std::string, iommusim_parameter> all;

    ASSERT_EQ(iommusim_config_set(m.config, "vtd.tlb_cycles", "9"), 0);
    for (uint32_t i = 0; iommusim_config_parameter(m.config, i, &p) == 0; i++) {
        EXPECT_EQ(all.count(p.name), 0u) << p.name;
        EXPECT_EQ(iommusim_config_set(m.config, p.name, std::to_string(p.value).c_str()), 0);
        all[p.name] = p;
    }
    EXPECT_EQ(iommusim_config_parameter(m.config, UINT32_MAX, &p), IOMMUSIM_ERANGE);
    ASSERT_EQ(all.count("vtd.tlb_cycles"), 1u);
    EXPECT_EQ(all["vtd.tlb_cycles"].value, 9u);
    EXPECT_EQ(all["vtd.tlb_cycles"].max, 10000u);
    EXPECT_STREQ(all["vtd.tlb_cycles"].unit, "cycles");
    EXPECT_EQ(all.count("mem.latency_ns"), 1u);
    EXPECT_EQ(all.count("smmu.tlb_entries"), 0u);
    EXPECT_EQ(m.config->vtd.param.tlb_cycles, 9u);
}

TEST_F(ApiLoad, CutsAMessageToTheRoomThereIs)
{
    Machine m(IOMMUSIM_VTD);
    char small[8] = "1234567";

    std::ofstream(path) << "nothing: 1\n";
    EXPECT_EQ(iommusim_config_load(m.config, path.c_str(), small, 4), IOMMUSIM_EFORMAT);
    EXPECT_EQ(small[3], '\0');
    EXPECT_EQ(small[4], '5');
}

} // namespace
