"""A process that does what it can to outlive whoever ends its command, for the tests of attacks.

Usage: escape.py LOCK [--unmarked]

Forks twice, leaves its session and its group, ignores what can be ignored, and calls itself what no reader of /proc
expects. What has got away holds a lock of fcntl(2) on the file LOCK as long as it lives, by which a test finds it from
any PID namespace. The process that was started stays, deaf to polite signals, too. With --unmarked it also sets
RLIMIT_LOCKS anew.
"""

import fcntl
import os
import resource
import signal
import sys
import time

RLIMIT_LOCKS = 10  # not named by Python; the same on every architecture of Debian

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.setpgid(0, 0)
    if "--unmarked" in sys.argv:
        resource.setrlimit(RLIMIT_LOCKS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with open("/proc/self/comm", "w") as name:
        name.write("x) Z 0 0 0 (")
    lock = open(sys.argv[1], "w")
    fcntl.lockf(lock, fcntl.LOCK_EX)
while True:
    time.sleep(1000)
