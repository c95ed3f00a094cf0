/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_memory_test.cpp - memory runs out once, at every place at which it can: whoever reads says
 * so. Linked with --wrap=calloc,--wrap=malloc,--wrap=realloc. */
#include "tests/unit/cli/sweep_fixture.h"

#include "cli/sweep_merge.h"

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

/* @call, once for each request that it makes, which then fails. Return: how many there were. */
template <typename Call> unsigned each_fails(Call call)
{
    for (unsigned i = 0; i < 100000; i++) {
        failing = {i, true, false};
        const int err = call();
        failing.is_watched = false;

        if (!failing.has_failed) {
            EXPECT_EQ(err, 0);
            return i;
        }
        EXPECT_TRUE(err == SIM_ENOMEM || err == SIM_EIO) << "request " << i << ": " << err;
    }
    return 0;
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

const char grid[] =
    "command: run\naxes: {a: [1, 2, 3], set: {b.c: [1, 2]}}\nskip: [{a: 1, b.c: 2}]\n"
    "columns: [x.*, l.*]\n";

TEST(SweepMemory, AGridThatDoesNotFitIsToldSo)
{
    const Folder folder;
    const std::string path = folder.write("g.yaml", grid);
    const unsigned n = each_fails([&path] {
        struct sweep_plan plan;
        struct sim_diag diag;
        int err;

        sim_diag_init(&diag, "grid");
        err = sweep_plan_init(&plan, &diag);
        if (!err)
            err = sweep_grid_read(&plan, path.c_str(), &diag);
        sweep_plan_free(&plan);
        EXPECT_EQ(err, diag.error);
        EXPECT_NE(err, SIM_EIO);
        return err;
    });

    EXPECT_GT(n, 30U);
}

TEST(SweepMemory, APlanThatDoesNotFitIsToldSo)
{
    const Folder folder;
    const std::string path = folder.path + "/plan.jsonl";
    Plan made(folder.write("g.yaml", grid));

    ASSERT_EQ(sweep_plan_write(&made.plan, path.c_str(), &made.diag), 0);
    const unsigned n = each_fails([&path] {
        struct sweep_plan plan;
        struct sim_diag diag;
        int err;

        sim_diag_init(&diag, "plan");
        err = sweep_plan_read(&plan, path.c_str(), &diag);
        sweep_plan_free(&plan);
        EXPECT_EQ(err, diag.error);
        EXPECT_NE(err, SIM_EIO);
        return err;
    });

    EXPECT_GT(n, 20U);
}

TEST(SweepMemory, TablesAppearWholeOrNotAtAll)
{
    const Folder folder;
    Plan made(folder.write("g.yaml", grid));
    json_t *json = json_pack("{s:{s:i, s:s}, s:[i, i]}", "x", "y", 1, "Y", "text", "l", 2, 3);
    const struct sweep_result result = {0, "", "", json};

    ASSERT_EQ(sweep_result_folders(folder.path.c_str(), &made.diag), 0);
    ASSERT_EQ(sweep_result_write(folder.path.c_str(), made.plan.program, &made.plan.points[0],
                                 &result, &made.diag),
              0);
    json_decref(json);
    const unsigned n = each_fails([&] {
        struct sim_diag diag;
        size_t n_points[3];
        int err;

        (void)std::filesystem::remove(folder.path + "/sweep.csv");
        sim_diag_init(&diag, "merge");
        err = sweep_merge(&made.plan, folder.path.c_str(), n_points, &diag);
        EXPECT_EQ(std::filesystem::exists(folder.path + "/sweep.csv"), err == 0);
        /* A result that does not fit into memory must not be taken for one that is not there. */
        EXPECT_TRUE(err || n_points[SWEEP_DONE] == 1);
        return err;
    });

    EXPECT_GT(n, 20U);
}

} // namespace
