"""What networks do to packets, between a program that dispatches numbered events and its stream:
they are lost, delayed, overtaken, doubled, damaged; the link is cut in the middle of a request, with
neither side told, and mended; it is unplugged. In a network namespace, by a link of the test's own,
and by the kernel's netem where there is one.

LK_NETWORK_ROUNDS: how often each; ./dev soak asks for many."""

import sys
import time
import unittest

import namespace

if __name__ == "__main__":
    namespace.enter()

from harmed_run import (BEYOND_A_REQUEST, PATIENCE_OF_CHILD, ROUNDS, SEED,  # noqa: E402
                        HarmedRun)
from link import Faults, Link  # noqa: E402


class Packets(HarmedRun):
    def setUp(self):
        super().setUp()
        self.link = Link(SEED)
        self.addCleanup(self.link.close)

    def both(self, harm):
        """Without an outbox and with one. `harm` is given the stream of a run that has begun and
        goes on."""
        for outbox in (False, True) * ROUNDS:
            with self.subTest(outbox=outbox, seed=SEED):
                stream = self.stream(Link.near)
                copies = self.run_child(stream, f"http://{Link.far}:{stream.port}", outbox,
                                        lambda: self.harm_and_mend(harm, stream))
                self.link.behave(Faults())
                print(f"{self.id().split('.')[-1]}, {'with' if outbox else 'without'} an outbox, "
                      f"seed {SEED}: {len(copies):,} events, "
                      f"{sum(copies.values()) - len(copies):,} second copies; of "
                      f"{self.link.crossed:,} packets so far {self.link.lost:,} were lost",
                      file=sys.stderr)

    def harm_and_mend(self, harm, stream):
        try:
            harm(stream)
        finally:
            self.link.mend()

    def behave(self, faults, counter, count):
        """Harms packets until so many more were."""
        def harm(_):
            before = getattr(self.link, counter)
            self.link.behave(faults)
            self.wait_until(lambda: getattr(self.link, counter) >= before + count)

        self.both(harm)

    def test_packets_are_lost(self):
        self.behave(Faults(loss=0.05), "lost", 40)

    def test_packets_are_delayed_and_overtaken(self):
        self.behave(Faults(delay=0.005, jitter=0.02), "delayed", 500)

    def test_packets_are_doubled(self):
        self.behave(Faults(duplicate=0.3), "duplicated", 100)

    def test_packets_are_damaged(self):
        self.behave(Faults(corrupt=0.05), "corrupted", 40)

    def cut(self, seconds, times):
        def harm(_):
            for number in range(times):
                before = self.link.lost
                self.link.cut(after_packets=1 + (SEED + number) % 7)
                self.wait_until(lambda: self.link.lost > before)
                time.sleep(seconds)
                self.link.mend()

        self.both(harm)

    def test_the_link_is_cut_in_the_middle_of_a_request_and_mended(self):
        self.cut(BEYOND_A_REQUEST, 1)

    def test_the_link_is_cut_for_less_than_a_request_may_take(self):
        self.cut(PATIENCE_OF_CHILD / 3, 3)

    def test_a_connection_of_which_the_other_half_is_gone(self):
        def lose_the_stream(stream):
            # Its last words do not come through.
            self.link.cut()
            stream.kill()
            stream.start()
            self.link.mend()

        self.both(lose_the_stream)

    def test_answers_alone_are_lost_so_that_it_is_not_known_what_was_put(self):
        def lose_answers(stream):
            before = self.link.lost
            self.link.mute(stream.port)
            self.wait_until(lambda: self.link.lost > before)
            time.sleep(BEYOND_A_REQUEST)
            self.link.mend()

        self.both(lose_answers)

    def test_the_link_is_unplugged(self):
        def unplug(_):
            self.link.unplug()
            time.sleep(PATIENCE_OF_CHILD / 2)
            self.link.plug_in()

        self.both(unplug)

    @unittest.skipUnless(namespace.has_netem(), "this kernel has no netem; the link of the test's "
                         "own does the same")
    def test_the_kernel_harms_packets(self):
        def wait(_):
            before = self.link.crossed
            self.wait_until(lambda: self.link.crossed >= before + 500)

        for faults in (Faults(loss=0.05), Faults(delay=0.005, jitter=0.02),
                       Faults(duplicate=0.3, corrupt=0.05)):
            self.link.use_kernel(faults)
            self.both(wait)


if __name__ == "__main__":
    unittest.main()
