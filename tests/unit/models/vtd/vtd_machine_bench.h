/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_machine_bench.h - what the tests of the whole VT-d model share: a machine that is set up as
 * software would, tables at fixed places, requests with their answers, records read from registers.
 *
 * Registers stand here by their offset and structures as words, both typed from the architecture's
 * tables: the model's own accessors are what is tested. */
#ifndef VTD_MACHINE_BENCH_H
#define VTD_MACHINE_BENCH_H

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "tests/shim/vtd_machine.h"

namespace vtdm
{

// Offsets of registers (11.4); IVA to FRCD where kCap and kEcap put them.
enum Reg : uint64_t {
    VER = 0x0,
    CAP = 0x8,
    ECAP = 0x10,
    GCMD = 0x18,
    GSTS = 0x1c,
    RTADDR = 0x20,
    CCMD = 0x28,
    FSTS = 0x34,
    FECTL = 0x38,
    FEDATA = 0x3c,
    FEADDR = 0x40,
    FEUADDR = 0x44,
    PMEN = 0x64,
    PLMBASE = 0x68,
    PLMLIMIT = 0x6c,
    PHMBASE = 0x70,
    PHMLIMIT = 0x78,
    IQH = 0x80,
    IQT = 0x88,
    IQA = 0x90,
    ICS = 0x9c,
    IECTL = 0xa0,
    IEDATA = 0xa4,
    IEADDR = 0xa8,
    IEUADDR = 0xac,
    IQERCD = 0xb0,
    IRTA = 0xb8,
    PQH = 0xc0,
    PQT = 0xc8,
    PQA = 0xd0,
    PRS = 0xdc,
    PECTL = 0xe0,
    PEDATA = 0xe4,
    PEADDR = 0xe8,
    PEUADDR = 0xec,
    IVA = 0x500,
    IOTLB = 0x508,
    FRCD = 0x600,
};

// Bits of GCMD and, at the same places, of GSTS.
enum : uint32_t {
    CFI = 0x00800000,
    SIRTP = 0x01000000,
    IRE = 0x02000000,
    QIE = 0x04000000,
    WBF = 0x08000000,
    SRTP = 0x40000000,
    TE = 0x80000000,
};

// TTM in RTADDR.
enum : uint64_t { LEGACY = 0x0, SCALABLE = 0x400, RESERVED_MODE = 0x800, ABORT_MODE = 0xc00 };

// Where things are.
constexpr uint64_t kRoots = 0x10000;  // 256 root entries
constexpr uint64_t kCtxs = 0x12000;   // bus 0: 256 entries of 16 bytes, or 2 x 128 of 32
constexpr uint64_t kQueue = 0x20000;  // 256 descriptors of 16 or 32 bytes
constexpr uint64_t kPages = 0x30000;  // 128 page requests
constexpr uint64_t kStatus = 0x38000; // where waits write
constexpr uint64_t kMsi = 0x3f000;    // where messages are written

// A PASID directory, and one table of 64 entries: PASIDs 0 to 63.
constexpr uint64_t dir_of(uint16_t sid)
{
    return 0x40000 + 0x2000 * (sid & 0xff);
}
constexpr uint64_t pasid_slot(uint16_t sid, uint32_t pasid)
{
    return dir_of(sid) + 0x1000 + 64 * pasid;
}

// Page tables of space n, four levels of one table each; its first 512 pages. Both stages.
constexpr uint64_t space(unsigned n)
{
    return 0x200000 + 0x4000 * n;
}
constexpr uint64_t leaf_slot(unsigned n, uint64_t iova)
{
    return space(n) + 0x3000 + (iova >> 12) * 8;
}
// What page iova of space n leads to.
constexpr uint64_t page_of(unsigned n, uint64_t iova)
{
    return 0x400000 + 0x100000 * n + iova;
}

// Entries: of the first stage P, R/W, U/S, A, and D in a leaf; of the second stage R and W.
constexpr uint64_t fs_table(uint64_t pa)
{
    return pa | 0x27;
}
constexpr uint64_t fs_page(uint64_t pa)
{
    return pa | 0x67;
}
constexpr uint64_t ss_entry(uint64_t pa)
{
    return pa | 0x3;
}

// Words of structures. Legacy context: present, TT, 48 bits. PASID entries: PWSNP, 48 bits.
std::vector<uint64_t> ctx_ss(uint64_t table, uint64_t did);
std::vector<uint64_t> ctx_ats(uint64_t table, uint64_t did);
std::vector<uint64_t> ctx_pass(uint64_t did);
std::vector<uint64_t> pasid_fs(uint64_t table, uint64_t did);
std::vector<uint64_t> pasid_ss(uint64_t table, uint64_t did);
std::vector<uint64_t> pasid_nested(uint64_t fs, uint64_t ss, uint64_t did);
std::vector<uint64_t> pasid_pass(uint64_t did);

// What the tests' unit says that it has: 16-bit domains, 39 and 48 bits, 8 fault records at 0x600,
// IVA at 0x500, everything that the model has but register-only features of revision 5.
constexpr uint32_t kVer = 0x50;
constexpr uint64_t kCap = 0x11d2078c606f0666, kEcap = 0x0433ef9ea4f050df;

struct Config : vtd_machine_config {
    explicit Config(const char *preset = "zero");
    Config &cap(uint64_t clear, uint64_t set);
    Config &ecap(uint64_t clear, uint64_t set);
    Config &memory(uint64_t latency_ps, uint64_t interval_ps = 0);
};

// What software writes before it translates.
struct Boot {
    uint64_t rtaddr = kRoots | LEGACY;
    bool has_queue = true;
    bool is_wide = false; // 256-bit descriptors; 256 of them
    bool is_on = true;    // TE
};
// Scalable mode, wide descriptors, the page request queue.
Boot scalable();

constexpr int64_t kNoPasid = -1;

// One request, and how often it was answered.
struct Request {
    sim_dma dma{};
    unsigned n_answers = 0;

    Request(uint32_t sid, uint64_t iova, unsigned access = SIM_DMA_READ, int64_t pasid = kNoPasid,
            sim_dma_kind kind = SIM_DMA_UNTRANSLATED);
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

using Words = std::array<uint64_t, 2>;

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
    // GCMD with one more bit set or one less, of what is in effect; and wait.
    void command(uint32_t set, uint32_t clear = 0);

    uint64_t load(uint64_t pa) const;
    void store(uint64_t pa, uint64_t value);
    void store(uint64_t pa, const std::vector<uint64_t> &words);

    void settle();
    void boot(const Boot &how = Boot());
    // The unit was reset: what the bench remembers of its registers.
    void restart();

    // Structures: words, the rest of the entry is 0. ctx: root entry of its bus too (bus 0 only).
    void ctx(uint16_t sid, const std::vector<uint64_t> &words);
    // Scalable mode: a context entry with DTE, PASIDE, PRE, and a directory for 64 PASIDs.
    void device(uint16_t sid);
    void pasid(uint16_t sid, uint32_t pasid, const std::vector<uint64_t> &words);
    // Tables of space n; its first 16 pages.
    void make_fs(unsigned n);
    void make_ss(unsigned n);

    // Descriptors: put into memory, and IQT moved; run = and wait until nothing moves.
    void put(const std::vector<uint64_t> &words);
    void ring();
    void run(const std::vector<uint64_t> &words);
    // The descriptor and a wait with a status, both done.
    void run_wait(const std::vector<uint64_t> &words);
    // What the wait descriptor for status word @n has to be; the value of that word.
    static std::vector<uint64_t> wait_for(unsigned n, uint32_t value, uint64_t flags = 0);
    uint32_t status(unsigned n) const;
    uint64_t tail() const;

    void submit(Request &request);
    Answer dma(uint32_t sid, uint64_t iova, unsigned access = SIM_DMA_READ,
               int64_t pasid = kNoPasid, sim_dma_kind kind = SIM_DMA_UNTRANSLATED);
    // Where a read of that address goes; 0 if it was refused.
    uint64_t target(uint32_t sid, uint64_t iova, int64_t pasid = kNoPasid);
    void page_request(const sim_page_request &request);

    Words record(unsigned index) const; // FRCD
    unsigned n_records() const;         // of them, with F
    void clear_records();               // as a driver does
    Words page(unsigned index) const;   // first half of a page request record
    unsigned n_irqs(sim_irq source) const;
    // Accesses to [pa, pa + n_bytes) so far.
    unsigned n_accesses(uint64_t pa, uint64_t n_bytes) const;
    // Facts of a kind so far, and the last of them.
    unsigned n_facts(sim_fact_kind kind) const;
    sim_fact last_fact(sim_fact_kind kind) const;

  private:
    uint64_t tail_ = 0;
    bool is_wide_ = false;
    uint32_t gcmd_ = 0;
    uint32_t n_waits_ = 0;
};

// Tables of cases: each case has a name.
template <typename T> std::string name_of(const testing::TestParamInfo<T> &row)
{
    return row.param.name;
}

} // namespace vtdm

// For a struct of cases, in its own namespace.
#define VTDM_CASES(Case)                                                                           \
    inline void PrintTo(const Case &c, std::ostream *out)                                          \
    {                                                                                              \
        *out << c.name;                                                                            \
    }

#endif
