# SPDX-License-Identifier: BSD-2-Clause
# part.awk - of a table (the second file) the lines of the cells that a sweep (the first) has.
BEGIN { OFS = "," }
function bare(text) { gsub(/"/, "", text); return text }
function pasid(text) { text = bare(text); return text == "" ? "none" : text }

FNR == 1 { file++; delete column; for (i = 1; i <= NF; i++) column[bare($i)] = i; if (file == 2) print; next }
file == 1 {
    cell = $column["arch"] "," $column["driver"] "," pasid($column["pasid"]) "," $column["by"] "," $column["from"] "," $column["to"]
    cell = cell "," ($column["ats"] == "true" ? "ats" : "no-ats")
    has[cell] = 1
    has[cell "," $column["load"]] = 1
    next
}
"drivers" in column {
    n = split($column["drivers"], driver, " ")
    some = ""
    for (i = 1; i <= n; i++) {
        cell = $column["arch"] "," driver[i] "," $column["pasid"] "," $column["by"] "," $column["from"] "," $column["to"]
        if ((cell "," $column["ats"]) in has) some = some (some == "" ? "" : " ") driver[i]
    }
    if (some != "") { $column["drivers"] = some; print }
    next
}
{
    cell = $column["arch"] "," $column["driver"] "," $column["pasid"] "," $column["by"] "," $column["from"] "," $column["to"]
    cell = cell "," $column["ats"]
    if ("load" in column) cell = cell "," $column["load"]
    if (cell in has) print
}
