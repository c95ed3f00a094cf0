/* SPDX-License-Identifier: GPL-2.0
 * compat_arm64.h - names of arm64 that Arm's driver uses and the headers of other machines lack.
 * Forced into its files, after compat.h. Must not know: anything of a driver. */
#ifndef KSH_COMPAT_ARM64_H
#define KSH_COMPAT_ARM64_H
#ifndef __ASSEMBLY__
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
#include <linux/types.h>
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
