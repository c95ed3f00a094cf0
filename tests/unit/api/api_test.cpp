// SPDX-License-Identifier: BSD-2-Clause
// The library's interface: what it refuses, whom it calls. Values are typed from
// the header's promises and from VT-d's register map (facts 1, 4, 6).
#include <gtest/gtest.h>
#include <sstream>

#include "tests/unit/api/api_machine.h"

namespace
{

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
        {IOMMUSIM_VTD, 0x0, 0x100000050, IOMMUSIM_ERANGE}, // its low half is the default
        {IOMMUSIM_VTD, 0x18, 0, IOMMUSIM_EINVAL},          // GCMD
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

// SMMUv3: a CMD_SYNC with CS=SEV, and one slot behind it that nobody has written (5.5).
TEST(ApiWorld, WiresAndSlots)
{
    Machine machine(IOMMUSIM_SMMUV3);
    const uint64_t sync[2] = {0x2046, 0};

    machine.world.irq = [](void *ctx, iommusim_irq source, int level) {
        Machine *self = static_cast<Machine *>(ctx);

        self->heard.push_back(std::to_string(source) + " " + std::to_string(level));
        self->errors = {iommusim_reg_write(self->sim, 0x9c, 4, 0)};
    };
    machine.start();
    ASSERT_EQ(iommusim_memory(machine.sim, IOMMUSIM_S_QUEUE, 0x20000, 0x1000), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, 0x90, 8, 0x20001), 0); // CMDQ_BASE: two slots
    ASSERT_EQ(iommusim_reg_write(machine.sim, 0x20, 4, 8), 0);       // CR0.CMDQEN
    ASSERT_EQ(iommusim_wait_reg(machine.sim, 0x24, 8, 8, IOMMUSIM_NEVER), 0);
    ASSERT_EQ(iommusim_store_pair(machine.sim, IOMMUSIM_S_CMD, 0x20000, sync, 0), 0);
    ASSERT_EQ(iommusim_reg_write(machine.sim, 0x98, 4, 1), 0); // CMDQ_PROD
    EXPECT_EQ(iommusim_wait_slot(machine.sim, 0x20000, 0, 0), IOMMUSIM_ETIMEDOUT);
    EXPECT_EQ(iommusim_wait_slot(machine.sim, 0x20000, 1, 0), 0); // nobody has written it
    EXPECT_EQ(iommusim_wait_slot(machine.sim, 0x20000, 0, IOMMUSIM_NEVER), 0);
    EXPECT_EQ(iommusim_reg_read(machine.sim, 0x9c, 4), 1u); // CMDQ_CONS
    ASSERT_EQ(iommusim_run(machine.sim), 0);
    EXPECT_EQ(machine.heard, std::vector<std::string>{"4 1"});
    EXPECT_EQ(machine.errors, std::vector<int>{IOMMUSIM_EBUSY});
}

// SMMUv3 with PRI, not enabled: every group is answered with a failure (R13).
TEST(ApiWorld, PageRequestsAreAnswered)
{
    Machine machine(IOMMUSIM_SMMUV3);
    const iommusim_page_request request = {0x5000, 0x20, IOMMUSIM_NO_PASID, 9, IOMMUSIM_READ, 1};

    machine.world.page_response = [](void *ctx, const iommusim_page_response *response) {
        std::ostringstream line;

        line << std::hex << response->requester << " " << response->group << " " << response->code;
        static_cast<Machine *>(ctx)->heard.push_back(line.str());
        EXPECT_EQ(response->pasid, IOMMUSIM_NO_PASID);
    };
    // IDR0: both stages, coherent, ATS, PRI, 16-bit tags, two levels of tables
    ASSERT_EQ(iommusim_config_id(machine.config, 0, 0x80d5c1f), 0);
    machine.start();
    ASSERT_EQ(iommusim_ask_page(machine.sim, &request), 0);
    ASSERT_EQ(iommusim_run(machine.sim), 0);
    EXPECT_EQ(machine.heard, std::vector<std::string>{"20 9 f"});
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

} // namespace
