/* SPDX-License-Identifier: GPL-2.0
 * compat.h - forced into a driver's own files, and only those: registers through calls, barriers as
 * calls, interrupts without privileged instructions. Knows: what a driver may ask of its machine.
 * Must not know: anything of a driver. */
#ifndef KSH_COMPAT_H
#define KSH_COMPAT_H
#ifndef __ASSEMBLY__
#include <asm/barrier.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
#include <linux/types.h>
/* ---- registers ---- */
u32 shim_readl(const volatile void __iomem *a);
u64 shim_readq(const volatile void __iomem *a);
void shim_writel(u32 v, volatile void __iomem *a);
void shim_writeq(u64 v, volatile void __iomem *a);
#undef readl
#undef readq
#undef writel
#undef writeq
#undef readl_relaxed
#undef readq_relaxed
#undef writel_relaxed
#undef writeq_relaxed
#define readl(a) shim_readl(a)
#define readq(a) shim_readq(a)
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML) /* stores are in order there, registers last */
#define writel(v, a) shim_writel(v, a)
#define writeq(v, a) shim_writeq(v, a)
#else
#define writel(v, a)                                                                               \
    ({                                                                                             \
        shim_wmb();                                                                                \
        shim_writel(v, a);                                                                         \
    })
#define writeq(v, a)                                                                               \
    ({                                                                                             \
        shim_wmb();                                                                                \
        shim_writeq(v, a);                                                                         \
    })
#endif
#define readl_relaxed(a) shim_readl(a)
#define readq_relaxed(a) shim_readq(a)
#define writel_relaxed(v, a) shim_writel(v, a)
#define writeq_relaxed(v, a) shim_writeq(v, a)
/* ---- interrupts of this CPU ---- */
int um_set_signals(int on);
#undef local_irq_save
#undef local_irq_restore
#undef local_irq_disable
#undef local_irq_enable
#define local_irq_save(f)                                                                          \
    do {                                                                                           \
        (f) = um_set_signals(0);                                                                   \
    } while (0)
#define local_irq_restore(f) ((void)um_set_signals(f))
#define local_irq_disable() ((void)um_set_signals(0))
#define local_irq_enable() ((void)um_set_signals(1))
/* ---- barriers ---- */
void shim_wmb(void);
void shim_rmb(void);
void shim_mb(void);
#undef dma_wmb
#undef dma_rmb
#undef wmb
#undef rmb
#undef mb
#define dma_wmb() shim_wmb()
#define dma_rmb() shim_rmb()
#define wmb() shim_wmb()
#define rmb() shim_rmb()
#define mb() shim_mb()
/* ---- caches, on a machine whose headers say that DMA never misses them ---- */
void shim_dma_sync(dma_addr_t h, size_t size);
#define dma_sync_single_for_device(dev, h, size, dir) shim_dma_sync(h, size)
#undef cpu_relax
void shim_cpu_relax(void);
#define cpu_relax() shim_cpu_relax()
#endif
#endif
