"""A stream whose certificate is for another host, or trusted by nobody, or that does not speak TLS at
all: what has an outbox waits, says why, and goes on once that is mended. Needs no rights."""

import collections
import unittest

from outage import Outage
from tls_door import Authority, TlsDoor

HOST = "IP:127.0.0.1"
Trouble = collections.namedtuple("Trouble", "name reason context")


class Certificates(Outage):
    def setUp(self):
        super().setUp()
        self.trusted = Authority(self.folder, "trusted")
        other = Authority(self.folder, "other")
        self.good = self.trusted.certificate(HOST)
        held = "events wait in the outbox, and one request looks every 30 s .*"
        self.troubles = [
            Trouble("for another host", held + "is not trusted for this host",
                    self.trusted.certificate("DNS:other.example")),
            Trouble("trusted by nobody", held + "is not trusted for this host",
                    other.certificate(HOST)),
            Trouble("no TLS at all", "PutRecords to numbered failed: .*the TLS handshake with .* failed",
                    None)]

    def door(self, stream, trouble):
        door = TlsDoor(stream.port, trouble.context)
        self.addCleanup(door.close)
        return door

    def run_in(self, door, outbox, run):
        return self.child(door.endpoint, outbox, run, AWS_CA_BUNDLE=self.trusted.file)

    def test_events_wait_until_it_is_mended(self):
        # All at the same time: what is held is looked at after half a minute.
        stream, doors, children = [], [], []
        for trouble in self.troubles:
            stream.append(self.stream())
            doors.append(self.door(stream[-1], trouble))
            children.append(self.run_in(doors[-1], self.outbox(), 0))
        for trouble, child in zip(self.troubles, children):
            with self.subTest(trouble.name):
                self.assert_waits(child, trouble.reason)
        for door in doors:
            door.context = self.good
        for number, trouble in enumerate(self.troubles):
            with self.subTest(trouble.name):
                self.assert_arrives(children[number], stream[number])

    def test_events_wait_for_a_later_run(self):
        for trouble in self.troubles:
            with self.subTest(trouble.name):
                stream = self.stream()
                door = self.door(stream, trouble)
                outbox = self.outbox()
                killed = []
                for run in range(2):
                    child = self.run_in(door, outbox, run)
                    self.assert_waits(child, trouble.reason)
                    child.kill()
                    killed.append(child)
                self.assertLess(door.knocks, 20, "it does not storm")
                door.context = self.good
                self.assert_arrives(self.run_in(door, outbox, 2), stream, killed, runs=3)


if __name__ == "__main__":
    unittest.main()
