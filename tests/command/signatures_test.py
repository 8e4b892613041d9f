"""lk-dispatch local --verify-signatures, towards our client and AWS's own signers."""

import http.client
import json
import random
import unittest

import tool
from tool import CommandTest, LocalServer, lk_dispatch

try:
    import botocore.session
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.exceptions import ClientError
except ImportError:
    botocore = None

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret/of+the=test",
        "AWS_SESSION_TOKEN": "token/of+the=test=="}
EVENT = ["--producer-id", "p", "--type", "t", "--stream", "events"]


class SignaturesTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.server = LocalServer("--stream", "events", "--verify-signatures",
                                  env=tool.environment(**KEYS))
        self.addCleanup(self.server.stop)

    def put(self, status, **keys):
        return lk_dispatch("put", "--endpoint", self.server.endpoint, *EVENT, status=status,
                           env=tool.environment(**{**KEYS, **keys}))

    def test_our_own_client_is_let_in_with_the_same_keys_only(self):
        self.put(status=0)
        for wrong in KEYS:
            refused = self.put(status=3, **{wrong: "wrong"})
            self.assertRegex(refused.err, "InvalidSignature|UnrecognizedClient")
        self.assertEqual(
            len(lk_dispatch("tail", "--endpoint", self.server.endpoint, "--stream", "events",
                            status=0, env=tool.environment(**KEYS)).lines), 1)

    def test_no_key_stands_in_the_output(self):
        self.put(status=0)
        self.server.interrupt(tool.signal.SIGTERM)
        said = "".join(self.server.rest_of(self.server.err) + self.server.rest_of(self.server.out))
        self.assertIn("--verify-signatures", said)
        self.assertNotIn(KEYS["AWS_SECRET_ACCESS_KEY"], said)
        self.assertNotIn(KEYS["AWS_SESSION_TOKEN"], said)

    @unittest.skipIf(botocore is None, "botocore is not installed (Debian: python3-botocore)")
    def test_botocore_is_let_in(self):
        def client(secret):
            session = botocore.session.Session()
            session.set_credentials(KEYS["AWS_ACCESS_KEY_ID"], secret, KEYS["AWS_SESSION_TOKEN"])
            return session.create_client("kinesis", region_name="eu-central-2",
                                         endpoint_url=self.server.endpoint,
                                         config=Config(retries={"max_attempts": 0}))

        names = client(KEYS["AWS_SECRET_ACCESS_KEY"]).list_streams()["StreamNames"]
        self.assertEqual(names, ["events"])
        with self.assertRaises(ClientError) as refused:
            client("wrong").list_streams()
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidSignatureException")

    @unittest.skipIf(botocore is None, "botocore is not installed (Debian: python3-botocore)")
    def test_random_requests_that_botocore_signed(self):
        seed = random.randrange(2**64)
        print("seed", seed)
        chance = random.Random(seed)
        host = self.server.endpoint.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=tool.PATIENCE)
        self.addCleanup(connection.close)
        for _ in range(200):
            # botocore takes a dot at the very end for another path than RFC 3986 does.
            middle = chance.choices(["a", "..", "%20x", ".", "", "b~c", "%E6"],
                                    k=chance.randrange(4))
            path = "/" + "/".join([*middle, chance.choice(["", "end"])])
            query = "&".join(f"{chance.choice('abA')}={chance.randrange(30)}"
                             for _ in range(chance.randrange(4)))
            body = json.dumps({"Limit": chance.randrange(1, 10000)})
            headers = {"Host": host, "Content-Type": "application/x-amz-json-1.1",
                       "X-Amz-Target": "Kinesis_20131202.ListStreams"}
            for number in range(chance.randrange(3)):
                headers[f"X-Extra-{number}"] = chance.choice(["a", " a  b ", "é", "a,b;c=d", ""])
            # botocore signs a path as it is sent, and takes the query apart itself.
            target = path + ("?" + query if query else "")
            request = AWSRequest(method="POST", url="http://" + host + target, headers=headers,
                                 data=body)
            SigV4Auth(Credentials(*KEYS.values()), "kinesis",
                      chance.choice(["us-east-1", "cn-north-1"])).add_auth(request)
            changed = chance.random() < 0.3
            connection.request("POST", target, body[:-1] + " }" if changed else body,
                               {name: value.encode() for name, value in request.headers.items()})
            answer = connection.getresponse()
            text = answer.read().decode()
            if changed:
                self.assertEqual(answer.status, 400)
                self.assertIn("InvalidSignatureException", text, target)
            else:
                self.assertEqual((answer.status, target, headers), (200, target, headers), text)

    def test_without_keys_it_does_not_start(self):
        done = lk_dispatch("local", "--port", "0", "--verify-signatures")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("AWS_SECRET_ACCESS_KEY", done.err)
