/* SPDX-License-Identifier: BSD-2-Clause
 * bench.h - a machine, a reference driver and objects, to be told line by line what to do. */
#ifndef SCENARIO_BENCH_H
#define SCENARIO_BENCH_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct run_stats;

/* Without traffic: what hardware does is the driver's doing, and that of the requests that lines
 * make. @settings: as of --set. */
class Bench
{
  public:
    Bench(const std::string &arch, const std::string &driver, const std::string &file,
          const std::vector<std::string> &settings = {});
    ~Bench();
    Bench(const Bench &) = delete;
    Bench &operator=(const Bench &) = delete;

    bool is_up() const;
    int lines();                       /* those of the file; how many ended unexpectedly */
    int line(const std::string &text); /* 0 or a negative errno */
    const struct run_stats &stats() const;
    void fail(int what, uint64_t n); /* enum run_fail */
    void halt();
    /* Ends the run, and does its records again on a machine of its own: "", or what was not the
     * same to the picosecond. */
    std::string replay();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts;
};

#endif
