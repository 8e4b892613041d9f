"""A link between two addresses that does to packets what networks do. Needs a network namespace of
its own (see namespace.py) and a TUN device.

What is sent to `far` comes out of the TUN device, and goes in again with its two addresses changed
for each other: so a server on `near` is reached at `far`, and every packet of either side crosses
the link. The checksums stay right, as a sum does not depend on the order of what it is of."""

import dataclasses
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

IPV4_ADDRESSES = 12  # where they begin
TCP = 6


@dataclasses.dataclass
class Faults:
    """Shares from 0 to 1; seconds."""
    loss: float = 0
    delay: float = 0
    jitter: float = 0  # more delay, at random: what is more delayed is overtaken
    duplicate: float = 0
    corrupt: float = 0

    def netem(self):
        """The same in the words of tc-netem(8)."""
        words = ["limit", "100000"]
        if self.delay or self.jitter:
            middle = self.delay + self.jitter / 2
            words += ["delay", f"{middle * 1000:.0f}ms", f"{self.jitter * 500:.0f}ms"]
        for name in ("loss", "duplicate", "corrupt"):
            if getattr(self, name):
                words += [name, f"{getattr(self, name) * 100:g}%"]
        return words


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


class Link:
    near = "10.77.0.1"
    far = "10.77.0.2"
    name = "lk-link"

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.faults = Faults()
        self.is_cut = False
        self.cut_after = None  # data packets
        self.mute_port = None
        self.crossed = self.lost = self.delayed = self.duplicated = self.corrupted = 0
        self.waiting = []  # a heap of (when, number, packet)
        self.number = 0
        self.lock = threading.Lock()
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(self.tun, TUNSETIFF,
                    struct.pack("16sH22x", self.name.encode(), IFF_TUN | IFF_NO_PI))
        ip("address", "add", f"{self.near}/24", "dev", self.name)
        ip("link", "set", self.name, "mtu", "1500", "up")
        self.wake, self.awake = os.pipe()
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    def close(self):
        os.close(self.awake)
        self.thread.join()
        os.close(self.tun)
        os.close(self.wake)

    def behave(self, faults):
        with self.lock:
            self.faults = faults

    def cut(self, after_packets=0):
        """From now on, or from the so many-th packet with data on, nothing crosses, and neither
        side is told."""
        with self.lock:
            self.is_cut = after_packets == 0
            self.cut_after = after_packets or None

    def mute(self, port):
        """From now on no data comes from this port: what it is told, it hears."""
        with self.lock:
            self.mute_port = port

    def mend(self):
        with self.lock:
            self.is_cut = False
            self.cut_after = self.mute_port = None

    def unplug(self):
        """Both sides see that there is no way."""
        ip("link", "set", self.name, "down")

    def plug_in(self):
        ip("link", "set", self.name, "up")

    def use_kernel(self, faults):
        """Lets the kernel's netem do it."""
        subprocess.run(["tc", "qdisc", "replace", "dev", self.name, "root", "netem",
                        *faults.netem()], check=True, stdin=subprocess.DEVNULL)

    def _carry(self):
        while True:
            with self.lock:
                soonest = self.waiting[0][0] - time.monotonic() if self.waiting else None
            readable, _, _ = select.select([self.tun, self.wake], [], [],
                                           soonest and max(soonest, 0))
            if self.wake in readable:
                return
            if self.tun in readable:
                self._take_in()
            self._put_out()

    def _take_in(self):
        while True:
            try:
                packet = bytearray(os.read(self.tun, 65536))
            except BlockingIOError:
                return
            except OSError:
                # Unplugged.
                time.sleep(0.01)
                return
            if packet[0] >> 4 != 4:
                continue
            with self.lock:
                self._harm(packet)

    def _harm(self, packet):
        at = IPV4_ADDRESSES
        packet[at:at + 8] = packet[at + 4:at + 8] + packet[at:at + 4]
        self.crossed += 1
        if self.cut_after is not None and self._has_data(packet):
            self.cut_after -= 1
            self.is_cut = self.is_cut or self.cut_after <= 0
        is_mute = self._has_data(packet) and self._port(packet) == self.mute_port
        if self.is_cut or is_mute or self._chance(self.faults.loss):
            self.lost += 1
            return
        if self._chance(self.faults.corrupt):
            # One bit beyond IP's own header, which TCP's checksum never misses.
            header = (packet[0] & 15) * 4
            packet[self.random.randrange(header, len(packet))] ^= 1 << self.random.randrange(8)
            self.corrupted += 1
        twice = self._chance(self.faults.duplicate)
        self.duplicated += twice
        for _ in range(2 if twice else 1):
            delay = self.faults.delay + self.random.uniform(0, self.faults.jitter)
            self.delayed += delay > 0
            self.number += 1
            heapq.heappush(self.waiting, (time.monotonic() + delay, self.number, bytes(packet)))

    def _chance(self, share):
        return share > 0 and self.random.random() < share

    @staticmethod
    def _has_data(packet):
        header = (packet[0] & 15) * 4
        return packet[9] == TCP and len(packet) > header + (packet[header + 12] >> 4) * 4

    @staticmethod
    def _port(packet):
        header = (packet[0] & 15) * 4
        return int.from_bytes(packet[header:header + 2], "big")

    def _put_out(self):
        while True:
            with self.lock:
                if not self.waiting or self.waiting[0][0] > time.monotonic():
                    return
                packet = heapq.heappop(self.waiting)[2]
                if self.is_cut:
                    self.lost += 1
                    continue
            try:
                os.write(self.tun, packet)
            except OSError:
                # Unplugged, or the queue is full: lost, as on any link.
                with self.lock:
                    self.lost += 1
