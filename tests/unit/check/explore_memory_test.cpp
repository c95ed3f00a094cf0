/* SPDX-License-Identifier: BSD-2-Clause
 * explore_memory_test.cpp - memory that runs out: each time that the explorer asks for some, once.
 * It must say so, to whoever called, and go on to nothing. The linker hands calloc and realloc of
 * all C code to the functions below (--wrap). */
#include "sim/diag.h"
#include "tests/unit/check/explore_stream.h"

#include <cstdlib>

using namespace explore_test;

namespace
{

unsigned left; /* requests that are granted before one is not; 0 = all */

bool is_refused()
{
    return left && --left == 0;
}

} // namespace

extern "C" {
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    return is_refused() ? nullptr : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_refused() ? nullptr : __real_realloc(old, size);
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? nullptr : __real_malloc(size);
}
}

namespace
{

constexpr uint64_t kL1 = kTableA + 0x1000;
constexpr uint64_t kL2 = kTableA + 0x2000;
constexpr uint64_t kL3 = kTableA + 0x3000;

/* Something of everything: a torn replace with a tag that is met elsewhere, an unmap, a table that
 * comes and goes, ATS, a PASID, stores and commands of two CPUs without order. */
void fill(Stream &s)
{
    s.meta("barriers", "recorded");
    s.entry(ste_at(kSid), s1_ste(kCdTable | 1ull << 59));
    s.store(ste_at(kSid) + 8, s1_ste(kCdTable)[1] | 1ull << 28);
    s.entry(kCdTable, cd(1, kTableA));
    s.entry(kCdTable + 64, cd(2, kTableB));
    s.store(kTableA, kL1 | 3, SIM_S_PTE);
    s.store(kL1, kL2 | 3, SIM_S_PTE);
    s.store(kL2, kL3 | 3, SIM_S_PTE);
    for (uint64_t i = 0; i < 4; i++)
        s.store(kL3 + 8 * i, (0x80000000 + i * 0x1000) | 0xf43, SIM_S_PTE);
    s.barrier();
    s.on();
    s.begin(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.end(SIM_OP_SET_PASID);
    s.of_pasid(1);
    s.ats(true);
    s.begin(SIM_OP_UNMAP, UINT32_MAX, 0, 0x4000);
    for (uint64_t i = 0; i < 4; i += 2)
        s.store(kL3 + 8 * i, 0, SIM_S_PTE);
    s.store(kL2, 0, SIM_S_PTE);
    s.barrier();
    s.command(1ull << 48 | 0x12, 0x2001);
    s.sync();
    s.free_page(kL3);
    s.end(SIM_OP_UNMAP, UINT32_MAX, 0, 0x4000);
    s.begin(SIM_OP_REPLACE);
    s.cpu = 3;
    s.store(kCdTable + 8, kTableB);
    s.store(kCdTable, cd(2, kTableB)[0]);
    s.cpu = 0;
    s.store(ste_at(kOtherSid) + 8, s1_ste(kCdTable)[1]);
    s.store(ste_at(kOtherSid), s1_ste(kCdTable)[0]);
    s.barrier();
    s.cfgi_cd();
    s.cfgi_ste(kOtherSid);
    s.sync();
    s.end(SIM_OP_REPLACE);
}

struct Free {
    void operator()(struct xpl *x) const
    {
        xpl_free(x);
    }
};

/* Return: the first error that a caller is told; @is_done: it came to the end. */
int run(const Stream &s, bool *is_done)
{
    static const chk_arch *const archs[] = {&arch_smmuv3};
    const std::unique_ptr<struct xpl, Free> xpl(xpl_new(&s.params, archs, 1, nullptr, 0));

    *is_done = false;
    if (!xpl)
        return SIM_ENOMEM;
    if (xpl_unit(xpl.get(), 0, SIM_ARCH_SMMUV3) || xpl_set(xpl.get(), 0, 0, 0x94c341b))
        return SIM_ENOMEM;
    for (const sim_record &r : s.records) {
        const int error = xpl_put(xpl.get(), &r);

        if (error)
            return error;
    }
    *is_done = true;
    return xpl_finish(xpl.get());
}

TEST(ExploreMemory, that_runs_out_is_told_to_the_caller)
{
    constexpr unsigned kMany = 100000;
    Stream s;
    unsigned n = 1;

    fill(s);
    for (; n < kMany; n++) {
        bool is_done = false;

        left = n;
        const int error = run(s, &is_done);
        const bool is_over = left > 0; /* it did not ask so often */

        left = 0;
        if (is_over) {
            EXPECT_EQ(0, error);
            break;
        }
        EXPECT_EQ(SIM_ENOMEM, error) << n;
    }
    EXPECT_LT(100u, n);
    EXPECT_GT(kMany, n);
}

} // namespace
