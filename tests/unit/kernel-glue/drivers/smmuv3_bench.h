// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_bench.h - what tests of the SMMUv3 drivers share.
#ifndef SMMUV3_BENCH_H
#define SMMUV3_BENCH_H

#include "models/smmuv3/smmu_layout.h"
#include "tests/shim/driver_run.h"

#include <gtest/gtest.h>

#include <sstream>

namespace drv_test
{

inline void add(std::ostringstream *out, const char *name, uint64_t value)
{
    *out << ' ' << name << '=' << value;
}

inline void add_range(std::ostringstream *out, const uint64_t *cmd)
{
    if (smmu_UNKNOWN_CMD_op(cmd) == SMMU_CMD_TLBI_NH_VA)
        add(out, "ASID", smmu_TLBI_NH_VA_ASID(cmd));
    if (smmu_TLBI_NH_VA_VMID(cmd))
        add(out, "VMID", smmu_TLBI_NH_VA_VMID(cmd));
    add(out, "SCALE", smmu_TLBI_NH_VA_SCALE(cmd));
    add(out, "NUM", smmu_TLBI_NH_VA_NUM(cmd));
    add(out, "Leaf", smmu_TLBI_NH_VA_Leaf(cmd));
    add(out, "TTL", smmu_TLBI_NH_VA_TTL(cmd));
    add(out, "TG", smmu_TLBI_NH_VA_TG(cmd));
    *out << " 0x" << std::hex << smmu_TLBI_NH_VA_Addr_addr(cmd);
}

// One command with what it says. Fields of one name lie where they lie in every command.
inline std::string command(const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);
    std::ostringstream out;

    if (op == SMMU_CMD_SYNC)
        return "SYNC";
    out << smmu_cmd_name(op);
    switch (op) {
    case SMMU_CMD_TLBI_NH_ASID:
        add(&out, "ASID", smmu_TLBI_NH_ASID_ASID(cmd));
        break;
    case SMMU_CMD_TLBI_S12_VMALL:
    case SMMU_CMD_TLBI_NH_ALL:
        add(&out, "VMID", smmu_TLBI_NH_ALL_VMID(cmd));
        break;
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
    case SMMU_CMD_TLBI_S2_IPA:
        add_range(&out, cmd);
        break;
    case SMMU_CMD_ATC_INV:
        out << " SID=0x" << std::hex << smmu_ATC_INV_SID(cmd) << std::dec;
        add(&out, "SSV", smmu_ATC_INV_SSV(cmd));
        if (smmu_ATC_INV_SSV(cmd))
            add(&out, "SSID", smmu_ATC_INV_SSID(cmd));
        add(&out, "Size", smmu_ATC_INV_Size(cmd));
        out << " 0x" << std::hex << smmu_ATC_INV_Addr_addr(cmd);
        break;
    case SMMU_CMD_CFGI_STE:
    case SMMU_CMD_CFGI_CD:
        out << " SID=0x" << std::hex << smmu_CFGI_STE_SID(cmd) << std::dec;
        if (op == SMMU_CMD_CFGI_CD)
            add(&out, "SSID", smmu_CFGI_CD_SSID(cmd));
        add(&out, "Leaf", smmu_CFGI_STE_Leaf(cmd));
        break;
    case SMMU_CMD_RESUME:
        out << " SID=0x" << std::hex << smmu_RESUME_SID(cmd) << std::dec;
        add(&out, "STAG", smmu_RESUME_STAG(cmd));
        add(&out, "Ac", smmu_RESUME_Ac(cmd));
        add(&out, "Ab", smmu_RESUME_Ab(cmd));
        break;
    case SMMU_CMD_PRI_RESP:
        out << " SID=0x" << std::hex << smmu_PRI_RESP_SID(cmd) << std::dec;
        add(&out, "SSV", smmu_PRI_RESP_SSV(cmd));
        add(&out, "PRGIndex", smmu_PRI_RESP_PRGIndex(cmd));
        add(&out, "Resp", smmu_PRI_RESP_Resp(cmd));
        break;
    default:
        break;
    }
    return out.str();
}

// The commands since the last time somebody looked.
inline std::vector<std::string> commands(DriverRun &run)
{
    std::vector<std::string> lines;

    for (size_t i = run.seen(); i < run.port.records.size(); i++) {
        const sim_record &rec = run.port.records[i];
        const uint64_t cmd[2] = {rec.store.value, rec.store.value_hi};

        if (rec.kind == SIM_R_STORE && rec.store.structure == SIM_S_CMD)
            lines.push_back(command(cmd));
    }
    run.skip();
    return lines;
}

} // namespace drv_test

#endif
