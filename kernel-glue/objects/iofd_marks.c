/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_marks.c - where operations begin and end, and what they promise, as records. The marks are
 * those of a traced kernel (kernel-glue/patch), so that streams of both can be compared.
 * Knows: records. Must not know: objects beyond their names in records. */
#include "kernel-glue/objects/iofd_private.h"

static void put(struct iofd *fd, const struct sim_record *rec)
{
    const struct drv_port *port = fd->config.port;

    (void)port->record(port->ctx, rec); /* a mark does nothing that could fail */
}

struct sim_record iofd_mark(uint8_t op, uint32_t dev, uint32_t pasid, uint64_t domain)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BEGIN);
    rec.mark.op = op;
    rec.mark.dev = dev;
    rec.mark.pasid = pasid;
    rec.mark.domain = domain;
    return rec;
}

void iofd_begin(struct iofd *fd, const struct sim_record *mark)
{
    put(fd, mark);
}

/* Return: @err, so that it can be the last line of who calls. */
int iofd_end(struct iofd *fd, const struct sim_record *mark, int err)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_END);
    rec.mark_end.op = mark->mark.op;
    rec.mark_end.dev = mark->mark.dev;
    rec.mark_end.pasid = mark->mark.pasid;
    rec.mark_end.domain = mark->mark.domain;
    rec.mark_end.a = mark->mark.a;
    rec.mark_end.b = mark->mark.b;
    rec.mark_end.ret = err;
    put(fd, &rec);
    return err;
}

static struct sim_record range_mark(uint8_t op, uint64_t name, const struct iofd_area *area)
{
    struct sim_record rec = iofd_mark(op, SIM_NO_DEV, IOFD_NO_PASID, name);

    rec.mark.a = area->first;
    rec.mark.b = area->last - area->first + 1;
    return rec;
}

/* The kernel maps without IOMMU_NOEXEC, so what can be read can be executed. */
void iofd_tell_map(struct iofd *fd, uint64_t name, const struct iofd_area *area)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MAP);
    rec.map.domain = name;
    rec.map.iova = area->first;
    rec.map.pa = area->pa;
    rec.map.size = area->last - area->first + 1;
    rec.map.prot = area->prot | SIM_PROT_X;
    rec.flags = SIM_RF_PROT;
    put(fd, &rec);
}

void iofd_tell_unmap(struct iofd *fd, uint64_t name, uint64_t iova, uint64_t n_bytes)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_UNMAP);
    rec.unmap.domain = name;
    rec.unmap.iova = iova;
    rec.unmap.size = n_bytes;
    rec.unmap.unmapped = n_bytes;
    put(fd, &rec);
}

int iofd_domain_map(struct iofd *fd, struct drv_domain *domain, uint64_t name,
                    const struct iofd_area *area)
{
    const struct sim_record mark = range_mark(SIM_OP_MAP, name, area);
    int err;

    iofd_begin(fd, &mark);
    err = fd->config.ops->map(fd->config.drv, domain, area->first, area->pa, mark.mark.b,
                              area->prot | SIM_PROT_X);
    if (!err)
        iofd_tell_map(fd, name, area);
    return iofd_end(fd, &mark, err);
}

/* As in the kernel, what is out of the tables is unmapped, whatever became of its invalidation. */
int iofd_domain_unmap(struct iofd *fd, struct drv_domain *domain, uint64_t name,
                      const struct iofd_area *area)
{
    const struct sim_record mark = range_mark(SIM_OP_UNMAP, name, area);
    struct sim_record rec;
    uint64_t n = 0;
    int err;

    iofd_begin(fd, &mark);
    err = fd->config.ops->unmap(fd->config.drv, domain, area->first, mark.mark.b, &n);
    sim_record_init(&rec, SIM_R_UNMAP);
    rec.unmap.domain = name;
    rec.unmap.iova = area->first;
    rec.unmap.size = mark.mark.b;
    rec.unmap.unmapped = n;
    put(fd, &rec);
    return iofd_end(fd, &mark, n == mark.mark.b ? 0 : err);
}

void iofd_domain_drop(struct iofd *fd, struct drv_domain *domain, uint64_t name)
{
    const struct sim_record mark = iofd_mark(SIM_OP_FREE, SIM_NO_DEV, IOFD_NO_PASID, name);

    iofd_begin(fd, &mark);
    fd->config.ops->domain_free(fd->config.drv, domain);
    (void)iofd_end(fd, &mark, 0);
}
