// SPDX-License-Identifier: BSD-2-Clause
// platform.cpp - a platform in which a driver replaces domains under two devices that never rest:
// what did they see, and what did it cost?
//
//   platform [--arch smmuv3|vtd] [--driver NAME] [--style at|lt|dmi] [--config FILE]
//            [--preset NAME] [--set NAME=VALUE]... [--replaces N] [--out FOLDER]
//
// With --out: FOLDER/platform.vcd (waves), platform.csv (the same for gnuplot) and
// platform.iotr.txt (what the driver did, for `iommusim replay` and `explore`).
// Exit: 0 no request saw anything but the old or the new domain, 1 one did, 2 wrong options.
#include "examples/systemc/platform.h"

#include <cinttypes>
#include <cstdlib>

namespace
{

struct Options {
    bool is_smmu = true;
    std::string driver = "best", file, preset, out;
    Device::Style style = Device::AT;
    std::vector<std::pair<std::string, std::string>> settings;
    unsigned n_replaces = 4;
};

const char kUsage[] = "Usage: platform [--arch smmuv3|vtd] [--driver NAME] [--style at|lt|dmi]\n"
                      "  [--config FILE] [--preset NAME] [--set NAME=VALUE]... [--replaces N]\n"
                      "  [--out FOLDER]\n"
                      "FOLDER, which must be there, gets waves, figures and a recording.\n";

[[noreturn]] void refuse(const std::string &what)
{
    std::fprintf(stderr, "platform: %s\n", what.c_str());
    std::exit(2);
}

[[noreturn]] void usage(const std::string &what)
{
    refuse(what + "\n" + kUsage);
}

Options read_options(int argc, char *argv[])
{
    Options o;

    for (int i = 1; i < argc; i += 2) {
        const std::string key = argv[i];

        if (key == "--help") {
            std::fputs(kUsage, stdout);
            std::exit(0);
        }
        if (i + 1 == argc)
            usage(key + " needs a value");
        const std::string value = argv[i + 1];
        if (key == "--arch" && (value == "smmuv3" || value == "vtd"))
            o.is_smmu = value == "smmuv3";
        else if (key == "--driver")
            o.driver = value;
        else if (key == "--style" && (value == "at" || value == "lt" || value == "dmi"))
            o.style = value == "at" ? Device::AT : value == "lt" ? Device::LT : Device::DMI;
        else if (key == "--config")
            o.file = value;
        else if (key == "--preset")
            o.preset = value;
        else if (key == "--set" && value.find('=') != std::string::npos)
            o.settings.emplace_back(value.substr(0, value.find('=')),
                                    value.substr(value.find('=') + 1));
        else if (key == "--replaces")
            o.n_replaces = static_cast<unsigned>(std::atoi(value.c_str()));
        else if (key == "--out")
            o.out = value;
        else
            usage("what is " + key + " " + value + "?");
    }
    return o;
}

/* A preset, on top of it what a file says, and on top of both what stands here. */
iommusim_config *configure(const Options &o)
{
    iommusim_config *config = iommusim_config_new(o.is_smmu ? IOMMUSIM_SMMUV3 : IOMMUSIM_VTD);
    char error[512];

    if (!config)
        refuse("no memory");
    if (!o.preset.empty() && iommusim_config_preset(config, o.preset.c_str()))
        refuse("there is no preset " + o.preset);
    if (!o.file.empty() && iommusim_config_load(config, o.file.c_str(), error, sizeof(error)))
        refuse(error);
    for (const auto &[name, value] : o.settings) {
        if (iommusim_config_set(config, name.c_str(), value.c_str()))
            refuse(name + " cannot be " + value);
    }
    return config;
}

/* Waves: sampled, and only what a stranger could measure at the sockets or read from registers. */
struct Waves : sc_core::sc_module {
    sc_core::sc_signal<unsigned> in_flight{"requests_in_flight"}, waiting{"requests_waiting"},
        accesses{"accesses_in_flight"}, depth{"queue_depth"}, hits{"tlb_hits"}, walks{"walks"},
        refused{"requests_refused"}, domain{"domain"}, replacing{"replacing"};
    Platform &p;
    sc_core::sc_trace_file *vcd = nullptr;
    std::FILE *csv = nullptr;
    bool is_over = false;

    Waves(const sc_core::sc_module_name &name, Platform &platform, const std::string &out)
        : sc_module(name), p(platform)
    {
        if (out.empty())
            return;
        vcd = sc_core::sc_create_vcd_trace_file((out + "/platform").c_str());
        vcd->set_time_unit(1, sc_core::SC_NS);
        csv = std::fopen((out + "/platform.csv").c_str(), "w");
        if (!csv)
            refuse("cannot write to " + out);
        std::fprintf(csv, "ns,in_flight,waiting,accesses,queue_depth,hits,walks,refused,domain,"
                          "replacing\n");
        for (sc_core::sc_signal<unsigned> *s : {&in_flight, &waiting, &accesses, &depth, &hits,
                                                &walks, &refused, &domain, &replacing})
            sc_core::sc_trace(vcd, *s, s->basename());
        sc_core::sc_spawn([this] { sample(); }, "sample");
    }
    ~Waves() override
    {
        if (vcd)
            sc_core::sc_close_vcd_trace_file(vcd);
        if (csv)
            (void)std::fclose(csv);
    }
    uint64_t look(uint64_t offset, unsigned n)
    {
        tlm::tlm_generic_payload trans;
        uint64_t value = 0;

        trans.set_command(tlm::TLM_READ_COMMAND);
        trans.set_address(offset);
        trans.set_data_ptr(reinterpret_cast<unsigned char *>(&value));
        trans.set_data_length(n);
        trans.set_streaming_width(n);
        (void)p.cpu.regs->transport_dbg(trans);
        return value;
    }
    unsigned queue_depth()
    {
        if (!p.is_smmu) { /* pages of descriptors of 16 or 32 bytes */
            const uint64_t iqa = look(VTD_REG_IQA, 8), n_bytes = UINT64_C(4096) << vtd_IQA_QS(&iqa);
            const uint64_t left = (look(VTD_REG_IQT, 8) - look(VTD_REG_IQH, 8)) & (n_bytes - 1);

            return static_cast<unsigned>(left / (vtd_IQA_DW(&iqa) ? 32 : 16));
        }
        const uint64_t prod = look(SMMU_REG_CMDQ_PROD, 4), cons = look(SMMU_REG_CMDQ_CONS, 4);

        return static_cast<unsigned>((smmu_CMDQ_PROD_WR(&prod) - smmu_CMDQ_CONS_RD(&cons)) &
                                     0xfffff);
    }
    void sample()
    {
        while (!is_over) {
            const iommusim_tlm::statistics &s = p.unit->stats();
            uint64_t n_refused = 0;

            for (const auto &device : p.devices)
                n_refused += device->n_refused;
            in_flight.write(s.n_in_flight);
            waiting.write(s.n_waiting);
            accesses.write(s.n_accesses_in_flight);
            depth.write(queue_depth());
            hits.write(static_cast<unsigned>(s.n_tlb_hits));
            walks.write(static_cast<unsigned>(s.n_walks));
            refused.write(static_cast<unsigned>(n_refused));
            domain.write(p.current);
            replacing.write(p.is_replacing);
            sc_core::wait(10, sc_core::SC_NS);
            std::fprintf(csv, "%.0f,%u,%u,%u,%u,%u,%u,%u,%u,%u\n",
                         sc_core::sc_time_stamp().to_seconds() * 1e9, in_flight.read(),
                         waiting.read(), accesses.read(), depth.read(), hits.read(), walks.read(),
                         refused.read(), domain.read(), replacing.read());
        }
    }
};

int story(Platform &p, const Options &o)
{
    int n_bad = 0;
    uint64_t n_refused = 0;

    if (!p.boot(o.driver.c_str()) || !p.map(1, 32) || !p.map(2, 32))
        return 1;
    for (size_t i = 0; i < p.devices.size(); i++) {
        p.devices[i]->n_pages = 32;
        p.devices[i]->gap = sc_core::sc_time(20, sc_core::SC_NS);
        p.devices[i]->quantum_ns = 100;
        if (!p.attach(i, 1, SIM_OP_ATTACH))
            return 1;
        p.devices[i]->start(UINT32_MAX);
    }
    std::printf("%-8s %8s %8s %8s %8s %8s %8s\n", "replace", "ns", "old", "new", "refused", "wrong",
                "stale");
    for (unsigned n = 0; n < o.n_replaces; n++) {
        sc_core::wait(5, sc_core::SC_US);
        const Platform::Seen seen = p.replace(n % 2 ? 1 : 2);

        std::printf("%-8u %8.0f %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n",
                    n + 1, seen.took.to_seconds() * 1e9, seen.n_old, seen.n_new, seen.n_refused,
                    seen.n_wrong, seen.n_stale);
        n_bad += seen.n_wrong || seen.n_stale;
        n_refused += seen.n_refused;
    }
    for (size_t i = 0; i < p.devices.size(); i++) {
        p.devices[i]->stop();
        p.rest(i);
    }
    std::printf("verdict: %s, %s\n", n_bad ? "NOT SAFE" : "safe",
                n_refused ? "not hitless" : "hitless");
    return n_bad != 0;
}

} // namespace

int sc_main(int argc, char *argv[])
{
    const Options o = read_options(argc, argv);
    iommusim_config *config = configure(o);
    int code = 1;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    {
        Platform p(o.is_smmu, config, 2);
        p.add_device(o.style);
        p.add_device(o.style);
        p.connect();
        for (size_t i = 0; i < p.devices.size(); i++)
            p.devices[i]->socket.bind(p.unit->upstream[i]);
        Waves waves("waves", p, o.out);

        sc_core::sc_spawn([&] {
            code = story(p, o);
            waves.is_over = true;
            sc_core::sc_stop();
        });
        sc_core::sc_start();
        if (!o.out.empty()) {
            std::FILE *file = std::fopen((o.out + "/platform.iotr.txt").c_str(), "w");

            if (!file || std::fwrite(p.cpu.recording.data(), 1, p.cpu.recording.size(), file) !=
                             p.cpu.recording.size())
                refuse("cannot write to " + o.out);
            (void)std::fclose(file);
        }
    }
    iommusim_config_free(config);
    return code;
}
