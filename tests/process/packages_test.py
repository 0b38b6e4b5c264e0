#!/usr/bin/python3
"""Packages can be installed by workloads at the default level of isolation: by apt-get, npm and pip, from packages that
are made here, and from the registries that this machine reaches."""

import functools
import json
import os
import pwd
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from package_world import (OTHER_USER, PACKAGE, PYTHON, Sandbox, configure_apt, make_index, make_package, served)

PIP = f"{PYTHON} -m pip --disable-pip-version-check --no-cache-dir install --root-user-action=ignore"
NPM = "npm --no-audit --no-fund --no-update-notifier"


def by_every_way(test):
    """A test that is given how to run a script that must succeed, and a directory: once for each way to run one."""
    @functools.wraps(test)
    def by_each(self):
        for name, run in self.sandbox.ways.items():
            with self.subTest(by=name):
                test(self, lambda script, run=run: self.succeed(run(script)), self.new_place())
    return by_each


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root: others install no packages, and have no privilege to lose")
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sandboxd-packages-")))
        cls.directory.chmod(0o755)  # for the user as whom apt-get downloads
        cls.sandbox = Sandbox(os.environ["SANDBOXD_BINARY"], cls.directory)

    @classmethod
    def tearDownClass(cls):
        if (status := cls.sandbox.server.stop()) != 0:
            raise AssertionError(f"sandboxd ended with {status}")

    def new_place(self):
        """A directory that workloads see."""
        place = Path(tempfile.mkdtemp(dir=self.sandbox.workspace))
        place.chmod(0o755)
        return place

    def succeed(self, ended):
        self.assertEqual(ended.status, 0, ended.output)
        return ended.output

    def succeed_as_outside(self, script):
        """Runs what needs a registry, as a command of a session. What fails outside, too, proves nothing."""
        inside = self.sandbox.as_command(script)
        if inside.status != 0:
            outside = subprocess.run(["bash", "-euc", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     cwd=self.directory, check=False)
            if outside.returncode != 0:
                self.skipTest("this machine reaches no registry for it: it fails outside of the sandbox, too")
        return self.succeed(inside)

    @by_every_way
    def test_apt_get_installs_from_a_repository_and_from_a_file(self, run, place):
        installed = place / "installed"
        make_package(place, installed)
        make_index(place)
        with served(place) as address:
            setting = configure_apt(place, address)
            for what in (PACKAGE, f"./{PACKAGE}.deb"):
                begin = f"{setting}\ncd {place}\n"
                said = run(f"{begin}apt-get update\napt-get -y install {what}")
                self.assertNotIn("unsandboxed", said)
                self.assertEqual(stat.S_IMODE((installed / "tool").stat().st_mode), 0o4755)
                self.assertEqual((installed / "data").stat().st_uid, OTHER_USER.pw_uid)
                self.assertEqual((installed / "configured-by").read_text(), f"{OTHER_USER.pw_name}\n")
                self.assertEqual((installed / "configured-by").stat().st_uid, OTHER_USER.pw_uid)
                run(f"{begin}apt-get -y purge {PACKAGE}")
                self.assertFalse(installed.exists())
        self.assertEqual((place / "state/lists/partial").stat().st_uid, pwd.getpwnam("_apt").pw_uid)

    def test_apt_get_downloads_from_its_registry(self):
        place = self.new_place()
        self.succeed_as_outside(f"{configure_apt(place)}\ncd $(mktemp -d -p {place})\napt-get update\n"
                                "apt-get download hello\ndpkg-deb --contents hello_*.deb")

    @by_every_way
    def test_npm_installs_with_scripts(self, run, place):
        (place / "package").mkdir()
        (place / "package/package.json").write_text(json.dumps({
            "name": PACKAGE, "version": "1.0.0", "bin": "tool.js",
            "scripts": {"install": "echo module.exports = 42 >made.js"}}))
        (place / "package/tool.js").write_text(
            "#!/usr/bin/env node\nrequire('fs').writeSync(1, `${require('./made.js')}`)\n")
        (place / "project").mkdir()
        said = run(f"export npm_config_cache={place}/cache\ncd {place}\n{NPM} --silent pack ./package >/dev/null\n"
                   f"cd project\n{NPM} --offline --ignore-scripts=false --silent install ../{PACKAGE}-1.0.0.tgz\n"
                   f"node_modules/.bin/{PACKAGE}")
        self.assertEqual(said.strip(), "42")

    def test_npm_installs_from_its_registry(self):
        place = self.new_place()
        said = self.succeed_as_outside(
            f"export npm_config_cache={place}/cache\ncd $(mktemp -d -p {place})\n"
            f"{NPM} --silent --fetch-retries=0 --fetch-timeout=20000 install is-number\n"
            "node -e 'require(\"fs\").writeSync(1, `${require(\"is-number\")(42)}`)'")
        self.assertEqual(said.strip(), "true")

    @by_every_way
    def test_pip_builds_and_installs(self, run, place):
        (place / "package").mkdir()
        (place / "package/setup.py").write_text(
            "from setuptools import setup\nsetup(name='sandboxd-tests', version='1', py_modules=['made'])\n")
        (place / "package/made.py").write_text("value = 42\n")
        said = run(f"cd {place}\n{PIP} --quiet --no-index --no-build-isolation --target there ./package\n"
                   f"PYTHONPATH=there {PYTHON} -c 'import made; print(made.value)'")
        self.assertEqual(said.strip().splitlines()[-1:], ["42"], said)

    def test_pip_installs_from_its_registry(self):
        place = self.new_place()
        said = self.succeed_as_outside(
            f"cd $(mktemp -d -p {place})\n{PIP} --quiet --retries=0 --timeout=20 --target there six\n"
            f"PYTHONPATH=there {PYTHON} -c 'import six; print(six.PY3)'")
        self.assertEqual(said.strip().splitlines()[-1:], ["True"], said)


if __name__ == "__main__":
    unittest.main()
