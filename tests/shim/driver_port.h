// SPDX-License-Identifier: BSD-2-Clause
// driver_port.h - a world for a reference driver that only remembers: memory, registers, records.
// Commands complete at once, and nothing ever faults.
#ifndef DRIVER_PORT_H
#define DRIVER_PORT_H

#include "kernel-glue/drivers/drv.h"

#include <map>
#include <string>
#include <vector>

// What the ID registers say. The default is the SMMU of the streams in traces/linux: both stages,
// 16-bit StreamIDs and SubstreamIDs, two-level tables, ranges, MSIs, all coherent.
struct DriverIds {
    uint32_t idr0 = 0x94c721b, idr1 = 0xe730410, idr3 = 0x1714, idr5 = 0x75;
};

class DriverPort
{
  public:
    DriverPort() : DriverPort(DriverIds())
    {
    }
    explicit DriverPort(const DriverIds &ids);

    const drv_port *port() const
    {
        return &port_;
    }

    uint64_t load(uint64_t pa) const;
    // A store of somebody else: hardware, a process.
    void poke(uint64_t pa, uint64_t value)
    {
        memory_[pa] = value;
    }
    void set_register(uint64_t offset, uint64_t value)
    {
        registers_[offset] = value;
    }
    // The n-th allocation or wait from now on fails, once; 0: none.
    void fail_alloc(uint32_t n)
    {
        alloc_fails_ = n;
    }
    void fail_wait(uint32_t n)
    {
        wait_fails_ = n;
    }
    size_t n_live() const // pieces of memory that were not given back
    {
        return live_.size();
    }

    // Marks of the caller.
    void mark(sim_record_kind kind, uint8_t op, uint64_t domain, uint64_t a = 0, uint64_t b = 0,
              uint32_t dev = SIM_NO_DEV, uint32_t pasid = UINT32_MAX);
    void put(const sim_record &rec);

    std::vector<sim_record> records;

  private:
    static int record(void *ctx, const sim_record *rec);
    static int alloc(void *ctx, uint64_t n_bytes, uint8_t structure, uint64_t *pa);
    static void release(void *ctx, uint64_t pa, uint64_t n_bytes);
    static uint64_t load(void *ctx, uint64_t pa);
    static uint64_t read(void *ctx, uint64_t offset, uint32_t n_bytes);

    drv_port port_;
    std::map<uint64_t, uint64_t> memory_, registers_;
    std::map<uint64_t, std::pair<uint64_t, uint8_t>> live_;
    uint32_t alloc_fails_ = 0, wait_fails_ = 0;
};

// Records in a few words each, "STE.q0 CFGI_STE S": stores to entries by word (CD5.q1: of PASID 5,
// if the table is linear and @cdtab its place), commands by name, S for CMD_SYNC, ats+ and ats-,
// L1CD. Barriers, doorbells, waits, page tables and allocations are left out.
std::string driver_steps(const std::vector<sim_record> &records, size_t first = 0);
uint32_t driver_syncs(const std::vector<sim_record> &records, size_t first = 0);

#endif
