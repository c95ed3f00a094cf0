# SPDX-License-Identifier: BSD-2-Clause
# table.awk - of a sweep's CSV the cells that ran, one a line, and how many did not, by reason.
# Set: ran (file of the first), kinds (which did not, by which drivers, and whose rule that is; no load
# matters to that), counts (file of the numbers). Columns are found by their names.
function of(name) { return $(column[name]) }
function bare(text) { gsub(/"/, "", text); return text }

function ats() { return of("ats") == "true" ? "ats" : "no-ats" }
function pasid() { return bare(of("pasid")) == "" ? "none" : bare(of("pasid")) }

# Drivers of which the same is said stand together.
function note_kind(arch, driver, rest) {
    if (!((arch, rest) in drivers)) { kind_arch[++n_kinds] = arch; kind_rest[n_kinds] = rest }
    drivers[arch, rest] = drivers[arch, rest] (drivers[arch, rest] == "" ? "" : " ") driver
}

# A latency of nobody is none, and not 0; the same of what requests lost if nobody was served before.
function latency(phase, name) { return of("costs.dma." phase ".n") > 0 ? of("costs.dma." phase "." name) : "" }
function lost() { return of("costs.dma.before.n") > 0 && bare(of("from")) != "blocked" ? of("costs.refill.ns") : "" }

# CFGI_CD:2 CMD_SYNC:3, in the order of names.
function commands(    i, text) {
    for (i = 1; i <= n_names; i++) if (of("costs.commands." name[i]) > 0)
        text = text (text == "" ? "" : " ") name[i] ":" of("costs.commands." name[i])
    return text
}

# Insertion: there are few.
function find_names(    i, k, one) {
    for (i = 1; i <= NF; i++) {
        one = bare($i)
        if (sub(/^costs\.commands\./, "", one)) {
            for (k = n_names++; k > 0 && name[k] > one; k--) name[k + 1] = name[k]
            name[k + 1] = one
        }
    }
}

# The worse of what the replay and the explorer say.
function worse(a, b) { return rank[a] >= rank[b] ? a : b }

BEGIN { FS = "," }
NR == 1 {
    for (i = 1; i <= NF; i++) column[bare($i)] = i
    find_names()
    has_preset = "preset" in column
    print "arch,drivers,pasid,ats,by,from,to,kind,whose" > kinds
    n = split("HITLESS BREAKS STALE-REFUSAL TORN STALE POISONS DANGLES", word, " ")
    for (i = 1; i <= n; i++) rank[word[i]] = i
    print "arch,driver,load,pasid,ats,by,from,to,verdict,replay,explored,conclusive,ret,stores,commands," \
        "completions,registers,window_ns,total_ns,driver_ns,wait_ns,blocked_ns,n_refused," \
        "before_p50,before_p99,before_max,during_p50,during_p99,during_max,after_p50,after_p99,after_max," \
        "misses,refill_reads,refill_ns,tlb_killed,tlb_collateral,by_name" (has_preset ? ",preset" : "") > ran
    next
}
of("state") != "done" { print "table.awk: point " $1 " is " of("state") > "/dev/stderr"; bad = 1; next }
{
    unit = of("arch") "," of("driver")
    if (!(unit in known)) { known[unit] = 1; units[++n_units] = unit }
    all[unit]++
    kind = of("kind")
    if (kind != "ran") {
        reason = kind "," bare(of("rule"))
        cell = unit "," pasid() "," ats() "," of("by") "," of("from") "," of("to")
        if (!(cell in why)) note_kind(bare(of("arch")), of("driver"), "," pasid() "," ats() "," of("by") "," of("from") "," of("to") "," reason)
        else if (why[cell] != reason) { print "table.awk: " cell ": " why[cell] ", " reason > "/dev/stderr"; bad = 1 }
        why[cell] = reason
        if (!((unit, reason) in cells)) reasons[unit, ++n_reasons[unit]] = reason
        cells[unit, reason]++
        next
    }
    legal[unit]++
    if (of("ret.expected") != of("ret.actual")) { odd[unit]++; ret = of("ret.actual") } else ret = "as expected"
    work = of("costs.n_stores") + of("costs.n_commands") + of("costs.register_writes")
    if (work > 0 && ret == "as expected") busy[unit]++
    printf "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s%s\n", \
        unit, of("load"), pasid(), ats(), \
        of("by"), of("from"), of("to"), \
        worse(of("verdict.replay"), of("verdict.explore_architecture")), of("verdict.replay"), \
        of("verdict.explore_architecture"), of("verdict.inconclusive") == "true" ? "no" : "yes", ret, \
        of("costs.n_stores"), of("costs.n_commands"), of("costs.syncs"), of("costs.register_writes"), \
        of("costs.window_ns"), of("costs.total_ns"), of("costs.driver_ns"), of("costs.wait_ns"), \
        of("costs.blocked_ns"), of("costs.dma.refused"), \
        latency("before", "p50"), latency("before", "p99"), latency("before", "max"), \
        latency("during", "p50"), latency("during", "p99"), latency("during", "max"), \
        latency("after", "p50"), latency("after", "p99"), latency("after", "max"), \
        of("costs.refill.misses"), of("costs.refill.reads"), lost(), \
        of("costs.tlb.killed"), of("costs.tlb.collateral"), commands(), \
        has_preset ? "," bare(of("preset")) : "" > ran
}
# Busy: it returned what it should, and something was stored, commanded or written to a register.
END {
    for (i = 1; i <= n_kinds; i++)
        print kind_arch[i] "," drivers[kind_arch[i], kind_rest[i]] kind_rest[i] > kinds
    print "arch,driver,what,why,cells" > counts
    for (i = 1; i <= n_units; i++) {
        unit = units[i]
        print unit ",all,," all[unit] > counts
        print unit ",legal,ran," legal[unit] + 0 > counts
        print unit ",busy,ran and did something," busy[unit] + 0 > counts
        print unit ",odd,returned something else," odd[unit] + 0 > counts
        for (k = 1; k <= n_reasons[unit]; k++)
            print unit "," reasons[unit, k] "," cells[unit, reasons[unit, k]] > counts
    }
    exit bad
}
