/* SPDX-License-Identifier: BSD-2-Clause
 * save.c - records that a run made, to a file of records.
 * Knows: whole files, .iotr. Must not know: who made the records. */
#include "cli/save.h"

#include "cli/cli.h"
#include "kernel-glue/trace/trc_iotr.h"
#include "sim/outfile.h"

static int write_all(FILE *file, const struct save_source *source, struct sim_diag *diag)
{
    struct trc_iotr_writer *writer = trc_iotr_writer_new(file, diag);
    const struct sim_record_sink sink = {trc_iotr_put, writer};
    int err = writer ? source->put_all(source->ctx, &sink) : SIM_EIO;

    if (!err)
        err = trc_iotr_finish(writer);
    trc_iotr_writer_free(writer);
    return err;
}

int save_records(const char *path, const struct save_source *source)
{
    struct sim_diag diag;
    struct sim_outfile *out;

    sim_diag_init(&diag, path);
    out = sim_outfile_open(path, &diag);
    if (!out)
        return cli_report(&diag, false);
    if (write_all(sim_outfile_stream(out), source, &diag)) {
        sim_outfile_abort(out);
        cli_error("%s: the records cannot be saved", path);
        return CLI_INTERNAL;
    }
    return sim_outfile_commit(out, &diag) ? cli_report(&diag, false) : CLI_OK;
}

int save_stream(FILE *file, const struct save_source *source)
{
    struct sim_diag diag;

    sim_diag_init(&diag, "temporary file");
    if (write_all(file, source, &diag) || fflush(file)) {
        cli_error("the records cannot be kept in a temporary file");
        return CLI_INTERNAL;
    }
    return CLI_OK;
}
