/* SPDX-License-Identifier: BSD-2-Clause
 * fake_driver.cpp - see fake_driver.h. */
#include "tests/unit/kernel-glue/objects/fake_driver.h"

namespace
{

constexpr uint64_t kPage = 4096;

Fake *of(struct drv *drv)
{
    return reinterpret_cast<Fake *>(drv);
}

const char *kind_name(const drv_domain *domain)
{
    static const char *const names[] = {"blocked", "identity", "paging", "nested", "sva"};

    return names[domain->spec.kind];
}

std::string name(const drv_domain *domain)
{
    return std::string(kind_name(domain)) + "#" + std::to_string(domain->spec.id);
}

int device_add(struct drv *drv, const drv_device_info *info, drv_domain *first, drv_device **device)
{
    const int err = of(drv)->step("add " + std::to_string(info->dev));

    if (err)
        return err;
    *device = new drv_device{*info, {{DRV_NO_PASID, first}}};
    of(drv)->devices[info->dev] = *device;
    return 0;
}

void device_remove(struct drv *drv, drv_device *device)
{
    of(drv)->log.push_back("remove " + std::to_string(device->info.dev));
    of(drv)->devices.erase(device->info.dev);
    delete device;
}

int domain_alloc(struct drv *drv, const drv_domain_spec *spec, const drv_device *device,
                 drv_domain **domain)
{
    const int err = of(drv)->step("alloc");

    if (err)
        return err;
    if (spec->kind == DRV_NESTED && spec->guest[0] & UINT64_C(1) << 57)
        return -EIO;
    *domain = new drv_domain{*spec, device && device->info.dev == 0xbad, {}, {}};
    of(drv)->n_live++;
    return 0;
}

void domain_free(struct drv *drv, drv_domain *domain)
{
    of(drv)->log.push_back("free " + name(domain));
    of(drv)->n_live--;
    delete domain;
}

int attach(struct drv *drv, drv_device *device, uint32_t pasid, drv_domain *domain)
{
    const std::string where = std::to_string(device->info.dev) +
                              (pasid == DRV_NO_PASID ? std::string() : ":" + std::to_string(pasid));
    Fake *fake = of(drv);
    const bool is_going = domain->spec.kind == DRV_BLOCKED;
    const int err = is_going ? 0 : fake->step("attach " + where + " " + name(domain));

    if (is_going)
        fake->log.push_back("attach " + where + " blocked");
    const auto hook = fake->during; /* it may take itself away */
    if (hook)
        hook();
    if (!err)
        device->at[pasid] = domain;
    return err;
}

int map(struct drv *drv, drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t n_bytes, uint8_t)
{
    const int err = of(drv)->step("map " + name(domain));

    for (uint64_t at = 0; !err && at < n_bytes; at += kPage)
        domain->pages[iova + at] = pa + at;
    return err;
}

int unmap(struct drv *drv, drv_domain *domain, uint64_t iova, uint64_t n_bytes, uint64_t *n)
{
    of(drv)->log.push_back("unmap " + name(domain));
    *n = 0;
    for (uint64_t at = 0; at < n_bytes; at += kPage)
        *n += domain->pages.erase(iova + at) * kPage;
    return 0;
}

int invalidate(struct drv *drv, drv_domain *domain, drv_device *device, const uint64_t *words,
               uint32_t n, uint32_t *n_done)
{
    const bool is_bad = (words[0] & 0xff) == 0x46;

    of(drv)->log.push_back("invalidate " + name(domain) + " " + std::to_string(words[0] & 0xff) +
                           " " + (device ? std::to_string(device->info.dev) : "-") + " " +
                           std::to_string(words[0] >> 32));
    *n_done = is_bad ? 0 : n;
    return is_bad ? -EIO : 0;
}

int dirty_tracking(struct drv *drv, drv_domain *, bool on)
{
    of(drv)->log.push_back(on ? "dirty on" : "dirty off");
    return 0;
}

int read_dirty(struct drv *, drv_domain *domain, uint64_t iova, uint64_t n_bytes,
               void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx)
{
    for (auto page = domain->dirty.begin(); page != domain->dirty.end();) {
        if (*page - iova >= n_bytes) {
            ++page;
            continue;
        }
        if (seen)
            seen(ctx, *page, kPage);
        page = domain->dirty.erase(page);
    }
    return 0;
}

int respond(struct drv *drv, const drv_fault *fault, bool is_success)
{
    of(drv)->responses.emplace_back(fault->iova, is_success);
    return 0;
}

uint64_t page_sizes(const drv_domain *)
{
    return 0x40201000;
}

uint64_t aperture_end(const drv_domain *domain)
{
    return domain->spec.stage == 2 ? UINT64_C(0xffffffff) : (UINT64_C(1) << 48) - 1;
}

bool fits(const drv_domain *domain, const drv_device *device)
{
    return domain->spec.kind != DRV_PAGING || device->info.dev != 0xbad || domain->is_of_picky;
}

bool next_fault(struct drv *drv, drv_fault *fault)
{
    if (of(drv)->faults.empty())
        return false;
    *fault = of(drv)->faults.front();
    of(drv)->faults.pop_front();
    return true;
}

int enforce_coherency(struct drv *drv, drv_domain *domain)
{
    of(drv)->log.push_back("coherent " + name(domain));
    return 0;
}

bool reserved(const struct drv *, uint32_t n, drv_range *range)
{
    *range = {0x8000000, 0x80fffff};
    return n == 0;
}

int record(void *ctx, const sim_record *rec)
{
    Fake *fake = static_cast<Fake *>(ctx);
    const bool is_mark = rec->kind == SIM_R_BEGIN || rec->kind == SIM_R_END;
    std::string line = sim_record_infos[rec->kind].verb;

    if (is_mark)
        line +=
            std::string(" ") +
            sim_enum_word(SIM_SHOW_OP, rec->kind == SIM_R_BEGIN ? rec->mark.op : rec->mark_end.op);
    if (rec->kind == SIM_R_END && rec->mark_end.ret)
        line += " " + std::to_string(rec->mark_end.ret);
    fake->marks.push_back(line);
    return 0;
}

bool may_alloc(void *ctx)
{
    Fake *fake = static_cast<Fake *>(ctx);

    return ++fake->allocs != fake->fail_alloc;
}

uint64_t now_ns(void *ctx)
{
    return static_cast<Fake *>(ctx)->now_ns;
}

} // namespace

Fake::Fake()
{
    ops.name = "fake";
    ops.arch = SIM_ARCH_SMMUV3;
    ops.device_add = device_add;
    ops.device_remove = device_remove;
    ops.domain_alloc = domain_alloc;
    ops.domain_free = domain_free;
    ops.attach = attach;
    ops.map = ::map;
    ops.unmap = unmap;
    ops.invalidate = invalidate;
    ops.dirty_tracking = dirty_tracking;
    ops.read_dirty = read_dirty;
    ops.respond = respond;
    ops.page_sizes = page_sizes;
    ops.aperture_end = ::aperture_end;
    ops.fits = ::fits;
    ops.next_fault = next_fault;
    ops.enforce_coherency = enforce_coherency;
    ops.reserved = reserved;
    port.ctx = this;
    port.record = record;
    config.ops = &ops;
    config.drv = reinterpret_cast<struct drv *>(this);
    config.port = &port;
    config.ctx = this;
    config.may_alloc = may_alloc;
    config.now_ns = ::now_ns;
    fd = iofd_new(&config);
    log.clear();
}

Fake::~Fake()
{
    during = nullptr; /* what it refers to is gone */
    iofd_free(fd);
}

int Fake::step(const std::string &what)
{
    log.push_back(what);
    return ++steps == fail_at ? error : 0;
}

uint32_t Fake::device(uint32_t dev, uint32_t flags, uint32_t group)
{
    iofd_device_info info{};
    uint32_t id = 0;

    info.drv.dev = dev;
    info.drv.requester = 0x100 + dev;
    info.drv.flags = flags;
    info.drv.pasid_bits = 6;
    info.group = group;
    info.default_kind = DRV_IDENTITY;
    (void)iofd_bind(fd, &info, &id);
    return id;
}

uint32_t Fake::ioas()
{
    uint32_t id = 0;

    (void)iofd_ioas_alloc(fd, &id);
    return id;
}

uint32_t Fake::hwpt(uint32_t space, uint32_t flags)
{
    iofd_hwpt_spec spec{};
    uint32_t id = 0;

    for (uint32_t i = 1; !spec.device && i < 100; i++)
        spec.device = iofd_kind(fd, i) == IOFD_DEVICE ? i : 0;
    spec.flags = flags;
    (void)iofd_hwpt_alloc(fd, space, &spec, &id);
    return id;
}

int Fake::map(uint32_t space, uint64_t iova, uint64_t pa, uint64_t n_bytes, uint8_t prot)
{
    const iofd_range range = {iova, pa, n_bytes, prot, 0};

    return iofd_map(fd, space, &range);
}

int64_t Fake::dma(uint32_t dev, uint64_t iova, uint32_t pasid) const
{
    const auto device = devices.find(dev);

    if (device == devices.end() || !device->second->at.count(pasid))
        return -1;
    const drv_domain *domain = device->second->at[pasid];
    if (domain->spec.kind == DRV_IDENTITY)
        return static_cast<int64_t>(iova);
    if (domain->spec.kind == DRV_NESTED)
        domain = domain->spec.parent;
    const auto page = domain->pages.find(iova & ~(kPage - 1));
    return page == domain->pages.end() ? -1 : static_cast<int64_t>(page->second + iova % kPage);
}

std::vector<std::string> Fake::taken(bool switches)
{
    std::vector<std::string> lines;

    for (const std::string &line : log) {
        if (!switches || line.compare(0, 6, "attach") == 0)
            lines.push_back(line);
    }
    log.clear();
    return lines;
}
