// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_facts.h - which stores, commands and CMD_SYNCs Linux's driver makes, worked out a second
// time from its rules alone: what hardware reads of an entry, the algorithm that changes one, and
// the order of attach, replace, detach and PASIDs. It shares nothing with the driver under test.
#ifndef SMMUV3_FACTS_H
#define SMMUV3_FACTS_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace facts
{

using Field = std::pair<int, std::string>; // word, name
using Entry = std::map<Field, uint64_t>;   // a field that is not here is 0
using Lines = std::vector<std::string>;

enum Kind { BLOCKED, IDENTITY, S1, S2, NESTED };

struct Domain {
    Kind kind;
    uint64_t tag = 0; // ASID or VMID
    bool is_parent = false, eats = false;
    const Domain *parent = nullptr;
    uint64_t ptr = 0, s1dss = 2;
};

struct Device {
    uint32_t sid = 0x20;
    unsigned ssid_bits = 0;
    bool has_ats = false;
    const Domain *domain = nullptr;
    bool ats_on = false, has_table = false;
    Entry ste = {{{0, "V"}, 1}};
    std::map<uint32_t, Entry> cds;
    std::map<uint32_t, const Domain *> pasids;
    std::set<uint32_t> l1; // second-level CD tables that are there
};

struct Smmu {
    bool is_7 = false, ats = false, overrides = true, two_levels = true;
    bool forbids_stalls = false; // STALL_MODEL 0: S1STALLD where no stall is wanted
};

class Oracle
{
  public:
    explicit Oracle(const Smmu &smmu) : smmu_(smmu)
    {
    }

    Lines attach(Device *device, const Domain *domain);
    Lines set_pasid(Device *device, uint32_t ssid, const Domain *domain);
    Lines remove_pasid(Device *device, uint32_t ssid);

  private:
    Entry table_ste(const Device &device, uint64_t s1dss, bool ats) const;
    Entry s2_ste(const Domain &domain, bool ats) const;
    Entry ste_of(const Device &device, const Domain &domain, bool ats) const;
    bool wants_ats(const Device &device, const Domain &domain) const;
    void write_ste(Device *device, const Entry &to);
    void write_cd(Device *device, uint32_t ssid, const Entry &to);
    void need_cd(Device *device, uint32_t ssid);
    void clear_cd(Device *device, uint32_t ssid);
    void atc(const Device &device, uint32_t ssid);
    void use(const Domain *domain);
    void unuse(const Domain *domain);
    void enter(Device *device, const Domain &domain);
    void move(Device *device, const Domain *domain);
    Lines taken();

    Smmu smmu_;
    Lines lines_;
    std::map<const Domain *, int> users_;
};

// Ranges of an unmap: the commands' fields.
struct Range {
    uint64_t address;
    unsigned scale, num, ttl, tg;
};

std::vector<Range> ranges(uint64_t iova, uint64_t n_bytes, uint64_t leaf, unsigned page_log2,
                          bool ril, bool is_leaf);

} // namespace facts

#endif
