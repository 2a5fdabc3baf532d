"""Owns finding free ports on this machine.

May not: hold a port; between finding one and using it another program may take it, so whoever uses it
tries again with another.
"""

import socket

HOST = "127.0.0.1"


def free_ports(count: int) -> tuple[int, ...]:
    """`count` different ports that nothing listens on at this moment, on the loopback address."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return tuple(int(each.getsockname()[1]) for each in sockets)
    finally:
        for each in sockets:
            each.close()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
