# SPDX-License-Identifier: BSD-2-Clause
# part.awk - of a table (the second file) the lines of the cells that a sweep (the first) has.
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
{
    cell = $column["arch"] "," $column["driver"] "," $column["pasid"] "," $column["by"] "," $column["from"] "," $column["to"]
    cell = cell "," $column["ats"]
    if ("load" in column) cell = cell "," $column["load"]
    if (cell in has) print
}
