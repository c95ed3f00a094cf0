/* SPDX-License-Identifier: GPL-2.0
 * compat.h - forced into the driver's own files, and only those: names of arm64 that they use and
 * the headers of other machines lack, registers through calls, barriers as calls, interrupts
 * without privileged instructions. Knows: what the driver may ask of its machine. Must not know:
 * anything of a driver. */
#ifndef KSH_COMPAT_H
#define KSH_COMPAT_H
#ifndef __ASSEMBLY__
#include <asm/barrier.h>
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
#undef cpu_relax
void shim_cpu_relax(void);
#define cpu_relax() shim_cpu_relax()
/* ---- arm64 ---- */
#define VA_BITS 48
#define vabits_actual 48UL
#define ARM64_HAS_VIRT_HOST_EXTN 1
#define ARM64_HAS_E0PD 2
static inline bool cpus_have_cap(unsigned int n)
{
    return false;
}
static inline bool cpus_have_final_cap(unsigned int n)
{
    return false;
}
void shim_wfe(void);
#define wfe() shim_wfe()
#define __iomb() shim_mb()
#define SYS_ID_AA64MMFR0_EL1 0
#define ID_AA64MMFR0_EL1_PARANGE_SHIFT 0
#define ID_AA64MMFR0_EL1_ASIDBITS_SHIFT 4
static inline u64 read_sanitised_ftr_reg(u32 id)
{
    return 5 /* 48-bit PA */ | 2 << 4 /* 16-bit ASID */;
}
static inline unsigned int cpuid_feature_extract_unsigned_field(u64 f, int s)
{
    return (f >> s) & 0xf;
}
static inline u32 id_aa64mmfr0_parange_to_phys_shift(int p)
{
    return 48;
}
static inline bool arm64_kernel_unmapped_at_el0(void)
{
    return false;
}
#define mair_el1 0
#define read_sysreg(r) 0x00bbff440c0400ULL
static inline bool system_supports_haft(void)
{
    return false;
}
static inline bool system_supports_poe(void)
{
    return false;
}
static inline bool system_supports_gcs(void)
{
    return false;
}
static inline bool system_supports_bbml3(void)
{
    return false;
}
static inline bool system_supports_bbml2_noabort(void)
{
    return false;
}
static inline unsigned long arm64_mm_context_get(struct mm_struct *mm)
{
    return 1;
}
static inline void arm64_mm_context_put(struct mm_struct *mm)
{
}
#endif
#endif
