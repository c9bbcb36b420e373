#!/usr/bin/env python3
"""A network of namespaces for validators on one machine, whose links can be cut, slowed and made lossy.

Each validator gets a network namespace of its own with the address 10.77.0.(I+1). Its packets come to this process
through a TUN device, and it hands them on, or not: so every fault of a link is an entry of a table, in each direction by
itself, and nothing of the kernel but TUN and namespaces is needed. The API of validator I, which listens on the
loopback of its namespace, is reached on the same port of the machine's own loopback. Namespaces, devices and ports are
gone when this process and the validators in it are.

usage: switch.py check                                   whether this machine and user can have such a network
       switch.py serve DIRECTORY API_PORT...             runs until it is ended; DIRECTORY/switch.sock takes commands
       switch.py namespace DIRECTORY VALIDATOR           where nsenter --net= finds the namespace
       switch.py tell DIRECTORY COMMAND...               one of the commands below

commands: partition 0,1|2,3      cuts all links between the groups; who is not named is alone
          cut FROM TO            cuts one direction of one link
          slow MILLISECONDS LOSS delays all links one way, and loses so many of a hundred packets
          heal                   all links are whole
"""

import collections
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import signal
import socket
import struct
import sys
import time

MTU = 9000
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x0001 | 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFMTU = 0x8913, 0x8914, 0x8916, 0x891C, 0x8922
IFF_UP_RUNNING = 0x41
CLONE_NEWNET = 0x40000000
NAMESPACE = "/proc/thread-self/ns/net"
LIBC = ctypes.CDLL(None, use_errno=True)
# What a connection to the API may hold that the other side has not taken.
BUFFERED = 1 << 20


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def enter(namespace):
    checked(LIBC.setns(namespace, CLONE_NEWNET))


def configure(device, address=None):
    """Gives a device of the present namespace its address and brings it up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = device.encode()

        def request(number, *fields):
            return fcntl.ioctl(any_socket, number, struct.pack(*fields).ljust(40, b"\0"))

        if address:
            for number, value in (SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.0"):
                request(number, "16sHH4s", name, socket.AF_INET, 0, socket.inet_aton(value))
            request(SIOCSIFMTU, "16si", name, MTU)
        flags = struct.unpack_from("16sH", request(SIOCGIFFLAGS, "16sH", name, 0))[1]
        request(SIOCSIFFLAGS, "16sH", name, flags | IFF_UP_RUNNING)


class Port:
    """A validator's namespace and the end of its device."""

    def __init__(self, index):
        checked(LIBC.unshare(CLONE_NEWNET))
        self.namespace = os.open(NAMESPACE, os.O_RDONLY)
        configure("lo")
        self.device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", b"akashi", IFF_TUN_NO_PI))
        configure("akashi", f"10.77.0.{index + 1}")


class Links:
    """What becomes of a packet, by the direction in which it goes."""

    def __init__(self, count):
        self.count = count
        self.heal()

    def heal(self):
        self.cuts, self.delay, self.loss = set(), 0.0, 0.0

    def partition(self, text):
        groups = [[self.index(part) for part in group.split(",")] for group in text.split("|")]
        named = [index for group in groups for index in group]
        if len(set(named)) != len(named):
            raise ValueError("a validator is named twice")
        group_of = {index: number for number, group in enumerate(groups) for index in group}
        self.cuts = {
            (one, other)
            for one in range(self.count)
            for other in range(self.count)
            if one != other and group_of.get(one, ~one) != group_of.get(other, ~other)
        }

    def cut(self, one, other):
        self.cuts.add((self.index(one), self.index(other)))

    def slow(self, milliseconds, loss):
        delay, loss = float(milliseconds) / 1000, float(loss) / 100
        if not (0 <= delay <= 10 and 0 <= loss < 1):
            raise ValueError("the delay is 0 to 10000 milliseconds, the loss 0 to 99 of a hundred")
        self.delay, self.loss = delay, loss

    def index(self, text):
        if not (text.isdecimal() and int(text) < self.count):
            raise ValueError(f"there are validators 0 to {self.count - 1}, not '{text}'")
        return int(text)

    def obey(self, words):
        commands = {"partition": 1, "cut": 2, "slow": 2, "heal": 0}
        if not words or commands.get(words[0]) != len(words) - 1:
            raise ValueError("commands are: partition GROUPS, cut FROM TO, slow MILLISECONDS LOSS, heal")
        getattr(self, words[0])(*words[1:])


class Switch:
    def __init__(self, directory, api_ports):
        count = len(api_ports)
        self.selector = selectors.DefaultSelector()
        self.api_ports = api_ports
        self.links = Links(count)
        self.waiting = []
        self.order = 0
        # Sockets belong to the namespace in which they were made: these to the machine's own.
        listeners = [self.listen(("127.0.0.1", port), socket.AF_INET) for port in api_ports]
        path = f"{directory}/switch.sock"
        if os.path.exists(path):
            os.unlink(path)
        commands = self.listen(path, socket.AF_UNIX)
        self.home = os.open(NAMESPACE, os.O_RDONLY)
        self.ports = [Port(index) for index in range(count)]
        enter(self.home)
        for index, listener in enumerate(listeners):
            self.selector.register(listener, selectors.EVENT_READ, lambda _, i=index, l=listener: self.accept(i, l))
            self.selector.register(self.ports[index].device, selectors.EVENT_READ, lambda _, i=index: self.take(i))
        self.selector.register(commands, selectors.EVENT_READ, lambda _: self.command(commands))
        with open(f"{directory}/switch.namespaces.new", "w") as file:
            file.writelines(f"/proc/{os.getpid()}/fd/{port.namespace}\n" for port in self.ports)
        os.replace(file.name, f"{directory}/switch.namespaces")

    def listen(self, address, family):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
        return listener

    def run(self):
        while True:
            pause = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, events in self.selector.select(pause):
                # A callback before this one may have closed it, or watch it for something else now.
                if self.selector.get_map().get(key.fd) is key:
                    key.data(events)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, to, packet = heapq.heappop(self.waiting)
                self.give(to, packet)

    # Packets

    def take(self, index):
        for _ in range(64):
            try:
                packet = os.read(self.ports[index].device, MTU + 64)
            except BlockingIOError:
                return
            # IPv4 to one of ours; what else a kernel says (IPv6, multicast) is nobody's business.
            if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:19] != b"\x0a\x4d\x00":
                continue
            to = packet[19] - 1
            if not 0 <= to < self.links.count or (index, to) in self.links.cuts:
                continue
            if self.links.loss and random.random() < self.links.loss:
                continue
            if self.links.delay:
                self.order += 1
                heapq.heappush(self.waiting, (time.monotonic() + self.links.delay, self.order, to, packet))
            else:
                self.give(to, packet)

    def give(self, to, packet):
        try:
            os.write(self.ports[to].device, packet)
        except BlockingIOError:
            pass  # The device's queue is full: lost, as in a network.

    # The API

    def accept(self, index, listener):
        client, _ = listener.accept()
        enter(self.ports[index].namespace)
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        enter(self.home)
        for end in client, server:
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.connect_ex(("127.0.0.1", self.api_ports[index]))
        Pipe(self.selector, client, server)

    # Commands

    def command(self, listener):
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(1)
            try:
                self.links.obey(connection.recv(4096).decode().split())
                connection.sendall(b"done")
            except (ValueError, OSError) as error:
                connection.sendall(str(error).encode())


class Pipe:
    """Bytes both ways between two sockets, until either ends."""

    def __init__(self, selector, *ends):
        self.selector, self.ends = selector, ends
        # Bytes for each end, and whether the other one has said its last.
        self.outgoing = {end: collections.deque() for end in ends}
        self.size = dict.fromkeys(ends, 0)
        self.closing = dict.fromkeys(ends, False)
        self.ended = dict.fromkeys(ends, False)
        self.watched = dict.fromkeys(ends, 0)
        self.watch()

    def other(self, end):
        return self.ends[1] if end is self.ends[0] else self.ends[0]

    def watch(self):
        for end in self.ends:
            events = 0
            if not self.closing[self.other(end)] and self.size[self.other(end)] < BUFFERED:
                events |= selectors.EVENT_READ
            if self.outgoing[end]:
                events |= selectors.EVENT_WRITE
            if events == self.watched[end]:
                continue
            if not self.watched[end]:
                self.selector.register(end, events, lambda ready, e=end: self.ready(e, ready))
            elif not events:
                self.selector.unregister(end)
            else:
                self.selector.modify(end, events, lambda ready, e=end: self.ready(e, ready))
            self.watched[end] = events

    def ready(self, end, events):
        try:
            if events & selectors.EVENT_READ:
                self.read(end)
            if events & selectors.EVENT_WRITE:
                self.write(end)
        except BlockingIOError:
            pass
        except OSError:
            return self.close()
        if all(self.ended.values()):
            return self.close()
        self.watch()

    def read(self, end):
        other = self.other(end)
        data = end.recv(1 << 16)
        if data:
            self.outgoing[other].append(data)
            self.size[other] += len(data)
        else:
            self.closing[other] = True
        self.write(other)

    def write(self, end):
        queue = self.outgoing[end]
        while queue:
            try:
                sent = end.send(queue[0])
            except BlockingIOError:
                return
            self.size[end] -= sent
            if sent == len(queue[0]):
                queue.popleft()
            else:
                queue[0] = queue[0][sent:]
        if self.closing[end] and not self.ended[end]:
            self.ended[end] = True
            end.shutdown(socket.SHUT_WR)

    def close(self):
        for end in self.ends:
            if self.watched[end]:
                self.selector.unregister(end)
            end.close()


def check():
    Port(0)


def serve(directory, *api_ports):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    switch = Switch(directory, [int(port) for port in api_ports])
    switch.run()


def namespace(directory, index):
    with open(f"{directory}/switch.namespaces") as file:
        print(file.read().splitlines()[int(index)])


def tell(directory, *words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(f"{directory}/switch.sock")
        connection.sendall(" ".join(words).encode())
        answer = connection.recv(4096).decode()
    if answer != "done":
        sys.exit(f"switch: {answer}")


if __name__ == "__main__":
    actions = {"check": check, "serve": serve, "namespace": namespace, "tell": tell}
    if len(sys.argv) < 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    try:
        actions[sys.argv[1]](*sys.argv[2:])
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f"switch: {error}")
