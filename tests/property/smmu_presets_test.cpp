// SPDX-License-Identifier: BSD-2-Clause
// Timing changes when things happen, not what they come to: random tables, random changes made by
// the book, and requests under way all the time. Once a machine is idle, every answer must be what
// the test itself wrote down as mapped, under every preset.
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"
#include "tests/property/timings.h"
#include "tests/shim/smmu_machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <utility>

namespace
{

using namespace timings;

constexpr uint64_t kStrtab = 0x10000, kCds = 0x20000, kCmdq = 0x30000, kEventq = 0x40000;
constexpr uint64_t kTables = 0x100000, kTableBytes = 0x40000, kData = 0x800000;
constexpr unsigned kStreams = 4, kDomains = 4, kPages = 64, kCmdLog2 = 6;
constexpr uint64_t kIova = 0x40000000;
constexpr uint64_t kGuestTables = 0x300000;
constexpr unsigned kGuests = 2, kDataPages = 0x400;

// Words as the architecture has them (5.2, 5.4), typed by hand.
constexpr uint64_t kSteAbort = 0x1, kSteBypass = 0x9, kSteS1 = 0xb, kSteS2 = 0xd, kSteNested = 0xf;
constexpr uint64_t kStes[] = {kSteAbort, kSteBypass, kSteS1, kSteS2, kSteNested};
constexpr unsigned kWays = 5;
// Stage 2: S2R, S2AA64, S2PS 48 bits, 4 KiB, start at level 1, S2T0SZ 33 (31 bits), VMID 0.
constexpr uint64_t kSteWord2 = 0x040d0061'00000000;
constexpr uint64_t kS2Page = 0x7ff;            // AF, inner shareable, read and write, normal memory
constexpr uint64_t kCd0 = 0x00006205'c0003510; // V, AA64, A, R, EPD1, T0SZ 16, IPS 48 bits, ASID 0
constexpr uint64_t kCdS = 1ull << 44,
                   kS2s = 1ull << 57;           // faults stall: of CD word 0, of STE word 2
constexpr uint64_t kPage = 0xf43, kTable = 0x3; // AF, nG, inner shareable, read and write for all

struct Answer {
    unsigned status;
    uint64_t pa;
    bool operator==(const Answer &other) const
    {
        return status == other.status && (status != SIM_DMA_OK || pa == other.pa);
    }
};

// What a stream is connected to. Guest g has VMID g + 1.
struct Stream {
    uint64_t ste = kSteAbort;
    unsigned domain = 0;
    unsigned guest = 0;

    bool has_s1() const
    {
        return ste == kSteS1 || ste == kSteNested;
    }
    bool has_s2() const
    {
        return ste == kSteS2 || ste == kSteNested;
    }
};

class Machine
{
  public:
    explicit Machine(const Timing &timing)
    {
        smmu_machine_config config;

        smmu_machine_config_init(&config, timing.preset);
        if (std::string(timing.preset) != "zero")
            config.timing = {150000, 2000, 32};
        if (timing.step_cycles)
            config.smmu.param.step_cycles = config.smmu.param.atom_cycles = timing.step_cycles;
        if (timing.stalls) {
            config.smmu.ids.idr0 &= ~0x3000000u; // STALL_MODEL=0
            config.smmu.ids.idr5 |= 0x40000;     // STALL_MAX=4
        }
        has_stalls_ = timing.stalls;
        config.smmu.param.cache_mode = timing.cache_mode;
        if (timing.tune)
            timing.tune(config.smmu.param);
        machine_.reset(smmu_machine_new(&config));
        SIM_BUG_ON(!machine_);
        iommu_ = test_machine_iommu(machine_.get());
        start();
    }

    void store(uint64_t pa, uint64_t value)
    {
        test_machine_store(machine_.get(), pa, value);
    }

    void command(uint64_t word0, uint64_t word1)
    {
        store(kCmdq + (prod_ & ((1u << kCmdLog2) - 1)) * 16, word0);
        store(kCmdq + (prod_ & ((1u << kCmdLog2) - 1)) * 16 + 8, word1);
        prod_ = (prod_ + 1) & ((2u << kCmdLog2) - 1);
    }

    // Everything up to here, then wait until the hardware says that it is done.
    void sync()
    {
        command(0x46, 0);
        write(SMMU_REG_CMDQ_PROD, prod_);
        while (iommu_->ops->reg_read(iommu_->model, SMMU_REG_CMDQ_CONS, 4) != prod_)
            ASSERT_TRUE(test_machine_step(machine_.get()));
    }

    // A request that runs beside whatever comes next. Its answer is not looked at.
    void disturb(uint32_t sid, uint64_t iova)
    {
        sim_dma &dma = background_[next_background_++ % kBackground];

        if (dma.status != SIM_DMA_PENDING)
            send(&dma, sid, iova);
    }

    // Let the hardware do a few steps, so that what comes next falls into the middle of something.
    void linger(unsigned n_steps)
    {
        while (n_steps-- && test_machine_step(machine_.get()))
            ;
    }

    Answer ask(uint32_t sid, uint64_t iova)
    {
        sim_dma dma = {};

        idle();
        send(&dma, sid, iova);
        idle();
        return {dma.status, dma.pa};
    }

    void idle()
    {
        // As a driver does: what was recorded has been seen, and what stalls is ended. A request
        // without a token, or whose record was held, comes after that.
        do
            test_machine_run(machine_.get());
        while (take_events());
    }

    bool has_stalls() const
    {
        return has_stalls_;
    }

  private:
    // Return: were there any?
    bool take_events()
    {
        const auto prod = iommu_->ops->reg_read(iommu_->model, SMMU_REG_EVENTQ_PROD, 4);
        auto cons = iommu_->ops->reg_read(iommu_->model, SMMU_REG_EVENTQ_CONS, 4);

        if (cons == prod)
            return false;
        for (unsigned n = 0; n < 256 && (cons ^ prod) & 0x1ff; n++) {
            const uint64_t at = kEventq + (cons & 0xff) * 32;
            const uint64_t sid = test_machine_load(machine_.get(), at) >> 32;
            const uint64_t word1 = test_machine_load(machine_.get(), at + 8);

            if (word1 >> 31 & 1) {
                command(0x2044 | sid << 32, word1 & 0xffff); // RESUME, abort
                write(SMMU_REG_CMDQ_PROD, prod_);
                test_machine_run(machine_.get());
            }
            cons = (cons + 1) & 0x1ff;
        }
        write(SMMU_REG_EVENTQ_CONS, prod);
        return true;
    }

    static constexpr unsigned kBackground = 8;

    void write(uint64_t offset, uint64_t value)
    {
        iommu_->ops->reg_write(iommu_->model, offset, 4, value);
    }

    static void done(void *)
    {
    }

    void send(sim_dma *dma, uint32_t sid, uint64_t iova)
    {
        *dma = {};
        dma->iova = iova;
        dma->n_bytes = 64;
        dma->requester = sid;
        dma->access = SIM_DMA_READ;
        dma->done.fn = done;
        if (!iommu_->ops->submit(iommu_->model, dma))
            dma->status = SIM_DMA_ABORT;
    }

    void start()
    {
        for (sim_dma &dma : background_)
            dma.status = SIM_DMA_ABORT;
        iommu_->ops->reg_write(iommu_->model, SMMU_REG_STRTAB_BASE, 8, kStrtab);
        write(SMMU_REG_STRTAB_BASE_CFG, 2); // 4 streams, linear
        iommu_->ops->reg_write(iommu_->model, SMMU_REG_CMDQ_BASE, 8, kCmdq | kCmdLog2);
        iommu_->ops->reg_write(iommu_->model, SMMU_REG_EVENTQ_BASE, 8, kEventq | 8);
        for (unsigned sid = 0; sid < kStreams; sid++) {
            store(kStrtab + 64 * sid, kSteAbort);
            store(kStrtab + 64 * sid + 8, 0);
        }
        write(SMMU_REG_CR0, 0xd); // CMDQEN, EVENTQEN, SMMUEN
        test_machine_run(machine_.get());
    }

    struct Free {
        void operator()(test_machine *machine) const
        {
            test_machine_free(machine);
        }
    };
    sim_dma background_[kBackground] = {};
    unsigned next_background_ = 0;
    std::unique_ptr<test_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;
    uint32_t prod_ = 0;
    bool has_stalls_ = false;
};

// Software that follows the rules of 3.21, and what it means to have mapped.
class Software
{
  public:
    Software(Machine &machine, uint64_t seed) : machine_(machine), random_(seed)
    {
        for (unsigned d = 0; d < kDomains; d++)
            for (unsigned level = 0; level < 3; level++)
                machine_.store(table(d, level) + index(kIova, level) * 8,
                               table(d, level + 1) | kTable);
        for (unsigned g = 0; g < kGuests; g++)
            begin_guest(g);
    }

    void change()
    {
        switch (below(9)) {
        case 0:
            connect(below(kStreams), below(kWays), below(kDomains));
            return;
        case 1:
        case 2:
            map(below(kDomains), below(kPages), kData + below(0x400) * 0x1000);
            return;
        case 3:
            unmap(below(kDomains), below(kPages));
            return;
        case 4:
            chase();
            return;
        case 5:
            guest_map(below(kGuests), some_ipa());
            return;
        case 6:
            guest_unmap(below(kGuests), some_ipa());
            return;
        default:
            machine_.disturb(below(kStreams), kIova + below(kPages) * 0x1000);
            machine_.linger(below(40));
            return;
        }
    }

    // A stream and an address that are worth asking for.
    std::pair<uint32_t, uint64_t> interesting()
    {
        if (below(2))
            return suspect_;
        return {below(kStreams), kIova + below(kPages) * UINT64_C(0x1000) + 0x40};
    }

    Answer expected(uint32_t sid, uint64_t iova) const
    {
        const Stream &stream = streams_[sid];

        if (stream.ste == kSteAbort)
            return {SIM_DMA_ABORT, 0};
        if (stream.ste == kSteBypass)
            return {SIM_DMA_OK, iova};
        uint64_t address = iova;
        if (stream.has_s1() && !look_up(pages_[stream.domain], address - kIova, &address))
            return {SIM_DMA_ABORT, 0};
        if (stream.has_s2() && !look_up(guest_pages_[stream.guest], address, &address))
            return {SIM_DMA_ABORT, 0};
        return {SIM_DMA_OK, address};
    }

    uint64_t kind(uint32_t sid) const
    {
        return streams_[sid].ste;
    }

    unsigned below(unsigned n)
    {
        return static_cast<unsigned>(random_() % n);
    }

  private:
    using Pages = std::map<uint64_t, uint64_t>; // page number to address

    static bool look_up(const Pages &pages, uint64_t from, uint64_t *to)
    {
        const auto found = pages.find(from / 0x1000);

        if (found == pages.end())
            return false;
        *to = found->second | (from & 0xfff);
        return true;
    }

    // A guest's stage 2: structures are where they are, data pages are not. One table of level 1
    // (two entries), two of level 2, and five of level 3: for 0 to 4 MiB, the data, and kIova.
    static uint64_t guest_leaf(unsigned guest, uint64_t ipa)
    {
        const uint64_t base = kGuestTables + guest * UINT64_C(0x10000);
        const unsigned part = ipa < 0x400000 ? ipa / 0x200000
                              : ipa < kIova  ? 2 + (ipa - kData) / 0x200000
                                             : 4;

        return base + 0x3000 + part * UINT64_C(0x1000) + (ipa >> 12 & 511) * 8;
    }

    void begin_guest(unsigned guest)
    {
        const uint64_t base = kGuestTables + guest * UINT64_C(0x10000);

        machine_.store(base, (base + 0x1000) | kTable);
        machine_.store(base + 8, (base + 0x2000) | kTable);
        for (uint64_t part = 0; part < 2; part++) {
            machine_.store(base + 0x1000 + part * 8, (base + 0x3000 + part * 0x1000) | kTable);
            machine_.store(base + 0x1000 + (4 + part) * 8,
                           (base + 0x5000 + part * 0x1000) | kTable);
        }
        machine_.store(base + 0x2000, (base + 0x7000) | kTable);
        for (uint64_t pa = 0; pa < 0x400000; pa += 0x1000)
            machine_.store(guest_leaf(guest, pa), pa | kS2Page);
    }

    uint64_t some_ipa()
    {
        return below(2) ? kData + below(kDataPages) * UINT64_C(0x1000)
                        : kIova + below(kPages) * UINT64_C(0x1000);
    }

    void guest_map(unsigned guest, uint64_t ipa)
    {
        const uint64_t pa = kData + below(kDataPages) * UINT64_C(0x1000);

        if (guest_pages_[guest].count(ipa / 0x1000))
            return;
        machine_.store(guest_leaf(guest, ipa), pa | kS2Page);
        guest_pages_[guest][ipa / 0x1000] = pa;
    }

    // Entries of both stages have no IPA: they go by VMID (4.4.3).
    void guest_unmap(unsigned guest, uint64_t ipa)
    {
        const uint64_t vmid = static_cast<uint64_t>(guest + 1) << 32;

        if (!guest_pages_[guest].erase(ipa / 0x1000))
            return;
        machine_.store(guest_leaf(guest, ipa), 0);
        machine_.linger(below(3));
        if (below(4) == 0) {
            machine_.command(0x28 | vmid, 0); // TLBI_S12_VMALL
        } else {
            machine_.command(0x2a | vmid, ipa | 1); // TLBI_S2_IPA
            machine_.command(0x10 | vmid, 0);       // TLBI_NH_ALL
        }
        machine_.sync();
    }

    static uint64_t table(unsigned domain, unsigned level)
    {
        return kTables + kTableBytes * domain + 0x1000 * level;
    }

    static uint64_t index(uint64_t iova, unsigned level)
    {
        return iova >> (39 - 9 * level) & 511;
    }

    static uint64_t leaf(unsigned domain, unsigned page)
    {
        return table(domain, 3) + index(kIova + page * UINT64_C(0x1000), 3) * 8;
    }

    // Take a page away while a request is on its way through it.
    void chase()
    {
        const unsigned sid = below(kStreams), domain = streams_[sid].domain;

        if (!streams_[sid].has_s1() || pages_[domain].empty())
            return;
        auto page = pages_[domain].begin();
        std::advance(page, below(static_cast<unsigned>(pages_[domain].size())));
        suspect_ = {sid, kIova + page->first * 0x1000 + 0x40};
        machine_.disturb(sid, suspect_.second);
        machine_.linger(below(24));
        const unsigned guest = streams_[sid].guest;
        const uint64_t ipa = page->second;
        if (below(4) && streams_[sid].has_s2() && below(2))
            guest_unmap(guest, ipa);
        else if (below(4))
            unmap(domain, static_cast<unsigned>(page->first));
        else
            connect(sid, below(kWays), below(kDomains));
    }

    void cfgi(unsigned sid)
    {
        machine_.command(0x03 | static_cast<uint64_t>(sid) << 32, 1);
        machine_.sync();
    }

    void connect(unsigned sid, unsigned how, unsigned domain)
    {
        const uint64_t ste = kStrtab + 64 * sid, cd = kCds + 64 * sid;

        machine_.store(ste, kSteAbort);
        cfgi(sid);
        if (below(2)) { // reads the entry while it is being changed
            suspect_ = {sid, kIova + below(kPages) * UINT64_C(0x1000) + 0x40};
            machine_.disturb(sid, suspect_.second);
            machine_.linger(below(24));
        }
        streams_[sid] = {kStes[how], domain, below(kGuests)};
        const Stream &stream = streams_[sid];
        if (stream.has_s1()) {
            machine_.store(cd, 0);
            machine_.store(cd + 8, table(domain, 0));
            machine_.store(cd, kCd0 | (machine_.has_stalls() ? kCdS : 0) |
                                   static_cast<uint64_t>(domain + 1) << 48);
        }
        if (stream.has_s2()) {
            machine_.store(ste + 16,
                           kSteWord2 | (machine_.has_stalls() ? kS2s : 0) | (stream.guest + 1));
            machine_.store(ste + 24, kGuestTables + stream.guest * UINT64_C(0x10000));
        } else {
            machine_.store(ste + 16, 0); // VMID 0
        }
        machine_.store(ste, stream.ste | (stream.has_s1() ? cd : 0));
        cfgi(sid);
    }

    void map(unsigned domain, unsigned page, uint64_t pa)
    {
        if (pages_[domain].count(page))
            unmap(domain, page);
        machine_.store(leaf(domain, page), pa | kPage);
        pages_[domain][page] = pa;
    }

    void unmap(unsigned domain, unsigned page)
    {
        const uint64_t asid = static_cast<uint64_t>(domain + 1) << 48;

        if (!pages_[domain].erase(page))
            return;
        machine_.store(leaf(domain, page), 0);
        machine_.linger(below(3));
        const unsigned how = below(4);
        const uint64_t iova = kIova + page * UINT64_C(0x1000);
        for (uint64_t vmid = 0; vmid <= kGuests; vmid++) { // whoever uses the table
            const uint64_t tag = asid | vmid << 32;

            if (how == 0)
                machine_.command(0x11 | tag, 0); // TLBI_NH_ASID
            else if (how == 1)
                machine_.command(0x12 | tag, iova | 1); // TLBI_NH_VA
            else                                        // TLBI_NH_VA, one page of 4 KiB at level 3
                machine_.command(0x12 | tag, iova | 0x701);
        }
        machine_.sync();
    }

    Machine &machine_;
    std::mt19937_64 random_;
    Stream streams_[kStreams];
    Pages pages_[kDomains];
    Pages guest_pages_[kGuests];
    std::pair<uint32_t, uint64_t> suspect_ = {0, kIova};
};

class SmmuPresets : public testing::TestWithParam<Timing>
{
};

TEST_P(SmmuPresets, AnswersAreWhatWasMappedOnceIdle)
{
    const char *level = std::getenv("IOMMUSIM_TEST_LONG");
    const unsigned n_requests = level && *level == '1' ? 1000000 : 10000;
    Machine machine(GetParam());
    Software software(machine, 20261121);

    std::map<uint64_t, unsigned> n_good; // by the kind of stream
    for (unsigned n = 0; n < n_requests; n++) {
        for (unsigned i = software.below(8); i > 0; i--)
            software.change();
        const auto [sid, iova] = software.interesting();
        const Answer got = machine.ask(sid, iova);
        const Answer want = software.expected(sid, iova);

        ASSERT_TRUE(got == want) << "request " << n << ", stream " << sid << ", iova 0x" << std::hex
                                 << iova << ": status " << got.status << " pa 0x" << got.pa
                                 << ", wanted " << want.status << " 0x" << want.pa;
        n_good[software.kind(sid)] += want.status == SIM_DMA_OK;
    }
    for (const uint64_t kind : {kSteBypass, kSteS1, kSteS2, kSteNested})
        EXPECT_GT(n_good[kind], n_requests / 100) << "hardly a good answer of kind " << kind;
}

INSTANTIATE_TEST_SUITE_P(Presets, SmmuPresets, testing::ValuesIn(kTimings),
                         [](const testing::TestParamInfo<Timing> &info) {
                             return info.param.name;
                         });

} // namespace
