"""The frames between an executor and the daemon: four bytes of length, most significant first, then that much JSON.

Requests come on one socket, events leave on another. On the second the daemon answers a frame that asks for it with a
single byte: it has taken everything that was written before.
"""

import contextlib
import json
import os
import select
import socket
import struct
import threading

from . import interruption

LENGTH = struct.Struct(">I")
MOST_READ = 64 << 10  # bytes; more where a request is known to be longer


class Closed(Exception):
    """The daemon has let go of this executor."""


def encode(message):
    """The frame of a message, which consists of what JSON knows. Half a surrogate pair becomes U+FFFD."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate: no encoding can say it, and the daemon takes it for garbage
        data = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    return LENGTH.pack(len(data)) + data


class Channel:
    """Both sockets of one executor. Any thread may send; only the thread that runs cells receives.

    An interrupt may end the wait for room or for an answer, but no frame is lost in part: the next call sends the rest.
    """

    def __init__(self, requests, events):
        self._requests = requests
        self._events = events
        self._lock = threading.RLock()
        self._received = bytearray()
        self._unsent = bytearray()
        self._unanswered = 0  # frames whose answer nobody has read
        self._owner = os.getpid()
        # A fork of user code shares the sockets: it must neither write to them nor keep them open.
        os.register_at_fork(after_in_child=self._abandon)

    @classmethod
    def of_descriptors(cls, requests, events):
        return cls(socket.socket(fileno=requests), socket.socket(fileno=events))

    def _abandon(self):
        if os.getpid() != self._owner:
            self._lock = threading.RLock()
            self._requests.close()
            self._events.close()

    @property
    def is_ours(self):
        """Whether this process is the executor, not a fork that user code has made of it."""
        return os.getpid() == self._owner

    def is_asked_within(self, seconds):
        return bool(select.select([self._requests], [], [], seconds)[0])

    def receive(self):
        """The next request. Raises Closed when there will be none, and in a fork of the executor."""
        if not self.is_ours:
            raise Closed
        (length,) = LENGTH.unpack(self._take(LENGTH.size))
        return json.loads(self._take(length))

    def _take(self, count):
        while len(self._received) < count:
            piece = self._requests.recv(max(count - len(self._received), MOST_READ))
            if not piece:
                raise Closed
            self._received += piece
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def send(self, message):
        """Tells the daemon something. In a fork of the executor: nothing."""
        if self.is_ours:
            frame = encode(message)
            with self._lock:
                self._send(frame)

    def send_in_order(self, message):
        """Tells the daemon something and waits until it has taken it, and all output that was written before."""
        if self.is_ours:
            frame = encode(message)
            with self._lock:
                self._send(frame, answers=1)
                while self._unanswered:
                    self._wait_for(select.POLLIN)
                    with interruption.put_off:
                        self._read_answers()

    def _send(self, frame, answers=0):
        with interruption.put_off:
            self._unsent += frame
            self._unanswered += answers
            self._send_some()
        while self._unsent:
            self._wait_for(select.POLLOUT)
            with interruption.put_off:
                self._send_some()

    def _send_some(self):
        with contextlib.suppress(BlockingIOError):
            sent = self._events.send(self._unsent, socket.MSG_DONTWAIT)
            del self._unsent[:sent]

    def _read_answers(self):
        with contextlib.suppress(BlockingIOError):
            answers = self._events.recv(self._unanswered, socket.MSG_DONTWAIT)
            if not answers:
                raise Closed
            self._unanswered -= len(answers)

    def _wait_for(self, what):
        poll = select.poll()
        poll.register(self._events, what)
        poll.poll()
