"""A stream whose name has no address for a while: what has an outbox waits, says why, and goes on once
there is one. In a namespace with a table of hosts of its own."""

import os
import subprocess
import tempfile
import unittest

import namespace

if __name__ == "__main__":
    namespace.enter(mounts=True)

from outage import Outage  # noqa: E402

NAME = "kinesis.lk.example"
REASON = f"PutRecords to numbered failed: .*no address was found for {NAME}"


class Names(Outage):
    def setUp(self):
        super().setUp()
        # Nobody answers there, in this namespace.
        self.mount("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.hosts = self.mount("/etc/hosts", "")

    def mount(self, path, content):
        file, own = tempfile.mkstemp(dir=self.folder)
        os.write(file, content.encode())
        os.close(file)
        os.chmod(own, 0o644)
        subprocess.run(["mount", "--bind", own, path], check=True, stdin=subprocess.DEVNULL)
        self.addCleanup(subprocess.run, ["umount", path], check=True)
        return own

    def give_address(self):
        with open(self.hosts, "w", encoding="ascii") as hosts:
            hosts.write(f"127.0.0.1 {NAME}\n")

    def endpoint(self, stream):
        return f"http://{NAME}:{stream.port}"

    def test_events_wait_until_there_is_an_address(self):
        stream = self.stream()
        child = self.child(self.endpoint(stream), self.outbox(), 0)
        self.assert_waits(child, REASON)
        self.give_address()
        self.assert_arrives(child, stream)

    def test_events_wait_for_a_later_run(self):
        stream = self.stream()
        outbox = self.outbox()
        killed = []
        for run in range(2):
            child = self.child(self.endpoint(stream), outbox, run)
            self.assert_waits(child, REASON)
            child.kill()
            killed.append(child)
        self.give_address()
        self.assert_arrives(self.child(self.endpoint(stream), outbox, 2), stream, killed, runs=3)


if __name__ == "__main__":
    unittest.main()
