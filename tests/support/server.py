"""Runs scripts in forks of a process that has imported PyTorch once, which takes seconds.

Prints the abstract socket's name that it listens at, in hexadecimal, and ends when its standard input does. A request is
variables of the environment (NAME=VALUE), an arithmetic, a script and the script's arguments, with a zero byte between
them and two after the last, and then the script's standard input. The answer is two decimal numbers, each on a line of its own, the wait status and how many bytes
the script printed, and then what it printed to standard output and to standard error.
"""

import atexit
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import traceback
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2] / "scripts/reference/tutorial")
import arithmetic  # noqa: E402
import numpy  # noqa: E402, F401
import torch  # noqa: E402
import torch._dynamo  # noqa: E402, F401  every optimizer imports it when it is made


def run(words):
    """As `python arithmetic.py ARITHMETIC SCRIPT …` does; the exit status."""
    while "=" in words[0]:
        name, value = words.pop(0).split("=", 1)
        os.environ[name] = value
    sys.argv = ["arithmetic.py", *words]
    sys.modules["__main__"] = arithmetic
    status = 0
    try:
        arithmetic.main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
        if status and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def answer(connection):
    request = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    words, given = request.split(b"\0\0", 1)
    streams = [tempfile.TemporaryFile() for _ in range(3)]
    streams[0].write(given)
    streams[0].seek(0)
    child = os.fork()
    if child == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        os._exit(run(words.decode().split("\0")))
    _, status = os.waitpid(child, 0)
    for stream in streams[1:]:
        stream.seek(0)
    printed, complained = (stream.read() for stream in streams[1:])
    connection.sendall(b"%d\n%d\n%b%b" % (status, len(printed), printed, complained))


def is_own(connection):
    """Whether the user at the other end is this process's: an abstract socket is open to all."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")
    listener.listen(64)
    print(listener.getsockname().hex(), flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
        connection, _ = ready[0].accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            if is_own(connection):
                answer(connection)
            os._exit(0)
        connection.close()


main()
os._exit(0)  # at once: there is nothing to tear down
