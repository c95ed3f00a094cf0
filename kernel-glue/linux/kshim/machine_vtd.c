// SPDX-License-Identifier: GPL-2.0
// machine_vtd.c - a machine with one VT-d unit for all its devices, as its ACPI tables describe it;
// and how an x86 kernel starts with one.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/acpi.h>
#include <linux/dmar.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/msi.h>
#include <linux/pci.h>

#include <asm/iommu.h>
#include <asm/x86_init.h>

#include "kernel-glue/linux/boundary_user.h"

int ksh_arch(void)
{
    return HOST_VTD;
}

/* ---- firmware: a DMAR table with one unit, behind which is everything ---- */

#define HOST_ADDRESS_BITS 52

static struct {
    struct acpi_table_dmar table;
    struct acpi_dmar_hardware_unit unit;
} __packed dmar = {
    .table = {.header = {.signature = "DMAR", .length = sizeof(dmar), .revision = 1},
              .width = HOST_ADDRESS_BITS - 1,
              .flags = 1},
    .unit = {.header = {.type = ACPI_DMAR_TYPE_HARDWARE_UNIT,
                        .length = sizeof(struct acpi_dmar_hardware_unit)},
             .flags = 1,
             .address = KSH_UNIT_PA},
};

K(acpi_status, acpi_get_table, (char *signature, u32 i, struct acpi_table_header **table))
{
    if (strncmp(signature, "DMAR", 4))
        return AE_NOT_FOUND;
    *table = &dmar.table.header;
    return AE_OK;
}
K(void, acpi_put_table, (struct acpi_table_header * table))
{
}
K(acpi_status, acpi_walk_namespace,
  (acpi_object_type t, acpi_handle h, u32 depth, acpi_walk_callback down, acpi_walk_callback up,
   void *context, void **value))
{
    return AE_OK;
}
K(acpi_status, acpi_get_handle, (acpi_handle p, const char *name, acpi_handle *h))
{
    return AE_NOT_FOUND;
}
K(bool, is_acpi_device_node, (const struct fwnode_handle *f))
{
    return false;
}

/* ---- interrupts of the unit itself: messages, which its driver writes into registers ---- */

#define IRQ_FAULT 40
#define IRQ_PAGE_REQUEST 41
#define IRQ_ID_PAGE_REQUESTS 0x80 /* from here on the driver numbers those */
#define MSI_ADDRESS 0xfee00000u

static struct irq_common_data irq_common[2];
static struct irq_data irqs[2] = {{.irq = IRQ_FAULT, .common = &irq_common[0]},
                                  {.irq = IRQ_PAGE_REQUEST, .common = &irq_common[1]}};

K(int, dmar_alloc_hwirq, (int id, int node, void *iommu))
{
    const int i = id >= IRQ_ID_PAGE_REQUESTS;

    irq_common[i].handler_data = iommu;
    return irqs[i].irq;
}
K(void, dmar_free_hwirq, (int irq))
{
}
K(struct irq_data *, irq_get_irq_data, (unsigned int irq))
{
    return &irqs[irq - IRQ_FAULT];
}

struct handler {
    irq_handler_t hard, thread;
    void *arg;
    int irq;
};

static int run_hard(void *p)
{
    struct handler *handler = p;

    return !handler->hard || handler->hard(handler->irq, handler->arg) == IRQ_WAKE_THREAD;
}

static void run_thread(void *p)
{
    struct handler *handler = p;

    if (handler->thread)
        handler->thread(handler->irq, handler->arg);
}

/* The message is set and unmasked with the first handler, as the interrupt core would do it. */
K(int, request_threaded_irq,
  (unsigned int irq, irq_handler_t hard, irq_handler_t thread, unsigned long flags,
   const char *name, void *arg))
{
    struct handler *handler = host_malloc(sizeof(*handler));
    struct msi_msg msg = {.address_lo = MSI_ADDRESS, .data = irq};

    *handler = (struct handler){hard, thread, arg, irq};
    host_irq_request(irq, run_hard, run_thread, handler);
    dmar_msi_write(irq, &msg);
    dmar_msi_unmask(&irqs[irq - IRQ_FAULT]);
    return 0;
}
K(const void *, free_irq, (unsigned int irq, void *arg))
{
    return NULL;
}

/* ---- starting ---- */

KDATA(struct x86_init_ops, x86_init);
KDATA(struct x86_platform_ops, x86_platform);

int ksh_boot(const struct ksh_setup *setup)
{
    int err;

    ksh_mem_init();
    detect_intel_iommu();
    if (!shim_x86_init.iommu.iommu_init)
        return -ENODEV;
    ksh_initcalls(KSH_INITCALLS_EARLY);
    err = shim_x86_init.iommu.iommu_init();
    if (!err)
        ksh_initcalls(KSH_INITCALLS_LATE);
    return err;
}

void ksh_halt(void)
{
    ksh_rcu_drain();
}

/* A unit for all devices needs no word about any. */
int ksh_machine_device(struct device *dev, const struct ksh_device_info *info)
{
    static struct pci_sysdata data;

    to_pci_dev(dev)->bus->sysdata = &data;
    return 0;
}

int ksh_kunit_run(void)
{
    return -ENODEV; /* the driver has none */
}
