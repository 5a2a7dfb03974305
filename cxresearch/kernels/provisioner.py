"""The runner's end of a forked kernel, for jupyter_client."""

import asyncio
import contextlib
import json
import os
import signal

from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Unicode

START = 120.0  # seconds for a kernel to get ready, the imports of a cold fork server included


class CannotFork(RuntimeError):
    """The fork server made no kernel; the message says why."""


class ForkProvisioner(KernelProvisionerBase):
    """Starts a kernel by asking the fork server at `address`; see :mod:`cxresearch.kernels.forkserver`."""

    address = Unicode()
    pid = None
    ended = None  # a future: the exit code
    writer = None

    @property
    def has_process(self):
        return self.ended is not None

    async def pre_launch(self, **kwargs):
        self.parent.write_connection_file()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd, *, env, cwd, **kwargs):
        request = {"connection_file": self.parent.connection_file, "env": env, "cwd": cwd}
        try:
            self.reader, self.writer = await asyncio.open_unix_connection(self.address)
            self.writer.write(json.dumps(request).encode() + b"\n")
            said = await asyncio.wait_for(self.heard(), START)
        except (OSError, TimeoutError) as fault:
            raise CannotFork(f"the fork server does not answer ({fault or 'too slow'})") from fault
        if "pid" not in said:
            raise CannotFork(said.get("refused") or "the fork server ended")
        self.pid = said["pid"]
        self.ended = asyncio.ensure_future(self.watch())
        self.connection_info = self.parent.get_connection_info()
        return self.connection_info

    async def heard(self):
        """The next message of the fork server; empty when it is gone."""
        with contextlib.suppress(ConnectionError):
            return json.loads(await self.reader.readline() or b"{}")
        return {}

    async def watch(self):
        """Wait for the kernel's end; should the server have gone, its kernels have, but not what they started."""
        said = await self.heard()
        if "exit" not in said:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        return said.get("exit", -signal.SIGKILL)

    async def poll(self):
        return self.ended.result() if self.ended.done() else None

    async def wait(self):
        return await asyncio.shield(self.ended)

    async def send_signal(self, signum):
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    async def kill(self, restart=False):
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart=False):
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart=False):
        if self.writer is not None:
            self.writer.close()
