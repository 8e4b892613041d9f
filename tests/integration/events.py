"""Random events and records to dispatch: every script of the world, keys to be kept in order,
records up to the limit, explicit hash keys. The same seed gives the same ones."""

import json
import random

MAX_RECORD_BYTES = 1024 * 1024
# The other servers count a key's characters in UTF-16, so there the longest of these has 256 too.
KEYS = ["a", "posts-42", "clé 🔑", '"\\\n\t\u0001', "𐍈" * 128, "k" * 256, "\u2028", " "]


class RandomEvents:
    def __init__(self, seed):
        self._random = random.Random(seed)

    def text(self, most):
        characters = []
        for _ in range(self._random.randrange(most + 1)):
            low, high = self._random.choice(
                [(0x20, 0x7F), (0, 0x20), (0x80, 0x800), (0x3040, 0xD800), (0xE000, 0x10000),
                 (0x1F300, 0x1F700), (0x10000, 0x110000)])
            characters.append(chr(self._random.randrange(low, high)))
        return "".join(characters)

    def event(self, number):
        """What an application dispatches, in the dispatcher's terms; `n` counts them."""
        data = {"n": number, "text": self.text(120), self.text(5): [self._random.random(), None]}
        line = {"type": self.text(20) or "type",
                "data": json.dumps(data, ensure_ascii=False, separators=(",", ":"))}
        if self._random.random() < 0.8:
            line["partition_key"] = self._random.choice(KEYS)
        if self._random.random() < 0.5:
            line["source_user_id"] = self.text(30)
        return line

    def record(self):
        """Bytes without an envelope."""
        return {"record": self._random.randbytes(1 + self._random.randrange(400)).hex(),
                "partition_key": self._random.choice(KEYS)}

    def big(self, total_bytes):
        """A record whose data and key make up so many bytes."""
        key = self._random.choice(KEYS)
        size = total_bytes - len(key.encode())
        return {"record": self._random.randbytes(size).hex(), "partition_key": key}

    def mixture(self, count, hash_keys):
        """Some of everything; `hash_keys` are what explicit ones are chosen from."""
        lines = [self.event(number) for number in range(count)]
        for _ in range(count // 5):
            lines.insert(self._random.randrange(len(lines)), self.record())
        for line in lines:
            if self._random.random() < 0.15:
                line["explicit_hash_key"] = self._random.choice(hash_keys)
        for size in (100_000, 700_000, MAX_RECORD_BYTES - 1, MAX_RECORD_BYTES):
            lines.insert(self._random.randrange(len(lines)), self.big(size))
        return lines
