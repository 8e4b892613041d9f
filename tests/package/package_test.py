"""What `cmake --install` makes is found, compiled and linked by a project that knows nothing else,
and so is every C++ example of the documentation.

    LK_BUILD=BUILD-DIRECTORY package_test.py [unittest's own arguments]
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["LK_BUILD"]
COMPILER = os.environ.get("CXX", "c++")
WARNINGS = "-Wall -Wextra -Wpedantic -Werror"
# Far beyond what anything takes on a slow machine; only a hang is as long.
PATIENCE = 500


def run(*words, status=0, **options):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE, text=True, check=False,
                          **options)
    if done.returncode != status:
        raise AssertionError(f"{words}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def code_blocks(document, language):
    text = (SOURCE / document).read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def as_program(block, number):
    """A fragment becomes the body of a function."""
    if "int main" in block:
        return block
    includes = [line for line in block.splitlines() if line.startswith("#include")]
    rest = [line for line in block.splitlines() if not line.startswith("#include")]
    return "\n".join(["#include <lk/dispatch.hpp>", "#include <lk/local_kinesis.hpp>", *includes,
                      f"void fragment_{number}();", f"void fragment_{number}() {{", *rest, "}"])


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(prefix="lk-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.prefix = cls.work / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)

    def project(self, name, lists, sources):
        folder = self.work / name
        folder.mkdir()
        for file, text in sources.items():
            (folder / file).write_text(text)
        (folder / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject({name} LANGUAGES CXX)\n{lists}")
        return folder

    def configure(self, folder, status=0):
        told = run("cmake", "-G", "Ninja", "-S", folder, "-B", folder / "build",
                   f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={COMPILER}",
                   f"-DCMAKE_CXX_FLAGS={os.environ.get('CXXFLAGS', '')} {WARNINGS}", status=status)
        return " ".join(told.split())  # CMake breaks its lines where it likes.

    def test_the_documented_programs_compile_and_run_with_it(self):
        (readme,) = code_blocks("README.md", "cpp")
        (lines,) = code_blocks("README.md", "cmake")
        fragments = code_blocks("docs/local-stream.md", "cpp")
        self.assertEqual(len(fragments), 2)
        sources = {f"fragment_{number}.cpp": as_program(fragment, number)
                   for number, fragment in enumerate(fragments)}
        folder = self.project(
            "documented",
            "add_executable(my_service service.cpp)\n"
            f"add_executable(my_tests first_event.cpp {' '.join(sources)})\n{lines}",
            {"service.cpp": readme,
             "first_event.cpp": (SOURCE / "examples" / "first_event.cpp").read_text(), **sources})
        # The standard is the package's to say: a compiler's own may be older.
        self.configure(folder)
        run("cmake", "--build", folder / "build")
        self.assertRegex(run(folder / "build" / "my_tests"), r"^Event [0-9a-f-]{36} inserted")
        # The other one is for AWS, which is not here; it says so.
        told = run("sh", "-c", '"$0" 2>&1; test $? -gt 127', folder / "build" / "my_service",
                   cwd=self.work,
                   env={"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PATH": os.environ["PATH"]})
        self.assertIn("AWS_ACCESS_KEY_ID", told)

    def test_dispatch_needs_the_standard_library_alone(self):
        unit = self.work / "one.cpp"
        unit.write_text("#include <lk/dispatch.hpp>\n#include <lk/local_kinesis.hpp>\n")
        read = run(COMPILER, "-std=c++20", "-M", "-I", self.prefix / "include", unit)
        own = set(re.findall(r"/lk/[a-z_/]+\.hpp", read))
        self.assertIn("/lk/dispatch.hpp", own)
        for foreign in ["nlohmann", "curl", "openssl", "boost", "lz4", "sqlite", "simdjson"]:
            self.assertNotIn(foreign, read.replace(str(self.work), ""))

    def test_another_minor_version_is_not_taken_for_this_one(self):
        folder = self.project("older", "find_package(lk-dispatch 99.1 REQUIRED)\n", {})
        self.assertIn("compatible with requested version", self.configure(folder, status=1))

    def test_a_component_that_it_has_not_is_named(self):
        folder = self.project("other", "find_package(lk-dispatch REQUIRED COMPONENTS kafka)\n", {})
        self.assertIn("no component kafka. There is local_kinesis", self.configure(folder, status=1))

    def test_the_command_is_there(self):
        self.assertRegex(run(self.prefix / "bin" / "lk-dispatch", "--version"),
                         r"^lk-dispatch \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
