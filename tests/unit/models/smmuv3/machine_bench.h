/* SPDX-License-Identifier: BSD-2-Clause
 * machine_bench.h - what the tests of the whole model share: a machine that is set up as software
 * would, tables at fixed places, requests with their answers, records read from memory.
 *
 * Registers stand here by their offset and structures as words, both typed from the architecture's
 * tables: the model's own accessors are what is tested. */
#ifndef MACHINE_BENCH_H
#define MACHINE_BENCH_H

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "tests/shim/smmu_machine.h"

namespace machine
{

// Offsets of registers (6.2); EVENTQ_PROD and _CONS are on page 1.
enum Reg : uint64_t {
    IDR0 = 0x0,
    IDR1 = 0x4,
    IDR3 = 0xc,
    IDR5 = 0x14,
    IIDR = 0x18,
    AIDR = 0x1c,
    CR0 = 0x20,
    CR0ACK = 0x24,
    CR1 = 0x28,
    CR2 = 0x2c,
    STATUSR = 0x40,
    GBPA = 0x44,
    IRQ_CTRL = 0x50,
    IRQ_CTRLACK = 0x54,
    GERROR = 0x60,
    GERRORN = 0x64,
    GERROR_IRQ_CFG0 = 0x68,
    GERROR_IRQ_CFG1 = 0x70,
    GERROR_IRQ_CFG2 = 0x74,
    STRTAB_BASE = 0x80,
    STRTAB_BASE_CFG = 0x88,
    CMDQ_BASE = 0x90,
    CMDQ_PROD = 0x98,
    CMDQ_CONS = 0x9c,
    EVENTQ_BASE = 0xa0,
    EVENTQ_IRQ_CFG0 = 0xb0,
    EVENTQ_IRQ_CFG1 = 0xb8,
    EVENTQ_IRQ_CFG2 = 0xbc,
    EVENTQ_PROD = 0x100a8,
    EVENTQ_CONS = 0x100ac,
};

// Bits of CR0.
enum : uint32_t { SMMUEN = 0x1, EVENTQEN = 0x4, CMDQEN = 0x8, ALL_ON = 0xd };

// Event numbers (7.3).
enum : uint32_t {
    NO_EVENT = 0x00,
    C_BAD_STREAMID = 0x02,
    F_STE_FETCH = 0x03,
    C_BAD_STE = 0x04,
    F_STREAM_DISABLED = 0x06,
    C_BAD_SUBSTREAMID = 0x08,
    F_CD_FETCH = 0x09,
    C_BAD_CD = 0x0a,
    F_WALK_EABT = 0x0b,
    F_TRANSLATION = 0x10,
    F_ADDR_SIZE = 0x11,
    F_ACCESS = 0x12,
    F_PERMISSION = 0x13,
};

// What q1 of a record says besides: the access, and where (2 = the address itself, 1 = a table).
constexpr uint64_t kRead = 0x800000000, kPriv = 0x200000000, kInst = 0x400000000;
constexpr uint64_t kInput = 0x20000000000, kTable = 0x10000000000;
// And of stage 2: it is the one that faults; what was refused is the read of a descriptor.
constexpr uint64_t kS2 = 0x8000000000, kTableRead = 0x100000000000;

// Where things are.
constexpr uint64_t kStreams = 0x10000; // linear, 256 STEs
constexpr uint64_t kCmdq = 0x20000;    // 256 commands
constexpr uint64_t kEvtq = 0x30000;    // 128 records

// The CDs of one stream, 64 of them.
constexpr uint64_t cds_of(uint32_t sid)
{
    return 0x40000 + 0x1000 * sid;
}

// Page tables of one address space of 39 bits: levels 1 to 3, one table each.
constexpr uint64_t space(unsigned n)
{
    return 0x80000 + 0x4000 * n;
}
constexpr uint64_t leaf_slot(unsigned n, uint64_t iova)
{
    return space(n) + 0x2000 + (iova >> 12) * 8;
}

// What page iova of space n leads to.
constexpr uint64_t page_of(unsigned n, uint64_t iova)
{
    return 0x200000 + 0x100000 * n + iova;
}

// A page or block at pa: AF, inner shareable, read and write for all, AttrIndx 0; nG or global.
constexpr uint64_t page(uint64_t pa)
{
    return pa | 0xf43;
}
constexpr uint64_t global_page(uint64_t pa)
{
    return pa | 0x743;
}
constexpr uint64_t block(uint64_t pa)
{
    return pa | 0xf41;
}

// Stage 2, of 39 bits: level 1, level 2, and three tables of level 3.
constexpr uint64_t s2_space(unsigned n)
{
    return 0x100000 + 0x8000 * n;
}
constexpr uint64_t s2_slot(unsigned n, uint64_t ipa)
{
    return s2_space(n) + 0x2000 + (ipa >> 12) * 8;
}

// Where make_s2_space leads: tables below 2M stay where they are, what is above moves.
constexpr uint64_t s2_page_of(uint64_t ipa)
{
    return ipa < 0x200000 ? ipa : 0x1000000000 | ipa;
}

// A page or block of stage 2: AF, inner shareable, read and write, write-back memory.
constexpr uint64_t s2_page(uint64_t pa)
{
    return pa | 0x7ff;
}
constexpr uint64_t s2_block(uint64_t pa)
{
    return pa | 0x7fd;
}

// q2 of an STE: S2R, AA64, S2PS=5 (48 bits), 4K pages, SL0=1, T0SZ=25; tables are write-back.
constexpr uint64_t s2_q2(uint64_t vmid)
{
    return vmid | 0x40d355900000000;
}

// q0 of a CD: ASID, A R AA64, IPS=5 (48 bits), V, EPD1, T0SZ=25, 4K pages.
constexpr uint64_t cd_q0(uint64_t asid)
{
    return asid << 48 | 0x6205c0000019;
}

// S1P S2P TTF=2 COHACC Hyp ASID16 MSI SEV VMID16 CD2L TTENDIAN=2 STALL_MODEL=1 ST_LEVEL=1;
// CMDQS=EVENTQS=19 SIDSIZE=16 SSIDSIZE=20 and overrides of attributes; HAD XNX FWB RIL BBML=2;
// OAS=5 and all granules; SMMUv3.2.
constexpr uint32_t kIdr0 = 0x094c721b, kIdr1 = 0x0e730510, kIdr3 = 0x1514, kIdr5 = 0x75;

struct Config : smmu_machine_config {
    explicit Config(const char *preset = "zero");
    Config &idr0(uint32_t clear, uint32_t set);
    Config &memory(uint64_t latency_ps, uint64_t interval_ps = 0);
};

// What is written to the registers before CR0 is.
struct Boot {
    uint32_t cr0 = ALL_ON;
    uint32_t cr2 = 0x2; // RECINVSID
    uint64_t strtab_base = kStreams;
    uint32_t strtab_cfg = 8; // linear, 256 STEs
    uint64_t cmdq_base = kCmdq | 8;
    uint64_t evtq_base = kEvtq | 7;
};

using Record = std::array<uint64_t, 4>;

constexpr int64_t kNoSsid = -1;

// What a read of the SMMU is for: a table of streams, stage 2 of something, or that itself.
enum class Purpose { STREAM, S2_OF_CD, CD, S2_OF_TT, TT, S2_OF_IN };

// A descriptor or the first word of an entry. @ipa: what stage 2 is asked for.
struct Read {
    const char *name;
    Purpose purpose;
    uint64_t at, value, ipa;
};

inline void PrintTo(const Read &r, std::ostream *out)
{
    *out << r.name;
}

// Both stages with four levels, two-level tables of streams and of CDs: every read of the first
// access to kDeepVa with SID 1 and SSID 0x45, in order. Of what stage 2 is asked for, no two have a
// descriptor in common, so that no cache makes it less.
extern const std::array<Read, 36> deep_reads;
constexpr uint64_t kDeepVa = 0x123456789abc, kDeepIpa = 0x38444433abc, kDeepPa = 0x777000abc;
constexpr int64_t kDeepSsid = 0x45;
constexpr uint32_t kDeepStrtab = 0x10188; // two levels, SPLIT=6, 256 STEs
constexpr uint64_t kDeepL1Std = 0x50000;

// One request, and how often it was answered.
struct Request {
    sim_dma dma{};
    unsigned n_answers = 0;

    Request(uint32_t sid, uint64_t iova, unsigned access = SIM_DMA_READ, int64_t ssid = kNoSsid);
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
};

// What came of a request.
struct Answer {
    uint8_t status;
    uint64_t pa;
    uint32_t event;
    uint8_t page_log2;
    uint8_t granted;
};

class Bench
{
  public:
    explicit Bench(const Config &config = Config());
    ~Bench();
    Bench(const Bench &) = delete;
    Bench &operator=(const Bench &) = delete;

    test_machine *m;

    // Registers, 4 bytes unless it says 64.
    uint32_t read(uint64_t offset) const;
    void write(uint64_t offset, uint32_t value);
    uint64_t read64(uint64_t offset) const;
    void write64(uint64_t offset, uint64_t value);

    uint64_t load(uint64_t pa) const;
    void store(uint64_t pa, uint64_t value);
    void store(uint64_t pa, const std::vector<uint64_t> &words);

    void settle();
    void boot(const Boot &how = Boot());

    // Structures: words, the rest of the entry is 0.
    void ste(uint32_t sid, const std::vector<uint64_t> &words);
    void cd(uint32_t sid, uint32_t ssid, const std::vector<uint64_t> &words);
    // Tables of space n; its first 16 pages, not global.
    void make_space(unsigned n);
    // A stream with stage 1, one CD, the tables of space n.
    void make_stream(uint32_t sid, unsigned n, uint64_t asid, uint64_t vmid = 0);
    // Tables of stage 2 number n: see s2_page_of.
    void make_s2_space(unsigned n);
    // A stream with stage 2 alone, and one with both: CD, tables of space n below space s2 of
    // stage 2.
    void make_s2_stream(uint32_t sid, unsigned s2, uint64_t vmid);
    void make_nested(uint32_t sid, unsigned n, unsigned s2, uint64_t asid, uint64_t vmid);
    // What deep_reads tells of, and its boot.
    void make_deep(uint64_t ste_q2 = 0x40d359000000007);
    void boot_deep();

    // Commands: put into memory, and PROD moved; run = and wait until nothing moves.
    void put(uint64_t q0, uint64_t q1 = 0);
    void ring();
    void run(uint64_t q0, uint64_t q1 = 0);
    // The command and a CMD_SYNC, both done.
    void run_sync(uint64_t q0, uint64_t q1 = 0);

    void submit(Request &request);
    Answer dma(uint32_t sid, uint64_t iova, unsigned access = SIM_DMA_READ, int64_t ssid = kNoSsid);
    // Where a read of that address goes; 0 if it was refused.
    uint64_t target(uint32_t sid, uint64_t iova, int64_t ssid = kNoSsid);

    // The event queue, as large as boot made it by default.
    uint32_t n_events() const;
    Record event(uint32_t index) const;
    unsigned n_irqs(sim_irq source) const;
    // Accesses to [pa, pa + n_bytes) so far.
    unsigned n_accesses(uint64_t pa, uint64_t n_bytes) const;
    // What was read of configuration and of page tables, in order; an entry of 64 bytes is one.
    std::vector<uint64_t> reads() const;

  private:
    uint32_t prod_ = 0;
    uint64_t cmdq_ = kCmdq;
    uint32_t cmdq_mask_ = 0xff;
};

// Exactly these records are in the queue.
void expect_events(const Bench &b, const std::vector<Record> &expected);

// The request is refused as an error, and that is all there is: no record.
void expect_silent_abort(Bench &b, uint32_t sid, uint64_t iova, int64_t ssid = kNoSsid);

// Tables of cases: each case has a name.
template <typename T> std::string name_of(const testing::TestParamInfo<T> &row)
{
    return row.param.name;
}

} // namespace machine

// For a struct of cases, in its own namespace.
#define MACHINE_CASES(Case)                                                                        \
    inline void PrintTo(const Case &c, std::ostream *out)                                          \
    {                                                                                              \
        *out << c.name;                                                                            \
    }

#endif
