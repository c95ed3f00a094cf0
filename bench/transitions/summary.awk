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
# Of several presets the first of each architecture.
FNR > 1 && NF > 38 { if (!($1 in first)) first[$1] = $NF; if (first[$1] != $NF) next }
{
    kind = ($5 == "ats" ? "ATS" : "no ATS") ", " ($4 == "none" ? "no PASID" : "PASID")
    if (!(kind in is_kind)) { is_kind[kind] = 1; kinds[++n_kinds] = kind }
    if (!($3 in is_load)) { is_load[$3] = 1; loads[++n_loads] = $3 }
    if ($6 == "replace") { replaces[$1 ", " $2, kind, $3]++; hitless[$1 ", " $2, kind, $3] += $9 == "HITLESS" }
}
$3 == "nic" && $5 == "no-ats" && $4 == "none" { sent[$1 ", " $2, $6, $7, $8] = $38; ran[$1 ", " $2, $7, $8] = 1 }
$3 == "nic" && $5 == "no-ats" {
    unit = $1 ", " $2
    cell = sign($9) us($19) (($22 > 0) ? " (" us($22) ")" : "") ($12 == "no" ? " ?" : "")
    if ($13 != "as expected") cell = "returns " $13
    of[unit, $4, $6, $7, $8] = cell
    if (!($7 in is_state)) { is_state[$7] = 1; state[++n_states] = $7 }
    if (!($8 in is_state)) { is_state[$8] = 1; state[++n_states] = $8 }
    if (!((unit, $4) in has)) { has[unit, $4] = 1; if (!($4 in is_pasid)) { is_pasid[$4] = 1; pasid[++n_pasids] = $4 } }
}
# Of how many replaces how many are hitless; with each load, if it matters.
function share(unit, kind,    k, one, text) {
    for (k = 1; k <= n_loads; k++) {
        one = hitless[unit, kind, loads[k]] " of " replaces[unit, kind, loads[k]]
        if (k == 1) text = one
        else if (one != hitless[unit, kind, loads[1]] " of " replaces[unit, kind, loads[1]]) text = text ", " loads[k] " " one
    }
    return text
}
function print_hitless(    i, k, line) {
    print "\nReplaces that are hitless, on any permitted hardware and here, of how many (of a table by itself, too):\n"
    line = "| |"
    for (i = 1; i <= n_units; i++) line = line " " units[i] " |"
    print line
    gsub(/[^|]+/, "---", line)
    print line
    for (k = 1; k <= n_kinds; k++) {
        line = "| " kinds[k] " |"
        for (i = 1; i <= n_units; i++)
            line = line " " ((units[i], kinds[k], loads[1]) in replaces ? share(units[i], kinds[k]) : "") " |"
        print line
    }
}
function print_sent(    i, k, n, pair, from, to) {
    print "\nCommands of some transitions, no ATS, no PASID, a NIC working:\n"
    n = split("s1>s1 s1>s2 s2>s1 s2>s2 s2>nested:A nested:A>nested:A2 nested:A>nested:B", pair, " ")
    print "| unit and driver | transition | replace | detach and attach |\n|---|---|---|---|"
    for (i = 1; i <= n_units; i++) for (k = 1; k <= n; k++) {
        from = pair[k]; sub(/>.*/, "", from)
        to = pair[k]; sub(/.*>/, "", to)
        if ((units[i], from, to) in ran)
            print "| " units[i] " | " from " to " to " | " sent[units[i], "replace", from, to] " | " sent[units[i], "detach-attach", from, to] " |"
    }
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
    print_hitless()
    print_sent()
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
