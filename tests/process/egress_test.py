#!/usr/bin/python3
"""What workloads reach of the network: each attack first works where everything is open."""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

from egress_world import (FORWARDER, INSIDE, LISTED, LISTED_V6, NAME_SERVER, OTHER, OTHER_V6, REACHED, REFUSED, ROUTED,
                          SERVICE, SERVICES, SERVICES_V6, Cache, Names, World, tables)
from package_world import PYTHON, servers

NONE = ("--network.egress=none",)
NAME = "service.example"
PATIENCE = 20  # seconds

# Families by which packets leave without rules for the network, or the machine, where the kernel has them.
OTHER_FAMILIES = {"AF_VSOCK": "SOCK_STREAM", "AF_TIPC": "SOCK_DGRAM", "AF_RDS": "SOCK_SEQPACKET", "AF_ALG": "SOCK_SEQPACKET",
                  "AF_QIPCRTR": "SOCK_DGRAM"}


# A program for workloads that is once a name server at a free address of the loopback: `answers.py FILE` makes the file
# when it listens, and writes what has become of its answer.
ANSWERS = f"""
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind(("127.0.0.8", {NAME_SERVER}))
    with open(sys.argv[1], "w") as told:
        _, asking = one.recvfrom(9)
        try:
            one.sendto(b"!", asking)
            told.write("answered")
        except OSError as problem:
            told.write(type(problem).__name__)
"""


def listed(*destinations):
    return "--network.egress=listed", f"--network.allow={','.join(destinations)}"


def obstacle():
    """Why none of this can be tried here; empty: it can."""
    if os.geteuid() != 0:
        return "needs root, to make networks"
    with open("/proc/self/mountinfo") as mounts:
        if not any(" - cgroup2 " in line for line in mounts):
            return "not available here: no control groups of version 2 are mounted"
    for command in (["unshare", "--net", "--mount", "true"],
                    ["unshare", "--net", "ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0"]):
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return f"{' '.join(command)} does not work here"
    script = "import egress_world; egress_world.tables()"
    tried = subprocess.run(["unshare", "--net", sys.executable, "-c", script], capture_output=True, check=False,
                           cwd=os.path.dirname(os.path.abspath(__file__)))
    return "" if tried.returncode == 0 else "this kernel has no nftables, or they are not for us"


def setUpModule():
    global world
    if reason := obstacle():
        raise unittest.SkipTest(reason)
    world = World()


def tearDownModule():
    world.close()


def eventually(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def looked_up_by_others():
    """What everybody else on this machine takes the name for."""
    return subprocess.run([PYTHON, "-c", f"import socket; print(socket.getaddrinfo('{NAME}', 0)[0][4][0])"],
                          capture_output=True, text=True, check=True).stdout.strip()


class egress_attack(unittest.TestCase):
    """What it tries is `reached` where everything is open."""

    def test_by_any_way_reaches_nothing_where_nothing_is_allowed(self):
        for flags, is_open in (((), True), (NONE, False)):
            with world.sandbox(*flags) as inside:
                for name, way in inside.ways.items():
                    for kind, error in REFUSED.items():
                        for host in (LISTED, LISTED_V6):
                            with self.subTest(by=name, kind=kind, host=host, flags=flags):
                                self.assertEqual(inside.reach(kind, host, SERVICE, run=way),
                                                 REACHED if is_open else error)

    def test_on_what_is_not_listed_reaches_nothing(self):
        for flags, is_open in (((), True), (listed(LISTED, LISTED_V6), False)):
            with world.sandbox(*flags) as inside:
                for kind, error in REFUSED.items():
                    for host in (*SERVICES, *SERVICES_V6):
                        with self.subTest(kind=kind, host=host, flags=flags):
                            self.assertEqual(inside.reach(kind, host, SERVICE),
                                             REACHED if is_open or host in (LISTED, LISTED_V6) else error)

    def test_by_name_servers_asks_nobody(self):
        """Neither those outside nor one on the loopback, which asks others."""
        for flags, reached in (((), {LISTED, FORWARDER}), (NONE, set()), (listed(FORWARDER), {FORWARDER}),
                               (listed(LISTED), {LISTED})):
            with world.sandbox(*flags) as inside:
                for host in (LISTED, FORWARDER):
                    with self.subTest(host=host, flags=flags):
                        self.assertEqual(inside.reach("udp", host, NAME_SERVER),
                                         REACHED if host in reached else REFUSED["udp"])
                self.assertEqual(inside.reach("tcp", LISTED, NAME_SERVER),
                                 REACHED if LISTED in reached else REFUSED["tcp"])

    def test_by_a_route_of_its_own_comes_no_further(self):
        """The packet goes to an address that is listed, which sends it on. Where the kernel wants CAP_NET_RAW for that, it
        works for the unconfined alone."""
        with world.sandbox("--isolation.level=none") as inside:
            self.assertEqual(inside.reach("udp", OTHER, ROUTED, LISTED, run=inside.as_unconfined), REACHED)
        with world.sandbox(*listed(LISTED)) as inside:
            self.assertEqual(inside.reach("udp", OTHER, ROUTED, LISTED), REFUSED["udp"])

    def test_by_the_loopback_device_reaches_nothing_else(self):
        """What is bound to it counts as going there, whatever its address."""
        script = (f"{PYTHON} -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                  "s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b\"lo\"); "
                  f"s.sendto(b\"\", (\"{LISTED}\", {SERVICE}))'")
        for flags, is_open in (((), True), (NONE, False)):
            with world.sandbox(*flags) as inside:
                self.assertEqual(inside.as_command(script).status == 0, is_open)

    def test_by_the_files_of_the_resolver_opens_nothing(self):
        """Root in a session tells the machine who its name server is: itself, where it says what it wants."""
        world.names.addresses[NAME] = (LISTED,)
        mine = Names("127.0.0.9")  # as good as one of the session's own
        mine.addresses[NAME] = (OTHER,)
        mine.start()
        settings = Path("/etc/resolv.conf")
        before = settings.read_text()
        try:
            with world.sandbox(*listed(NAME), "--network.resolve-interval=1s") as inside:
                self.assertEqual(inside.as_command("echo nameserver 127.0.0.9 >/etc/resolv.conf").status, 0)
                self.assertEqual(looked_up_by_others(), OTHER)
                world.names.addresses[NAME] = (LISTED, LISTED_V6)
                self.assertTrue(eventually(lambda: inside.reach("tcp", LISTED_V6, SERVICE) == REACHED))  # it was asked again
                self.assertEqual(inside.reach("tcp", OTHER, SERVICE), REFUSED["tcp"])
        finally:
            settings.write_text(before)

    def test_by_a_cache_of_names_opens_nothing(self):
        """The C library asks it first, wherever it comes from."""
        world.names.addresses[NAME] = (LISTED,)
        cache = Cache(OTHER)
        cache.start()
        try:
            self.assertEqual(looked_up_by_others(), OTHER)
            with world.sandbox(*listed(NAME)) as inside:
                self.assertEqual(inside.reach("tcp", LISTED, SERVICE), REACHED)
                self.assertEqual(inside.reach("tcp", OTHER, SERVICE), REFUSED["tcp"])
        finally:
            cache.close()

    def test_as_a_name_server_of_this_machine_is_not_heard(self):
        """Who has a free port 53 of the loopback may be asked by others, the server among them."""
        for flags, is_heard in (((), True), (NONE, False)):
            with world.sandbox(*flags) as inside:
                told = inside.workspace / "told"
                (inside.workspace / "answers.py").write_text(ANSWERS)
                self.assertEqual(inside.as_command(f"{PYTHON} {told.with_name('answers.py')} {told} >/dev/null 2>&1 &").status, 0)
                with self.subTest(flags=flags), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                    self.assertTrue(eventually(told.exists))  # it listens
                    one.settimeout(PATIENCE)
                    one.sendto(b"?", ("127.0.0.8", NAME_SERVER))
                    self.assertTrue(eventually(told.read_text))
                    self.assertEqual(told.read_text(), "answered" if is_heard else REFUSED["udp"])
                    if is_heard:
                        self.assertEqual(one.recv(9), b"!")

    def test_by_other_families_leaves_no_way(self):
        def script(family):
            return f"{PYTHON} -c 'import socket as s; s.socket(s.{family}, s.{OTHER_FAMILIES[family]})'"

        def is_there(family):
            return subprocess.run(script(family), shell=True, stderr=subprocess.DEVNULL, check=False).returncode == 0

        known = [family for family in OTHER_FAMILIES if is_there(family)]
        if not known:
            self.skipTest("this kernel has no other family for everybody")
        for flags, is_open in (((), True), (NONE, False)):
            with world.sandbox(*flags) as inside:
                for family in known:
                    for name, way in inside.ways.items():
                        with self.subTest(by=name, family=family, flags=flags):
                            self.assertEqual(way(script(family)).status == 0, is_open)


class egress(unittest.TestCase):
    def test_leaves_services_of_the_sandbox_to_whom_they_serve(self):
        serve = (f"{PYTHON} -c 'import socket\nd = socket.create_server((\"\", 0)); print(d.getsockname()[1], flush=True)\n"
                 "while True: d.accept()[0].sendall(b\"from inside\")'")
        with world.sandbox(*NONE) as inside:
            started = inside.ask("POST", "/api/process/start", {"sessionId": "s", "command": serve})
            path = f"/api/process/{started['processId']}/logs"
            self.assertTrue(eventually(lambda: inside.ask("GET", path)["stdout"].strip()))
            port = inside.ask("GET", path)["stdout"].strip()
            ask = f"{PYTHON} -c 'import socket; print(socket.create_connection((\"HOST\", {port}), 10).recv(64).decode())'"
            for host in ("127.0.0.1", INSIDE):
                self.assertEqual(inside.as_command(ask.replace("HOST", host)).output.strip(), "from inside")
            self.assertEqual(world.visit_from_outside(port), "from inside")

    def test_is_none_of_the_servers_own(self):
        """Nor of the supervised command."""
        with world.sandbox(*NONE, "--sandbox.raw-command-stdio=true", "--", PYTHON, "-c", "import socket\n"
                           f"print('CMD', socket.create_connection(('{LISTED}', {SERVICE}), 10).recv(64), flush=True)\n"
                           "import time; time.sleep(1000)") as inside:
            self.assertTrue(eventually(lambda: "CMD" in inside.log or "Error" in inside.log))
            self.assertIn("from outside", inside.log)

    def test_shows_listed_names_and_follows_them(self):
        world.names.addresses[NAME] = (LISTED, LISTED_V6, FORWARDER)
        with world.sandbox(*listed(NAME), "--network.resolve-interval=1s") as inside:
            for name, way in inside.ways.items():
                with self.subTest(by=name):
                    self.assertEqual(inside.reach("tcp", NAME, SERVICE, run=way), REACHED)
            self.assertEqual(inside.reach("tcp", LISTED_V6, SERVICE), REACHED)
            self.assertEqual(inside.reach("tcp", OTHER, SERVICE), REFUSED["tcp"])
            self.assertEqual(inside.reach("udp", FORWARDER, NAME_SERVER), REFUSED["udp"])  # no name may open that
            self.assertNotEqual(inside.as_command("echo x >>/etc/hosts").status, 0)
            world.names.addresses[NAME] = (OTHER,)
            self.assertTrue(eventually(lambda: inside.reach("tcp", OTHER, SERVICE) == REACHED))
            self.assertEqual(inside.reach("tcp", LISTED, SERVICE), REFUSED["tcp"])
            self.assertTrue(eventually(lambda: inside.reach("tcp", NAME, SERVICE) == REACHED))
            world.names.addresses.clear()
            self.assertTrue(eventually(lambda: "cannot be looked up" in inside.log))
            self.assertEqual(inside.reach("tcp", NAME, SERVICE), REACHED)

    def test_is_over_with_the_server(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            self.assertEqual(tables(), [])
            with world.sandbox(*NONE) as inside:
                self.assertEqual([line.startswith("table inet sandboxd-") for line in tables()], [True])
                inside.server.process.send_signal(end)
                inside.server.process.wait()
                self.assertTrue(eventually(lambda: not tables()))

    def test_changes_with_the_next_start_only(self):
        place = world.path / "changing"
        place.mkdir()
        file = place / "conf"
        file.write_text('[network]\negress = "none"\n')
        how = servers.Sandboxd(os.environ["SANDBOXD_BINARY"], place / "workspace")
        how.command = [f"--config-file={file}" if str(word).startswith("--config-file=") else word
                       for word in how.command]
        server = how.start(place / "log")
        try:
            file.write_text('[network]\negress = "open"\n')
            server.process.send_signal(signal.SIGHUP)
            self.assertTrue(eventually(lambda: "needs a restart: network.egress: none -> open" in server.log.read_text()))
            self.assertEqual(len(tables()), 1)
        finally:
            self.assertEqual(server.stop(), 0)

    def test_refuses_to_start_where_it_could_not_hold(self):
        place = world.path / "refused"
        place.mkdir()
        for without, expected in (("net_admin", "network.egress = none: cannot be enforced: "),
                                  ("sys_admin", "network.egress cannot be enforced: workloads could leave")):
            how = servers.Sandboxd(os.environ["SANDBOXD_BINARY"], place / "workspace", NONE)
            ended = subprocess.run(["setpriv", f"--bounding-set=-{without}", *how.command], capture_output=True, text=True,
                                   env=how.environment, timeout=60, check=False)
            with self.subTest(without=without):
                self.assertEqual(ended.returncode, 1, ended.stderr)
                self.assertIn(expected, ended.stderr)
        self.assertEqual(tables(), [])


if __name__ == "__main__":
    unittest.main()
