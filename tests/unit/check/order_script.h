/* SPDX-License-Identifier: BSD-2-Clause
 * order_script.h - a driver's acts in a few words, for tests of what it may do.
 * Knows: the text language, slots. Must not know: how a rule is checked. */
#ifndef TESTS_UNIT_CHECK_ORDER_SCRIPT_H
#define TESTS_UNIT_CHECK_ORDER_SCRIPT_H

#include "tests/unit/check/order_stream.h"

#include <cinttypes>

namespace order_test
{

/* Lines, and commands that find their slot by themselves. A sync waits as 6.12 does without MSI. */
class Script
{
  public:
    explicit Script(chk_rule_start start = CHK_START_LIVE)
        : start_(start), slot_(start == CHK_START_LIVE    ? 6
                               : start == CHK_START_READY ? 4
                                                          : 0)
    {
    }
    Script &line(const std::string &text)
    {
        text_ += text + "\n";
        return *this;
    }
    Script &cmd(uint64_t word0, uint64_t word1 = 0, unsigned cpu = 0)
    {
        return format("@+1/%u store CMD 0x%x 0x%" PRIx64 " value_hi=0x%" PRIx64 " width=16", cpu,
                      0x30000 + slot_++ % 64 * 16, word0, word1);
    }
    Script &ring(unsigned cpu = 0)
    {
        return format("@+1/%u mmio_write 0x98 0x%x", cpu, slot_ % 128);
    }
    Script &sync(unsigned cpu = 0)
    {
        cmd(0x46, 0, cpu).ring(cpu);
        return format("@+1/%u wait queue 0x30000 index=%u", cpu, (slot_ - 1) % 64);
    }
    Script &cfgi_ste(unsigned sid = 0x20)
    {
        return cmd(uint64_t{sid} << 32 | 3, 1).sync();
    }
    Script &cfgi_cd(unsigned sid = 0x20)
    {
        return cmd(uint64_t{sid} << 32 | 5, 1).sync();
    }
    unsigned slot() const
    {
        return slot_;
    }
    Checked checked() const
    {
        return Checked(start_, text_);
    }
    std::vector<std::string> rules() const
    {
        return checked().rules();
    }
    std::string text() const
    {
        return checked().text();
    }

  private:
    template <typename... Args> Script &format(const char *fmt, Args... args)
    {
        char buffer[200];

        snprintf(buffer, sizeof(buffer), fmt, args...);
        return line(buffer);
    }

    chk_rule_start start_;
    unsigned slot_;
    std::string text_;
};

const std::vector<std::string> kNone;

#define EXPECT_LEGAL(script) EXPECT_EQ(kNone, (script).rules()) << (script).text()
#define EXPECT_RULE(script, id)                                                                    \
    EXPECT_EQ(std::vector<std::string>{id}, (script).rules()) << (script).text()

#define EXPECT_SAYS(script, what)                                                                  \
    EXPECT_NE(std::string::npos, (script).text().find(what)) << (script).text()

/* How often a rule is broken. */
inline uint64_t count_of(const Script &script, chk_rule_id rule)
{
    return script.checked().report().count[rule];
}

/* Domain B: ASID 2, its table at 0x90000. */
const char *const kTableB = "memory PAGES 0x90000 0x1000";
const char *const kCdOff = "store CD 0x20000 0x0";
const char *const kCdB = "store CD 0x20000 0x2e204c0003519";
const char *const kCdA = "store CD 0x20000 0x1e204c0003519";
constexpr uint64_t kTlbiAsid1 = 0x1000000000011;

/* Linux' replace of stage 1: invalid, table, valid. */
inline Script replaced()
{
    return Script()
        .line(kTableB)
        .line("begin replace dev=0")
        .line("begin drv_attach dev=0 domain=0xb a=0x1")
        .line(kCdOff)
        .cfgi_cd()
        .line("store CD 0x20008 0x90000")
        .cfgi_cd()
        .line(kCdB)
        .cfgi_cd()
        .cmd(0x2000000001)
        .ring()
        .line("end drv_attach dev=0 domain=0xb a=0x1")
        .line("end replace dev=0");
}

} // namespace order_test

#endif
