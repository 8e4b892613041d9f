"""Dispatches events with this library, by way of the program in dispatcher.cpp."""

import json

import processes
import settings


def in_batches(lines, size):
    """The lines with a flush after each `size`, so that no request has more records."""
    for start in range(0, len(lines), size):
        yield from lines[start:start + size]
        yield {"flush": True}


def dispatch(server, stream, lines, wire="cbor", trust=True, deliver_within_ms=None,
             at_first_use=False, **environment):
    """Dispatches the lines and returns the answers, in order (see dispatcher.cpp for both)."""
    arguments = [settings.dispatcher(), "--endpoint", server.endpoint, "--stream", stream]
    if wire == "json":
        arguments.append("--json")
    if server.ca_file and trust:
        arguments += ["--ca-bundle", server.ca_file]
    if at_first_use:
        arguments.append("--at-first-use")
    if deliver_within_ms:
        arguments += ["--deliver-within", deliver_within_ms]
    if server.most_records_a_request:
        lines = in_batches(lines, server.most_records_a_request)
    standard_input = "".join(json.dumps(line) + "\n" for line in lines)
    status, out, errors = processes.run(arguments, standard_input, **environment)
    if status != 0:
        raise RuntimeError(f"exit status {status}:\n{errors}")
    return [json.loads(line) for line in out.split("\n") if line]
