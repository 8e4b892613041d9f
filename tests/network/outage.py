"""A program with an outbox that cannot reach its stream, until that is mended: nothing is lost or
fails meanwhile, in it or in those that come after it."""

import os
import tempfile

from harmed_run import HarmedRun
from numbered import PATIENCE, Account, Child

EVENTS = 1000


class Outage(HarmedRun):
    def child(self, endpoint, outbox, run, **environment):
        """The run-th of those that use this outbox."""
        child = Child("--endpoint", endpoint, "--outbox", outbox, "--keys", "20", "--random-keys",
                      "--first", str(run * EVENTS), "--count", str(EVENTS), **environment)
        self.addCleanup(child.kill)
        return child

    def outbox(self):
        return os.path.join(tempfile.mkdtemp(dir=self.folder), "outbox")

    def assert_waits(self, child, reason):
        """Everything is stored, the reason is told, and nothing is settled."""
        self.assertTrue(child.wait_for(f"l .*{reason}"), child.lines[-5:])
        self.assertTrue(child.wait_for("s ", EVENTS), "they are stored all the same")
        settled = [line for line in child.lines if line[:2] in ("p ", "r ", "f ")]
        self.assertFalse(settled[:5])

    def assert_arrives(self, child, stream, earlier=(), runs=1):
        """What the child has, and what those before it left: once, in order."""
        child.process.wait(PATIENCE)
        child.end()
        self.assertIn("end 0", child.lines, child.errors)
        account = Account(self, self.id())
        for one in [*earlier, child]:
            account.listen(one)
        everything = set(range(runs * EVENTS))
        self.assertEqual(account.published, everything)
        copies = account.check(stream.events())
        self.assertEqual(dict(copies), dict.fromkeys(everything, 1), "nothing had been sent before")
