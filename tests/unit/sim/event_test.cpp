// SPDX-License-Identifier: BSD-2-Clause
// event_test.cpp - the event core against a plain sorted set, and the edges of its wheel.
// Knows: event.h. Must not know: how the queue is built.
#include "sim/event.h"
#include "sim/time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace
{

using Key = std::tuple<uint64_t, uint64_t>; // time, key

struct QueueFree {
    void operator()(sim_queue *q) const
    {
        sim_queue_free(q);
    }
};
using Queue = std::unique_ptr<sim_queue, QueueFree>;

struct Probe {
    sim_event event{};
    std::vector<Probe *> *log = nullptr;
};

void note(void *ctx)
{
    auto *probe = static_cast<Probe *>(ctx);

    EXPECT_FALSE(sim_event_is_scheduled(&probe->event));
    probe->log->push_back(probe);
}

void arm(Probe &probe, std::vector<Probe *> &log)
{
    probe.log = &log;
    probe.event.fn = note;
    probe.event.ctx = &probe;
}

TEST(Event, EmptyQueueHasNoNext)
{
    Queue q(sim_queue_new());

    EXPECT_EQ(sim_queue_next_ps(q.get()), SIM_TIME_NEVER);
    EXPECT_FALSE(sim_queue_run_one(q.get()));
    EXPECT_EQ(sim_queue_advance(q.get(), SIM_TIME_NEVER), 0u);
    EXPECT_EQ(sim_queue_now_ps(q.get()), 0u);
    EXPECT_EQ(sim_queue_advance(q.get(), 12345), 0u);
    EXPECT_EQ(sim_queue_now_ps(q.get()), 12345u);
    sim_queue_free(nullptr);
}

TEST(Event, KeyOrdersOneInstant)
{
    Queue q(sim_queue_new());
    sim_source software{SIM_RANK_SOFTWARE, 9, 0}, iommu1{SIM_RANK_IOMMU, 1, 0},
        iommu2{SIM_RANK_IOMMU, 2, 0};
    std::vector<Probe *> log;
    Probe a, b, c, d;

    for (Probe *p : {&a, &b, &c, &d})
        arm(*p, log);
    sim_queue_at(q.get(), &iommu2, 700, &d.event);
    sim_queue_at(q.get(), &iommu1, 700, &b.event);
    sim_queue_at(q.get(), &iommu1, 700, &c.event);
    sim_queue_at(q.get(), &software, 700, &a.event);
    EXPECT_EQ(sim_queue_next_ps(q.get()), 700u);
    EXPECT_EQ(sim_queue_advance(q.get(), 699), 0u);
    EXPECT_EQ(sim_queue_advance(q.get(), 700), 4u);
    EXPECT_EQ(log, (std::vector<Probe *>{&a, &b, &c, &d}));
}

// An event of a lower rank, scheduled at the instant that runs, goes before those still to run.
TEST(Event, SameInstantFromInside)
{
    struct Inside {
        Queue q{sim_queue_new()};
        sim_source software{SIM_RANK_SOFTWARE, 0, 0}, iommu{SIM_RANK_IOMMU, 0, 0};
        std::vector<Probe *> log;
        Probe first, low, high, last;
    } t;

    for (Probe *p : {&t.low, &t.high, &t.last})
        arm(*p, t.log);
    t.first.event.ctx = &t;
    t.first.event.fn = [](void *ctx) {
        auto *in = static_cast<Inside *>(ctx);
        EXPECT_EQ(sim_queue_now_ps(in->q.get()), 50u);
        sim_queue_at(in->q.get(), &in->iommu, 50, &in->last.event);
        sim_queue_at(in->q.get(), &in->software, 50, &in->low.event);
        EXPECT_EQ(sim_queue_next_ps(in->q.get()), 50u);
    };
    sim_queue_at(t.q.get(), &t.iommu, 50, &t.first.event);
    sim_queue_at(t.q.get(), &t.iommu, 50, &t.high.event);
    EXPECT_EQ(sim_queue_advance(t.q.get(), 50), 4u);
    EXPECT_EQ(t.log, (std::vector<Probe *>{&t.low, &t.high, &t.last}));
}

TEST(Event, CancelTwiceIsNothing)
{
    Queue q(sim_queue_new());
    sim_source source{};
    std::vector<Probe *> log;
    Probe a;

    arm(a, log);
    sim_queue_cancel(q.get(), &a.event);
    for (uint64_t t : {0ull, 1ull, 5000ull, 1ull << 40}) {
        sim_queue_at(q.get(), &source, t, &a.event);
        EXPECT_EQ(sim_queue_next_ps(q.get()), t);
        sim_queue_cancel(q.get(), &a.event);
        sim_queue_cancel(q.get(), &a.event);
        EXPECT_EQ(sim_queue_next_ps(q.get()), SIM_TIME_NEVER);
    }
    EXPECT_EQ(sim_queue_advance(q.get(), SIM_TIME_NEVER), 0u);
}

TEST(Event, OurMistakesAreCaught)
{
    Queue q(sim_queue_new());
    sim_source source{}, twin{};
    Probe a, b;

    sim_queue_advance(q.get(), 10);
    EXPECT_DEATH(sim_queue_at(q.get(), &source, 9, &a.event), "time_ps < ");
    EXPECT_DEATH(sim_queue_at(q.get(), &source, SIM_TIME_NEVER, &a.event), "SIM_TIME_NEVER");
    sim_queue_at(q.get(), &source, 10, &a.event);
    EXPECT_DEATH(sim_queue_at(q.get(), &source, 10, &a.event), "prev_link");
    EXPECT_DEATH(sim_queue_at(q.get(), &twin, 10, &b.event), "key");
    EXPECT_DEATH(sim_queue_advance(q.get(), 9), "until_ps < ");
}

// Every power of two and its neighbours, from several times of departure, in three orders.
TEST(Event, EdgesOfTheWheel)
{
    std::vector<uint64_t> delays{0};
    std::mt19937_64 random(1);

    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t edge = 1ull << bit;
        for (uint64_t t : {edge - 1, edge, edge + 1, edge + edge / 2})
            delays.push_back(t);
    }
    for (uint64_t start : {0ull, 1ull, 511ull, 512ull, (1ull << 21) - 1, 1ull << 21, 0x123456789ull,
                           (1ull << 57) - 1, (1ull << 62) + 12345}) {
        for (int order = 0; order < 3; order++) {
            Queue q(sim_queue_new());
            sim_source source{};
            std::vector<Probe *> log;
            std::vector<uint64_t> times;

            for (uint64_t d : delays) {
                if (d < SIM_TIME_NEVER - start)
                    times.push_back(start + d);
            }
            std::sort(times.begin(), times.end());
            if (order == 1)
                std::reverse(times.begin(), times.end());
            if (order == 2)
                std::shuffle(times.begin(), times.end(), random);
            sim_queue_advance(q.get(), start);
            std::vector<Probe> probes(times.size());
            for (size_t i = 0; i < times.size(); i++) {
                arm(probes[i], log);
                sim_queue_at(q.get(), &source, times[i], &probes[i].event);
            }
            EXPECT_EQ(sim_queue_next_ps(q.get()), start);
            EXPECT_EQ(sim_queue_advance(q.get(), SIM_TIME_NEVER), times.size());
            std::sort(times.begin(), times.end());
            ASSERT_EQ(log.size(), times.size());
            for (size_t i = 0; i < log.size(); i++)
                ASSERT_EQ(log[i]->event.time_ps, times[i]);
            EXPECT_EQ(sim_queue_now_ps(q.get()), times.back());
        }
    }
}

// Not run at t - 1, run at t, whatever the distance.
TEST(Event, BothSidesOfTheEdge)
{
    for (unsigned bit = 1; bit < 63; bit++) {
        for (uint64_t t : {(1ull << bit) - 1, 1ull << bit, (1ull << bit) + 1}) {
            Queue q(sim_queue_new());
            sim_source source{};
            std::vector<Probe *> log;
            Probe a;

            arm(a, log);
            sim_queue_at(q.get(), &source, t, &a.event);
            EXPECT_EQ(sim_queue_advance(q.get(), t - 1), 0u);
            EXPECT_EQ(sim_queue_next_ps(q.get()), t);
            EXPECT_EQ(sim_queue_advance(q.get(), t), 1u);
        }
    }
}

// A look far ahead must neither lose nor slow down what is scheduled before that time.
TEST(Event, NextDoesNotMoveTheWheel)
{
    Queue q(sim_queue_new());
    sim_source source{};
    std::vector<Probe *> log;
    Probe far, near;

    arm(far, log);
    arm(near, log);
    sim_queue_at(q.get(), &source, 1ull << 50, &far.event);
    EXPECT_EQ(sim_queue_next_ps(q.get()), 1ull << 50);
    EXPECT_EQ(sim_queue_now_ps(q.get()), 0u);
    sim_queue_at(q.get(), &source, 700, &near.event);
    EXPECT_EQ(sim_queue_next_ps(q.get()), 700u);
    EXPECT_TRUE(sim_queue_run_one(q.get()));
    EXPECT_EQ(sim_queue_next_ps(q.get()), 1ull << 50);
    EXPECT_TRUE(sim_queue_run_one(q.get()));
    EXPECT_EQ(log, (std::vector<Probe *>{&near, &far}));
}

TEST(Event, ManyAtOneInstantAreNotQuadratic)
{
    const size_t n = 100000; // quadratic: 10^10 steps, minutes
    std::vector<uint64_t> numbers(n);
    std::mt19937_64 random(7);

    for (int order = 0; order < 3; order++) {
        Queue q(sim_queue_new());
        std::vector<Probe *> log;
        std::vector<Probe> probes(n);

        for (size_t i = 0; i < n; i++)
            numbers[i] = order == 1 ? n - i : i;
        if (order == 2)
            std::shuffle(numbers.begin(), numbers.end(), random);
        const auto start = std::chrono::steady_clock::now();
        for (size_t i = 0; i < n; i++) {
            sim_source source{SIM_RANK_LINK, 0, numbers[i]};
            arm(probes[i], log);
            sim_queue_at(q.get(), &source, 4096, &probes[i].event);
        }
        EXPECT_EQ(sim_queue_advance(q.get(), 4096), n);
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
        EXPECT_TRUE(std::is_sorted(log.begin(), log.end(), [](const Probe *a, const Probe *b) {
            return a->event.key < b->event.key;
        }));
    }
}

// ---- property: random schedules, cancels and nested inserts against a sorted set ----

struct World;

struct Actor {
    sim_event event{};
    World *world = nullptr;
};

struct World {
    Queue q{sim_queue_new()};
    std::vector<sim_source> sources;
    std::vector<Actor> actors;
    std::set<std::pair<Key, Actor *>> reference;
    std::mt19937_64 random;
    uint64_t n_run = 0;

    explicit World(uint64_t seed) : actors(64), random(seed)
    {
        for (uint8_t rank = 0; rank < 6; rank++) {
            for (uint16_t port = 0; port < 3; port++)
                sources.push_back({rank, port, 0});
        }
        for (Actor &a : actors) {
            a.world = this;
            a.event.ctx = &a;
            a.event.fn = [](void *ctx) {
                auto *actor = static_cast<Actor *>(ctx);
                actor->world->ran(*actor);
            };
        }
    }

    // Mostly short; sometimes on or beside a power of two; sometimes anything.
    uint64_t delay()
    {
        const uint64_t r = random();

        switch (r % 8) {
        case 0:
            return 0;
        case 1:
            return r / 8 % 600;
        case 2:
        case 3:
            return 1000 * (r / 8 % 4);
        case 4:
        case 5:
            return 1000 * (r / 8 % 5000);
        case 6:
            return (1ull << (r / 8 % 48)) + (r / 512 % 3) - 1;
        default:
            return r >> (16 + r / 8 % 48);
        }
    }

    void act()
    {
        Actor &a = actors[random() % actors.size()];

        if (sim_event_is_scheduled(&a.event)) {
            if (random() % 4)
                return;
            reference.erase({Key{a.event.time_ps, a.event.key}, &a});
            sim_queue_cancel(q.get(), &a.event);
            EXPECT_FALSE(sim_event_is_scheduled(&a.event));
            return;
        }
        sim_queue_at(q.get(), &sources[random() % sources.size()],
                     sim_queue_now_ps(q.get()) + delay(), &a.event);
        reference.insert({Key{a.event.time_ps, a.event.key}, &a});
    }

    void check_next()
    {
        const uint64_t next_ps =
            reference.empty() ? SIM_TIME_NEVER : std::get<0>(reference.begin()->first);
        ASSERT_EQ(sim_queue_next_ps(q.get()), next_ps);
    }

    void ran(Actor &a)
    {
        n_run++;
        ASSERT_FALSE(reference.empty());
        ASSERT_EQ(reference.begin()->second, &a);
        ASSERT_EQ(sim_queue_now_ps(q.get()), a.event.time_ps);
        reference.erase(reference.begin());
        for (uint64_t n = random() % 3; n; n--)
            act();
        if (random() % 4 == 0)
            check_next();
    }

    void step()
    {
        const uint64_t before = n_run;
        uint64_t until;

        for (uint64_t n = random() % 12; n; n--)
            act();
        if (random() % 2)
            check_next();
        if (random() % 4 == 0) {
            const bool any = !reference.empty();
            EXPECT_EQ(sim_queue_run_one(q.get()), any);
            EXPECT_EQ(n_run - before, any ? 1u : 0u);
            return;
        }
        until = sim_queue_now_ps(q.get()) + delay();
        if (random() % 2 && !reference.empty()) { // both sides of the next event
            const uint64_t next_ps = std::get<0>(reference.begin()->first);
            until = std::max(sim_queue_now_ps(q.get()), next_ps - (next_ps && random() % 2));
        }
        const uint64_t n_advanced = sim_queue_advance(q.get(), until);
        EXPECT_EQ(n_advanced, n_run - before);
        EXPECT_EQ(sim_queue_now_ps(q.get()), until);
        ASSERT_TRUE(reference.empty() || std::get<0>(reference.begin()->first) > until);
    }
};

TEST(EventProperty, SameOrderAsASortedSet)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        World w(seed);

        for (int i = 0; i < 400 && sim_queue_now_ps(w.q.get()) < 1ull << 62; i++)
            w.step();
        for (Actor &a : w.actors) { // the rest
            w.reference.erase({Key{a.event.time_ps, a.event.key}, &a});
            sim_queue_cancel(w.q.get(), &a.event);
        }
        w.check_next();
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

TEST(EventProperty, OrderIndependentOfInsertion)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        std::mt19937_64 random(seed);
        std::vector<Key> planned; // time, number of the source
        std::vector<std::vector<Key>> runs;

        for (uint64_t i = 0; i < 300; i++)
            planned.emplace_back(random() % 3 ? 1000 * (random() % 20) : random() >> 20, i);
        for (int shuffle = 0; shuffle < 4; shuffle++) {
            Queue q(sim_queue_new());
            std::vector<Probe *> log;
            std::vector<Probe> probes(planned.size());

            for (size_t i = 0; i < planned.size(); i++) {
                const uint64_t id = std::get<1>(planned[i]);
                sim_source source{static_cast<uint8_t>(id % 6), static_cast<uint16_t>(id % 5), id};
                arm(probes[i], log);
                sim_queue_at(q.get(), &source, std::get<0>(planned[i]), &probes[i].event);
            }
            sim_queue_advance(q.get(), SIM_TIME_NEVER);
            runs.emplace_back();
            for (const Probe *p : log)
                runs.back().emplace_back(p->event.time_ps, p->event.key);
            ASSERT_TRUE(std::is_sorted(runs.back().begin(), runs.back().end()));
            ASSERT_EQ(runs.back(), runs.front());
            std::shuffle(planned.begin(), planned.end(), random);
        }
    }
}

} // namespace
