"""A network namespace for a test, in which it may do to the network what it likes."""

import os
import shutil
import subprocess
import sys

NOT_POSSIBLE = 77  # CTest's skip code, as CMakeLists.txt says
INSIDE = "LK_INSIDE_NAMESPACE"


def skip(reason):
    print(f"SKIPPED: {reason}; nothing of this was tested", file=sys.stderr)
    sys.exit(NOT_POSSIBLE)


def enter(mounts=False):
    """Runs this program once more, in a namespace with a loopback of its own; `mounts`: and with
    files in the places of the system's, if it likes."""
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    for tool in ("unshare", "ip", "mount"):
        if shutil.which(tool) is None:
            skip(f"there is no command {tool}")
    unshare = ["unshare", "--net", *(["--mount"] if mounts else []),
               *([] if os.geteuid() == 0 else ["--map-root-user"])]
    # All that the test will do there.
    acts = "mount --bind /etc/hosts /etc/hosts" if mounts else "ip tuntap add lk-trial mode tun"
    trial = subprocess.run(
        [*unshare, "sh", "-c", f"ip link set lo up && {acts}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if trial.returncode != 0:
        skip(f"no namespace that allows {acts!r} can be made here: " +
             trial.stdout.decode().strip())
    os.environ[INSIDE] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def has_netem():
    """Whether the kernel can harm packets by itself (tc-netem(8))."""
    return shutil.which("tc") is not None and subprocess.run(
        ["tc", "qdisc", "replace", "dev", "lo", "root", "netem", "loss", "0%"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0
