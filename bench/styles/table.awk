# SPDX-License-Identifier: BSD-2-Clause
# table.awk - styles.csv as a table: a line for each part and load, the styles side by side.
BEGIN {
    FS = ","
    print "| unit | load | mean ns: AT | LT | LT, 1 us ahead | worst ns: AT | LT | LT, 1 us ahead " \
        "| requests a us: AT | LT | LT, 1 us ahead | refused: AT | LT | LT, 1 us ahead | wrong or stale |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
}
NR == 1 {
    for (i = 1; i <= NF; i++)
        column[$i] = i
    next
}
{
    # The name of a load has commas, in quotes.
    match($0, /"[^"]*"/)
    load = substr($0, RSTART + 1, RLENGTH - 2)
    $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
    key = $column["preset"] " | " load
    if (!(key in bad)) {
        order[++n] = key
        bad[key] = 0
    }
    mean[key] = mean[key] " | " $column["mean_ns"]
    worst[key] = worst[key] " | " $column["worst_ns"]
    rate[key] = rate[key] " | " $column["per_us"]
    refused[key] = refused[key] " | " $column["refused"]
    bad[key] += $column["wrong"] + $column["stale"]
}
END {
    for (i = 1; i <= n; i++)
        print "| " order[i] mean[order[i]] worst[order[i]] rate[order[i]] refused[order[i]] " | " \
            bad[order[i]] " |"
}
