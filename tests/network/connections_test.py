"""What middle boxes and dying machines do to connections, between a program that dispatches numbered
events and its stream: they are reset in the middle of a request, end in the middle of an answer, hang,
swallow what comes, pass on a few bytes at a time. By a proxy; needs no rights.

LK_NETWORK_ROUNDS: how often each; ./dev soak asks for many."""

import sys
import unittest

from harmed_run import ROUNDS, SEED, HarmedRun
from proxy import Proxy

TIMES = 4


class Connections(HarmedRun):
    def harm(self, kind):
        for outbox in (False, True) * ROUNDS:
            with self.subTest(outbox=outbox, seed=SEED):
                stream = self.stream()
                proxy = Proxy(stream.port, SEED)
                self.addCleanup(proxy.close)

                def until_it_happened(proxy=proxy):
                    proxy.harm = kind
                    self.wait_until(lambda: proxy.harmed >= TIMES)
                    proxy.harm = None

                copies = self.run_child(stream, f"http://127.0.0.1:{proxy.port}", outbox,
                                        until_it_happened)
                print(f"{self.id().split('.')[-1]}, {'with' if outbox else 'without'} an outbox, "
                      f"seed {SEED}: {proxy.harmed:,} times; {len(copies):,} events, "
                      f"{sum(copies.values()) - len(copies):,} second copies", file=sys.stderr)

    def test_reset_in_the_middle_of_a_request(self):
        self.harm("reset_in_request")

    def test_closed_in_the_middle_of_an_answer(self):
        self.harm("close_in_answer")

    def test_half_open(self):
        self.harm("swallow")

    def test_not_read_any_more(self):
        self.harm("stall")

    def test_a_few_bytes_at_a_time(self):
        self.harm("trickle")

    def test_closed_without_an_answer(self):
        self.harm("hang_up")


if __name__ == "__main__":
    unittest.main()
