"""Starts lk-dispatch and what it talks to. Everything is bounded in time."""

import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

# Far beyond what anything takes on a slow machine; only a hang is as long.
PATIENCE = 120

TOOL = os.environ.get("LK_DISPATCH", "")


def environment(**changes):
    """The environment without what could lead the command elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null",
                AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    kept.update(changes)
    return kept


def lk_dispatch(*words, stdin="", status=None, cwd=None, env=None, stdout=subprocess.PIPE):
    """Runs the command to its end; stdin is text or bytes."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run(
        [TOOL, *words], input=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=PATIENCE,
        cwd=cwd, env=env or environment())
    done.err = done.stderr.decode()
    done.out = (done.stdout or b"").decode()
    done.lines = (done.stdout or b"").decode().splitlines()
    if status is not None and done.returncode != status:
        raise AssertionError(f"{words}: status {done.returncode}, not {status}\n{done.err}")
    return done


class Running:
    """The command while it runs; its output comes as lines."""

    def __init__(self, *words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=None,
                 cwd=None):
        self.process = subprocess.Popen(
            [TOOL, *words], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, cwd=cwd,
            env=env or environment())
        self.out = self._lines_of(self.process.stdout)
        self.err = self._lines_of(self.process.stderr) if self.process.stderr else None

    @staticmethod
    def _lines_of(pipe):
        lines = queue.Queue()

        def read():
            for line in pipe:
                lines.put(line.decode().rstrip("\n"))
            lines.put(None)
            pipe.close()

        threading.Thread(target=read, daemon=True).start()
        return lines

    @staticmethod
    def wait_for(lines, pattern):
        """The match of the first line that matches."""
        seen = []
        while True:
            line = lines.get(timeout=PATIENCE)
            if line is None:
                raise AssertionError(f"no line matches {pattern!r} in {seen}")
            seen.append(line)
            match = re.search(pattern, line)
            if match:
                return match

    @staticmethod
    def rest_of(lines):
        rest = []
        while True:
            line = lines.get(timeout=PATIENCE)
            if line is None:
                return rest
            rest.append(line)

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def status(self):
        return self.process.wait(timeout=PATIENCE)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass


class LocalServer(Running):
    """lk-dispatch local on a free port."""

    def __init__(self, *words, env=None):
        super().__init__("local", "--port", "0", *words, env=env)
        try:
            self.endpoint = self.wait_for(self.err, r"listening on (https?://\S+)").group(1)
        except BaseException:
            self.stop()
            raise

    def port(self):
        return self.endpoint.rsplit(":", 1)[1]


class ScriptedKinesis:
    """Answers every PutRecords request alike, or never, and all else with `otherwise`."""

    def __init__(self, status, answer):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                if not self.headers["X-Amz-Target"].endswith(".PutRecords"):
                    self.reply(400, outer.otherwise)
                    return
                outer.requests += 1
                outer.asked.set()
                if outer.status is None:
                    outer.released.wait(PATIENCE)
                    return
                self.reply(outer.status, outer.answer)

            def reply(self, status, answer):
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.status = status
        self.answer = answer
        self.otherwise = {"__type": "UnknownOperationException"}
        self.requests = 0
        self.asked = threading.Event()
        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class CommandTest(unittest.TestCase):
    """A test with a directory of its own, that leaves nothing running."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="lk-dispatch-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def start(self, *words, **options):
        running = Running(*words, **options)
        self.addCleanup(running.stop)
        return running

    def serve(self, *words):
        server = LocalServer(*words)
        self.addCleanup(server.stop)
        return server

    def script(self, status, answer=None):
        kinesis = ScriptedKinesis(status, answer)
        self.addCleanup(kinesis.stop)
        return kinesis

    def file(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def assert_refused(self, *words, saying, status=2):
        """Refused with this status, and with a message that holds all of these."""
        done = lk_dispatch(*words)
        self.assertEqual(done.returncode, status, done.err)
        self.assertEqual(done.out, "")
        for text in saying:
            self.assertIn(text, done.err)


def main(tests):
    """Runs the tests; the command's path is the first argument or in LK_DISPATCH."""
    global TOOL
    # Who starts this in the background may have it ignored, which is inherited; a handler is not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = sys.argv[1:]
    if arguments and not arguments[0].startswith("-") and os.path.isfile(arguments[0]):
        TOOL = os.path.abspath(arguments.pop(0))
    if not TOOL:
        sys.exit("say where lk-dispatch is: command_test.py PATH, or LK_DISPATCH=PATH")
    unittest.main(module=tests, argv=[sys.argv[0], *arguments])
