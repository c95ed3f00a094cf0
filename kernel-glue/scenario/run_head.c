/* SPDX-License-Identifier: BSD-2-Clause
 * run_head.c - the head of a stream: what must be known before the machine is built.
 * Knows: lines of a scenario that name devices. Must not know: what they do later. */
#include "kernel-glue/scenario/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMMU_BASE UINT64_C(0x2b400000)
#define SMMU_BYTES UINT64_C(0x20000)
#define VTD_BASE UINT64_C(0xfed90000)
#define VTD_BYTES UINT64_C(0x1000)
#define MAX_HEAD (RUN_MAX_NAMES + 8u)

static int put(struct run *run, const struct sim_record *rec)
{
    if (!run->kept) {
        run->kept_room = MAX_HEAD;
        run->kept = calloc(run->kept_room, sizeof(*run->kept));
        if (!run->kept)
            return SIM_ENOMEM;
    }
    run->kept[run->n_kept++] = *rec;
    return rpl_scanner_put(run->scanner, rec);
}

static int put_meta(struct run *run, const char *key, const char *value)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_META);
    rec.meta.key = (struct sim_str){key, (uint32_t)strlen(key)};
    rec.meta.value = (struct sim_str){value, (uint32_t)strlen(value)};
    return put(run, &rec);
}

static int put_unit(struct run *run)
{
    const bool is_vtd = run->config.ops->arch == SIM_ARCH_VTD;
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_IOMMU);
    rec.unit.arch = run->config.ops->arch;
    rec.unit.base = is_vtd ? VTD_BASE : SMMU_BASE;
    rec.unit.size = is_vtd ? VTD_BYTES : SMMU_BYTES;
    return put(run, &rec);
}

/* Who comes back later is the same device. */
static int put_device(struct run *run, const struct scn_step *step)
{
    struct run_name *device = run_find(run, &step->words[0]);
    struct sim_record rec;

    if (device)
        return 0;
    device = run_name_new(run, &step->words[0], IOFD_DEVICE);
    if (!device)
        return SIM_ERANGE;
    device->sid = (uint32_t)scn_number(step, "sid", scn_number(step, "rid", 0));
    device->rid = (uint32_t)scn_number(step, "rid", device->sid);
    if (run->config.ops->arch == SIM_ARCH_VTD) /* its requests carry no other name */
        device->sid = device->rid;
    device->dev = run->n_devices++;
    (void)snprintf(device->bdf, sizeof(device->bdf), "0000:%02x:%02x.%x", device->rid >> 8 & 0xff,
                   device->rid >> 3 & 0x1f, device->rid & 7);
    sim_record_init(&rec, SIM_R_DEVICE);
    rec.device.dev = device->dev;
    rec.device.name = (struct sim_str){device->bdf, (uint32_t)strlen(device->bdf)};
    rec.device.requester = device->sid;
    return put(run, &rec);
}

/* Only the scan is told: PASIDs to come, ATS. */
static int foretell(struct run *run, const struct scn_step *step)
{
    struct sim_record rec;
    int err = 0;

    if (scn_is(step, "device") && scn_has(step, "ats")) {
        sim_record_init(&rec, SIM_R_ATS);
        err = rpl_scanner_put(run->scanner, &rec);
    }
    if (!err && scn_is(step, "attach") && scn_key(step, "pasid")) {
        const struct run_name *device = run_find(run, &step->words[0]);

        sim_record_init(&rec, SIM_R_BEGIN);
        rec.mark.op = SIM_OP_SET_PASID;
        rec.mark.dev = device ? device->dev : SIM_NO_DEV;
        rec.mark.pasid = (uint32_t)scn_number(step, "pasid", 0);
        err = rpl_scanner_put(run->scanner, &rec);
        rec.kind = SIM_R_END;
        if (!err)
            err = rpl_scanner_put(run->scanner, &rec);
    }
    return err;
}

int run_head(struct run *run)
{
    const struct scn *scn = &run->scn;
    struct sim_record rec;
    int err = put_meta(run, "barriers", "recorded");

    if (!err)
        err = put_meta(run, "resolution_ns", "1");
    if (!err)
        err = put_unit(run);
    for (size_t i = 0; i < scn->n_steps && !err; i++) {
        if (scn_is(&scn->steps[i], "device"))
            err = put_device(run, &scn->steps[i]);
    }
    for (size_t i = 0; i < scn->n_steps && !err; i++)
        err = foretell(run, &scn->steps[i]);
    sim_record_init(&rec, SIM_R_BARRIER);
    rec.cpu = RUN_MAX_CPUS - 1;
    return err ? err : rpl_scanner_put(run->scanner, &rec);
}
