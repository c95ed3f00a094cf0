// SPDX-License-Identifier: BSD-2-Clause
// agree_driver.h - a driver that makes random changes, rightly or with mistakes, as records.
// Knows: how software has to change tables. Must not know: any model, the explorer.
#ifndef TESTS_PROPERTY_AGREE_DRIVER_H
#define TESTS_PROPERTY_AGREE_DRIVER_H

#include "tests/property/agree/agree_stream.h"

#include <array>

namespace agree
{

enum class Kind : uint8_t { kAbort, kBypass, kS1, kS2, kNested };
using Words = std::array<uint64_t, 4>; // of an entry, those that this driver uses

constexpr int kNoDomain = -1;

struct Device {
    Kind kind = Kind::kAbort;
    unsigned table = 0, parent = 0, s1dss = 2;
    bool has_ats = false, is_ats_on = false;
    int domain[kCdTablesEach][4] = {{-1, -1, -1, -1}, {-1, -1, -1, -1}}; // of CD 0, then kSsids
};

class Driver
{
  public:
    Driver(Stream &stream, uint64_t seed);
    void run(unsigned n_operations);

  private:
    enum class What : uint8_t { kSte, kCd };
    struct Entry {
        What what;
        uint64_t address;
        uint32_t sid, ssid;
    };

    // agree_setup.cpp
    void set_up();
    void set_up_ids();
    void set_up_domain(unsigned domain);
    void set_up_parent(unsigned parent);
    void set_up_registers();
    uint64_t ste_address(unsigned dev) const;
    uint64_t cd_address(unsigned dev, unsigned table, uint32_t ssid) const;
    Words ste_words(unsigned dev) const;
    Words cd_words(unsigned domain, unsigned asid) const;

    // agree_driver.cpp
    void operation();
    void small_operation();
    void attach(unsigned dev);
    void choose(Device &next);
    void prepare_table(unsigned dev, const Device &next);
    void change_pasid(unsigned dev);
    void put_pasid(unsigned dev, uint32_t ssid, int domain);
    void remove_pasids(unsigned dev);
    void install_l1std(unsigned dev);
    void install_l1cd(unsigned dev, unsigned table);
    void update(const Entry &entry, Words target);
    void update_live(const Entry &entry, const Words &now, const Words &target);
    void store_words(const Entry &entry, const Words &now, const Words &target, unsigned from);
    void store_torn(const Entry &entry, const Words &now, const Words &target);
    void put_word(const Entry &entry, unsigned word, uint64_t value);
    void drop_entry(const Entry &entry);
    void drop_atc(uint32_t sid, uint32_t pasid);
    bool is_live(const Entry &entry, const Words &words) const;
    unsigned asid_of(unsigned domain);

    // agree_pages.cpp
    bool is_used(unsigned domain) const;
    void map(unsigned domain);
    void unmap(unsigned domain);
    void map_parent(unsigned parent);
    void unmap_parent(unsigned parent);
    void swap_block(unsigned domain);
    void remove_block(unsigned domain, bool is_block);
    void make_block(unsigned domain);
    void make_table(unsigned domain);
    void drop_range(unsigned domain, uint64_t first, unsigned n_pages, bool has_tables);
    void tlbi(unsigned kind, unsigned vmid, unsigned asid, uint64_t first, unsigned n_pages);
    void drop_atcs(uint64_t first, uint64_t bytes);
    void tell_map(uint64_t domain, uint64_t iova, uint64_t pa, uint64_t size);
    void tell_unmap(uint64_t domain, uint64_t iova, uint64_t size);
    uint64_t new_page(unsigned domain, uint64_t iova);

    Stream &stream_;
    Writer out_;
    Device devices_[kDevices];
    bool has_two_levels_ = false, has_cd_levels_ = false;
    unsigned depth_ = 0;
    uint64_t generation_ = 1;
};

} // namespace agree

#endif
