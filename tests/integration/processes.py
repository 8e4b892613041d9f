"""Processes that never outlive the test, however it ends."""

import ctypes
import os
import signal
import subprocess
import tempfile
import time

import settings

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent():
    """For Popen's preexec_fn: the kernel kills the process when the test ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A process in a group of its own, its output in a file. Killed with its whole group at the
    end of the with block, and by the kernel should the test itself be killed."""

    def __init__(self, arguments, **environment):
        self._arguments = [str(argument) for argument in arguments]
        self._environment = settings.environment(**environment)

    def __enter__(self):
        self._output = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._output.close()

    def output(self):
        """All that it has written so far, on standard output and error."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def running(self):
        return self._process.poll() is None

    def signal(self, number):
        """Sends a signal and waits until the process has ended by it."""
        self._process.send_signal(number)
        self._process.wait(settings.STEP_SECONDS)

    def wait_for(self, look, what):
        """Calls look(output) until it gives something other than None, and returns that."""
        deadline = time.monotonic() + settings.STEP_SECONDS
        while True:
            found = look(self.output())
            if found is not None:
                return found
            if not self.running():
                raise RuntimeError(f"{self._arguments[0]} ended before {what}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self._arguments[0]}: no {what}:\n{self.output()}")
            time.sleep(0.02)


def run(arguments, standard_input="", seconds=settings.STEP_SECONDS, **environment):
    """Runs a program to its end and returns (exit status, stdout, stderr)."""
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        env=settings.environment(**environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        out, errors = process.communicate(standard_input.encode(), timeout=seconds)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    return process.returncode, out.decode(), errors.decode()
