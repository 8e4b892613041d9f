"""Kinesis servers on loopback, each for the time of a with block:

    with Kinesalite() as server:
        server.endpoint, server.ca_file
"""

import json
import pathlib
import re
import subprocess
import tempfile

import settings
from processes import Process


def make_certificate(folder):
    """A self-signed certificate for 127.0.0.1; the paths of its PEM and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=settings.STEP_SECONDS)
    return certificate, key


class Server:
    """What all have in common: `endpoint`, and `ca_file` to trust, or None without TLS."""

    # How many records of one request its answer has room for; None: as many as Kinesis allows.
    most_records_a_request = None

    def __init__(self, tls=False):
        self.tls = tls
        self.endpoint = None
        self.ca_file = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._process = None
        try:
            self._process = self.start(pathlib.Path(self._folder.name))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._process:
            self._process.__exit__()
        self._folder.cleanup()

    def start(self, folder):
        """Starts it, sets `endpoint` and `ca_file` once it listens; returns the process."""
        raise NotImplementedError

    def log(self):
        return self._process.output()

    def running(self):
        return self._process.running()

    def signal(self, number):
        self._process.signal(number)

    def wait_for_log(self, pattern):
        """Waits until a line of its log matches, and returns the match."""
        compiled = re.compile(pattern, re.MULTILINE)
        return self._process.wait_for(compiled.search, f"line like {pattern}")

    def started(self, process):
        """Enters the process so that it is ended even when it never listens."""
        self._process = process.__enter__()
        return self._process

    def listens_at(self, port):
        self.endpoint = f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"


class _NodeServer(Server):
    """A server from npm, as it is, but on a free port of loopback (see on_loopback.js)."""

    wanted_port = {False: None, True: None}

    def start_node(self, main, *arguments, **environment):
        main = settings.peers_folder() / "node_modules" / main
        process = self.started(Process(
            ["node", "--require", settings.HERE / "on_loopback.js", main, *arguments],
            **environment))
        wanted = self.wanted_port[self.tls]
        self.listens_at(self.wait_for_log(rf"^listening {wanted} (\d+)$")[1])
        return process


class Kinesalite(_NodeServer):
    """kinesalite. It ends when a client breaks a TLS connection, takes bodies up to 7 MiB, and
    cuts CBOR answers of more than about 16 KiB."""

    wanted_port = {False: 4567, True: 4567}
    most_records_a_request = 100

    def start(self, folder):
        options = ["--createStreamMs", "20", "--deleteStreamMs", "20", "--shardLimit", "100"]
        if self.tls:
            self.ca_file, key = make_certificate(folder)
            options += ["--ssl", "--cert", self.ca_file.read_text(), "--key", key.read_text(),
                        "--ca", self.ca_file.read_text()]
        return self.start_node("kinesalite/cli.js", *options)


class KinesisLocal(_NodeServer):
    """kinesis-local (kinesis-mock). Enforces few limits. With own_certificate it presents the one
    it ships, which names no host."""

    wanted_port = {False: 4568, True: 4567}

    def __init__(self, tls=False, own_certificate=False):
        super().__init__(tls)
        self._own_certificate = own_certificate

    def start(self, folder):
        shipped = settings.peers_folder() / "node_modules/kinesis-local/server.json"
        if self._own_certificate:
            pem = json.loads(shipped.read_text())["server"]["cert"]
            self.ca_file = folder / "shipped.pem"
            self.ca_file.write_text(pem)
            path = shipped
        else:
            certificate, key = make_certificate(folder)
            path = folder / "server.json"
            path.write_text(json.dumps(
                {"server": {"cert": certificate.read_text(), "key": key.read_text()}}))
            self.ca_file = certificate if self.tls else None
        return self.start_node(
            "kinesis-local/main.js", KINESIS_MOCK_CERT_PATH=str(path),
            CREATE_STREAM_DURATION="20ms", DELETE_STREAM_DURATION="20ms", SHARD_LIMIT="100",
            LOG_LEVEL="WARN")


class LocalStream(Server):
    """This project's own: `lk-dispatch local`."""

    def __init__(self, tls=False, arguments=()):
        super().__init__(tls)
        self._arguments = arguments

    def start(self, folder):
        options = ["--tls", "--print-ca"] if self.tls else []
        process = self.started(Process(
            [settings.tool(), "local", "--port", "0", *options, *self._arguments]))
        self.listens_at(self.wait_for_log(r"listening on https?://127\.0\.0\.1:(\d+)$")[1])
        if self.tls:
            pem = r"-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n"
            self.ca_file = folder / "ca.pem"
            self.ca_file.write_text(self.wait_for_log(pem)[0])
        return process
