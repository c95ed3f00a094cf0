/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_facts_test.cpp - the descriptors, waits and ATS of every change of a domain by the
 * drivers of Linux: worked out a second time, from their rules (which flush for which type, by
 * which number, with ATS on or off when) and from the bits of each descriptor. Nothing of the
 * drivers is used. */
#include "tests/unit/kernel-glue/drivers/vtd_port.h"

#include <algorithm>
#include <set>

using namespace drv_test;

namespace
{

enum Kernel { L612, L615, L7 };

enum Type { NONE, FS, SS, NESTED, PT };

struct Known {
    Type type;
    bool turns_ats_on; /* 6.12 leaves ATS off where a guest's table is */
    unsigned did = 0, users = 0;
};

struct Unit {
    const char *name;
    Kernel kernel;
    const char *driver;
    uint64_t ecap, cap;
    bool has_ats;

    bool is_scalable() const
    {
        return ecap >> 43 & 1;
    }
};

std::ostream &operator<<(std::ostream &out, const Unit &unit)
{
    return out << unit.name;
}

constexpr uint64_t rid = 0x18;

std::string descriptor(uint64_t low, uint64_t high)
{
    char text[48];

    (void)snprintf(text, sizeof(text), "qi %llx %llx", static_cast<unsigned long long>(low),
                   static_cast<unsigned long long>(high));
    return text;
}

/* What the rules say. */
class Rules
{
  public:
    explicit Rules(const Unit &unit) : unit_(unit)
    {
    }

    /* Without a PASID: always gone first, then there. */
    Lines attach(Known *to)
    {
        leave(&own_, 0);
        enter(&own_, to, 0);
        return taken();
    }

    Lines set_pasid(Known *to, uint32_t pasid)
    {
        Known *old = pasid_;

        if (!old) {
            enter(&pasid_, to, pasid);
        } else if (!to) {
            leave(&pasid_, pasid);
        } else if (unit_.kernel == L615) {
            take(to); /* the new number before the old one is given back */
            say(0x17 | uint64_t(old->did) << 16 | uint64_t(pasid) << 32);
            say(0x26 | uint64_t(old->did) << 16 | uint64_t(pasid) << 32);
            devices(pasid);
            give(old);
            pasid_ = to;
        } else {
            take(to);
            leave(&pasid_, pasid);
            enter(&pasid_, to, pasid);
            give(to);
        }
        return taken();
    }

  private:
    void say(uint64_t low, uint64_t high = 0)
    {
        lines_.push_back(descriptor(low, high));
        lines_.emplace_back("wait");
    }

    void ats(bool on)
    {
        if (unit_.has_ats && on != ats_on_)
            lines_.emplace_back(on ? "ats on" : "ats off");
        ats_on_ = unit_.has_ats && on;
    }

    /* Everything in the device: S=1 and all address bits but the highest; of a PASID S is bit 11.
     */
    void devices(uint32_t pasid)
    {
        if (!ats_on_)
            return;
        if (!pasid)
            say(0x3 | rid << 32, 0x7ffffffffffff001);
        else
            say(0x8 | rid << 16 | uint64_t(pasid) << 32, 0x7ffffffffffff800);
    }

    void take(Known *domain)
    {
        if (domain->users++ || domain->type == PT)
            return;
        domain->did = 2;
        while (dids_.count(domain->did))
            domain->did++;
        dids_.insert(domain->did);
    }

    void give(Known *domain)
    {
        if (--domain->users == 0 && domain->type != PT)
            dids_.erase(domain->did);
    }

    void leave(Known **at, uint32_t pasid)
    {
        Known *old = *at;
        const uint64_t did = old ? uint64_t(old->did) << 16 : 0;

        if (!pasid && (unit_.kernel == L612 || (!unit_.is_scalable() && unit_.kernel == L615)))
            ats(false);
        if (!old)
            return;
        if (!unit_.is_scalable()) {
            say(0x31 | did | rid << 32); /* context cache, this device */
            say(0xe2 | did);             /* IOTLB, domain, both drains */
        } else {
            say(0x17 | did | uint64_t(pasid) << 32); /* PASID cache, PASID in domain */
            if (old->type == FS || old->type == PT)
                say(0x26 | did | uint64_t(pasid) << 32);
            else
                say(0xe2 | did);
        }
        devices(pasid);
        if (!pasid && !unit_.is_scalable())
            ats(false);
        give(old);
        *at = nullptr;
    }

    /* What was not there needs a flush with caching mode, or a write buffer's. */
    void enter(Known **at, Known *to, uint32_t pasid)
    {
        if (!to)
            return;
        take(to);
        *at = to;
        if (unit_.cap >> 7 & 1) {
            const uint64_t did = uint64_t(to->did) << 16;

            if (unit_.is_scalable()) {
                say(0x17 | did | uint64_t(pasid) << 32);
                say(0x26 | did | uint64_t(pasid) << 32);
            } else {
                say(0x31 | rid << 32);
                say(0xe2 | did);
            }
        } else if (unit_.cap >> 4 & 1) {
            lines_.emplace_back("wbf");
        }
        if (!pasid && to->turns_ats_on)
            ats(true);
    }

    Lines taken()
    {
        Lines lines;

        lines.swap(lines_);
        return lines;
    }

    Unit unit_;
    Lines lines_;
    Known *own_ = nullptr, *pasid_ = nullptr;
    std::set<unsigned> dids_;

  public:
    bool ats_on_ = false;
};

/* Descriptors, waits, ATS and write buffers of what the driver did. */
Lines done(VtdDriver *driver)
{
    Lines lines;

    for (const std::string &line : driver->port.lines()) {
        const bool is_gcmd = line.rfind("w 18=", 0) == 0;

        if (line.rfind("qi ", 0) == 0 || line == "wait" || line.rfind("ats ", 0) == 0)
            lines.push_back(line);
        else if (is_gcmd && std::stoull(line.substr(5), nullptr, 16) >> 27 & 1)
            lines.emplace_back("wbf");
    }
    return lines;
}

const Unit units[] = {
    {"scalable_6_12", L612, "linux-6.12", kEcapScalable, kCap, false},
    {"scalable_6_12_ats", L612, "linux-6.12", kEcapScalable, kCap, true},
    {"scalable_6_12_caching_mode", L612, "linux-6.12", kEcapScalable, kCap | kCm, true},
    {"scalable_6_12_write_buffer", L612, "linux-6.12", kEcapScalable, kCap | kRwbf, false},
    {"scalable_6_15", L615, "linux-6.15", kEcapScalable, kCap, false},
    {"scalable_6_15_ats", L615, "linux-6.15", kEcapScalable, kCap, true},
    {"scalable_6_15_caching_mode", L615, "linux-6.15", kEcapScalable, kCap | kCm, true},
    {"scalable_7", L7, "linux-7", kEcapScalable, kCap, false},
    {"scalable_7_ats", L7, "linux-7", kEcapScalable, kCap, true},
    {"scalable_7_caching_mode", L7, "linux-7", kEcapScalable, kCap | kCm, true},
    {"scalable_7_write_buffer", L7, "linux-7", kEcapScalable, kCap | kRwbf, true},
    {"legacy_6_12", L612, "linux-6.12", kEcapLegacy, kCap, false},
    {"legacy_6_12_ats", L612, "linux-6.12", kEcapLegacy, kCap, true},
    {"legacy_6_12_caching_mode", L612, "linux-6.12", kEcapLegacy, kCap | kCm, true},
    {"legacy_6_15_ats", L615, "linux-6.15", kEcapLegacy, kCap, true},
    {"legacy_7", L7, "linux-7", kEcapLegacy, kCap, false},
    {"legacy_7_ats", L7, "linux-7", kEcapLegacy, kCap, true},
    {"legacy_7_caching_mode", L7, "linux-7", kEcapLegacy, kCap | kCm, true},
};

class VtdFacts : public testing::TestWithParam<Unit>
{
  protected:
    VtdFacts() : driver_(GetParam().driver, GetParam().ecap, GetParam().cap), rules_(GetParam())
    {
        const Unit &unit = GetParam();

        driver_.start(unit.has_ats ? DRV_ATS : 0);
        add({SS, true}, driver_.domain(DRV_PAGING, 2));
        add({SS, true}, driver_.domain(DRV_PAGING, 2));
        if (unit.is_scalable())
            add_more();
        rules_.ats_on_ = unit.has_ats && unit.is_scalable() && unit.kernel != L612;
        driver_.port.forget();
    }

    void add(const Known &known, drv_domain *domain)
    {
        knowns_.push_back(known);
        domains_.push_back(domain);
    }

    void add_more()
    {
        drv_domain *parent = driver_.domain(DRV_PAGING, 2, DRV_NEST_PARENT);
        const bool after = GetParam().kernel != L612;

        add({FS, true}, driver_.domain(DRV_PAGING, 1));
        add({FS, true}, driver_.domain(DRV_PAGING, 1));
        add({NESTED, after}, driver_.nested(parent, 0x76543000));
        add({NESTED, after}, driver_.nested(parent, 0x76549000));
        add({PT, true, 1}, driver_.domain(DRV_IDENTITY));
    }

    /* 6.12 has guests' tables without a PASID only. */
    bool can_have(size_t i) const
    {
        return GetParam().kernel != L612 || knowns_[i].type != NESTED;
    }

    VtdDriver driver_;
    Rules rules_;
    std::vector<Known> knowns_;
    std::vector<drv_domain *> domains_;
};

TEST_P(VtdFacts, HoldForEachOrderedPair)
{
    drv_domain *blocked = driver_.domain(DRV_BLOCKED);

    for (size_t from = 0; from < domains_.size(); from++) {
        for (size_t to = 0; to < domains_.size(); to++) {
            if (from == to)
                continue;
            for (const size_t next : {from, to}) {
                ASSERT_EQ(0, driver_.attach(domains_[next]));
                ASSERT_EQ(rules_.attach(&knowns_[next]), done(&driver_)) << from << " to " << to;
            }
            ASSERT_EQ(0, driver_.attach(blocked));
            ASSERT_EQ(rules_.attach(nullptr), done(&driver_)) << "from " << to;
        }
    }
}

TEST_P(VtdFacts, HoldForEachOrderedPairUnderAPasid)
{
    constexpr uint32_t pasid = 5;
    drv_domain *blocked = driver_.domain(DRV_BLOCKED);
    const bool replaces = GetParam().kernel != L612;

    if (!GetParam().is_scalable())
        GTEST_SKIP() << "legacy mode has no PASIDs";
    for (size_t from = 0; from < domains_.size(); from++) {
        for (size_t to = 0; to < domains_.size(); to++) {
            if (from == to || !can_have(from) || !can_have(to))
                continue;
            ASSERT_EQ(0, driver_.attach(domains_[from], pasid));
            ASSERT_EQ(rules_.set_pasid(&knowns_[from], pasid), done(&driver_));
            EXPECT_EQ(replaces ? 0 : -EBUSY, driver_.attach(domains_[to], pasid));
            ASSERT_EQ(replaces ? rules_.set_pasid(&knowns_[to], pasid) : Lines(), done(&driver_))
                << from << " to " << to;
            ASSERT_EQ(0, driver_.attach(blocked, pasid));
            ASSERT_EQ(rules_.set_pasid(nullptr, pasid), done(&driver_)) << "from " << to;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(On, VtdFacts, testing::ValuesIn(units),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
