# SPDX-License-Identifier: BSD-2-Clause
# doubts.awk - what nobody would believe of a table of transitions, whatever the hardware: exit 1, and each is named.
function doubt(what) {
    print "transitions.csv:" FNR ": " what > "/dev/stderr"
    bad = 1
}
function of(name) { return $(column[name]) }
function in_order(phase) {
    return of(phase "_p50") + 0 <= of(phase "_p99") + 0 && of(phase "_p99") + 0 <= of(phase "_max") + 0
}
# What a transition cost whom, but not how it was asked for.
function costs(    i, text) {
    for (i = column["stores"]; i <= NF; i++) text = text "," $i
    return text
}

BEGIN {
    FS = ","
    n = split("HITLESS BREAKS STALE-REFUSAL TORN STALE POISONS DANGLES", word, " ")
    for (i = 1; i <= n; i++) rank[word[i]] = i
}
NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{
    refused = of("n_refused") + of("blocked_ns")
    is_switch = of("by") == "replace"
    if (!(of("replay") in rank) || !(of("explored") in rank)) doubt("no such verdict")
    if (!in_order("before") || !in_order("during") || !in_order("after")) doubt("percentiles out of order")
    if (of("replay") == "HITLESS" && refused > 0) doubt("hitless, and something was refused")
    if (of("replay") == "BREAKS" && !refused) doubt("it breaks, and nothing was refused")
    if (rank[of("explored")] < rank[of("replay")]) doubt("a replay shows what no permitted hardware may do")
    if (of("window_ns") > of("total_ns") + 0) doubt("longer from first store to last completion than from call to return")
    if (of("driver_ns") + of("wait_ns") > of("total_ns") + 1) doubt("more work and waiting than time")
    if (of("n_refused") > 0 && !of("blocked_ns")) doubt("a device was refused what no probe was")
    if (of("tlb_collateral") > of("tlb_killed") + 0) doubt("more entries of others than entries")
    if (of("completions") > 0 && !of("commands")) doubt("completions of no command")
    if (is_switch && of("driver") ~ /^best/ && of("verdict") != "HITLESS") doubt("the best sequence is not hitless")
    # One after the other, with the same commands and stores: what is called once or twice is the same then.
    if (of("arch") == "vtd" && of("driver") ~ /^linux/ && of("total_ns") > 0) {
        cell = of("driver") "," of("load") "," of("pasid") "," of("ats") "," of("from") "," of("to")
        if ("preset" in column) cell = cell "," of("preset")
        work = of("stores") "," of("completions") "," of("registers") "," of("by_name")
        if (is_switch) { once[cell] = costs(); work_once[cell] = work; line_once[cell] = FNR }
        else { twice[cell] = costs(); work_twice[cell] = work }
    }
}
END {
    for (cell in once) if (work_once[cell] == work_twice[cell] && once[cell] != twice[cell]) {
        FNR = line_once[cell]
        doubt("the same work by two calls costs something else")
    }
    exit bad
}
