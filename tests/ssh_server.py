"""A real OpenSSH server on loopback, with keys of its own, and a client that knows only these."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from getpass import getuser
from pathlib import Path

from measurements.device.address import Setting, SshAddress
from measurements.device.ssh import SshBoard

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
SSH = shutil.which("ssh")

SERVER = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM {pam}
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
"""
CLIENT = """
UserKnownHostsFile {folder}/known_hosts
GlobalKnownHostsFile /dev/null
IdentityFile {folder}/key
IdentitiesOnly yes
IdentityAgent none
UpdateHostKeys no
"""


class Server:
    """Started with `start`; `environment` makes `ssh` a client that may log in there."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.process = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for key in ("host_key", "key", "stranger"):
            self.make_key(key)
        shutil.copy(folder / "key.pub", folder / "authorized_keys")
        pam = "yes" if is_locked() else "no"
        config = SERVER.format(port=self.port, folder=folder, pam=pam)
        (folder / "sshd_config").write_text(config)
        (folder / "ssh_config").write_text(CLIENT.format(folder=folder))
        client = folder / "bin" / "ssh"
        client.parent.mkdir()
        client.write_text(f'#!/bin/sh\nexec {SSH} -F {folder}/ssh_config "$@"\n')
        client.chmod(0o755)
        self.path = f"{client.parent}:{os.environ['PATH']}"

    def make_key(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]
        subprocess.run(command, check=True)

    def know_host(self):
        kind, key, *_ = (self.folder / "host_key.pub").read_text().split()
        line = f"[127.0.0.1]:{self.port} {kind} {key}\n"
        (self.folder / "known_hosts").write_text(line)

    def start(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        log = (self.folder / "sshd.log").open("ab")
        command = [SSHD, "-D", "-e", "-f", self.folder / "sshd_config"]
        self.process = subprocess.Popen(command, stderr=log)
        log.close()
        wait_until(self.answers)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "sshd.log").read_text()
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.cut()
        self.process.kill()
        self.process.wait()

    def cut(self):
        """End every connection as a pulled plug does: the server's processes are killed."""
        for pid, command in descendants(self.process.pid):
            if command.startswith("sshd"):
                kill(pid)

    def workers(self):
        """Process ids of the workers that run for its sessions, now."""
        return [p for p, command in descendants(self.process.pid) if "device.worker" in command]

    def address(self, **setting):
        """As a user would type it."""
        query = "&".join(f"{k}={v}" for k, v in ({"python": sys.executable} | setting).items())
        return f"ssh://{getuser()}@127.0.0.1:{self.port}?{query}"

    def board(self, folder, **fields):
        """A board there that keeps its files in a folder."""
        setting = Setting(python=fields.pop("python", sys.executable), folder=str(folder))
        address = SshAddress(host="127.0.0.1", user=getuser(), port=self.port)
        return SshBoard(address=address, setting=setting, **fields)


def is_locked():
    """Whether this user has no password: without PAM the server would not let it in by key."""
    if os.geteuid():
        return False
    entries = [line.split(":") for line in Path("/etc/shadow").read_text().splitlines()]
    return any(entry[0] == getuser() and entry[1].startswith("!") for entry in entries)


def kill(pid, kind=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, kind)


def descendants(pid):
    """Process id and command of all that a process started, directly or not."""
    found = []
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in map(int, children):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found += [(child, command), *descendants(child)]
    return found


def wait_until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
