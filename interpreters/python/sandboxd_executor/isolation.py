"""Gives a fork a PID namespace and a mount namespace of its own, and takes from it what executors have no use for:
namespaces(7), pid_namespaces(7), capabilities(7), seccomp(2)."""

import contextlib
import ctypes
import errno
import os
import resource
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE, MS_SLAVE = 2, 4, 8, 1 << 14, 1 << 18, 1 << 19
MS_BIND = 1 << 12
MNT_DETACH = 2

# asm-generic/unistd.h, linux/mount.h: glibc has no names for them before 2.36.
SYS_MOVE_MOUNT, SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT, SYS_MOUNT_SETATTR = 429, 430, 431, 432, 442
FSOPEN_CLOEXEC = FSMOUNT_CLOEXEC = 1
FSCONFIG_CMD_CREATE = 6
MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 2, 4, 8
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1

# asm-generic/unistd.h, linux/landlock.h
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1

# linux/prctl.h, linux/seccomp.h, linux/capability.h
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
CAPABILITY_VERSION_3 = 0x20080522
BYTES_OF_AN_INSTRUCTION = 8  # struct sock_filter

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _check_call(number, *arguments):
    """A system call without a name in libc; its result."""
    result = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"system call {number}: {os.strerror(error)}")
    return result


class ProcessNamespace:
    """A new PID namespace, in which the next fork of this process lives.

    Its process 1 is a small program that collects orphans, and ends, and so all in it, when process 2 is gone or does not
    come:

        with ProcessNamespace(init_program) as namespace:
            pid = os.fork()    # process 2, which calls namespace.leave()
            namespace.begin()
    """

    def __init__(self, init_program):
        self._program = init_program

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self._own = os.open("/proc/self/ns/pid", os.O_RDONLY)
            undo.callback(os.close, self._own)
            _check(_libc.unshare(CLONE_NEWPID), "unshare")
            undo.callback(self._return)
            go, self._go = os.pipe()
            undo.callback(os.close, self._go)
            try:
                os.posix_spawn(self._program, [self._program], {}, file_actions=[(os.POSIX_SPAWN_DUP2, go, 0)])
            finally:
                os.close(go)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._undo.close()

    def _return(self):
        _check(_libc.setns(self._own, CLONE_NEWPID), "setns")

    def leave(self):
        """In process 2: lets go of what is the other's."""
        os.close(self._own)
        os.close(self._go)

    def begin(self):
        """Process 2 is there."""
        os.write(self._go, b"x")


def enter_mount_namespace():
    """For process 2: from now on /proc shows its own namespace, to it alone. And what System V and POSIX message queues share,
    and the host's name, where the kernel has namespaces for them."""
    if _libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0:
        _check(_libc.unshare(CLONE_NEWNS), "unshare")
    try:
        _replace_proc()
    except OSError:  # in a chroot that is no mount, or where a profile knows only the older calls
        _cover_proc()


def _replace_proc():
    """Leaves nothing below: who unmounts /proc sees none."""
    # First the new one: in a user namespace the kernel gives it only to who has one.
    made = _new_proc()
    try:
        # Or, where mounts are shared, /proc would be unmounted elsewhere, too. What others mount is seen as before.
        _check(_libc.mount(None, b"/", None, MS_REC | MS_SLAVE, None), "mount")
        while _libc.umount2(b"/proc", MNT_DETACH) == 0:
            pass
        if ctypes.get_errno() != errno.EINVAL:  # nothing is mounted there any more, or the rest is locked
            _check(-1, "umount2")
        _check_call(SYS_MOVE_MOUNT, made, b"", AT_FDCWD, b"/proc", MOVE_MOUNT_F_EMPTY_PATH)
    finally:
        os.close(made)


def _new_proc():
    """A descriptor of one that is mounted nowhere."""
    context = _check_call(SYS_FSOPEN, b"proc", FSOPEN_CLOEXEC)
    try:
        _check_call(SYS_FSCONFIG, context, FSCONFIG_CMD_CREATE, None, None, 0)
        return _check_call(SYS_FSMOUNT, context, FSMOUNT_CLOEXEC,
                           MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
    finally:
        os.close(context)


def _cover_proc():
    """What is below shows when root unmounts it."""
    # First private, so that the new one does not propagate to where the namespace was made from.
    _check(_libc.mount(None, b"/proc", None, MS_PRIVATE, None), "mount")
    _check(_libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None), "mount")


class _MountAttributes(ctypes.Structure):
    _fields_ = [("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("propagation", ctypes.c_uint64),
                ("user_namespace", ctypes.c_uint64)]


def close_proc():
    """For process 2, as launcher/kernel_mounts.cpp does it for others: root could write what the kernel is told by."""
    read_only = _MountAttributes(MOUNT_ATTR_RDONLY, 0, 0, 0)
    for path in (b"/proc/sys", b"/proc/sysrq-trigger", b"/proc/irq", b"/proc/bus", b"/proc/fs"):
        if _libc.mount(path, path, None, MS_BIND | MS_REC, None) != 0:
            if ctypes.get_errno() == errno.ENOENT:  # this kernel has none
                continue
            _check(-1, "mount")
        _check_call(SYS_MOUNT_SETATTR, AT_FDCWD, path, AT_RECURSIVE, ctypes.byref(read_only), ctypes.sizeof(read_only))


def mount_private_tmp(size):
    """For process 2, as launcher/system_mounts.cpp does it for others; `size` in bytes."""
    # Where mounts are shared, the new one would be everybody's.
    _check(_libc.mount(None, b"/", None, MS_REC | MS_SLAVE, None), "mount")
    options = f"mode=1777,size={size},nr_inodes={size // 4096}".encode()
    _check(_libc.mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options), "mount")


def close_to_others():
    """For the fork server: a workload of the same user may neither trace it nor read its memory."""
    _check(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def open_to_others():
    """For a fork, which belongs to its user."""
    _check(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def go_first_out_of_memory():
    """As launcher/program_start.cpp has it for other workloads: they end before the fork server and the daemon."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


# Effective, permitted, inheritable; of the first 32, then of the others.
_CapabilitySets = ctypes.c_uint32 * 6


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _keep_to_writing_rules(handled, rules):
    ruleset = _check_call(SYS_LANDLOCK_CREATE_RULESET, struct.pack("=Q", handled), ctypes.c_size_t(8), 0)
    try:
        for path, allowed in rules:
            with contextlib.suppress(FileNotFoundError):
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
                try:
                    _check_call(SYS_LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                                struct.pack("=Qi", allowed, place), 0)
                finally:
                    os.close(place)
        _check_call(SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


class Confinement:
    """What launcher/confinement.cpp does for other workloads, step by step the same: `capabilities` is the set of those that are kept, as bits,
    `system_call_filter` the bytes of a filter as seccomp(2) takes it, `writing` the rules of launcher/writing_rules.hpp:
    {"handled": RIGHTS, "rules": [[PATH, RIGHTS], ...]}, or None."""

    def __init__(self, capabilities, system_call_filter, writing):
        self._kept = capabilities
        self._filter = system_call_filter
        self._writing = writing
        self._program = _FilterProgram(len(system_call_filter) // BYTES_OF_AN_INSTRUCTION, system_call_filter)

    def begin(self):
        """For this process and all that it will ever start. Process 1 of its namespace, which keeps its capabilities, it
        cannot trace: stopped by a tracer, that would not end with process 2."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._give_up_capabilities()
        _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
        if self._writing:
            _keep_to_writing_rules(**self._writing)
        _check(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self._program), 0, 0), "prctl")

    def _give_up_capabilities(self):
        # Where it is refused (no CAP_SETPCAP) the sets have to do: without new privileges they never grow again.
        number = 0
        while _libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0:
            if not self._kept >> number & 1:
                _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
            number += 1
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
        header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
        sets = _CapabilitySets()
        _check(_libc.capget(ctypes.byref(header), sets), "capget")
        # Those of an ordinary user end with execve(2) elsewhere; a fork would have what the fork server has.
        kept_by_user = self._kept if os.geteuid() == 0 else 0
        for index in range(6):
            kept = 0 if index % 3 == 2 else kept_by_user >> 32 * (index // 3)
            sets[index] &= kept & 0xFFFFFFFF
        _check(_libc.capset(ctypes.byref(header), sets), "capset")
