// SPDX-License-Identifier: BSD-2-Clause
// What the first pass finds: units, ID registers, devices, operations.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/kernel-glue/replay/replay_machine.h"

namespace replay
{
namespace
{

class Scan : public testing::Test
{
  protected:
    const rpl_scan &of(const std::string &text)
    {
        scanner = scan(text);
        return *rpl_scanner_end(scanner.get());
    }

    std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scanner{nullptr, rpl_scanner_free};
};

TEST_F(Scan, AUnitThatIsNamedAgainIsOneUnit)
{
    const rpl_scan &result = of("@0 iommu 0 smmuv3 0x9050000 0xe00\n"
                                "@0 iommu 0 smmuv3 0x9050000 0x10e00\n"
                                "@0 iommu 3 vtd 0xfed90000 0x1000\n");

    ASSERT_EQ(result.n_units, 2u);
    EXPECT_EQ(result.units[0].base, 0x9050000u);
    EXPECT_EQ(result.units[1].iommu, 3u);
    EXPECT_EQ(result.units[1].arch, SIM_ARCH_VTD);
}

TEST_F(Scan, KeepsTheIdRegistersOfEachUnit)
{
    const rpl_scan &result = of("@0 iommu 0 smmuv3 0x9050000 0x1000\n"
                                "@0 iommu 1 vtd 0xfed90000 0x1000\n"
                                "@1 mmio_read 0x0 0xd40101a\n@1 mmio_read 0x4 0x2730010\n"
                                "@1 mmio_read 0x18 0x43b\n@1 mmio_read 0x1c 0x2\n"
                                "@1 mmio_read 0x20 0x1\n@1 mmio_read 0x0 0xd40101a\n"
                                "@1 mmio_read 0x8 0xd2008c40660462 width=8 iommu=1\n"
                                "@1 mmio_read 0x1c 0x80000000 iommu=1\n"
                                "@1 mmio_read 0x0 0x1 iommu=7\n");

    ASSERT_EQ(result.units[0].n_ids, 4u);
    EXPECT_EQ(result.units[0].id[0].offset, 0u);
    EXPECT_EQ(result.units[0].id[0].value, 0xd40101au);
    EXPECT_EQ(result.units[0].id[1].value, 0x2730010u);
    EXPECT_EQ(result.units[0].id[2].offset, 0x18u);
    EXPECT_EQ(result.units[0].id[3].offset, 0x1cu);
    ASSERT_EQ(result.units[1].n_ids, 1u);
    EXPECT_EQ(result.units[1].id[0].value, 0xd2008c40660462u);
}

TEST_F(Scan, TakesTheRequesterOfTheRecord)
{
    const rpl_scan &result = of("@1 device 4 \"0000:00:04.0\" requester=0x77\n");

    ASSERT_EQ(result.n_devices, 1u);
    EXPECT_EQ(result.devices[0].dev, 4u);
    EXPECT_STREQ(result.devices[0].name, "0000:00:04.0");
    ASSERT_EQ(result.devices[0].n_requesters, 1u);
    EXPECT_EQ(result.devices[0].requester[0], 0x77u);
    EXPECT_STREQ(result.devices[0].source, "record");
}

TEST_F(Scan, TakesEveryRequesterThatRecordsNameOnce)
{
    const rpl_scan &result = of("@1 device 0 \"x\" requester=0x8\n@2 device 0 \"x\" requester=0x9\n"
                                "@3 device 0 \"x\" requester=0x8\n");

    ASSERT_EQ(result.n_devices, 1u);
    ASSERT_EQ(result.devices[0].n_requesters, 2u);
    EXPECT_EQ(result.devices[0].requester[0], 8u);
    EXPECT_EQ(result.devices[0].requester[1], 9u);
}

TEST_F(Scan, RecordsReplaceWhatCommandsNamed)
{
    const rpl_scan &result =
        of("@1 device 0 \"x\"\n@2 begin drv_attach dev=0\n"
           "@2 store CMD 0x1000 0x2000000005 width=16\n@2 end drv_attach dev=0\n"
           "@3 device 0 \"x\" requester=0x9\n");

    ASSERT_EQ(result.devices[0].n_requesters, 1u);
    EXPECT_EQ(result.devices[0].requester[0], 9u);
}

// CFGI_STE 0x...03 and CFGI_CD 0x...05 have the StreamID in bits 63:32.
TEST_F(Scan, TakesTheStreamIdsOfCommandsInsideTheAttach)
{
    const rpl_scan &result = of("@0 iommu 0 smmuv3 0x9050000 0x1000\n"
                                "@1 device 0 \"x\"\n@1 device 1 \"0000:00:04.0\"\n"
                                "@2 store CMD 0x1000 0x9900000003 value_hi=0x1 width=16\n"
                                "@3 begin drv_attach dev=1\n"
                                "@3 store CMD 0x1000 0x2000000005 value_hi=0x1 width=16\n"
                                "@3 store CMD 0x1010 0xfc02046 width=16\n"
                                "@3 store CMD 0x1020 0x2000000003 width=8\n"
                                "@3 store CMD 0x1028 0x4400000003 width=8\n"
                                "@3 store CD 0x1030 0x5500000003\n"
                                "@3/1 store CMD 0x1040 0x6600000003 width=16\n"
                                "@3 store CMD 0x1050 0x2100000003 width=16\n"
                                "@3 end drv_attach dev=1\n"
                                "@4 store CMD 0x1060 0x7700000003 width=16\n");

    ASSERT_EQ(result.n_devices, 2u);
    EXPECT_EQ(result.devices[0].n_requesters, 0u);
    EXPECT_STREQ(result.devices[0].source, "");
    ASSERT_EQ(result.devices[1].n_requesters, 2u);
    EXPECT_EQ(result.devices[1].requester[0], 0x20u);
    EXPECT_EQ(result.devices[1].requester[1], 0x21u);
    EXPECT_STREQ(result.devices[1].source, "commands");
}

TEST_F(Scan, CommandsDoNotChangeWhatTheRecordSays)
{
    const rpl_scan &result = of("@1 device 0 \"x\" requester=0x8\n@3 begin drv_attach dev=0\n"
                                "@3 store CMD 0x1000 0x2000000005 width=16\n");

    ASSERT_EQ(result.devices[0].n_requesters, 1u);
    EXPECT_EQ(result.devices[0].requester[0], 8u);
}

TEST_F(Scan, KeepsAsManyRequestersAsThereIsRoomFor)
{
    std::string text = "@1 device 0 \"x\"\n@3 begin drv_attach dev=0\n";

    for (int sid = 10; sid < 99; sid++)
        text += "@3 store CMD 0x1000 0x" + std::to_string(sid) + "00000005 width=16\n";
    EXPECT_EQ(of(text).devices[0].n_requesters, SIM_MAX_REQUESTERS);
}

struct NameCase {
    const char *name;
    const char *device;
    bool is_pci;
    uint32_t requester;
};

class PciName : public testing::TestWithParam<NameCase>
{
};

TEST_P(PciName, GivesTheRequesterId)
{
    const auto scanner = scan("@1 device 0 \"" + std::string(GetParam().device) + "\"\n");
    const rpl_scan *result = rpl_scanner_end(scanner.get());

    ASSERT_EQ(result->n_devices, 1u);
    EXPECT_EQ(result->devices[0].n_requesters, GetParam().is_pci ? 1u : 0u);
    EXPECT_STREQ(result->devices[0].source, GetParam().is_pci ? "pci-address" : "");
    EXPECT_EQ(result->devices[0].requester[0], GetParam().requester);
}

const NameCase names[] = {
    {"First", "0000:00:00.0", true, 0x0},
    {"Slot", "0000:00:04.0", true, 0x20},
    {"Function", "0000:00:1f.7", true, 0xff},
    {"Bus", "0000:a5:03.1", true, 0xa519},
    {"SegmentIsLeftOut", "0001:00:04.0", true, 0x20},
    {"SlotTooHigh", "0000:00:20.0", false, 0},
    {"FunctionTooHigh", "0000:00:04.8", false, 0},
    {"Short", "0000:00:04", false, 0},
    {"Tail", "0000:00:04.0x", false, 0},
    {"Platform", "9050000.smmuv3", false, 0},
    {"Empty", "", false, 0},
};

INSTANTIATE_TEST_SUITE_P(Scan, PciName, testing::ValuesIn(names),
                         [](const auto &row) { return row.param.name; });

TEST_F(Scan, ADeviceBelongsToTheUnitWhoseDoorbellItsAttachRings)
{
    const rpl_scan &result = of("@0 iommu 4 smmuv3 0x1000000 0x1000\n"
                                "@0 iommu 5 smmuv3 0x2000000 0x1000\n"
                                "@1 device 0 \"0000:00:01.0\"\n@1 device 1 \"0000:00:02.0\"\n"
                                "@1 device 2 \"0000:00:03.0\"\n@3 begin drv_attach dev=1\n"
                                "@3/1 mmio_write 0x98 0x1 iommu=4\n"
                                "@3 mmio_write 0x98 0x1 iommu=5\n"
                                "@3 mmio_write 0x98 0x1 iommu=4\n@3 end drv_attach dev=1\n");

    EXPECT_EQ(result.devices[0].iommu, 4u); // never attached: the first unit
    EXPECT_EQ(result.devices[1].iommu, 5u);
    EXPECT_EQ(result.devices[2].iommu, 4u);
}

TEST_F(Scan, CountsOutermostOperations)
{
    const rpl_scan &result =
        of("@1 begin replace dev=1\n@1 begin map domain=0x1\n@1/1 begin unmap domain=0x2\n"
           "@1 end map domain=0x1\n@1 begin drv_attach dev=1\n@1/1 end unmap domain=0x2\n"
           "@1 end replace dev=1\n@1 begin alloc\n@1 end alloc\n@2 begin detach dev=1\n"
           "@2 end detach dev=1\n");

    EXPECT_EQ(result.n_ops, 3u);
    EXPECT_EQ(result.n_records, 11u);
    EXPECT_EQ(result.n_cpus, 2u);
    EXPECT_EQ(result.max_cpu, 1u);
}

TEST_F(Scan, FollowsATaskThatMoves)
{
    // The replace ends on another CPU; the next one is an operation of its own.
    const rpl_scan &result = of("@1 begin replace dev=1\n@1/3 end replace dev=1\n"
                                "@2 begin replace dev=1\n@2 end replace dev=1\n");

    EXPECT_EQ(result.n_ops, 2u);
}

TEST_F(Scan, CountsLossesAndReadsProperties)
{
    const rpl_scan &result = of("@0 meta barriers recorded\n@0 meta resolution_ns \"64\"\n"
                                "@1/2 lost 5\n@1/2 lost 0\n");

    EXPECT_EQ(result.n_lost, 2u);
    EXPECT_EQ(result.resolution_ns, 64u);
    EXPECT_TRUE(result.barriers_recorded);
}

// A trace recorded without the iommu:map events: descriptors are stored, nobody says for what.
TEST(ScanMaps, StoresWithoutAPromiseAreNoticed)
{
    const std::string begin = "@1 begin map domain=0xa a=0x1000 b=0x1000\n";
    const std::string store = "@2 store PTE 0x2000 0x9003\n";
    const std::string promise = "@3 map 0xa 0x1000 0x9000 0x1000\n";
    const std::string end = "@4 end map domain=0xa\n", failed = "@4 end map domain=0xa ret=-12\n";

    EXPECT_TRUE(rpl_scanner_end(scan(begin + store + end).get())->maps_unknown);
    EXPECT_FALSE(rpl_scanner_end(scan(begin + store + promise + end).get())->maps_unknown);
    EXPECT_FALSE(rpl_scanner_end(scan(begin + store + failed).get())->maps_unknown);
    EXPECT_FALSE(rpl_scanner_end(scan(begin + end).get())->maps_unknown);
}

TEST(ScanStart, DoorbellBeforeAnySetUpMeansThatRegistersAreUnknown)
{
    const auto late = scan(std::string(unit_line) + "@1 mmio_write 0x98 0x1\n");
    const auto whole = scan(std::string(unit_line) +
                            "@1 mmio_read 0x20 0xd\n"
                            "@1 mmio_write 0x90 0x100004 width=8\n@1 mmio_write 0x98 0x1\n");

    EXPECT_TRUE(rpl_scanner_end(late.get())->registers_unknown);
    EXPECT_FALSE(rpl_scanner_end(whole.get())->registers_unknown);
}

TEST(ScanStart, CommandsWithoutAnyDoorbellMeanThatRegistersAreUnknown)
{
    const std::string command = "@1 store CMD 0x41400270 0x46 value_hi=0x0 width=16\n";
    const std::string set_up = "@2 mmio_write 0x90 0x100004 width=8\n@3 mmio_write 0x98 0x1\n";

    EXPECT_TRUE(rpl_scanner_end(scan(unit_line + command).get())->registers_unknown);
    EXPECT_FALSE(rpl_scanner_end(scan(unit_line + command + set_up).get())->registers_unknown);
    EXPECT_FALSE(rpl_scanner_end(scan(unit_line).get())->registers_unknown);
}

struct StartCase {
    const char *name;
    const char *text;
    bool is_on;
};

class Start : public testing::TestWithParam<StartCase>
{
};

TEST_P(Start, TellsWhetherTheUnitWasOnBefore)
{
    const auto scanner = scan(std::string(unit_line) + GetParam().text);

    EXPECT_EQ(rpl_scanner_end(scanner.get())->translation_on_at_start, GetParam().is_on);
}

const StartCase starts[] = {
    {"ReadOff", "@1 mmio_read 0x20 0x0\n@1 mmio_write 0x20 0x1\n@1 mmio_read 0x20 0x1\n", false},
    {"ReadOn", "@1 mmio_read 0x20 0xd\n", true},
    {"DoorbellFirst", "@1 mmio_write 0x98 0x1\n", true},
    {"DoorbellAfterEnable", "@1 mmio_write 0x20 0x8\n@1 mmio_write 0x98 0x1\n", false},
    {"Nothing", "", false},
};

INSTANTIATE_TEST_SUITE_P(Scan, Start, testing::ValuesIn(starts),
                         [](const auto &row) { return row.param.name; });

} // namespace
} // namespace replay
