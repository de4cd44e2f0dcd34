"""Run the command line where opening a network socket is death, at home in an empty folder.

    python offline.py restore old.jpg -g good.jpg

A filter of the Linux kernel (seccomp) kills the process when Python or any library opens a socket other than
one between processes of this machine.
"""

from __future__ import annotations

import ctypes
import platform
import sys

_SOCKET = {"x86_64": 41, "aarch64": 198}
"""Number of the system call ``socket``."""

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_NUMBER_AT, _FIRST_ARGUMENT_AT, _UNIX = 0, 16, 1
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def known_machine() -> bool:
    """Return whether the filter works here."""
    return sys.platform == "linux" and platform.machine() in _SOCKET


def forbid_network() -> None:
    """Kill this process and all that it starts as soon as one opens a network socket."""
    instructions = (_Instruction * 6)(
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_JUMP_IF_EQUAL, 0, 3, _SOCKET[platform.machine()]),
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, _UNIX),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(instructions), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    forbid_network()
    from gfrnet.cli import main

    sys.exit(main(sys.argv[1:]))
