// SPDX-License-Identifier: BSD-2-Clause
// mem_test.cpp - sparse memory against a plain map of bytes, and the timing of its port.
// Knows: mem.h, port.h. Must not know: pages' layout.
#include "sim/diag.h"
#include "sim/mem.h"
#include "sim/time.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace
{

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLimit = 1 << 20;

struct Mem {
    explicit Mem(uint64_t max_bytes = kLimit) : mem(sim_mem_new(max_bytes))
    {
    }
    Mem(const Mem &) = delete;
    Mem &operator=(const Mem &) = delete;
    ~Mem()
    {
        sim_mem_free(mem);
    }
    operator sim_mem *() const
    {
        return mem;
    }
    sim_mem *mem;
};

TEST(Mem, UnknownReadsZero)
{
    Mem m;
    uint8_t bytes[16];

    memset(bytes, 0xee, sizeof(bytes));
    sim_mem_read(m, 0x1ff8, bytes, sizeof(bytes));
    for (uint8_t b : bytes)
        EXPECT_EQ(b, 0);
    EXPECT_FALSE(sim_mem_is_known(m, 0x1ff8, 1));
    EXPECT_TRUE(sim_mem_is_known(m, 0x1ff8, 0));
    EXPECT_EQ(sim_mem_read64(m, 0x1000), 0u);
    EXPECT_EQ(sim_mem_backing_bytes(m), 0u);
    sim_mem_free(nullptr);
}

TEST(Mem, RangeAcrossPages)
{
    Mem m;
    std::vector<uint8_t> in(2 * kPage + 11), out(in.size());

    std::iota(in.begin(), in.end(), 1);
    ASSERT_EQ(sim_mem_write(m, 0xffd, in.data(), in.size()), 0);
    sim_mem_read(m, 0xffd, out.data(), out.size());
    EXPECT_EQ(in, out);
    EXPECT_TRUE(sim_mem_is_known(m, 0xffd, in.size()));
    EXPECT_FALSE(sim_mem_is_known(m, 0xffc, in.size()));
    EXPECT_FALSE(sim_mem_is_known(m, 0xffd, in.size() + 1));
}

TEST(Mem, WordsAreLittleEndian)
{
    Mem m;
    uint8_t bytes[8];

    ASSERT_EQ(sim_mem_write64(m, 0x2000, 0x0807060504030201), 0);
    sim_mem_read(m, 0x2000, bytes, 8);
    for (int i = 0; i < 8; i++)
        EXPECT_EQ(bytes[i], i + 1);
    EXPECT_EQ(sim_mem_read64(m, 0x2000), 0x0807060504030201u);
    EXPECT_EQ(sim_mem_read64(m, 0x2001), 0x0008070605040302u);
    ASSERT_EQ(sim_mem_write64(m, 0x2ffc, 0x1122334455667788), 0); // across a page
    EXPECT_EQ(sim_mem_read64(m, 0x2ffc), 0x1122334455667788u);
}

TEST(Mem, EndOfTheAddressSpace)
{
    Mem m;
    uint8_t bytes[4] = {1, 2, 3, 4};

    EXPECT_EQ(sim_mem_write(m, UINT64_MAX - 3, bytes, 4), 0);
    EXPECT_EQ(sim_mem_write(m, UINT64_MAX - 2, bytes, 4), SIM_ERANGE);
    EXPECT_EQ(sim_mem_fill64(m, UINT64_MAX - 7, 16, 1), SIM_ERANGE);
    EXPECT_EQ(sim_mem_forget(m, UINT64_MAX, 2), SIM_ERANGE);
    EXPECT_FALSE(sim_mem_is_known(m, UINT64_MAX, 2));
    EXPECT_TRUE(sim_mem_is_known(m, UINT64_MAX, 1));
    sim_mem_read(m, UINT64_MAX - 1, bytes, 4);
    EXPECT_EQ(memcmp(bytes, "\x03\x04\x00\x00", 4), 0);
    EXPECT_EQ(sim_mem_fill64(m, 0ull - kPage, kPage, 5), 0);
    EXPECT_EQ(sim_mem_read64(m, 0ull - 8), 5u);
}

TEST(Mem, FilledPagesTakeNoBacking)
{
    Mem m(64 * 1024);
    const uint8_t same[3] = {0x67, 0x45, 0x23};
    uint64_t before;

    ASSERT_EQ(sim_mem_fill64(m, 0, 40 * kPage, 0x0123456789), 0);
    before = sim_mem_backing_bytes(m);
    EXPECT_LT(before, kPage);
    EXPECT_TRUE(sim_mem_is_known(m, 0, 40 * kPage));
    EXPECT_EQ(sim_mem_read64(m, 39 * kPage + 8), 0x0123456789u);
    EXPECT_EQ(sim_mem_read64(m, 39 * kPage + 9), 0x8900000001234567u);
    ASSERT_EQ(sim_mem_write(m, 0x11, same, 3), 0); // says what is there
    ASSERT_EQ(sim_mem_fill64(m, 0x20, 8, 0x0123456789), 0);
    EXPECT_EQ(sim_mem_backing_bytes(m), before);
    ASSERT_EQ(sim_mem_write(m, 0x12, same, 3), 0);
    EXPECT_GT(sim_mem_backing_bytes(m), before + kPage - 1);
    EXPECT_EQ(sim_mem_read64(m, 0x10), 0x2345676789u);
    EXPECT_EQ(sim_mem_read64(m, 0x18), 0x0123456789u);
    ASSERT_EQ(sim_mem_fill64(m, 0, kPage, 7), 0); // filled again: gives it back
    EXPECT_EQ(sim_mem_backing_bytes(m), before);
    EXPECT_EQ(sim_mem_fill64(m, 4, 8, 7), SIM_EINVAL);
    EXPECT_EQ(sim_mem_fill64(m, 8, 4, 7), SIM_EINVAL);
}

TEST(Mem, ForgetMakesUnknown)
{
    Mem m;
    std::vector<uint8_t> in(3 * kPage, 0x5a);
    const uint64_t empty = sim_mem_backing_bytes(m);

    ASSERT_EQ(sim_mem_write(m, 0, in.data(), in.size()), 0);
    ASSERT_EQ(sim_mem_forget(m, 0x10, 2 * kPage), 0);
    EXPECT_TRUE(sim_mem_is_known(m, 0, 0x10));
    EXPECT_FALSE(sim_mem_is_known(m, 0x10, 1));
    EXPECT_EQ(sim_mem_read64(m, 0x10), 0u);
    EXPECT_FALSE(sim_mem_is_known(m, 2 * kPage + 0xf, 1));
    EXPECT_TRUE(sim_mem_is_known(m, 2 * kPage + 0x10, kPage - 0x10));
    ASSERT_EQ(sim_mem_fill64(m, kPage, kPage, 3), 0);
    ASSERT_EQ(sim_mem_forget(m, kPage + 3, 1), 0); // a hole in a filled page
    EXPECT_FALSE(sim_mem_is_known(m, kPage + 3, 1));
    EXPECT_EQ(sim_mem_read64(m, kPage), 3u);
    ASSERT_EQ(sim_mem_forget(m, 0, UINT64_MAX), 0); // far more pages than there are
    EXPECT_LT(sim_mem_backing_bytes(m), empty + kPage);
    EXPECT_EQ(sim_mem_read64(m, kPage), 0u);
}

TEST(Mem, LimitsAreHonoured)
{
    Mem m(64 * 1024);
    std::vector<uint8_t> in(64 * 1024, 1);
    uint64_t n_pages = 0;

    EXPECT_EQ(sim_mem_write(m, 0, in.data(), in.size()), SIM_ENOMEM);
    EXPECT_FALSE(sim_mem_is_known(m, 0, 1)); // nothing written
    EXPECT_EQ(sim_mem_backing_bytes(m), 0u);
    EXPECT_EQ(sim_mem_fill64(m, 0, 1ull << 62, 1), SIM_ENOMEM);
    while (n_pages < 100 && !sim_mem_write64(m, n_pages * kPage, 9))
        n_pages++;
    EXPECT_GT(n_pages, 10u);
    EXPECT_LT(n_pages, 16u);
    EXPECT_LE(sim_mem_backing_bytes(m), 64u * 1024);
    EXPECT_EQ(sim_mem_write64(m, n_pages * kPage, 9), SIM_ENOMEM);
    EXPECT_EQ(sim_mem_write64(m, 8, 9), 0);
    ASSERT_EQ(sim_mem_fill64(m, 100 * kPage, kPage, 9), 0);
    EXPECT_EQ(sim_mem_forget(m, 100 * kPage, 8), SIM_ENOMEM); // needs bytes for the rest
    EXPECT_TRUE(sim_mem_is_known(m, 100 * kPage, kPage));
    ASSERT_EQ(sim_mem_forget(m, 0, kPage), 0);
    EXPECT_EQ(sim_mem_forget(m, 100 * kPage, 8), 0);
}

// Random operations against std::map of bytes; few pages, so that they meet.
TEST(MemProperty, SameAsAMapOfBytes)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        std::mt19937_64 random(seed);
        std::map<uint64_t, uint8_t> reference;
        Mem m(8 << 20);

        for (int i = 0; i < 300; i++) {
            const uint64_t page = random() % 200 * (seed % 2 ? kPage : kPage << 30);
            uint64_t pa = page + random() % kPage;
            uint64_t n = random() % (random() % 4 ? 70 : 3 * kPage);
            const uint64_t value = random() % 2 ? 0x1111111111111111 * (random() % 3) : random();
            std::vector<uint8_t> data(n);

            switch (random() % 4) {
            case 0:
                for (uint8_t &b : data)
                    b = static_cast<uint8_t>(random());
                ASSERT_EQ(sim_mem_write(m, pa, data.data(), n), 0);
                for (uint64_t k = 0; k < n; k++)
                    reference[pa + k] = data[k];
                break;
            case 1:
                pa &= ~7ull;
                n &= ~7ull;
                ASSERT_EQ(sim_mem_fill64(m, pa, n, value), 0);
                for (uint64_t k = 0; k < n; k++)
                    reference[pa + k] = static_cast<uint8_t>(value >> k % 8 * 8);
                break;
            case 2:
                ASSERT_EQ(sim_mem_forget(m, pa, n), 0);
                reference.erase(reference.lower_bound(pa), reference.lower_bound(pa + n));
                break;
            default:
                sim_mem_read(m, pa, data.data(), n);
                bool known = true;
                for (uint64_t k = 0; k < n; k++) {
                    const auto it = reference.find(pa + k);
                    known &= it != reference.end();
                    ASSERT_EQ(data[k], it == reference.end() ? 0 : it->second) << "seed " << seed;
                }
                ASSERT_EQ(sim_mem_is_known(m, pa, n), known);
            }
        }
        ASSERT_EQ(sim_mem_forget(m, 0, UINT64_MAX), 0);
        for (const auto &[pa, byte] : reference)
            ASSERT_FALSE(sim_mem_is_known(m, pa, 1)) << int(byte);
    }
}

// ---- the port ----

struct Timed {
    Mem mem;
    sim_queue *queue = sim_queue_new();
    sim_mem_port *port;
    std::vector<uint64_t> done_ps;

    explicit Timed(const sim_mem_timing &timing, bool unknown_aborts = false)
        : port(sim_mem_port_new(mem, queue, &timing, 3, unknown_aborts))
    {
    }
    Timed(const Timed &) = delete;
    Timed &operator=(const Timed &) = delete;
    ~Timed()
    {
        sim_mem_port_free(port);
        sim_queue_free(queue);
    }
    sim_access request(uint8_t op, uint64_t pa, uint32_t n_bytes)
    {
        sim_access a{};

        a.op = op;
        a.pa = pa;
        a.n_bytes = n_bytes;
        a.status = 0xff;
        a.done.fn = [](void *ctx) {
            auto *t = static_cast<Timed *>(ctx);
            t->done_ps.push_back(sim_queue_now_ps(t->queue));
        };
        a.done.ctx = this;
        return a;
    }
};

TEST(MemPort, NothingCompletesInsideTheCall)
{
    Timed t({0, 0, 0});
    sim_access a = t.request(SIM_ACCESS_READ, 0, 8);

    sim_mem_port_access(t.port, &a);
    EXPECT_TRUE(t.done_ps.empty());
    EXPECT_EQ(a.status, 0xff);
    EXPECT_EQ(sim_queue_advance(t.queue, 0), 1u);
    EXPECT_EQ(a.status, SIM_ACCESS_OK);
    EXPECT_EQ(t.done_ps, std::vector<uint64_t>{0});
}

TEST(MemPort, DataAreThoseOfTheCompletion)
{
    Timed t({100000, 0, 0});
    sim_access read = t.request(SIM_ACCESS_READ, 0x40, 8);
    sim_access write = t.request(SIM_ACCESS_WRITE, 0x80, 8);

    memset(write.data, 0xab, 8);
    sim_mem_port_access(t.port, &read);
    sim_mem_port_access(t.port, &write);
    EXPECT_EQ(sim_queue_advance(t.queue, 99999), 0u);
    EXPECT_EQ(sim_mem_read64(t.mem, 0x80), 0u);
    ASSERT_EQ(sim_mem_write64(t.mem, 0x40, 77), 0); // a store while it is in flight
    EXPECT_EQ(sim_queue_advance(t.queue, 100000), 2u);
    EXPECT_EQ(read.data[0], 77);
    EXPECT_EQ(sim_mem_read64(t.mem, 0x80), 0xababababababababu);
}

struct TimingCase {
    const char *name;
    sim_mem_timing timing;
    std::vector<uint64_t> request_ps, done_ps;
};
void PrintTo(const TimingCase &c, std::ostream *os)
{
    *os << c.name;
}
class MemPortTiming : public testing::TestWithParam<TimingCase>
{
};
INSTANTIATE_TEST_SUITE_P(
    Cases, MemPortTiming,
    testing::Values(TimingCase{"latency", {50, 0, 0}, {0, 0, 10}, {50, 50, 60}},
                    TimingCase{"interval", {50, 20, 0}, {0, 0, 10, 100}, {50, 70, 90, 150}},
                    TimingCase{"one_slot", {50, 0, 1}, {0, 0, 10, 200}, {50, 100, 150, 250}},
                    TimingCase{"two_slots", {50, 0, 2}, {0, 0, 0, 0, 90}, {50, 50, 100, 100, 150}},
                    TimingCase{"both", {50, 30, 2}, {0, 0, 0, 0}, {50, 80, 110, 140}}),
    [](const auto &row) { return row.param.name; });

TEST_P(MemPortTiming, BothSidesOfTheEdge)
{
    const TimingCase &c = GetParam();
    Timed t(c.timing);
    std::vector<sim_access> accesses(c.request_ps.size(), t.request(SIM_ACCESS_READ, 0, 8));

    for (size_t i = 0; i < accesses.size(); i++) {
        sim_queue_advance(t.queue, c.request_ps[i]);
        sim_mem_port_access(t.port, &accesses[i]);
    }
    for (size_t i = 0; i < accesses.size(); i++) {
        if (c.done_ps[i] > sim_queue_now_ps(t.queue)) {
            sim_queue_advance(t.queue, c.done_ps[i] - 1);
            EXPECT_EQ(accesses[i].status, 0xff) << i;
            sim_queue_advance(t.queue, c.done_ps[i]);
        }
        EXPECT_EQ(accesses[i].status, SIM_ACCESS_OK) << i;
    }
    EXPECT_EQ(t.done_ps, c.done_ps);
}

TEST(MemPort, UnknownAborts)
{
    Timed t({0, 0, 0}, true);
    sim_access a = t.request(SIM_ACCESS_READ, 0x100, 16);

    ASSERT_EQ(sim_mem_write64(t.mem, 0x100, 1), 0);
    sim_mem_port_access(t.port, &a);
    sim_queue_advance(t.queue, 0);
    EXPECT_EQ(a.status, SIM_ACCESS_ABORT);
    a.n_bytes = 8;
    sim_mem_port_access(t.port, &a);
    sim_queue_advance(t.queue, 0);
    EXPECT_EQ(a.status, SIM_ACCESS_OK);
}

TEST(MemPort, WrapAroundAborts)
{
    Timed t({0, 0, 0});
    sim_access a = t.request(SIM_ACCESS_WRITE, UINT64_MAX - 6, 8);

    sim_mem_port_access(t.port, &a);
    sim_queue_advance(t.queue, 0);
    EXPECT_EQ(a.status, SIM_ACCESS_ABORT);
    EXPECT_FALSE(sim_mem_is_known(t.mem, UINT64_MAX, 1));
}

TEST(MemPort, CompareAndSwap)
{
    Timed t({0, 0, 0});
    sim_access a = t.request(SIM_ACCESS_CAS, 0x200, 8);

    ASSERT_EQ(sim_mem_write64(t.mem, 0x200, 5), 0);
    a.compare[0] = 5;
    a.data[0] = 9;
    sim_mem_port_access(t.port, &a);
    sim_queue_advance(t.queue, 0);
    EXPECT_EQ(a.data[0], 5); // the value before
    EXPECT_EQ(sim_mem_read64(t.mem, 0x200), 9u);
    a.data[0] = 11;
    sim_mem_port_access(t.port, &a); // compares with 5, finds 9
    sim_queue_advance(t.queue, 0);
    EXPECT_EQ(a.data[0], 9);
    EXPECT_EQ(sim_mem_read64(t.mem, 0x200), 9u);
}

} // namespace
