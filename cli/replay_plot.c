/* SPDX-License-Identifier: BSD-2-Clause
 * replay_plot.c - data and scripts into a folder, then gnuplot, without a shell. */
#include "cli/replay_plot.h"

#include "cli/replay_unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 4096u
#define EXIT_NO_GNUPLOT 127
#define MAX_PROBE_LANES 4u
#define MAX_CLUSTER_NAMES 4u
#define CLUSTERS 9u /* labels that have room side by side */
#define MAX_NAMED_BANDS 24u
#define MAX_BARS 60u /* operations in one picture of costs */

/* Files of one folder. The first error stays. */
struct folder {
    const char *path;
    struct sim_diag diag;
    struct sim_outfile *out;
};

static FILE *open_in(struct folder *folder, const char *name)
{
    char path[PATH_BYTES];

    if (folder->diag.error)
        return NULL;
    if (snprintf(path, sizeof(path), "%s/%s", folder->path, name) >= (int)sizeof(path)) {
        (void)sim_diag_text(&folder->diag, SIM_EIO, 0, 0, "its name is too long");
        return NULL;
    }
    folder->out = sim_outfile_open(path, &folder->diag);
    return folder->out ? sim_outfile_stream(folder->out) : NULL;
}

static void close_in(struct folder *folder)
{
    if (folder->out)
        (void)sim_outfile_commit(folder->out, &folder->diag); /* the diag keeps the error */
    folder->out = NULL;
}

static double us(uint64_t ps)
{
    return (double)ps / 1e6;
}

/* ---- Data ----------------------------------------------------------------------------------- */

static bool has_band(const struct chk_op *op)
{
    return !replay_is_map(op) || op->worst != CHK_HITLESS;
}

/* Many bands have room for their numbers only. */
static void write_bands(FILE *out, const struct chk_report *report)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n_ops; i++)
        n += has_band(&report->ops[i]);
    (void)fputs("# begin_us,end_us,operation\n", out);
    for (size_t i = 0; i < report->n_ops; i++) {
        const struct chk_op *op = &report->ops[i];

        if (has_band(op))
            (void)fprintf(out, "%.6f,%.6f,%zu%s%s\n", us(op->begin_ps), us(op->end_ps), i + 1,
                          n > MAX_NAMED_BANDS ? "" : " ",
                          n > MAX_NAMED_BANDS ? "" : sim_enum_word(SIM_SHOW_OP, op->op));
    }
}

static void write_latency(struct folder *folder, const struct replay_result *result,
                          const struct watch *watch)
{
    FILE *out = open_in(folder, "latency.csv");

    if (!out)
        return;
    (void)fprintf(out, "# issue_us,latency_ns,refused; every %" PRIu64 ". request\n",
                  watch->sample_stride);
    for (size_t i = 0; i < watch->n_samples; i++)
        (void)fprintf(out, "%.6f,%.3f,%d\n", us(watch->samples[i].issue_ps),
                      (double)watch->samples[i].latency_ps / 1e3,
                      watch->samples[i].status != SIM_DMA_OK);
    close_in(folder);
    out = open_in(folder, "bands.csv");
    if (!out)
        return;
    write_bands(out, result->verdicts);
    close_in(folder);
}

static void write_costs(struct folder *folder, const struct replay_result *result)
{
    FILE *out = open_in(folder, "operations.csv");
    size_t n = 0;

    if (!out)
        return;
    replay_csv(result, out);
    close_in(folder);
    out = open_in(folder, "cost.csv");
    if (!out)
        return;
    (void)fputs("# operation,hw_us,cpu_us,dma_blocked_us\n", out);
    for (size_t i = 0; i < result->costs->n_ops && n < MAX_BARS; i++) {
        const struct chk_op *op = &result->costs->ops[i];

        if (replay_is_map(op))
            continue;
        n++;
        (void)fprintf(out, "%zu %s,%.6f,%.6f,%.6f\n", i + 1, sim_enum_word(SIM_SHOW_OP, op->op),
                      us(op->hw_ps), us(op->cpu_ps), us(op->dma_blocked_ps));
    }
    close_in(folder);
}

/* What the picture of one operation shows: its switch with some room on both sides, or all of it.
 */
struct window {
    uint64_t zero_ps; /* where x is 0 */
    uint64_t first_ps, last_ps;
};

static struct window choose_window(const struct chk_op *op)
{
    const bool has_switch = op->switch_end_ps > op->switch_begin_ps;
    const uint64_t first = has_switch ? op->switch_begin_ps : op->begin_ps;
    const uint64_t last = has_switch ? op->switch_end_ps : op->end_ps;
    const uint64_t margin = (last - first) / 4;

    return (struct window){.zero_ps = first,
                           .first_ps =
                               first - op->begin_ps > margin ? first - margin : op->begin_ps,
                           .last_ps = last + margin};
}

static double at(const struct window *window, uint64_t ps)
{
    return us(ps) - us(window->zero_ps);
}

/* The lane that a record is drawn in, NULL for none. */
static bool is_command(uint8_t structure)
{
    return structure == SIM_S_CMD || structure == SIM_S_QI;
}

static const char *lane_of(const struct watch_item *item)
{
    switch (item->kind) {
    case SIM_R_STORE:
        if (item->structure == SIM_S_QI && !item->name) /* the second half of a descriptor */
            return NULL;
        return is_command(item->structure) ? "command" : "store";
    case SIM_R_WAIT:
        return "sync";
    case SIM_R_MMIO_WRITE:
        return "register";
    default:
        return NULL;
    }
}

/* Stores or commands that are too close to each other for a label each: "17 PTE|CD", a line a name.
 */
struct cluster {
    const char *lane;
    uint64_t first_ps;
    const char *names[MAX_CLUSTER_NAMES];
    unsigned counts[MAX_CLUSTER_NAMES];
    size_t n;
};

static void put_cluster(FILE *out, struct cluster *cluster, const struct window *window)
{
    if (cluster->n)
        (void)fprintf(out, "%s label,%.6f,%.6f,", cluster->lane, at(window, cluster->first_ps),
                      at(window, cluster->first_ps));
    for (size_t i = 0; i < cluster->n; i++) {
        if (cluster->counts[i] > 1)
            (void)fprintf(out, "%s%u %s", i ? "|" : "", cluster->counts[i], cluster->names[i]);
        else
            (void)fprintf(out, "%s%s", i ? "|" : "", cluster->names[i]);
    }
    if (cluster->n)
        (void)fputs(",\n", out);
    cluster->n = 0;
}

static void add_to_cluster(FILE *out, struct cluster *cluster, const struct watch_item *item,
                           const struct window *window)
{
    const char *name = item->name ? item->name : sim_structure_infos[item->structure].json_name;
    const uint64_t reach = (window->last_ps - window->first_ps) / CLUSTERS;
    size_t i = 0;

    if (cluster->n && item->end_ps > cluster->first_ps + reach)
        put_cluster(out, cluster, window);
    if (!cluster->n)
        cluster->first_ps = item->end_ps;
    while (i < cluster->n && strcmp(cluster->names[i], name) != 0)
        i++;
    if (i == MAX_CLUSTER_NAMES)
        return;
    if (i == cluster->n) {
        cluster->names[cluster->n] = name;
        cluster->counts[cluster->n++] = 0;
    }
    cluster->counts[i]++;
}

static void write_software(FILE *out, const struct watch *watch, const struct window *window)
{
    struct cluster stores = {.lane = "store"};
    struct cluster commands = {.lane = "command"};

    for (size_t i = 0; i < watch->n_items; i++) {
        const struct watch_item *item = &watch->items[i];
        const char *lane = lane_of(item);
        const bool is_wait = item->kind == SIM_R_WAIT;
        const uint64_t first = is_wait ? item->hw_start_ps : item->end_ps;
        const uint64_t last = is_wait ? item->hw_end_ps : item->end_ps;

        if (!lane || first < window->first_ps || last > window->last_ps)
            continue;
        (void)fprintf(out, "%s,%.6f,%.6f,", lane, at(window, first), at(window, last));
        if (is_wait)
            (void)fprintf(out, "%.0f ns", (double)(last - first) / 1e3);
        (void)fputs(",\n", out);
        if (item->kind == SIM_R_STORE)
            add_to_cluster(out, is_command(item->structure) ? &commands : &stores, item, window);
    }
    put_cluster(out, &stores, window);
    put_cluster(out, &commands, window);
}

static bool is_one_row(const struct chk_stretch *a, const struct chk_stretch *b)
{
    return a->is_probe == b->is_probe && (!a->is_probe || a->iova == b->iova);
}

static void put_lane(FILE *out, const struct chk_stretch *stretch)
{
    if (stretch->is_probe)
        (void)fprintf(out, "probe 0x%" PRIx64, stretch->iova);
    else
        (void)fputs("traffic", out);
}

static void write_stretches(FILE *out, const struct chk_names *names, const struct chk_op *op,
                            const struct window *window)
{
    for (size_t i = 0; i < op->n_stretches; i++) {
        const struct chk_stretch *stretch = &op->stretches[i];
        const uint64_t first =
            stretch->first_ps > window->first_ps ? stretch->first_ps : window->first_ps;
        uint64_t last;

        if (!replay_answer_ends(op, i, &last))
            continue;
        last = last < window->last_ps ? last : window->last_ps;
        if (last <= first)
            continue;
        put_lane(out, stretch);
        (void)fprintf(out, ",%.6f,%.6f,%s,%s\n", at(window, first), at(window, last),
                      stretch->result == CHK_RESULT_REFUSED_OK ? "refused"
                                                               : replay_dma_result(stretch->result),
                      stretch->event ? names->event(stretch->event) : "");
    }
}

static void write_operation(struct folder *folder, const struct replay_result *result, size_t index,
                            const struct watch *watch)
{
    const struct chk_op *op = &result->verdicts->ops[index];
    const struct window window = choose_window(op);
    FILE *out = open_in(folder, "operation.csv");

    if (!out)
        return;
    (void)fputs("# lane,begin_us,end_us,what,event\n", out);
    write_software(out, watch, &window);
    write_stretches(out, replay_names(result->scan->units[0].arch), op, &window);
    close_in(folder);
}

/* ---- Scripts -------------------------------------------------------------------------------- */

/* Text between quotes of gnuplot: nothing in it may end them or be markup. */
static void put_quoted(FILE *out, const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f &&
            !strchr("'\"\\`{}@^&~", *text))
            (void)fputc(*text, out);
    }
}

static void write_script(struct folder *folder, const char *name, const char *script,
                         const char *title)
{
    FILE *out = open_in(folder, name);

    if (!out)
        return;
    (void)fputs("title_text = \"", out);
    put_quoted(out, title);
    (void)fputs("\"\n", out);
    (void)fputs(script, out);
    close_in(folder);
}

static void write_operation_script(struct folder *folder, const struct replay_result *result,
                                   size_t index)
{
    const struct chk_op *op = &result->verdicts->ops[index];
    const struct window window = choose_window(op);
    char title[512];
    size_t n_lanes = 0;
    FILE *out = open_in(folder, "operation.gp");

    if (!out)
        return;
    (void)snprintf(title, sizeof(title), "%s %zu, %s of %s: %s",
                   window.last_ps < op->end_ps ? "The switch of operation" : "Operation", index + 1,
                   sim_enum_word(SIM_SHOW_OP, op->op), op->device, replay_verdict(op));
    (void)fputs("title_text = \"", out);
    put_quoted(out, title);
    (void)fprintf(out, "\"\nx_min = %.6f\nx_max = %.6f\n", at(&window, window.first_ps),
                  at(&window, window.last_ps));
    (void)fputs("lanes = \"traffic", out);
    for (size_t i = 0; i < op->n_stretches && n_lanes < MAX_PROBE_LANES; i++) {
        size_t k = 0;

        while (k < i && !is_one_row(&op->stretches[k], &op->stretches[i]))
            k++;
        if (k < i || !op->stretches[i].is_probe)
            continue;
        (void)fprintf(out, " 0x%" PRIx64, op->stretches[i].iova);
        n_lanes++;
    }
    (void)fputs("\"\n", out);
    (void)fputs(plot_operation_gp, out);
    close_in(folder);
}

/* Runs in the child; never returns. What gnuplot has to say about data without points is of no use
 * to anybody; that it failed is told by its exit. */
static void become_gnuplot(const char *folder, const char *script)
{
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    char *const argv[] = {strdup("gnuplot"),       strdup("-d"),   strdup("-e"),
                          strdup("suffix='.new'"), strdup(script), NULL};

    if (null >= 0)
        (void)dup2(null, STDERR_FILENO);
    if (chdir(folder) == 0 && setenv("LC_ALL", "C", 1) == 0 && argv[0])
        (void)execvp(argv[0], argv);
    _exit(errno == ENOENT ? EXIT_NO_GNUPLOT : 1);
}

static int run_gnuplot(const char *folder, const char *script)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0)
        become_gnuplot(folder, script);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        cli_error("cannot start gnuplot: %s", strerror(errno));
        return CLI_INTERNAL;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_GNUPLOT) {
        cli_error("--plots needs gnuplot: install the Debian package gnuplot-nox. The data is in "
                  "%s",
                  folder);
        return CLI_INTERNAL;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        cli_error("gnuplot failed; to see why: cd %s && gnuplot %s", folder, script);
        return CLI_INTERNAL;
    }
    return CLI_OK;
}

/* gnuplot writes NAME.png.new: a picture appears whole or not at all. */
static int name_picture(const char *folder, const char *name, const char *format)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];

    (void)snprintf(to, sizeof(to), "%s/%s.%s", folder, name, format);
    if (snprintf(from, sizeof(from), "%s/%s.%s.new", folder, name, format) < (int)sizeof(from) &&
        rename(from, to) == 0)
        return CLI_OK;
    cli_error("cannot write %s: %s", to, strerror(errno));
    return CLI_INTERNAL;
}

static int draw(const char *folder, const char *name)
{
    char script[64];
    int code;

    (void)snprintf(script, sizeof(script), "%s.gp", name);
    code = run_gnuplot(folder, script);
    if (code == CLI_OK)
        code = name_picture(folder, name, "png");
    return code == CLI_OK ? name_picture(folder, name, "svg") : code;
}

int replay_plot(const struct replay_result *result, size_t op, const struct watch *watch,
                const char *path)
{
    const bool has_op = op < result->verdicts->n_ops;
    struct folder folder = {.path = path};
    int code = CLI_OK;

    sim_diag_init(&folder.diag, path);
    if (mkdir(path, 0777) && errno != EEXIST) {
        cli_error("cannot make the folder %s: %s", path, strerror(errno));
        return CLI_INTERNAL;
    }
    write_latency(&folder, result, watch);
    write_costs(&folder, result);
    write_script(&folder, "latency.gp", plot_latency_gp, "DMA latency while tables change");
    write_script(&folder, "cost.gp", plot_cost_gp, "Cost of each operation");
    if (has_op) {
        write_operation(&folder, result, op, watch);
        write_operation_script(&folder, result, op);
    }
    if (folder.diag.error)
        return cli_report(&folder.diag, false);
    if (watch->n_samples)
        code = draw(path, "latency");
    if (code == CLI_OK && result->costs->n_ops)
        code = draw(path, "cost");
    return code == CLI_OK && has_op ? draw(path, "operation") : code;
}
