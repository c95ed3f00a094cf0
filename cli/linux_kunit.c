/* SPDX-License-Identifier: BSD-2-Clause
 * linux_kunit.c - a tree's own unit tests of its driver: each transition of a table entry becomes a
 * file of records.
 * Knows: files, counts. Must not know: what a test expects. */
#include "cli/linux_live.h"

#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX "arm_smmu_v3_"

/** struct transitions - @nth: of the same test. @code: the first failure, CLI_... */
struct transitions {
    const char *dir;
    const struct lnx *lnx;
    char test[64];
    unsigned nth, n;
    int code;
};

static void done(void *ctx, const struct lnx_transition *transition)
{
    struct transitions *all = ctx;
    const char *name = transition->test;
    char path[512];
    int code = CLI_OK;

    all->nth = strcmp(all->test, name) == 0 ? all->nth + 1 : 1;
    (void)snprintf(all->test, sizeof(all->test), "%s", name);
    if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
        name += strlen(PREFIX);
    all->n++;
    (void)printf("%-46s %u  %-3s  %2" PRIu64 " stores  %" PRIu64 " syncs  %s\n", name, all->nth,
                 transition->is_cd ? "CD" : "STE", transition->n_stores, transition->n_syncs,
                 transition->was_invalid ? "invalid for a while" : "never invalid");
    if (!all->dir)
        return;
    (void)snprintf(path, sizeof(path), "%s/%s-%u.iotr", all->dir, name, all->nth);
    code = linux_save(path, all->lnx);
    if (all->code == CLI_OK)
        all->code = code;
}

int linux_kunit(struct lnx *lnx, const char *dir)
{
    struct transitions all = {.dir = dir, .lnx = lnx, .code = CLI_OK};
    int n_failed;

    if (dir && mkdir(dir, 0777) && errno != EEXIST) {
        cli_error("%s: %s", dir, strerror(errno));
        return CLI_BAD_INPUT;
    }
    n_failed = lnx_unit_tests(lnx, done, &all);
    if (n_failed < 0) {
        cli_error("this tree has no unit tests of the driver");
        return CLI_INCONCLUSIVE;
    }
    (void)printf("%u transitions, %d suites failed\n", all.n, n_failed);
    if (all.code != CLI_OK)
        return all.code;
    return n_failed ? CLI_VERDICT : CLI_OK;
}
