/* SPDX-License-Identifier: BSD-2-Clause
 * vfio.c - the system calls of a scenario: each one between two marks. */
#include "kernel-glue/capture/guest/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define EDU_DMA_REGISTERS 0x80u
#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY_MASTER 6u
#define PATH_BYTES 320u

static int call(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

static unsigned long long number(uint64_t value)
{
    return (unsigned long long)value;
}

/* ---- devices ---- */

static void device_path(const struct device *device, const char *file, char *path)
{
    (void)snprintf(path, PATH_BYTES, "/sys/bus/pci/devices/%s/%s", device->bdf, file);
}

/* Hand the device to vfio-pci. */
static int open_cdev(struct guest *guest, struct device *device)
{
    char path[PATH_BYTES], cdev[PATH_BYTES] = "";
    struct dirent *entry;
    DIR *folder;

    device_path(device, "driver_override", path);
    (void)guest_write_file(path, "vfio-pci");
    device_path(device, "driver/unbind", path);
    if (access(path, W_OK) == 0) {
        guest_mark(guest, "BEGIN UNBIND dev=%s", device->bdf);
        (void)guest_write_file(path, device->bdf);
        guest_mark(guest, "END UNBIND dev=%s", device->bdf);
    }
    guest_mark(guest, "BEGIN VFIO_PROBE dev=%s", device->bdf);
    (void)guest_write_file("/sys/bus/pci/drivers_probe", device->bdf);
    guest_mark(guest, "END VFIO_PROBE dev=%s", device->bdf);
    device_path(device, "vfio-dev", path);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] != '.')
            (void)snprintf(cdev, sizeof(cdev), "/dev/vfio/devices/%s", entry->d_name);
    }
    if (folder)
        (void)closedir(folder);
    device->fd = open(cdev, O_RDWR | O_CLOEXEC);
    return device->fd < 0 ? -errno : 0;
}

static void enable_dma(const struct device *device)
{
    struct vfio_region_info config = {.argsz = sizeof(config),
                                      .index = VFIO_PCI_CONFIG_REGION_INDEX};
    uint16_t command = 0;

    if (call(device->fd, VFIO_DEVICE_GET_REGION_INFO, &config) ||
        pread(device->fd, &command, 2, (off_t)config.offset + PCI_COMMAND) != 2)
        return;
    command = (uint16_t)(command | PCI_COMMAND_MEMORY_MASTER);
    (void)!pwrite(device->fd, &command, 2, (off_t)config.offset + PCI_COMMAND);
}

static void map_engine(struct device *device)
{
    struct vfio_region_info bar = {.argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX};
    char path[PATH_BYTES], vendor[16] = "";
    uint8_t *registers;

    device_path(device, "vendor", path);
    if (guest_read_file(path, vendor, sizeof(vendor)) < 0 || strncmp(vendor, "0x1234", 6) != 0 ||
        call(device->fd, VFIO_DEVICE_GET_REGION_INFO, &bar))
        return;
    registers =
        mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, (off_t)bar.offset);
    if (registers == MAP_FAILED)
        return;
    device->registers = registers;
    device->n_bytes = bar.size;
    device->engine = (volatile uint64_t *)(void *)(registers + EDU_DMA_REGISTERS);
}

int vfio_open_device(struct guest *guest, struct object *object, uint32_t requester)
{
    struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind), .iommufd = guest->iommufd};
    struct device *device = &object->device;
    int err;

    (void)snprintf(device->bdf, sizeof(device->bdf), "0000:%02x:%02x.%x", requester >> 8 & 0xff,
                   requester >> 3 & 0x1f, requester & 7);
    err = open_cdev(guest, device);
    if (err)
        return err;
    guest_mark(guest, "BEGIN BIND dev=%s", device->bdf);
    err = call(device->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
    guest_mark(guest, "END BIND dev=%s rc=%d devid=%u", device->bdf, err, bind.out_devid);
    object->id = bind.out_devid;
    if (err)
        return err;
    enable_dma(device);
    map_engine(device);
    return 0;
}

void vfio_close_device(struct guest *guest, struct object *object)
{
    guest_mark(guest, "BEGIN CLOSE dev=%s", object->device.bdf);
    if (object->device.registers)
        (void)munmap(object->device.registers, object->device.n_bytes);
    (void)close(object->device.fd);
    guest_mark(guest, "END CLOSE dev=%s", object->device.bdf);
}

int vfio_attach(struct guest *guest, struct object *device, struct object *table)
{
    struct vfio_device_attach_iommufd_pt attach = {.argsz = sizeof(attach), .pt_id = table->id};
    const char *what = device->table ? "REPLACE" : "ATTACH";
    int err;

    guest_mark(guest, "BEGIN %s dev=%s pt=%u (%s)", what, device->device.bdf, table->id,
               table->name);
    err = call(device->device.fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
    guest_mark(guest, "END %s dev=%s rc=%d out_pt=%u", what, device->device.bdf, err, attach.pt_id);
    if (!err)
        device->table = table;
    return err;
}

int vfio_detach(struct guest *guest, struct object *device)
{
    struct vfio_device_detach_iommufd_pt detach = {.argsz = sizeof(detach)};
    int err;

    guest_mark(guest, "BEGIN DETACH dev=%s", device->device.bdf);
    err = call(device->device.fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
    guest_mark(guest, "END DETACH dev=%s rc=%d", device->device.bdf, err);
    if (!err)
        device->table = NULL;
    return err;
}

/* ---- address spaces and page tables ---- */

int iommufd_ioas(struct guest *guest, struct object *object)
{
    struct iommu_ioas_alloc alloc = {.size = sizeof(alloc)};
    const int err = call(guest->iommufd, IOMMU_IOAS_ALLOC, &alloc);

    object->id = alloc.out_ioas_id;
    guest_mark(guest, "IOAS_ALLOC %s rc=%d id=%u", object->name, err, object->id);
    return err;
}

int iommufd_hwpt(struct guest *guest, struct object *object, uint32_t device, unsigned kind)
{
    const uint32_t flags = (kind & HWPT_NEST_PARENT ? IOMMU_HWPT_ALLOC_NEST_PARENT : 0u) |
                           (kind & HWPT_DIRTY ? IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0u);
    struct iommu_hwpt_alloc alloc = {
        .size = sizeof(alloc), .flags = flags, .dev_id = device, .pt_id = object->table->id};
    int err;

    guest_mark(guest, "BEGIN HWPT_ALLOC %s pt=%u flags=0x%x", object->name, alloc.pt_id, flags);
    err = call(guest->iommufd, IOMMU_HWPT_ALLOC, &alloc);
    guest_mark(guest, "END HWPT_ALLOC rc=%d id=%u", err, err ? 0 : alloc.out_hwpt_id);
    object->id = alloc.out_hwpt_id;
    return err;
}

int iommufd_destroy(struct guest *guest, const struct object *object)
{
    struct iommu_destroy destroy = {.size = sizeof(destroy), .id = object->id};
    int err;

    guest_mark(guest, "BEGIN DESTROY %s id=%u", object->name, object->id);
    err = call(guest->iommufd, IOMMU_DESTROY, &destroy);
    guest_mark(guest, "END DESTROY rc=%d", err);
    return err;
}

int iommufd_map(struct guest *guest, const struct range *range, unsigned access)
{
    const uint32_t flags = (access & MAP_READ ? IOMMU_IOAS_MAP_READABLE : 0u) |
                           (access & MAP_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0u);
    struct iommu_ioas_map map = {.size = sizeof(map),
                                 .flags = IOMMU_IOAS_MAP_FIXED_IOVA | flags,
                                 .ioas_id = range->ioas->id,
                                 .user_va = (uintptr_t)guest_at(guest, range->pa),
                                 .length = range->n_bytes,
                                 .iova = range->iova};
    int err;

    guest_mark(guest, "BEGIN IOAS_MAP ioas=%u iova=0x%llx len=0x%llx", map.ioas_id,
               number(map.iova), number(map.length));
    err = call(guest->iommufd, IOMMU_IOAS_MAP, &map);
    guest_mark(guest, "END IOAS_MAP rc=%d", err);
    return err;
}

int iommufd_unmap(struct guest *guest, const struct range *range)
{
    struct iommu_ioas_unmap unmap = {.size = sizeof(unmap),
                                     .ioas_id = range->ioas->id,
                                     .iova = range->iova,
                                     .length = range->n_bytes};
    int err;

    guest_mark(guest, "BEGIN IOAS_UNMAP ioas=%u iova=0x%llx len=0x%llx", unmap.ioas_id,
               number(unmap.iova), number(unmap.length));
    err = call(guest->iommufd, IOMMU_IOAS_UNMAP, &unmap);
    guest_mark(guest, "END IOAS_UNMAP rc=%d unmapped=0x%llx", err, number(unmap.length));
    return err;
}

int iommufd_copy(struct guest *guest, const struct range *range, const struct object *from)
{
    struct iommu_ioas_copy copy = {.size = sizeof(copy),
                                   .flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
                                            IOMMU_IOAS_MAP_WRITEABLE,
                                   .dst_ioas_id = range->ioas->id,
                                   .src_ioas_id = from->id,
                                   .length = range->n_bytes,
                                   .dst_iova = range->iova,
                                   .src_iova = range->pa};
    int err;

    guest_mark(guest, "BEGIN IOAS_COPY ioas=%u iova=0x%llx len=0x%llx", copy.dst_ioas_id,
               number(copy.dst_iova), number(copy.length));
    err = call(guest->iommufd, IOMMU_IOAS_COPY, &copy);
    guest_mark(guest, "END IOAS_COPY rc=%d", err);
    return err;
}

int iommufd_allow(struct guest *guest, const struct object *ioas, const uint64_t *ranges,
                  unsigned n)
{
    struct iommu_ioas_allow_iovas allow = {.size = sizeof(allow),
                                           .ioas_id = ioas->id,
                                           .num_iovas = n,
                                           .allowed_iovas = (uintptr_t)ranges};

    return call(guest->iommufd, IOMMU_IOAS_ALLOW_IOVAS, &allow);
}

int iommufd_dirty(struct guest *guest, const struct object *object, bool on)
{
    struct iommu_hwpt_set_dirty_tracking set = {.size = sizeof(set),
                                                .flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
                                                .hwpt_id = object->id};
    int err;

    guest_mark(guest, "BEGIN SET_DIRTY %s on=%d", object->name, on);
    err = call(guest->iommufd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set);
    guest_mark(guest, "END SET_DIRTY rc=%d", err);
    return err;
}
