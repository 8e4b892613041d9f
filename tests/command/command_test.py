"""Tests of the command as its users have it: usage, help and what all subcommands share.

    command_test.py PATH-OF-LK-DISPATCH [unittest's own arguments]
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

import tool
from doctor_test import DoctorTest
from local_test import LocalTest
from outbox_test import HardeningTest, OutboxTest
from put_test import PutTest
from send_test import SendTest
from send_trouble_test import SendTroubleTest
from signatures_test import SignaturesTest
from tail_test import TailTest
from tool import CommandTest, environment, lk_dispatch

__all__ = ["DoctorTest", "HardeningTest", "LocalTest", "OutboxTest", "PutTest", "SendTest",
           "SendTroubleTest", "SignaturesTest", "TailTest"]

SUBCOMMANDS = ["put", "send", "tail", "local", "outbox", "redrive", "doctor"]
EVENT = ["--stream", "events", "--producer-id", "p"]
ROOT = pathlib.Path(__file__).parents[2]


def free_port():
    """In place of an example's own, which another process may have."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


class UsageTest(CommandTest):
    def test_without_words_it_prints_help_on_stderr_and_status_2(self):
        done = lk_dispatch()
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.out, "")
        for subcommand in SUBCOMMANDS:
            self.assertIn(subcommand, done.err)

    def test_help_goes_to_stdout_with_status_0(self):
        for words in [["--help"], ["-h"]] + [[name, "--help"] for name in SUBCOMMANDS]:
            done = lk_dispatch(*words, status=0)
            self.assertEqual(done.err, "")
            self.assertIn("Example", done.out)
            self.assertLess(max(map(len, done.lines)), 101)

    def test_help_does_not_ask_for_the_required_options(self):
        self.assertIn("--producer-id", lk_dispatch("put", "--stream", "s", "--help", status=0).out)

    def test_version(self):
        self.assertRegex(lk_dispatch("--version", status=0).out, r"^lk-dispatch \d+\.\d+\.\d+\n$")

    def test_an_unknown_subcommand_is_named_with_the_near_one(self):
        self.assert_refused("sned", saying=['"sned"', "did you mean send"])
        self.assert_refused("frobnicate", saying=['"frobnicate"', "put, send, tail, local, outbox, redrive, doctor"])

    def test_an_unknown_option_is_named_with_the_near_one(self):
        self.assert_refused("put", "--strem", "events", saying=["--strem", "did you mean --stream"])
        self.assert_refused("send", "--typefield=x", saying=["--typefield", "--type-field"])
        self.assert_refused("tail", "--folow", saying=["--folow", "--follow"])
        self.assert_refused("local", "-x", saying=["local has no option -x"])

    def test_a_missing_option_is_named(self):
        self.assert_refused("put", "--producer-id", "p", "--type", "t", saying=["--stream"])
        self.assert_refused("send", "--stream", "s", "--type", "t", saying=["--producer-id"])
        self.assert_refused("tail", saying=["a required option is missing: --stream NAME"])

    def test_all_missing_options_are_named_at_once(self):
        self.assert_refused("put", "--type", "t",
                            saying=["options are missing: --stream NAME, --producer-id ID\n"])

    def test_an_option_before_the_subcommand_is_refused(self):
        self.assert_refused("--stream", "s", "put", saying=['"--stream"', "before the subcommand"])

    def test_a_missing_value_is_named_and_does_not_swallow_the_next_option(self):
        self.assert_refused("put", "--type", "--stream", "s",
                            saying=["--type lacks its value", "--stream"])
        self.assert_refused("put", "--stream", saying=["--stream lacks its value", "NAME"])

    def test_an_option_given_twice_is_refused(self):
        self.assert_refused("tail", "--stream", "a", "--stream", "b", saying=["--stream", "twice"])

    def test_a_flag_with_a_value_is_refused(self):
        self.assert_refused("tail", "--stream", "s", "--follow=yes", saying=["--follow", "no value"])

    def test_an_endpoint_that_is_no_url_is_refused(self):
        self.assert_refused("tail", "--stream", "s", "--endpoint", "localhost:4567",
                            saying=["--endpoint", '"localhost:4567"', "http://"])

    def test_a_ca_bundle_that_is_not_there_is_refused(self):
        self.assert_refused("tail", "--stream", "s", "--ca-bundle", "/nowhere/ca.pem",
                            saying=["--ca-bundle", "/nowhere/ca.pem", "No such file"])

    def test_an_unknown_wire_format_is_refused(self):
        self.assert_refused("put", *EVENT, "--type", "t", "--wire-format", "cbr",
                            saying=["--wire-format", '"cbr"', "cbor, json"])

    def test_local_and_endpoint_together_are_refused(self):
        self.assert_refused("put", *EVENT, "--type", "t", "--local", "--endpoint", "http://x",
                            saying=["--local", "--endpoint"])

    def test_local_with_an_arn_is_refused(self):
        self.assert_refused("put", "--stream", "arn:aws:kinesis:eu-west-1:1:stream/s", "--type", "t",
                            "--producer-id", "p", "--local", saying=["--stream", "an ARN"])

    def test_a_directory_behind_local_without_the_equals_sign_is_told_how_to_be_written(self):
        for subcommand in ["put", "tail"]:
            self.assert_refused(subcommand, "--local", "demo", *EVENT,
                                saying=['"demo"', "--local=demo"])

    def test_local_with_an_empty_directory_name_is_refused(self):
        self.assert_refused("put", *EVENT, "--type", "t", "--local=", saying=["--local="])

    def test_without_a_region_the_status_is_3_and_the_mend_is_told(self):
        for words in [["put", *EVENT, "--type", "t"], ["send", *EVENT, "--type", "t"],
                      ["tail", "--stream", "events"]]:
            self.assert_refused(*words, status=3, saying=["--region", "AWS_REGION", "--local"])

    def test_without_a_region_that_of_the_streams_arn_is_told(self):
        arn = "arn:aws:kinesis:eu-west-3:111122223333:stream/s"
        self.assert_refused("put", "--producer-id", "p", "--type", "t", "--stream", arn, status=3,
                            saying=["no AWS region", "--region eu-west-3"])

    def test_without_credentials_the_status_is_3_and_the_mend_is_told(self):
        for words in [["put", *EVENT, "--type", "t"], ["send", *EVENT, "--type", "t"],
                      ["tail", "--stream", "events"]]:
            self.assert_refused(*words, "--region", "eu-west-1", status=3,
                                saying=["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])

    def test_made_up_credentials_are_for_this_machine_only(self):
        self.assert_refused("put", *EVENT, "--type", "t", "--endpoint", "http://kinesis.example",
                            status=3, saying=["AWS_ACCESS_KEY_ID"])

    def test_made_up_credentials_hide_no_trouble_with_those_that_were_meant(self):
        server = self.serve("--stream", "events")
        config = self.file("config", "[default]\naws_access_key_id = A\n"
                                     "[profile half]\naws_access_key_id = A\n")
        env = environment(AWS_CONFIG_FILE=config)
        words = ["put", *EVENT, "--type", "t", "--endpoint", server.endpoint]
        done = lk_dispatch(*words, env=env, status=0)
        for text in ["aws_secret_access_key is missing", "line 2", 'signing with "local"']:
            self.assertIn(text, done.err)
        done = lk_dispatch(*words, "--profile", "half", env=env, status=3)
        self.assertIn("aws_secret_access_key is missing", done.err)
        self.assertNotIn('signing with "local"', done.err)

    def test_the_smallest_policy_is_no_reason_to_warn(self):
        kinesis = self.script(200, {"FailedRecordCount": 0, "Records": [
            {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}]})
        kinesis.otherwise = {"__type": "AccessDeniedException", "message": "not for you"}
        env = environment(AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s")
        at = [*EVENT, "--type", "t", "--endpoint", kinesis.endpoint, "--wire-format", "json"]
        done = lk_dispatch("put", *at, env=env, status=0)
        self.assertEqual(done.err, "")
        done = lk_dispatch("send", *at, stdin='"small"\n', env=env, status=0)
        self.assertNotIn("DescribeStreamSummary", done.err)
        large = '"' + "x" * (2 << 20) + '"\n'
        done = lk_dispatch("send", *at, stdin=large, env=env, status=0)
        self.assertIn("kinesis:DescribeStreamSummary", done.err)

    def test_given_credentials_are_used_on_this_machine_too(self):
        server = self.serve("--stream", "events")
        env = environment(AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s")
        done = lk_dispatch("put", *EVENT, "--type", "t", "--endpoint", server.endpoint, env=env,
                           status=0)
        self.assertEqual(done.err, "")

    def test_an_endpoint_may_come_from_the_environment(self):
        server = self.serve("--stream", "events")
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KINESIS"]:
            done = lk_dispatch("put", *EVENT, "--type", "t",
                               env=environment(**{name: server.endpoint}), status=0)
            self.assertIn("no AWS credentials", done.err)

    def test_a_closed_stdin_and_stdout_are_survived(self):
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "{tool.TOOL}" put --local=demo --stream s --producer-id p '
             "--type t <&- >&-"], cwd=self.directory, env=environment(), stderr=subprocess.PIPE,
            timeout=tool.PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertIn("was published, but", done.stderr.decode())
        self.assertEqual(len(lk_dispatch("tail", "--local=demo", "--stream", "s", status=0,
                                         cwd=self.directory).lines), 1)


class ExampleTest(CommandTest):
    """What stands under "Example" in a help, or in the README, works when it is pasted."""

    def paste(self, script):
        path = os.path.dirname(tool.TOOL) + ":" + os.environ.get("PATH", "/usr/bin:/bin")
        return subprocess.run(["/bin/sh", "-ec", script], cwd=self.directory,
                              env=environment(PATH=path), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=tool.PATIENCE)

    def run_example(self, *words):
        text = lk_dispatch(*words, "--help", status=0).out
        return self.paste(re.split(r"^Example.*:\n", text, flags=re.MULTILINE)[1].split("\n\n")[0])

    def test_of_the_command(self):
        done = self.run_example()
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = done.stdout.decode().splitlines()
        self.assertEqual(len(printed), 2)
        self.assertEqual(printed[0], printed[1])

    def test_of_put_send_and_tail(self):
        for subcommand in ["put", "send", "tail"]:
            done = self.run_example(subcommand)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(done.stdout.splitlines()), 2)

    def test_of_local(self):
        text = lk_dispatch("local", "--help", status=0).out
        words = re.search(r"^  lk-dispatch (local .*)$", text, flags=re.MULTILINE).group(1).split()
        # Another process may have the port of the example.
        words[words.index("--port") + 1] = "0"
        running = self.start(*words, cwd=self.directory)
        endpoint = running.wait_for(running.err, r"listening on (\S+)").group(1)
        tried = running.wait_for(running.err, r"try: lk-dispatch (.*)").group(1).split()
        self.assertIn(endpoint, tried)
        self.assertEqual(len(lk_dispatch(*tried, status=0).lines), 1)

    def test_of_the_guide_to_the_local_stream(self):
        guide = (ROOT / "docs" / "local-stream.md").read_text()
        # The others serve until they are interrupted.
        blocks = [block for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
                  if "lk-dispatch put" in block]
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            done = self.paste("trap 'kill $!' EXIT\n" + block.replace("4567", free_port()))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('"type":"hello"', done.stdout.decode())
        if shutil.which("aws"):
            (block,) = re.findall(r"```sh\n(AWS_.*? aws .*?)```", guide, re.DOTALL)
            server = self.serve("--stream", "events")
            done = self.paste(block.replace("4567", server.port()))
            self.assertIn('"events"', done.stdout.decode(), done.stderr)

    def test_of_the_readme(self):
        readme = (ROOT / "README.md").read_text()
        (script,) = [block for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
                     if "lk-dispatch local" in block]
        script = script.replace("4567", free_port())
        script = script.replace("build/lk-dispatch", "lk-dispatch")
        if shutil.which("aws") is None:
            script = re.sub(r"(?m)^AWS_.*\\\n.*\n", "", script)
        done = self.paste("trap 'kill $!' EXIT\n" + script)
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = done.stdout.decode()
        self.assertEqual(printed.count('"data":{"hello":"world"}'), 2)
        self.assertEqual(len(re.findall(r'"data":{"n":[12]}', printed)), 2)
        if shutil.which("aws"):
            self.assertIn('"StreamNames"', printed)


if __name__ == "__main__":
    tool.main("__main__")
