// SPDX-License-Identifier: BSD-2-Clause
// snapshot_test.cpp - state goes out and comes back; a queue and a memory port run the same again.
// Knows: snapshot.h, event.h, mem.h. Must not know: what lies in a region.
#include "sim/event.h"
#include "sim/mem.h"
#include "sim/snapshot.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace
{

struct Snapshot {
    Snapshot() = default;
    Snapshot(const Snapshot &) = delete;
    Snapshot &operator=(const Snapshot &) = delete;
    ~Snapshot()
    {
        sim_snapshot_free(snapshot);
    }
    operator sim_snapshot *() const
    {
        return snapshot;
    }
    sim_snapshot *snapshot = sim_snapshot_new();
};

TEST(Snapshot, RestorePutsBackEveryRegionAndOnlyThose)
{
    Snapshot s;
    std::array<std::vector<uint8_t>, 40> regions;
    uint8_t outside = 1;
    size_t n_bytes = 0;

    for (size_t i = 0; i < regions.size(); i++) {
        regions[i].assign(i * 3, static_cast<uint8_t>(i));
        n_bytes += i * 3;
        ASSERT_EQ(sim_snapshot_add(s, regions[i].data(), regions[i].size()), 0);
    }
    EXPECT_EQ(sim_snapshot_bytes(s), n_bytes);
    ASSERT_EQ(sim_snapshot_take(s), 0);
    for (int again = 0; again < 3; again++) {
        for (auto &region : regions)
            std::fill(region.begin(), region.end(), 0xee);
        outside++;
        sim_snapshot_restore(s);
        for (size_t i = 0; i < regions.size(); i++)
            EXPECT_EQ(regions[i], std::vector<uint8_t>(i * 3, static_cast<uint8_t>(i)));
    }
    EXPECT_EQ(outside, 4);
}

TEST(Snapshot, ALaterTakeReplacesTheEarlierOne)
{
    Snapshot s;
    int state = 1;

    ASSERT_EQ(sim_snapshot_add(s, &state, sizeof(state)), 0);
    ASSERT_EQ(sim_snapshot_take(s), 0);
    state = 2;
    ASSERT_EQ(sim_snapshot_take(s), 0);
    state = 3;
    sim_snapshot_restore(s);
    EXPECT_EQ(state, 2);
}

TEST(Snapshot, ARegionAddedAfterATakeIsNotTouchedUntilTheNextOne)
{
    Snapshot s;
    int first = 1, second = 10;

    sim_snapshot_restore(s); // nothing was taken: nothing happens
    ASSERT_EQ(sim_snapshot_add(s, &first, sizeof(first)), 0);
    ASSERT_EQ(sim_snapshot_take(s), 0);
    ASSERT_EQ(sim_snapshot_add(s, &second, sizeof(second)), 0);
    first = 2;
    second = 20;
    sim_snapshot_restore(s);
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 20);
    ASSERT_EQ(sim_snapshot_take(s), 0);
    second = 30;
    sim_snapshot_restore(s);
    EXPECT_EQ(second, 20);
}

// A machine of many timers and accesses to memory, all of whose state is in regions.
struct Machine {
    static constexpr size_t kTimers = 50;
    struct Timer {
        sim_event event;
        Machine *machine;
        uint64_t period_ps;
        uint64_t n;
    };
    sim_queue *queue = sim_queue_new();
    sim_mem *mem = sim_mem_new(1 << 20);
    sim_mem_timing timing = {700, 30, 3};
    sim_mem_port *port = sim_mem_port_new(mem, queue, &timing, 0, false);
    std::array<Timer, kTimers> timers{};
    std::array<sim_access, kTimers> accesses{};
    sim_source source = {SIM_RANK_IOMMU, 0, 0};
    std::vector<std::pair<uint64_t, size_t>> seen; // time, who; not state

    Machine()
    {
        for (size_t i = 0; i < kTimers; i++) {
            timers[i].machine = this;
            timers[i].period_ps = i * i * i * 37 + 1; // from one granule to far ahead
            timers[i].event.fn = fire;
            timers[i].event.ctx = &timers[i];
            accesses[i].done.fn = answered;
            accesses[i].done.ctx = &timers[i];
            sim_queue_at(queue, &source, timers[i].period_ps, &timers[i].event);
        }
    }
    Machine(const Machine &) = delete;
    Machine &operator=(const Machine &) = delete;
    ~Machine()
    {
        sim_mem_port_free(port);
        sim_mem_free(mem);
        sim_queue_free(queue);
    }
    static void fire(void *ctx)
    {
        auto *timer = static_cast<Timer *>(ctx);
        Machine *m = timer->machine;
        const size_t i = static_cast<size_t>(timer - m->timers.data());
        sim_access &access = m->accesses[i];

        timer->n++;
        access.op = timer->n % 2 ? SIM_ACCESS_WRITE : SIM_ACCESS_READ;
        access.pa = i % 7 * 64;
        access.n_bytes = 8;
        memcpy(access.data, &timer->n, 8);
        sim_mem_port_access(m->port, &access);
    }
    static void answered(void *ctx)
    {
        auto *timer = static_cast<Timer *>(ctx);
        Machine *m = timer->machine;
        const size_t i = static_cast<size_t>(timer - m->timers.data());
        uint64_t value;

        memcpy(&value, m->accesses[i].data, 8);
        m->seen.emplace_back(sim_queue_now_ps(m->queue), i * 1000000 + value);
        sim_queue_at(m->queue, &m->source, sim_queue_now_ps(m->queue) + timer->period_ps,
                     &timer->event);
    }
    int add(sim_snapshot *s)
    {
        return sim_queue_state(queue, s) | sim_mem_port_state(port, s) |
               sim_snapshot_add(s, &timers, sizeof(timers)) |
               sim_snapshot_add(s, &accesses, sizeof(accesses)) |
               sim_snapshot_add(s, &source, sizeof(source));
    }
};

TEST(Snapshot, AMachineRunsTheSameAgain)
{
    Machine m;
    Snapshot s;
    std::vector<std::pair<uint64_t, size_t>> first;

    ASSERT_EQ(m.add(s), 0);
    for (uint64_t start : {0ull, 5000ull, 123456ull, 3000000ull}) {
        sim_queue_advance(m.queue, start);
        ASSERT_EQ(sim_snapshot_take(s), 0);
        sim_mem_journal_begin(m.mem);
        m.seen.clear();
        sim_queue_advance(m.queue, start + 400000);
        first = m.seen;
        ASSERT_GT(first.size(), 100u);
        for (int again = 0; again < 3; again++) {
            sim_snapshot_restore(s);
            sim_mem_journal_rollback(m.mem);
            ASSERT_EQ(sim_queue_now_ps(m.queue), start);
            m.seen.clear();
            sim_queue_advance(m.queue, start + 100000ull * again); // tries of other lengths
            sim_snapshot_restore(s);
            sim_mem_journal_rollback(m.mem);
            m.seen.clear();
            sim_queue_advance(m.queue, start + 400000);
            ASSERT_EQ(m.seen, first) << start;
        }
        sim_snapshot_restore(s);
        sim_mem_journal_rollback(m.mem);
        sim_mem_journal_end(m.mem);
    }
}

} // namespace
