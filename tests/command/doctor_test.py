"""lk-dispatch doctor: the way of a put, step by step."""

import json
import socket

from tool import CommandTest, environment, lk_dispatch

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE1234", "AWS_SECRET_ACCESS_KEY": "a-secret-of-mine",
        "AWS_REGION": "eu-west-1"}


def verdicts(done):
    return {step["step"]: step["verdict"] for step in json.loads(done.out)["steps"]}


class DoctorTest(CommandTest):
    def doctor(self, *words, status, **changes):
        return lk_dispatch("doctor", *words, status=status, env=environment(**KEYS, **changes))

    def test_all_is_well_with_a_stream_of_the_local_kinesis(self):
        server = self.serve("--stream", "events:4")
        done = self.doctor("--endpoint", server.endpoint, "--stream", "events", status=0)
        for text in ["✓ region", "eu-west-1 (AWS_REGION)", server.endpoint, "--endpoint",
                     "environment", "key ****1234", "✓ DNS", "✓ TCP", "✓ clock", "ACTIVE",
                     "✓ ListShards", "✓ PutRecords", "4 open shards", "✓ spread"]:
            self.assertIn(text, done.out)
        self.assertNotIn(KEYS["AWS_SECRET_ACCESS_KEY"], done.out + done.err)
        self.assertNotIn("✗", done.out)
        self.assertNotIn("TLS", done.out)
        tailed = lk_dispatch("tail", "--endpoint", server.endpoint, "--stream", "events", status=0)
        self.assertEqual(tailed.lines, [], "it stores nothing")

    def test_tls_and_its_certificate_are_told(self):
        server = self.start("local", "--port", "0", "--tls", "--print-ca", "--stream", "events")
        endpoint = server.wait_for(server.err, r"listening on (https://\S+)").group(1)
        lines = []
        while not lines or "END CERTIFICATE" not in lines[-1]:
            lines.append(server.out.get(timeout=60))
        authority = self.file("ca.pem", "\n".join(lines) + "\n")
        at = ["--endpoint", endpoint, "--stream", "events"]
        done = self.doctor(*at, "--ca-bundle", authority, status=0)
        for text in ["✓ TLS", "TLSv1.", "certificate of", "good until", authority]:
            self.assertIn(text, done.out)
        done = self.doctor(*at, status=1)
        for text in ["✗ TLS", "--ca-bundle", "– clock", "– PutRecords"]:
            self.assertIn(text, done.out)

    def test_the_way_may_lead_over_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("this machine has no IPv6")
        server = self.serve("--address", "::1", "--stream", "events")
        self.assertIn("http://[::1]:", server.endpoint)
        done = self.doctor("--endpoint", server.endpoint, "--stream", "events", status=0)
        self.assertIn("connected to [::1]:", done.out)
        lk_dispatch("put", "--endpoint", server.endpoint, "--stream", "events", "--producer-id",
                    "p", "--type", "t", status=0, env=environment(**KEYS))

    def test_for_scripts_it_is_one_object(self):
        server = self.serve("--stream", "events:2")
        done = self.doctor("--json", "--endpoint", server.endpoint, "--stream", "events", status=0)
        told = json.loads(done.out)
        self.assertEqual((told["ok"], told["stream"]), (True, "events"))
        facts = {step["step"]: step["facts"] for step in told["steps"]}
        self.assertEqual(facts["region"], {"region": "eu-west-1", "from": "AWS_REGION"})
        self.assertEqual(facts["endpoint"]["url"], server.endpoint + "/")
        self.assertEqual(facts["limits"], {"max_record_bytes": "1048576", "open_shards": "2"})
        self.assertEqual(facts["PutRecords"], {"refused_with": "InvalidArgumentException"})
        self.assertEqual(facts["spread"]["largest_share"], "50.00 %")

    def test_a_missing_stream_is_a_failure(self):
        server = self.serve("--stream", "events")
        done = self.doctor("--json", "--endpoint", server.endpoint, "--stream", "evnets", status=1)
        told = verdicts(done)
        self.assertEqual(told["DescribeStreamSummary"], "bad")
        self.assertEqual(told["PutRecords"], "bad")
        self.assertEqual(told["credentials"], "good")

    def test_each_step_may_be_the_one_that_fails(self):
        closed = ["--endpoint", "http://127.0.0.1:1", "--stream", "events"]
        done = self.doctor("--json", *closed, status=1)
        self.assertEqual(verdicts(done)["TCP"], "bad")
        self.assertEqual(verdicts(done)["PutRecords"], "not looked at")
        nowhere = ["--endpoint", "http://no-such-host.invalid", "--stream", "events"]
        done = self.doctor("--json", *nowhere, status=1)
        self.assertEqual(verdicts(done)["DNS"], "bad")
        at_aws = ["--json", "--stream", "events"]
        done = lk_dispatch("doctor", *at_aws, status=3)
        self.assertEqual(verdicts(done)["endpoint"], "bad")
        self.assertIn("no AWS region", done.out)
        done = lk_dispatch("doctor", *at_aws, "--endpoint", "http://192.0.2.1", status=3)
        self.assertEqual(verdicts(done)["credentials"], "bad")
        self.assertIn("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", done.out)
        done = self.doctor(*at_aws, "--profile", "nobody", status=3)
        self.assertEqual(verdicts(done)["profile"], "bad")

    def test_it_needs_no_keys_for_this_machine(self):
        server = self.serve("--stream", "events")
        done = lk_dispatch("doctor", "--endpoint", server.endpoint, "--stream", "events", status=0)
        self.assertIn('signing with "local"', done.err)

    def test_a_put_that_is_denied_is_a_matter_of_configuration(self):
        kinesis = self.script(400, {"__type": "AccessDeniedException", "message": "not for you"})
        done = self.doctor("--endpoint", kinesis.endpoint, "--stream", "events", status=3)
        for text in ["✗ PutRecords", "not for you", "kinesis:PutRecords"]:
            self.assertIn(text, done.out)

    def test_the_endpoint_alone_is_explained_and_nobody_asked(self):
        done = lk_dispatch("doctor", "--explain", "endpoint", status=0,
                           env=environment(AWS_DEFAULT_REGION="eu-west-1",
                                           AWS_USE_FIPS_ENDPOINT="true"))
        self.assertEqual(done.lines[0], "https://kinesis-fips.eu-west-1.amazonaws.com/")
        for text in ["AWS_DEFAULT_REGION", "AWS_USE_FIPS_ENDPOINT"]:
            self.assertIn(text, done.lines[1])
        arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/events"
        done = self.doctor("--explain", "endpoint", "--stream", arn, "--json", status=0)
        (step,) = json.loads(done.out)["steps"]
        self.assertEqual(step["facts"]["url"],
                         "https://111122223333.data-kinesis.eu-west-1.amazonaws.com/")
        done = self.doctor("--explain", "endpoint", "--stream", arn, "--region", "us-east-1",
                           status=3)
        self.assertIn("us-east-1", done.err)

    def test_wrong_usage_is_refused(self):
        self.assert_refused("doctor", saying=["--stream is missing"])
        self.assert_refused("doctor", "--local", "--stream", "events", saying=["--local"])
        self.assert_refused("doctor", "--explain", "enpoint", saying=["endpoint"])
