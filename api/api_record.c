/* SPDX-License-Identifier: BSD-2-Clause
 * api_record.c - a recording: what software did and what it says that it did, into a file.
 * Knows: records, files. Must not know: what the unit makes of them. */
#include "api/api_private.h"
#include "kernel-glue/trace/trc_iotr.h"
#include "sim/outfile.h"
#include "sim/text.h"
#include "sim/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_BYTES UINT64_C(0x20000) /* of registers: both pages of an SMMUv3 */

/** struct api_recorder - @writer: NULL: as text. @error: the first one. */
struct api_recorder {
    struct sim_diag diag;
    struct sim_outfile *out;
    struct trc_iotr_writer *writer;
    int error;
    char line[SIM_TEXT_MAX_RECORD_BYTES];
};

static int put_text(struct api_recorder *recorder, const struct sim_record *rec)
{
    const size_t n_bytes = sim_text_print_record(rec, recorder->line);

    return fwrite(recorder->line, 1, n_bytes, sim_outfile_stream(recorder->out)) == n_bytes
               ? 0
               : IOMMUSIM_EIO;
}

int api_record(struct iommusim *sim, const struct sim_record *rec)
{
    struct api_recorder *recorder = sim->recorder;
    struct sim_record timed = *rec;

    if (!recorder)
        return 0;
    if (recorder->error)
        return recorder->error;
    timed.time_ns = sim_ns_from_ps(sim_queue_now_ps(sim->queue));
    if (sim_record_check(&timed))
        return IOMMUSIM_EINVAL;
    recorder->error =
        recorder->writer ? trc_iotr_put(recorder->writer, &timed) : put_text(recorder, &timed);
    return recorder->error;
}

void api_record_drop(struct iommusim *sim)
{
    if (!sim->recorder)
        return;
    trc_iotr_writer_free(sim->recorder->writer);
    sim_outfile_abort(sim->recorder->out);
    free(sim->recorder);
    sim->recorder = NULL;
}

static struct sim_str str(const char *text)
{
    const size_t n_bytes = strlen(text);

    return (struct sim_str){text,
                            n_bytes < SIM_STR_MAX_BYTES ? (uint32_t)n_bytes : SIM_STR_MAX_BYTES};
}

/* Whether barriers are recorded, and which unit there is. */
static int put_head(struct iommusim *sim, uint64_t base, bool has_barriers)
{
    struct sim_record rec;
    int error;

    sim_record_init(&rec, SIM_R_META);
    rec.meta.key = str("barriers");
    rec.meta.value = str(has_barriers ? "recorded" : "implied");
    error = api_record(sim, &rec);
    if (error)
        return error;
    sim_record_init(&rec, SIM_R_IOMMU);
    rec.unit.arch = (uint8_t)sim->arch;
    rec.unit.base = base;
    rec.unit.size = UNIT_BYTES;
    return api_record(sim, &rec);
}

static int open_file(struct api_recorder *recorder, const char *path)
{
    static const char header[] = SIM_TEXT_VERSION " records\n";
    const size_t n_path = strlen(path);
    FILE *file;

    sim_diag_init(&recorder->diag, path);
    recorder->out = sim_outfile_open(path, &recorder->diag);
    if (!recorder->out)
        return recorder->diag.error;
    file = sim_outfile_stream(recorder->out);
    if (n_path >= 4 && !strcmp(path + n_path - 4, ".txt"))
        return fputs(header, file) == EOF ? IOMMUSIM_EIO : 0;
    recorder->writer = trc_iotr_writer_new(file, &recorder->diag);
    return recorder->writer ? 0 : recorder->diag.error;
}

int api_record_start(struct iommusim *sim, const char *path, uint64_t base, bool has_barriers)
{
    int error;

    if (sim->recorder)
        return IOMMUSIM_EINVAL;
    sim->recorder = calloc(1, sizeof(*sim->recorder));
    if (!sim->recorder)
        return IOMMUSIM_ENOMEM;
    error = open_file(sim->recorder, path);
    if (!error)
        error = put_head(sim, base, has_barriers);
    if (error)
        api_record_drop(sim);
    return error;
}

int iommusim_record_start(struct iommusim *sim, const char *path, uint64_t base)
{
    return api_record_start(sim, path, base, true);
}

int iommusim_record_stop(struct iommusim *sim)
{
    struct api_recorder *recorder = sim->recorder;
    int error;

    if (!recorder)
        return IOMMUSIM_EINVAL;
    error = recorder->error;
    if (!error && recorder->writer)
        error = trc_iotr_finish(recorder->writer);
    if (!error) {
        error = sim_outfile_commit(recorder->out, &recorder->diag);
        recorder->out = NULL;
    }
    api_record_drop(sim);
    return error;
}

/* ---- what software says ---- */

int iommusim_mark_device(struct iommusim *sim, uint32_t number, const char *name,
                         uint32_t requester)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_DEVICE);
    rec.device.dev = number;
    rec.device.name = str(name);
    rec.device.requester = requester;
    return api_record(sim, &rec);
}

int iommusim_mark_begin(struct iommusim *sim, const struct iommusim_mark *mark)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BEGIN);
    rec.mark = (struct sim_rec_mark){
        .op = (uint8_t)mark->op,
        .dev = mark->device,
        .pasid = mark->pasid,
        .domain = mark->domain,
        .a = mark->a,
        .b = mark->b,
    };
    return api_record(sim, &rec);
}

int iommusim_mark_end(struct iommusim *sim, const struct iommusim_mark *mark)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_END);
    rec.mark_end = (struct sim_rec_mark_end){
        .op = (uint8_t)mark->op,
        .dev = mark->device,
        .pasid = mark->pasid,
        .domain = mark->domain,
        .a = mark->a,
        .b = mark->b,
        .ret = mark->ret,
    };
    return api_record(sim, &rec);
}

int iommusim_mark_map(struct iommusim *sim, const struct iommusim_range *range)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MAP);
    rec.map = (struct sim_rec_map){
        .domain = range->domain,
        .iova = range->iova,
        .pa = range->pa,
        .size = range->n_bytes,
        .prot = (uint8_t)range->access,
    };
    rec.flags |= SIM_RF_PROT;
    return api_record(sim, &rec);
}

int iommusim_mark_unmap(struct iommusim *sim, const struct iommusim_range *range)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_UNMAP);
    rec.unmap = (struct sim_rec_unmap){
        .domain = range->domain,
        .iova = range->iova,
        .size = range->n_bytes,
        .unmapped = range->n_bytes,
    };
    return api_record(sim, &rec);
}

int iommusim_mark_ats(struct iommusim *sim, uint32_t number, int is_on, uint32_t stu)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_ATS);
    rec.ats.dev = number;
    rec.ats.on = is_on ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    rec.ats.stu = (uint8_t)stu;
    return api_record(sim, &rec);
}

int iommusim_mark_text(struct iommusim *sim, const char *text)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MARK);
    rec.note.text = str(text);
    return api_record(sim, &rec);
}
