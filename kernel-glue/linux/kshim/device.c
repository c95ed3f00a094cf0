// SPDX-License-Identifier: GPL-2.0
// device.c - devices, firmware's description of them, interrupts, kobjects, PCI functions.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/interrupt.h>
#include <linux/kobject.h>
#include <linux/msi.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/property.h>

#define MAX_DEVICES 64

KDATA(struct bus_type, pci_bus_type) = {.name = "pci"};
KDATA(struct bus_type, platform_bus_type) = {.name = "platform"};
struct platform_driver *ksh_driver;

static struct device *known[MAX_DEVICES];
static int n_known;

K(int, __platform_driver_register, (struct platform_driver * d, struct module *m))
{
    ksh_driver = d;
    return 0;
}
K(void, platform_driver_unregister, (struct platform_driver * d))
{
    ksh_driver = NULL;
}

/* ---- finding ---- */

void ksh_dev_known(struct device *dev)
{
    if (n_known == MAX_DEVICES)
        host_die("more than %d devices", MAX_DEVICES);
    known[n_known++] = dev;
}

void ksh_dev_forgotten(struct device *dev)
{
    int i;

    for (i = 0; i < n_known && known[i] != dev; i++)
        continue;
    if (i < n_known)
        known[i] = known[--n_known];
}

static struct device *find(const void *data, int (*match)(struct device *, const void *))
{
    for (int i = 0; i < n_known; i++) {
        if (match(known[i], data))
            return known[i];
    }
    return NULL;
}

K(struct device *, driver_find_device,
  (const struct device_driver *drv, struct device *start, const void *data,
   int (*match)(struct device *, const void *)))
{
    return find(data, match);
}
K(struct device *, bus_find_device,
  (const struct bus_type *b, struct device *start, const void *data,
   int (*match)(struct device *, const void *)))
{
    return find(data, match);
}
K(int, device_match_fwnode, (struct device * d, const void *f))
{
    return f && dev_fwnode(d) == f;
}
K(const struct fwnode_handle *, __dev_fwnode_const, (const struct device *d))
{
    return d->of_node ? of_fwnode_handle(d->of_node) : d->fwnode;
}
K(struct fwnode_handle *, __dev_fwnode, (struct device * d))
{
    return (void *)shim___dev_fwnode_const(d);
}
K(struct fwnode_handle *, fwnode_handle_get, (struct fwnode_handle * f))
{
    return f;
}
K(void, fwnode_handle_put, (struct fwnode_handle * f))
{
}
K(struct device *, get_device, (struct device * d))
{
    return d;
}
K(void, put_device, (struct device * d))
{
}
K(void, device_initialize, (struct device * d))
{
}
K(int, device_add, (struct device * d))
{
    return 0;
}
K(void, device_del, (struct device * d))
{
}
K(void, device_unregister, (struct device * d))
{
}
K(int, class_register, (const struct class *c))
{
    return 0;
}
K(int, __class_register, (const struct class *c, struct lock_class_key *k))
{
    return 0;
}
K(int, bus_register_notifier, (const struct bus_type *b, struct notifier_block *nb))
{
    return 0;
}
K(int, bus_for_each_dev,
  (const struct bus_type *b, struct device *s, void *data, int (*fn)(struct device *, void *)))
{
    return 0;
}

/* ---- what a driver asked to be released with it ---- */

struct action {
    struct action *next;
    void (*fn)(void *);
    void *arg;
};
static struct action *actions;

K(void *, devm_kmalloc, (struct device * d, size_t n, gfp_t f))
{
    return host_malloc(n);
}
K(void, devm_kfree, (struct device * d, const void *p))
{
    host_free((void *)p);
}
K(int, __devm_add_action, (struct device * d, void (*fn)(void *), void *arg, const char *name))
{
    struct action *action = host_malloc(sizeof(*action));

    *action = (struct action){actions, fn, arg};
    actions = action;
    return 0;
}
K(int, devm_add_action, (struct device * d, void (*fn)(void *), void *arg))
{
    return shim___devm_add_action(d, fn, arg, "");
}

void ksh_devres_release(void)
{
    while (actions) {
        struct action *action = actions;

        actions = action->next;
        action->fn(action->arg);
        host_free(action);
    }
}

/* ---- interrupts ---- */

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

K(int, devm_request_threaded_irq,
  (struct device * d, unsigned int irq, irq_handler_t hard, irq_handler_t thread,
   unsigned long flags, const char *name, void *arg))
{
    struct handler *handler = host_malloc(sizeof(*handler));

    *handler = (struct handler){hard, thread, arg, irq};
    host_irq_request(irq, run_hard, run_thread, handler);
    return 0;
}

/* Numbers of the wired interrupts; messages have theirs added to KSH_IRQ_MSI. */
#define IRQ_EVENTQ 40
#define IRQ_PRIQ 41
#define IRQ_GERROR 42

K(int, platform_get_irq_byname_optional, (struct platform_device * p, const char *n))
{
    if (!strcmp(n, "eventq"))
        return IRQ_EVENTQ;
    if (!strcmp(n, "priq"))
        return IRQ_PRIQ;
    return !strcmp(n, "gerror") ? IRQ_GERROR : -ENXIO;
}
K(struct resource *, platform_get_resource,
  (struct platform_device * p, unsigned int type, unsigned int i))
{
    return i < p->num_resources ? &p->resource[i] : NULL;
}

/* ---- messages as interrupts: three vectors, whose numbers are their data ---- */

#define MSI_DOORBELL 0x2b500000UL
#define MSI_FIRST 64

static void (*write_msi)(struct msi_desc *desc, struct msi_msg *msg);
static unsigned int n_msis;

K(int, platform_device_msi_init_and_alloc_irqs,
  (struct device * dev, unsigned int n, void (*write)(struct msi_desc *, struct msi_msg *)))
{
    write_msi = write;
    n_msis = n;
    for (unsigned int i = 0; i < n; i++) {
        struct msi_desc *desc = host_malloc(sizeof(*desc));
        struct msi_msg msg = {.address_lo = MSI_DOORBELL, .data = MSI_FIRST + i};

        desc->dev = dev;
        desc->msi_index = i;
        desc->irq = MSI_FIRST + i;
        write(desc, &msg);
    }
    return 0;
}
K(void, platform_device_msi_free_irqs_all, (struct device * dev))
{
    n_msis = 0;
}
K(unsigned int, msi_domain_get_virq, (struct device * dev, unsigned int domid, unsigned int index))
{
    return index < n_msis ? MSI_FIRST + index : 0;
}
K(unsigned int, msi_get_virq, (struct device * dev, unsigned int index))
{
    return index < n_msis ? MSI_FIRST + index : 0;
}

/* ---- firmware's properties ---- */

static u32 *property_of(const struct device *d, const char *n);

K(bool, device_property_present, (const struct device *d, const char *n))
{
    return !strcmp(n, "dma-can-stall") && ksh_device_can_stall(d);
}
K(bool, device_property_read_bool, (const struct device *d, const char *n))
{
    return shim_device_property_present(d, n); /* one is the other in some releases */
}

/* The driver asks endpoints for pasid-num-bits and dma-can-stall. */
static u32 *property_of(const struct device *d, const char *n)
{
    return NULL;
}

K(int, device_property_read_u32_array, (const struct device *d, const char *n, u32 *v, size_t k))
{
    const u32 *value = property_of(d, n);

    if (!value)
        return -EINVAL;
    *v = *value;
    return 0;
}
K(int, of_property_read_variable_u32_array,
  (const struct device_node *np, const char *n, u32 *v, size_t min, size_t max))
{
    if (strcmp(n, "#iommu-cells"))
        return -EINVAL;
    *v = 1;
    return 1;
}
K(struct property *, of_find_property, (const struct device_node *np, const char *n, int *l))
{
    return NULL;
}
K(bool, of_property_read_bool, (const struct device_node *np, const char *n))
{
    return false;
}
K(bool, of_dma_is_coherent, (struct device_node * np))
{
    return !ksh_is_incoherent;
}
K(int, of_device_is_compatible, (const struct device_node *np, const char *n))
{
    return 0;
}

/* ---- kobjects: only their counts ---- */

static struct kobject kernel_object;
struct kobject *kernel_kobj = &kernel_object;

static void kobject_released(struct kref *r)
{
    struct kobject *k = container_of(r, struct kobject, kref);

    if (k->ktype && k->ktype->release)
        k->ktype->release(k);
}

K(struct kset *, kset_create_and_add,
  (const char *n, const struct kset_uevent_ops *o, struct kobject *p))
{
    return host_malloc(sizeof(struct kset));
}
K(int, kobject_init_and_add,
  (struct kobject * k, const struct kobj_type *t, struct kobject *p, const char *fmt, ...))
{
    kref_init(&k->kref);
    k->ktype = t;
    k->parent = p;
    if (p && p->ktype)
        kref_get(&p->kref);
    return 0;
}
K(struct kobject *, kobject_get, (struct kobject * k))
{
    if (k && k->ktype)
        kref_get(&k->kref);
    return k;
}
K(void, kobject_put, (struct kobject * k))
{
    if (k && k->ktype)
        kref_put(&k->kref, kobject_released);
}
static void plain_released(struct kobject *k)
{
    if (k->parent)
        shim_kobject_put(k->parent);
    host_free(k);
}
static const struct kobj_type plain_type = {.release = plain_released};

K(struct kobject *, kobject_create_and_add, (const char *n, struct kobject *p))
{
    struct kobject *k = host_malloc(sizeof(*k));

    return shim_kobject_init_and_add(k, &plain_type, p, "%s", n) ? NULL : k;
}
K(int, kobject_set_name_vargs, (struct kobject * k, const char *fmt, va_list args))
{
    char *text = host_malloc(64);

    vsnprintf(text, 64, fmt, args);
    k->name = text;
    return 0;
}

/* ---- PCI: a function's abilities are what its scenario says ---- */

K(bool, pci_ats_supported, (struct pci_dev * d))
{
    return d->ats_cap;
}
K(bool, pci_ats_required, (struct pci_dev * d))
{
    return false;
}
K(int, pci_prepare_ats, (struct pci_dev * d, int stu))
{
    return 0;
}
K(int, pci_enable_ats, (struct pci_dev * d, int stu))
{
    d->ats_enabled = 1;
    d->ats_stu = stu;
    host_ats(ksh_dev_number(&d->dev), 1, stu - PAGE_SHIFT, 0);
    return 0;
}
K(void, pci_disable_ats, (struct pci_dev * d))
{
    d->ats_enabled = 0;
    host_ats(ksh_dev_number(&d->dev), 0, 0, 0);
}
K(int, pci_enable_pasid, (struct pci_dev * d, int f))
{
    return 0;
}
K(void, pci_disable_pasid, (struct pci_dev * d))
{
}
K(int, pci_pasid_features, (struct pci_dev * d))
{
    return d->pasid_cap ? 0 : -EINVAL;
}
K(int, pci_max_pasids, (struct pci_dev * d))
{
    return d->pasid_cap ? 1 << d->pasid_cap : -EINVAL;
}
K(int, pci_for_each_dma_alias,
  (struct pci_dev * d, int (*fn)(struct pci_dev *, u16, void *), void *data))
{
    return fn(d, pci_dev_id(d), data);
}
K(bool, pci_acs_enabled, (struct pci_dev * d, u16 f))
{
    return true;
}
K(bool, pci_acs_path_enabled, (struct pci_dev * s, struct pci_dev *e, u16 f))
{
    return true;
}
K(bool, pci_devs_are_dma_aliases, (struct pci_dev * a, struct pci_dev *b))
{
    return false;
}
K(struct pci_dev *, pci_get_device, (unsigned int v, unsigned int d, struct pci_dev *from))
{
    return NULL;
}
K(void, pci_dev_put, (struct pci_dev * d))
{
}
