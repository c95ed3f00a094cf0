// SPDX-License-Identifier: BSD-2-Clause
// mem_journal_test.cpp - memory after a rollback is what it was, against a plain copy.
// Knows: mem.h. Must not know: pages' layout.
#include "sim/diag.h"
#include "sim/mem.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

namespace
{

constexpr uint64_t kPage = 4096;

struct Mem {
    explicit Mem(uint64_t max_bytes = 8 << 20) : mem(sim_mem_new(max_bytes))
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

TEST(MemJournal, ReadersSeeWhatIsNewUntilTheRollback)
{
    Mem m;

    ASSERT_EQ(sim_mem_write64(m, 0x1000, 1), 0);
    sim_mem_journal_begin(m);
    ASSERT_EQ(sim_mem_write64(m, 0x1000, 2), 0);
    ASSERT_EQ(sim_mem_write64(m, 0x1008, 3), 0);
    EXPECT_EQ(sim_mem_read64(m, 0x1000), 2u);
    EXPECT_TRUE(sim_mem_is_known(m, 0x1008, 8));
    sim_mem_journal_rollback(m);
    EXPECT_EQ(sim_mem_read64(m, 0x1000), 1u);
    EXPECT_EQ(sim_mem_read64(m, 0x1008), 0u);
    EXPECT_FALSE(sim_mem_is_known(m, 0x1008, 1));
}

TEST(MemJournal, ANewPageIsGoneAfterTheRollback)
{
    Mem m;

    sim_mem_journal_begin(m);
    ASSERT_EQ(sim_mem_write64(m, 0x5000, 5), 0);
    ASSERT_EQ(sim_mem_fill64(m, 0x6000, kPage, 6), 0);
    sim_mem_journal_rollback(m);
    EXPECT_FALSE(sim_mem_is_known(m, 0x5000, 1));
    EXPECT_FALSE(sim_mem_is_known(m, 0x6000, 1));
    EXPECT_EQ(sim_mem_read64(m, 0x5000), 0u);
}

TEST(MemJournal, ForgottenAndFilledPagesComeBack)
{
    Mem m;
    uint64_t backing;

    ASSERT_EQ(sim_mem_write64(m, 0x1010, 7), 0);
    ASSERT_EQ(sim_mem_fill64(m, 0x2000, kPage, 8), 0);
    backing = sim_mem_backing_bytes(m);
    sim_mem_journal_begin(m);
    ASSERT_EQ(sim_mem_forget(m, 0, UINT64_MAX), 0);
    EXPECT_FALSE(sim_mem_is_known(m, 0x1010, 8));
    sim_mem_journal_rollback(m);
    EXPECT_EQ(sim_mem_read64(m, 0x1010), 7u);
    EXPECT_FALSE(sim_mem_is_known(m, 0x1018, 1));
    EXPECT_TRUE(sim_mem_is_known(m, 0x2000, kPage));
    ASSERT_EQ(sim_mem_fill64(m, 0x1000, 2 * kPage, 9), 0);
    ASSERT_EQ(sim_mem_write64(m, 0x2000, 10), 0);
    sim_mem_journal_rollback(m);
    EXPECT_EQ(sim_mem_read64(m, 0x1010), 7u);
    EXPECT_EQ(sim_mem_read64(m, 0x2000), 8u);
    EXPECT_EQ(sim_mem_backing_bytes(m), backing);
}

TEST(MemJournal, TheEndKeepsWhatIsThere)
{
    Mem m;

    ASSERT_EQ(sim_mem_write64(m, 0x1000, 1), 0);
    sim_mem_journal_begin(m);
    ASSERT_EQ(sim_mem_write64(m, 0x1000, 2), 0);
    sim_mem_journal_end(m);
    EXPECT_EQ(sim_mem_read64(m, 0x1000), 2u);
    sim_mem_journal_begin(m); // a new one starts from there
    ASSERT_EQ(sim_mem_write64(m, 0x1000, 3), 0);
    sim_mem_journal_rollback(m);
    EXPECT_EQ(sim_mem_read64(m, 0x1000), 2u);
}

TEST(MemJournal, CopiesAreNotCountedAgainstTheLimit)
{
    Mem m(64 * 1024);
    uint64_t n_pages = 0;

    while (!sim_mem_write64(m, n_pages * kPage, n_pages))
        n_pages++;
    sim_mem_journal_begin(m);
    for (uint64_t i = 0; i < n_pages; i++)
        EXPECT_EQ(sim_mem_write64(m, i * kPage, 99), 0) << i;
    EXPECT_EQ(sim_mem_write64(m, n_pages * kPage, 99), SIM_ENOMEM);
    sim_mem_journal_rollback(m);
    for (uint64_t i = 0; i < n_pages; i++)
        EXPECT_EQ(sim_mem_read64(m, i * kPage), i);
}

TEST(MemJournal, AForgottenLimitIsFreeAgainAfterTheRollback)
{
    Mem m(64 * 1024);
    uint64_t n_pages = 0;

    sim_mem_journal_begin(m);
    for (int i = 0; i < 3; i++) {
        for (n_pages = 0; !sim_mem_write64(m, n_pages * kPage, 1);)
            n_pages++;
        EXPECT_GT(n_pages, 10u);
        sim_mem_journal_rollback(m);
        EXPECT_FALSE(sim_mem_is_known(m, 0, 1));
    }
}

TEST(MemJournal, ManyPagesComeBackAndShortTriesFollow)
{
    constexpr uint64_t kPages = 700;
    Mem m;

    for (uint64_t i = 0; i < kPages; i += 2)
        ASSERT_EQ(sim_mem_write64(m, i * kPage, i), 0);
    sim_mem_journal_begin(m);
    for (uint64_t n : {kPages, uint64_t{3}, kPages, uint64_t{50}}) {
        for (uint64_t i = 0; i < n; i++)
            ASSERT_EQ(sim_mem_write64(m, i * kPage, i + 1000), 0);
        sim_mem_journal_rollback(m);
        for (uint64_t i = 0; i < kPages; i++) {
            ASSERT_EQ(sim_mem_read64(m, i * kPage), i % 2 ? 0 : i);
            ASSERT_EQ(sim_mem_is_known(m, i * kPage, 8), i % 2 == 0);
        }
    }
}

// ---- the property ----

// Three windows of a few pages, far apart; -1 = unknown.
constexpr uint64_t kBases[] = {0, 1ull << 42, 0x7ffffull << 44};
constexpr uint64_t kWindow = 13 * kPage;

struct Bytes {
    std::vector<int16_t> of = std::vector<int16_t>(3 * kWindow, -1);

    void set(uint64_t window, uint64_t at, int value)
    {
        of[window * kWindow + at] = static_cast<int16_t>(value);
    }
};

void change(sim_mem *mem, std::mt19937_64 &random, Bytes &bytes)
{
    const uint64_t window = random() % 3;
    uint64_t at = random() % (9 * kPage);
    uint64_t n = random() % 3 ? random() % 70 : random() % (3 * kPage);
    const uint64_t value = random() % 2 ? 0x2222222222222222 : random();
    std::vector<uint8_t> data(n);

    switch (random() % 4) {
    case 0:
        for (uint8_t &b : data)
            b = static_cast<uint8_t>(random());
        ASSERT_EQ(sim_mem_write(mem, kBases[window] + at, data.data(), n), 0);
        for (uint64_t k = 0; k < n; k++)
            bytes.set(window, at + k, data[k]);
        break;
    case 1:
        at &= random() % 2 ? ~7ull : ~(kPage - 1);
        n &= ~7ull;
        ASSERT_EQ(sim_mem_fill64(mem, kBases[window] + at, n, value), 0);
        for (uint64_t k = 0; k < n; k++)
            bytes.set(window, at + k, value >> k % 8 * 8 & 0xff);
        break;
    case 2:
        if (random() % 8 == 0)
            n = kPage << (random() % 25); // far beyond the window
        ASSERT_EQ(sim_mem_forget(mem, kBases[window] + at, n), 0);
        for (uint64_t k = at; k < std::min(at + n, kWindow); k++)
            bytes.set(window, k, -1);
        break;
    default:
        at &= ~7ull;
        ASSERT_EQ(sim_mem_write64(mem, kBases[window] + at, value), 0);
        for (uint64_t k = 0; k < 8; k++)
            bytes.set(window, at + k, value >> k * 8 & 0xff);
    }
}

void compare(const sim_mem *mem, const Bytes &bytes)
{
    std::vector<uint8_t> data(kWindow);

    for (uint64_t window = 0; window < 3; window++) {
        sim_mem_read(mem, kBases[window], data.data(), kWindow);
        for (uint64_t k = 0; k < kWindow; k++) {
            const int16_t expected = bytes.of[window * kWindow + k];

            if (data[k] != (expected < 0 ? 0 : expected) ||
                sim_mem_is_known(mem, kBases[window] + k, 1) != (expected >= 0))
                FAIL() << std::hex << kBases[window] + k;
        }
    }
}

TEST(MemJournalProperty, ManyTriesLeaveNoTrace)
{
    const uint64_t n_seeds = std::getenv("IOMMUSIM_TEST_LONG") ? 500 : 10;

    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        std::mt19937_64 random(seed);
        Bytes base;
        Mem m;

        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 60; i++)
                ASSERT_NO_FATAL_FAILURE(change(m, random, base));
            sim_mem_journal_begin(m);
            for (int attempt = 0; attempt < 4; attempt++) {
                Bytes tried = base;

                for (uint64_t i = 0, n = random() % 80; i < n; i++)
                    ASSERT_NO_FATAL_FAILURE(change(m, random, tried));
                ASSERT_NO_FATAL_FAILURE(compare(m, tried)) << "try, seed " << seed;
                if (attempt == 3 && round == 1) {
                    base = tried;
                    break;
                }
                sim_mem_journal_rollback(m);
                ASSERT_NO_FATAL_FAILURE(compare(m, base)) << "rolled back, seed " << seed;
            }
            sim_mem_journal_end(m);
        }
        ASSERT_NO_FATAL_FAILURE(compare(m, base));
        sim_mem_journal_begin(m); // freed while open
        ASSERT_NO_FATAL_FAILURE(change(m, random, base));
    }
}

} // namespace
