# SPDX-License-Identifier: BSD-2-Clause
# json.awk - a CSV with a line of names as JSON: a list of objects. No field has a comma or a quote in it.
NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; print "["; next }
{
    line = NR == 2 ? "  {" : "  ,{"
    for (i = 1; i <= NF; i++) {
        value = $i == "" ? "null" : $i ~ /^-?[0-9]+(\.[0-9]+)?$/ ? $i : "\"" $i "\""
        line = line (i > 1 ? ", " : "") "\"" name[i] "\": " value
    }
    print line "}"
}
END { print "]" }
