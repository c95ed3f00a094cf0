// SPDX-License-Identifier: BSD-2-Clause
// The library's interface: what it refuses, whom it calls, what it records. Values are typed from
// the header's promises and from VT-d's register map (facts 1, 4, 6).
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iommusim/iommusim.h>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace
{

enum : uint64_t {
    GCMD = 0x18,
    GSTS = 0x1c,
    RTADDR = 0x20,
    FECTL = 0x38,
    FEDATA = 0x3c,
    FEADDR = 0x40,
    IQT = 0x88,
    IQA = 0x90,
    TE = 0x80000000,
    SRTP = 0x40000000,
    QIE = 0x04000000,
};

// A simulation, and a world that remembers.
struct Machine {
    iommusim_config *config;
    iommusim *sim = nullptr;
    iommusim_world world = {};
    std::map<uint64_t, uint8_t> bytes;
    std::vector<std::string> heard;
    std::vector<int> errors; // of calls in a callback
    bool refuses = false;
    uint32_t itag = 0; // of the last invalidation

    explicit Machine(iommusim_arch arch) : config(iommusim_config_new(arch))
    {
        world.ctx = this;
    }

    Machine(const Machine &) = delete;
    Machine &operator=(const Machine &) = delete;

    ~Machine()
    {
        iommusim_config_free(config);
        iommusim_free(sim);
    }

    void start()
    {
        ASSERT_EQ(iommusim_new(config, &world, &sim), 0);
    }

    void own_memory()
    {
        world.read = [](void *ctx, uint64_t pa, void *data, uint32_t n) {
            Machine *self = static_cast<Machine *>(ctx);
            for (uint32_t i = 0; i < n; i++)
                static_cast<uint8_t *>(data)[i] = self->bytes[pa + i];
            return self->refuses ? 1 : 0;
        };
        world.write = [](void *ctx, uint64_t pa, const void *data, uint32_t n) {
            Machine *self = static_cast<Machine *>(ctx);
            for (uint32_t i = 0; i < n && !self->refuses; i++)
                self->bytes[pa + i] = static_cast<const uint8_t *>(data)[i];
            return self->refuses ? 1 : 0;
        };
    }

    void on(uint64_t bits)
    {
        ASSERT_EQ(iommusim_reg_write(sim, GCMD, 4, bits), 0);
        ASSERT_EQ(iommusim_wait_reg(sim, GSTS, bits, bits, IOMMUSIM_NEVER), 0);
    }
};

iommusim_dma read_of(uint64_t iova, uint32_t n_bytes = 4)
{
    iommusim_dma dma = {};

    dma.iova = iova;
    dma.n_bytes = n_bytes;
    dma.requester = 0x20;
    dma.pasid = IOMMUSIM_NO_PASID;
    dma.access = IOMMUSIM_READ;
    return dma;
}

// ---- names

TEST(ApiNames, AreThoseOfTheHeader)
{
    EXPECT_STREQ(iommusim_version(), IOMMUSIM_VERSION);
    EXPECT_STREQ(iommusim_error_name(0), "OK");
    EXPECT_STREQ(iommusim_error_name(IOMMUSIM_ETIMEDOUT), "ETIMEDOUT");
    EXPECT_STREQ(iommusim_error_name(7), "?");
    EXPECT_STREQ(iommusim_status_name(IOMMUSIM_UR), "ur");
    EXPECT_STREQ(iommusim_status_name(99), "?");
}

// ---- configuration

TEST(ApiConfig, IdRegisters)
{
    const struct {
        iommusim_arch arch;
        uint64_t offset, value;
        int error;
    } cases[] = {
        {IOMMUSIM_SMMUV3, 0x4, 0x12345678, 0},
        {IOMMUSIM_SMMUV3, 0x4, 0x112345678, IOMMUSIM_ERANGE},
        {IOMMUSIM_SMMUV3, 0x20, 0, IOMMUSIM_EINVAL}, // CR0
        {IOMMUSIM_VTD, 0x8, 0xd2008c40660462, 0},
        {IOMMUSIM_VTD, 0x0, 0x10, 0},
        {IOMMUSIM_VTD, 0x0, 0x100000010, IOMMUSIM_ERANGE},
        {IOMMUSIM_VTD, 0x18, 0, IOMMUSIM_EINVAL}, // GCMD
    };

    for (const auto &c : cases) {
        Machine machine(c.arch);

        ASSERT_EQ(iommusim_config_id(machine.config, c.offset, c.value), c.error) << c.offset;
        machine.start();
        if (!c.error) {
            EXPECT_EQ(iommusim_reg_read(machine.sim, c.offset, c.value >> 32 ? 8 : 4), c.value);
        }
    }
}

TEST(ApiConfig, Parameters)
{
    const struct {
        const char *name, *value;
        int error;
    } cases[] = {
        {"smmu.tlb_entries", "64", 0},
        {"smmu.tlb_entries", "0x40", 0},
        {"mem.latency_ns", "460", 0},
        {"mem.latency_ns", "1000001", IOMMUSIM_ERANGE},
        {"mem.latency_ns", "99999999999999999999", IOMMUSIM_ERANGE},
        {"mem.latency_ns", "-1", IOMMUSIM_EINVAL},
        {"mem.latency_ns", "", IOMMUSIM_EINVAL},
        {"mem.latency_ns", "5ns", IOMMUSIM_EINVAL},
        {"mem.nothing", "1", IOMMUSIM_EINVAL},
        {"memory.latency_ns", "1", IOMMUSIM_EINVAL},
        {"vtd.tlb_entries", "64", IOMMUSIM_EINVAL}, // of an SMMU
    };

    for (const auto &c : cases) {
        Machine machine(IOMMUSIM_SMMUV3);

        EXPECT_EQ(iommusim_config_set(machine.config, c.name, c.value), c.error)
            << c.name << " " << c.value;
    }
    Machine vtd(IOMMUSIM_VTD);
    EXPECT_EQ(iommusim_config_set(vtd.config, "vtd.tlb_replace", "plru"), 0);
    EXPECT_EQ(iommusim_config_set(vtd.config, "vtd.tlb_replace", "lru"), IOMMUSIM_EINVAL);
}

TEST(ApiConfig, Presets)
{
    Machine machine(IOMMUSIM_SMMUV3);

    EXPECT_EQ(iommusim_config_preset(machine.config, "mmu700"), 0); // the unit's alone
    EXPECT_EQ(iommusim_config_preset(machine.config, "remote"), 0); // memory's alone
    EXPECT_EQ(iommusim_config_preset(machine.config, "bdw"), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_config_new(static_cast<iommusim_arch>(3)), nullptr);
}

TEST(ApiNew, RefusesWhatDoesNotFit)
{
    Machine machine(IOMMUSIM_SMMUV3);

    machine.own_memory();
    machine.world.write = nullptr;
    EXPECT_EQ(iommusim_new(machine.config, &machine.world, &machine.sim), IOMMUSIM_EINVAL);
    EXPECT_EQ(machine.sim, nullptr);
    ASSERT_EQ(iommusim_config_set(machine.config, "smmu.tlb_entries", "63"), 0);
    ASSERT_EQ(iommusim_config_set(machine.config, "smmu.tlb_ways", "4"), 0);
    EXPECT_EQ(iommusim_new(machine.config, nullptr, &machine.sim), IOMMUSIM_EINVAL);
}

// ---- software

TEST(ApiStore, IsAlignedAndLittleEndian)
{
    Machine machine(IOMMUSIM_SMMUV3);
    const uint64_t pair[2] = {0x1112131415161718, 0x2122232425262728};
    uint8_t bytes[16] = {};

    machine.start();
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_STE, 0x1004, 1, 8), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_STE, 0x1000, 1, 3), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_STE, 0x1000, 1, 16), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_STE, 0x1000, 0x100, 1), IOMMUSIM_EINVAL);
    ASSERT_EQ(iommusim_store_pair(machine.sim, IOMMUSIM_S_CMD, 0x1000, pair, 1), 0);
    ASSERT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_OTHER, 0x1002, 0xabcd, 2), 0);
    ASSERT_EQ(iommusim_read_memory(machine.sim, 0x1000, bytes, 16), 0);
    const uint8_t want[16] = {0x18, 0x17, 0xcd, 0xab, 0x14, 0x13, 0x12, 0x11,
                              0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21};
    EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + 16), std::vector<uint8_t>(want, want + 16));
}

TEST(ApiStore, GoesToMemoryOfYours)
{
    Machine machine(IOMMUSIM_VTD);
    uint8_t out[100] = {};
    uint8_t in[100];

    machine.own_memory();
    machine.start();
    ASSERT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_ROOT, 0x1008, 0x55, 8), 0);
    EXPECT_EQ(machine.bytes[0x1008], 0x55);
    out[99] = 7;
    ASSERT_EQ(iommusim_write_memory(machine.sim, 0x2001, out, sizeof(out)), 0);
    EXPECT_EQ(machine.bytes[0x2001 + 99], 7); // behind the first 64
    ASSERT_EQ(iommusim_read_memory(machine.sim, 0x2001, in, sizeof(in)), 0);
    EXPECT_EQ(in[99], 7);
    machine.refuses = true;
    EXPECT_EQ(iommusim_store(machine.sim, IOMMUSIM_S_ROOT, 0x1008, 1, 8), IOMMUSIM_EIO);
    EXPECT_EQ(iommusim_read_memory(machine.sim, 0x1008, in, 8), IOMMUSIM_EIO);
}

TEST(ApiRegister, OfFourOrEightBytes)
{
    Machine machine(IOMMUSIM_VTD);

    machine.start();
    EXPECT_EQ(iommusim_reg_write(machine.sim, RTADDR, 3, 0), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_reg_write(machine.sim, RTADDR, 264, 0), IOMMUSIM_EINVAL); // 8 + 256
    EXPECT_EQ(iommusim_reg_write(machine.sim, RTADDR, 8, 0x10000), 0);
    EXPECT_EQ(iommusim_reg_read(machine.sim, RTADDR, 8), 0x10000u);
    EXPECT_EQ(iommusim_reg_read(machine.sim, RTADDR, 3), 0u);
    EXPECT_EQ(iommusim_reset(machine.sim), 0);
    EXPECT_EQ(iommusim_reg_read(machine.sim, RTADDR, 8), 0u);
}

TEST(ApiWait, EndsAtItsTimeout)
{
    Machine machine(IOMMUSIM_VTD);

    machine.start();
    EXPECT_EQ(iommusim_wait_reg(machine.sim, GSTS, TE, TE, 12345), IOMMUSIM_ETIMEDOUT);
    EXPECT_EQ(iommusim_now_ps(machine.sim), 12345u);
    EXPECT_EQ(iommusim_wait_memory(machine.sim, 0x1000, 1, 1, IOMMUSIM_NEVER), IOMMUSIM_ETIMEDOUT);
    EXPECT_EQ(iommusim_now_ps(machine.sim), 12345u); // nothing happens: no reason to wait
    EXPECT_EQ(iommusim_wait_memory(machine.sim, 0x1000, 1, 0, 0), 0);
    EXPECT_EQ(iommusim_wait_slot(machine.sim, 0x7000, 0, 0), IOMMUSIM_EINVAL);
    EXPECT_EQ(iommusim_advance(machine.sim, UINT64_MAX - 5), IOMMUSIM_ERANGE);
    EXPECT_EQ(iommusim_next_ps(machine.sim), IOMMUSIM_NEVER);
}

// ---- devices

TEST(ApiDma, RefusesWhatIsNoRequest)
{
    Machine machine(IOMMUSIM_VTD);
    std::vector<iommusim_dma> cases(6, read_of(0x1ffc));

    cases[0].n_bytes = 0;
    cases[1].n_bytes = 5; // into the next page
    cases[2].access = 0;
    cases[3].access = IOMMUSIM_PRIVILEGED;
    cases[4].access = 17;
    cases[5].tbu = 256;
    machine.start();
    for (size_t i = 0; i < cases.size(); i++)
        EXPECT_EQ(iommusim_submit(machine.sim, &cases[i]), IOMMUSIM_EINVAL) << i;
}

// Translation is off: addresses are physical.
TEST(ApiDma, MovesBytes)
{
    Machine machine(IOMMUSIM_VTD);
    iommusim_dma dma = read_of(0x1000);
    uint8_t data[4] = {1, 2, 3, 4};

    machine.own_memory();
    machine.start();
    dma.access = IOMMUSIM_WRITE;
    dma.data = data;
    ASSERT_EQ(iommusim_dma_wait(machine.sim, &dma), 0);
    EXPECT_EQ(dma.status, static_cast<uint32_t>(IOMMUSIM_DONE));
    EXPECT_EQ(dma.pa, 0x1000u);
    EXPECT_EQ(machine.bytes[0x1003], 4);
    machine.bytes[0x1000] = 9;
    dma.access = IOMMUSIM_READ;
    ASSERT_EQ(iommusim_dma_wait(machine.sim, &dma), 0);
    EXPECT_EQ(data[0], 9);
    machine.refuses = true;
    ASSERT_EQ(iommusim_dma_wait(machine.sim, &dma), 0);
    EXPECT_NE(dma.status, static_cast<uint32_t>(IOMMUSIM_DONE));
}

// What nobody declared is an external abort; declared and forgotten memory, too.
TEST(ApiDma, FindsOnlyMemoryThatThereIs)
{
    Machine machine(IOMMUSIM_VTD);
    iommusim_dma dma = read_of(0x1000);
    uint8_t data[4] = {};

    machine.start();
    dma.data = data;
    for (const uint32_t want : {IOMMUSIM_PENDING, IOMMUSIM_DONE, IOMMUSIM_PENDING}) {
        ASSERT_EQ(iommusim_dma_wait(machine.sim, &dma), 0);
        EXPECT_EQ(dma.status == IOMMUSIM_DONE, want == IOMMUSIM_DONE);
        if (want == IOMMUSIM_PENDING) {
            ASSERT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_OTHER, 0x1000, 0x1000), 0);
        } else {
            ASSERT_EQ(iommusim_forget(machine.sim, IOMMUSIM_S_OTHER, 0x1000, 0x1000), 0);
        }
    }
    EXPECT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_OTHER, 0x1004, 8), IOMMUSIM_EINVAL);
}

TEST(ApiDma, SlotsAreFew)
{
    Machine machine(IOMMUSIM_VTD);
    std::vector<iommusim_dma> dmas(IOMMUSIM_MAX_IN_FLIGHT + 1, read_of(0x1000));

    ASSERT_EQ(iommusim_config_set(machine.config, "vtd.request_slots", "0"), 0); // no limit there
    machine.start();
    for (size_t i = 0; i < IOMMUSIM_MAX_IN_FLIGHT; i++)
        ASSERT_EQ(iommusim_submit(machine.sim, &dmas[i]), 0);
    EXPECT_EQ(iommusim_submit(machine.sim, &dmas.back()), IOMMUSIM_EFULL);
    EXPECT_EQ(iommusim_dma_wait(machine.sim, &dmas.back()), 0); // waits until one is free
    ASSERT_EQ(iommusim_run(machine.sim), 0);
    for (const iommusim_dma &dma : dmas)
        EXPECT_EQ(dma.status, static_cast<uint32_t>(IOMMUSIM_DONE));
}

// An answer may send the next request and use registers, but lets no time pass.
TEST(ApiDma, AnswersMaySubmit)
{
    struct Again {
        Machine machine{IOMMUSIM_VTD};
        iommusim_dma dma = read_of(0x1000);
        int n_answers = 0;
    } again;

    again.dma.ctx = &again;
    again.dma.done = [](void *ctx, iommusim_dma *dma) {
        Again *self = static_cast<Again *>(ctx);
        iommusim *sim = self->machine.sim;

        if (++self->n_answers == 3)
            return;
        EXPECT_EQ(iommusim_submit(sim, dma), 0);
        EXPECT_EQ(iommusim_reg_write(sim, RTADDR, 8, 0x10000), 0);
        EXPECT_EQ(iommusim_run(sim), IOMMUSIM_EBUSY);
        EXPECT_EQ(iommusim_advance(sim, 1), IOMMUSIM_EBUSY);
        EXPECT_EQ(iommusim_dma_wait(sim, dma), IOMMUSIM_EBUSY);
        EXPECT_EQ(iommusim_wait_reg(sim, GSTS, 1, 0, 0), IOMMUSIM_EBUSY);
        EXPECT_EQ(iommusim_reset(sim), IOMMUSIM_EBUSY);
    };
    again.machine.start();
    ASSERT_EQ(iommusim_submit(again.machine.sim, &again.dma), 0);
    ASSERT_EQ(iommusim_run(again.machine.sim), 0);
    EXPECT_EQ(again.n_answers, 3);
}

// ---- what the unit tells

TEST(ApiWorld, MessagesComeByTheDoorbell)
{
    Machine machine(IOMMUSIM_VTD);
    iommusim_dma dma = read_of(0x1000);

    machine.world.msi = [](void *ctx, uint64_t pa, uint32_t data) {
        Machine *self = static_cast<Machine *>(ctx);
        iommusim_dma other = read_of(0x1000);
        std::ostringstream line;

        line << std::hex << pa << " " << data;
        self->heard.push_back(line.str());
        self->errors = {iommusim_reg_write(self->sim, RTADDR, 8, 0),
                        iommusim_submit(self->sim, &other), iommusim_run(self->sim),
                        iommusim_ats_complete(self->sim, 0)};
    };
    machine.start();
    ASSERT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_ROOT, 0x10000, 0x1000), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, FEDATA, 4, 0x21), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, FEADDR, 4, 0xfee00010), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, FECTL, 4, 0), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, RTADDR, 8, 0x10000), 0);
    machine.on(SRTP);
    machine.on(TE);
    ASSERT_EQ(iommusim_dma_wait(machine.sim, &dma), 0);
    EXPECT_EQ(dma.status, static_cast<uint32_t>(IOMMUSIM_UR));
    EXPECT_EQ(dma.event, 1u); // the root entry is not present
    ASSERT_EQ(iommusim_run(machine.sim), 0);
    EXPECT_EQ(machine.heard, std::vector<std::string>{"fee00010 21"});
    EXPECT_EQ(machine.errors, std::vector<int>(4, IOMMUSIM_EBUSY));
}

TEST(ApiWorld, DevicesAnswerInvalidations)
{
    Machine machine(IOMMUSIM_VTD);
    const uint64_t words[2][2] = {{0x2000000003, 0x5000},  // device TLB of 20h, one page
                                  {0x200000025, 0x30000}}; // wait: 2 to 30000h

    machine.world.ats_inv = [](void *ctx, const iommusim_ats_inv *inv) {
        std::ostringstream line;

        line << std::hex << inv->requester << " " << inv->address << " " << inv->n_bytes;
        static_cast<Machine *>(ctx)->heard.push_back(line.str());
        static_cast<Machine *>(ctx)->itag = inv->itag;
        EXPECT_EQ(inv->pasid, IOMMUSIM_NO_PASID);
    };
    machine.start();
    ASSERT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_QUEUE, 0x20000, 0x1000), 0);
    ASSERT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_OTHER, 0x30000, 0x1000), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, IQA, 8, 0x20000), 0);
    machine.on(QIE);
    for (uint64_t i = 0; i < 2; i++)
        ASSERT_EQ(iommusim_store_pair(machine.sim, IOMMUSIM_S_QI, 0x20000 + 16 * i, words[i], 0),
                  0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, IQT, 8, 0x20), 0);
    EXPECT_EQ(iommusim_wait_memory(machine.sim, 0x30000, 0xffffffff, 2, 1000000),
              IOMMUSIM_ETIMEDOUT);
    EXPECT_EQ(machine.heard, std::vector<std::string>{"20 5000 1000"});
    ASSERT_EQ(iommusim_ats_complete(machine.sim, machine.itag), 0);
    EXPECT_EQ(iommusim_wait_memory(machine.sim, 0x30000, 0xffffffff, 2, IOMMUSIM_NEVER), 0);
    EXPECT_EQ(iommusim_wait_slot(machine.sim, 0x20000, 1, IOMMUSIM_NEVER), 0);
}

TEST(ApiWorld, FactsHaveNames)
{
    Machine machine(IOMMUSIM_VTD);

    machine.world.fact = [](void *ctx, const iommusim_fact *fact) {
        std::ostringstream line;

        line << fact->name << std::hex;
        for (uint32_t i = 0; i < fact->n_args; i++)
            line << " " << fact->arg_name[i] << "=" << fact->arg[i];
        static_cast<Machine *>(ctx)->heard.push_back(line.str());
    };
    machine.start();
    ASSERT_EQ(iommusim_reg_write(machine.sim, RTADDR, 8, 0x10000), 0);
    EXPECT_EQ(machine.heard,
              std::vector<std::string>{"reg_written offset=20 n_bytes=8 value=10000"});
}

TEST(ApiPage, GroupsHaveSixteenBits)
{
    Machine machine(IOMMUSIM_VTD);
    iommusim_page_request request = {};

    machine.start();
    request.group = 0x10000;
    EXPECT_EQ(iommusim_ask_page(machine.sim, &request), IOMMUSIM_EINVAL);
}

// ---- recordings

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
