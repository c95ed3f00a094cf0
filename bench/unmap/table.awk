# SPDX-License-Identifier: BSD-2-Clause
# table.awk - the unmaps of a replay's JSON as lines of CSV. Set: row, max (log2 of the last size).
# The report has one member a line, and members in one order.
function number(line) { sub(/.*: /, "", line); sub(/,$/, "", line); return line }
function word(line) { split(line, part, "\""); return part[2] }

/^      "op": / { is_unmap = /"unmap"/; is_map = /"map"/; what = ""; stores = commands = 0 }
/^      "verdict": / { verdict = $2; gsub(/[",]/, "", verdict) }
/^      "stores": \{/ { list = "stores"; next }
/^      "commands": \{/ { list = "commands"; next }
/^      \}/ { list = "" }
list == "stores" { stores += number($0) }
list == "commands" { commands += number($0); what = what (what == "" ? "" : " ") word($0) "*" number($0) }
/^      "syncs": / { syncs = number($0) }
/^        "hw": / { hw = number($0) }
/^        "cpu": / { cpu = number($0) }
# The last member of an operation's costs: all of it is known.
/^        "refill": / && is_unmap {
    printf "%s,%d,%d,%d,%d,%s,%s,%s,%s\n", row, 2 ^ (12 + n++) / 1024, stores, commands, syncs, what, hw, cpu, verdict
}
END {
    if (n != max - 11) {
        print "table.awk: " n " unmaps instead of " max - 11 > "/dev/stderr"
        exit 1
    }
}
