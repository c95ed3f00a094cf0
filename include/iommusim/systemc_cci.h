/* SPDX-License-Identifier: BSD-2-Clause
 * systemc_cci.h - a configuration's parameters for Accellera CCI: presets of a broker count.
 * Knows: CCI, iommusim.h. Must not know: the project, what a parameter does.
 *
 * For those who have CCI (cci_configuration); nothing else needs it. */
#ifndef IOMMUSIM_SYSTEMC_CCI_H
#define IOMMUSIM_SYSTEMC_CCI_H

#include <iommusim/iommusim.h>

#include <cci_configuration>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace iommusim_tlm
{

/**
 * cci_parameters - one parameter of CCI for each of @config, under the module that is being
 * constructed: "top.unit.smmu.tlb_entries" for a module of this class called "unit" in "top".
 * Their values are @config's unless the broker has presets; those are put into @config at once. So
 * it stands before the unit that is made of @config; later changes are refused, as sizes cannot
 * change. A value outside its limits is SC_REPORT_ERROR, and @config keeps its own.
 */
class cci_parameters : public sc_core::sc_module
{
  public:
    using parameter = cci::cci_param<uint32_t, cci::CCI_IMMUTABLE_PARAM>;

    cci_parameters(const sc_core::sc_module_name &name, struct iommusim_config *config)
        : sc_module(name)
    {
        struct iommusim_parameter p;

        for (uint32_t i = 0; iommusim_config_parameter(config, i, &p) == 0; i++) {
            const std::string full = std::string(this->name()) + "." + p.name;

            all.push_back(
                std::make_unique<parameter>(full, p.value, p.doc, cci::CCI_ABSOLUTE_NAME));
            const uint32_t value = all.back()->get_value();
            if (value != p.value &&
                iommusim_config_set(config, p.name, std::to_string(value).c_str()))
                SC_REPORT_ERROR("iommusim", (full + " is outside its limits").c_str());
        }
    }

  private:
    std::vector<std::unique_ptr<parameter>> all;
};

} // namespace iommusim_tlm

#endif
