/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_capture_test.cpp - asked for the same, does linux-6.12 do what a real kernel 6.12 did?
 * Per interval between barriers, register writes and waits; addresses and DIDs renamed. (Of two
 * processors at once, as in x86-legacy-storm, the order of requests is not told.) */
#include "kernel-glue/compare/cmp.h"
#include "kernel-glue/trace/trc_file.h"
#include "tests/unit/kernel-glue/drivers/vtd_follow.h"

using namespace drv_test;

namespace
{

/* Answers to what hardware reported, wherever the interrupt came: FSTS, and the only record. */
bool is_fault_handling(const sim_record &rec)
{
    return rec.kind == SIM_R_MMIO_WRITE && (rec.mmio.offset == 0x34 || rec.mmio.offset >= 0x220);
}

/* A kernel without that trace event leaves it to the name: domain:bus:device.function. */
uint32_t requester_of(const sim_rec_device &device)
{
    const std::string name(device.name.bytes, device.name.n_bytes);
    unsigned bus = 0, slot = 0, function = 0;

    if (device.requester != UINT32_MAX)
        return device.requester;
    EXPECT_EQ(3, sscanf(name.c_str(), "%*x:%x:%x.%x", &bus, &slot, &function)) << name;
    return bus << 8 | slot << 3 | function;
}

/* Strings of records are the reader's: only those without are kept. */
int keep(void *ctx, const sim_record *rec)
{
    auto *all = static_cast<std::vector<sim_record> *>(ctx);

    if (rec->kind == SIM_R_MARK || is_fault_handling(*rec))
        return 0;
    all->push_back(*rec);
    if (rec->kind == SIM_R_META) {
        all->back().meta.key = {"barriers", 8};
        all->back().meta.value = {"implied", 7};
    } else if (rec->kind == SIM_R_DEVICE) {
        all->back().device.requester = requester_of(rec->device);
        all->back().device.name = {"d", 1};
    }
    return 0;
}

/* What the kernel maps for itself at boot goes: it makes those tables as if the unit had five
 * levels and no large pages, and drops levels when it attaches. */
std::vector<sim_record> without_boot(const std::vector<sim_record> &all)
{
    const uint64_t own = 0xb; /* type of a domain that the kernel itself uses */
    std::set<uint64_t> unattached;
    std::vector<sim_record> rest;
    bool is_left_out = false;

    for (const sim_record &rec : all) {
        if (rec.kind == SIM_R_BEGIN && rec.mark.op == SIM_OP_DRV_ATTACH && rec.mark.a == own)
            unattached.insert(rec.mark.domain);
    }
    for (const sim_record &rec : all) {
        if (rec.kind == SIM_R_BEGIN && rec.mark.op == SIM_OP_DRV_ATTACH)
            unattached.erase(rec.mark.domain);
        else if (rec.kind == SIM_R_BEGIN && rec.mark.op == SIM_OP_MAP)
            is_left_out = unattached.count(rec.mark.domain) != 0;
        if (!is_left_out || rec.kind == SIM_R_MEMORY)
            rest.push_back(rec);
        if (rec.kind == SIM_R_END && rec.mark_end.op == SIM_OP_MAP)
            is_left_out = false;
    }
    return rest;
}

struct Stream {
    cmp_stream *stream = cmp_stream_new();

    explicit Stream(const std::vector<sim_record> &records)
    {
        for (const sim_record &rec : records)
            EXPECT_EQ(0, cmp_stream_put(stream, &rec));
        cmp_stream_end(stream);
    }
    ~Stream()
    {
        cmp_stream_free(stream);
    }
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
};

struct Capture {
    const char *name;
    unsigned n_attaches;
};

class VtdCapture : public testing::TestWithParam<Capture>
{
  public:
    std::vector<sim_record> read()
    {
        const std::string path = std::string("traces/vtd/") + GetParam().name + ".iotr";
        std::vector<sim_record> all;
        const sim_record_sink sink = {keep, &all};
        trc_file_info info = {};
        sim_diag diag;

        sim_diag_init(&diag, path.c_str());
        EXPECT_EQ(0, trc_file_read(path.c_str(), &sink, &info, &diag)) << diag.text;
        return all;
    }
    static std::string compare(const Stream &a, const Stream &b, unsigned op, uint64_t *n_parts)
    {
        cmp_options options = {};
        cmp_report report;
        std::string text;

        options.wants_op = true;
        options.op = static_cast<uint8_t>(op);
        EXPECT_EQ(0, cmp_run(a.stream, b.stream, &options, &report));
        for (size_t i = 0; i < report.n_diffs; i++) {
            const cmp_diff &diff = report.diffs[i];

            if (diff.kind != CMP_EXTRA)
                text += std::string(cmp_kind_word(diff.kind)) + ": " + diff.what + " | " +
                        diff.side[0].text + " | " + diff.side[1].text + "\n";
        }
        *n_parts = report.n_parts;
        cmp_report_free(&report);
        return text;
    }
};

std::string name_of(const testing::TestParamInfo<Capture> &info)
{
    std::string name = info.param.name;

    for (char &c : name)
        c = c == '-' ? '_' : c;
    return name;
}

} // namespace

TEST_P(VtdCapture, Linux612DoesTheSame)
{
    const std::vector<sim_record> capture = without_boot(read());
    Follower follower("linux-6.12", capture);
    const Stream ours(follower.run()), theirs(capture);
    uint64_t n = 0;

    for (const unsigned op : {SIM_OP_DRV_ATTACH, SIM_OP_ATTACH, SIM_OP_REPLACE, SIM_OP_DETACH,
                              SIM_OP_MAP, SIM_OP_UNMAP}) {
        EXPECT_EQ("", compare(theirs, ours, op, &n)) << sim_enum_word(SIM_SHOW_OP, op);
        if (op == SIM_OP_DRV_ATTACH) {
            EXPECT_EQ(GetParam().n_attaches, n);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, VtdCapture,
                         testing::Values(Capture{"x86-legacy-basic", 12},
                                         Capture{"x86-legacy-ats", 13}, Capture{"x86-sm-hwpt", 14},
                                         Capture{"x86-sm-race", 75}, Capture{"x86-legacy-fail", 10},
                                         Capture{"x86-sm-maps", 10}, Capture{"x86-sm-twodev", 15}),
                         name_of);
