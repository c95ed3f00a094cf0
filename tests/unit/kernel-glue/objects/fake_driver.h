/* SPDX-License-Identifier: BSD-2-Clause
 * fake_driver.h - a driver without hardware: it writes down what it was asked for, and fails where
 * a test says so. */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

#include "kernel-glue/objects/iofd.h"

#include <cerrno>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

/* A domain fits every device but one that is picky (device 0xbad): that one takes its own only. */
struct drv_domain {
    drv_domain_spec spec;
    bool is_of_picky;
    std::map<uint64_t, uint64_t> pages; /* IOVA to physical address, 4 KiB each */
    std::set<uint64_t> dirty;
};

struct drv_device {
    drv_device_info info;
    std::map<uint32_t, drv_domain *> at; /* by PASID */
};

/* @log: a line per call. @fail_at: the n-th call from now on that may fail does, with @error;
 * 0: none. @steps: such calls so far. @n_live: domains that were not freed. */
class Fake
{
  public:
    Fake();
    ~Fake();
    Fake(const Fake &) = delete;
    Fake &operator=(const Fake &) = delete;

    uint32_t device(uint32_t dev, uint32_t flags = 0, uint32_t group = IOFD_NO_GROUP);
    uint32_t ioas();
    uint32_t hwpt(uint32_t ioas, uint32_t flags = 0);
    int map(uint32_t ioas, uint64_t iova, uint64_t pa, uint64_t n_bytes, uint8_t prot = 3);
    /* Where a request ends: the physical address, or -1 if it is refused. */
    int64_t dma(uint32_t dev, uint64_t iova, uint32_t pasid = IOFD_NO_PASID) const;
    /* The log since the last call, without map, unmap and the like if @switches. */
    std::vector<std::string> taken(bool switches = true);
    std::vector<std::string> marks; /* "begin attach 0", "map", ... */
    int step(const std::string &what);

    struct iofd *fd = nullptr;
    std::vector<std::string> log;
    uint32_t fail_at = 0, steps = 0, fail_alloc = 0, allocs = 0;
    int error = -ENOMEM;
    int n_live = 0;
    std::function<void()> during; /* of every attach */
    std::deque<drv_fault> faults;
    std::vector<std::pair<uint64_t, bool>> responses;
    uint64_t now_ns = 0;
    std::map<uint32_t, drv_device *> devices;
    iofd_config config{};
    drv_ops ops{};
    drv_port port{};
};

#endif
