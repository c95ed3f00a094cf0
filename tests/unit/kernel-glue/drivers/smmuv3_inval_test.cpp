// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_inval_test.cpp - what an unmap tells the SMMU and devices: each command with its fields.
//
// TG: 1 is 4 KiB, 2 is 16 KiB, 3 is 64 KiB. A range is (NUM+1) * 2^SCALE granules. TTL: level of
// the leaves, 0 any. Leaf=0: tables too.
#include "tests/unit/kernel-glue/drivers/smmuv3_bench.h"

using namespace drv_test;

namespace
{

constexpr uint64_t page = 0x1000, block = 0x200000, pa = 0x80000000;

// Ranges of 4 KiB pages that were mapped one by one (the physical address is not aligned to more).
struct Range {
    const char *name;
    uint64_t iova, n_pages;
    std::vector<std::string> commands;
};

std::ostream &operator<<(std::ostream &out, const Range &range)
{
    return out << range.name;
}

const Range ranges[] = {
    {"one", 0x1000, 1, {"TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=3 TG=1 0x1000"}},
    {"two", 0x2000, 2, {"TLBI_NH_VA ASID=1 SCALE=1 NUM=0 Leaf=1 TTL=3 TG=1 0x2000"}},
    {"three", 0x2000, 3, {"TLBI_NH_VA ASID=1 SCALE=0 NUM=2 Leaf=1 TTL=3 TG=1 0x2000"}},
    {"sixteen", 0x1000000, 16, {"TLBI_NH_VA ASID=1 SCALE=4 NUM=0 Leaf=1 TTL=3 TG=1 0x1000000"}},
    // 0x1ff pages: 31 granules of 1, then 15 of 32
    {"511",
     0x1001000,
     0x1ff,
     {"TLBI_NH_VA ASID=1 SCALE=0 NUM=30 Leaf=1 TTL=3 TG=1 0x1001000",
      "TLBI_NH_VA ASID=1 SCALE=5 NUM=14 Leaf=1 TTL=3 TG=1 0x1020000"}},
    // 0x200 pages over two tables
    {"512", 0x1001000, 0x200, {"TLBI_NH_VA ASID=1 SCALE=9 NUM=0 Leaf=1 TTL=3 TG=1 0x1001000"}},
    {"33",
     0x1001000,
     33,
     {"TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=3 TG=1 0x1001000",
      "TLBI_NH_VA ASID=1 SCALE=5 NUM=0 Leaf=1 TTL=3 TG=1 0x1002000"}},
};

class Ranges : public testing::TestWithParam<Range>
{
};

TEST_P(Ranges, are_as_few_commands_as_their_count_needs)
{
    const Range &range = GetParam();
    DriverRun run("linux-6.12");
    drv_device *device = run.device(0x20);
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    std::vector<std::string> wanted = range.commands;

    ASSERT_EQ(0, run.attach(device, domain));
    ASSERT_EQ(0, run.map(domain, range.iova, pa, range.n_pages * page));
    run.skip();
    EXPECT_EQ(range.n_pages * page, run.unmap(domain, range.iova, range.n_pages * page));
    wanted.emplace_back("SYNC");
    EXPECT_EQ(wanted, commands(run));
}

INSTANTIATE_TEST_SUITE_P(of, Ranges, testing::ValuesIn(ranges),
                         [](const auto &info) { return std::string(info.param.name) + "_pages"; });

std::vector<std::string> unmap_of(DriverRun *run, drv_domain *domain, uint64_t iova, uint64_t at,
                                  uint64_t n_bytes)
{
    EXPECT_EQ(0, run->map(domain, iova, at, n_bytes));
    run->skip();
    EXPECT_EQ(n_bytes, run->unmap(domain, iova, n_bytes));
    return commands(*run);
}

using Lines = std::vector<std::string>;

TEST(Unmap, of_a_block_names_its_level)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    EXPECT_EQ((Lines{"TLBI_NH_VA ASID=1 SCALE=9 NUM=0 Leaf=1 TTL=2 TG=1 0x400000", "SYNC"}),
              unmap_of(&run, domain, 0x400000, pa, block));
    EXPECT_EQ((Lines{"TLBI_NH_VA ASID=1 SCALE=18 NUM=0 Leaf=1 TTL=1 TG=1 0x40000000", "SYNC"}),
              unmap_of(&run, domain, 0x40000000, pa, 0x40000000));
}

// Pages, then a block, then pages: each size is a range of its own.
TEST(Unmap, of_several_sizes_is_a_sync_for_each)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    EXPECT_EQ((Lines{"TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=3 TG=1 0x3ff000", "SYNC",
                     "TLBI_NH_VA ASID=1 SCALE=9 NUM=0 Leaf=1 TTL=2 TG=1 0x400000", "SYNC",
                     "TLBI_NH_VA ASID=1 SCALE=1 NUM=0 Leaf=1 TTL=3 TG=1 0x600000", "SYNC"}),
              unmap_of(&run, domain, 0x3ff000, pa + block - page, block + 3 * page));
}

// A whole table goes: walks first, with Leaf=0, then what they led to.
TEST(Unmap, of_a_whole_table_drops_walks_before_it_is_freed)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    size_t freed = 0, synced = 0;

    EXPECT_EQ((Lines{"TLBI_NH_VA ASID=1 SCALE=9 NUM=0 Leaf=0 TTL=0 TG=1 0x400000", "SYNC",
                     "TLBI_NH_VA ASID=1 SCALE=9 NUM=0 Leaf=1 TTL=2 TG=1 0x400000", "SYNC"}),
              unmap_of(&run, domain, 0x400000, pa + page, block));
    for (size_t i = run.port.records.size(); i-- > 0;) {
        if (run.port.records[i].kind == SIM_R_FREE)
            freed = i;
        if (run.port.records[i].kind == SIM_R_WAIT && freed && !synced)
            synced = i;
    }
    EXPECT_GT(synced, 0u);
    EXPECT_LT(synced, freed);
}

size_t n_freed(const DriverRun &run)
{
    size_t n = 0;

    for (size_t i = run.seen(); i < run.port.records.size(); i++)
        n += run.port.records[i].kind == SIM_R_FREE;
    return n;
}

// Hardware that did not answer may still walk through the table: it is given back once it has
// answered.
TEST(Unmap, of_a_whole_table_keeps_it_while_a_sync_is_late)
{
    for (const char *driver : {"linux-6.12", "best"}) {
        DriverRun run(driver);
        drv_domain *domain = run.domain(DRV_PAGING, 1);
        uint64_t n_unmapped = 0;

        ASSERT_EQ(0, run.attach(run.device(0x20), domain));
        ASSERT_EQ(0, run.map(domain, 0x400000, pa + page, block));
        run.skip();
        run.port.fail_wait(1);
        EXPECT_GT(0, run.ops->unmap(run.driver, domain, 0x400000, block, &n_unmapped)) << driver;
        EXPECT_EQ(0u, n_freed(run)) << driver;
        ASSERT_EQ(0, run.ops->flush(run.driver, domain));
        EXPECT_EQ(1u, n_freed(run)) << driver;
    }
}

TEST(Unmap, without_ranges_is_a_command_a_page)
{
    DriverRun run("linux-6.12", {0x94c721b, 0xe730410, 0x1314});
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    EXPECT_EQ((Lines{"TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=0 TG=0 0x5000",
                     "TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=0 TG=0 0x6000",
                     "TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=0 TG=0 0x7000", "SYNC"}),
              unmap_of(&run, domain, 0x5000, pa, 3 * page));
}

// 100 commands: a batch of 64 goes without a CMD_SYNC, the rest with the only one.
TEST(Unmap, of_many_commands_has_one_sync)
{
    DriverRun run("linux-6.12", {0x94c721b, 0xe730410, 0x1314});
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    std::vector<uint64_t> doorbells;

    ASSERT_EQ(0, run.map(domain, 0x5000, pa, 100 * page));
    run.skip();
    EXPECT_EQ(100 * page, run.unmap(domain, 0x5000, 100 * page));
    for (size_t i = run.seen(); i < run.port.records.size(); i++) {
        if (run.port.records[i].kind == SIM_R_MMIO_WRITE)
            doorbells.push_back(run.port.records[i].mmio.value);
    }
    EXPECT_EQ(1u, run.syncs());
    ASSERT_EQ(2u, doorbells.size());
    EXPECT_EQ(37u, doorbells[1] - doorbells[0]);
}

TEST(Unmap, of_stage_2_is_by_ipa)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 2);

    EXPECT_EQ((Lines{"TLBI_S2_IPA VMID=1 SCALE=2 NUM=0 Leaf=1 TTL=3 TG=1 0x4000", "SYNC"}),
              unmap_of(&run, domain, 0x4000, pa, 4 * page));
}

// A guest's stage 1 may have combined any address with it. Between two CMD_SYNCs commands run in
// any order: without the first SYNC, a walk could still combine the old stage 2 after the
// TLBI_NH_ALL.
TEST(Unmap, of_a_nest_parent_drops_the_guests_stage_1_afterwards)
{
    for (const char *driver : {"linux-7", "best", "best-16"}) {
        DriverRun run(driver);
        drv_device *device = run.device(0x20);
        drv_domain *domain = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);

        ASSERT_EQ(0, run.attach(device, domain));
        EXPECT_EQ((Lines{"TLBI_S2_IPA VMID=1 SCALE=0 NUM=0 Leaf=1 TTL=3 TG=1 0x4000", "SYNC",
                         "TLBI_NH_ALL VMID=1", "SYNC"}),
                  unmap_of(&run, domain, 0x4000, pa, page))
            << driver;
    }
}

// 7 counts commands: as many as a table of such pages has entries are too many. Everything of
// the tag goes instead, and with it what guests made of stage 2.
TEST(Unmap, of_a_long_range_without_ranges_is_by_tag_with_linux_7)
{
    const struct {
        int stage;
        uint32_t flags;
        const char *command;
    } rows[] = {
        {1, 0, "TLBI_NH_ASID ASID=1"},
        {2, 0, "TLBI_S12_VMALL VMID=1"},
        {2, DRV_NEST_PARENT, "TLBI_S12_VMALL VMID=1"},
    };

    for (const auto &row : rows) {
        DriverRun run("linux-7", {0x94c721b, 0xe730410, 0x1314});
        drv_device *device = run.device(0x20);
        drv_domain *domain = run.domain(DRV_PAGING, static_cast<uint8_t>(row.stage), row.flags);

        ASSERT_EQ(0, run.attach(device, domain));
        EXPECT_LT(511u, unmap_of(&run, domain, 0x1001000, pa, 511 * page).size());
        EXPECT_EQ((Lines{row.command, "SYNC"}), unmap_of(&run, domain, 0x1001000, pa, 512 * page));
    }
}

TEST(Unmap, of_a_long_range_without_ranges_is_a_command_a_page_with_linux_6_12)
{
    DriverRun run("linux-6.12", {0x94c721b, 0xe730410, 0x1314});
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, run.attach(run.device(0x20), domain));
    EXPECT_EQ(513u, unmap_of(&run, domain, 0x1001000, pa, 512 * page).size());
}

// Linux 7 says nothing of a domain that nobody uses; the short driver says it all at once later.
TEST(Unmap, of_a_domain_without_a_user_is_silent)
{
    for (const char *driver : {"linux-7", "best"}) {
        DriverRun run(driver);
        drv_domain *domain = run.domain(DRV_PAGING, 1);

        EXPECT_EQ(Lines{}, unmap_of(&run, domain, 0x4000, pa, page)) << driver;
    }
}

TEST(ShortDriver, flushes_a_tag_that_went_stale_before_it_is_used_again)
{
    DriverRun run("best");
    drv_device *device = run.device(0x20);
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, run.attach(device, domain));
    ASSERT_EQ(0, run.map(domain, 0x4000, pa, page));
    ASSERT_EQ(0, run.attach(device, run.blocked));
    run.skip();
    EXPECT_EQ(page, run.unmap(domain, 0x4000, page));
    EXPECT_EQ(Lines{}, commands(run));
    ASSERT_EQ(0, run.attach(device, domain));
    EXPECT_EQ((Lines{"TLBI_NH_ASID ASID=1", "SYNC", "CFGI_STE SID=0x20 Leaf=1", "SYNC"}),
              commands(run));
    ASSERT_EQ(0, run.attach(device, run.blocked));
    ASSERT_EQ(0, run.attach(device, domain));
    EXPECT_EQ((Lines{"CFGI_STE SID=0x20 Leaf=1", "SYNC", "CFGI_STE SID=0x20 Leaf=1", "SYNC"}),
              commands(run));
    ASSERT_EQ(0, run.attach(device, run.blocked));
    run.skip();
    run.destroy(domain);
    EXPECT_EQ((Lines{"TLBI_NH_ASID ASID=1", "SYNC"}), commands(run));
}

TEST(Free, of_a_domain_flushes_its_tag_with_linux_6_12)
{
    DriverRun run("linux-6.12");
    drv_domain *s1 = run.domain(DRV_PAGING, 1), *s2 = run.domain(DRV_PAGING, 2);

    run.destroy(s1);
    EXPECT_EQ((Lines{"TLBI_NH_ASID ASID=1", "SYNC"}), commands(run));
    run.destroy(s2);
    EXPECT_EQ((Lines{"TLBI_S12_VMALL VMID=1", "SYNC"}), commands(run));
}

TEST(Flush, is_by_tag)
{
    DriverRun run("linux-6.12");
    drv_domain *domain = run.domain(DRV_PAGING, 1);

    ASSERT_EQ(0, run.ops->flush(run.driver, domain));
    EXPECT_EQ((Lines{"TLBI_NH_ASID ASID=1", "SYNC"}), commands(run));
}

/* ---- devices' caches ---- */

// What an ATC_INV of some pages covers: the smallest aligned power of two of 4 KiB pages.
TEST(Atc, is_invalidated_in_aligned_powers_of_two)
{
    const struct {
        uint64_t first, n;
        const char *command;
    } rows[] = {
        {8, 1, "ATC_INV SID=0x20 SSV=0 Size=0 0x8000"},
        {8, 4, "ATC_INV SID=0x20 SSV=0 Size=2 0x8000"},
        {7, 4, "ATC_INV SID=0x20 SSV=0 Size=4 0x0"},
        {16, 16, "ATC_INV SID=0x20 SSV=0 Size=4 0x10000"},
        {16, 17, "ATC_INV SID=0x20 SSV=0 Size=6 0x0"},
        {0x80, 0x80, "ATC_INV SID=0x20 SSV=0 Size=7 0x80000"},
    };

    for (const auto &row : rows) {
        DriverRun run("linux-6.12", {0x94c761b});
        drv_device *device = run.device(0x20, DRV_ATS);
        drv_domain *domain = run.domain(DRV_PAGING, 1);
        Lines found;

        ASSERT_EQ(0, run.attach(device, domain));
        found = unmap_of(&run, domain, row.first * page, pa + 0x40000 + page, row.n * page);
        ASSERT_GE(found.size(), 4u);
        EXPECT_EQ((Lines{"SYNC", row.command, "SYNC"}), Lines(found.end() - 3, found.end()));
    }
}

// 6.12 begins with the device that came last; 7 has them by StreamID and PASID.
TEST(Atc, of_several_devices_is_invalidated_in_the_drivers_order)
{
    const struct {
        const char *driver;
        Lines wanted;
    } rows[] = {
        {"linux-6.12",
         {"ATC_INV SID=0x28 SSV=1 SSID=1 Size=0 0x4000", "ATC_INV SID=0x20 SSV=0 Size=0 0x4000",
          "ATC_INV SID=0x20 SSV=1 SSID=3 Size=0 0x4000", "ATC_INV SID=0x28 SSV=0 Size=0 0x4000"}},
        {"linux-7",
         {"ATC_INV SID=0x20 SSV=0 Size=0 0x4000", "ATC_INV SID=0x20 SSV=1 SSID=3 Size=0 0x4000",
          "ATC_INV SID=0x28 SSV=0 Size=0 0x4000", "ATC_INV SID=0x28 SSV=1 SSID=1 Size=0 0x4000"}},
    };

    for (const auto &row : rows) {
        DriverRun run(row.driver, {0x94c761b});
        drv_device *late = run.device(0x28, DRV_ATS, 6), *early = run.device(0x20, DRV_ATS, 6);
        drv_domain *domain = run.domain(DRV_PAGING, 1);
        Lines wanted = {"TLBI_NH_VA ASID=1 SCALE=0 NUM=0 Leaf=1 TTL=3 TG=1 0x4000", "SYNC"};

        ASSERT_EQ(0, run.attach(late, domain));
        ASSERT_EQ(0, run.attach(early, domain, 3));
        ASSERT_EQ(0, run.attach(early, domain));
        ASSERT_EQ(0, run.attach(late, domain, 1));
        wanted.insert(wanted.end(), row.wanted.begin(), row.wanted.end());
        wanted.emplace_back("SYNC");
        EXPECT_EQ(wanted, unmap_of(&run, domain, 0x4000, pa, page)) << row.driver;
    }
}

// A device that has the parent itself keeps addresses of stage 2; 7 does not look who is who.
TEST(Atc, of_a_device_on_a_nest_parent_is_invalidated_as_a_whole_by_linux_7)
{
    for (const char *driver : {"linux-7", "best"}) {
        const bool is_all = driver == std::string("linux-7");
        DriverRun run(driver, {0x94c761b});
        drv_domain *parent = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);
        Lines found;

        ASSERT_EQ(0, run.attach(run.device(0x20, DRV_ATS), parent));
        found = unmap_of(&run, parent, 0x4000, pa, page);
        ASSERT_FALSE(found.empty());
        EXPECT_EQ((Lines{"SYNC",
                         is_all ? "ATC_INV SID=0x20 SSV=0 Size=52 0x0"
                                : "ATC_INV SID=0x20 SSV=0 Size=0 0x4000",
                         "SYNC"}),
                  Lines(found.end() - 3, found.end()));
    }
}

// By guest address nobody knows what the device keeps: all of it goes.
TEST(Atc, of_a_nested_device_is_invalidated_as_a_whole)
{
    DriverRun run("linux-7", {0x94c761b});
    drv_device *device = run.device(0x20, DRV_ATS);
    drv_domain *parent = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);
    Lines found;

    ASSERT_EQ(0, run.attach(device, run.nested(parent, 0x8000100b, 0xd6 | 1 << 28)));
    found = unmap_of(&run, parent, 0x4000, pa, page);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ((Lines{"SYNC", "ATC_INV SID=0x20 SSV=0 Size=52 0x0", "SYNC"}),
              Lines(found.end() - 3, found.end()));
}

} // namespace
