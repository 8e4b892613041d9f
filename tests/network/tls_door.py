"""The TLS side of a stream that has none: a door whose certificate a test may change."""

import os
import select
import socket
import ssl
import subprocess

from proxy import ENOUGH, Proxy

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Authority:
    """Signs certificates; `file` is what its clients trust."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.file = self._path("pem")
        self._openssl("req", "-x509", *EC, "-subj", f"/CN=authority {name}", "-keyout",
                      self._path("key"), "-out", self.file)

    def certificate(self, host):
        """A server's context with a certificate for this host, such as "IP:127.0.0.1"."""
        words = ["-addext", f"subjectAltName={host}", "-CA", self.file, "-CAkey", self._path("key")]
        self._openssl("req", "-x509", *EC, "-subj", "/CN=server", *words, "-keyout",
                      self._path("server.key"), "-out", self._path("server.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._path("server.pem"), self._path("server.key"))
        return context

    def _path(self, ending):
        return os.path.join(self.folder, f"{self.name}.{ending}")

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class TlsDoor(Proxy):
    """Speaks TLS by `context`; where that is None, something that is none."""

    def __init__(self, port, context):
        self.context = context
        self.knocks = 0
        super().__init__(port, 0)
        self.endpoint = f"https://127.0.0.1:{self.port}"

    def _serve(self, client):
        self.knocks += 1
        client.settimeout(10)
        context = self.context
        try:
            if context is not None:
                super()._serve(context.wrap_socket(client, server_side=True))
                return
            with client:
                client.recv(ENOUGH)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        except OSError:
            # Not trusted, and told so.
            client.close()

    def _pass_on(self, client, server):
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not self.closing.is_set():
            # What was decrypted already no select() sees.
            readable = [client] if client.pending() else select.select(
                [client, server], [], [], 0.1)[0]
            for source in readable:
                data = source.recv(ENOUGH)
                if not data:
                    return
                (server if source is client else client).sendall(data)
