# SPDX-License-Identifier: BSD-2-Clause
# summary.awk - tables for people out of counts.csv and transitions.csv.
# A cell of the second kind of table: verdict, microseconds from begin to end, and how long DMA was refused.
function us(ns) { return sprintf("%.1f", ns / 1000) }
function sign(verdict) { return verdict == "HITLESS" ? "" : verdict == "BREAKS" ? "breaks, " : verdict ", " }

FNR == 1 { file++; next }
file == 1 {
    unit = $1 ", " $2
    if (!(unit in known)) { known[unit] = 1; units[++n_units] = unit }
    if ($3 == "illegal" || $3 == "not-offered") other[unit, $3] += $5
    else n[unit, $3] = $5
    next
}
$3 == "nic" && $5 == "no-ats" {
    unit = $1 ", " $2
    cell = sign($9) us($19) (($22 > 0) ? " (" us($22) ")" : "") ($12 == "no" ? " ?" : "")
    if ($13 != "as expected") cell = "returns " $13
    of[unit, $4, $6, $7, $8] = cell
    if (!($7 in is_state)) { is_state[$7] = 1; state[++n_states] = $7 }
    if (!($8 in is_state)) { is_state[$8] = 1; state[++n_states] = $8 }
    if (!((unit, $4) in has)) { has[unit, $4] = 1; if (!($4 in is_pasid)) { is_pasid[$4] = 1; pasid[++n_pasids] = $4 } }
}
END {
    print "| unit and driver | cells | illegal | not offered | run | did something | returned something unexpected |"
    print "|---|---|---|---|---|---|---|"
    for (i = 1; i <= n_units; i++) {
        unit = units[i]
        printf "| %s | %d | %d | %d | %d | %d (%.1f %%) | %d |\n", unit, n[unit, "all"], other[unit, "illegal"], \
            other[unit, "not-offered"], n[unit, "legal"], n[unit, "busy"], \
            n[unit, "legal"] ? 100 * n[unit, "busy"] / n[unit, "legal"] : 0, n[unit, "odd"]
    }
    print "\nBelow: a NIC is working, no ATS. Replace / detach and attach, each: what it is if not hitless, us from begin to end (us in"
    print "which DMA was refused). \"?\": not conclusive. Nothing: illegal or not offered (`kinds.csv`)."
    for (i = 1; i <= n_units; i++) for (p = 1; p <= n_pasids; p++) {
        unit = units[i]
        if (!((unit, pasid[p]) in has)) continue
        print "\n## " unit ", " (pasid[p] == "none" ? "no PASID" : "PASID " pasid[p]) "\n"
        line = "| from \\ to |"; rule = "|---|"
        for (k = 1; k <= n_states; k++) { line = line " " state[k] " |"; rule = rule "---|" }
        print line "\n" rule
        for (r = 1; r <= n_states; r++) {
            line = "| " state[r] " |"
            for (k = 1; k <= n_states; k++) {
                a = of[unit, pasid[p], "replace", state[r], state[k]]
                b = of[unit, pasid[p], "detach-attach", state[r], state[k]]
                line = line " " (a == "" && b == "" ? "" : (a == "" ? "-" : a) " / " (b == "" ? "-" : b)) " |"
            }
            print line
        }
    }
}
