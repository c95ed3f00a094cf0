// SPDX-License-Identifier: BSD-2-Clause
// Events to records: what joins, what folds, what is ignored, in which order. Input is text as the
// kernel prints it, expectations are records typed by hand.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "kernel-glue/trace/trc_ftrace_text.h"
#include "kernel-glue/trace/trc_import.h"
#include "sim/text.h"

namespace
{

struct Imported {
    std::vector<std::string> lines; // records, without META and without their '\n'
    std::unique_ptr<trc_stats> stats = std::make_unique<trc_stats>();
    int err = 0;
};

int collect(void *ctx, const sim_record *rec)
{
    std::string line(SIM_TEXT_MAX_RECORD_BYTES, '\0');

    line.resize(sim_text_print_record(rec, line.data()) - 1);
    if (rec->kind != SIM_R_META)
        static_cast<std::vector<std::string> *>(ctx)->push_back(line);
    return 0;
}

const char smmu_frames[] =
    " init-1 [000] ..... 0.000001: mmio_map: va=0xffff80008054b000 pa=0x9050000 size=0xe00\n"
    " init-1 [000] ..... 0.000001: mmio_map: va=0xffff80008054d000 pa=0x9060000 size=0xe00\n";
const char vtd_frame[] =
    " init-1 [000] ..... 0.000001: mmio_map: va=0xffffc90000008000 pa=0xfed90000 size=0x1000\n";

Imported import(const std::string &text)
{
    Imported result;
    std::string bytes = text;
    FILE *file = fmemopen(bytes.data(), bytes.size(), "rb");
    const sim_record_sink sink = {collect, &result.lines};
    sim_diag diag;

    sim_diag_init(&diag, "trace");
    trc_import *import = trc_import_new(&sink, result.stats.get(), &diag);
    const trc_event_sink events = {trc_import_event, import};
    result.err = trc_ftrace_text(file, &events, &diag);
    if (!result.err || result.err == SIM_ETRUNC)
        trc_import_finish(import, result.err == SIM_ETRUNC);
    trc_import_free(import);
    fclose(file);
    for (unsigned i = 0; i < TRC_N_EVENTS; i++)
        EXPECT_EQ(trc_stats_unexplained(result.stats.get(), static_cast<trc_event_kind>(i)), 0u)
            << trc_event_infos[i].name;
    return result;
}

std::vector<std::string> without_units(const Imported &imported)
{
    std::vector<std::string> rest;

    for (const std::string &line : imported.lines) {
        if (line.find(" iommu ") == std::string::npos)
            rest.push_back(line);
    }
    return rest;
}

using Lines = std::vector<std::string>;

TEST(Import, TwoFramesOfOneSmmuAreOneUnit)
{
    EXPECT_EQ(import(smmu_frames).lines, (Lines{"@1000 iommu 0 smmuv3 0x9050000 0xe00",
                                                "@1000 iommu 0 smmuv3 0x9050000 0x10e00"}));
}

TEST(Import, NeighbouringVtdUnitsAreTwoAndARemapIsNone)
{
    const Imported r = import(std::string(vtd_frame) + vtd_frame +
                              " i-1 [000] ..... 0.000002: mmio_map: va=0xffffc9000000a000 "
                              "pa=0xfed91000 size=0x1000\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 iommu 0 vtd 0xfed90000 0x1000",
                              "@2000 iommu 1 vtd 0xfed91000 0x1000"}));
}

TEST(Import, AWriteAndItsEndAreOneRecordAtTheRegistersOffset)
{
    const Imported r = import(
        std::string(smmu_frames) +
        " i-1 [000] ..... 0.000002: rwmmio_write: a+0x1/0x2 -> b+0x3/0x4 width=64 "
        "val=0x4000000040e71000 addr=0xffff80008054b080\n"
        " i-1 [000] ..... 0.000003: rwmmio_post_write: a+0x1/0x2 -> b+0x3/0x4 width=64 "
        "val=0x4000000040e71000 addr=0xffff80008054b080\n"
        " i-1 [000] ..... 0.000004: rwmmio_write: a -> b width=32 val=0x0 addr=0xffff80008054d0a8\n"
        " i-1 [000] ..... 0.000005: rwmmio_post_write: a -> b width=32 val=0x0 "
        "addr=0xffff80008054d0a8\n");

    EXPECT_EQ(without_units(r), (Lines{"@2000 mmio_write 0x80 0x4000000040e71000 width=8",
                                       "@4000 mmio_write 0x100a8 0x0"}));
}

TEST(Import, AWriteNestedByAnInterruptPairsByAddressAndValue)
{
    const Imported r = import(
        std::string(smmu_frames) +
        " i-1 [000] ..... 0.000002: rwmmio_write: a -> b width=32 val=0x1 addr=0xffff80008054b098\n"
        " i-1 [000] d.h.. 0.000003: rwmmio_write: c -> d width=32 val=0x2 addr=0xffff80008054d0ac\n"
        " i-1 [000] d.h.. 0.000004: rwmmio_post_write: c -> d width=32 val=0x2 "
        "addr=0xffff80008054d0ac\n"
        " i-1 [000] ..... 0.000005: rwmmio_post_write: a -> b width=32 val=0x1 "
        "addr=0xffff80008054b098\n");

    EXPECT_EQ(without_units(r),
              (Lines{"@2000 mmio_write 0x98 0x1", "@3000 mmio_write 0x100ac 0x2"}));
}

TEST(Import, APostWriteAloneIsTheRecord)
{
    const Imported r = import(std::string(smmu_frames) +
                              " i-1 [000] ..... 0.000005: rwmmio_post_write: a -> b width=32 "
                              "val=0x1 addr=0xffff80008054b098\n");

    EXPECT_EQ(without_units(r), (Lines{"@5000 mmio_write 0x98 0x1"}));
}

TEST(Import, AccessesOutsideEveryFrameAreIgnored)
{
    const Imported r = import(
        std::string(smmu_frames) +
        " i-1 [000] ..... 0.000002: rwmmio_write: a -> b width=32 val=0x1 addr=0xffff800011110000\n"
        " i-1 [000] ..... 0.000003: rwmmio_read: a -> b width=32 addr=0xffff800011110000\n");

    EXPECT_EQ(without_units(r), Lines{});
}

std::string read_pair(unsigned us, const char *addr, const char *val, const char *task = "i-1",
                      unsigned cpu = 0)
{
    char text[512];

    snprintf(text, sizeof(text),
             " %s [%03u] ..... 0.%06u: rwmmio_read: a -> b width=32 addr=%s\n"
             " %s [%03u] ..... 0.%06u: rwmmio_post_read: a -> b width=32 val=%s addr=%s\n",
             task, cpu, us, addr, task, cpu, us + 1, val, addr);
    return text;
}

std::string write_pair(unsigned us, const char *addr, const char *val)
{
    char text[512];

    snprintf(text, sizeof(text),
             " i-1 [000] ..... 0.%06u: rwmmio_write: a -> b width=32 val=%s addr=%s\n"
             " i-1 [000] ..... 0.%06u: rwmmio_post_write: a -> b width=32 val=%s addr=%s\n",
             us, val, addr, us + 1, val, addr);
    return text;
}

TEST(Import, PollsOfCr0ackBecomeOneWaitEvenIfThereIsOnlyOne)
{
    const Imported one = import(smmu_frames + write_pair(10, "0xffff80008054b020", "0x8") +
                                read_pair(20, "0xffff80008054b024", "0x8"));
    const Imported three = import(smmu_frames + write_pair(10, "0xffff80008054b020", "0x8") +
                                  read_pair(20, "0xffff80008054b024", "0x0") +
                                  read_pair(22, "0xffff80008054b024", "0x0") +
                                  read_pair(24, "0xffff80008054b024", "0x8"));

    EXPECT_EQ(without_units(one), (Lines{"@10000 mmio_write 0x20 0x8",
                                         "@21000 wait reg 0x24 mask=0x5df value=0x8 polls=1"}));
    EXPECT_EQ(without_units(three),
              (Lines{"@10000 mmio_write 0x20 0x8",
                     "@25000 wait reg 0x24 mask=0x5df value=0x8 polls=3 took_ns=4000"}));
}

TEST(Import, AGstsPollWaitsForTheBitThatWasChanged)
{
    // QIE, then SIRTP with QIE kept: only the new bit is waited for (facts 1.3).
    const Imported r = import(vtd_frame + write_pair(10, "0xffffc90000008018", "0x4000000") +
                              read_pair(20, "0xffffc9000000801c", "0x4000000") +
                              write_pair(30, "0xffffc90000008018", "0x5000000") +
                              read_pair(40, "0xffffc9000000801c", "0x4000000") +
                              read_pair(50, "0xffffc9000000801c", "0x5000000"));

    EXPECT_EQ(without_units(r),
              (Lines{"@10000 mmio_write 0x18 0x4000000",
                     "@21000 wait reg 0x1c mask=0x4000000 value=0x4000000 polls=1",
                     "@30000 mmio_write 0x18 0x5000000",
                     "@51000 wait reg 0x1c mask=0x1000000 value=0x1000000 polls=2 took_ns=10000"}));
}

TEST(Import, AReadThatIsNotRepeatedStaysARead)
{
    const Imported r = import(smmu_frames + read_pair(20, "0xffff80008054b000", "0xd40101a") +
                              read_pair(30, "0xffff80008054b004", "0x2730010"));

    EXPECT_EQ(without_units(r),
              (Lines{"@21000 mmio_read 0x0 0xd40101a", "@31000 mmio_read 0x4 0x2730010"}));
}

TEST(Import, ARunOfReadsThatChangeIsAWaitForTheBitsThatChanged)
{
    const Imported r = import(smmu_frames + read_pair(20, "0xffff80008054b060", "0x1") +
                              read_pair(30, "0xffff80008054b060", "0x1") +
                              read_pair(40, "0xffff80008054b060", "0x5"));

    EXPECT_EQ(without_units(r),
              (Lines{"@41000 wait reg 0x60 mask=0x4 value=0x4 polls=3 took_ns=20000"}));
}

TEST(Import, AWaitKeepsItsPlaceAmongAnotherCpusRecords)
{
    const std::string other = " o-2 [001] ..... 0.000025: mem_write: kind=CD pa=0x1000 old=0x0 "
                              "val=0x1\n";
    const Imported r = import(smmu_frames + write_pair(10, "0xffff80008054b020", "0x8") +
                              read_pair(20, "0xffff80008054b024", "0x0") + other +
                              read_pair(30, "0xffff80008054b024", "0x8"));

    EXPECT_EQ(without_units(r),
              (Lines{"@10000 mmio_write 0x20 0x8", "@25000/1 store CD 0x1000 0x1 old=0x0",
                     "@31000 wait reg 0x24 mask=0x5df value=0x8 polls=2 took_ns=10000"}));
}

TEST(Import, ManyRecordsBehindAnOpenReadComeOutInOrder)
{
    std::string text = smmu_frames + read_pair(20, "0xffff80008054b000", "0x1");

    for (unsigned i = 0; i < 10000; i++) {
        char line[160];

        snprintf(line, sizeof(line),
                 " o-2 [001] ..... 0.%06u: mem_write: kind=CD pa=0x%x old=0x0 val=0x1\n", 100 + i,
                 i * 8);
        text += line;
    }
    const Lines lines = without_units(import(text));

    ASSERT_EQ(lines.size(), 10001u);
    EXPECT_EQ(lines[0], "@21000 mmio_read 0x0 0x1");
    EXPECT_EQ(lines[1], "@100000/1 store CD 0x0 0x1 old=0x0");
    EXPECT_EQ(lines[10000], "@10099000/1 store CD 0x13878 0x1 old=0x0");
}

TEST(Import, ManyOpenReadsOfManyTasksComeOutInOrder)
{
    std::string text = smmu_frames;

    for (unsigned i = 0; i < 6000; i++) {
        char task[16];

        snprintf(task, sizeof(task), "t-%u", 10 + i);
        text += read_pair(20 + 2 * i, "0xffff80008054b000", "0x1", task, i % 64);
    }
    const Lines lines = without_units(import(text));

    ASSERT_EQ(lines.size(), 6000u);
    EXPECT_EQ(lines[1], "@23000/1 mmio_read 0x0 0x1");
    EXPECT_EQ(lines[5999], "@12019000/47 mmio_read 0x0 0x1");
}

TEST(Import, ASyncAndItsPollsAreOneWait)
{
    const Imported r = import(
        smmu_frames +
        std::string(" i-1 [000] ..... 0.000100: sync_begin: queue=0x41400000 idx=0x7\n") +
        read_pair(110, "0xffff80008054b09c", "0x7") + read_pair(120, "0xffff80008054b09c", "0x8") +
        " i-1 [000] ..... 0.000130: sync_end: queue=0x41400000 idx=0x7 ret=0\n");

    EXPECT_EQ(without_units(r),
              (Lines{"@130000 wait queue 0x41400000 index=7 polls=2 took_ns=30000"}));
}

TEST(Import, AFailedSyncKeepsItsError)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000100: sync_begin: queue=0x1000 idx=0x7\n"
               " i-1 [000] ..... 0.000200: sync_end: queue=0x1000 idx=0x7 ret=-110\n");

    EXPECT_EQ(r.lines, (Lines{"@200000 wait queue 0x1000 index=7 took_ns=100000 ret=-110"}));
}

TEST(Import, ASyncWithoutItsEndGivesNoWait)
{
    const Imported r = import(" i-1 [000] ..... 0.000100: sync_begin: queue=0x1000 idx=0x7\n");

    EXPECT_EQ(r.lines, Lines{});
}

TEST(Import, MapTakesItsDomainFromTheMarkAroundIt)
{
    const Imported r = import(
        " i-1 [000] ..... 0.000001: op_begin: op=map dev=- domain=0xffff01 a=0x1000 b=0x2000 "
        "ret=0\n"
        " i-1 [000] ..... 0.000002: map: IOMMU: iova=0x0000000000001000 - 0x0000000000003000 "
        "paddr=0x00000000405ff000 size=8192\n"
        " i-1 [000] ..... 0.000003: op_end: op=map dev=- domain=0xffff01 a=0x1000 b=0x2000 ret=0\n"
        " i-1 [000] ..... 0.000004: map: IOMMU: iova=0x0000000000001000 - 0x0000000000002000 "
        "paddr=0x00000000405ff000 size=4096\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 begin map domain=0xffff01 a=0x1000 b=0x2000",
                              "@2000 map 0xffff01 0x1000 0x405ff000 0x2000",
                              "@3000 end map domain=0xffff01 a=0x1000 b=0x2000",
                              "@4000 map 0x0 0x1000 0x405ff000 0x1000"}));
}

TEST(Import, MapKeepsPermissionsOfANewerPatch)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000002: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 size=4096 "
               "prot=0x9\n");

    EXPECT_EQ(r.lines, (Lines{"@2000 map 0x0 0x1000 0x3000 0x1000 prot=r"}));
}

TEST(Import, UnmapTellsWhatWasRemoved)
{
    const Imported r = import(
        " i-1 [000] ..... 0.000001: op_begin: op=unmap dev=- domain=0xd a=0x0 b=0x3000 ret=0\n"
        " i-1 [000] ..... 0.000002: unmap: IOMMU: iova=0x0000000000000000 - "
        "0x0000000000003000 size=12288 unmapped_size=4096\n");

    EXPECT_EQ(r.lines[1], "@2000 unmap 0xd 0x0 0x3000 0x1000");
}

TEST(Import, NestedMarksNameTheDeviceOnce)
{
    const Imported r = import(
        " i-1 [000] ..... 0.000001: op_begin: op=iommufd_replace dev=0000:00:04.0 domain=0x0 a=0x3 "
        "b=0x0 ret=0\n"
        " i-1 [000] ..... 0.000002: op_begin: op=drv_attach dev=0000:00:04.0 domain=0xd a=0x1 "
        "b=0x0 "
        "ret=0\n"
        " i-1 [000] ..... 0.000003: op_end: op=drv_attach dev=0000:00:04.0 domain=0xd a=0x1 b=0x0 "
        "ret=0\n"
        " i-1 [000] ..... 0.000004: op_end: op=iommufd_replace dev=0000:00:04.0 domain=0x0 a=0x3 "
        "b=0x0 ret=-98\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 device 0 \"0000:00:04.0\"", "@1000 begin replace dev=0 a=0x3",
                              "@2000 begin drv_attach dev=0 domain=0xd a=0x1",
                              "@3000 end drv_attach dev=0 domain=0xd a=0x1",
                              "@4000 end replace dev=0 a=0x3 ret=-98"}));
}

TEST(Import, ACommandIsA16ByteStoreAndAWideDescriptorTwo)
{
    const Imported smmu =
        import(std::string(smmu_frames) +
               " i-1 [000] ..... 0.000002: cmd: pa=0x41400010 n=2 dw=0x2000000005,0x1,0x0,0x0\n");
    const Imported vtd =
        import(std::string(vtd_frame) + " i-1 [000] ..... 0.000002: cmd: pa=0x7dc020 n=4 "
                                        "dw=0x200000025,0x151404,0x0,0x0\n");

    EXPECT_EQ(without_units(smmu),
              (Lines{"@2000 store CMD 0x41400010 0x2000000005 value_hi=0x1 width=16"}));
    EXPECT_EQ(without_units(vtd),
              (Lines{"@2000 store QI 0x7dc020 0x200000025 value_hi=0x151404 width=16",
                     "@2000 store QI 0x7dc030 0x0 width=16"}));
}

TEST(Import, QiSubmitFoldsIntoTheCmdWithItsDescriptorOnly)
{
    const Imported r =
        import(std::string(vtd_frame) +
               " i-1 [000] ..... 0.000001: qi_submit: iotlb_inv dmar0: 0xd2 0x0 0x0 0x0\n"
               " i-1 [000] ..... 0.000002: cmd: pa=0x7dc000 n=4 dw=0xd2,0x0,0x0,0x0\n"
               " i-1 [000] ..... 0.000003: qi_submit: cc_inv dmar0: 0x11 0x0 0x0 0x0\n");
    uint64_t folded = 0;
    uint64_t ignored = 0;

    for (unsigned i = 0; i < r.stats->n_fates[TRC_E_QI_SUBMIT]; i++) {
        const trc_fate &fate = r.stats->fates[TRC_E_QI_SUBMIT][i];

        (fate.kind == TRC_FATE_FOLDED ? folded : ignored) += fate.n_events;
    }
    EXPECT_EQ(folded, 1u);
    EXPECT_EQ(ignored, 1u);
}

TEST(Import, MemoryLivesFromAllocToFree)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: table_alloc: kind=STE pa=0x40f20000 size=0x4000\n"
               " i-1 [000] ..... 0.000002: mem_write: kind=STE pa=0x40f20000 old=0x0 val=0x1\n"
               " i-1 [000] ..... 0.000003: table_free: kind=STE pa=0x40f20000 size=0x4000\n");

    EXPECT_EQ(r.lines,
              (Lines{"@1000 memory STE 0x40f20000 0x4000", "@2000 store STE 0x40f20000 0x1 old=0x0",
                     "@3000 free STE 0x40f20000 0x4000"}));
}

TEST(Import, EventsFaultsGroupsAndMarksAreKept)
{
    const Imported r = import(
        " i-1 [000] ..... 0.000001: add_device_to_group: IOMMU: groupID=1 device=0000:00:04.0\n"
        " i-1 [000] ..... 0.000002: evt: pa=0x42000000 n=4 "
        "dw=0x200000000a,0x800000000,0x1000000,0x0\n"
        " i-1 [000] ..... 0.000003: io_page_fault: IOMMU:0000:00:04.0 vfio-pci "
        "iova=0x0000000001000000 flags=0x0001\n"
        " i-1 [000] ..... 0.000004: tracing_mark_write: DUMP attached  x\n"
        " i-1 [000] ..... 0.000005: remove_device_from_group: IOMMU: groupID=1 "
        "device=0000:00:04.0\n");

    EXPECT_EQ(r.lines,
              (Lines{"@1000 device 0 \"0000:00:04.0\"", "@1000 group 0 1 join",
                     "@2000 event 0x42000000 4 0x200000000a word1=0x800000000 word2=0x1000000",
                     "@3000 fault 0 0x1000000 0x1", "@4000 mark \"DUMP attached  x\"",
                     "@5000 group 0 1 leave"}));
}

TEST(Import, LostEventsBecomeLostRecords)
{
    const Imported r =
        import("# entries-in-buffer/entries-written: 1/5   #P:2\n"
               " i-1 [000] ..... 0.000001: table_free: kind=STE pa=0x1000 size=0x1000\n"
               "CPU:1 [LOST 12 EVENTS]\n");

    EXPECT_EQ(r.lines, (Lines{"@0 lost 4", "@1000 free STE 0x1000 0x1000", "@1000/1 lost 12"}));
    EXPECT_EQ(r.stats->n_lost, 16u);
}

TEST(Import, AStoreTellsItsInstructionIfTheKernelDoes)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: mem_write: kind=CD pa=0x1000 old=0x0 val=0x1 "
               "ip=0xffff8000802702fc\n"
               " i-1 [000] ..... 0.000002: mem_write: kind=CD pa=0x1008 old=0x0 val=0x2\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 store CD 0x1000 0x1 old=0x0 ip=0xffff8000802702fc",
                              "@2000 store CD 0x1008 0x2 old=0x0"}));
}

TEST(Import, BarriersAreRecordsAndAFlushIsOneForEachLine)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: barrier: what=write pa=0x0 size=0x0\n"
               " i-1 [000] ..... 0.000002: barrier: what=full pa=0x0 size=0x0\n"
               " i-1 [000] ..... 0.000003: barrier: what=flush pa=0x1038 size=0x10\n"
               " i-1 [000] ..... 0.000004: barrier: what=flush pa=0x2040 size=0x40\n"
               " i-1 [000] ..... 0.000005: barrier: what=flush pa=0x3000 size=0x0\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 barrier write", "@2000 barrier full",
                              "@3000 barrier flush pa=0x1000", "@3000 barrier flush pa=0x1040",
                              "@4000 barrier flush pa=0x2040", "@5000 barrier flush pa=0x3000"}));
}

TEST(Import, UnknownOrEndlessBarriersAreIgnored)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: barrier: what=speculation pa=0x0 size=0x0\n"
               " i-1 [000] ..... 0.000002: barrier: what=flush pa=0x0 size=0x1000001\n"
               " i-1 [000] ..... 0.000003: barrier: what=flush pa=0xffffffffffffffff size=0x40\n");

    EXPECT_EQ(r.lines, Lines{});
}

TEST(Import, EachRequesterOfADeviceIsADeviceRecord)
{
    const Imported r = import(
        " i-1 [000] ..... 0.000001: requester: dev=0000:00:04.0 id=0x20\n"
        " i-1 [000] ..... 0.000002: add_device_to_group: IOMMU: groupID=1 device=0000:00:04.0\n"
        " i-1 [000] ..... 0.000003: requester: dev=0000:00:04.0 id=0x21\n"
        " i-1 [000] ..... 0.000004: requester: dev=- id=0x21\n");

    EXPECT_EQ(r.lines,
              (Lines{"@1000 device 0 \"0000:00:04.0\" requester=0x20", "@2000 group 0 1 join",
                     "@3000 device 0 \"0000:00:04.0\" requester=0x21"}));
}

TEST(Import, SwitchesOfAtsAreRecords)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: ats: dev=0000:01:00.0 on=1 stu=0 pri=0\n"
               " i-1 [000] ..... 0.000002: ats: dev=0000:01:00.0 on=1 stu=2 pri=1\n"
               " i-1 [000] ..... 0.000003: ats: dev=0000:01:00.0 on=0 stu=0 pri=0\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 device 0 \"0000:01:00.0\"", "@1000 ats 0 on",
                              "@2000 ats 0 on stu=2 pri=on", "@3000 ats 0 off"}));
}

TEST(Import, ImpossibleValuesBecomeALostRecord)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: mem_write: kind=STE pa=0x1001 old=0x0 val=0x1\n"
               " i-1 [000] ..... 0.000002: cmd: pa=0x1000 n=9 dw=0x0,0x0,0x0,0x0\n");

    EXPECT_EQ(r.lines, (Lines{"@1000 lost 1", "@2000 lost 1"}));
}

TEST(Import, ALineCutAtTheEndOfTheFileIsLeftOutAndLost)
{
    const Imported r =
        import(" i-1 [000] ..... 0.000001: mem_write: kind=STE pa=0x1000 old=0x0 val=0x1\n"
               " i-1 [000] ..... 0.000002: mem_write: kind=STE pa=0x1008 old=0x0 val=0x1");

    EXPECT_EQ(r.err, SIM_ETRUNC);
    EXPECT_EQ(r.lines, (Lines{"@1000 store STE 0x1000 0x1 old=0x0", "@1000 lost 0"}));
}

TEST(Import, EventsOfOthersAreCountedByName)
{
    const Imported r = import(" i-1 [000] ..... 0.000001: sched_switch: prev_comm=a\n"
                              " i-1 [000] ..... 0.000001: sched_switch: prev_comm=b\n");

    ASSERT_EQ(r.stats->n_others, 1u);
    EXPECT_STREQ(r.stats->others[0].name, "sched_switch");
    EXPECT_EQ(r.stats->others[0].n_events, 2u);
}

} // namespace
