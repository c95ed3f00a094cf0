// SPDX-License-Identifier: BSD-2-Clause
// diff_software.h - software that changes everything there is and invalidates by the book, and asks
// before and after.
#ifndef TESTS_PROPERTY_DIFF_SOFTWARE_H
#define TESTS_PROPERTY_DIFF_SOFTWARE_H

#include "tests/property/diff_tables.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace diff
{

// Whose tables: the host's at EL1 or EL2, or a guest's.
enum : unsigned { kHost, kHyp, kGuest0, kGuest1, kOwners };

// An address space of stage 1: the words of every CD that leads to it, and its tables.
struct Space {
    unsigned owner = kHost;
    unsigned asid = 0;
    Tree lower, upper;
    uint64_t word0 = 0, extra1 = 0, extra2 = 0; // without ASID, A and R; HAD and the like
    bool has_af = false, has_dirty = false;
};

// Stage 2 of a guest: the words of every STE that leads to it. @moved: what a table's address is to
// be xor'ed with to find it.
struct Guest {
    unsigned vmid = 0;
    uint64_t moved = 0;
    Tree tree;
    uint64_t word1 = 0, word2 = 0; // without VMID and S2R
};

// @cds: per SubstreamID the space, or none; with A and R.
struct Stream {
    struct Cd {
        int space;
        uint64_t flags;
    };
    uint32_t sid = 0;
    uint64_t cds_base = 0;
    unsigned config = 0; // STE.Config
    unsigned owner = kHost;
    unsigned cd_max = 0, format = 0;
    uint64_t word1 = 0, flags2 = 0;
    std::map<uint32_t, Cd> cds;

    bool has_s1() const
    {
        return (config & 5) == 5;
    }
    bool has_s2() const
    {
        return (config & 6) == 6;
    }
};

class Software
{
  public:
    explicit Software(uint64_t seed);

    // One change with what belongs to it, and requests before and after.
    void step();
    Machine &machine()
    {
        return machine_;
    }
    // The first difference, or nothing.
    const std::string &difference() const
    {
        return difference_;
    }
    // Was a good answer before the omission of a command another one right after it?
    bool was_observable() const
    {
        return was_observable_;
    }
    unsigned n_requests() const
    {
        return n_requests_;
    }
    unsigned n_good(unsigned config) const
    {
        return n_good_[config];
    }
    const std::map<unsigned, unsigned> &events() const
    {
        return events_;
    }

  private:
    static constexpr unsigned kStreamCount = 8, kIdle = 2; // idle ones have no entry

    // ---- structures (diff_software.cpp)
    void begin();
    void renew_space(Space &space);
    void renew_fields(Space &space);
    void renew_guest(unsigned g);
    void map_guest(Guest &guest);
    uint64_t target_of(unsigned owner, unsigned size_log2);
    unsigned new_tag();
    void renew_stream(Stream &stream);
    void choose_substreams(Stream &stream);
    void write_ste(const Stream &stream);
    void write_cd(const Stream &stream, uint32_t ssid);
    void write_cds(const Stream &stream);
    uint64_t cd_address(const Stream &stream, uint32_t ssid) const;
    uint64_t ste_address(uint32_t sid) const
    {
        return kStreams + 64 * uint64_t{sid};
    }
    unsigned index_of(const Space &space) const
    {
        return static_cast<unsigned>(&space - spaces_.data());
    }
    Guest &guest_of(unsigned owner)
    {
        return guests_[owner - kGuest0];
    }

    // ---- invalidation (diff_invalidate.cpp)
    void flush_space(const Space &space, const Change *change);
    void flush_guest(unsigned vmid, const Change *change);
    void flush_pages(const Change &change, unsigned opcode, uint64_t tag, unsigned granule);
    void flush_range(const Change &change, unsigned opcode, uint64_t tag, unsigned granule);
    void flush_ste(uint32_t sid, bool is_leaf);
    void flush_l1std(uint32_t first);
    void flush_cd(uint32_t sid, uint32_t ssid, bool is_leaf);
    void flush_cds_of(unsigned owner);
    void flush_everything();
    void flush_prefetched();
    void spare_flush();

    // ---- changes (diff_change.cpp)
    void change_page();
    void change_guest_page();
    void change_space();
    void change_guest();
    void renew_and_flush(unsigned g);
    void connect();
    void change_flags();
    void change_cd();
    void change_l1std();
    void change_l1cd();
    void flip_bits();
    uint64_t one_bit_of(uint64_t mask);
    uint64_t flip_ste(const Stream &stream, uint64_t *pa);
    uint64_t flip_cd(const Stream &stream, uint32_t ssid, uint64_t *pa);

    // ---- requests (diff_change.cpp)
    Stream &some_stream();
    Stream *stream_with(bool has_s1, bool has_s2);
    diff_request request_of(const Stream &stream);
    uint64_t address_of(const Stream &stream, uint32_t ssid);
    void aim(diff_request *request, const Stream &stream, uint32_t ssid, uint64_t address);
    void choose_access(diff_request *request);
    void ask(const diff_request &request);
    void ask_around(diff_request request);
    void compare_with_before(const diff_request &request);

    Random random_;
    Machine machine_;
    std::vector<Space> spaces_;
    std::vector<Guest> guests_;
    std::vector<Stream> streams_;
    std::vector<unsigned> tags_;
    unsigned host_vmid_ = 0;
    bool has_globals_ = false;

    struct Seen {
        diff_request request;
        diff_answer wanted;
    };
    std::vector<Seen> seen_; // since the step began
    bool was_observable_ = false;
    std::string difference_;
    unsigned n_requests_ = 0;
    unsigned n_good_[8] = {};
    std::map<unsigned, unsigned> events_;
};

} // namespace diff

#endif
