// SPDX-License-Identifier: BSD-2-Clause
// Recordings of the library: which record an act becomes, and which file the records.
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

#include "tests/unit/api/api_machine.h"

namespace
{

std::string scratch_file(const char *name)
{
    return testing::TempDir() + "iommusim-api-" + std::to_string(getpid()) + "-" + name;
}

std::string contents(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream all;

    all << file.rdbuf();
    (void)std::remove(path.c_str());
    return all.str();
}

TEST(ApiRecord, WhatSoftwareDid)
{
    const std::string path = scratch_file("acts.iotr.txt");
    Machine machine(IOMMUSIM_VTD);
    const iommusim_mark map = {IOMMUSIM_OP_MAP, IOMMUSIM_NO_DEVICE, IOMMUSIM_NO_PASID, 0, 1, 0x1000,
                               0x2000};
    const iommusim_range range = {1, 0x1000, 0x80000000, 0x2000, IOMMUSIM_READ | IOMMUSIM_WRITE};
    const uint64_t pair[2] = {0x25, 0x30000};

    machine.start();
    ASSERT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0xfed90000), 0);
    EXPECT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_mark_device(machine.sim, 0, "dev0", 0x20), 0);
    EXPECT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_PAGES, 0x40000, 0x1000), 0);
    EXPECT_EQ(iommusim_advance(machine.sim, 5000), 0);
    EXPECT_EQ(iommusim_mark_begin(machine.sim, &map), 0);
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_PTE_VTD, 0x40008, 0x80000003, 8), 0);
    EXPECT_EQ(iommusim_mark_map(machine.sim, &range), 0);
    EXPECT_EQ(iommusim_mark_end(machine.sim, &map), 0);
    EXPECT_EQ(iommusim_store_pair(machine.sim, IOMMUSIM_S_QI, 0x40010, pair, 1), 0);
    EXPECT_EQ(iommusim_barrier(machine.sim, IOMMUSIM_BARRIER_FLUSH, 0x40000), 0);
    EXPECT_EQ(iommusim_mark_ats(machine.sim, 0, 1, 2), 0);
    EXPECT_EQ(iommusim_mark_unmap(machine.sim, &range), 0);
    EXPECT_EQ(iommusim_mark_text(machine.sim, "here"), 0);
    EXPECT_EQ(iommusim_wait_reg(machine.sim, GSTS, TE, TE, 3000), IOMMUSIM_ETIMEDOUT);
    EXPECT_EQ(iommusim_forget(machine.sim, IOMMUSIM_S_PAGES, 0x40000, 0x1000), 0);
    EXPECT_EQ(iommusim_reg_write(machine.sim, RTADDR, 8, 0x10000), 0);
    EXPECT_EQ(access(path.c_str(), F_OK), -1); // not before it is whole
    ASSERT_EQ(iommusim_record_stop(machine.sim), 0);
    EXPECT_EQ(iommusim_record_stop(machine.sim), IOMMUSIM_EINVAL);
    EXPECT_EQ(contents(path), "iommusim-text/1 records\n"
                              "@0 meta \"barriers\" \"recorded\"\n"
                              "@0 iommu 0 vtd 0xfed90000 0x20000\n"
                              "@0 device 0 \"dev0\" requester=0x20\n"
                              "@0 memory PAGES 0x40000 0x1000\n"
                              "@5 begin map domain=0x1 a=0x1000 b=0x2000\n"
                              "@5 store PTE_VTD 0x40008 0x80000003\n"
                              "@5 map 0x1 0x1000 0x80000000 0x2000 prot=rw\n"
                              "@5 end map domain=0x1 a=0x1000 b=0x2000\n"
                              "@5 store QI 0x40010 0x25 value_hi=0x30000 width=16 atomic\n"
                              "@5 barrier flush pa=0x40000\n"
                              "@5 ats 0 on stu=2\n"
                              "@5 unmap 0x1 0x1000 0x2000 0x2000\n"
                              "@5 mark \"here\"\n"
                              "@8 wait reg 0x1c mask=0x80000000 value=0x80000000 polls=1 "
                              "took_ns=3 ret=-110\n"
                              "@8 free PAGES 0x40000 0x1000\n"
                              "@8 mmio_write 0x20 0x10000 width=8\n");
}

TEST(ApiRecord, WithoutItsEndLeavesNoFile)
{
    const std::string path = scratch_file("cut.iotr");

    {
        Machine machine(IOMMUSIM_SMMUV3);

        machine.start();
        ASSERT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0), 0);
        EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_STE, 0x1000, 1, 8), 0);
    }
    EXPECT_EQ(contents(path), "");
}

TEST(ApiRecord, IsCompressedUnlessItIsText)
{
    const std::string path = scratch_file("short.iotr");
    Machine machine(IOMMUSIM_SMMUV3);

    machine.start();
    EXPECT_NE(iommusim_record_start(machine.sim, "/nowhere/x.iotr", 0), 0);
    ASSERT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0), 0);
    ASSERT_EQ(iommusim_record_stop(machine.sim), 0);
    EXPECT_EQ(contents(path).substr(0, 8), "iotr\r\n\x1a\n");
}

TEST(ApiRecord, WholeOperations)
{
    const std::string path = scratch_file("whole.iotr.txt");
    Machine machine(IOMMUSIM_VTD);
    const iommusim_range range = {1, 0x1000, 0x80000000, 0x2000, IOMMUSIM_READ};
    const iommusim_mark mark = {IOMMUSIM_OP_REPLACE, 3, IOMMUSIM_NO_PASID, -22, 7, 1, 0};

    machine.start();
    ASSERT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0), 0);
    EXPECT_EQ(iommusim_map_begin(machine.sim, &range), 0);
    EXPECT_EQ(iommusim_map_end(machine.sim, &range), 0);
    EXPECT_EQ(iommusim_switch_begin(machine.sim, &mark), 0);
    EXPECT_EQ(iommusim_switch_end(machine.sim, &mark), 0);
    EXPECT_EQ(iommusim_unmap_begin(machine.sim, &range), 0);
    EXPECT_EQ(iommusim_unmap_end(machine.sim, &range), 0);
    ASSERT_EQ(iommusim_record_stop(machine.sim), 0);
    EXPECT_EQ(contents(path), "iommusim-text/1 records\n"
                              "@0 meta \"barriers\" \"recorded\"\n"
                              "@0 iommu 0 vtd 0x0 0x20000\n"
                              "@0 begin map domain=0x1 a=0x1000 b=0x2000\n"
                              "@0 map 0x1 0x1000 0x80000000 0x2000 prot=r\n"
                              "@0 end map domain=0x1 a=0x1000 b=0x2000\n"
                              "@0 begin replace dev=3 a=0x7\n"
                              "@0 begin drv_attach dev=3 domain=0x7 a=0x1\n"
                              "@0 end drv_attach dev=3 domain=0x7 a=0x1 ret=-22\n"
                              "@0 end replace dev=3 a=0x7 ret=-22\n"
                              "@0 begin unmap domain=0x1 a=0x1000 b=0x2000\n"
                              "@0 unmap 0x1 0x1000 0x2000 0x2000\n"
                              "@0 end unmap domain=0x1 a=0x1000 b=0x2000\n");
}

// What no record can say is refused, and the recording goes on.
TEST(ApiRecord, RefusesNonsense)
{
    const std::string path = scratch_file("wrong.iotr.txt");
    Machine machine(IOMMUSIM_VTD);
    const iommusim_range range = {1, UINT64_MAX - 0xfff, 0, 0x2000, IOMMUSIM_READ};

    machine.start();
    ASSERT_EQ(iommusim_record_start(machine.sim, path.c_str(), 0), 0);
    EXPECT_EQ(iommusim_mark_map(machine.sim, &range), IOMMUSIM_EINVAL); // wraps around
    EXPECT_EQ(iommusim_mark_text(machine.sim, "on"), 0);
    ASSERT_EQ(iommusim_record_stop(machine.sim), 0);
    EXPECT_NE(contents(path).find("mark \"on\""), std::string::npos);
}

} // namespace
