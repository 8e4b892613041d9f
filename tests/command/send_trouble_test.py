"""lk-dispatch send when Kinesis does not play along, and on a terminal."""

import os
import pty
import re
import signal
import subprocess
import threading

from send_test import summary_of
from tool import PATIENCE, CommandTest, lk_dispatch

DENIED = {"__type": "AccessDeniedException", "message": "User is not authorized"}


class SendTroubleTest(CommandTest):
    def at(self, kinesis):
        return ["send", "--endpoint", kinesis.endpoint, "--stream", "s", "--producer-id", "p",
                "--type", "t"]

    def test_a_reason_is_told_once_with_the_number_of_its_events(self):
        kinesis = self.script(400, {"__type": "InvalidArgumentException", "message": "stored never"})
        done = lk_dispatch(*self.at(kinesis), stdin="1\n2\n3\n", status=1)
        self.assertEqual(summary_of(done), (0, 3, 0, 0))
        self.assertEqual(len(re.findall(r"(?m)^stdin:\d: .*stored never", done.err)), 1)
        self.assertIn("2 more events failed in the same way", done.err)

    def test_an_outage_is_told_once_though_each_request_has_its_own_id(self):
        server = self.serve("--stream", "s", "--faults",
                            '{"rules": [{"on": {"operation": "PutRecords"}, '
                            '"do": {"error": "InternalFailure"}}]}')
        done = lk_dispatch(*self.at(server), "--deliver-within", "4", stdin="1\n", status=1)
        told = re.findall(r"(?m)^lk-dispatch: PutRecords to s failed: .*Request id", done.err)
        self.assertEqual(len(told), 1, done.err)

    def test_a_missing_permission_is_status_3(self):
        done = lk_dispatch(*self.at(self.script(400, DENIED)), stdin="1\n", status=3)
        self.assertRegex(done.err, r"(?m)^stdin:1: .*not authorized")

    def test_reading_stops_when_nothing_can_be_published(self):
        kinesis = self.script(400, DENIED)
        running = self.start(*self.at(kinesis), stdin=subprocess.PIPE)

        def feed():
            try:
                while True:
                    running.write("1\n" * 1000)
            except BrokenPipeError:
                pass

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        self.assertEqual(running.status(), 3)
        feeder.join(PATIENCE)
        told = running.rest_of(running.err)
        self.assertTrue(any("stopped reading at stdin:" in line for line in told), told)
        self.assertLess(len(told), 20)

    def test_an_event_without_an_answer_is_unknown(self):
        kinesis = self.script(None)
        done = lk_dispatch(*self.at(kinesis), "--deliver-within", "1", stdin="1\n", status=1)
        self.assertEqual(summary_of(done), (0, 0, 1, 0))
        self.assertRegex(done.err, r"(?m)^stdin:1: .*--deliver-within")

    def test_the_second_interrupt_ends_at_once(self):
        kinesis = self.script(None)
        running = self.start(*self.at(kinesis), stdin=subprocess.PIPE)
        running.write("1\n")
        self.assertTrue(kinesis.asked.wait(PATIENCE))
        running.interrupt()
        running.wait_for(running.err, "interrupted: ")
        running.interrupt()
        self.assertEqual(running.status(), -signal.SIGINT)

    def test_a_reader_of_stderr_that_goes_away_stops_nothing(self):
        server = self.serve("--stream", "s")
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([*lk_dispatch_words(self.at(server))], input=b"x\n1\n",
                              stdout=subprocess.PIPE, stderr=writing, timeout=PATIENCE)
        os.close(writing)
        self.assertEqual(done.returncode, 1)

    def test_a_terminal_gets_a_status_line_that_is_erased_at_the_end(self):
        server = self.serve("--stream", "s")
        tail = self.start("tail", "--endpoint", server.endpoint, "--stream", "s", "--follow")
        try:
            terminal, end_of_tool = pty.openpty()
        except OSError as error:
            self.skipTest(f"there are no terminals here: {error}")
        running = self.start(*self.at(server), stdin=subprocess.PIPE, stderr=end_of_tool)
        os.close(end_of_tool)
        running.write("1\n")
        tail.wait_for(tail.out, '"data":1,')
        shown = b""
        while b"published 1 " not in shown:
            shown += os.read(terminal, 4096)
        self.assertIn(b"\r\x1b[K", shown)
        running.process.stdin.close()
        try:
            while True:
                shown += os.read(terminal, 4096)
        except OSError:
            pass
        os.close(terminal)
        self.assertEqual(running.status(), 0)
        last_line = shown.decode().replace("\r\n", "\n").rstrip("\n").split("\n")[-1]
        # Erased, then the summary alone.
        self.assertRegex(last_line.rpartition("\x1b[K")[2], r"^published 1 · failed 0 · unknown 0 ")

    def test_a_pipe_gets_no_status_line(self):
        server = self.serve("--stream", "s")
        done = lk_dispatch(*self.at(server), stdin="1\n", status=0)
        self.assertNotIn("\r", done.err)
        self.assertNotIn("\x1b", done.err)


def lk_dispatch_words(words):
    import tool
    return [tool.TOOL, *words]
