// SPDX-License-Identifier: BSD-2-Clause
// diff_machine.h - an SMMUv3 with odd sizes and timings, its command queue, and one question to it
// and to the uncached oracle at once.
#ifndef TESTS_PROPERTY_DIFF_MACHINE_H
#define TESTS_PROPERTY_DIFF_MACHINE_H

#include "tests/property/diff_oracle.h"
#include "tests/shim/smmu_machine.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace diff
{

class Random
{
  public:
    explicit Random(uint64_t seed) : engine_(seed)
    {
    }
    uint64_t word()
    {
        return engine_();
    }
    unsigned below(unsigned n)
    {
        return static_cast<unsigned>(engine_() % n);
    }
    bool one_in(unsigned n)
    {
        return below(n) == 0;
    }
    template <size_t N> unsigned one_of(const unsigned (&values)[N])
    {
        return values[below(N)];
    }

  private:
    std::mt19937_64 engine_;
};

// Where things are. RAM ends at 16 MiB: whatever is above aborts.
constexpr uint64_t kL1Streams = 0x8000, kStreams = 0x10000, kCmdq = 0x30000, kEventq = 0x38000;
constexpr uint64_t kCds = 0x100000, kCdsBytes = 0x20000; // of each stream
constexpr uint64_t kTables = 0x200000, kTablesBytes = 0x100000;
constexpr uint64_t kGuestTables = 0xa00000, kGuestTablesBytes = 0x200000;
constexpr uint64_t kNowhere = 0x40000000;

constexpr unsigned kNoDrop = 0, kDropWait = 0x46;

class Machine
{
  public:
    explicit Machine(Random &random);

    const diff_smmu &registers() const
    {
        return smmu_;
    }
    bool has_prefetch() const
    {
        return has_prefetch_;
    }
    bool has_ranges() const
    {
        return smmu_.idr3 >> 10 & 1;
    }
    unsigned httu() const
    {
        return smmu_.idr0 >> 6 & 3;
    }
    bool is_e2h() const
    {
        return smmu_.cr2 & 1;
    }
    // log2 of the streams; two levels, and where the first one splits.
    unsigned streams_log2() const
    {
        return smmu_.strtab_base_cfg & 63;
    }
    bool has_two_levels() const
    {
        return smmu_.strtab_base_cfg >> 16 & 1;
    }
    unsigned split() const
    {
        return smmu_.strtab_base_cfg >> 6 & 31;
    }

    void store(uint64_t pa, uint64_t value);
    uint64_t load(uint64_t pa) const;

    // A command that the change needs; or one that nothing needs.
    void command(uint64_t word0, uint64_t word1 = 0);
    void spare_command(uint64_t word0, uint64_t word1 = 0);
    // Everything up to here, then wait until the hardware says that it is done.
    void sync();

    // Leave out the n-th command that has this opcode; kDropWait: do not wait for a CMD_SYNC.
    void drop(unsigned opcode, unsigned n);
    bool has_dropped() const
    {
        return has_dropped_;
    }

    // Both are asked. Return: how they differ, or nothing.
    std::string ask(const diff_request &request, unsigned tbu);

    unsigned n_events() const
    {
        return n_events_;
    }
    const diff_answer &wanted() const
    {
        return wanted_;
    }

  private:
    static bool read(void *memory, uint64_t pa, uint64_t *word);
    void put(uint64_t word0, uint64_t word1);
    void write(uint64_t offset, uint32_t n_bytes, uint64_t value);
    void start(Random &random);
    void idle();
    std::string story(size_t first) const;
    std::string compare(const sim_dma &dma, uint32_t n_records, uint64_t record) const;
    std::string compare_good(const sim_dma &dma) const;
    std::string compare_record(uint64_t pa) const;

    bool has_prefetch_ = false;
    struct Free {
        void operator()(test_machine *machine) const
        {
            test_machine_free(machine);
        }
    };
    std::unique_ptr<test_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;
    diff_smmu smmu_ = {};
    diff_answer wanted_ = {};
    uint64_t before_[DIFF_MAX_UPDATES] = {};
    uint32_t prod_ = 0, seen_ = 0;
    unsigned n_events_ = 0;
    unsigned drop_ = kNoDrop, n_until_drop_ = 0;
    bool has_dropped_ = false, is_hasty_ = false;
};

std::string to_string(const diff_request &request);

} // namespace diff

#endif
