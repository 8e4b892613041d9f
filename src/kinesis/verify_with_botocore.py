"""Judges the signatures of random requests of our client with botocore's SigV4, an implementation
of AWS's own.

Usage: verify_with_botocore.py PATH-OF-sign_for_botocore [SEED]
Exit status 0: all right; 1: a signature differs; 77: botocore is not installed.
"""
import base64
import json
import random
import subprocess
import sys

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("skipped: botocore is not installed (Debian: python3-botocore)")
    sys.exit(77)


COUNT = 300


def expected_signature(sent):
    headers = sent["headers"]
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    path = sent["first_line"].split(" ")[1]
    request = AWSRequest(
        method="POST",
        url="http://" + headers["host"] + path,
        headers={name: headers[name] for name in signed},
        data=base64.b64decode(sent["body"]),
    )
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(
        Credentials(sent["access_key_id"], sent["secret"]), "kinesis", sent["region"]
    )
    canonical = auth.canonical_request(request)
    return auth.signature(auth.string_to_sign(request, canonical), request)


def main():
    seed = sys.argv[2] if len(sys.argv) > 2 else str(random.randrange(2**64))
    print("seed", seed)
    printed = subprocess.run([sys.argv[1], seed, str(COUNT)], capture_output=True, text=True,
                             check=True, timeout=100)
    requests = [json.loads(line) for line in printed.stdout.splitlines()]
    wrong = 0
    for sent in requests:
        ours = sent["headers"]["authorization"].split("Signature=")[1]
        if ours != expected_signature(sent):
            wrong += 1
            print("wrong signature:", sent)
    print(f"{len(requests) - wrong} of {len(requests)} signatures are botocore's")
    return 0 if requests and wrong == 0 and len(requests) == COUNT else 1


sys.exit(main())
