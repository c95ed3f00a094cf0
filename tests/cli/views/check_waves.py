#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_waves.py - reads waveforms in VCD.

  check_waves.py same A.vcd B.vcd          the same signals with the same values at the same times?
  check_waves.py wanted A.vcd WANTED.json  are the values of signals those of WANTED?
  check_waves.py report A.vcd REPORT.json  do they say at each time what the report says of it?

WANTED has, for "scope.scope.signal", all values that the signal has one after the other, typed by
hand; numbers are decimal. REPORT is what replay --json wrote of the same run: another part of iommusim, that
watches a run of its own. Exit 0: all holds.
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


def ps(ns):
    return round(ns * 1000)


def check_operations(waves, report, problems):
    """On each CPU the operation that the report has there, from its begin to its end."""
    for name, changes in waves.items():
        if not name.endswith(".operation"):
            continue
        cpu = int(name.split(".")[1][3:])
        wanted = [(0, "-")]
        for op in sorted((o for o in report["operations"] if o["cpu"] == cpu), key=lambda o: o["begin_ns"]):
            begin, end = ps(op["begin_ns"]), ps(op["end_ns"])
            if begin < wanted[-1][0]:  # inside of another one: that is what is shown
                continue
            wanted += [(begin, op["op"]), (end, "-")]
        # An attach whose mark of iommufd is missing is an attach all the same.
        got = settled([(t, "attach" if v == "drv_attach" else v) for t, v in changes])
        if got != settled(wanted):
            problems.append(f"{name}: {got[:8]}, wanted {settled(wanted)[:8]}")


def check_story(waves, report, problems):
    """What the story tells of writes of registers, waits and commands."""
    story = report["story"]
    begin, end = ps(story["begin_ns"]), ps(story["begin_ns"] + story["end_ns"])
    acts = {lane: [a for a in story["acts"] if a["lane"] == lane]
            for lane in ("command", "register", "wait")}
    writes = {begin + ps(a["end_ns"]) for a in acts["register"]}
    syncs = {time for name, changes in waves.items() if name.endswith(".syncs_pending")
             for (_, old), (time, new) in zip(changes, changes[1:]) if new < old}
    n_commands = 0
    for name, changes in waves.items():
        if not name.endswith((".queue_prod", ".queue_tail")):
            continue
        for (_, old), (time, new) in zip(changes, changes[1:]):
            if not begin <= time <= end:
                continue
            if time not in writes:
                problems.append(f"{name} moves at {time}, when no register is written")
            n_commands += new - old
    if story["acts_left_out"] == 0 and n_commands >= 0 and n_commands != len(acts["command"]):
        problems.append(f"{n_commands} commands are queued, the story has {len(acts['command'])}")
    for wait in acts["wait"]:
        if begin + ps(wait["end_ns"]) not in syncs:
            problems.append(f"a wait ends at {wait['end_ns']} ns of the story, no sync does")


def check_requests(waves, report, problems):
    """How many were refused, and how long the slowest took."""
    latency = report["story"]["latency"]
    if latency["every"] != 1:
        return
    refused = sum(changes[-1][1] for name, changes in waves.items()
                  if name.startswith("devices.") and name.endswith(".refused"))
    slowest = max((value for name, changes in waves.items() if name.endswith(".latency_ps")
                   for _, value in changes), default=0)
    wanted = sum(b["refused"] for b in latency["bins"])
    if refused != wanted:
        problems.append(f"{refused} requests are refused, the report has {wanted}")
    if slowest != max((ps(b["max_ns"]) for b in latency["bins"]), default=0):
        problems.append(f"the slowest takes {slowest} ps")


def check_report(waves, report, problems):
    check_operations(waves, report, problems)
    if "story" in report:
        check_story(waves, report, problems)
        check_requests(waves, report, problems)


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
    elif sys.argv[1] == "report":
        with open(sys.argv[3], encoding="utf-8") as file:
            check_report(mine, json.load(file), problems)
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
