/* SPDX-License-Identifier: BSD-2-Clause
 * guest_test.cpp - page tables and what is above them: nesting, guests, dirty pages, coherency,
 * page requests, processes. */
#include "tests/unit/kernel-glue/objects/fake_driver.h"

#include <gtest/gtest.h>

namespace
{

using Lines = std::vector<std::string>;

class Guest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        device = fake.device(0, DRV_STALL);
        a = fake.ioas();
        ASSERT_EQ(fake.map(a, 0x1000, 0xa000, 0x1000), 0);
        parent = fake.hwpt(a, IOFD_HWPT_NEST_PARENT);
        fake.taken();
    }
    int nested(uint64_t word0, uint32_t *id, uint32_t above = 0)
    {
        iofd_hwpt_spec spec{};

        spec.device = device;
        spec.words[0] = word0;
        return iofd_nested_alloc(fake.fd, above ? above : parent, &spec, id);
    }

    Fake fake;
    uint32_t device = 0, a = 0, parent = 0;
};

/* ---- nesting ---- */

TEST_F(Guest, OnlyAboveANestParent)
{
    const uint32_t plain = fake.hwpt(a);
    uint32_t id;

    EXPECT_EQ(nested(1, &id, plain), -EINVAL);
    EXPECT_EQ(nested(1, &id, a), -EINVAL);
    EXPECT_EQ(nested(1, &id, 99), -EINVAL); /* iommufd_hwpt_alloc: whatever pt_id is not */
    EXPECT_EQ(nested(1, &id), 0);
    EXPECT_EQ(iofd_kind(fake.fd, id), IOFD_NESTED);
}

TEST_F(Guest, WhatAGuestMayNotHaveTheDriverSays)
{
    uint32_t id;

    EXPECT_EQ(nested(UINT64_C(1) << 57, &id), -EIO);
    EXPECT_EQ(iofd_users(fake.fd, parent), 0u);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_NESTED), 0u);
}

TEST_F(Guest, IdentityIsATableThatHoldsNothing)
{
    const uint32_t through = fake.hwpt(a, IOFD_HWPT_IDENTITY);

    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, parent), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, through), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0x1000);
    EXPECT_EQ(fake.dma(0, 0x777000), 0x777000);
    fake.log.clear();
    EXPECT_EQ(fake.map(a, 0x8000, 0xb000, 0x1000), 0);
    for (const std::string &line : fake.log)
        EXPECT_EQ(line.find("identity"), std::string::npos) << line;
    EXPECT_EQ(iofd_destroy(fake.fd, through), -EBUSY);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), -1);
    EXPECT_EQ(iofd_destroy(fake.fd, through), 0);
}

TEST_F(Guest, AParentStaysBelowItsTables)
{
    uint32_t id = 0;

    ASSERT_EQ(nested(1, &id), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, parent), -EBUSY);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, id), 0);
    EXPECT_EQ(fake.dma(0, 0x1000), 0xa000);
    EXPECT_EQ(iofd_destroy(fake.fd, id), -EBUSY);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, parent), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, id), 0);
    EXPECT_EQ(iofd_detach(fake.fd, device, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, parent), 0);
}

TEST_F(Guest, TheSpaceBelowKeepsTheDevicesInterruptsFree)
{
    uint32_t id = 0;

    ASSERT_EQ(fake.map(a, 0x8000000, 0xb000, 0x1000), 0);
    ASSERT_EQ(nested(1, &id), 0);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, id), -EADDRINUSE);
}

TEST_F(Guest, APageRequestQueueAndANestParentExcludeEachOther)
{
    iofd_hwpt_spec spec{};
    uint32_t id;

    spec.device = device;
    spec.flags = IOFD_HWPT_NEST_PARENT;
    ASSERT_EQ(iofd_faultq_alloc(fake.fd, &spec.faultq), 0);
    EXPECT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), -EOPNOTSUPP);
    spec.flags = 1 << 9;
    EXPECT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), -EOPNOTSUPP);
}

/* ---- one nested table for each table of the guest ---- */

TEST_F(Guest, TheSameWordsAreTheSameTable)
{
    iofd_hwpt_spec spec{};
    uint32_t first = 0, second = 0, other = 0;

    spec.device = device;
    spec.words[0] = 0x11;
    ASSERT_EQ(iofd_guest_table(fake.fd, parent, &spec, &first), 0);
    ASSERT_EQ(iofd_guest_table(fake.fd, parent, &spec, &second), 0);
    spec.words[1] = 1;
    ASSERT_EQ(iofd_guest_table(fake.fd, parent, &spec, &other), 0);
    EXPECT_EQ(first, second);
    EXPECT_NE(first, other);
    EXPECT_EQ(iofd_guest_release(fake.fd, first), 0);
    EXPECT_EQ(iofd_kind(fake.fd, first), IOFD_NESTED);
    EXPECT_EQ(iofd_guest_release(fake.fd, first), 0);
    EXPECT_EQ(iofd_kind(fake.fd, first), IOFD_NONE);
    EXPECT_EQ(iofd_guest_release(fake.fd, first), -ENOENT);
}

TEST_F(Guest, ATableThatADeviceUsesIsNotReleased)
{
    iofd_hwpt_spec spec{};
    uint32_t id = 0;

    spec.device = device;
    spec.words[0] = 0x11;
    ASSERT_EQ(iofd_guest_table(fake.fd, parent, &spec, &id), 0);
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, id), 0);
    EXPECT_EQ(iofd_guest_release(fake.fd, id), -EBUSY);
}

/* ---- a guest's configuration as one call ---- */

TEST_F(Guest, BindingAttachesOnceAndReplacesThen)
{
    iofd_guest guest{};

    guest.kind = IOFD_GUEST_TABLE;
    guest.table = 0x80001000;
    guest.pasid_bits = 6;
    guest.asid_bits = 16;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
    EXPECT_EQ(fake.taken(), (Lines{"attach 0 nested#259"}));
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
    EXPECT_EQ(fake.taken(), Lines{}); /* the same */
    /* V, Config stage 1, S1ContextPtr, S1CDMax 6: IHI 0070 5.2 */
    EXPECT_EQ(fake.devices[0]->at[DRV_NO_PASID]->spec.guest[0], UINT64_C(0x300000008000100b));
    guest.kind = IOFD_GUEST_ABORT;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
    EXPECT_EQ(fake.devices[0]->at[DRV_NO_PASID]->spec.guest[0], 1u);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_NESTED), 1u); /* the old one is gone */
    guest.kind = IOFD_GUEST_BYPASS;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
    EXPECT_EQ(fake.devices[0]->at[DRV_NO_PASID]->spec.guest[0], 9u);
}

TEST_F(Guest, WidthsThatHardwareHasNotAreRefused)
{
    iofd_guest guest{};

    guest.kind = IOFD_GUEST_TABLE;
    guest.table = 0x80001000;
    guest.asid_bits = 12;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), -EINVAL);
    guest.asid_bits = 16;
    guest.pasid_bits = 7; /* the device has 6 */
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), -EINVAL);
    guest.pasid_bits = 0;
    guest.table = 0x80001008;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), -EINVAL);
    EXPECT_EQ(fake.taken(), Lines{});
    fake.config.asid_bits = 8;
    iofd_free(fake.fd);
    fake.fd = iofd_new(&fake.config);
    SetUp();
    guest.table = 0x80001000;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), -EINVAL);
    guest.asid_bits = 8;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
}

TEST_F(Guest, AFailedBindingLeavesTheOldOne)
{
    iofd_guest guest{};

    guest.kind = IOFD_GUEST_TABLE;
    guest.table = 0x80001000;
    guest.asid_bits = 16;
    ASSERT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), 0);
    const drv_domain *before = fake.devices[0]->at[DRV_NO_PASID];
    guest.table = 0x80002000;
    fake.fail_at = fake.steps + 2;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, IOFD_NO_PASID, parent, &guest), -ENOMEM);
    EXPECT_EQ(fake.devices[0]->at[DRV_NO_PASID], before);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_NESTED), 1u);
}

TEST_F(Guest, OnVtdTheSameCallGivesRootAndWidth)
{
    iofd_guest guest{};

    fake.ops.arch = SIM_ARCH_VTD;
    guest.kind = IOFD_GUEST_TABLE;
    guest.table = 0x80001000;
    guest.n_levels = 5;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, 5, parent, &guest), 0);
    EXPECT_EQ(fake.devices[0]->at[5]->spec.guest[0], 0x80001000u);
    EXPECT_EQ(fake.devices[0]->at[5]->spec.guest[2], 57u);
    guest.n_levels = 3;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, 5, parent, &guest), -EINVAL);
    guest.kind = IOFD_GUEST_BYPASS;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, 5, parent, &guest), 0);
    EXPECT_EQ(fake.dma(0, 0x1000, 5), 0xa000);
    guest.kind = IOFD_GUEST_ABORT;
    EXPECT_EQ(iofd_guest_bind(fake.fd, device, 5, parent, &guest), 0);
    EXPECT_EQ(fake.dma(0, 0x1000, 5), -1);
    EXPECT_EQ(iofd_count(fake.fd, IOFD_NESTED), 0u);
}

/* ---- names, invalidations ---- */

TEST_F(Guest, ACommandNamesADeviceAsTheGuestDoes)
{
    const uint64_t words[] = {0x0000000700000006, 0}; /* CFGI_CD_ALL of StreamID 7 */
    uint32_t id = 0, n_done = 9;

    ASSERT_EQ(nested(1, &id), 0);
    EXPECT_EQ(iofd_invalidate(fake.fd, id, words, 1, &n_done), -EIO);
    EXPECT_EQ(n_done, 0u);
    EXPECT_EQ(iofd_label(fake.fd, device, 7), 0);
    fake.taken(false);
    EXPECT_EQ(iofd_invalidate(fake.fd, id, words, 1, &n_done), 0);
    EXPECT_EQ(n_done, 1u);
    EXPECT_EQ(fake.taken(false), (Lines{"invalidate nested#259 6 0 256"})); /* StreamID 0x100 */
}

TEST_F(Guest, TwoDevicesCannotHaveOneName)
{
    const uint32_t other = fake.device(1);

    EXPECT_EQ(iofd_label(fake.fd, device, 7), 0);
    EXPECT_EQ(iofd_label(fake.fd, other, 7), -EEXIST);
    EXPECT_EQ(iofd_label(fake.fd, device, 7), 0);
    EXPECT_EQ(iofd_label(fake.fd, 99, 8), -ENOENT);
}

TEST_F(Guest, WhichCommandWasRefusedIsTold)
{
    const uint64_t words[] = {0x10, 0, 0x0000000700000006, 0};
    const uint64_t sync[] = {0x46, 0};
    uint32_t id = 0, n_done = 9;

    ASSERT_EQ(nested(1, &id), 0);
    EXPECT_EQ(iofd_invalidate(fake.fd, id, words, 2, &n_done), -EIO);
    EXPECT_EQ(n_done, 1u);
    EXPECT_EQ(iofd_invalidate(fake.fd, id, sync, 1, &n_done), -EIO);
    EXPECT_EQ(n_done, 0u);
    EXPECT_EQ(iofd_invalidate(fake.fd, fake.hwpt(a), words, 1, &n_done), -EINVAL);
    EXPECT_EQ(iofd_invalidate(fake.fd, 99, words, 1, &n_done), -ENOENT);
}

TEST_F(Guest, PasidsHaveNamesToo)
{
    EXPECT_EQ(iofd_pasid_host(fake.fd, device, 3), 3u);
    EXPECT_EQ(iofd_pasid_name(fake.fd, device, 3, 40), 0);
    EXPECT_EQ(iofd_pasid_host(fake.fd, device, 3), 40u);
    EXPECT_EQ(iofd_pasid_guest(fake.fd, device, 40), 3u);
    EXPECT_EQ(iofd_pasid_name(fake.fd, device, 3, 64), -EINVAL);
    EXPECT_EQ(iofd_pasid_name(fake.fd, device, 3, IOFD_NO_PASID), 0);
    EXPECT_EQ(iofd_pasid_host(fake.fd, device, 3), 3u);
    EXPECT_EQ(iofd_pasid_name(fake.fd, device, 3, IOFD_NO_PASID), -ENOENT);
}

/* ---- dirty pages, coherency ---- */

void collect(void *ctx, uint64_t iova, uint64_t)
{
    static_cast<std::vector<uint64_t> *>(ctx)->push_back(iova);
}

TEST_F(Guest, OnlyATableMadeForItTracksDirtyPages)
{
    const uint32_t plain = fake.hwpt(a);

    EXPECT_EQ(iofd_dirty_tracking(fake.fd, plain, true), -EOPNOTSUPP);
    EXPECT_EQ(iofd_dirty_tracking(fake.fd, 99, true), -ENOENT);
}

TEST_F(Guest, DirtyPagesAreReadOnce)
{
    const uint32_t h = fake.hwpt(a, IOFD_HWPT_DIRTY);
    std::vector<uint64_t> pages;
    iofd_dirty dirty = {0x1000, 0x1000, 0x1000, collect, &pages};

    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    drv_domain *domain = fake.devices[0]->at[DRV_NO_PASID];
    domain->dirty.insert(0x1000); /* from before: not told */
    EXPECT_EQ(iofd_dirty_tracking(fake.fd, h, true), 0);
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0);
    EXPECT_EQ(pages.size(), 0u);
    domain->dirty.insert(0x1000);
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0);
    EXPECT_EQ(pages, std::vector<uint64_t>{0x1000});
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), 0);
    EXPECT_EQ(pages.size(), 1u);
    dirty.n_bytes = 0;
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), -EINVAL);
    dirty.n_bytes = 0x800;
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), -EINVAL);
    dirty = {0x1000, 0x1000, 0x4000, collect, &pages};
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), -EINVAL);
    dirty = {0x1000, UINT64_MAX, 0x1000, collect, &pages};
    EXPECT_EQ(iofd_read_dirty(fake.fd, h, &dirty), -EOVERFLOW);
}

TEST_F(Guest, EachTableIsCoherentWhereHardwareCan)
{
    EXPECT_TRUE(iofd_is_coherent(fake.fd, parent));
    fake.ops.enforce_coherency = [](drv *, drv_domain *) { return -EOPNOTSUPP; };
    const uint32_t plain = fake.hwpt(a);
    EXPECT_NE(plain, 0u);
    EXPECT_FALSE(iofd_is_coherent(fake.fd, plain));
}

TEST_F(Guest, ADeviceThatMaySkipSnoopsGetsACoherentTableOrNone)
{
    iofd_device_info info{};
    iofd_hwpt_spec spec{};
    uint32_t id = 0;

    info.drv.dev = 4;
    info.group = IOFD_NO_GROUP;
    info.may_skip_snoop = true;
    ASSERT_EQ(iofd_bind(fake.fd, &info, &spec.device), 0);
    ASSERT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), 0);
    EXPECT_TRUE(iofd_is_coherent(fake.fd, id));
    fake.ops.enforce_coherency = [](drv *, drv_domain *) { return -EOPNOTSUPP; };
    EXPECT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &id), -EOPNOTSUPP);
}

/* ---- page requests ---- */

class Faults : public Guest
{
  protected:
    void SetUp() override
    {
        Guest::SetUp();
        iofd_hwpt_spec spec{};

        ASSERT_EQ(iofd_faultq_alloc(fake.fd, &q), 0);
        spec.device = device;
        spec.faultq = q;
        ASSERT_EQ(iofd_hwpt_alloc(fake.fd, a, &spec, &h), 0);
    }
    void request(uint64_t iova, uint32_t group, bool is_last = true, uint32_t pasid = DRV_NO_PASID)
    {
        drv_fault fault{};

        fault.device = fake.devices[0];
        fault.pasid = pasid;
        fault.group = group;
        fault.iova = iova;
        fault.is_last = is_last;
        fake.faults.push_back(fault);
    }
    using Responses = std::vector<std::pair<uint64_t, bool>>;
    iofd_fault pages[IOFD_FAULT_PAGES];
    uint32_t q = 0, h = 0;
};

TEST_F(Faults, ADeviceThatCannotWaitIsRefused)
{
    EXPECT_EQ(iofd_attach(fake.fd, fake.device(1), IOFD_NO_PASID, h), -EINVAL);
    EXPECT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
}

TEST_F(Faults, ARequestIsReadAndAnswered)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    ASSERT_EQ(iofd_label(fake.fd, device, 0x77), 0);
    request(0x5000, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(iofd_fault_respond(fake.fd, q, 1, true), -EINVAL); /* not read yet */
    ASSERT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 1);
    EXPECT_EQ(pages[0].iova, 0x5000u);
    EXPECT_EQ(pages[0].device, device);
    EXPECT_EQ(pages[0].label, 0x77u);
    EXPECT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 0);
    EXPECT_EQ(iofd_fault_respond(fake.fd, q, pages[0].cookie, true), 0);
    EXPECT_EQ(fake.responses, (Responses{{0x5000, true}}));
    EXPECT_EQ(iofd_fault_respond(fake.fd, q, pages[0].cookie, true), -EINVAL);
}

TEST_F(Faults, AGroupIsReadAsAWhole)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    request(0x5000, 1, false);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 0);
    request(0x9000, 1, true);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(iofd_fault_read(fake.fd, q, pages, 1), -EINVAL); /* no room for both */
    EXPECT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 2);
    EXPECT_EQ(iofd_fault_respond(fake.fd, q, pages[0].cookie, false), 0);
    EXPECT_EQ(fake.responses, (Responses{{0x9000, false}})); /* one answer: the last page's */
}

TEST_F(Faults, GroupsThatComeMixedAreKeptApart)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    request(0x5000, 1, false);
    request(0x6000, 2, false);
    request(0x7000, 2, true);
    request(0x8000, 1, true);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 4u);
    ASSERT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 2);
    EXPECT_EQ(pages[0].iova, 0x5000u);
    EXPECT_EQ(pages[1].iova, 0x8000u);
    ASSERT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 2);
    EXPECT_EQ(pages[0].iova, 0x6000u);
}

TEST_F(Faults, WhoHasNoHandlerIsRefused)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, parent), 0);
    request(0x5000, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(fake.responses, (Responses{{0x5000, false}}));
}

TEST_F(Faults, WhatWaitsIsRefusedWhenTheTableGoes)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    request(0x5000, 1);
    request(0x6000, 2);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 2u);
    ASSERT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 1);
    EXPECT_EQ(iofd_replace(fake.fd, device, IOFD_NO_PASID, parent), 0);
    EXPECT_EQ(fake.responses.size(), 2u);
    EXPECT_EQ(iofd_fault_respond(fake.fd, q, pages[0].cookie, true), -EINVAL);
}

TEST_F(Faults, WhoAnswersTooLateHasRefused)
{
    iofd_free(fake.fd);
    fake.config.fault_limit_ns = 1000;
    fake.fd = iofd_new(&fake.config);
    SetUp();
    ASSERT_EQ(iofd_attach(fake.fd, device, IOFD_NO_PASID, h), 0);
    request(0x5000, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    fake.now_ns = 1000;
    EXPECT_EQ(iofd_poll_faults(fake.fd), 0u);
    EXPECT_EQ(fake.responses.size(), 0u);
    fake.now_ns = 1001;
    EXPECT_EQ(iofd_poll_faults(fake.fd), 0u);
    EXPECT_EQ(fake.responses, (Responses{{0x5000, false}}));
}

TEST_F(Faults, AQueueStaysWithItsTable)
{
    EXPECT_EQ(iofd_destroy(fake.fd, q), -EBUSY);
    EXPECT_EQ(iofd_destroy(fake.fd, h), 0);
    EXPECT_EQ(iofd_destroy(fake.fd, q), 0);
    EXPECT_EQ(iofd_fault_read(fake.fd, q, pages, 1), -ENOENT);
}

TEST_F(Faults, AGuestsPasidIsTold)
{
    ASSERT_EQ(iofd_attach(fake.fd, device, 40, h), 0);
    ASSERT_EQ(iofd_pasid_name(fake.fd, device, 3, 40), 0);
    request(0x5000, 1, true, 40);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    ASSERT_EQ(iofd_fault_read(fake.fd, q, pages, IOFD_FAULT_PAGES), 1);
    EXPECT_EQ(pages[0].pasid, 3u);
}

/* ---- processes ---- */

class Process : public Faults
{
  protected:
    void SetUp() override
    {
        Faults::SetUp();
        const iofd_range range = {0x10000, 0xc0000, 0x4000, 3, 0};

        ASSERT_EQ(iofd_process_alloc(fake.fd, &p), 0);
        ASSERT_EQ(iofd_process_map(fake.fd, p, &range), 0);
    }
    uint32_t p = 0, pasid = 0;
};

TEST_F(Process, APageComesInWhenADeviceTouchesIt)
{
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    EXPECT_EQ(pasid, 1u);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), -1);
    request(0x11008, 1, true, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), 0xc1000);
    request(0x20000, 2, true, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(fake.responses, (Responses{{0x11008, true}, {0x20000, false}}));
}

TEST_F(Process, WhatItHasTouchedIsThereFromTheStart)
{
    EXPECT_EQ(iofd_process_touch(fake.fd, p, 0x12000, 0x2000), 0);
    EXPECT_EQ(iofd_process_touch(fake.fd, p, 0x20000, 0x1000), -EFAULT);
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    EXPECT_EQ(fake.dma(0, 0x12000, 1), 0xc2000);
    EXPECT_EQ(fake.dma(0, 0x13000, 1), 0xc3000);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), -1);
    EXPECT_EQ(iofd_process_touch(fake.fd, p, 0x11000, 0x1000), 0);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), 0xc1000);
}

TEST_F(Process, OnlyOfOneThatIsToldRecordsTell)
{
    const iofd_range range = {0x10000, 0xd0000, 0x1000, 3, 0};
    const std::vector<std::string> told = {"map", "begin set_pasid", "end set_pasid",
                                           "begin remove_pasid", "end remove_pasid"};
    uint32_t q;

    fake.marks.clear();
    EXPECT_EQ(iofd_process_touch(fake.fd, p, 0x12000, 0x1000), 0);
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    EXPECT_EQ(iofd_detach(fake.fd, device, pasid), 0);
    EXPECT_TRUE(fake.marks.empty()) << fake.marks[0];
    ASSERT_EQ(iofd_process_alloc(fake.fd, &q), 0);
    ASSERT_EQ(iofd_process_tell(fake.fd, q), 0);
    ASSERT_EQ(iofd_process_map(fake.fd, q, &range), 0);
    EXPECT_EQ(iofd_process_touch(fake.fd, q, 0x10000, 0x1000), 0);
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, q, &pasid), 0);
    EXPECT_EQ(iofd_detach(fake.fd, device, pasid), 0);
    EXPECT_EQ(fake.marks, told);
    EXPECT_EQ(iofd_process_unmap(fake.fd, q, 0x10000, 0x1000), 0);
    EXPECT_EQ(fake.marks.back(), "unmap");
}

TEST_F(Process, ItsMemoryGoesFromTheDeviceToo)
{
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    request(0x11000, 1, true, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(iofd_process_unmap(fake.fd, p, 0x10000, 0x1000), -ENOENT);
    EXPECT_EQ(iofd_process_unmap(fake.fd, p, 0x10000, 0x4000), 0);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), -1);
}

TEST_F(Process, DevicesOfOneProcessHaveOnePasid)
{
    const uint32_t other = fake.device(1, DRV_PRI);
    uint32_t second = 0, again = 0;

    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    EXPECT_EQ(iofd_sva_bind(fake.fd, other, p, &second), 0);
    EXPECT_EQ(second, pasid);
    EXPECT_EQ(iofd_sva_bind(fake.fd, device, p, &again), -EBUSY);
    EXPECT_EQ(iofd_sva_bind(fake.fd, fake.device(2), p, &again), -EINVAL); /* it cannot wait */
    EXPECT_EQ(iofd_destroy(fake.fd, p), -EBUSY);
}

TEST_F(Process, ItMayEndBeforeItsDevicesLeave)
{
    ASSERT_EQ(iofd_sva_bind(fake.fd, device, p, &pasid), 0);
    request(0x11000, 1, true, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(iofd_process_exit(fake.fd, p), 0);
    EXPECT_EQ(fake.dma(0, 0x11000, 1), -1);
    request(0x11000, 2, true, 1);
    EXPECT_EQ(iofd_poll_faults(fake.fd), 1u);
    EXPECT_EQ(fake.responses.back(), (std::pair<uint64_t, bool>{0x11000, false}));
    EXPECT_EQ(iofd_process_exit(fake.fd, p), -ENOENT);
    EXPECT_EQ(iofd_kind(fake.fd, p), IOFD_PROCESS);
    EXPECT_EQ(iofd_detach(fake.fd, device, 1), 0);
    EXPECT_EQ(iofd_kind(fake.fd, p), IOFD_NONE);
}

} // namespace
