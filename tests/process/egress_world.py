"""Two networks of their own: an inside, in which the test and the sandboxd it starts are, and an outside with services.
Nothing of the machine's is touched, and all of it is gone with the processes."""

import contextlib
import ctypes
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from package_world import PYTHON, Ended, Sandbox

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2

INSIDE, SERVICES = "10.77.0.1", ("10.77.0.2", "10.77.0.3")
INSIDE_V6, SERVICES_V6 = "fd77::1", ("fd77::2", "fd77::3")
LISTED, OTHER = SERVICES
LISTED_V6, OTHER_V6 = SERVICES_V6
NAME_SERVER, SERVICE, ROUTED = 53, 8080, 9090
FORWARDER = "127.0.0.53"  # a name server on the loopback that asks others, as containers have one
ANSWER = b"from outside"

REACHED = "reached"
REFUSED = {"tcp": "ConnectionRefusedError", "udp": "PermissionError"}

# A program for workloads: `reach.py tcp|udp HOST PORT [BY]` prints `reached`, or the error. With BY the packet is sent
# there, and has the rest of its route with it.
REACH = f"""
import socket, sys
kind, host, port, *route = sys.argv[1:]
try:
    family, *_, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as one:
        one.settimeout(10)
        if route:
            loose = bytes([131, 7, 4]) + socket.inet_aton(route[0]) + bytes(1)  # RFC 791
            one.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, loose)
        if kind == "tcp":
            one.connect(address)
        else:
            one.sendto(b"?", address)
        print("{REACHED}" if one.recv(64) == {ANSWER!r} else "another answer")
except OSError as problem:
    print(type(problem).__name__)
"""

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Names(threading.Thread):
    """A name server of RFC 1035 that knows what `addresses` has, by name, and no other name."""

    TYPES = {1: socket.AF_INET, 28: socket.AF_INET6}  # A; AAAA of RFC 3596

    def __init__(self, address):
        super().__init__(daemon=True)
        self.addresses = {}
        self._door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._door.bind((address, NAME_SERVER))

    def run(self):
        while True:
            query, sender = self._door.recvfrom(512)
            if len(query) > 12:  # the server tries whether its rules hold by something smaller
                self._door.sendto(self._answer(query), sender)

    def _answer(self, query):
        end = query.index(0, 12) + 5  # of the question: a name, its type and class
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        known = self.addresses.get(".".join(labels))
        family = self.TYPES.get(query[at + 2])
        found = [packed for one in known or () if (packed := self._packed(family, one))]
        records = b"".join(b"\xc0\x0c" + query[at + 1:at + 5] + bytes(4) + len(packed).to_bytes(2, "big") + packed
                           for packed in found)
        flags = b"\x81\x80" if known else b"\x81\x83"  # an answer; that there is no such name
        return query[:2] + flags + b"\0\1" + len(found).to_bytes(2, "big") + bytes(4) + query[12:end] + records

    @staticmethod
    def _packed(family, address):
        try:
            return socket.inet_pton(family, address) if family else None
        except OSError:
            return None


class Cache(threading.Thread):
    """A name service cache at the socket where the C library asks one first: it says `address` to everything. By the
    structures of glibc 2.36, nscd/nscd-client.h."""

    SOCKET = Path("/run/nscd/socket")
    GET_ADDRESSES, VERSION = 14, 2

    def __init__(self, address):
        super().__init__(daemon=True)
        self._packed = socket.inet_aton(address)
        self.SOCKET.parent.mkdir(exist_ok=True)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self.SOCKET))
        self._door.listen()

    def run(self):
        while True:
            client, _ = self._door.accept()
            with client:
                _, kind, _ = struct.unpack("3i", client.recv(12))
                if kind == self.GET_ADDRESSES:  # version, found, addresses, their bytes, of the name, error; then those
                    client.sendall(struct.pack("6i", self.VERSION, 1, 1, 4, 0, 0) + self._packed + bytes([socket.AF_INET]))

    def close(self):
        self.SOCKET.unlink()


class World:
    """The networks. This process stays in them; there is one in a process."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="sandboxd-egress-")
        self.path = Path(self.directory.name)
        self.path.chmod(0o755)
        call(libc.unshare, CLONE_NEWNET | CLONE_NEWNS)
        call(libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
        call(libc.mount, b"none", b"/run", b"tmpfs", 0, None)
        self._in_place_of("/etc/hosts", "127.0.0.1 localhost\n")
        self._in_place_of("/etc/resolv.conf", "nameserver 127.0.0.1\noptions attempts:1\n")
        self.outside = subprocess.Popen([sys.executable, Path(__file__).with_name("egress_outside.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._told("ready")
        run("ip", "link", "add", "inside", "type", "veth", "peer", "name", "outside", "netns", str(self.outside.pid))
        for device in ("lo", "inside"):
            run("ip", "link", "set", device, "up")
        self.names = Names("127.0.0.1")
        self.names.start()
        run("ip", "address", "add", f"{INSIDE}/24", "dev", "inside")
        run("ip", "address", "add", f"{INSIDE_V6}/64", "dev", "inside", "nodad")
        self.say("begin")
        self._told("begun")
        self._forward()

    def _in_place_of(self, path, text):
        """A file of ours that lies over another one."""
        file = self.path / Path(path).name
        file.write_text(text)
        call(libc.mount, str(file).encode(), path.encode(), None, MS_BIND, None)

    @staticmethod
    def _forward():
        door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        door.bind((FORWARDER, NAME_SERVER))

        def work():
            while True:
                _, sender = door.recvfrom(1)
                door.sendto(ANSWER, sender)

        threading.Thread(target=work, daemon=True).start()

    def say(self, line):
        self.outside.stdin.write(f"{line}\n")
        self.outside.stdin.flush()

    def _told(self, what):
        if (line := self.outside.stdout.readline().strip()) != what:
            raise AssertionError(f"the outside says '{line}' instead of '{what}'")

    def visit_from_outside(self, port):
        self.say(f"visit {INSIDE} {port}")
        return self.outside.stdout.readline().strip()

    def close(self):
        self.outside.stdin.close()
        self.outside.wait()
        self.outside.stdout.close()
        for path in ("/etc/hosts", "/etc/resolv.conf", "/run"):
            call(libc.umount2, path.encode(), MNT_DETACH)
        self.directory.cleanup()

    @contextlib.contextmanager
    def sandbox(self, *flags):
        with tempfile.TemporaryDirectory(dir=self.path) as place:
            Path(place).chmod(0o755)
            made = Inside(Path(place), flags)
            try:
                yield made
            finally:
                made.status = made.server.stop()
            if made.status not in (0, -signal.SIGKILL):
                raise AssertionError(f"sandboxd ended with {made.status}")


class Inside(Sandbox):
    """A sandboxd inside, and what its workloads reach."""

    def __init__(self, directory, flags):
        super().__init__(os.environ["SANDBOXD_BINARY"], directory, flags)
        (self.workspace / "reach.py").write_text(REACH)

    def reach(self, kind, host, port, *route, run=None):
        words = shlex.join([PYTHON, str(self.workspace / "reach.py"), kind, host, str(port), *route])
        return (run or self.as_command)(words).output.strip()

    def as_unconfined(self, script):
        told = self.ask("POST", "/api/execute", {"sessionId": "s", "command": script})
        return Ended(told["exitCode"], told["stdout"])

    @property
    def log(self):
        return self.server.log.read_text()


def tables():
    """Those of nftables in this network namespace."""
    library = ctypes.CDLL("libnftables.so.1")
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
    context = ctypes.c_void_p(library.nft_ctx_new(0))
    try:
        library.nft_ctx_buffer_output(context)
        if library.nft_run_cmd_from_buffer(context, b"list tables") != 0:
            raise AssertionError("the tables cannot be listed")
        return library.nft_ctx_get_output_buffer(context).decode().splitlines()
    finally:
        library.nft_ctx_free(context)
