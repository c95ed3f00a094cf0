// SPDX-License-Identifier: BSD-2-Clause
// A simulation of the library, for its tests; registers are VT-d's (facts 4).
#ifndef TESTS_UNIT_API_MACHINE_H
#define TESTS_UNIT_API_MACHINE_H

#include <cstdint>
#include <gtest/gtest.h>
#include <iommusim/iommusim.h>
#include <map>
#include <string>
#include <vector>

enum : uint64_t {
    GCMD = 0x18,
    GSTS = 0x1c,
    RTADDR = 0x20,
    FECTL = 0x38,
    FEDATA = 0x3c,
    FEADDR = 0x40,
    IQT = 0x88,
    IQA = 0x90,
    TE = 0x80000000,
    SRTP = 0x40000000,
    QIE = 0x04000000,
};

// A simulation, and a world that remembers.
struct Machine {
    iommusim_config *config;
    iommusim *sim = nullptr;
    iommusim_world world = {};
    std::map<uint64_t, uint8_t> bytes;
    std::vector<std::string> heard;
    std::vector<int> errors; // of calls in a callback
    bool refuses = false;
    uint32_t itag = 0; // of the last invalidation

    explicit Machine(iommusim_arch arch) : config(iommusim_config_new(arch))
    {
        world.ctx = this;
    }

    Machine(const Machine &) = delete;
    Machine &operator=(const Machine &) = delete;

    ~Machine()
    {
        iommusim_config_free(config);
        iommusim_free(sim);
    }

    void start()
    {
        ASSERT_EQ(iommusim_new(config, &world, &sim), 0);
    }

    void own_memory()
    {
        world.read = [](void *ctx, uint64_t pa, void *data, uint32_t n) {
            Machine *self = static_cast<Machine *>(ctx);
            for (uint32_t i = 0; i < n; i++)
                static_cast<uint8_t *>(data)[i] = self->bytes[pa + i];
            return self->refuses ? 1 : 0;
        };
        world.write = [](void *ctx, uint64_t pa, const void *data, uint32_t n) {
            Machine *self = static_cast<Machine *>(ctx);
            for (uint32_t i = 0; i < n && !self->refuses; i++)
                self->bytes[pa + i] = static_cast<const uint8_t *>(data)[i];
            return self->refuses ? 1 : 0;
        };
    }

    void on(uint64_t bits)
    {
        ASSERT_EQ(iommusim_reg_write(sim, GCMD, 4, bits), 0);
        ASSERT_EQ(iommusim_wait_reg(sim, GSTS, bits, bits, IOMMUSIM_NEVER), 0);
    }
};

#endif
