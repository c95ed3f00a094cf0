# SPDX-License-Identifier: BSD-2-Clause
# mutants.awk - the mistakes that mutate.sh can make in a C file.
#   awk -f mutants.awk FILE                        lists them: "LINE NAME"
#   awk -v line=LINE -v name=NAME -f mutants.awk FILE   prints the file with that one made
# Comments, directives and declarations are left alone.

function offer(ok, this) { if (ok) { n_names++; names[n_names] = this } }

# With what the mistake @this makes of @text.
function spoil(text, this) {
    if (this == "eq") sub(/ == /, " != ", text)
    else if (this == "ne") sub(/ != /, " == ", text)
    else if (this == "lt") sub(/ < /, " <= ", text)
    else if (this == "le") sub(/ <= /, " < ", text)
    else if (this == "gt") sub(/ > /, " >= ", text)
    else if (this == "ge") sub(/ >= /, " > ", text)
    else if (this == "and") sub(/ && /, " || ", text)
    else if (this == "or") sub(/ \|\| /, " \\&\\& ", text)
    else if (this == "not") sub(/!/, "", text)
    else if (this == "if") { sub(/if \(/, "if (!(", text); sub(/\)( \{)?$/, ")&", text) }
    else if (this == "true") sub(/true/, "false", text)
    else if (this == "false") sub(/false/, "true", text)
    else if (this == "plus") sub(/ \+ 1/, "", text)
    else if (this == "minus") sub(/ - 1/, "", text)
    else if (this == "drop") sub(/[^ ].*$/, ";", text)
    else if (this == "case") sub(/case .*:$/, ";", text)
    return text
}

{
    n_names = 0
    if ($0 ~ /^\/\*/) comment = 1
    code = !comment && $0 !~ /^#/ && $0 !~ /^ *\/?\*/ && $0 !~ /\\$/ && $0 ~ /^ /
    if (code) {
        offer($0 ~ / == /, "eq"); offer($0 ~ / != /, "ne")
        offer($0 ~ / < /, "lt"); offer($0 ~ / <= /, "le")
        offer($0 ~ / > /, "gt"); offer($0 ~ / >= /, "ge")
        offer($0 ~ / && /, "and"); offer($0 ~ / \|\| /, "or")
        offer($0 ~ /![a-z(]/, "not")
        offer($0 ~ /^ *(\} else )?if \(.*\)( \{)?$/, "if")
        offer($0 ~ /(=|return) true;/, "true"); offer($0 ~ /(=|return) false;/, "false")
        offer($0 ~ / \+ 1[^0-9]/, "plus"); offer($0 ~ / - 1[^0-9]/, "minus")
        offer($0 ~ /^ +[a-z_0-9]+\(.*\);$/ || $0 ~ /^ +[^ ]+ [-+|&^]?= .*;$/ ||
              $0 ~ /^ +[^ ]+(\+\+|--);$/ || $0 ~ /^ +(continue|break);$/, "drop")
        offer($0 ~ /^ +case [A-Z_a-z0-9]+:$/, "case")
    }
    if ($0 ~ /\*\/$/) comment = 0
    if (!line)
        for (i = 1; i <= n_names; i++) print NR, names[i]
    else
        print NR == line ? spoil($0, name) : $0
}
