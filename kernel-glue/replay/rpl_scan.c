/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_scan.c - what must be known of a stream before it is replayed.
 * Knows: records, layouts of commands. Must not know: models. */
#include "kernel-glue/replay/rpl_scan.h"

#include "kernel-glue/replay/rpl_marks.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define MIN_ROOM 16u

/* What the scan learns of a unit's first moments. */
struct start {
    bool is_cr0_known;
    bool is_cmdq_known;
};

/* Of the map that is open on a CPU: descriptors stored and promises made. */
struct in_map {
    uint32_t n_stores, n_promises;
};

struct rpl_scanner {
    struct rpl_scan result;
    struct start starts[RPL_SCAN_MAX_UNITS];
    uint64_t seen[(UINT16_MAX + 1) / 64]; /* bit per CPU that has a record */
    struct rpl_marks *marks;              /* per CPU */
    size_t n_marks;
    size_t devices_room;
    struct {
        uint32_t dev, pasid;
    } pasids[RPL_SCAN_MAX_PASIDS];
    size_t n_pasids;
    bool has_command, has_doorbell, has_store;
    bool *has_unit; /* per device: its unit was seen at work */
    struct rpl_tables *tables;
    struct in_map *in_map; /* by CPU, as marks */
};

/* ---- growing ---- */

/* Room for index @i in an array of @n items. Return: the new room, 0 without memory. */
static size_t grow(void **array, size_t n, size_t i, size_t item_bytes)
{
    size_t room = n ? n : MIN_ROOM;
    void *bigger;

    while (room <= i)
        room *= 2;
    if (room == n)
        return n;
    bigger = realloc(*array, room * item_bytes);
    if (!bigger)
        return 0;
    memset((char *)bigger + n * item_bytes, 0, (room - n) * item_bytes);
    *array = bigger;
    return room;
}

/* Room for number @n of the devices. */
static int grow_devices(struct rpl_scanner *scanner, size_t n)
{
    void *devices = scanner->result.devices;
    void *has_unit = scanner->has_unit;
    size_t room;

    if (n < scanner->devices_room)
        return 0;
    room = grow(&devices, scanner->devices_room, n, sizeof(*scanner->result.devices));
    if (!room)
        return SIM_ENOMEM;
    scanner->result.devices = devices;
    if (!grow(&has_unit, scanner->devices_room, n, sizeof(*scanner->has_unit)))
        return SIM_ENOMEM;
    scanner->has_unit = has_unit;
    scanner->devices_room = room;
    return 0;
}

static int grow_marks(struct rpl_scanner *scanner, uint16_t cpu)
{
    void *marks = scanner->marks;
    void *in_map = scanner->in_map;
    size_t room;

    if (cpu < scanner->n_marks)
        return 0;
    room = grow(&marks, scanner->n_marks, cpu, sizeof(*scanner->marks));
    if (room)
        scanner->marks = marks;
    if (!room || !grow(&in_map, scanner->n_marks, cpu, sizeof(*scanner->in_map)))
        return SIM_ENOMEM;
    scanner->in_map = in_map;
    scanner->n_marks = room;
    return 0;
}

static void see_cpu(struct rpl_scanner *scanner, uint16_t cpu)
{
    const uint64_t bit = UINT64_C(1) << cpu % 64;

    scanner->result.n_cpus += !(scanner->seen[cpu / 64] & bit);
    scanner->seen[cpu / 64] |= bit;
    if (cpu > scanner->result.max_cpu)
        scanner->result.max_cpu = cpu;
}

/* ---- units ---- */

static struct rpl_scan_unit *unit_of(struct rpl_scanner *scanner, uint16_t iommu)
{
    for (size_t i = 0; i < scanner->result.n_units; i++) {
        if (scanner->result.units[i].iommu == iommu)
            return &scanner->result.units[i];
    }
    return NULL;
}

/* The record comes again when more of the unit's registers are seen. */
static void see_unit(struct rpl_scanner *scanner, const struct sim_rec_unit *rec)
{
    struct rpl_scan *result = &scanner->result;

    if (unit_of(scanner, rec->iommu) || result->n_units == RPL_SCAN_MAX_UNITS)
        return;
    result->units[result->n_units++] =
        (struct rpl_scan_unit){.iommu = rec->iommu, .arch = rec->arch, .base = rec->base};
}

static bool is_id(uint8_t arch, uint64_t offset)
{
    static const uint32_t smmu_ids[] = {SMMU_REG_IDR0, SMMU_REG_IDR1, SMMU_REG_IDR2, SMMU_REG_IDR3,
                                        SMMU_REG_IDR4, SMMU_REG_IDR5, SMMU_REG_IIDR, SMMU_REG_AIDR};
    static const uint32_t vtd_ids[] = {VTD_REG_VER, VTD_REG_CAP, VTD_REG_ECAP};
    const uint32_t *ids = arch == SIM_ARCH_SMMUV3 ? smmu_ids : vtd_ids;
    const size_t n_smmu = sizeof(smmu_ids) / sizeof(smmu_ids[0]);
    const size_t n = arch == SIM_ARCH_SMMUV3 ? n_smmu : sizeof(vtd_ids) / sizeof(vtd_ids[0]);

    for (size_t i = 0; i < n; i++) {
        if (ids[i] == offset)
            return true;
    }
    return false;
}

static void see_read(struct rpl_scanner *scanner, const struct sim_rec_mmio_read *rec)
{
    struct rpl_scan_unit *unit = unit_of(scanner, rec->iommu);
    size_t i = 0;

    if (!unit)
        return;
    if (unit->arch == SIM_ARCH_SMMUV3 && rec->offset == SMMU_REG_CR0) {
        struct start *start = &scanner->starts[unit - scanner->result.units];

        if (!start->is_cr0_known && smmu_CR0_SMMUEN(&rec->value))
            scanner->result.translation_on_at_start = true;
        start->is_cr0_known = true;
    }
    if (unit->arch == SIM_ARCH_VTD && rec->offset == VTD_REG_GSTS) {
        struct start *start = &scanner->starts[unit - scanner->result.units];

        if (!start->is_cr0_known && vtd_GSTS_TES(&rec->value))
            scanner->result.translation_on_at_start = true;
        start->is_cr0_known = true;
    }
    if (!is_id(unit->arch, rec->offset))
        return;
    while (i < unit->n_ids && unit->id[i].offset != rec->offset)
        i++;
    if (i == RPL_SCAN_MAX_IDS)
        return;
    unit->id[i].offset = (uint32_t)rec->offset;
    unit->id[i].value = rec->value;
    if (i == unit->n_ids)
        unit->n_ids++;
}

/* ---- devices ---- */

static struct sim_device *device_of(struct rpl_scanner *scanner, uint32_t dev)
{
    struct rpl_scan *result = &scanner->result;

    if (dev < result->n_devices && result->devices[dev].dev == dev)
        return &result->devices[dev];
    for (size_t i = 0; i < result->n_devices; i++) {
        if (result->devices[i].dev == dev)
            return &result->devices[i];
    }
    return NULL;
}

static void add_requester(struct sim_device *device, uint32_t requester, const char *source)
{
    for (uint32_t i = 0; i < device->n_requesters; i++) {
        if (device->requester[i] == requester)
            return;
    }
    if (device->n_requesters == SIM_MAX_REQUESTERS)
        return;
    device->requester[device->n_requesters++] = requester;
    device->source = source;
}

/* What commands name counts until records say it. */
static void see_requester(struct sim_device *device, uint32_t requester)
{
    if (strcmp(device->source, "record") != 0)
        add_requester(device, requester, "commands");
}

static int see_device(struct rpl_scanner *scanner, const struct sim_rec_device *rec)
{
    struct sim_device *device = device_of(scanner, rec->dev);
    size_t n_name = rec->name.n_bytes;

    if (!device) {
        if (grow_devices(scanner, scanner->result.n_devices))
            return SIM_ENOMEM;
        device = &scanner->result.devices[scanner->result.n_devices++];
        *device = (struct sim_device){.dev = rec->dev, .source = ""};
        if (scanner->result.n_units)
            device->iommu = scanner->result.units[0].iommu;
    }
    if (n_name >= sizeof(device->name))
        n_name = sizeof(device->name) - 1;
    memset(device->name, 0, sizeof(device->name));
    if (n_name)
        memcpy(device->name, rec->name.bytes, n_name);
    if (rec->requester != UINT32_MAX) {
        if (strcmp(device->source, "record") != 0)
            device->n_requesters = 0; /* what was guessed */
        add_requester(device, rec->requester, "record");
    }
    return 0;
}

/* The device whose domain is being switched on this CPU, or NULL. */
static struct sim_device *switching_device(struct rpl_scanner *scanner, uint16_t cpu)
{
    const uint32_t dev = rpl_marks_dev(&scanner->marks[cpu], SIM_OP_DRV_ATTACH);

    return dev == SIM_NO_DEV ? NULL : device_of(scanner, dev);
}

static void see_command(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_store *rec);

static void see_store(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_store *rec)
{
    scanner->has_store = true;
    if (rec->structure == SIM_S_PTE || rec->structure == SIM_S_PTE_VTD)
        scanner->in_map[cpu].n_stores++;
    else
        see_command(scanner, cpu, rec);
}

/* The low half of a command names the stream. */
static void see_command(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_store *rec)
{
    const uint64_t words[2] = {rec->value, rec->value_hi};
    struct sim_device *device;

    scanner->has_command = scanner->has_command || rec->structure == SIM_S_QI;
    if (rec->structure != SIM_S_CMD || rec->width < 8 || rec->pa % 16)
        return;
    scanner->has_command = true;
    device = switching_device(scanner, cpu);
    if (!device)
        return;
    if (smmu_CFGI_STE_op(words) == SMMU_CMD_CFGI_STE)
        see_requester(device, (uint32_t)smmu_CFGI_STE_SID(words));
    else if (smmu_CFGI_CD_op(words) == SMMU_CMD_CFGI_CD)
        see_requester(device, (uint32_t)smmu_CFGI_CD_SID(words));
}

/* Registers whose first writes say that the stream shows the set-up. */
struct setup_regs {
    uint32_t control, queue, doorbell;
};

static void see_write(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_mmio *rec)
{
    static const struct setup_regs smmu_setup = {SMMU_REG_CR0, SMMU_REG_CMDQ_BASE,
                                                 SMMU_REG_CMDQ_PROD};
    static const struct setup_regs vtd_setup = {VTD_REG_GCMD, VTD_REG_IQA, VTD_REG_IQT};
    const struct setup_regs *regs;
    struct rpl_scan_unit *unit = unit_of(scanner, rec->iommu);
    struct sim_device *device;
    struct start *start;

    if (!unit || unit->arch == SIM_ARCH_UNKNOWN)
        return;
    regs = unit->arch == SIM_ARCH_VTD ? &vtd_setup : &smmu_setup;
    start = &scanner->starts[unit - scanner->result.units];
    if (rec->offset == regs->control)
        start->is_cr0_known = true;
    if (rec->offset == regs->queue)
        start->is_cmdq_known = true;
    if (rec->offset != regs->doorbell || (!rec->value && !start->is_cmdq_known))
        return; /* a pointer that is cleared before the queue is there tells nothing */
    scanner->has_doorbell = true;
    if (!start->is_cr0_known)
        scanner->result.translation_on_at_start = true;
    if (!start->is_cmdq_known)
        scanner->result.registers_unknown = true;
    device = switching_device(scanner, cpu);
    if (device && !scanner->has_unit[device - scanner->result.devices]) {
        device->iommu = rec->iommu;
        scanner->has_unit[device - scanner->result.devices] = true;
    }
}

/* One number of a PCI name: hexadecimal, exactly @n_digits, then @end. Return: false if not. */
static bool take_hex(const char **text, unsigned n_digits, char end, uint32_t *value)
{
    const char *at = *text;

    *value = 0;
    for (unsigned i = 0; i < n_digits; i++, at++) {
        const char *digits = "0123456789abcdef";
        const char *digit = *at ? strchr(digits, *at) : NULL;

        if (!digit)
            return false;
        *value = *value << 4 | (uint32_t)(digit - digits);
    }
    *text = at + 1;
    return *at == end;
}

/* "ssss:bb:dd.f": on most machines the StreamID is the requester-id, bus << 8 | dd << 3 | f. */
static void guess_requester(struct sim_device *device)
{
    const char *at = device->name;
    uint32_t segment, bus, slot, function;

    if (!take_hex(&at, 4, ':', &segment) || !take_hex(&at, 2, ':', &bus) ||
        !take_hex(&at, 2, '.', &slot) || !take_hex(&at, 1, '\0', &function))
        return;
    if (slot > 31 || function > 7)
        return;
    device->requester[0] = bus << 8 | slot << 3 | function;
    device->n_requesters = 1;
    device->source = "pci-address";
}

/* ---- the stream ---- */

static bool str_is(const struct sim_str *str, const char *word)
{
    return str->n_bytes == strlen(word) && !memcmp(str->bytes, word, str->n_bytes);
}

static uint64_t str_number(const struct sim_str *str)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < str->n_bytes && i < 18; i++) {
        if (str->bytes[i] < '0' || str->bytes[i] > '9')
            break;
        value = value * 10 + (uint64_t)(str->bytes[i] - '0');
    }
    return value;
}

static void see_meta(struct rpl_scanner *scanner, const struct sim_rec_meta *rec)
{
    if (str_is(&rec->key, "resolution_ns"))
        scanner->result.resolution_ns = str_number(&rec->value);
    else if (str_is(&rec->key, "barriers"))
        scanner->result.barriers_recorded = str_is(&rec->value, "recorded");
    scanner->result.is_recorded_from_start =
        scanner->result.barriers_recorded && !scanner->has_store;
}

static void see_pasid(struct rpl_scanner *scanner, uint32_t dev, uint32_t pasid)
{
    size_t i = 0;

    if (dev == SIM_NO_DEV || pasid == UINT32_MAX)
        return;
    while (i < scanner->n_pasids &&
           (scanner->pasids[i].dev != dev || scanner->pasids[i].pasid != pasid))
        i++;
    if (i < scanner->n_pasids || i == RPL_SCAN_MAX_PASIDS)
        return;
    scanner->pasids[i].dev = dev;
    scanner->pasids[i].pasid = pasid;
    scanner->n_pasids++;
}

static void see_begin(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_mark *rec)
{
    see_pasid(scanner, rec->dev, rec->pasid);
    if (rec->op == SIM_OP_MAP)
        scanner->in_map[cpu] = (struct in_map){0};
    if (!rpl_mark_counts(rec->op) || !rpl_marks_begin(&scanner->marks[cpu], rec->op, rec->dev))
        return;
    scanner->result.n_ops++;
    scanner->result.n_map_ops += rec->op == SIM_OP_MAP || rec->op == SIM_OP_UNMAP;
}

static void see_end(struct rpl_scanner *scanner, uint16_t cpu, const struct sim_rec_mark_end *rec)
{
    const struct in_map *map = &scanner->in_map[cpu];

    if (rec->op == SIM_OP_MAP && !rec->ret && map->n_stores && !map->n_promises)
        scanner->result.maps_unknown = true;
    if (rpl_mark_counts(rec->op))
        (void)rpl_marks_end(scanner->marks, scanner->n_marks, cpu, rec->op, rec->dev);
}

struct rpl_scanner *rpl_scanner_new(void)
{
    struct rpl_scanner *scanner = calloc(1, sizeof(*scanner));

    if (!scanner)
        return NULL;
    scanner->tables = rpl_tables_new();
    scanner->result.tables = scanner->tables;
    if (scanner->tables)
        return scanner;
    free(scanner);
    return NULL;
}

void rpl_scanner_free(struct rpl_scanner *scanner)
{
    if (!scanner)
        return;
    free(scanner->result.devices);
    free(scanner->has_unit);
    free(scanner->marks);
    free(scanner->in_map);
    rpl_tables_free(scanner->tables);
    free(scanner);
}

int rpl_scanner_put(void *ctx, const struct sim_record *rec)
{
    struct rpl_scanner *scanner = ctx;
    struct rpl_scan *result = &scanner->result;

    if (grow_marks(scanner, rec->cpu) || rpl_tables_record(scanner->tables, rec))
        return SIM_ENOMEM;
    result->n_records++;
    see_cpu(scanner, rec->cpu);
    if (rec->kind == SIM_R_META)
        see_meta(scanner, &rec->meta);
    else if (rec->kind == SIM_R_IOMMU)
        see_unit(scanner, &rec->unit);
    else if (rec->kind == SIM_R_DEVICE)
        return see_device(scanner, &rec->device);
    else if (rec->kind == SIM_R_MAP)
        scanner->in_map[rec->cpu].n_promises++;
    else if (rec->kind == SIM_R_STORE)
        see_store(scanner, rec->cpu, &rec->store);
    else if (rec->kind == SIM_R_MMIO_READ)
        see_read(scanner, &rec->mmio_read);
    else if (rec->kind == SIM_R_MMIO_WRITE)
        see_write(scanner, rec->cpu, &rec->mmio);
    else if (rec->kind == SIM_R_BEGIN)
        see_begin(scanner, rec->cpu, &rec->mark);
    else if (rec->kind == SIM_R_END)
        see_end(scanner, rec->cpu, &rec->mark_end);
    else if (rec->kind == SIM_R_ATS)
        result->has_ats = true;
    else if (rec->kind == SIM_R_LOST)
        result->n_lost++;
    return 0;
}

/* Behind the devices. Without memory they are left out: nobody looks at them then. */
static void add_pasids(struct rpl_scanner *scanner)
{
    struct rpl_scan *result = &scanner->result;

    result->n_endpoints = result->n_devices;
    for (size_t i = 0; i < scanner->n_pasids; i++) {
        const struct sim_device *device = device_of(scanner, scanner->pasids[i].dev);
        struct sim_device copy;

        if (!device)
            continue;
        copy = *device;
        copy.has_pasid = true;
        copy.pasid = scanner->pasids[i].pasid;
        if (grow_devices(scanner, result->n_endpoints))
            return;
        result->devices[result->n_endpoints++] = copy;
    }
}

const struct rpl_scan *rpl_scanner_end(struct rpl_scanner *scanner)
{
    struct rpl_scan *result = &scanner->result;

    for (size_t i = 0; i < result->n_devices; i++) {
        if (!result->devices[i].n_requesters)
            guess_requester(&result->devices[i]);
    }
    if (result->n_endpoints == 0)
        add_pasids(scanner);
    if (scanner->has_command && !scanner->has_doorbell)
        result->registers_unknown = true;
    return result;
}
