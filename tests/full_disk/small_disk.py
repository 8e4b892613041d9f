"""A small file system of the test's own, which it may fill, in a mount namespace that nobody else
sees."""

import os
import shutil
import subprocess
import sys
import threading

NOT_POSSIBLE = 77  # CTest's skip code, as CMakeLists.txt says
DISK = "LK_SMALL_DISK"


def skip(reason):
    print(f"SKIPPED: {reason}; nothing of this was tested", file=sys.stderr)
    sys.exit(NOT_POSSIBLE)


def enter(folder):
    """Runs this program once more, where there may be small disks below `folder`, which is empty."""
    if shutil.which("unshare") is None:
        skip("there is no command unshare")
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    trial = subprocess.run([*unshare, "mount", "-t", "tmpfs", "-o", "size=1m", "lk-trial", folder],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    if trial.returncode != 0:
        skip("no file system can be mounted here: " + trial.stdout.decode().strip())
    status = subprocess.run([*unshare, sys.executable, *sys.argv],
                            env={**os.environ, DISK: folder}).returncode
    sys.exit(status)


class SmallDisk:
    """Mounted until close()."""

    def __init__(self, mebibytes):
        self.path = os.environ[DISK]
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "lk-small-disk",
                        self.path], check=True)

    def close(self):
        # Lazily: a child that was killed may not have gone wholly.
        subprocess.run(["umount", "--lazy", self.path], check=True)


class Ballast:
    """Takes all room that there is on a disk, and what becomes free, until it is removed."""

    def __init__(self, disk):
        self.path = os.path.join(disk.path, "ballast")
        self.removed = threading.Event()
        self.file = open(self.path, "wb", buffering=0)
        self.fill()
        self.filler = threading.Thread(target=self.keep_full)
        self.filler.start()

    def fill(self):
        try:
            while self.file.write(bytes(4096)) > 0:
                pass
        except OSError:  # full
            pass

    def keep_full(self):
        while not self.removed.wait(0.002):
            self.fill()

    def remove(self):
        if self.removed.is_set():
            return
        self.removed.set()
        self.filler.join()
        self.file.close()
        os.unlink(self.path)
