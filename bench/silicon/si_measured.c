/* SPDX-License-Identifier: BSD-2-Clause
 * si_measured.c - what pcie-bench measured on five Xeons (repository pcie-bench/data, Apache-2.0).
 * Knows: figures, typed from its tables. Must not know: the model. */
#include "bench/silicon/si.h"

/* base_ns: the run without an IOMMU, or where that is a range its middle. */
const struct si_machine si_machines[] = {
    {"snb", "Xeon E5-2630", 0xd2078c106f0462, 0xf020fe, 490, 0, true},
    {"ivb", "Xeon E5-2620 v2", 0xd2078c106f0466, 0xf020de, 494, 58, true},
    {"hsw_2620", "Xeon E5-2620 v3", 0xd2078c106f0466, 0xf020df, 482, 0, false},
    {"hsw_2637", "Xeon E5-2637 v3", 0xd2078c106f0466, 0xf020de, 523, 0, false},
    {"bdw", "Xeon E5-2630 v4", 0x8d2078c106f0466, 0xf020df, 488, 49, true},
};
const size_t si_n_machines = sizeof(si_machines) / sizeof(si_machines[0]);

/* File lat_cmd_sweep_rd_rnd_64.csv of each machine, 2 million samples for each cell. */
const struct si_latency si_latency[] = {
    {256, {491, 495, 480, 523, 490}},   {512, {493, 500, 497, 543, 515}},
    {1024, {613, 647, 603, 669, 646}},  {1536, {653, 697, 639, 711, 691}},
    {2048, {673, 721, 656, 732, 713}},  {3072, {693, 746, 674, 753, 736}},
    {4096, {703, 758, 683, 763, 747}},  {8192, {720, 776, 697, 780, 762}},
    {16384, {729, 785, 703, 789, 770}}, {32768, {733, 790, 706, 792, 774}},
    {65536, {735, 792, 708, 794, 777}},
};
const size_t si_n_latency = sizeof(si_latency) / sizeof(si_latency[0]);

const struct si_rate si_rates[] = {
    {256, {54.4, 54.2, 55.0, 51.2, 53.9}, {47.4, 47.4, 47.4, 0, 47.4}},
    {512, {50.8, 51.7, 43.1, 39.3, 39.4}, {47.4, 47.4, 47.4, 0, 47.4}},
    {1024, {7.6, 28.3, 29.6, 28.1, 28.0}, {7.8, 36.3, 40.0, 0, 37.9}},
    {2048, {5.0, 22.3, 23.9, 23.1, 22.9}, {5.0, 24.7, 27.8, 0, 26.5}},
    {4096, {7.0, 19.8, 21.5, 20.9, 20.8}, {7.0, 21.5, 24.4, 0, 23.3}},
    {8192, {9.9, 18.8, 20.5, 20.0, 19.9}, {10.2, 20.0, 23.1, 0, 22.5}},
    {16384, {12.9, 18.3, 20.0, 19.5, 19.4}, {13.9, 19.3, 22.4, 0, 22.1}},
    {65536, {16.6, 18.0, 19.6, 19.2, 19.2}, {18.6, 18.8, 21.8, 0, 21.9}},
};
const size_t si_n_rates = sizeof(si_rates) / sizeof(si_rates[0]);

const struct si_size si_sizes[SI_N_SIZES] = {
    {64, 28.1, 9.84, 24.3, 11.2},
    {128, 42.2, 19.5, 42.4, 23.1},
    {256, 46.5, 33.5, 50.5, 45.3},
    {512, 55.0, 53.6, 53.2, 54.4},
};

const char *si_kind(const struct si_machine *machine, uint32_t window_kib)
{
    const bool is_used =
        machine->is_fitted ? window_kib <= SI_FITTED_KIB : window_kib == SI_FITTED_KIB;

    return is_used ? "fitted" : "predicted";
}
