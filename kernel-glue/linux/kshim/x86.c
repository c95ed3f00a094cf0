// SPDX-License-Identifier: GPL-2.0
// x86.c - what Intel's driver and the iommu core ask of an x86 kernel, beside all that other
// kernels have too.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/bug.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>

#include <asm/e820/api.h>
#include <asm/processor.h>

/* ---- registers: where they are is where the unit is ---- */

K(void __iomem *, ioremap, (resource_size_t pa, unsigned long n))
{
    return (void __iomem *)(KSH_MMIO_BIAS + (pa - KSH_UNIT_PA));
}
K(void __iomem *, early_ioremap, (resource_size_t pa, unsigned long n))
{
    return shim_ioremap(pa, n);
}
K(void, iounmap, (volatile void __iomem *a))
{
}
K(void, early_iounmap, (void __iomem *a, unsigned long n))
{
}
KDATA(struct resource, iomem_resource);
K(struct resource *, __request_region,
  (struct resource * p, resource_size_t first, resource_size_t n, const char *name, int flags))
{
    return host_malloc(sizeof(struct resource));
}
K(void, __release_region, (struct resource * p, resource_size_t first, resource_size_t n))
{
}
K(int, e820__get_entry_type, (u64 first, u64 last))
{
    return E820_TYPE_RESERVED;
}

/* ---- caches that the unit does not snoop ---- */

K(void, clflush_cache_range, (void *first, unsigned int n_bytes))
{
    host_flush(first, n_bytes);
}

/* ---- WARN and BUG ---- */

extern struct bug_entry lnx_bugs[], lnx_bugs_end[];

#ifdef CONFIG_DEBUG_BUGVERBOSE
static const char *file_of(const struct bug_entry *bug)
{
    return (const char *)&bug->file_disp + bug->file_disp;
}
#define LINE_OF(bug) (bug)->line
#else
static const char *file_of(const struct bug_entry *bug)
{
    return "?";
}
#define LINE_OF(bug) 0
#endif

unsigned long ksh_trap(unsigned long at)
{
    const struct bug_entry *bug = lnx_bugs;

    while (bug < lnx_bugs_end && (unsigned long)&bug->bug_addr_disp + bug->bug_addr_disp != at)
        bug++;
    if (bug == lnx_bugs_end)
        return 0;
    if (!(bug->flags & BUGFLAG_WARNING))
        host_die("BUG at %s:%u", file_of(bug), LINE_OF(bug));
    host_warn(file_of(bug), LINE_OF(bug));
    return LEN_UD2;
}
#if AT_LEAST(6, 19) /* one with words is a call there */
K(void, __SCT__WARN_trap, (const struct bug_entry *bug, ...))
{
    host_warn(file_of(bug), LINE_OF(bug));
}
KDATA(long, __SCK__WARN_trap, [4]);
#endif

/* ---- the machine ---- */

KDATA(struct cpuinfo_x86, boot_cpu_data);
KDATA(int, no_iommu);
KDATA(int, iommu_detected);
KDATA(unsigned int, tsc_khz) = 1000;
KDATA(int, system_state) = SYSTEM_RUNNING;
KDATA(bool, iommu_dma_forcedac);
KDATA(bool, x86_swiotlb_enable);

K(bool, is_module_address, (unsigned long at))
{
    return false;
}
K(void, dump_stack, (void))
{
}

/* ---- PCI ---- */

K(void, pci_request_acs, (void))
{
}
K(struct pci_dev *, pci_real_dma_dev, (struct pci_dev * d))
{
    return d;
}
K(int, pci_ats_queue_depth, (struct pci_dev * d))
{
    return 0; /* as deep as the architecture permits */
}
K(int, pci_ats_page_aligned, (struct pci_dev * d))
{
    return 1;
}
K(bool, pci_device_is_present, (struct pci_dev * d))
{
    return true;
}
K(int, pci_read_config_word, (const struct pci_dev *d, int where, u16 *value))
{
    *value = 0;
    return 0;
}
K(int, pci_read_config_dword, (const struct pci_dev *d, int where, u32 *value))
{
    *value = 0;
    return 0;
}
K(int, pci_bus_read_config_dword, (struct pci_bus * b, unsigned int devfn, int where, u32 *value))
{
    *value = 0;
    return 0;
}
K(int, bus_unregister_notifier, (const struct bus_type *b, struct notifier_block *n))
{
    return 0;
}
K(int, pci_reset_pri, (struct pci_dev * d))
{
    return 0;
}
K(int, pci_enable_pri, (struct pci_dev * d, u32 n))
{
    d->pri_enabled = 1;
    host_ats(ksh_dev_number(&d->dev), d->ats_enabled, d->ats_stu - PAGE_SHIFT, 1);
    return 0;
}
K(void, pci_disable_pri, (struct pci_dev * d))
{
    d->pri_enabled = 0;
    host_ats(ksh_dev_number(&d->dev), d->ats_enabled, d->ats_stu - PAGE_SHIFT, 0);
}
K(void, iommu_put_msi_cookie, (struct iommu_domain * d))
{
}
K(int, pci_prg_resp_pasid_required, (struct pci_dev * d))
{
    return 1;
}
