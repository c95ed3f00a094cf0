// SPDX-License-Identifier: BSD-2-Clause
// brute_records.h - a case as records of an SMMUv3: linear stream table, STE, CD, TTB0 or S2TTB,
// and one block of 1 GiB at IOVA 0 for each root. Knows: records, the architecture's bits, typed by
// hand. Must not know: any model.
#ifndef TESTS_PROPERTY_BRUTE_RECORDS_H
#define TESTS_PROPERTY_BRUTE_RECORDS_H

#include "sim/record.h"
#include "tests/property/brute/brute_case.h"

namespace brute
{

constexpr uint32_t kSid = 4, kBystanderSid = 5, kDev = 1, kBystanderDev = 2;
constexpr uint64_t kStrtab = 0x10000, kCmdq = 0x30000, kEventq = 0x38000;
constexpr uint64_t kCdA = 0x20000, kCdB = 0x21000, kBystanderCd = 0x22000;
constexpr uint64_t kRoots = 0x100000, kStage2Roots = 0x180000, kRootBytes = 0x1000;
constexpr uint64_t kGiB = 0x40000000;
constexpr unsigned kQueueLog2 = 8, kValues = 4;

// Physical address of IOVA 0 under a root.
constexpr uint64_t block_of_root(unsigned root)
{
    return (8 + root) * kGiB;
}
constexpr uint64_t block_of_stage2_root(unsigned root)
{
    return (16 + root) * kGiB;
}

// Words of 8 bytes as memory has them.
uint64_t word_address(unsigned word);
uint64_t word_value(unsigned word, unsigned value);
uint64_t mair(unsigned attr);

// Records up to the first act of the case, and those of the case. Set-up leaves translation on, and
// nothing in any cache but what memory says.
std::vector<sim_record> records_of_setup(const Case &c);
std::vector<sim_record> records_of_acts(const Case &c);

// All of them, one a line, as `iommusim import` reads them.
std::string print_records(const Case &c);

} // namespace brute

#endif
