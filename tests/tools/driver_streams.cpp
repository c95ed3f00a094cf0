// SPDX-License-Identifier: BSD-2-Clause
// driver_streams.cpp - streams of a reference driver, made by calls that are written down here.
//
//   driver_streams DRIVER RUN OUT.iotr
#include "kernel-glue/trace/trc_iotr.h"
#include "tests/shim/driver_run.h"

#include <cstdio>
#include <cstring>

namespace
{

constexpr uint64_t page_a = 0x80000000, page_b = 0x80100000, box = 0x83fff000;
constexpr uint64_t iova = 0x1000000, box_iova = 0x1100000;

void fill(DriverRun *run, drv_domain *domain, uint64_t pa)
{
    run->map(domain, iova, pa, 0x10000);
    run->map(domain, box_iova, box, 0x1000);
}

void empty(DriverRun *run, drv_domain *domain)
{
    run->unmap(domain, iova, 0x10000);
    run->unmap(domain, box_iova, 0x1000);
    run->destroy(domain);
}

// As iommufd has it: the table of an address space is made, filled, emptied and freed inside the
// operations that need it.
void replace_filled(DriverRun *run, drv_device *device, drv_domain **now, uint64_t pa)
{
    drv_domain *next;

    run->open(SIM_OP_REPLACE, device);
    next = run->domain(DRV_PAGING);
    fill(run, next, pa);
    run->group(SIM_OP_REPLACE, device, next);
    empty(run, *now);
    run->close(SIM_OP_REPLACE, device);
    *now = next;
}

void basic(DriverRun *run)
{
    drv_device *device = run->device(0x20);
    drv_domain *now;

    run->open(SIM_OP_ATTACH, device);
    now = run->domain(DRV_PAGING);
    run->group(SIM_OP_ATTACH, device, now);
    fill(run, now, page_a);
    run->close(SIM_OP_ATTACH, device);
    replace_filled(run, device, &now, page_b);
    replace_filled(run, device, &now, page_a);
    run->open(SIM_OP_REPLACE, device); // the same: nothing
    run->close(SIM_OP_REPLACE, device);
    run->open(SIM_OP_DETACH, device);
    run->group(SIM_OP_DETACH, device, run->blocked);
    empty(run, now);
    run->close(SIM_OP_DETACH, device);
    run->attach(device, run->identity);
}

void pasid(DriverRun *run)
{
    drv_device *device = run->device(0x20, 0, 6);
    drv_domain *of_pasid = run->domain(DRV_PAGING), *of_device;

    run->map(of_pasid, iova, page_b, 0x4000);
    run->open(SIM_OP_ATTACH, device);
    of_device = run->domain(DRV_PAGING);
    run->group(SIM_OP_ATTACH, device, of_device);
    run->map(of_device, iova, page_a, 0x4000);
    run->close(SIM_OP_ATTACH, device);
    run->pasid_as(SIM_OP_SET_PASID, device, 5, of_pasid);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 5, of_pasid);
    run->pasid_as(SIM_OP_SET_PASID, device, 5, of_device);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 5, of_device);
    run->open(SIM_OP_DETACH, device);
    run->group(SIM_OP_DETACH, device, run->blocked);
    run->unmap(of_device, iova, 0x4000);
    run->destroy(of_device);
    run->close(SIM_OP_DETACH, device);
    run->attach(device, run->identity);
}

void nested(DriverRun *run)
{
    constexpr uint64_t ipa = 0x80000000, size = 0x400000, ssid0 = 0xd6, bypass = 0xd5;
    drv_device *device = run->device(0x20);
    drv_domain *s2 = run->domain(DRV_PAGING, 2, DRV_NEST_PARENT), *other, *a, *b, *b_bypass;

    run->map(s2, ipa, ipa, size);
    other = run->domain(DRV_PAGING, 2, DRV_NEST_PARENT);
    run->map(other, ipa, ipa, size);
    a = run->nested(s2, 0x8000100b, ssid0);
    b = run->nested(s2, 0x8000200b, ssid0);
    b_bypass = run->nested(s2, 0x8000200b, bypass);
    run->attach_as(SIM_OP_ATTACH, device, s2);
    for (drv_domain *next : {a, b, a, b_bypass, b, s2, a, other, a})
        run->attach_as(SIM_OP_REPLACE, device, next);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    a = run->nested(s2, 9, 0);
    b = run->nested(s2, 1, 0);
    run->attach_as(SIM_OP_ATTACH, device, a);
    run->attach_as(SIM_OP_REPLACE, device, b);
    run->attach_as(SIM_OP_REPLACE, device, run->nested(s2, 0, 0));
    run->attach_as(SIM_OP_REPLACE, device, a);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->attach(device, run->identity);
}

// Every change between two kinds of domains that the SMMU has, with pages at the same addresses.
void transitions(DriverRun *run)
{
    drv_device *device = run->device(0x20, 0, 4);
    drv_domain *s1[2], *s2[2];

    for (int i = 0; i < 2; i++) {
        s1[i] = run->domain(DRV_PAGING, 1);
        fill(run, s1[i], i ? page_b : page_a);
        s2[i] = run->domain(DRV_PAGING, 2);
        fill(run, s2[i], i ? page_b : page_a);
    }
    run->attach_as(SIM_OP_ATTACH, device, s1[0]);
    for (drv_domain *next : {s1[1], s1[0], s2[0], s2[1], s1[1], run->identity, s1[0], run->identity,
                             s2[0], run->identity})
        run->attach_as(SIM_OP_REPLACE, device, next);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->attach_as(SIM_OP_ATTACH, device, s2[0]);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
}

void pasids(DriverRun *run)
{
    drv_device *device = run->device(0x20, 0, 16);
    drv_domain *domains[3];

    for (int i = 0; i < 3; i++) {
        domains[i] = run->domain(DRV_PAGING, 1);
        fill(run, domains[i], page_a + static_cast<uint64_t>(i) * 0x100000);
    }
    run->pasid_as(SIM_OP_SET_PASID, device, 3, domains[0]);
    run->pasid_as(SIM_OP_SET_PASID, device, 0x1234, domains[1]);
    run->attach_as(SIM_OP_ATTACH, device, domains[2]);
    run->attach_as(SIM_OP_REPLACE, device, domains[1]);
    run->pasid_as(SIM_OP_REPLACE_PASID, device, 3, domains[2]);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 0x1234, domains[1]);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 3, domains[2]);
}

// A second device behind the same first-level descriptor keeps its domain meanwhile.
void two(DriverRun *run)
{
    drv_device *device = run->device(0x20), *other = run->device(0x28);
    drv_domain *s1 = run->domain(DRV_PAGING, 1), *s2 = run->domain(DRV_PAGING, 2);

    fill(run, s1, page_a);
    fill(run, s2, page_b);
    run->attach_as(SIM_OP_ATTACH, other, s1);
    run->attach_as(SIM_OP_ATTACH, device, s1);
    run->attach_as(SIM_OP_REPLACE, device, s2);
    run->attach_as(SIM_OP_REPLACE, device, s1);
    run->attach_as(SIM_OP_REPLACE, other, s2);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->attach_as(SIM_OP_DETACH, other, run->blocked);
}

// Nobody uses the domain while its pages change; then its tag is used again, and then by another
// one.
void idle(DriverRun *run)
{
    drv_device *device = run->device(0x20);
    drv_domain *domain = run->domain(DRV_PAGING), *next;

    fill(run, domain, page_a);
    run->attach_as(SIM_OP_ATTACH, device, domain);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->unmap(domain, iova, 0x10000);
    run->map(domain, iova, page_b, 0x10000);
    run->attach_as(SIM_OP_ATTACH, device, domain);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
    run->destroy(domain);
    next = run->domain(DRV_PAGING);
    run->map(next, iova, page_a, 0x10000);
    run->attach_as(SIM_OP_ATTACH, device, next);
    run->unmap(next, iova, 0x10000);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
}

void process(DriverRun *run)
{
    drv_device *device = run->device(0x20, 0, 4);
    drv_domain *process = run->domain(DRV_SVA);

    run->pasid_as(SIM_OP_SET_PASID, device, 1, process);
    run->map(process, iova, page_a, 0x4000);
    run->unmap(process, iova, 0x1000);
    run->port.mark(SIM_R_BEGIN, SIM_OP_UNMAP, 0, 0, 0);
    run->ops->process_exit(run->driver, process);
    run->port.mark(SIM_R_END, SIM_OP_UNMAP, 0, 0, 0);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 1, process);
    run->destroy(process);
}

void ats(DriverRun *run)
{
    drv_device *device = run->device(0x20, DRV_ATS, 4);
    drv_domain *a = run->domain(DRV_PAGING), *b = run->domain(DRV_PAGING);

    fill(run, a, page_a);
    fill(run, b, page_b);
    run->attach_as(SIM_OP_ATTACH, device, a);
    run->attach_as(SIM_OP_REPLACE, device, b);
    run->pasid_as(SIM_OP_SET_PASID, device, 3, a);
    run->unmap(b, iova, 0x10000);
    run->pasid_as(SIM_OP_REMOVE_PASID, device, 3, a);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
}

// The same device through both stages, its ATS on throughout and then off.
void ats_both(DriverRun *run)
{
    drv_device *device = run->device(0x20, DRV_ATS, 4);
    drv_domain *s1 = run->domain(DRV_PAGING, 1), *s2[2];

    fill(run, s1, page_a);
    for (int i = 0; i < 2; i++) {
        s2[i] = run->domain(DRV_PAGING, 2);
        fill(run, s2[i], page_b);
    }
    run->attach_as(SIM_OP_ATTACH, device, s1);
    for (drv_domain *next : {s2[0], s2[1], s1, run->identity, s2[0]})
        run->attach_as(SIM_OP_REPLACE, device, next);
    run->attach_as(SIM_OP_DETACH, device, run->blocked);
}

struct Run {
    const char *name;
    void (*make)(DriverRun *run);
    DriverIds ids;
};

constexpr uint32_t idr0 = 0x94c721b, idr0_ats = idr0 | 1 << 10;
const Run runs[] = {
    {"basic", basic, {}},
    {"s2-basic", basic, {0x94c7219}},
    {"pasid", pasid, {}},
    {"nested", nested, {}},
    {"transitions", transitions, {}},
    {"linear", transitions, {idr0 & ~(3u << 27), 0xe730406}},
    {"pasids", pasids, {}},
    {"ats", ats, {idr0_ats}},
    {"ats-both", ats_both, {idr0_ats}},
    {"two", two, {}},
    {"idle", idle, {}},
    {"process", process, {}},
};

int write_stream(const std::vector<sim_record> &records, const char *name)
{
    FILE *file = fopen(name, "wb");
    sim_diag diag = {};
    trc_iotr_writer *writer = file ? trc_iotr_writer_new(file, &diag) : nullptr;
    int err = writer ? 0 : 1;

    for (const sim_record &rec : records)
        err = err ? err : trc_iotr_put(writer, &rec);
    err = err ? err : trc_iotr_finish(writer);
    trc_iotr_writer_free(writer);
    return file && fclose(file) == 0 ? err : 1;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    for (const Run &at : runs) {
        if (strcmp(at.name, argv[2]) != 0)
            continue;
        DriverRun run(argv[1], at.ids);

        at.make(&run);
        return write_stream(run.port.records, argv[3]);
    }
    fprintf(stderr, "driver_streams: no run %s\n", argv[2]);
    return 2;
}
