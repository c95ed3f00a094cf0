# SPDX-License-Identifier: BSD-2-Clause
# presets.awk - of a table with several presets: what differs between them, for people.
# A NIC is working, no ATS, no PASID; each unit, driver and preset is a line.
function us(ns) { return sprintf("%.2f", ns / 1000) }
function of(name) { return $(column[name]) }
function cell(unit, from, to,    a, b) {
    a = time[unit, "replace", from, to]
    b = time[unit, "detach-attach", from, to]
    return a == "" && b == "" ? "" : a " / " b
}
NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
of("load") == "nic" && of("ats") == "no-ats" && of("pasid") == "none" {
    unit = of("arch") " | " of("preset") " | " of("driver")
    if (!(unit in known)) { known[unit] = 1; units[++n_units] = unit }
    if (of("by") == "replace") { replaces[unit]++; hitless[unit] += of("verdict") == "HITLESS" }
    time[unit, of("by"), of("from"), of("to")] = us(of("total_ns")) (of("blocked_ns") > 0 ? " (" us(of("blocked_ns")) ")" : "")
}
END {
    print "Replace / detach and attach, each: us from begin to end (us in which DMA was refused). A NIC is working; no ATS, no PASID.\n"
    n = split("s1>s1 s2>s2 s2>nested:A nested:A>nested:A2 nested:A>nested:B", pair, " ")
    line = "| unit | preset | driver | replaces that are hitless |"
    rule = "|---|---|---|---|"
    for (k = 1; k <= n; k++) { sub(/>/, " to ", pair[k]); line = line " " pair[k] " |"; rule = rule "---|" }
    print line "\n" rule
    for (i = 1; i <= n_units; i++) {
        line = "| " units[i] " | " hitless[units[i]] " of " replaces[units[i]] " |"
        for (k = 1; k <= n; k++) {
            split(pair[k], end, " to ")
            line = line " " cell(units[i], end[1], end[2]) " |"
        }
        print line
    }
}
