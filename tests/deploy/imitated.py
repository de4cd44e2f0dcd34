"""Imitate a container engine by means of the kernel: layers, namespaces, another user, a read-only root.

The system on which the tests run takes the place of the base image. Its files stay as they are, for every
stage writes into a layer of its own, which is memory and goes with the last process.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from containerfile import ROOT, Stage, Step

PATH = f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")

PRELUDE = """set -eu
umask 022
layer() {  # what lies below, name of the layer, where
    mkdir -p "$PLACE/$2/up" "$PLACE/$2/work" "$3"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$PLACE/$2/up,workdir=$PLACE/$2/work" "$3"
}
seen() {  # Let everybody go through the folders that lead to a path.
    folder=$2
    while [ "$folder" != / ]; do chmod o+x "$1$folder"; folder=$(dirname "$folder"); done
}
base() {
    layer / "$1" "$PLACE/$1/root"
    mount --rbind /dev "$PLACE/$1/root/dev"
    mount -t proc proc "$PLACE/$1/root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$PLACE/$1/root/tmp"
}
mount -t tmpfs -o mode=755 none "$PLACE"
"""


def why_not() -> str:
    """Return why no engine can be imitated here; empty where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux can imitate a container engine"
    tried = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay overlay -o "
    tried += "lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt && setpriv --version && unshare --net ip link"
    try:
        done = subprocess.run([*NAMESPACES, "sh", "-ec", tried], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return f"{error.filename} is missing"
    return (
        "" if done.returncode == 0 else f"the system allows no layers or namespaces ({done.stderr.strip()})"
    )


def build_script(found: list[Stage]) -> str:
    """Return the script that does the steps of all stages. The last one ends in the layer ``final``."""
    lines = [PRELUDE]
    for index, stage in enumerate(found):
        name = "final" if index == len(found) - 1 else stage.name
        lines += [f"base {name}", *_interpreter(name)]
        where = "/"
        for step in stage.steps:
            if step.word == "WORKDIR":
                where = os.path.join(where, step.text)
                lines.append(f"mkdir -p {_inside(name, where)}")
            elif step.word == "COPY":
                lines += _copied(name, where, step)
            elif step.word == "RUN":
                lines += _run(name, where, step, index > 0)
    return "\n".join(lines)


def _inside(name: str, path: str) -> str:
    return f'"$PLACE/{name}/root"{shlex.quote(os.path.normpath(path))}'


def _interpreter(name: str) -> list[str]:
    """Show the interpreter of the tests where the layer hides it, and to every user."""
    lines = []
    for number, prefix in enumerate(sorted({sys.base_prefix, sys.prefix})):
        if os.stat(prefix).st_dev != os.stat("/").st_dev or prefix.startswith("/tmp/"):
            lines.append(f"layer {shlex.quote(prefix)} {name}-{number} {_inside(name, prefix)}")
        lines.append(f'seen "$PLACE/{name}/root" {shlex.quote(prefix)}')
    return lines


def _copied(name: str, where: str, step: Step) -> list[str]:
    assert "from" not in step.options
    *sources, target = step.words
    to = _inside(name, os.path.join(where, target))
    lines = [f"mkdir -p {to}"]
    for source in sources:
        path = ROOT / source
        lines.append(f"cp -r {shlex.quote(str(path))}{'/.' if path.is_dir() else ''} {to}")
    return lines


def _run(name: str, where: str, step: Step, offline: bool) -> list[str]:
    """Run a command in a layer. The packages that the last stage needs are there, so it fetches nothing."""
    before, after = [], []
    if mount := step.options.get("mount"):
        given = dict(part.split("=") for part in mount.split(","))
        assert given["type"] == "bind"
        target = _inside(name, given["target"])
        before = [f"mkdir -p {target}", f"mount --bind {_inside(given['from'], given['source'])} {target}"]
        after = [f"umount {target}", f"rmdir {target}"]
    words = ["env", "-i", f"PATH={PATH}", "HOME=/root", "PIP_DISABLE_PIP_VERSION_CHECK=1"]
    words += ["PIP_ROOT_USER_ACTION=ignore", *(["PIP_NO_INDEX=1"] if offline else [])]
    words += ["sh", "-ec", f"cd {shlex.quote(where)}; {step.text}"]
    return [*before, f'chroot "$PLACE/{name}/root" {shlex.join(words)}', *after]


def run_script(photos: Path, album: Path, token: Path, store: Path, probe: list[str]) -> str:
    """Return the script that mounts what a container gets, makes all else read-only, and runs a probe."""
    root = '"$PLACE/final/root"'
    return f"""
mkdir -p {root}/photos {root}/run/secrets
touch {root}/run/secrets/gfrnet-token
cp -a {root}/data/. {shlex.quote(str(store))}
chown --reference={root}/data {shlex.quote(str(store))}
chmod --reference={root}/data {shlex.quote(str(store))}
mount --bind {shlex.quote(str(store))} {root}/data
mount --bind {shlex.quote(str(token))} {root}/run/secrets/gfrnet-token
mount --bind {shlex.quote(str(photos))} {root}/photos
mount -o remount,bind,ro {root}/photos
mount --bind {shlex.quote(str(album))} {root}/photos/.gfrnet-album
mount -o remount,ro {root}
ROOT_OF_CONTAINER={root} unshare --net {shlex.join(probe)}
"""


def as_user(stage: Stage, words: list[str]) -> list[str]:
    """Return the command that runs words as the container does; it begins with ``chroot``."""
    user, _, group = stage.only("USER").text.partition(":")
    given = stage.environment | {"PATH": PATH}
    where = [step.text for step in stage.steps if step.word == "WORKDIR"][-1]
    limits = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    return [
        *("chroot", os.environ.get("ROOT_OF_CONTAINER", "/")),
        *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *limits),
        *("env", "-i", f"--chdir={where}", *(f"{name}={value}" for name, value in given.items())),
        *words,
    ]
