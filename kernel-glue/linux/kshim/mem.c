// SPDX-License-Identifier: GPL-2.0
// mem.c - memory of a kernel: kmalloc, pages, the DMA API. All of it lies in the host's arena, so
// that addresses and physical addresses translate as the headers do it.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

#if ON_X86
KDATA(unsigned long, page_offset_base);
KDATA(unsigned long, vmemmap_base);
KDATA(unsigned long, phys_base);
KDATA(unsigned long, vmalloc_base);
KDATA(struct page *, mem_map);
#else
struct page *mem_map;
unsigned long uml_physmem;
#endif
struct pglist_data contig_page_data;
atomic_long_t vm_node_stat[NR_VM_NODE_STAT_ITEMS];
KDATA(void *, kmalloc_caches, [4096]);
static unsigned char *orders; /* of each page that heads a folio */

void radix_tree_init(void);

static unsigned long first_pfn(void)
{
    return host_arena()->pa / PAGE_SIZE;
}

void ksh_mem_init(void)
{
    const struct host_arena *arena = host_arena();
    unsigned long n_pages = arena->n_bytes / PAGE_SIZE;
    struct page *pages;

#if ON_X86
    shim_page_offset_base = (unsigned long)arena->bytes - arena->pa;
#else
    uml_physmem = (unsigned long)arena->bytes - arena->pa;
#endif
    orders = host_malloc(n_pages);
    pages = (struct page *)host_malloc(n_pages * sizeof(struct page)) - first_pfn();
#if ON_X86
    shim_vmemmap_base = (unsigned long)pages;
    shim_mem_map = pages;
#else
    mem_map = pages;
#endif
    radix_tree_init();
}

/* ---- kmalloc ---- */

K(void *, __kmalloc_noprof, (size_t n, gfp_t f))
{
    return host_malloc(n);
}
K(void *, __kmalloc_node_noprof, (size_t n, gfp_t f, int node))
{
    return host_malloc(n);
}
K(void *, __kmalloc, (size_t n, gfp_t f))
{
    return host_malloc(n);
}
K(void *, __kmalloc_node, (size_t n, gfp_t f, int node))
{
    return host_malloc(n);
}
K(void *, kmalloc_trace, (struct kmem_cache * s, gfp_t f, size_t n))
{
    return host_malloc(n);
}
K(void *, __kmalloc_cache_noprof, (struct kmem_cache * s, gfp_t f, size_t n))
{
    return host_malloc(n);
}
K(void *, krealloc, (const void *p, size_t n, gfp_t f))
{
    return host_realloc((void *)p, n);
}
K(void *, krealloc_noprof, (const void *p, size_t n, gfp_t f))
{
    return host_realloc((void *)p, n);
}
K(void *, krealloc_node_align_noprof,
  (const void *p, size_t n, unsigned long align, gfp_t f, int node))
{
    return host_realloc((void *)p, n);
}
K(void *, kmemdup, (const void *p, size_t n, gfp_t f))
{
    return memcpy(host_malloc(n), p, n);
}
K(void *, kmemdup_noprof, (const void *p, size_t n, gfp_t f))
{
    return memcpy(host_malloc(n), p, n);
}
K(void, kfree, (const void *p))
{
    host_sync();
    if (!ZERO_OR_NULL_PTR(p))
        host_free((void *)p);
}
K(void, kvfree, (const void *p))
{
    shim_kfree(p);
}
K(char *, kstrdup, (const char *s, gfp_t f))
{
    return s ? memcpy(host_malloc(strlen(s) + 1), s, strlen(s) + 1) : NULL;
}
K(bool, is_vmalloc_addr, (const void *x))
{
    return false;
}

struct kmem_cache {
    unsigned int size;
    void (*ctor)(void *);
};
K(struct kmem_cache *, kmem_cache_create,
  (const char *name, unsigned int size, unsigned int align, slab_flags_t f, void (*ctor)(void *)))
{
    struct kmem_cache *c = host_malloc(sizeof(*c));

    c->size = size;
    c->ctor = ctor;
    return c;
}
#if AT_LEAST(6, 12)
K(struct kmem_cache *, __kmem_cache_create_args,
  (const char *name, unsigned int size, struct kmem_cache_args *a, slab_flags_t f))
{
    return shim_kmem_cache_create(name, size, 0, f, a->ctor);
}
#endif
K(void *, kmem_cache_alloc_noprof, (struct kmem_cache * c, gfp_t f))
{
    void *p = host_malloc(c->size);

    if (c->ctor)
        c->ctor(p);
    return p;
}
K(void *, kmem_cache_alloc_lru_noprof, (struct kmem_cache * c, struct list_lru *l, gfp_t f))
{
    return shim_kmem_cache_alloc_noprof(c, f);
}
K(void *, kmem_cache_alloc, (struct kmem_cache * c, gfp_t f))
{
    return shim_kmem_cache_alloc_noprof(c, f);
}
K(void *, kmem_cache_alloc_lru, (struct kmem_cache * c, struct list_lru *l, gfp_t f))
{
    return shim_kmem_cache_alloc_noprof(c, f);
}
K(void, kmem_cache_free, (struct kmem_cache * c, void *p))
{
    host_free(p);
}

/* ---- pages: of tables, as far as these drivers go ---- */

static void *new_pages(unsigned int order)
{
    return host_table_alloc(PAGE_SIZE << order, PAGE_SIZE << order, HOST_USE_PAGES);
}

K(struct page *, __alloc_pages_noprof, (gfp_t f, unsigned int order, int nid, nodemask_t *m))
{
    struct page *page = virt_to_page(new_pages(order));

    set_page_count(page, 1);
    return page;
}
K(struct page *, __alloc_pages, (gfp_t f, unsigned int order, int nid, nodemask_t *m))
{
    return shim___alloc_pages_noprof(f, order, nid, m);
}
K(struct page *, __alloc_frozen_pages_noprof, (gfp_t f, unsigned int order, int nid, nodemask_t *m))
{
    return shim___alloc_pages_noprof(f, order, nid, m);
}
K(struct folio *, __folio_alloc_noprof, (gfp_t f, unsigned int order, int nid, nodemask_t *m))
{
    struct page *page = shim___alloc_pages_noprof(f, order, nid, m);

    if (order) {
        orders[page_to_pfn(page) - first_pfn()] = order;
        set_bit(PG_head, (unsigned long *)page);
    }
    return (struct folio *)page;
}
K(void, __folio_put, (struct folio * f))
{
    struct page *page = (struct page *)f;

    host_sync();
    host_table_free(page_address(page), PAGE_SIZE << orders[page_to_pfn(page) - first_pfn()]);
}
K(void, free_pages, (unsigned long a, unsigned int order))
{
    host_sync();
    if (a)
        host_table_free((void *)a, PAGE_SIZE << order);
}
K(void, __free_pages, (struct page * page, unsigned int order))
{
    host_sync();
    host_table_free(page_address(page), PAGE_SIZE << order);
}

/* ---- DMA: a bus address is a physical address; what is allocated for it is not cached ---- */

bool ksh_is_incoherent;

/* What page tables of an SMMU are made of: compat.h sends the driver's calls here. */
void shim_dma_sync(dma_addr_t h, size_t size);
void shim_dma_sync(dma_addr_t h, size_t size)
{
    if (ksh_is_incoherent)
        host_flush(phys_to_virt(h), size);
}
K(void *, dma_alloc_attrs,
  (struct device * dev, size_t size, dma_addr_t *h, gfp_t f, unsigned long attrs))
{
    unsigned long align = roundup_pow_of_two(size);
    void *p = host_table_alloc(size, align < PAGE_SIZE ? PAGE_SIZE : align, HOST_USE_DMA);

    *h = __pa(p);
    return p;
}
K(void, dma_free_attrs,
  (struct device * dev, size_t size, void *p, dma_addr_t h, unsigned long attrs))
{
    host_sync();
    host_table_free(p, size);
}
K(void *, dmam_alloc_attrs,
  (struct device * dev, size_t size, dma_addr_t *h, gfp_t f, unsigned long attrs))
{
    return shim_dma_alloc_attrs(dev, size, h, f, attrs);
}
K(void, dmam_free_coherent, (struct device * dev, size_t size, void *p, dma_addr_t h))
{
    shim_dma_free_attrs(dev, size, p, h, 0);
}
K(dma_addr_t, dma_map_page_attrs,
  (struct device * dev, struct page *page, size_t off, size_t size, enum dma_data_direction dir,
   unsigned long attrs))
{
    host_sync();
    shim_dma_sync(page_to_phys(page) + off, size);
    return page_to_phys(page) + off;
}
K(void, dma_unmap_page_attrs,
  (struct device * dev, dma_addr_t a, size_t size, enum dma_data_direction dir,
   unsigned long attrs))
{
    host_sync();
}
K(int, dma_set_mask, (struct device * dev, u64 mask))
{
    return 0;
}
K(int, dma_set_coherent_mask, (struct device * dev, u64 mask))
{
    return 0;
}

/* ---- registers ---- */

#define IP __builtin_return_address(0)
#define OFFSET(a) ((unsigned long)(a)-KSH_MMIO_BIAS)

K(u32, shim_readl, (const volatile void __iomem *a))
{
    return host_mmio_read(OFFSET(a), 4, IP);
}
K(u64, shim_readq, (const volatile void __iomem *a))
{
    return host_mmio_read(OFFSET(a), 8, IP);
}
K(void, shim_writel, (u32 v, volatile void __iomem *a))
{
    host_mmio_write(OFFSET(a), v, 4, IP);
}
K(void, shim_writeq, (u64 v, volatile void __iomem *a))
{
    host_mmio_write(OFFSET(a), v, 8, IP);
}
K(u32, __raw_readl, (const volatile void __iomem *a))
{
    return host_mmio_read(OFFSET(a), 4, IP);
}
K(void, __raw_writel, (u32 v, volatile void __iomem *a))
{
    host_mmio_write(OFFSET(a), v, 4, IP);
}
K(void, __raw_writeq, (u64 v, volatile void __iomem *a))
{
    host_mmio_write(OFFSET(a), v, 8, IP);
}
K(void __iomem *, devm_ioremap_resource, (struct device * dev, const struct resource *r))
{
    return (void __iomem *)(KSH_MMIO_BIAS + (r->start - KSH_UNIT_PA));
}
