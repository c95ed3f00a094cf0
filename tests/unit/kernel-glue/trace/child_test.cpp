// SPDX-License-Identifier: BSD-2-Clause
// A source that misbehaves ends its child, never us.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#include "kernel-glue/trace/trc_child.h"
#include "sim/sanitizer.h"

namespace
{

trc_event numbered(uint64_t number)
{
    trc_event event = {};

    event.kind = TRC_E_CMD;
    event.has = 7; // pa, n, and the four words that start at slot 2
    event.time_ns = number;
    for (uint64_t i = 0; i < 6; i++)
        event.values[i] = number * 10 + i;
    event.text = {"text", static_cast<uint32_t>(number % 5)};
    return event;
}

int send(const trc_event_sink *sink, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const trc_event event = numbered(i);
        const int err = sink->put(sink->ctx, &event);

        if (err)
            return err;
    }
    return 0;
}

int good_source(void *ctx, const trc_event_sink *sink, sim_diag *)
{
    return send(sink, *static_cast<uint64_t *>(ctx));
}

int cut_source(void *, const trc_event_sink *sink, sim_diag *diag)
{
    send(sink, 3);
    return sim_diag_bytes(diag, SIM_ETRUNC, 77, "it ends");
}

int crashing_source(void *, const trc_event_sink *sink, sim_diag *)
{
    send(sink, 3);
    raise(SIGKILL);
    return 0;
}

int exiting_source(void *, const trc_event_sink *, sim_diag *)
{
    _exit(3);
}

int hanging_source(void *, const trc_event_sink *, sim_diag *)
{
    for (;;)
        sleep(1);
    return 0;
}

int greedy_source(void *, const trc_event_sink *, sim_diag *diag)
{
    for (unsigned i = 0; i < 4096; i++) {
        char *block = static_cast<char *>(malloc(1 << 20));

        if (!block)
            return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
        memset(block, 1, 1 << 20);
        usleep(2000);
    }
    return 0;
}

int printing_source(void *, const trc_event_sink *, sim_diag *)
{
    printf("to the user's terminal\n");
    fprintf(stderr, "to the user's terminal\n");
    fflush(stdout);
    return 0;
}

struct Received {
    uint64_t n = 0;
    bool is_good = true;
    uint64_t stop_at = UINT64_MAX;
};

int receive(void *ctx, const trc_event *event)
{
    Received *received = static_cast<Received *>(ctx);
    const trc_event expected = numbered(received->n);

    received->is_good &= event->kind == expected.kind && event->has == expected.has &&
                         event->time_ns == expected.time_ns &&
                         memcmp(event->values, expected.values, 6 * sizeof(uint64_t)) == 0 &&
                         event->text.n_bytes == expected.text.n_bytes &&
                         memcmp(event->text.bytes, "text", event->text.n_bytes) == 0;
    return ++received->n == received->stop_at ? SIM_EIO : 0;
}

struct Outcome {
    int err;
    Received received;
    sim_diag diag;
};

Outcome run(trc_source_fn *source, void *ctx = nullptr, uint64_t stop_at = UINT64_MAX)
{
    Outcome outcome = {};
    const trc_limits limits = {64u << 20, 1};
    const trc_event_sink sink = {receive, &outcome.received};

    outcome.received.stop_at = stop_at;
    sim_diag_init(&outcome.diag, "file");
    outcome.err = trc_child_run(source, ctx, &limits, &sink, &outcome.diag);
    return outcome;
}

class ChildLengths : public testing::TestWithParam<uint64_t>
{
};

TEST_P(ChildLengths, EventsArriveWholeAndInOrder)
{
    uint64_t n = GetParam();
    const Outcome outcome = run(good_source, &n);

    EXPECT_EQ(outcome.err, 0);
    EXPECT_EQ(outcome.received.n, n);
    EXPECT_TRUE(outcome.received.is_good);
}

INSTANTIATE_TEST_SUITE_P(Lengths, ChildLengths, testing::Values(0, 1, 3000, 4000, 100000));

TEST(Child, ASourcesDiagnosisArrives)
{
    const Outcome outcome = run(cut_source);

    EXPECT_EQ(outcome.err, SIM_ETRUNC);
    EXPECT_EQ(outcome.received.n, 3u);
    EXPECT_STREQ(outcome.diag.text, "it ends");
    EXPECT_EQ(outcome.diag.offset, 77u);
}

TEST(Child, ACrashIsAReason)
{
    const Outcome outcome = run(crashing_source);

    EXPECT_EQ(outcome.err, SIM_EFORMAT);
    EXPECT_STREQ(outcome.diag.text,
                 "the reader process was ended by signal 9 after 0 events: the file is damaged");
}

TEST(Child, AnEarlyExitIsAReason)
{
    const Outcome outcome = run(exiting_source);

    EXPECT_EQ(outcome.err, SIM_EFORMAT);
    EXPECT_STREQ(outcome.diag.text,
                 "the reader process ended with status 3 after 0 events: the file is damaged");
}

TEST(Child, AHangIsAReason)
{
    const Outcome outcome = run(hanging_source);

    EXPECT_EQ(outcome.err, SIM_EFORMAT);
    EXPECT_STREQ(outcome.diag.text, "reading hung after 0 events: the file is damaged");
}

TEST(Child, TooMuchMemoryIsAReason)
{
    const Outcome outcome = run(greedy_source);

    if (SIM_HAS_SANITIZER) {
        EXPECT_EQ(outcome.err, SIM_EFORMAT);
        EXPECT_STREQ(outcome.diag.text,
                     "reading took too much memory after 0 events: the file is damaged");
    } else {
        EXPECT_EQ(outcome.err, SIM_ENOMEM);
    }
}

TEST(Child, ItsWordsDoNotReachTheTerminal)
{
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(run(printing_source).err, 0);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Child, AStoppedSinkEndsIt)
{
    uint64_t n = 1000000;
    const Outcome outcome = run(good_source, &n, 10);

    EXPECT_EQ(outcome.err, SIM_EIO);
    EXPECT_EQ(outcome.received.n, 10u);
}

} // namespace
