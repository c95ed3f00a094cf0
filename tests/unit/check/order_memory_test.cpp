/* SPDX-License-Identifier: BSD-2-Clause
 * order_memory_test.cpp - memory runs out once, at every place at which it can: the rules say so,
 * and take the rest of the stream. Linked with --wrap=calloc,--wrap=malloc,--wrap=realloc. */
#include "check/chk_order.h"
#include "sim/diag.h"
#include "sim/text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace
{

/* Which request from now on fails; those outside of a watched call do not count. */
struct Failing {
    unsigned left = 0;
    bool is_watched = false, has_failed = false;
};

Failing failing;

bool fails()
{
    if (!failing.is_watched || failing.has_failed)
        return false;
    failing.has_failed = failing.left == 0;
    failing.left -= failing.left > 0;
    return failing.has_failed;
}

template <typename Call> auto watched(Call call)
{
    failing.is_watched = true;
    auto result = call();
    failing.is_watched = false;
    return result;
}

} // namespace

extern "C" {
void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *old, size_t n_bytes);

void *__wrap_malloc(size_t n_bytes)
{
    return fails() ? nullptr : __real_malloc(n_bytes);
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return fails() ? nullptr : __real_calloc(n, n_bytes);
}

void *__wrap_realloc(void *old, size_t n_bytes)
{
    return fails() ? nullptr : __real_realloc(old, n_bytes);
}
}

namespace
{

/* Return: of chk_order_finish; SIM_ENOMEM if there was nothing to begin with. */
int run(const std::string &stream)
{
    FILE *file = fmemopen(const_cast<char *>(stream.data()), stream.size(), "r");
    chk_order *order = watched(chk_order_new);
    sim_text_kind kind;
    sim_diag diag;
    sim_stmt stmt;
    sim_record rec;
    int error = SIM_ENOMEM;

    sim_diag_init(&diag, "example");
    sim_text *text = sim_text_open(file, &diag);
    EXPECT_EQ(0, sim_text_header(text, &kind));
    while (order && sim_text_next(text, &stmt) == 1) {
        EXPECT_EQ(0, sim_text_record(text, &stmt, &rec)) << stmt.line;
        error = watched([&] { return chk_order_put(order, &rec); });
        EXPECT_EQ(failing.has_failed ? SIM_ENOMEM : 0, error) << stmt.line;
    }
    if (order)
        error = watched([&] { return chk_order_finish(order); });
    chk_order_free(order);
    sim_text_close(text);
    fclose(file);
    return error;
}

void fail_everywhere(const std::string &stream)
{
    for (unsigned n = 0;; n++) {
        failing = {};
        failing.left = n;
        const int error = run(stream);

        if (!failing.has_failed) {
            EXPECT_EQ(0, error);
            EXPECT_LE(5u, n);
            return;
        }
        EXPECT_EQ(SIM_ENOMEM, error) << "request " << n;
    }
}

class Memory : public testing::TestWithParam<unsigned>
{
};

TEST_P(Memory, RunsOut)
{
    const chk_rule &rule = chk_rules[GetParam()];

    fail_everywhere(std::string(chk_rule_start_text(rule.start)) + rule.bad);
    fail_everywhere(std::string(chk_rule_start_text(rule.start)) + rule.good);
}

INSTANTIATE_TEST_SUITE_P(Examples, Memory, testing::Range(0u, static_cast<unsigned>(CHK_N_RULES)));

TEST(MemoryOf, NothingIsFreed)
{
    chk_order_free(nullptr);
}

} // namespace
