"""A TCP proxy that does to connections what bad middle boxes and dying machines do."""

import random
import select
import socket
import struct
import threading
import time

ENOUGH = 65536


class Proxy:
    """Passes connections on to `port`. While `harm` is set, to the name of one of the methods that
    begin with harm_, this befalls connections, after some of what they carry."""

    def __init__(self, port, seed):
        self.upstream = ("127.0.0.1", port)
        self.random = random.Random(seed)
        self.harm = None
        self.harmed = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def close(self):
        self.closing.set()
        # Wakes accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _accept(self):
        while not self.closing.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(self.upstream) as server:
                self._pass_on(client, server)
        except OSError:
            # Somebody has closed it, as they do here.
            pass

    def _pass_on(self, client, server):
        """Until somebody closes it, or it is harmed."""
        harm_at = None
        passed = 0
        while not self.closing.is_set():
            readable, _, _ = select.select([client, server], [], [], 0.1)
            for source in readable:
                data = source.recv(ENOUGH)
                if not data:
                    return
                if source is client:
                    passed += len(data)
                with self.lock:
                    harm = self.harm
                if harm is None:
                    harm_at = None
                elif harm_at is None:
                    # In the headers of the next request, in its body, or in a later one.
                    harm_at = passed + self.random.randrange(20_000)
                elif passed > harm_at:
                    harm_at = None
                    if getattr(self, "harm_" + harm)(client, server, source, data):
                        continue
                    return
                (server if source is client else client).sendall(data)

    def _count(self):
        with self.lock:
            self.harmed += 1

    # Each is given what has just come from `source`, and says whether the connection goes on.

    def harm_reset_in_request(self, client, server, source, data):
        """Half of it gets there; then both sides are told by an RST."""
        if source is server:
            client.sendall(data)
            return True
        server.sendall(data[:len(data) // 2])
        for one in (client, server):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._count()
        return False

    def harm_close_in_answer(self, client, server, source, data):
        """The request gets there, and half of its answer comes back."""
        if source is client:
            server.sendall(data)
            data = server.recv(ENOUGH)
        client.sendall(data[:len(data) // 2])
        self._count()
        return False

    def harm_swallow(self, client, server, source, data):
        """Half-open: nobody is there any more who would answer, or say that he is not."""
        self._count()
        server.close()
        client.settimeout(0.1)
        while not self.closing.is_set():
            try:
                if not client.recv(ENOUGH):
                    return False
            except TimeoutError:
                pass
        return False

    def harm_stall(self, client, server, source, data):
        """Nothing more is read, so that the sender's window fills, until the client gives up."""
        self._count()
        poll = select.poll()
        poll.register(client, select.POLLRDHUP)
        while not self.closing.is_set():
            if poll.poll(100):
                return False
        return False

    def harm_trickle(self, client, server, source, data):
        """A few bytes at a time."""
        sink = server if source is client else client
        pieces = max(1, len(data) // 20)
        for at in range(0, len(data), pieces):
            sink.sendall(data[at:at + pieces])
            time.sleep(0.005)
        self._count()
        return True

    def harm_hang_up(self, client, server, source, data):
        """Closed without an answer, as by a server that ends."""
        self._count()
        return False
