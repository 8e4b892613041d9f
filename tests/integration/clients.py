"""Kinesis clients that this project did not write, behind one call:

    with JavaScriptSdk(server, "v2") as client:
        client.call("PutRecord", StreamName=…, Data=b"…", PartitionKey=…)

An answer is a dict as the API reference names its members, with bytes as bytes. A refused call
raises ServiceError."""

import base64
import json
import os
import re
import signal
import subprocess
import threading

import processes
import settings


class ServiceError(Exception):
    """The service refused a call; `code` is Kinesis's name for why."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class JavaScriptSdk:
    """AWS's SDK for JavaScript: "v2", "v3" (HTTP/1.1), or "v3-http2", its default."""

    def __init__(self, server, version):
        self._arguments = ["node", str(settings.HERE / "sdk_calls.js"), version, server.endpoint]
        trust = {"NODE_EXTRA_CA_CERTS": str(server.ca_file)} if server.ca_file else {}
        self._environment = settings.environment(**trust)

    def __enter__(self):
        self._process = subprocess.Popen(
            self._arguments, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True, preexec_fn=processes.die_with_parent)
        return self

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def call(self, operation, **members):
        line = json.dumps({"operation": operation, "input": _with_base64(members)}) + "\n"
        # A call that never ends is ended here, so that the read below sees the end of the file.
        watchdog = threading.Timer(settings.STEP_SECONDS, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
            answered = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not answered:
            raise RuntimeError(f"{' '.join(self._arguments)} ended during {operation}")
        answer = json.loads(answered)
        if "error" in answer:
            raise ServiceError(answer["error"]["name"], answer["error"]["message"])
        return _with_bytes(answer["output"])


def _with_base64(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [_with_base64(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_base64(one) for name, one in value.items()}
    return value


def _with_bytes(value):
    if isinstance(value, list):
        return [_with_bytes(one) for one in value]
    if isinstance(value, dict):
        if set(value) == {"base64"}:
            return base64.b64decode(value["base64"])
        return {name: _with_bytes(one) for name, one in value.items()}
    return value


class AwsCli:
    """The command `aws kinesis` of Debian's awscli, one process a call."""

    path = "/usr/bin/aws"

    def __init__(self, server):
        self._server = server

    def __enter__(self):
        if not os.path.exists(self.path):
            raise RuntimeError(f"{self.path} is missing; apt-get install awscli")
        return self

    def __exit__(self, *_):
        pass

    def call(self, operation, **members):
        arguments = [self.path, "kinesis", _with_dashes(operation), "--output", "json",
                     "--endpoint-url", self._server.endpoint]
        if self._server.ca_file:
            arguments += ["--ca-bundle", str(self._server.ca_file)]
        for name, value in members.items():
            arguments += ["--" + _with_dashes(name), _as_argument(value)]
        status, out, errors = processes.run(arguments, AWS_PAGER="")
        if status != 0:
            refused = re.search(r"An error occurred \((\w+)\) when calling .*?: (.*)", errors)
            if not refused:
                raise RuntimeError(f"{' '.join(arguments)[:500]}: exit status {status}:\n{errors}")
            raise ServiceError(refused[1], refused[2])
        return _with_data_as_bytes(json.loads(out) if out.strip() else {})


def _with_dashes(name):
    """StreamARN → stream-arn, PutRecords → put-records, as the command names them."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _as_argument(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=_as_argument)
    return str(value)


def _with_data_as_bytes(value):
    if isinstance(value, list):
        return [_with_data_as_bytes(one) for one in value]
    if isinstance(value, dict):
        return {name: base64.b64decode(one) if name == "Data" else _with_data_as_bytes(one)
                for name, one in value.items()}
    return value
