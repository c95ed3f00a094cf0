/* SPDX-License-Identifier: BSD-2-Clause
 * order_vtd_script.h - streams of records of VT-d for tests of the rules, line by line.
 * Knows: the text language, descriptors as raw words. Must not know: how a rule is checked. */
#ifndef ORDER_VTD_SCRIPT_H
#define ORDER_VTD_SCRIPT_H

#include "tests/unit/check/order_script.h"

namespace order_vtd_test
{

/* Lines, and descriptors that find their slot by themselves: slots 0 to 5 are used up. */
class Vtd
{
  public:
    explicit Vtd(chk_rule_start start = CHK_START_VTD_LIVE)
        : start_(start), slot_(start == CHK_START_VTD_RESET    ? 0
                               : start == CHK_START_VTD_LEGACY ? 4
                                                               : 6)
    {
    }
    Vtd &line(const std::string &text)
    {
        text_ += text + "\n";
        return *this;
    }
    Vtd &put(uint64_t word0, uint64_t word1 = 0)
    {
        char buffer[200];

        snprintf(buffer, sizeof(buffer),
                 "store QI 0x%x 0x%" PRIx64 " value_hi=0x%" PRIx64
                 " width=16\nstore QI 0x%x 0x0 width=16",
                 0x30000 + slot_ * 32, word0, word1, 0x30010 + slot_ * 32);
        slot_++;
        return line(buffer);
    }
    Vtd &ring()
    {
        char buffer[80];

        snprintf(buffer, sizeof(buffer), "mmio_write 0x88 0x%x", slot_ * 32);
        return line(buffer);
    }
    Vtd &wait()
    {
        char buffer[80];

        put(0x200000025, 0x40000).ring();
        snprintf(buffer, sizeof(buffer), "wait queue 0x30000 index=%u", slot_ - 1);
        return line(buffer);
    }
    /* a descriptor and a wait of its own */
    Vtd &done(uint64_t word0, uint64_t word1 = 0)
    {
        return put(word0, word1).wait();
    }
    Vtd &begin(const char *mark = "drv_attach dev=0 domain=0x9 a=0x0")
    {
        mark_ = mark;
        return line(std::string("begin ") + mark);
    }
    Vtd &end()
    {
        return line("end " + mark_);
    }
    std::vector<std::string> rules() const
    {
        return order_test::Checked(start_, text_).rules();
    }
    std::string text() const
    {
        return order_test::Checked(start_, text_).text();
    }

  private:
    chk_rule_start start_;
    unsigned slot_;
    std::string text_, mark_;
};

constexpr uint64_t kCcAll = 0x11, kPcAll = 0x37, kIotlbAll = 0xd2;
constexpr uint64_t kPc = 0x20017, kPcDomain = 0x20007, kIotlb = 0x200e2, kPiotlb = 0x20026;
constexpr uint64_t kPage = 0x200f2;
constexpr uint64_t kDevtlb = 0x1800000003, kDevtlbAll = 0x7ffffffffffff001;
constexpr uint64_t kPdevtlb = 0x180008, kPdevtlbAll = 0x7ffffffffffff800;
constexpr const char *kGone = "store PASID 0x14000 0x80084";
constexpr const char *kUnmap = "unmap domain=0xa a=0x1000 b=0x1000";
constexpr const char *kLeafGone = "store PTE_S2 0x82008 0x0";

} // namespace order_vtd_test

#endif
