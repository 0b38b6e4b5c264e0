"""Gives a fork a PID namespace and a mount namespace of its own: namespaces(7), pid_namespaces(7)."""

import contextlib
import ctypes
import errno
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE, MS_SLAVE = 2, 4, 8, 1 << 14, 1 << 18, 1 << 19
MNT_DETACH = 2

# asm-generic/unistd.h, linux/mount.h: glibc has no names for them before 2.36.
SYS_MOVE_MOUNT, SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 429, 430, 431, 432
FSOPEN_CLOEXEC = FSMOUNT_CLOEXEC = 1
FSCONFIG_CMD_CREATE = 6
MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 2, 4, 8
AT_FDCWD = -100

# linux/prctl.h, linux/capability.h
PR_CAPBSET_DROP = 24
CAP_SYS_PTRACE = 19
CAPABILITY_VERSION_3 = 0x20080522

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
    """For process 2: from now on /proc shows its own namespace, to it alone."""
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


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


# Effective, permitted, inheritable; of the first 32, then of the others.
_CapabilitySets = ctypes.c_uint32 * 6


def give_up_tracing():
    """For process 2: neither it nor what it starts can trace process 1, which has CAP_SYS_PTRACE if they had it.

    Stopped by a tracer, process 1 would not end with process 2. Its own processes root can trace as before.
    """
    # Where it is refused (no CAP_SYS_PTRACE to give up, or no CAP_SETPCAP), the next step has to do.
    _libc.prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    sets = _CapabilitySets()
    _check(_libc.capget(ctypes.byref(header), sets), "capget")
    for index in range(3):
        sets[index] &= ~(1 << CAP_SYS_PTRACE)
    _check(_libc.capset(ctypes.byref(header), sets), "capset")
