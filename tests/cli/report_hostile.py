#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""report_hostile.py - what iommusim report and compare make of results that nobody should trust.

  report_hostile.py IOMMUSIM PROJECT_DIR [N]

Takes a result of each kind, puts something hostile in place of each kind of member (N times each,
always the same ones), and hands it over; then files that are damaged as a whole. Whatever comes:
an exit code that is meant for it, within some seconds, and a page that is whole, nests, has no tag
and no attribute that a page of ours has not; or no page at all. Exit 0: all holds.
"""
import html.parser
import json
import os
import random
import subprocess
import sys
import tempfile

TAGS = set("html head meta title style body header main footer section nav p h1 h2 h3 a span code pre ul li dl dt "
           "dd table thead tbody tr th td caption div figure figcaption details summary strong em br svg rect g line "
           "text path".split())
VOID = {"meta", "br"}
ATTRIBUTES = set("lang charset name content class id href title scope colspan tabindex role aria-label aria-hidden "
                 "viewbox preserveaspectratio width height x y x1 x2 y1 y2 rx d open".split())
HOSTILE = [None, True, {}, [], 0, -1, 1e308, -1e308, 5e-324, 9223372036854775807, "", "NaN", "-INF",
           "<script>alert(1)</script>", "\"' onload=alert(1) x=\"", "</style><script>", "</svg><b>",
           "]]>--><!--", "%s%n%99999d", "\u202e\u001b[31m\u0007\u0085\ufffe", "x" * 70000, "HITLESS",
           "\u00e9\U0001f600", "javascript:alert(1)", [[]] * 50, {"a": {"b": {"c": []}}}, ["<b>", 1, None],
           {"<script>": "<script>"}, {"": ""}]
MARK = "<script>alert(1)"
problems = []


class Page(html.parser.HTMLParser):
    """Whatever is open must be closed, and be of ours."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids = [], [], set()

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.wrong.append(f"<{tag} {name}=>")
            if name == "href" and not value.startswith("#"):
                self.wrong.append(f"href={value}")
            if name == "id" and value in self.ids:
                self.wrong.append(f"id {value} twice")
            if name == "id":
                self.ids.add(value)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_comment(self, data):
        self.wrong.append("<!--")


def check_page(name, path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    if page.wrong or page.open or not text.endswith("</html>\n"):
        problems.append(f"{name}: {page.wrong[:5]} {page.open[:5]}")
    if any(ord(c) < 32 and c not in "\n\t" for c in text):
        problems.append(f"{name}: a control character")
    for word in ("nan", "inf", "-nan", "-inf"):
        if f"\"{word}\"" in text or f">{word}<" in text or f">{word} " in text:
            problems.append(f"{name}: {word}")


def run(name, args, allowed):
    if os.path.exists("page.html"):
        os.remove("page.html")
    try:
        done = subprocess.run([sys.argv[1]] + args, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        problems.append(f"{name}: takes too long")
        return
    if done.returncode not in allowed:
        problems.append(f"{name}: exit {done.returncode}: {done.stderr[-300:]}")
    if done.returncode == 3 and not done.stderr.startswith(b"iommusim: "):
        problems.append(f"{name}: refused without a reason")
    if b"\x1b" in done.stderr or b"\x1b" in done.stdout:
        problems.append(f"{name}: a control character on the terminal")
    is_there = os.path.exists("page.html")
    if args[0] == "report" and is_there != (done.returncode == 0):
        problems.append(f"{name}: exit {done.returncode}, page: {is_there}")
    if is_there and done.returncode == 0:
        check_page(name, "page.html")


def places(value, path=()):
    """Paths to all members; of a list the first and the last stand for all."""
    found = [path]
    if isinstance(value, dict):
        for key in value:
            found += places(value[key], path + (key,))
    elif isinstance(value, list) and value:
        for i in {0, len(value) - 1}:
            found += places(value[i], path + (i,))
    return found


def put(root, path, value):
    if not path:
        return value
    node = root
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return root


def mutate(kind, text, n, chance):
    """One to three members become something else."""
    all_places = places(json.loads(text))
    for i in range(n):
        mutant = json.loads(text)
        for _ in range(chance.randint(1, 3)):
            try:
                mutant = put(mutant, chance.choice(all_places), chance.choice(HOSTILE))
            except (KeyError, IndexError, TypeError):
                pass  # an outer one is gone
        with open("mutant.json", "w", encoding="utf-8") as file:
            json.dump(mutant, file, ensure_ascii=bool(i % 2))
        run(f"{kind} {i}", ["report", "mutant.json", "-o", "page.html"], {0, 3})
        if i % 4 == 0:
            run(f"{kind} {i}, two", ["report", "good.json", "mutant.json", "-o", "page.html"], {0, 3})
            run(f"{kind} {i}, compared", ["compare", "good.json", "mutant.json", "--all"], {0, 1, 3, 4})


def make_results(root):
    trace = f"{root}/traces/captures/arm64-basic/trace.dat"
    scenario = f"{root}/kernel-glue/capture/scenarios/basic.scn"
    commands = {
        "replay": ["replay", trace, "--no-probes"],
        "explore": ["explore", trace],
        "transition": ["run", "--from", "s1", "--to", "s2", "--by", "detach-attach"],
        "run": ["run", "--script", scenario, "--story", "none", "--no-probes"],
        "rules": ["rules", "smmu-ste-torn"],
        "cells": ["run", "--cells"],
        "decode": ["decode", "ste", "0xb", "0"],
        "litmus": ["litmus", f"{root}/tests/litmus/good-ats-off.litmus"],
    }
    results = {}
    for kind, args in commands.items():
        done = subprocess.run([sys.argv[1]] + args + ["--json"], capture_output=True, check=False)
        results[kind] = done.stdout.decode()
        json.loads(results[kind])
    with open("a.json", "w", encoding="utf-8") as file:
        file.write(results["replay"])
    with open("b.json", "w", encoding="utf-8") as file:
        file.write(results["run"])
    done = subprocess.run([sys.argv[1], "compare", "a.json", "b.json", "--json"], capture_output=True, check=False)
    results["compare"] = done.stdout.decode()
    return results


def whole_files(replay):
    """Damage of the file as a whole."""
    row = "0,done,0,,a,s1,s2,replace,ran,,HITLESS,1\n"
    head = "point,state,exit,why,driver,from,to,by,kind,reason,verdict.replay,costs.blocked_ns\n"
    many = "".join(f"{i},done,0,,a,s{i},t{i},replace,ran,,HITLESS,{i}\n" for i in range(20000))
    return {
        "empty.json": (b"", {2, 3}), "blank.json": (b" \n", {3}), "brace.json": (b"{", {3}),
        "bracket.json": (b"[", {3}), "list.json": (b"[1, 2]", {3}), "number.json": (b"7", {3}),
        "nan.json": (replay.replace('"seed": 1', '"seed": NaN', 1).encode(), {0, 3}),
        "infinite.json": (b'{"schema": "iommusim.replay/1", "operations": [], "seed": 1e999}', {3}),
        "bytes.json": (b'{"schema": "iommusim.replay/1", "trace": "\xff\xfe\x80", "operations": []}', {3}),
        "nul.json": (b'{"schema": "iommusim.replay/1", "trace": "\\u0000", "operations": []}', {3}),
        "raw_nul.json": (b'{"schema": "iommusim.replay/1", \0 "operations": []}', {3}),
        "surrogate.json": (b'{"schema": "iommusim.replay/1", "trace": "\\ud800", "operations": []}', {3}),
        "bom.json": (b"\xef\xbb\xbf" + replay.encode(), {3}),
        "deep.json": (b"[" * 1000000, {3}),
        "deep_object.json": (b'{"a":' * 1000000, {3}),
        "deep_settings.json": (b'{"schema": "iommusim.replay/1", "operations": [], "config": ' + b'{"a":' * 2000
                               + b"1" + b"}" * 2000 + b"}", {0, 3}),
        "many.json": (b"[" + b"1," * 20000000 + b"1]", {3}),
        "many_rows.json": (b"[" + b'{"a":1},' * 300000 + b'{"a":2}]', {0}),
        "many_ops.json": (b'{"schema": "iommusim.replay/1", "operations": [' +
                          b'{"op": "replace", "verdict": "BREAKS"},' * 100000 +
                          b'{"op": "map", "verdict": "TORN"}]}', {0}),
        "cut.json": (replay[:len(replay) // 2].encode(), {3}),
        "twice.json": ((replay + replay).encode(), {3}),
        "empty.csv": (b"", {3}), "head.csv": (head.encode(), {0}), "nul.csv": (b"a,b\n\0,2\n", {0, 3}),
        "quote.csv": (b'a,"b\n1,2\n', {3}), "bytes.csv": (b"a,b\n\xff,2\n", {3}),
        "markup.csv": ((head + row.replace("s1", MARK).replace("replace", '"""><b>"')).encode(), {0}),
        "numbers.csv": ((head + row.replace("HITLESS,1", "HITLESS,1e999") +
                         row.replace("HITLESS,1", "TORN,nan")).encode(), {0}),
        "wide.csv": ((",".join(f"c{i}" for i in range(20000)) + "\n").encode(), {0}),
        "states.csv": ((head + many).encode(), {0}),
        "long.csv": (b"a,b\n" + b"x" * 2000000 + b",1\n", {3}),
        "db.sqlite": (b"SQLite format 3\0" + bytes(5000), {3, 5}),
        "short.sqlite": (b"SQLite format 3\0", {3, 5}),
    }


def main():
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 400 if os.environ.get("IOMMUSIM_TEST_LONG") else 16
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        results = make_results(sys.argv[2])
        for kind, text in results.items():
            with open("good.json", "w", encoding="utf-8") as file:
                file.write(text)
            run(f"{kind}, untouched", ["report", "good.json", "-o", "page.html"], {0})
            mutate(kind, text, n, random.Random(kind))
        for name, (content, allowed) in whole_files(results["replay"]).items():
            with open(name, "wb") as file:
                file.write(content)
            run(name, ["report", name, "-o", "page.html"], allowed)
            os.remove(name)
        os.chdir("/")
    for problem in problems[:40]:
        print(problem)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
