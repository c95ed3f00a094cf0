/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_fixture.h - a folder for each test, grids in it, and what a grid becomes. */
#ifndef TESTS_UNIT_CLI_SWEEP_FIXTURE_H
#define TESTS_UNIT_CLI_SWEEP_FIXTURE_H

#include "cli/sweep_grid.h"
#include "cli/sweep_result.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

/* A folder that is gone after the test. */
class Folder
{
  public:
    Folder()
    {
        /* Thousands of small files: in memory, where there is such a place. */
        const std::filesystem::path shm = "/dev/shm";
        const bool has_shm = access(shm.c_str(), W_OK) == 0;
        std::string name =
            ((has_shm ? shm : std::filesystem::temp_directory_path()) / "sweep.XXXXXX").string();

        path = mkdtemp(name.data()) ? name : "";
    }
    ~Folder()
    {
        std::filesystem::remove_all(path);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    std::string write(const std::string &name, const std::string &text) const
    {
        const std::string full = path + "/" + name;

        std::ofstream(full, std::ios::binary) << text;
        return full;
    }
    static std::string read(const std::string &full)
    {
        std::ifstream in(full, std::ios::binary);

        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string path;
};

/* The plan of a grid, and why there is none. */
class Plan
{
  public:
    explicit Plan(const std::string &file)
    {
        char told[1024];

        sim_diag_init(&diag, "grid");
        err = sweep_plan_init(&plan, &diag);
        if (!err)
            err = sweep_grid_read(&plan, file.c_str(), &diag);
        sim_diag_format(&diag, told, sizeof(told));
        text = err ? told : "";
    }
    ~Plan()
    {
        sweep_plan_free(&plan);
    }
    Plan(const Plan &) = delete;
    Plan &operator=(const Plan &) = delete;

    /* "run --a=1 --json", a line for each point. */
    std::vector<std::string> lines() const
    {
        std::vector<std::string> all;

        for (size_t i = 0; i < plan.n_points; i++) {
            std::string line;

            for (uint32_t k = 0; k < plan.points[i].n_args; k++)
                line += std::string(k ? " " : "") + plan.points[i].args[k];
            all.push_back(line);
        }
        return all;
    }
    struct sweep_plan plan = {};
    struct sim_diag diag = {};
    int err = 0;
    std::string text;
};

#endif
