"""A fork server for the tests of Python executors."""

import os
import unittest

from executor_world import WITHOUT_IPYTHON, ForkServer

NAMESPACE_INIT = os.environ["SANDBOXD_NAMESPACE_INIT"]
IS_ROOT = os.geteuid() == 0


def texts(told, kind):
    return "".join(what for one, what in told if one == kind)


class WithServer(unittest.TestCase):
    isolate = IS_ROOT
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.server = ForkServer(NAMESPACE_INIT, cls.isolate, environment=cls.environment)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def executor(self, **options):
        made = self.server.fork(**options)
        self.addCleanup(made.kill)
        return made


class WithoutIPython:
    environment = WITHOUT_IPYTHON
