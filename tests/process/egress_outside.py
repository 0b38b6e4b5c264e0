#!/usr/bin/python3
"""A network namespace with services at some addresses, until its standard input ends.

Says `ready`, is then given a network device `outside` and told `begin`, and says `begun` when it serves. Told
`visit HOST PORT` it connects and says what it was told there, or why not.
"""

import ctypes
import os
import socket
import subprocess
import sys
import threading

from egress_world import (ANSWER, CLONE_NEWNET, NAME_SERVER, OTHER, ROUTED, SERVICE, SERVICES, SERVICES_V6)

PATIENCE = 10  # seconds


def configure():
    for device in ("lo", "outside"):
        subprocess.run(["ip", "link", "set", device, "up"], check=True)
    for address in SERVICES:
        subprocess.run(["ip", "address", "add", f"{address}/24", "dev", "outside"], check=True)
    for address in SERVICES_V6:
        subprocess.run(["ip", "address", "add", f"{address}/64", "dev", "outside", "nodad"], check=True)
    for device in ("all", "outside"):  # a machine that forwards what gives its route
        with open(f"/proc/sys/net/ipv4/conf/{device}/accept_source_route", "w") as setting:
            setting.write("1")


def serve_stream(door):
    while True:
        connection, _ = door.accept()
        with connection:
            connection.sendall(ANSWER)


def serve_datagrams(door):
    while True:
        _, sender = door.recvfrom(1)
        door.sendto(ANSWER, sender)


def serve(work, family, kind, address, port):
    door = socket.socket(family, kind)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((address, port))
    if kind == socket.SOCK_STREAM:
        door.listen()
    threading.Thread(target=work, args=(door,), daemon=True).start()


def visit(host, port):
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            return connection.recv(64).decode()
    except OSError as problem:
        return type(problem).__name__


def main():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    print("ready", flush=True)
    sys.stdin.readline()
    configure()
    for family, addresses in ((socket.AF_INET, SERVICES), (socket.AF_INET6, SERVICES_V6)):
        for address in addresses:
            for port in (SERVICE, NAME_SERVER):
                serve(serve_stream, family, socket.SOCK_STREAM, address, port)
                serve(serve_datagrams, family, socket.SOCK_DGRAM, address, port)
    serve(serve_datagrams, socket.AF_INET, socket.SOCK_DGRAM, OTHER, ROUTED)
    print("begun", flush=True)
    for line in sys.stdin:
        _, host, port = line.split()
        print(visit(host, port), flush=True)


if __name__ == "__main__":
    main()
