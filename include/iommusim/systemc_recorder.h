/* SPDX-License-Identifier: BSD-2-Clause
 * systemc_recorder.h - records what somebody's driver does in a platform (docs/systemc.md).
 * Knows: SystemC, iommusim.h. Must not know: the driver. */
#ifndef IOMMUSIM_SYSTEMC_RECORDER_H
#define IOMMUSIM_SYSTEMC_RECORDER_H

#include <iommusim/systemc.h>

namespace iommusim_tlm
{

/**
 * recorder - stands in three ways, and changes nothing in any: CPU to memory, CPU to the unit's
 * registers, and unit's ptw to memory. From what passes it makes a recording that `iommusim
 * replay`, `explore` and `rules` take.
 *
 * Stores: all, or those to what @watch names and to pages in which the unit reads. What a store is
 *   to is known from what the unit reads there, before or after, or from @table; else it is
 * "other". Pages are recorded with what they had before the first store, read by transport_dbg.
 * Pointers (DMI) are refused to the CPU's memory port, or stores would be missed. Registers:
 * writes; reads, if they say something new. Polls become waits: for acknowledging registers, the
 * position of the queue, and the words that CMD_SYNCs and waits of the queue write. Order: stores
 * pass here in the order in which memory has them, so the recording says barriers=implied, unless
 * @barrier was ever called.
 *
 * Everything is kept until @save. One unit for each recorder.
 */
class recorder : public sc_core::sc_module
{
  public:
    using target = tlm::tlm_target_socket<32>;
    using initiator = tlm::tlm_initiator_socket<32>;

    /** The CPU's side and the unit's; below them those of memory and registers. */
    target cpu_memory, cpu_regs, unit_ptw;
    initiator memory, regs, ptw;

    /** @base: physical address of the first register, for those who read the file. */
    recorder(const sc_core::sc_module_name &name, iommusim_arch arch, uint64_t base);
    ~recorder() override;

    /** watch - from now on only ranges that are watched count, and what the unit reads. */
    void watch(uint64_t pa, uint64_t n_bytes);
    /** table - [@pa, @pa + @n_bytes) holds @structure, whether the unit reads it or not. */
    void table(iommusim_structure structure, uint64_t pa, uint64_t n_bytes);
    /** freed - it is no table any more: what hardware may still reach of it dangles. */
    void freed(uint64_t pa, uint64_t n_bytes);
    void barrier(enum iommusim_barrier what, uint64_t pa = 0);
    /** device - @number is @called and sends with @requester. */
    void device(uint32_t number, const std::string &called, uint32_t requester);
    void ats(uint32_t number, bool is_on, uint32_t stu = 0);
    void text(const std::string &line);
    /** begin, end - around an operation; switch_, map_, unmap_: a whole one (iommusim.h). */
    void begin(const iommusim_mark &mark);
    void end(const iommusim_mark &mark);
    void switch_begin(const iommusim_mark &mark);
    void switch_end(const iommusim_mark &mark);
    void map_begin(const iommusim_range &range);
    void map_end(const iommusim_range &range);
    void unmap_begin(const iommusim_range &range);
    void unmap_end(const iommusim_range &range);
    /** promise - what a map or an unmap (@is_map: false) between @begin and @end promises. */
    void promise(const iommusim_range &range, bool is_map);

    /** save - all that was recorded so far, as text if @path ends in .txt. Return: 0, or
     * IOMMUSIM_E... */
    int save(const std::string &path);

  private:
    struct state;
    std::unique_ptr<state> s;
};

} // namespace iommusim_tlm

#endif
