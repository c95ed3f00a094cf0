/* SPDX-License-Identifier: BSD-2-Clause
 * guest_on_host.c - the program of a capture's guest, without a guest: runs a scenario on devices
 * and tables that are only bookkeeping, and prints what it asked them for. guest_on_host SCENARIO
 * Exit: 0 if each line ended as it says. The sanitizers see the program this way. */
#include "kernel-glue/capture/guest/guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MSI_ARM UINT64_C(0x8000000)
#define MSI_X86 UINT64_C(0xfee00000)

void guest_mark(const struct guest *guest, const char *format, ...)
{
    char text[256];
    va_list args;

    (void)guest;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)puts(text);
}

int vfio_open_device(struct guest *guest, struct object *object, uint32_t requester)
{
    (void)guest;
    (void)snprintf(object->device.bdf, sizeof(object->device.bdf), "%x", requester);
    object->device.registers = malloc(8);
    object->device.engine = (volatile uint64_t *)(void *)object->device.registers;
    (void)printf("open %s %x\n", object->name, requester);
    return object->device.engine ? 0 : -ENOMEM;
}

void vfio_close_device(struct guest *guest, struct object *object)
{
    (void)guest;
    (void)printf("close %s\n", object->name);
    free(object->device.registers);
}

static const struct range *find_range(const struct guest *guest, const struct object *table,
                                      uint64_t iova)
{
    while (table && table->kind == KIND_HWPT)
        table = table->table;
    for (unsigned i = 0; table && i < guest->n_ranges; i++) {
        if (guest->ranges[i].ioas == table &&
            iova - guest->ranges[i].iova < guest->ranges[i].n_bytes)
            return &guest->ranges[i];
    }
    return NULL;
}

/* Identifiers are of objects that are there; a destroyed one has none. */
int vfio_attach(struct guest *guest, struct object *device, struct object *table)
{
    int err = table->id ? 0 : -ENOENT;

    (void)usleep(500); /* what another CPU does meanwhile has its chance */
    if (!err && (find_range(guest, table, MSI_ARM) || find_range(guest, table, MSI_X86)))
        err = -EADDRINUSE;
    (void)printf("%s %s %s: %d\n", device->table ? "replace" : "attach", device->name, table->name,
                 err);
    if (!err)
        device->table = table;
    return err;
}

int vfio_detach(struct guest *guest, struct object *device)
{
    (void)guest;
    (void)printf("detach %s\n", device->name);
    device->table = NULL;
    return 0;
}

int iommufd_ioas(struct guest *guest, struct object *object)
{
    object->id = guest->n_objects;
    (void)printf("ioas %s\n", object->name);
    return 0;
}

int iommufd_hwpt(struct guest *guest, struct object *object, uint32_t device, unsigned kind)
{
    (void)device;
    object->id = guest->n_objects;
    (void)printf("hwpt %s %s\n", object->name, object->table->name);
    return kind & HWPT_DIRTY ? -EOPNOTSUPP : 0;
}

int iommufd_destroy(struct guest *guest, const struct object *object)
{
    (void)printf("destroy %s\n", object->name);
    guest->objects[object - guest->objects].id = 0;
    return 0;
}

int iommufd_map(struct guest *guest, const struct range *range, unsigned access)
{
    (void)guest;
    (void)printf("map %s %llx %llx %llx %u\n", range->ioas->name, (unsigned long long)range->iova,
                 (unsigned long long)range->pa, (unsigned long long)range->n_bytes, access);
    return 0;
}

int iommufd_unmap(struct guest *guest, const struct range *range)
{
    (void)printf("unmap %s %llx %llx\n", range->ioas->name, (unsigned long long)range->iova,
                 (unsigned long long)range->n_bytes);
    return find_range(guest, range->ioas, range->iova) ? 0 : -ENOENT;
}

int iommufd_copy(struct guest *guest, const struct range *range, const struct object *from)
{
    (void)printf("copy %s %llx %llx %s %llx\n", range->ioas->name, (unsigned long long)range->iova,
                 (unsigned long long)range->n_bytes, from->name, (unsigned long long)range->pa);
    return find_range(guest, from, range->pa) ? 0 : -ENOENT;
}

int iommufd_allow(struct guest *guest, const struct object *ioas, const uint64_t *ranges,
                  unsigned n)
{
    (void)guest;
    (void)printf("allow %s", ioas->name);
    for (unsigned i = 0; i < 2 * n; i++)
        (void)printf(" %llx", (unsigned long long)ranges[i]);
    (void)puts("");
    return 0;
}

int iommufd_dirty(struct guest *guest, const struct object *object, bool on)
{
    (void)guest;
    (void)printf("dirty %s %d\n", object->name, on);
    return 0;
}

int dma_run(const struct guest *guest, const struct object *device, uint64_t iova, bool is_write)
{
    (void)guest;
    (void)printf("dma %s %llx %c\n", device->name, (unsigned long long)iova, is_write ? 'w' : 'r');
    return 0;
}

/* Where the scenario's own maps lead. A read finds what the program has filled in there. */
uint64_t dma_probe(struct guest *guest, const struct object *device, uint64_t iova, bool is_write)
{
    const uint64_t pa = guest_pa(guest, device->table, iova);

    (void)dma_run(guest, device, iova, is_write);
    return pa && !is_write ? *guest_at(guest, pa) : pa;
}

void dma_aim(struct guest *guest, const struct aim *aim)
{
    unsigned n = 0;

    for (uint64_t delay_ns = aim->first; delay_ns <= aim->last; delay_ns += aim->step)
        (void)vfio_attach(guest, aim->device, aim->tables[n++ % aim->n_tables]);
    (void)printf("aimed %u\n", n);
}

int main(int argc, char **argv)
{
    struct guest *guest = calloc(1, sizeof(*guest));
    int err = -1;

    if (argc == 2 && guest)
        err = guest_load(guest, argv[1]) ? -1 : guest_run(guest);
    free(guest);
    return err ? 1 : 0;
}
