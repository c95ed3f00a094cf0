#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_waves.py - reads waveforms in VCD.

  check_waves.py same A.vcd B.vcd          the same signals with the same values at the same times?
  check_waves.py wanted A.vcd WANTED.json  are the values of signals those of WANTED?

WANTED has, for "scope.scope.signal", all values that the signal has one after the other, typed by
hand; numbers are decimal. Exit 0: all holds.
"""
import json
import sys


def read(path):
    """Of each signal: its width and a list of (time, value)."""
    scopes, names, values, now, is_head = [], {}, {}, 0, True
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split()
            if not words:
                continue
            if is_head:
                if words[0] == "$scope":
                    scopes.append(words[2])
                elif words[0] == "$upscope":
                    scopes.pop()
                elif words[0] == "$var":
                    width = "text" if words[1] == "string" else int(words[2])
                    names[words[3]] = (".".join(scopes + [words[4]]), width)
                    values[names[words[3]][0]] = []
                is_head = words[0] != "$enddefinitions"
            elif line[0] == "#":
                if int(line[1:]) < now:
                    sys.exit(f"{path}: time goes back at {line}")
                now = int(line[1:])
            elif line[0] != "$":
                kind, code = line[0], words[-1] if len(words) > 1 else words[0][1:]
                name, width = names[code]
                value = (words[0][1:] if kind == "s" else int(words[0][1:], 2) if kind == "b"
                         else int(kind))
                if (kind == "s") != (width == "text"):
                    sys.exit(f"{path}: {name} has the value {words[0]}")
                values[name].append((now, value))
    return {name: values[name] for name, _ in names.values()}, dict(names.values()), now


def settled(changes):
    """At each time the last value, and only if it is another one."""
    result = []
    for i, (time, value) in enumerate(changes):
        if i + 1 < len(changes) and changes[i + 1][0] == time:
            continue
        if not result or result[-1][1] != value:
            result.append((time, value))
    return result


def main():
    mine, widths, end = read(sys.argv[2])
    problems = []
    if sys.argv[1] == "same":
        other, other_widths, other_end = read(sys.argv[3])
        if widths != other_widths:
            problems.append("other signals, or widths")
        if end != other_end:
            problems.append(f"one ends at {end}, the other at {other_end}")
        for name in mine:
            if settled(mine[name]) != settled(other.get(name, [])):
                problems.append(f"{name} differs")
    else:
        with open(sys.argv[3], encoding="utf-8") as file:
            wanted = json.load(file)
        for name, values in wanted.items():
            got = [value for _, value in settled(mine.get(name, []))]
            if got != values:
                problems.append(f"{name}: {got}, wanted {values}")
    for problem in problems[:20]:
        print(problem)
    print(f"{len(mine)} signals, {sum(map(len, mine.values()))} values, end {end}")
    return 1 if problems else 0


sys.exit(main())
