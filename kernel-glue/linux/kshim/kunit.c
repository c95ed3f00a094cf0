// SPDX-License-Identifier: GPL-2.0
// kunit.c - runs the suites that are linked in, and lets each entry that they have the driver write
// be written in memory that the host watches. The build has the suite call ksh_kunit_write_entry()
// for arm_smmu_write_entry(); the suite and the driver are as they are in the tree.
#include "kernel-glue/linux/kshim/ksh.h"

#include <kunit/test.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>

#include <arm-smmu-v3.h> /* drivers/iommu/arm/arm-smmu-v3 */

#include "kernel-glue/linux/boundary_user.h"

extern struct kunit_suite *lnx_kunit[], *lnx_kunit_end[];

int ksh_kunit_run(void)
{
    int n_failed = 0;

    if (&lnx_kunit[0] == &lnx_kunit_end[0])
        return -ENODEV;
    ksh_mem_init();
    ksh_initcalls(KSH_INITCALLS_EARLY);
    ksh_initcalls(KSH_INITCALLS_LATE);
    for (struct kunit_suite **suite = lnx_kunit; suite < lnx_kunit_end; suite++) {
        kunit_run_tests(*suite);
        n_failed += kunit_suite_has_succeeded(*suite) == KUNIT_FAILURE;
    }
    return n_failed;
}

#if AT_LEAST(6, 9)
#define N_ENTRY_BYTES 64

/* The suite's own entry, on its stack, is @cur; the driver writes @seen. */
struct watched {
    struct arm_smmu_entry_writer_ops ops;
    const struct arm_smmu_entry_writer_ops *real;
    __le64 *cur, *seen;
};
static struct watched watched;

static void watched_sync(struct arm_smmu_entry_writer *writer)
{
    host_kunit_sync();
    memcpy(watched.cur, watched.seen, N_ENTRY_BYTES);
    writer->ops = watched.real;
    writer->ops->sync(writer);
    writer->ops = &watched.ops;
}

void ksh_kunit_write_entry(struct arm_smmu_entry_writer *writer, __le64 *cur, const __le64 *target);
void ksh_kunit_write_entry(struct arm_smmu_entry_writer *writer, __le64 *cur, const __le64 *target)
{
    struct host_kunit kunit = {.test = current->kunit_test ? current->kunit_test->name : "?",
                               .is_cd = writer->ops->get_used == arm_smmu_get_cd_used};

    watched.real = writer->ops;
    watched.ops = *writer->ops;
    watched.ops.sync = watched_sync;
    watched.cur = cur;
    memcpy(kunit.initial, cur, N_ENTRY_BYTES);
    watched.seen = (__le64 *)host_kunit_begin(&kunit);
    writer->ops = &watched.ops;
    arm_smmu_write_entry(writer, watched.seen, target);
    writer->ops = watched.real;
    host_sync();
    memcpy(cur, watched.seen, N_ENTRY_BYTES);
    host_kunit_end();
}
#endif
