// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_records.h - records of a small machine with a VT-d, one after the other, and chance.
// Knows: records, raw words. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_VTD_RECORDS_H
#define TESTS_PROPERTY_JUDGE_VTD_RECORDS_H

#include "tests/property/judge/judge_vtd_stream.h"

namespace judge::vtd
{

constexpr uint64_t kRoot = 0x10000, kContexts = 0x11000, kQueue = 0x30000, kStatus = 0x40000,
                   kDirectory = 0x208000, kPasids = 0x209000, kPerDevice = 0x2000,
                   kTables = 0x300000;
constexpr unsigned kDevices = 2;
constexpr uint32_t kSids[kDevices] = {8, 16};

struct Random {
    uint64_t state;
    uint64_t next()
    {
        state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = state;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
    }
    unsigned below(unsigned n)
    {
        return unsigned(next() % n);
    }
    bool is(unsigned percent)
    {
        return below(100) < percent;
    }
};

class Records
{
  public:
    explicit Records(uint64_t seed) : random_{seed * 2 + 1}
    {
    }

  protected:
    sim_record &add(unsigned kind);
    void store(uint64_t pa, uint64_t value, unsigned structure);
    void reg(uint64_t offset, uint64_t value, uint8_t width);
    void id(uint64_t offset, uint64_t value);
    void memory(uint64_t pa, uint64_t size);
    void descriptor(uint64_t low, uint64_t high);
    void wait();

    // Devices, and tables down to their PASID entries; translation is still off.
    void set_up_unit();
    void switch_on();

    Random random_;
    std::vector<sim_record> records_;
    bool is_scalable_ = true, is_caching_ = false, has_ats_ = false;
    unsigned cpu_ = 0;

  private:
    void ring();
    uint32_t n_slots_ = 0, n_status_ = 0;
};

} // namespace judge::vtd

#endif
