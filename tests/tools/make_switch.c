/* SPDX-License-Identifier: BSD-2-Clause
 * make_switch.c - writes a short stream of records (.iotr): a device is attached, and then moved to
 * other domains in the order in which Linux does it.
 * Knows: the order of a driver's steps. Must not know: any model.
 *
 * Usage: make_switch FILE RULES STEP...
 * RULES: 6.12 or 7.x, and with commas no-ovr (no attribute overrides), el2 (host in EL2), pci (ATS
 * and PRI offered).
 * STEP:
 *   attach:DOMAIN, replace:DOMAIN, detach:DOMAIN   names of domains: driver_domain.c
 *   ...:DOMAIN/flush   the translations under the new tag are forgotten before the driver is done
 *   bad-command        one that is not there, and a CMD_SYNC after it
 *
 * The same arguments give the same bytes. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/tools/driver.h"

#include <string.h>

#define FLUSH "/flush"

enum { MAX_NAME = 64, NO_SUCH_COMMAND = 0xff };

/* The words between commas. */
static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);

    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, word, n) && (!at[n] || at[n] == ','))
            return true;
    }
    return false;
}

/* ---- attach ---------------------------------------------------------------------------------- */

static void flush(struct driver *driver, const struct driver_domain *domain)
{
    uint64_t words[SMMU_WORDS_TLBI_NH_ASID] = {0};

    if (domain->target == DRIVER_S1) {
        smmu_TLBI_NH_ASID_put_op(words, SMMU_CMD_TLBI_NH_ASID);
        smmu_TLBI_NH_ASID_put_ASID(words, domain->asid);
    } else {
        smmu_TLBI_S12_VMALL_put_op(words, SMMU_CMD_TLBI_S12_VMALL);
        smmu_TLBI_S12_VMALL_put_VMID(words, domain->vmid);
    }
    stream_command(driver->stream, words[0], words[1]);
    driver_sync(driver);
}

/* A CD must be there before an STE leads to it, and is taken away when none does any more. The
 * host's stays where it is while a guest has its own. */
static void write_entries(struct driver *driver, const struct driver_domain *domain)
{
    uint64_t ste[DRIVER_WORDS];
    uint64_t cd[DRIVER_WORDS];

    driver_domain_ste(driver, domain, ste);
    driver_domain_cd(domain, cd);
    if (domain->target == DRIVER_S1)
        driver_write_cd(driver, cd);
    driver_write_ste(driver, ste);
    if (domain->target != DRIVER_S1 && domain->target != DRIVER_NESTED)
        driver_write_cd(driver, cd);
}

static void move(struct driver *driver, enum sim_record_enum op, const struct driver_domain *domain,
                 bool has_flush)
{
    const struct stream_mark outer = {.op = op, .domain = driver_domain_id(domain)};
    const struct stream_mark inner = {
        .op = SIM_OP_DRV_ATTACH,
        .domain = outer.domain,
        .a = driver_domain_type(domain),
    };

    stream_begin(driver->stream, &outer);
    stream_begin(driver->stream, &inner);
    write_entries(driver, domain);
    if (has_flush)
        flush(driver, domain);
    stream_end(driver->stream, &inner);
    stream_end(driver->stream, &outer);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* "VERB:DOMAIN" with @verb. Return: 0, or 2 if there is no such domain. */
static int move_word(struct driver *driver, const char *word, enum sim_record_enum op)
{
    const struct driver_domain *domain;
    const char *end = strstr(word, FLUSH);
    char name[MAX_NAME] = "";

    word = strchr(word, ':') + 1;
    (void)snprintf(name, sizeof(name), "%.*s", end ? (int)(end - word) : (int)strlen(word), word);
    domain = driver_domain_find(name);
    if (!domain) {
        (void)fprintf(stderr, "make_switch: no domain %s\n", name);
        return 2;
    }
    move(driver, op, domain, end != NULL);
    return 0;
}

static int do_step(struct driver *driver, const char *word)
{
    if (!strncmp(word, "attach:", 7))
        return move_word(driver, word, SIM_OP_ATTACH);
    if (!strncmp(word, "replace:", 8))
        return move_word(driver, word, SIM_OP_REPLACE);
    if (!strncmp(word, "detach:", 7))
        return move_word(driver, word, SIM_OP_DETACH);
    if (!strcmp(word, "bad-command")) {
        stream_command(driver->stream, NO_SUCH_COMMAND, 0);
        driver_sync(driver);
        return 0;
    }
    (void)fprintf(stderr, "make_switch: no step %s\n", word);
    return 2;
}

int main(int argc, char **argv)
{
    struct stream stream;
    struct driver driver = {.stream = &stream};
    uint64_t abort_ste[DRIVER_WORDS];
    int err = 0;

    if (argc < 4 || has_word(argv[2], "6.12") == has_word(argv[2], "7.x")) {
        (void)fputs("usage: make_switch FILE RULES STEP...\n", stderr);
        return 2;
    }
    driver.rules = (struct driver_rules){
        .is_7x = has_word(argv[2], "7.x"),
        .no_overrides = has_word(argv[2], "no-ovr"),
        .has_el2 = has_word(argv[2], "el2"),
        .has_pci = has_word(argv[2], "pci"),
    };
    if (stream_open(&stream, argv[1]))
        return 5;
    driver_domain_ste(&driver, driver_domain_find(strstr(argv[3], ":void") ? "void" : "abort"),
                      abort_ste);
    driver_init(&driver, abort_ste[0]);
    driver_tables(&driver);
    for (int i = 3; i < argc && !err; i++)
        err = do_step(&driver, argv[i]);
    return stream_close(&stream, argv[1]) ? 5 : err;
}
