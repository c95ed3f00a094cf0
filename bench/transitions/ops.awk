# SPDX-License-Identifier: BSD-2-Clause
# ops.awk - the sum over operations of a replay's JSON, as a part of a line of CSV: stores, commands,
# completions, ns that the driver waited, ns of its own, ns in which DMA was refused, ns of refilling.
# Set: first (name of the operation at which to begin), n (how many operations).
# The report has one member a line, and members in one order.
function number(line) { sub(/.*: /, "", line); sub(/,$/, "", line); return line }

/^      "op": / {
    gsub(/[",]/, "", $2)
    if (!taking && !done && $2 == first) taking = 1
}
/^      "stores": \{/ { list = "stores"; next }
/^      "commands": \{/ { list = "commands"; next }
/^      \}/ { list = "" }
!taking { next }
list == "stores" { stores += number($0) }
list == "commands" { commands += number($0) }
/^      "syncs": / { syncs += number($0) }
/^        "hw": / { hw += number($0) }
/^        "cpu": / { cpu += number($0) }
/^        "dma_blocked": / { blocked += number($0) }
# The last member of an operation's costs.
/^        "refill": / {
    refill += number($0)
    if (++got == n) { taking = 0; done = 1 }
}
END {
    if (!done) {
        print "ops.awk: " got + 0 " operations from " first " on instead of " n > "/dev/stderr"
        exit 1
    }
    printf "%d,%d,%d,%.3f,%.3f,%.3f,%.3f\n", stores, commands, syncs, hw, cpu, blocked, refill
}
