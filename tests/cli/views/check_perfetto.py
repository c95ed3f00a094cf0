#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_perfetto.py - reads a trace as Perfetto's reader does, and compares it with the report.

  check_perfetto.py TRACE.pftrace REPORT.json [WANTED.json]

Messages are described here by the numbers of Perfetto's public .proto files, typed by hand, and are
parsed by Google's library. WANTED has counts for one trace, typed by hand too. Exit 0: all holds.
"""
import bisect
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields

F = descriptor_pb2.FieldDescriptorProto
UINT64, INT64, INT32, BOOL, STRING, MESSAGE = (F.TYPE_UINT64, F.TYPE_INT64, F.TYPE_INT32,
                                               F.TYPE_BOOL, F.TYPE_STRING, F.TYPE_MESSAGE)
UINT32, DOUBLE, FIXED64 = F.TYPE_UINT32, F.TYPE_DOUBLE, F.TYPE_FIXED64
MESSAGES = {
    "Trace": [("packet", 1, MESSAGE, "TracePacket", True)],
    "TracePacket": [("timestamp", 8, UINT64), ("trusted_packet_sequence_id", 10, UINT32),
                    ("track_event", 11, MESSAGE, "TrackEvent"), ("sequence_flags", 13, UINT32),
                    ("track_descriptor", 60, MESSAGE, "TrackDescriptor")],
    "TrackDescriptor": [("uuid", 1, UINT64), ("name", 2, STRING),
                        ("process", 3, MESSAGE, "ProcessDescriptor"), ("parent_uuid", 5, UINT64),
                        ("counter", 8, MESSAGE, "CounterDescriptor")],
    "ProcessDescriptor": [("pid", 1, INT32), ("process_name", 6, STRING)],
    "CounterDescriptor": [("unit", 3, INT32)],
    "TrackEvent": [("debug_annotations", 4, MESSAGE, "DebugAnnotation", True), ("type", 9, INT32),
                   ("track_uuid", 11, UINT64), ("categories", 22, STRING, None, True),
                   ("name", 23, STRING), ("counter_value", 30, INT64),
                   ("double_counter_value", 44, DOUBLE), ("flow_ids", 47, FIXED64, None, True)],
    "DebugAnnotation": [("bool_value", 2, BOOL), ("uint_value", 3, UINT64),
                        ("int_value", 4, INT64), ("double_value", 5, DOUBLE),
                        ("string_value", 6, STRING), ("pointer_value", 7, UINT64),
                        ("name", 10, STRING)],
}
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
problems = []


def check(holds, text):
    if not holds and len(problems) < 20:
        problems.append(text)


def trace_class():
    proto = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = proto.message_type.add(name=name)
        for field in fields:
            new = message.field.add(name=field[0], number=field[1], type=field[2],
                                    label=F.LABEL_OPTIONAL)
            if len(field) > 3 and field[3]:
                new.type_name = ".t." + field[3]
            if len(field) > 4:
                new.label = F.LABEL_REPEATED
    pool = descriptor_pool.DescriptorPool()
    pool.Add(proto)
    found = pool.FindMessageTypeByName("t.Trace")
    return (message_factory.GetMessageClass(found) if hasattr(message_factory, "GetMessageClass")
            else message_factory.MessageFactory(pool).GetPrototype(found))


def n_unknown(message):
    if hasattr(unknown_fields, "UnknownFieldSet"):
        n = len(unknown_fields.UnknownFieldSet(message))
    else:
        n = len(message.UnknownFields())
    for field, value in message.ListFields():
        if field.type == MESSAGE:
            n += sum(map(n_unknown, value)) if field.label == F.LABEL_REPEATED else n_unknown(value)
    return n


def notes_of(event):
    notes = {}
    for note in event.debug_annotations:
        fields = [f.name for f, _ in note.ListFields() if f.name != "name"]
        check(len(fields) == 1 and note.name not in notes, f"annotation {note.name}: {fields}")
        notes[note.name] = getattr(note, fields[0])
    return notes


class Slice:
    def __init__(self, packet, depth):
        event = packet.track_event
        self.name, self.notes, self.flows = event.name, notes_of(event), list(event.flow_ids)
        self.category = list(event.categories)
        self.begin = self.end = packet.timestamp
        self.depth = depth


class Reader:
    """Tracks by number; of each: slices, instants and values, in the order of the file."""

    def __init__(self, trace):
        self.tracks, self.open, self.last = {}, {}, {}
        self.slices, self.instants, self.values = {}, {}, {}
        for i, packet in enumerate(trace.packet):
            check(packet.trusted_packet_sequence_id == 1, f"packet {i}: sequence")
            check((packet.sequence_flags == 1) == (i == 0), f"packet {i}: flags")
            if packet.HasField("track_descriptor"):
                self.track(packet.track_descriptor)
            else:
                check(packet.HasField("track_event"), f"packet {i}: neither track nor event")
                check(packet.HasField("timestamp"), f"packet {i}: no time")
                self.event(packet)
        for uuid, stack in self.open.items():
            check(not stack, f"{self.path(uuid)}: {len(stack)} slices without an end")

    def track(self, track):
        check(track.uuid and track.uuid not in self.tracks, f"track {track.uuid} twice, or 0")
        check(track.name != "", f"track {track.uuid} has no name")
        if track.HasField("process"):
            check(not track.HasField("parent_uuid"), f"process {track.name} has a parent")
            check(track.process.pid not in [t.process.pid for t in self.tracks.values()
                                            if t.HasField("process")], f"{track.name}: pid twice")
        else:
            check(track.parent_uuid in self.tracks, f"track {track.name} without a parent")
        if track.HasField("counter"):  # 1: ns, 2: a count
            check(track.counter.unit == (1 if track.name == "latency" else 2), f"{track.name}: unit")
        self.tracks[track.uuid] = track

    def path(self, uuid):
        track = self.tracks[uuid]
        up = self.path(track.parent_uuid) + "/" if track.HasField("parent_uuid") else ""
        return up + track.name

    def event(self, packet):
        event, now = packet.track_event, packet.timestamp
        uuid = event.track_uuid
        check(uuid in self.tracks, f"event {event.name} on no track")
        if uuid not in self.tracks:
            return
        path = self.path(uuid)
        is_counter = self.tracks[uuid].HasField("counter")
        check(is_counter == (event.type == COUNTER), f"{path}: a counter is for values only")
        check(now >= self.last.get(uuid, 0), f"{path}: {now} after {self.last.get(uuid)}")
        check((event.name != "") == (event.type in (BEGIN, INSTANT)), f"{path}: name of {now}")
        self.last[uuid] = now
        stack = self.open.setdefault(uuid, [])
        if event.type == BEGIN:
            stack.append(Slice(packet, len(stack)))
            self.slices.setdefault(path, []).append(stack[-1])
        elif event.type == END:
            check(stack, f"{path}: an end at {now} without a begin")
            if stack:
                stack.pop().end = now
        elif event.type == INSTANT:
            self.instants.setdefault(path, []).append(Slice(packet, len(stack)))
        else:
            check(event.type == COUNTER, f"{path}: type {event.type}")
            has_int, has_double = (event.HasField("counter_value"),
                                   event.HasField("double_counter_value"))
            check(has_int != has_double, f"{path}: one value")
            value = event.counter_value if has_int else event.double_counter_value
            check(value >= 0, f"{path}: {value}")
            self.values.setdefault(path, []).append((now, value))


def words(counts):
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def check_operations(reader, report):
    on_cpu = {path: s for path, s in reader.slices.items() if path.startswith("software/CPU ")}
    found = {}
    for path, slices in on_cpu.items():
        for one in slices:
            if "operation" in one.category:
                check(one.notes["operation"] not in found, "an operation twice")
                found[one.notes["operation"]] = (path, one)
    wanted = report["operations"]
    check(sorted(found) == list(range(1, len(wanted) + 1)),
          f"operations {sorted(found)[:9]}..., the report has {len(wanted)}")
    for number, (path, one) in sorted(found.items()):
        op = wanted[number - 1] if number <= len(wanted) else None
        if op is None:
            continue
        who = f"operation {number}"
        check(path == f"software/CPU {op['cpu']}", f"{who} on {path}")
        check(one.name.split()[0].rstrip(":") == op["op"], f"{who}: {one.name}, {op['op']}")
        check(one.name.endswith(": " + op["verdict"]), f"{who}: {one.name}, {op['verdict']}")
        for key in ("verdict", "safe", "hitless", "inconclusive", "ret", "syncs", "mmio_writes"):
            check(one.notes[key] == op[key], f"{who}: {key} {one.notes[key]}, {op[key]}")
        for key in ("hw", "cpu", "dma_blocked", "refill"):
            check(abs(one.notes[key + "_ns"] - op["cost_ns"][key]) < 0.001, f"{who}: {key}")
        for key in ("swept", "killed", "collateral"):
            check(one.notes["tlb_" + key] == op["tlb"][key], f"{who}: {key}")
        for key in ("stores", "commands", "events"):
            check(one.notes.get(key, "") == words(op[key]), f"{who}: {key} {one.notes.get(key)}")
        check(one.notes["requests"] == op["dma"]["issued"], f"{who}: requests")
        check(one.notes["requests_refused"] == op["dma"]["faulted"], f"{who}: refused")
        probes = op["probes"]["issued"] if op["probes"] else 0
        check(one.notes["probes"] == probes, f"{who}: probes")
        check(one.begin == int(op["begin_ns"]) and one.end == int(op["end_ns"]),
              f"{who}: from {one.begin} to {one.end}, not {op['begin_ns']} to {op['end_ns']}")
    return found


def check_acts(reader, report, found):
    """What is inside an operation's slice is what the report counts."""
    others = [op for op in report["operations"] if op["cpu"] != report["operations"][0]["cpu"]]
    if others:  # marks of two CPUs may overlap
        return
    for number, (path, one) in found.items():
        op = report["operations"][number - 1]
        slices = reader.slices[path]
        begins = [s.begin for s in slices]
        inside = [s for s in slices[bisect.bisect_left(begins, one.begin):
                                    bisect.bisect_right(begins, one.end)]
                  if s.end <= one.end and s.depth > one.depth]
        for structure in op["stores"]:
            n = sum(s.name == structure and "store" in s.category for s in inside)
            check(n == op["stores"][structure], f"operation {number}: {n} slices {structure}")
        for command in op["commands"]:
            n = sum(s.name == command and "store" in s.category for s in inside)
            check(n == op["commands"][command], f"operation {number}: {n} slices {command}")
        if not op["events"]:  # after events the handler's writes count, which come later
            n = sum("register" in s.category and s.name.startswith("write ") for s in inside)
            check(n == op["mmio_writes"], f"operation {number}: {n} register writes")
        for s in inside:
            check(s.notes.get("text", "x") != "", f"operation {number}: {s.name} says nothing")


def check_bad(reader, report, found):
    bad = {}
    for path, instants in reader.instants.items():
        if not path.endswith("/answers that must not be"):
            continue
        for one in instants:
            check(one.name in ("REFUSED", "MIXED", "STALE"), f"{path}: {one.name}")
            check(one.flows == [one.notes["operation"]], f"{path}: no arrow to the operation")
            bad.setdefault(one.notes["operation"], []).append(one)
    for number, (_, one) in found.items():
        op = report["operations"][number - 1]
        shown = bad.get(number, [])
        counted = sum(op[who][kind] for who in ("dma", "probes") if op[who]
                      for kind in ("mixed", "stale"))
        check(one.flows == ([number] if shown else []), f"operation {number}: arrow {one.flows}")
        # What is charged to an operation long after its end (STALE) has no place in time any more.
        if op["verdict"] in ("BREAKS", "TORN"):
            check(shown, f"operation {number}: {op['verdict']}, but no bad answer is shown")
        if op["hitless"] and not counted:
            check(not shown, f"operation {number}: hitless, but {len(shown)} bad answers")


def check_hardware(reader, report):
    for path, values in reader.values.items():
        if path.endswith((" hits", " misses")):
            check([v for _, v in values] == list(range(1, len(values) + 1)), f"{path}: by one")
        if path.endswith("/requests in flight"):
            steps = [b - a for (_, a), (_, b) in zip([(0, 0)] + values, values)]
            check(set(steps) <= {1, -1} and values[-1][1] == 0, f"{path}: ends {values[-1]}")
            sent, answered = steps.count(1), steps.count(-1)
            latencies = reader.values[path.replace("requests in flight", "latency")]
            check(sent == answered == len(latencies), f"{path}: {sent} {answered}")
        if path.endswith("/commands in the queue"):
            check(values[-1][1] == 0, f"{path}: ends with {values[-1][1]}")


def counts(reader):
    """What WANTED may say: how often, by path and name; last values of counters."""
    found = {}
    for kind in (reader.slices, reader.instants):
        for path, all_of in kind.items():
            for one in all_of:
                found[f"{path}: {one.name}"] = found.get(f"{path}: {one.name}", 0) + 1
    for path, values in reader.values.items():
        found[path] = [value for _, value in values] if len(values) < 50 else values[-1][1]
    return found


def main():
    with open(sys.argv[1], "rb") as file:
        trace = trace_class().FromString(file.read())
    with open(sys.argv[2], encoding="utf-8") as file:
        report = json.load(file)
    check(n_unknown(trace) == 0, "there are fields that the format does not have here")
    reader = Reader(trace)
    found = check_operations(reader, report)
    check_acts(reader, report, found)
    check_bad(reader, report, found)
    check_hardware(reader, report)
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf-8") as file:
            wanted = json.load(file)
        is_there = counts(reader)
        for key, value in wanted.items():
            check(is_there.get(key) == value, f"{key}: {is_there.get(key)}, wanted {value}")
    for problem in problems:
        print(problem)
    print(f"{len(trace.packet)} packets, {len(reader.tracks)} tracks, {len(found)} operations, "
          f"{sum(map(len, reader.slices.values()))} slices, "
          f"{sum(map(len, reader.instants.values()))} instants, "
          f"{sum(map(len, reader.values.values()))} values")
    return 1 if problems else 0


sys.exit(main())
