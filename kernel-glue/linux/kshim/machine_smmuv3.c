// SPDX-License-Identifier: GPL-2.0
// machine_smmuv3.c - a machine with an SMMUv3, as its device tree describes it.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/of.h>

static struct device_node smmu_node;
static struct platform_device smmu;
static struct resource smmu_registers = DEFINE_RES_MEM(KSH_UNIT_PA, KSH_UNIT_BYTES);

int ksh_arch(void)
{
    return HOST_SMMUV3;
}

int ksh_boot(const struct ksh_setup *setup)
{
    static struct irq_domain *any_domain;

    ksh_is_incoherent = setup->is_incoherent;
    ksh_mem_init();
    ksh_initcalls(KSH_INITCALLS_EARLY);
    ksh_initcalls(KSH_INITCALLS_LATE);
    if (!ksh_driver)
        host_die("no driver has registered itself");
    of_node_init(&smmu_node);
    smmu_node.full_name = "smmu";
    smmu.name = "smmu";
    smmu.dev.init_name = "arm-smmu-v3.0";
    smmu.dev.bus = (void *)&platform_bus_type;
    smmu.dev.of_node = &smmu_node;
    smmu.dev.driver = &ksh_driver->driver;
    smmu.dev.coherent_dma_mask = ~0ULL;
    smmu.dev.dma_mask = &smmu.dev.coherent_dma_mask;
    smmu.resource = &smmu_registers;
    smmu.num_resources = 1;
#ifdef CONFIG_GENERIC_MSI_IRQ
    if (setup->has_msi) {
        any_domain = host_malloc(256); /* nobody looks inside */
        smmu.dev.msi.domain = any_domain;
    }
#endif
    ksh_dev_known(&smmu.dev);
    return ksh_driver->probe(&smmu);
}

void ksh_halt(void)
{
    ksh_devres_release();
    ksh_rcu_drain();
}

/* Its firmware says which SMMU a device is behind, and its StreamID. */
int ksh_machine_device(struct device *dev, const struct ksh_device_info *info)
{
    u32 sid = info->sid;
    int err;

#if AT_LEAST(6, 11)
    err = iommu_fwspec_init(dev, of_fwnode_handle(&smmu_node));
#else
    err = iommu_fwspec_init(dev, of_fwnode_handle(&smmu_node),
                            iommu_ops_from_fwnode(of_fwnode_handle(&smmu_node)));
#endif
    if (!err)
        err = iommu_fwspec_add_ids(dev, &sid, 1);
    if (!err && info->flags & KSH_ATS)
        dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
    return err;
}

unsigned long ksh_trap(unsigned long at)
{
    return 0; /* warnings are calls */
}
