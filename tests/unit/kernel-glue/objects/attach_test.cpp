/* SPDX-License-Identifier: BSD-2-Clause
 * attach_test.cpp - attach, replace, detach: of devices, groups and PASIDs. */
#include "tests/unit/kernel-glue/objects/fake_driver.h"

#include <gtest/gtest.h>

namespace
{

using Lines = std::vector<std::string>;

/* Two address spaces that map the same IOVA to different pages, and a device. */
class Attach : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        device = fake.device(0);
        a = fake.ioas();
        b = fake.ioas();
        ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
        ASSERT_EQ(fake.map(b, 0x1000, 0xb000, 0x1000), 0);
        fake.taken();
    }
    int attach(uint32_t table, uint32_t pasid = IOFD_NO_PASID)
    {
        return iofd_attach(fake.fd, device, pasid, table);
    }
    int replace(uint32_t table, uint32_t pasid = IOFD_NO_PASID)
    {
        return iofd_replace(fake.fd, device, pasid, table);
    }

    Fake fake;
    uint32_t device = 0, a = 0, b = 0;
};

TEST_F(Attach, ABoundDeviceReachesNothing)
{
    EXPECT_EQ(fake.dma(0, 0x1000), -1);
}

TEST_F(Attach, ADeviceCannotBeBoundTwice)
{
    EXPECT_EQ(fake.device(0), 0u);
}

TEST_F(Attach, AnAddressSpaceGetsATableOfItsOwn)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 1u);
}

TEST_F(Attach, AnAutomaticTableGoesWithItsLastDevice)
{
    const uint32_t other = fake.device(1);

    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(iofd_attach(fake.fd, other, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 1u);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(fake.dma(1, 0x1000), 0xa000);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 1u);
    EXPECT_EQ(iofd_detach(fake.fd, other, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 0u);
}

TEST_F(Attach, AnAutomaticTableThatDoesNotFitIsPassedOver)
{
    const uint32_t picky = fake.device(0xbad);
    const uint32_t other = fake.device(1);

    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(iofd_attach(fake.fd, picky, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 2u);
    EXPECT_EQ(iofd_attach(fake.fd, other, IOFD_NO_PASID, a), 0);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 2u);
    EXPECT_EQ(fake.dma(0xbad, 0x1000), 0xa000);
}

TEST_F(Attach, AManualTableThatDoesNotFitIsRefused)
{
    const uint32_t hwpt = fake.hwpt(a);
    const uint32_t picky = fake.device(0xbad);

    EXPECT_EQ(iofd_attach(fake.fd, picky, IOFD_NO_PASID, hwpt), -EINVAL);
    EXPECT_EQ(fake.dma(0xbad, 0x1000), -1);
}

TEST_F(Attach, AnAttachIsFilledAfterTheSwitchAReplaceBefore)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(fake.taken(false),
              (Lines{"alloc", "coherent paging#258", "attach 0 paging#258", "map paging#258"}));
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(fake.taken(false),
              (Lines{"alloc", "coherent paging#259", "map paging#259", "attach 0 paging#259",
                     "unmap paging#258", "free paging#258"}));
}

TEST_F(Attach, AManualTableStaysWithoutDevices)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(attach(hwpt), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, hwpt), -EBUSY);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 1u);
    EXPECT_EQ(iofd_destroy(fake.fd, hwpt), 0);
}

TEST_F(Attach, AManualTableIsNoAutomaticOne)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(attach(a), 0);
    EXPECT_NE(iofd_attached(fake.fd, device, IOFD_NO_PASID), hwpt);
}

TEST_F(Attach, TwiceIsRefused)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(attach(a), -EBUSY);
    EXPECT_EQ(attach(b), -EBUSY);
}

TEST_F(Attach, WhatIsGoneCannotBeAttached)
{
    EXPECT_EQ(attach(99), -ENOENT);
    EXPECT_EQ(attach(device), -EINVAL);
}

TEST_F(Attach, TheMarksAreThoseOfATracedKernel)
{
    fake.marks.clear();
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(fake.marks, (Lines{"begin attach", "begin group_attach", "end group_attach",
                                 "begin map", "map", "end map", "end attach"}));
    fake.marks.clear();
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(fake.marks, (Lines{"begin replace", "begin map", "map", "end map",
                                 "begin group_replace", "end group_replace", "begin unmap", "unmap",
                                 "end unmap", "begin free", "end free", "end replace"}));
}

/* ---- replace ---- */

TEST_F(Attach, ReplaceMovesTheDevice)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xb000);
}

TEST_F(Attach, ReplaceOfWhatIsNotAttachedFails)
{
    EXPECT_EQ(replace(a), -EINVAL);
    EXPECT_EQ(replace(99), -ENOENT);
    EXPECT_EQ(replace(a, 5), -EINVAL);
    EXPECT_EQ(fake.taken(false), Lines{});
}

TEST_F(Attach, ReplaceByTheSameDoesNotTouchHardware)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(attach(hwpt), 0);
    fake.taken();
    EXPECT_EQ(replace(hwpt), 0);
    EXPECT_EQ(fake.taken(false), Lines{});
    EXPECT_EQ(iofd_users(fake.fd, hwpt), 1u);
}

TEST_F(Attach, ReplaceByTheSameAddressSpaceDoesNotTouchHardware)
{
    EXPECT_EQ(attach(a), 0);
    fake.taken();
    EXPECT_EQ(replace(a), 0);
    EXPECT_EQ(fake.taken(false), Lines{});
}

TEST_F(Attach, ReplaceByAnotherTableOfTheSameSpaceSwitches)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(attach(a), 0);
    fake.taken();
    EXPECT_EQ(replace(hwpt), 0);
    EXPECT_EQ(fake.taken().size(), 1u);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
}

TEST_F(Attach, AFailedReplaceLeavesTheOldTable)
{
    const uint32_t hwpt = fake.hwpt(a);

    EXPECT_EQ(attach(hwpt), 0);
    fake.fail_at = fake.steps + 3; /* alloc, map, attach */
    EXPECT_EQ(replace(b), -ENOMEM);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(fake.map(b, 0x8000000, 0xb000, 0x1000), 0); /* no interrupts are in its way */
    EXPECT_EQ(iofd_attached(fake.fd, device, IOFD_NO_PASID), hwpt);
    EXPECT_EQ(iofd_users(fake.fd, hwpt), 1u);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 1u);
}

TEST_F(Attach, ReplaceByASpaceThatMapsInterruptsFails)
{
    ASSERT_EQ(fake.map(b, 0x8000000, 0xb000, 0x1000), 0);
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(replace(b), -EADDRINUSE);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(attach(b), -EBUSY);
}

TEST_F(Attach, WhereADeviceHasItsInterruptsNothingIsMapped)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(fake.map(a, 0x8000000, 0xa000, 0x1000), -EINVAL);
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(fake.map(a, 0x8000000, 0xa000, 0x1000), 0);
    EXPECT_EQ(fake.map(b, 0x8000000, 0xa000, 0x1000), -EINVAL);
}

TEST_F(Attach, TheOldTableIsUsedUntilHardwareLetGo)
{
    const uint32_t old = fake.hwpt(a);
    const uint32_t now = fake.hwpt(b);
    uint32_t n_old = 0, n_now = 0;

    EXPECT_EQ(attach(old), 0);
    fake.during = [&] {
        n_old = iofd_users(fake.fd, old);
        n_now = iofd_users(fake.fd, now);
    };
    EXPECT_EQ(replace(now), 0);
    EXPECT_EQ(n_old, 1u);
    EXPECT_EQ(n_now, 1u);
    EXPECT_EQ(iofd_users(fake.fd, old), 0u);
}

TEST_F(Attach, DuringAReplaceTheSameGroupIsRefused)
{
    int detached = 0, replaced = 0, destroyed = 0;

    EXPECT_EQ(attach(a), 0);
    fake.during = [&] {
        fake.during = nullptr;
        detached = iofd_detach(fake.fd, device, IOFD_NO_PASID);
        replaced = iofd_replace(fake.fd, device, IOFD_NO_PASID, a);
        destroyed = iofd_destroy(fake.fd, b);
    };
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(detached, -EBUSY);
    EXPECT_EQ(replaced, -EBUSY);
    EXPECT_EQ(destroyed, -EBUSY);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xb000);
}

TEST_F(Attach, DuringAReplaceTheNewSpaceDoesNotChange)
{
    int unmapped = 0;

    EXPECT_EQ(attach(a), 0);
    fake.during = [&] {
        fake.during = nullptr;
        unmapped = iofd_unmap(fake.fd, b, 0x1000, 0x1000, nullptr);
    };
    EXPECT_EQ(replace(b), 0);
    EXPECT_EQ(unmapped, -EBUSY);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xb000);
}

TEST_F(Attach, DetachOfWhatIsNotAttachedFails)
{
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), -EINVAL);
    EXPECT_EQ(iofd_detach(fake.fd, 77, IOFD_NO_PASID), -ENOENT);
}

TEST_F(Attach, ADetachedDeviceReachesNothing)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), -1);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_HWPT), 0u);
}

TEST_F(Attach, AnAttachedDeviceIsNotGivenBack)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, device), -EBUSY);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, device), 0);
    EXPECT_EQ(fake.dma(0, 0x1234), 0x1234); /* the kernel's default domain again */
    EXPECT_NE(fake.device(0), 0u);
    EXPECT_EQ(fake.dma(0, 0x1234), -1);
}

/* ---- groups ---- */

class Group : public Attach
{
  protected:
    void SetUp() override
    {
        Attach::SetUp();
        d1 = fake.device(1, 0, 7);
        d2 = fake.device(2, 0, 7);
        h = fake.hwpt(a);
        g = fake.hwpt(b);
        fake.taken();
    }
    uint32_t d1 = 0, d2 = 0, h = 0, g = 0;
};

TEST_F(Group, TheFirstAttachMovesAllMembers)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(fake.dma(1, 0x1000), 0xa000);
    EXPECT_EQ(fake.dma(2, 0x1000), 0xa000);
    EXPECT_EQ(fake.dma(0, 0x1000), -1);
    EXPECT_EQ(iofd_users(fake.fd, h), 1u);
}

TEST_F(Group, TheSecondMemberJoinsWithoutHardware)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    fake.taken();
    EXPECT_EQ(iofd_attach(fake.fd, d2, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(fake.taken(), Lines{});
    EXPECT_EQ(iofd_users(fake.fd, h), 2u);
}

TEST_F(Group, MembersCannotHaveDifferentTables)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_attach(fake.fd, d2, IOFD_NO_PASID, g), -EINVAL);
    EXPECT_EQ(iofd_attach(fake.fd, d2, IOFD_NO_PASID, b), -EINVAL);
}

TEST_F(Group, ReplaceOfOneMovesAll)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_attach(fake.fd, d2, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_replace(fake.fd, d1, IOFD_NO_PASID, g), 0);
    EXPECT_EQ(fake.dma(1, 0x1000), 0xb000);
    EXPECT_EQ(fake.dma(2, 0x1000), 0xb000);
    EXPECT_EQ(iofd_users(fake.fd, h), 0u);
    EXPECT_EQ(iofd_users(fake.fd, g), 2u);
}

TEST_F(Group, AMemberThatHasNotAttachedCannotReplace)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_replace(fake.fd, d2, IOFD_NO_PASID, g), -EINVAL);
    EXPECT_EQ(fake.dma(2, 0x1000), 0xa000);
}

TEST_F(Group, AReplaceThatFailsHalfwayMovesAllBack)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    fake.taken();
    fake.fail_at = fake.steps + 2;
    EXPECT_EQ(iofd_replace(fake.fd, d1, IOFD_NO_PASID, g), -ENOMEM);
    EXPECT_EQ(fake.taken(), (Lines{"attach 1 paging#259", "attach 2 paging#259",
                                   "attach 1 paging#258", "attach 2 paging#258"}));
    EXPECT_EQ(fake.dma(1, 0x1000), 0xa000);
    EXPECT_EQ(fake.dma(2, 0x1000), 0xa000);
}

TEST_F(Group, TheLastDetachBlocksAll)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_attach(fake.fd, d2, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_detach(fake.fd, d1, IOFD_NO_PASID), 0);
    EXPECT_EQ(fake.dma(1, 0x1000), 0xa000);
    EXPECT_EQ(iofd_detach(fake.fd, d2, IOFD_NO_PASID), 0);
    EXPECT_EQ(fake.dma(1, 0x1000), -1);
    EXPECT_EQ(fake.dma(2, 0x1000), -1);
}

TEST_F(Group, ALateMemberGetsWhatTheOthersHave)
{
    EXPECT_EQ(iofd_attach(fake.fd, d1, IOFD_NO_PASID, h), 0);
    EXPECT_NE(fake.device(3, 0, 7), 0u);
    EXPECT_EQ(fake.dma(3, 0x1000), 0xa000);
}

/* ---- PASIDs ---- */

TEST_F(Attach, APasidHasATableOfItsOwn)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(attach(b, 5), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(fake.dma(0, 0x1000, 5), 0xb000);
    EXPECT_EQ(replace(a, 5), 0);
    EXPECT_EQ(fake.dma(0, 0x1000, 5), 0xa000);
    EXPECT_EQ(iofd_detach(fake.fd, device, 5), 0);
    EXPECT_EQ(fake.dma(0, 0x1000, 5), -1);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
}

TEST_F(Attach, APasidBeyondTheDevicesWidthIsRefused)
{
    EXPECT_EQ(attach(a, 63), 0);
    EXPECT_EQ(attach(a, 64), -EINVAL);
    EXPECT_EQ(attach(a, 0), -EINVAL);
}

TEST_F(Attach, APasidIsReplacedInOneCallOfTheDriver)
{
    const uint32_t h = fake.hwpt(a);
    const uint32_t g = fake.hwpt(b);

    EXPECT_EQ(attach(h, 5), 0);
    fake.taken();
    fake.marks.clear();
    EXPECT_EQ(replace(g, 5), 0);
    EXPECT_EQ(fake.taken(), (Lines{"attach 0:5 paging#259"}));
    EXPECT_EQ(fake.marks, (Lines{"begin replace_pasid", "end replace_pasid"}));
    EXPECT_EQ(replace(g, 5), 0);
    EXPECT_EQ(fake.taken(false), Lines{});
    EXPECT_EQ(iofd_users(fake.fd, h), 0u);
    EXPECT_EQ(iofd_users(fake.fd, g), 1u);
}

TEST_F(Attach, AnInterruptsRangeMattersForTheDeviceOnly)
{
    ASSERT_EQ(fake.map(b, 0x8000000, 0xb000, 0x1000), 0);
    EXPECT_EQ(attach(b, 5), 0);
    EXPECT_EQ(attach(b), -EADDRINUSE);
}

TEST(AttachByFlag, OnlyTablesMadeForPasidsGoToPasids)
{
    Fake fake;
    iofd_free(fake.fd);
    fake.config.pasid_by_flag = true;
    fake.fd = iofd_new(&fake.config);
    const uint32_t device = fake.device(0);
    const uint32_t a = fake.ioas();
    const uint32_t plain = fake.hwpt(a);
    const uint32_t h = fake.hwpt(a, IOFD_HWPT_PASID);

    EXPECT_EQ(iofd_attach(fake.fd, device, 5, a), -EINVAL);
    EXPECT_EQ(iofd_attach(fake.fd, device, 5, plain), -EINVAL);
    EXPECT_EQ(iofd_attach(fake.fd, device, 5, h), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, plain), -EINVAL);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    EXPECT_EQ(iofd_detach(fake.fd, device, 5), 0);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, plain), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, 5, h), -EINVAL);
}

TEST_F(Attach, AtTheEndNothingIsLeft)
{
    EXPECT_EQ(attach(a), 0);
    EXPECT_EQ(attach(b, 5), 0);
    (void)fake.hwpt(a, IOFD_HWPT_NEST_PARENT);
    iofd_free(fake.fd);
    fake.fd = nullptr;
    EXPECT_EQ(fake.n_live, 0);
    EXPECT_EQ(fake.devices.size(), 0u);
}

} // namespace
