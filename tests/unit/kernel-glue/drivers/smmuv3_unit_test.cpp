// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_unit_test.cpp - the unit as a whole: start, stop, the command queue, what hardware
// reports, and every step that can fail.
#include "tests/unit/kernel-glue/drivers/smmuv3_bench.h"

#include <cerrno>
#include <regex>

using namespace drv_test;

namespace
{

using Lines = std::vector<std::string>;

std::string line_of(const sim_record &rec)
{
    std::ostringstream out;

    out << std::hex;
    switch (rec.kind) {
    case SIM_R_MMIO_WRITE:
        out << "w " << rec.mmio.offset << ' ' << rec.mmio.value;
        break;
    case SIM_R_WAIT:
        if (rec.wait.cond == SIM_COND_REG)
            out << "wait " << rec.wait.addr << ' ' << rec.wait.mask << ' ' << rec.wait.value;
        else if (rec.wait.cond == SIM_COND_MEM)
            out << "wait mem " << rec.wait.addr;
        else
            out << "wait slot " << rec.wait.index;
        break;
    case SIM_R_STORE:
        if (rec.store.structure == SIM_S_CMD)
            out << "cmd " << rec.store.value << ' ' << rec.store.value_hi;
        break;
    default:
        break;
    }
    return out.str();
}

Lines lines(const DriverRun &run, size_t first = 0)
{
    Lines found;

    for (size_t i = first; i < run.port.records.size(); i++) {
        const std::string line = line_of(run.port.records[i]);

        if (!line.empty())
            found.push_back(line);
    }
    return found;
}

/* ---- start ---- */

// 0x20 CR0 (ack 0x24), 0x28 CR1, 0x2c CR2, 0x80/0x88 stream table, 0x90/0x98/0x9c command queue,
// 0xa0/0x100a8/0x100ac event queue, 0x50 IRQ_CTRL (ack 0x54).
TEST(Start, sets_up_queues_before_it_translates)
{
    DriverRun run("linux-6.12");

    EXPECT_EQ((Lines{"w 20 0",
                     "wait 24 5df 0",
                     "w 28 d75",
                     "w 2c 6",
                     "w 80 4000000040800000",
                     "w 88 10210",
                     "w 90 4000000040000012",
                     "w 98 0",
                     "w 9c 0",
                     "w 20 8",
                     "wait 24 5df 8",
                     "cmd 4 1f",
                     "cmd fc01046 40000010",
                     "w 98 2",
                     "wait mem 40000010",
                     "cmd 20 0",
                     "cmd fc01046 40000030",
                     "w 98 4",
                     "wait mem 40000030",
                     "cmd 30 0",
                     "cmd fc01046 40000050",
                     "w 98 6",
                     "wait mem 40000050",
                     "w a0 4000000040400011",
                     "w 100a8 0",
                     "w 100ac 0",
                     "w 20 c",
                     "wait 24 5df c",
                     "w 50 0",
                     "wait 54 7 0",
                     "w 68 0",
                     "w b0 0",
                     "w 50 5",
                     "wait 54 7 5",
                     "w 20 d",
                     "wait 24 5df d"}),
              lines(run));
}

// IDR0: no MSI, no EL2, but ATS and PRI. The third command queue's slot is 5: a CMD_SYNC with SEV.
TEST(Start, enables_what_there_is)
{
    DriverRun run("linux-6.12", {0x94d541b, 0xe735410});
    const Lines found = lines(run);

    EXPECT_EQ((Lines{"w a0 4000000040400011",
                     "w 100a8 0",
                     "w 100ac 0",
                     "w 20 c",
                     "wait 24 5df c",
                     "w c0 400000004080000a",
                     "w 100c8 0",
                     "w 100cc 0",
                     "w 20 e",
                     "wait 24 5df e",
                     "w 20 1e",
                     "wait 24 5df 1e",
                     "w 50 0",
                     "wait 54 7 0",
                     "w 68 0",
                     "w b0 0",
                     "w d0 0",
                     "w 50 7",
                     "wait 54 7 7",
                     "w 20 1f"}),
              Lines(found.end() - 21, found.end() - 1));
    EXPECT_EQ("wait 24 5df 1f", found.back());
    EXPECT_EQ(std::find(found.begin(), found.end(), "cmd 20 0"), found.end());
    EXPECT_NE(std::find(found.begin(), found.end(), "cmd fc02046 0"), found.end());
    EXPECT_NE(std::find(found.begin(), found.end(), "wait slot 1"), found.end());
}

TEST(Start, blocks_every_stream_of_a_linear_table_first)
{
    DriverRun run("linux-6.12", {0x14c721b, 0xe730406}); // ST_LEVEL linear, 6 bits
    uint64_t base = 0;

    for (const sim_record &rec : run.port.records) {
        if (rec.kind == SIM_R_MMIO_WRITE && rec.mmio.offset == 0x80)
            base = rec.mmio.value & 0xffffffffffffc0;
        if (rec.kind == SIM_R_MMIO_WRITE && rec.mmio.offset == 0x88) {
            EXPECT_EQ(6u, rec.mmio.value);
        }
    }
    for (uint64_t sid = 0; sid < 64; sid++)
        EXPECT_EQ(1u, run.port.load(base + sid * 64)) << sid;
}

TEST(Start, first_lets_nothing_pass_if_somebody_left_the_unit_on)
{
    DriverPort port;
    const drv_ops *ops = drv_find(SIM_ARCH_SMMUV3, "linux-6.12");
    drv *driver;
    Lines found;

    port.set_register(SMMU_REG_CR0, 1);
    port.set_register(SMMU_REG_GBPA, 0x1000);
    ASSERT_EQ(0, ops->create(port.port(), 0, &driver));
    ASSERT_EQ(0, ops->start(driver));
    for (const sim_record &rec : port.records) {
        if (!line_of(rec).empty())
            found.push_back(line_of(rec));
    }
    found.resize(4);
    EXPECT_EQ((Lines{"w 44 80101000", "wait 44 80000000 0", "w 20 0", "wait 24 5df 0"}), found);
    EXPECT_EQ(0, ops->stop(driver));
    EXPECT_EQ(0u, port.n_live());
    ops->destroy(driver);
}

TEST(Start, refuses_a_unit_that_no_driver_can_use)
{
    const DriverIds rows[] = {
        {0x94c7218},                           // no stage
        {0x94c7217},                           // no VMSAv8-64
        {0x94c721b | 3 << 21},                 // big-endian tables
        {0x94c721b, 0x4e730410},               // preset tables
        {0x94c721b, 0xe130410 & ~(31u << 21)}, // a command queue of one entry
        {0x94c721b, 0xe730410, 0x1714, 0x5},   // no granule
    };

    for (const DriverIds &ids : rows) {
        DriverPort port(ids);
        const drv_ops *ops = drv_find(SIM_ARCH_SMMUV3, "linux-7");
        drv *driver;

        ASSERT_EQ(0, ops->create(port.port(), 0, &driver));
        EXPECT_EQ(-ENXIO, ops->start(driver)) << std::hex << ids.idr0;
        EXPECT_EQ(0u, port.n_live());
        ops->destroy(driver);
    }
}

/* ---- the command queue ---- */

// 128 entries: slots come round, with the wrap bit in the pointer.
TEST(Queue, comes_round)
{
    DriverRun run("linux-6.12", {0x94c721b, 0x0cf30410});
    drv_domain *domain = run.domain(DRV_PAGING, 1);
    std::vector<uint64_t> prods;

    for (int i = 0; i < 200; i++)
        ASSERT_EQ(0, run.ops->flush(run.driver, domain));
    for (const sim_record &rec : run.port.records) {
        if (rec.kind == SIM_R_MMIO_WRITE && rec.mmio.offset == 0x98)
            prods.push_back(rec.mmio.value);
        if (rec.kind == SIM_R_STORE && rec.store.structure == SIM_S_CMD) {
            EXPECT_LT(rec.store.pa, prods.empty() ? UINT64_MAX : 0x40000000 + 128 * 16);
        }
    }
    // the first write is 0; 6 of start, then 2 each: 406 in all, modulo 256
    EXPECT_EQ(406u % 256, prods.back());
    EXPECT_EQ(0xfeu, prods[127]);
    EXPECT_EQ(0x100u % 256, prods[128]);
}

/* ---- what hardware reports ---- */

struct Reports : testing::Test {
    Reports() : run("linux-7", {0x84d761b, 0xe735410}) // stalls, ATS, PRI
    {
        device = run.device(0x20, DRV_STALL, 4);
        run.skip();
    }
    void event(uint64_t w0, uint64_t w1, uint64_t w2)
    {
        const uint64_t at = 0x40400000 + 32 * n_events++;

        run.port.poke(at, w0);
        run.port.poke(at + 8, w1);
        run.port.poke(at + 16, w2);
        run.port.set_register(0x100a8, n_events);
    }

    DriverRun run;
    drv_device *device;
    uint64_t n_events = 0;
    drv_fault fault = {};
};

// F_TRANSLATION (0x10) of StreamID 0x20, Stall, STAG 7: written by SSID 3, at 0x5000.
TEST_F(Reports, stall_is_told_and_answered)
{
    event(0x2000003810, 1ull << 31 | 7, 0x5123);
    ASSERT_TRUE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ(device, fault.device);
    EXPECT_EQ(3u, fault.pasid);
    EXPECT_EQ(7u, fault.tag);
    EXPECT_EQ(0x5123u, fault.iova);
    EXPECT_TRUE(fault.is_write);
    EXPECT_TRUE(fault.is_last);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    run.skip();
    fault.tag = 7;
    fault.device = device;
    EXPECT_EQ(0, run.ops->respond(run.driver, &fault, true));
    EXPECT_EQ(0, run.ops->respond(run.driver, &fault, false));
    EXPECT_EQ((Lines{"RESUME SID=0x20 STAG=7 Ac=1 Ab=0", "RESUME SID=0x20 STAG=7 Ac=0 Ab=1"}),
              commands(run)); // and no CMD_SYNC
}

// Read, without a SubstreamID.
TEST_F(Reports, read_without_a_pasid)
{
    event(0x2000000010, 1ull << 35 | 1ull << 31 | 9, 0x6000);
    ASSERT_TRUE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ(DRV_NO_PASID, fault.pasid);
    EXPECT_FALSE(fault.is_write);
}

// Terminated faults, configuration errors and strangers need no answer; their slots are given back.
TEST_F(Reports, that_nobody_waits_for_are_taken_off_the_queue)
{
    event(0x2000000010, 7, 0x5000);
    event(0x2000000004, 1ull << 31, 0);
    event(0x2100000010, 1ull << 31 | 7, 0x5000);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ((Lines{"w 100ac 1", "w 100ac 2", "w 100ac 3"}), lines(run, run.seen()));
}

TEST_F(Reports, overflow_is_acknowledged)
{
    event(0x2000000010, 7, 0x5000);
    run.port.set_register(0x100a8, 1ull << 31 | 1);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ((Lines{"w 100ac 80000001"}), lines(run, run.seen()));
}

// A page request with Last=1 is refused; the kernel's driver has no use for it. 0x40800000 is the
// queue.
TEST_F(Reports, page_request_is_refused_by_linux)
{
    run.port.poke(0x40800000, 1ull << 62 | 1ull << 61 | 0x20);
    run.port.poke(0x40800008, 0x7000 | 5);
    run.port.set_register(0x100c8, 1);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ((Lines{"PRI_RESP SID=0x20 SSV=0 PRGIndex=5 Resp=0"}), commands(run));
}

TEST(PageRequest, is_told_by_the_short_driver_and_answered)
{
    DriverRun run("best", {0x94d761b, 0xe735410});
    drv_device *device = run.device(0x20, DRV_ATS | DRV_PRI, 4);
    drv_fault fault = {};
    bool has_pri = false;

    ASSERT_EQ(0, run.attach(device, run.domain(DRV_PAGING, 1)));
    for (const sim_record &rec : run.port.records)
        has_pri = has_pri || (rec.kind == SIM_R_ATS && rec.ats.pri == SIM_ONOFF_ON);
    EXPECT_TRUE(has_pri);
    run.port.poke(0x40800000, 1ull << 63 | 1ull << 62 | 1ull << 60 | 4ull << 32 | 0x20);
    run.port.poke(0x40800008, 0x7000 | 5);
    run.port.set_register(0x100c8, 1);
    run.skip();
    ASSERT_TRUE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ(4u, fault.pasid);
    EXPECT_EQ(5u, fault.group);
    EXPECT_EQ(0x7000u, fault.iova);
    EXPECT_FALSE(fault.is_write);
    EXPECT_TRUE(fault.is_last);
    EXPECT_EQ(0, run.ops->respond(run.driver, &fault, true));
    EXPECT_EQ(0, run.ops->respond(run.driver, &fault, false));
    EXPECT_EQ((Lines{"PRI_RESP SID=0x20 SSV=1 PRGIndex=5 Resp=2",
                     "PRI_RESP SID=0x20 SSV=1 PRGIndex=5 Resp=1"}),
              commands(run));
}

// GERROR 0x60, GERRORN 0x64, CMDQ_CONS 0x9c: CERROR_ILL at slot 3. The command becomes a CMD_SYNC.
TEST_F(Reports, illegal_command_is_replaced_and_acknowledged)
{
    run.port.set_register(0x60, 1);
    run.port.set_register(0x64, 0);
    run.port.set_register(0x9c, 1ull << 24 | 3);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ((Lines{"cmd fc02046 0", "w 64 1"}), lines(run, run.seen()));
    EXPECT_EQ(0xfc02046u, run.port.load(0x40000030));
}

// CERROR_ABT: nothing can go on. CERROR_ATC_INV_SYNC: it goes on where it stands.
TEST_F(Reports, other_command_errors)
{
    run.port.set_register(0x60, 1);
    run.port.set_register(0x9c, 2ull << 24);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ(Lines{}, lines(run, run.seen()));
    run.port.set_register(0x9c, 3ull << 24);
    EXPECT_FALSE(run.ops->next_fault(run.driver, &fault));
    EXPECT_EQ((Lines{"w 64 1"}), lines(run, run.seen()));
}

/* ---- guests' commands ---- */

TEST(Guest, has_its_commands_forwarded_with_the_host_s_tags)
{
    const struct {
        uint64_t q0, q1;
        const char *command;
    } rows[] = {
        {0x10, 0, "TLBI_NH_ALL VMID=1"},
        {0x0005000000000011, 0, "TLBI_NH_ASID ASID=5"},
        {0x0005000700000012, 0x1000001,
         "TLBI_NH_VA ASID=5 VMID=1 SCALE=0 NUM=0 Leaf=1 TTL=0 TG=0 0x1000000"},
        {0x13, 0x1000000, "TLBI_NH_VAA VMID=1 SCALE=0 NUM=0 Leaf=0 TTL=0 TG=0 0x1000000"},
        {0x30, 0, "TLBI_NH_ALL VMID=1"},
        {0x05, 1, "CFGI_CD SID=0x20 SSID=0 Leaf=1"},
        {0x06, 0, "CFGI_CD_ALL"},
        {0x40, 52, "ATC_INV SID=0x20 SSV=0 Size=52 0x0"},
    };
    DriverRun run("linux-7");
    drv_device *device = run.device(0x20);
    drv_domain *parent = run.domain(DRV_PAGING, 2, DRV_NEST_PARENT);
    drv_domain *nested = run.nested(parent, 0x8000100b, 0xd6);

    for (const auto &row : rows) {
        const uint64_t words[] = {row.q0, row.q1};
        uint32_t n_done = 0;

        EXPECT_EQ(0, run.ops->invalidate(run.driver, nested, device, words, 1, &n_done));
        EXPECT_EQ(1u, n_done);
        EXPECT_EQ((Lines{row.command, "SYNC"}), commands(run));
    }
}

TEST(Guest, is_told_where_it_asks_for_too_much)
{
    DriverRun run("linux-7");
    drv_device *device = run.device(0x20);
    drv_domain *nested = run.nested(run.domain(DRV_PAGING, 2, DRV_NEST_PARENT), 0x8000100b, 0xd6);
    const uint64_t words[] = {0x06, 0, 0x10, 0, 0x46, 0, 0x10, 0};
    uint32_t n_done = 0;

    EXPECT_EQ(-EIO, run.ops->invalidate(run.driver, nested, device, words, 4, &n_done));
    EXPECT_EQ(2u, n_done);
    EXPECT_EQ((Lines{"CFGI_CD_ALL", "TLBI_NH_ALL VMID=1", "SYNC"}), commands(run));
    for (const uint64_t op :
         {0x03u, 0x04u, 0x20u, 0x21u, 0x22u, 0x28u, 0x2au, 0x41u, 0x44u, 0x46u}) {
        const uint64_t one[] = {op, 0};

        EXPECT_EQ(-EIO, run.ops->invalidate(run.driver, nested, device, one, 1, &n_done)) << op;
        EXPECT_EQ(0u, n_done);
    }
    EXPECT_EQ(Lines{}, commands(run));
}

TEST(Nesting, is_not_for_6_12)
{
    DriverRun run("linux-6.12");
    drv_domain_spec spec = {};
    int err;

    spec.kind = DRV_PAGING;
    spec.flags = DRV_NEST_PARENT;
    run.spec(spec, &err);
    EXPECT_EQ(-EOPNOTSUPP, err);
    spec.flags = DRV_DIRTY; // no HTTU
    run.spec(spec, &err);
    EXPECT_EQ(-EOPNOTSUPP, err);
}

/* ---- dirty pages ---- */

void collect(void *ctx, uint64_t iova, uint64_t n_bytes)
{
    static_cast<std::vector<std::pair<uint64_t, uint64_t>> *>(ctx)->emplace_back(iova, n_bytes);
}

TEST(Dirty, pages_are_told_once)
{
    for (const char *driver : {"linux-6.12", "best"}) {
        DriverRun run(driver, {0x94c729b});
        drv_device *device = run.device(0x20);
        drv_domain *domain = run.domain(DRV_PAGING, 1, DRV_DIRTY);
        std::vector<std::pair<uint64_t, uint64_t>> seen;
        using Seen = std::vector<std::pair<uint64_t, uint64_t>>;

        ASSERT_EQ(0, run.attach(device, domain));
        ASSERT_EQ(0, run.map(domain, 0x400000, 0x80000000, 0x200000));
        ASSERT_EQ(0, run.map(domain, 0x1000, 0x80000000, 0x2000));
        EXPECT_EQ(0, run.ops->dirty_tracking(run.driver, domain, true));
        run.skip();
        // writable pages start as written
        ASSERT_EQ(0, run.ops->read_dirty(run.driver, domain, 0, 0x800000, collect, &seen));
        EXPECT_EQ((Seen{{0x1000, 0x1000}, {0x2000, 0x1000}, {0x400000, 0x200000}}), seen);
        // The kernel's driver leaves the TLB alone; a held translation would mark nothing again.
        EXPECT_EQ(driver == std::string("best"), run.syncs() == 1);
        seen.clear();
        ASSERT_EQ(0, run.ops->read_dirty(run.driver, domain, 0, 0x800000, collect, &seen));
        EXPECT_TRUE(seen.empty());
        EXPECT_EQ(0, run.ops->read_dirty(run.driver, domain, 0, 0x800000, nullptr, nullptr));
    }
}

TEST(Dirty, pages_may_be_cleared_without_being_told)
{
    DriverRun run("linux-6.12", {0x94c729b});
    drv_domain *domain = run.domain(DRV_PAGING, 1, DRV_DIRTY);
    std::vector<std::pair<uint64_t, uint64_t>> seen;

    ASSERT_EQ(0, run.map(domain, 0x1000, 0x80000000, 0x2000));
    ASSERT_EQ(0, run.ops->read_dirty(run.driver, domain, 0, 0x800000, nullptr, nullptr));
    ASSERT_EQ(0, run.ops->read_dirty(run.driver, domain, 0, 0x800000, collect, &seen));
    EXPECT_TRUE(seen.empty());
}

/* ---- failures ---- */

// Every allocation and every wait of a change fails in turn. The entries are what they were, the
// error is told, and nothing is kept that was taken.
uint32_t fail_each(const char *driver, int from, int to, bool is_alloc)
{
    for (uint32_t n = 1;; n++) {
        DriverRun run(driver);
        drv_device *device = run.device(0x20, 0, 4);
        drv_domain *domains[] = {run.blocked,
                                 run.identity,
                                 run.domain(DRV_PAGING, 1),
                                 run.domain(DRV_PAGING, 1),
                                 run.domain(DRV_PAGING, 2),
                                 run.domain(DRV_PAGING, 2)};
        uint64_t l2, before[4];
        size_t live;
        int err;

        EXPECT_EQ(0, run.attach(device, domains[from]));
        l2 = run.port.load(0x40800000) & ~UINT64_C(63);
        for (uint64_t i = 0; i < 4; i++)
            before[i] = run.port.load(l2 + 0x20 * 64 + i * 8);
        live = run.port.n_live();
        if (is_alloc)
            run.port.fail_alloc(n);
        else
            run.port.fail_wait(n);
        err = run.attach(device, domains[to]);
        if (!err)
            return n - 1;
        EXPECT_EQ(is_alloc ? -ENOMEM : -ETIMEDOUT, err);
        l2 = run.port.load(0x40800000) & ~UINT64_C(63);
        EXPECT_EQ(before[0], run.port.load(l2 + 0x20 * 64)) << driver << from << to << " " << n;
        for (uint64_t i = 1; i < 4 && (before[0] >> 1 & 7) >= 5; i++) {
            const uint64_t now = run.port.load(l2 + 0x20 * 64 + i * 8);

            if (i == 1 || (before[0] >> 2 & 1) == 1) {
                EXPECT_EQ(before[i], now) << driver << from << to << " " << n << " q" << i;
            }
        }
        EXPECT_GE(live + 1, run.port.n_live()); // a CD table may stay for the next time
    }
}

TEST(Failure, of_any_step_leaves_the_old_domain)
{
    uint32_t n_steps = 0;

    for (const char *driver : {"linux-6.12", "linux-7", "best", "best-16"}) {
        for (int from = 0; from < 6; from++) {
            for (int to = 0; to < 6; to++) {
                if (from == to)
                    continue;
                n_steps += fail_each(driver, from, to, true);
                n_steps += fail_each(driver, from, to, false);
            }
        }
    }
    printf("%u steps failed\n", n_steps);
    EXPECT_GT(n_steps, 300u);
}

TEST(Failure, of_a_map_undoes_it)
{
    for (uint32_t n = 1; n <= 4; n++) {
        DriverRun run("linux-6.12");
        drv_domain *domain = run.domain(DRV_PAGING, 1);
        const size_t live = run.port.n_live();

        run.port.fail_alloc(n);
        EXPECT_EQ(n <= 4 ? -ENOMEM : 0, run.map(domain, 0x1ff000, 0x80000000, 0x2000)) << n;
        run.port.fail_alloc(0);
        EXPECT_EQ(0, run.map(domain, 0x1ff000, 0x80000000, 0x2000));
        EXPECT_EQ(live + 4, run.port.n_live());
    }
}

} // namespace
