/* SPDX-License-Identifier: GPL-2.0
 * compat_sva.h - forced into the iommu core's file for shared virtual addresses on x86, and only
 * there: stable trees of 2026 refuse every bind on x86, because a kernel does not tell an IOMMU of
 * changes of its own tables. A process here has no kernel in its tables, and the driver has all
 * that it takes. Must not know: anything of a driver. */
#ifndef KSH_COMPAT_SVA_H
#define KSH_COMPAT_SVA_H
#ifndef __ASSEMBLY__
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#undef CONFIG_X86
#endif
#endif
