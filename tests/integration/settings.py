"""Where the things under test are, and the environment that every process here is given.

CTest sets the variables; to run one module by hand, set them as `ctest -V` shows them."""

import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
REGION = "us-east-1"

# How long a step may take before the test fails. Generous: it ends what hangs, it measures nothing.
STEP_SECONDS = 300


def path_from(variable):
    value = os.environ.get(variable)
    if not value:
        raise RuntimeError(f"{variable} is not set; run this through ctest")
    path = pathlib.Path(value)
    if not path.exists():
        raise RuntimeError(f"{variable}={value} does not exist")
    return path


def peers_folder():
    """The folder that holds the peers' node_modules."""
    return path_from("LK_PEERS_DIR")


def tool():
    """The command lk-dispatch."""
    return path_from("LK_TOOL")


def dispatcher():
    """The program in dispatcher.cpp."""
    return path_from("LK_DISPATCHER")


def environment(**more):
    """What a process is given: nothing of the user's own AWS set-up, and no proxy."""
    unwanted = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NODE_", "KINESIS_")
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(unwanted)}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1",
        "NODE_PATH": str(peers_folder() / "node_modules"),
        **more,
    }
