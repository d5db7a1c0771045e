"""Becomes a program that ends together with its parent. Runs alone: `python -I -S child_setup.py OPTIONS PROGRAM ARGS`.

OPTIONS is the JSON object of `Command.launch_argv`. Starts a session of its own (Ctrl-C in the terminal reaches only
the supervisor), drops root for a program that refuses it, requests a signal from the kernel for the parent's death,
then executes the program. A separate program, because Python code between fork and exec (`preexec_fn`) is unsafe in a
process with threads. Only the standard library is importable here.
"""

import ctypes
import json
import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


class _CapabilityHeader(ctypes.Structure):
    _fields_: ClassVar[Sequence[Any]] = [("version", ctypes.c_uint32), ("process", ctypes.c_int)]


class _CapabilitySets(ctypes.Structure):
    _fields_: ClassVar[Sequence[Any]] = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    raise SystemExit(1)


def _enter_user_namespace(library: ctypes.CDLL) -> None:
    """Become `nobody` in a new user namespace; outside it, files still belong to the current user."""
    user, group = os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    if library.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{nobody.pw_uid} {user} 1"),
        ("gid_map", f"{nobody.pw_gid} {group} 1"),
    ):
        Path("/proc/self", name).write_text(line)


def _become_nobody(library: ctypes.CDLL) -> None:
    """Become `nobody` and keep CAP_DAC_OVERRIDE, to reach files below directories of root (/root)."""
    nobody = pwd.getpwnam("nobody")
    library.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    # Without this, access(2), which Postgres uses to check its programs, ignores the capability.
    library.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    keep = 1 << CAP_DAC_OVERRIDE
    sets = (_CapabilitySets * 2)(_CapabilitySets(keep, keep, keep), _CapabilitySets(0, 0, 0))
    # Refused in a container without the capability; the program then needs paths that all users may read.
    if library.capset(ctypes.byref(_CapabilityHeader(CAPABILITY_VERSION_3, 0)), ctypes.byref(sets)) == 0:
        library.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _change_owner(directories: list[str], user: int, group: int) -> None:
    """Make `user` the owner of everything below `directories`."""
    for directory in map(Path, directories):
        if directory.exists() and directory.stat().st_uid != user:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, user, group, follow_symlinks=False)


def _drop_root(library: ctypes.CDLL, directories: list[str], privilege_drops: list[str]) -> None:
    if os.geteuid() != 0:
        if not _has_name(os.geteuid()):
            try:
                _enter_user_namespace_for(library, directories, (os.geteuid(), os.getegid()))
            except (OSError, KeyError):
                _fail(f"User {os.geteuid()} has no entry in /etc/passwd, which this program needs. Add one.")
        return
    owner_outside = os.geteuid(), os.getegid()
    for privilege_drop in privilege_drops:
        try:
            if privilege_drop == "namespace":
                _enter_user_namespace_for(library, directories, owner_outside)
            else:
                nobody = pwd.getpwnam("nobody")
                _change_owner(directories, nobody.pw_uid, nobody.pw_gid)
                _become_nobody(library)
        except (OSError, KeyError):
            continue
        return
    _fail(
        "This program refuses to run as root, and this machine allows neither a user namespace nor a change to the "
        "user 'nobody'. Run as an ordinary user."
    )


def _has_name(user: int) -> bool:
    """Whether the user has an entry in the password file. Postgres needs one; containers may run without one."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _enter_user_namespace_for(library: ctypes.CDLL, directories: list[str], owner: tuple[int, int]) -> None:
    # Tried in a child first: a process cannot leave a namespace whose maps were refused.
    child = os.fork()
    if child == 0:
        try:
            _enter_user_namespace(library)
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise PermissionError("user namespaces are not allowed here")
    _change_owner(directories, *owner)
    _enter_user_namespace(library)


def main() -> None:
    options = json.loads(sys.argv[1])
    argv = sys.argv[2:]
    os.setsid()
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if library is not None:
        if options["unprivileged"]:
            _drop_root(library, options["directories"], options["privilege_drops"])
        # After the change of user, which clears the setting.
        library.prctl(PR_SET_PDEATHSIG, options["signal"], 0, 0, 0)
    if os.getppid() != options["parent"]:
        _fail("The parent process has already ended.")
    os.chdir(options["cwd"])
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - executing the program is the purpose
    except OSError as problem:
        _fail(f"{argv[0]} cannot be started: {problem.strerror}.")


if __name__ == "__main__":
    main()
