"""Compares how IniFile and botocore read the same random files.

Usage: compare_ini_with_botocore.py PATH-OF-print_ini_files
Exit status 0: alike; 1: a file is read otherwise; 77: botocore is not installed.
"""
import configparser
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import ConfigParseError
except ImportError:
    print("skipped: botocore is not installed (Debian: python3-botocore)")
    sys.exit(77)

FILES = 2000
SECTIONS = [
    "default", "profile dev", 'profile "a b"', "services x", "sso-session s", "DEFAULT", "x]y",
]
KEYS = ["region", "REGION", "endpoint_url", "Endpoint_URL", "s3", "a", "b", "c d"]
VALUES = [
    "eu-west-1", "", "", "http://localhost:4567/#x", "a = b", "x:y", "a;b", "\u00fc", "p ; q", "[x]",
]
ODD = [
    "nonsense", "[", "[]", "=", ": x", "[profile", "\ttab", "# note = x", "; note", "  # note",
    "[a] rest",
]


def random_line(chance):
    indent = chance.choice(["", "", "", " ", "  ", "    ", "\t"])
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(["", "", "", " "]) + "[" + chance.choice(SECTIONS) + "]"
    if kind < 0.75:
        equals = chance.choice(["=", " = ", "= ", " =", ":", " : "])
        return indent + chance.choice(KEYS) + equals + chance.choice(VALUES)
    if kind < 0.85:
        return chance.choice(["", "", "  ", "\t"])
    if kind < 0.94:
        return indent + "more " + chance.choice(VALUES)
    return indent + chance.choice(ODD)


def random_file(chance):
    end = chance.choice(["\n", "\n", "\r\n", "\r"])
    lines = [] if chance.random() < 0.05 else ["[default]"]
    # Each section once, as botocore refuses more; keys that repeat are rare in few lines.
    lines += [random_line(chance) for _ in range(chance.randrange(12))]
    return end.join(lines) + chance.choice(["", end])


def read_by_botocore(path):
    """The sections, None for a file that is malformed, or "repeats" where botocore is stricter."""
    try:
        return raw_config_parse(path)
    except ConfigParseError as error:
        stricter = (configparser.DuplicateSectionError, configparser.DuplicateOptionError)
        return "repeats" if isinstance(error.kwargs["error"], stricter) else None


def main():
    chance = random.Random(4)
    compared = accepted = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(i)) for i in range(FILES)]
        for path in paths:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(random_file(chance))
        printed = subprocess.run(
            [sys.argv[1], *paths], capture_output=True, text=True, check=True, timeout=100
        )
        lines = printed.stdout.splitlines()
        for path, line in zip(paths, lines):
            expected = read_by_botocore(path)
            if expected == "repeats":
                continue
            compared += 1
            accepted += expected is not None
            ours = json.loads(line)
            if ours != expected:
                wrong += 1
                with open(path, encoding="utf-8", newline="") as file:
                    print("file:", repr(file.read()), "\nours:", ours, "\nbotocore:", expected)
    print(f"{compared - wrong} of {compared} files are read as by botocore, {accepted} accepted")
    return 0 if wrong == 0 and len(lines) == FILES and accepted > 200 else 1


sys.exit(main())
