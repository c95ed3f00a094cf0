// SPDX-License-Identifier: BSD-2-Clause
// agree_stream.h - a stream of records that is being written: memory as software sees it, a command
// queue, the history of every word.
// Knows: records, addresses. Must not know: any model, the explorer.
#ifndef TESTS_PROPERTY_AGREE_STREAM_H
#define TESTS_PROPERTY_AGREE_STREAM_H

#include "sim/record.h"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace agree
{

// Where things lie. Everything but pages is below 2 MiB, which stage 2 maps to itself.
constexpr uint64_t kKiB4 = 0x1000, kMiB2 = 0x200000, kGiB = 0x40000000;
constexpr uint64_t kStrtab = 0x10000, kStrtabSecond = 0x12000, kQueue = 0x30000, kEvents = 0x40000;
constexpr uint64_t kCdTables = 0x50000, kCdTableBytes = 0x4000;
constexpr uint64_t kRoots = 0x100000, kRootsS2 = 0x180000, kRootBytes = 0x10000;
constexpr unsigned kDomains = 4, kParents = 2, kDevices = 3, kCdTablesEach = 2, kPages = 8;
constexpr uint64_t kGuestDomain = 0x20; // type of a domain, in marks
constexpr uint32_t kSids[kDevices] = {2, 3, 0x42};
constexpr uint32_t kSsids[] = {1, 2, 65};

// One value that a word had: from record @since until record @gone (0: it still has it).
struct Version {
    uint64_t value, since, gone;
};

// Mistakes that software can make; each is one place in the code of a driver.
enum class Slip : uint8_t {
    kNoCfgi,
    kNoWait,
    kNoSync,
    kNoTlbi,
    kNoAtcInv,
    kNoBarrier,
    kNoDoorbell,
    kWrongSid,
    kWrongSsid,
    kWrongAsid,
    kWrongVmid,
    kWrongAddress,
    kOneShort,
    kLeafOnly,
    kTorn,
    kOtherOrder,
    kFreedEarly,
    kSharedTag,
    kForgottenStore,
    kInvalidateFirst,
    kAtcFirst,
    kNoBreak,
    kBadRange,
    kPasidLeft,
    kCount
};
const char *name_of(Slip slip);

struct Stream {
    std::vector<sim_record> records;
    std::map<uint64_t, std::vector<Version>> history; // by address
    std::map<std::string, uint64_t> n_commands;
    uint64_t n_slips[unsigned(Slip::kCount)] = {};
    bool is_recorded = true; // barriers are in the stream
};

class Writer
{
  public:
    Writer(Stream &stream, uint64_t seed) : stream_(stream), random_(seed)
    {
    }
    unsigned below(unsigned n)
    {
        return unsigned(random_() % n);
    }
    uint64_t seq() const
    {
        return stream_.records.size();
    }
    sim_record &add(sim_record_kind kind);
    void store(unsigned structure, uint64_t pa, uint64_t value);
    void store_pair(unsigned structure, uint64_t pa, uint64_t low, uint64_t high);
    uint64_t word(uint64_t pa) const;
    void memory(unsigned structure, uint64_t pa, uint64_t size);
    void reg(uint64_t offset, uint64_t value, uint8_t width = 4);
    void id(uint64_t offset, uint64_t value);
    void handshake(uint64_t offset, uint64_t ack, uint64_t value, uint64_t mask);
    void barrier();
    void command(const char *name, uint64_t word0, uint64_t word1);
    void doorbell();
    void sync();
    void begin(unsigned op, uint32_t dev, uint32_t pasid, uint64_t domain, uint64_t a, uint64_t b);
    void end(const sim_record &begin);
    void request(uint32_t sid, uint32_t pasid, uint64_t iova, bool is_write);

    // Is it time for this mistake?
    bool slip(Slip slip);

    uint16_t cpu = 0;
    uint32_t slip_permille = 0;
    bool has_requests = false;                         // the set-up is over
    std::vector<std::pair<uint32_t, uint32_t>> pasids; // StreamID and PASID that were in use

  private:
    void remember(uint64_t pa, uint64_t value);
    void ask_by_chance();

    Stream &stream_;
    std::mt19937_64 random_;
    std::map<uint64_t, uint64_t> words_;
    uint32_t position_ = 0;
    uint64_t time_ns_ = 0;
};

uint64_t cd_table(unsigned dev, unsigned which);
uint64_t root_of(unsigned domain);
uint64_t root_of_parent(unsigned parent);
uint64_t random_iova(Writer &out);

} // namespace agree

#endif
