// SPDX-License-Identifier: BSD-2-Clause
// Lines of ftrace's text: forms that kernels and tools print, and lines that must be refused.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "kernel-glue/trace/trc_ftrace_text.h"

namespace
{

struct Seen {
    std::vector<trc_event> events; // texts are not kept
    sim_diag diag;
    int err;
};

int collect(void *ctx, const trc_event *event)
{
    static_cast<std::vector<trc_event> *>(ctx)->push_back(*event);
    return 0;
}

Seen parse(std::string text)
{
    Seen seen;
    FILE *file = fmemopen(text.data(), text.size(), "rb");
    const trc_event_sink sink = {collect, &seen.events};

    sim_diag_init(&seen.diag, "t");
    seen.err = trc_ftrace_text(file, &sink, &seen.diag);
    fclose(file);
    return seen;
}

struct Form {
    const char *name;
    const char *line;
    uint64_t time_ns;
    uint32_t pid;
    uint16_t cpu;
};

void PrintTo(const Form &form, std::ostream *out)
{
    *out << form.name;
}

class FtraceForm : public testing::TestWithParam<Form>
{
};

TEST_P(FtraceForm, IsRead)
{
    const Seen seen = parse(std::string(GetParam().line) + "\n");

    ASSERT_EQ(seen.err, 0) << seen.diag.text;
    ASSERT_EQ(seen.events.size(), 2u); // META first
    EXPECT_EQ(seen.events[0].kind, TRC_E_META);
    EXPECT_EQ(seen.events[1].kind, TRC_E_TABLE_FREE);
    EXPECT_EQ(seen.events[1].time_ns, GetParam().time_ns);
    EXPECT_EQ(seen.events[1].pid, GetParam().pid);
    EXPECT_EQ(seen.events[1].cpu, GetParam().cpu);
    EXPECT_EQ(seen.events[1].values[0], static_cast<uint64_t>(SIM_S_STE));
    EXPECT_EQ(seen.events[1].values[1], 0x40f20000u);
    EXPECT_EQ(seen.events[1].values[2], 0x4000u);
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, FtraceForm,
    testing::Values(
        Form{
            "Plain",
            "            init-1       [000] .N...     0.140051: table_free: kind=STE pa=0x40f20000 "
            "size=0x4000",
            140051000, 1, 0},
        Form{
            "NameWithColonAndDash",
            "    kworker/u4:0-x-11      [012] .....  12.000001: table_free: kind=STE pa=0x40f20000 "
            "size=0x4000",
            12000001000, 11, 12},
        Form{"NameWithBlanks",
             "  my task-77 [001] d....     1.5: table_free: kind=STE pa=0x40f20000 size=0x4000",
             1500000000, 77, 1},
        Form{"Idle",
             "<idle>-0 [003] dN.1. 0.000001: table_free: kind=STE pa=0x40f20000 size=0x4000", 1000,
             0, 3},
        Form{"NoFlags",
             "  init-1     [000]     0.140051: table_free:           kind=STE pa=0x40f20000 "
             "size=0x4000",
             140051000, 1, 0},
        Form{"Nanoseconds",
             "  init-1     [000]     0.140051123: table_free: kind=STE pa=0x40f20000 size=0x4000",
             140051123, 1, 0},
        Form{"ExtraFieldOfANewerPatch",
             "  i-1 [000] ..... 0.1: table_free: kind=STE zone=dma pa=0x40f20000 size=0x4000 "
             "order=2",
             100000000, 1, 0},
        Form{"OtherOrder", "  i-1 [000] ..... 0.1: table_free: size=0x4000 pa=0x40f20000 kind=STE",
             100000000, 1, 0},
        Form{"CarriageReturn",
             "  i-1 [000] ..... 0.1: table_free: kind=STE pa=0x40f20000 size=0x4000\r", 100000000,
             1, 0}),
    [](const testing::TestParamInfo<Form> &row) { return std::string(row.param.name); });

struct Refused {
    const char *name;
    const char *text;
    uint32_t line;
    const char *why;
};

void PrintTo(const Refused &refused, std::ostream *out)
{
    *out << refused.name;
}

class FtraceRefused : public testing::TestWithParam<Refused>
{
};

TEST_P(FtraceRefused, NamesLineAndReason)
{
    const Seen seen = parse(GetParam().text);

    EXPECT_EQ(seen.err, SIM_EFORMAT);
    EXPECT_EQ(seen.diag.line, GetParam().line);
    EXPECT_STREQ(seen.diag.text, GetParam().why);
}

constexpr const char *no_line = "not a line of a trace (TASK-PID [CPU] FLAGS SECONDS: EVENT: ...)";

INSTANTIATE_TEST_SUITE_P(
    Damage, FtraceRefused,
    testing::Values(
        Refused{"Prose", "# x\nHello world\n", 2, no_line},
        Refused{"NoPid", "init [000] ..... 0.1: cmd: x\n", 1, no_line},
        Refused{"NoCpu", "init-1 000 ..... 0.1: cmd: x\n", 1, no_line},
        Refused{"CpuTooLarge", "init-1 [70000] ..... 0.1: cmd: x\n", 1, no_line},
        Refused{"PidTooLarge", "init-99999999999 [000] ..... 0.1: cmd: x\n", 1, no_line},
        Refused{"NoTime", "init-1 [000] ..... cmd: x\n", 1, no_line},
        Refused{"TimeTooLarge", "init-1 [000] ..... 99999999999999999999.1: cmd: x\n", 1, no_line},
        Refused{"NoEvent", "init-1 [000] ..... 0.1: cmd\n", 1,
                "an event's name and its colon are missing"},
        Refused{"MissingValue", "init-1 [000] ..... 0.1: table_free: kind=STE pa=0x1000\n", 1,
                "table_free: a value is missing or malformed"},
        Refused{"BadNumber", "init-1 [000] ..... 0.1: table_free: kind=STE pa=0x10zz size=0x1\n", 1,
                "table_free: a value is missing or malformed"},
        Refused{"NumberTooLarge",
                "init-1 [000] ..... 0.1: table_free: kind=STE pa=0x11112222333344445 size=0x1\n", 1,
                "table_free: a value is missing or malformed"},
        Refused{"FewWords", "init-1 [000] ..... 0.1: cmd: pa=0x1000 n=2 dw=0x1,0x2,0x3\n", 1,
                "cmd: a value is missing or malformed"},
        Refused{"QiSubmit", "init-1 [000] ..... 0.1: qi_submit: cc_inv dmar0: 0x1 0x2\n", 1,
                "qi_submit: a value is missing or malformed"}),
    [](const testing::TestParamInfo<Refused> &row) { return std::string(row.param.name); });

TEST(FtraceText, AnEndlessLineIsRefusedInFlatMemory)
{
    const Seen seen = parse("# x\n" + std::string(1 << 20, 'a'));

    EXPECT_EQ(seen.err, SIM_EFORMAT);
    EXPECT_EQ(seen.diag.line, 2u);
}

TEST(FtraceText, UnknownKindAndOperationAreMarkedAsSuch)
{
    const Seen seen = parse("i-1 [000] ..... 0.1: table_free: kind=NEW pa=0x1000 size=0x1000\n"
                            "i-1 [000] ..... 0.1: op_begin: op=new dev=- domain=0x0 a=0x0 b=0x0 "
                            "ret=0\n");

    ASSERT_EQ(seen.err, 0);
    EXPECT_EQ(seen.events[1].values[0], TRC_UNKNOWN_WORD);
    EXPECT_EQ(seen.events[2].values[0], TRC_UNKNOWN_WORD);
}

} // namespace
