/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_decode.c - iommusim decode: raw words in words a person reads. */
#include "cli/cli.h"
#include "models/common/hw_print.h"
#include "models/common/hw_table.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
    OPTION_ARCH = 256,
    OPTION_GRANULE,
    OPTION_LEVEL,
    OPTION_LEGACY,
    OPTION_JSON,
    OPTION_ALL,
};

/* One architecture's tables. */
struct arch {
    const char *name;
    const struct hw_decoder *decoders;
    size_t n_decoders;
    const struct hw_reg *regs;
    size_t n_regs;
    void (*decode_reg)(const struct hw_reg *reg, uint64_t value, struct hw_decoded *out);
};

struct options {
    const char *arch;
    struct hw_hints hints;
    bool wants_json;
    bool wants_all;
    unsigned n_args;
    char *args[HW_MAX_WORDS + 2];
};

/* What was asked for: a structure or a register. */
struct subject {
    const struct arch *arch;
    const struct hw_decoder *decoder;
    const struct hw_reg *reg;
};

static uint64_t parse_level(const char *text, struct argp_state *state)
{
    uint64_t value = 0;

    if (!cli_number(text, &value))
        argp_error(state, "--level: '%s' is not a number", text);
    return value;
}

static uint8_t parse_granule(const char *text, struct argp_state *state)
{
    static const char *const names[] = {"4K", "16K", "64K"};

    for (unsigned i = 0; i < 3; i++) {
        if (strcasecmp(text, names[i]) == 0)
            return (uint8_t)(12 + 2 * i);
    }
    argp_error(state, "--granule is 4K, 16K or 64K, not '%s'", text);
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_ARCH:
        options->arch = arg;
        if (strcmp(arg, "smmuv3") != 0 && strcmp(arg, "vtd") != 0)
            argp_error(state, "--arch is smmuv3 or vtd, not '%s'", arg);
        return 0;
    case OPTION_GRANULE:
        options->hints.granule_log2 = parse_granule(arg, state);
        return 0;
    case OPTION_LEVEL: {
        const uint64_t level = parse_level(arg, state);

        if (level > 5)
            argp_error(state, "--level is 0 to 5, not '%s'", arg);
        options->hints.level = (uint8_t)(level + 1);
        return 0;
    }
    case OPTION_LEGACY:
        options->hints.is_legacy = true;
        return 0;
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_ALL:
        options->wants_all = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->n_args == sizeof(options->args) / sizeof(options->args[0]))
            argp_error(state, "more words than any structure has");
        else
            options->args[options->n_args++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool wants_arch(const struct options *options, const struct arch *arch)
{
    return !options->arch || strcmp(options->arch, arch->name) == 0;
}

/* The same name in two architectures: the first one, unless --arch says otherwise. */
static bool find_structure(const struct arch *arch, const char *name, struct subject *subject)
{
    for (size_t i = 0; i < arch->n_decoders; i++) {
        if (strcasecmp(arch->decoders[i].word, name) == 0) {
            subject->arch = arch;
            subject->decoder = &arch->decoders[i];
            return true;
        }
    }
    return false;
}

static bool is_reg(const struct hw_reg *reg, const char *name)
{
    uint64_t offset;

    return strcasecmp(reg->name, name) == 0 || (cli_number(name, &offset) && offset == reg->offset);
}

static bool find_reg(const struct arch *arch, const char *name, struct subject *subject)
{
    for (size_t i = 0; i < arch->n_regs; i++) {
        if (is_reg(&arch->regs[i], name)) {
            subject->arch = arch;
            subject->reg = &arch->regs[i];
            return true;
        }
    }
    return false;
}

static void list_all(const struct arch *archs, size_t n_archs, const struct options *options)
{
    for (size_t i = 0; i < n_archs; i++) {
        if (!wants_arch(options, &archs[i]))
            continue;
        (void)printf("%s:\n", archs[i].name);
        for (size_t j = 0; j < archs[i].n_decoders; j++)
            (void)printf("  %-10s %s\n", archs[i].decoders[j].word, archs[i].decoders[j].title);
        (void)printf("  reg NAME or reg OFFSET:");
        for (size_t j = 0; j < archs[i].n_regs; j++)
            (void)printf("%s%s", j % 8 ? " " : "\n    ", archs[i].regs[j].name);
        (void)putchar('\n');
    }
}

static void print_bits(const struct hw_field *field, char *text, size_t n_bytes)
{
    if (field->msb == field->lsb)
        (void)snprintf(text, n_bytes, "[%u]", field->msb);
    else
        (void)snprintf(text, n_bytes, "[%u:%u]", field->msb, field->lsb);
}

static void print_value(const struct hw_row *row, char *text, size_t n_bytes)
{
    const uint64_t in_place = row->value << row->field->lsb % 64;

    if (row->field->show == HW_SHOW_ADDR)
        (void)snprintf(text, n_bytes, "0x%" PRIx64, in_place);
    else if (row->field->show == HW_SHOW_BITS || row->value > 9999)
        (void)snprintf(text, n_bytes, "0x%" PRIx64, row->value);
    else
        (void)snprintf(text, n_bytes, "%" PRIu64, row->value);
}

static void print_row(const struct hw_row *row)
{
    char bits[16];
    char value[32];

    print_bits(row->field, bits, sizeof(bits));
    print_value(row, value, sizeof(value));
    (void)printf("  %-9s %-14s = %s%s%s%s  %s\n", bits, row->field->name, value,
                 row->encoding ? " (" : "", row->encoding ? row->encoding : "",
                 row->encoding ? ")" : "", row->meaning);
}

static void print_text(const struct subject *subject, const struct options *options,
                       const struct hw_decoded *decoded)
{
    size_t n_unused = 0;

    (void)printf("%s %s: %s (%s)\n", subject->arch->name, decoded->layout->name,
                 decoded->layout->title, decoded->layout->section);
    for (size_t i = 0; i < decoded->n_rows; i++) {
        const struct hw_row *row = &decoded->rows[i];

        if (row->is_used || options->wants_all)
            print_row(row);
        else
            n_unused++;
    }
    if (n_unused)
        (void)printf("  (%zu field%s that hardware does not read in this configuration; --all "
                     "shows %s)\n",
                     n_unused, n_unused == 1 ? "" : "s", n_unused == 1 ? "it" : "them");
    for (size_t i = 0; i < decoded->n_complaints; i++)
        (void)printf("! %s\n", decoded->complaints[i]);
}

static json_t *json_row(const struct hw_row *row)
{
    json_t *json =
        json_pack("{s:s, s:i, s:i, s:o, s:b, s:s}", "name", row->field->name, "msb",
                  (int)row->field->msb, "lsb", (int)row->field->lsb, "value",
                  cli_json_hex(row->value), "used", row->is_used, "meaning", row->meaning);

    if (row->encoding)
        (void)json_object_set_new(json, "encoding", json_string(row->encoding));
    return json;
}

static int print_json(const struct subject *subject, const uint64_t *words, unsigned n_words,
                      const struct hw_decoded *decoded)
{
    json_t *raw = json_array();
    json_t *fields = json_array();
    json_t *complaints = json_array();

    for (unsigned i = 0; i < n_words; i++)
        (void)json_array_append_new(raw, cli_json_hex(words[i]));
    for (size_t i = 0; i < decoded->n_rows; i++)
        (void)json_array_append_new(fields, json_row(&decoded->rows[i]));
    for (size_t i = 0; i < decoded->n_complaints; i++)
        (void)json_array_append_new(complaints, json_string(decoded->complaints[i]));
    return cli_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "schema",
                              "iommusim.decode/1", "arch", subject->arch->name, "structure",
                              decoded->layout->name, "title", decoded->layout->title, "section",
                              decoded->layout->section, "words", raw, "fields", fields,
                              "complaints", complaints));
}

static int find_subject(const struct arch *archs, size_t n_archs, const struct options *options,
                        struct subject *subject)
{
    const bool is_register = strcasecmp(options->args[0], "reg") == 0;
    const char *name = is_register && options->n_args > 1 ? options->args[1] : options->args[0];

    if (is_register && options->n_args < 2) {
        cli_error("reg needs the NAME or the OFFSET of a register (iommusim decode lists all)");
        return CLI_USAGE;
    }
    for (size_t i = 0; i < n_archs; i++) {
        if (!wants_arch(options, &archs[i]))
            continue;
        if (is_register ? find_reg(&archs[i], name, subject)
                        : find_structure(&archs[i], name, subject))
            return 0;
    }
    cli_error("no %s%s%s is called '%s' (iommusim decode lists all)",
              is_register ? "register" : "structure", options->arch ? " of " : "",
              options->arch ? options->arch : "", name);
    return CLI_USAGE;
}

static int decode(const struct subject *subject, const struct options *options, unsigned first)
{
    const unsigned n_min = subject->reg ? 1 : subject->decoder->n_words_min;
    const unsigned n_max = subject->reg ? 1 : subject->decoder->n_words_max;
    const unsigned n_words = options->n_args - first;
    uint64_t words[HW_MAX_WORDS] = {0};
    struct hw_decoded *decoded = NULL;
    int code = CLI_OK;

    if (n_words < n_min || n_words > n_max) {
        char wanted[32];

        if (n_min == n_max)
            (void)snprintf(wanted, sizeof(wanted), "%u word%s", n_min, n_min == 1 ? "" : "s");
        else
            (void)snprintf(wanted, sizeof(wanted), "%u to %u words", n_min, n_max);
        cli_error("%s takes %s of 64 bits, %u given", options->args[first - 1], wanted, n_words);
        return CLI_USAGE;
    }
    for (unsigned i = 0; i < n_words; i++) {
        if (!cli_number(options->args[first + i], &words[i])) {
            cli_error("'%s' is not a number of 64 bits", options->args[first + i]);
            return CLI_USAGE;
        }
    }
    decoded = malloc(sizeof(*decoded));
    if (!decoded) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    if (subject->reg)
        subject->arch->decode_reg(subject->reg, words[0], decoded);
    else
        hw_decode(subject->decoder, words, &options->hints, decoded);
    if (options->wants_json)
        code = print_json(subject, words, n_words, decoded);
    else
        print_text(subject, options, decoded);
    free(decoded);
    return code;
}

int cli_decode(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"arch", OPTION_ARCH, "smmuv3|vtd", 0,
         "which architecture, where both have the name (smmuv3 goes first)", 0},
        {"granule", OPTION_GRANULE, "4K|16K|64K", 0, "page-table entries: granule", 0},
        {"level", OPTION_LEVEL, "N", 0, "page-table entries: the architecture's level, 0 to 5", 0},
        {"legacy", OPTION_LEGACY, NULL, 0, "VT-d root and context entries: legacy mode", 0},
        {"all", OPTION_ALL, NULL, 0, "fields that hardware does not read, too", 0},
        {"json", OPTION_JSON, NULL, 0, "as JSON (schema iommusim.decode/1)", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Shows what raw words mean: each field, its value, and what is wrong with it. Without "
        "arguments, lists everything that it knows.\v"
        "Examples:\n"
        "  iommusim decode ste 0x40f0a00b 0xd6\n"
        "  iommusim decode cmd 0x0000002000000005 0x1\n"
        "  iommusim decode reg CR0 0xd\n"
        "  iommusim decode --arch vtd reg 0x18 0x4000000\n"
        "  iommusim decode pte_s1 --granule 4K --level 3 0x60000008090e4b\n"
        "  iommusim decode pasid 0x123456089 0x800005\n\n"
        "Words are 64-bit, lowest first, decimal or 0x...; a structure's missing words are 0.";
    static const struct argp argp = {
        argp_options, parse_option, "[STRUCTURE|reg NAME] [WORD...]", doc, NULL, NULL, NULL};
    const struct arch archs[] = {
        {"smmuv3", smmu_decoders, smmu_n_decoders, smmu_regs, smmu_n_regs, smmu_decode_reg},
        {"vtd", vtd_decoders, vtd_n_decoders, vtd_regs, vtd_n_regs, vtd_decode_reg},
    };
    struct options options = {0};
    struct subject subject = {0};

    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    if (options.n_args == 0 && options.wants_json) {
        cli_error("--json needs a STRUCTURE or reg NAME, and its words");
        return CLI_USAGE;
    }
    if (options.n_args == 0) {
        list_all(archs, sizeof(archs) / sizeof(archs[0]), &options);
        return CLI_OK;
    }
    if (find_subject(archs, sizeof(archs) / sizeof(archs[0]), &options, &subject))
        return CLI_USAGE;
    return decode(&subject, &options, subject.reg ? 2 : 1);
}
