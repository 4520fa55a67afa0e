"""A network between the service and PostgreSQL that is slow, breaks, and loses what the database says to COMMIT."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

SOCKET = ".s.PGSQL.5432"
CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the network is. Chances are for each piece that is sent, or for each COMMIT; times are in seconds."""

    lost_commits: float = 0.0
    cuts: float = 0.0
    delay_most_s: float = 0.0


class Proxy:
    """Stands in a folder of its own under the name of PostgreSQL's socket. `lost` counts the answers it swallowed."""

    def __init__(self, folder: Path, behind: Path, weather: Weather) -> None:
        self.folder = folder
        self.lost = 0
        self.cut = 0
        self._behind = behind / SOCKET
        self._weather = weather
        self._chance = Random(1)
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_unix_server(self._connect, self.folder / SOCKET))
        self._up.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(task)
        self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection in both directions until it is cut or one side has enough."""
        try:
            there, back = await asyncio.open_unix_connection(self._behind)
        except OSError:  # the database is down
            writer.close()
            return
        swallowing = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, back, swallowing, asks=True))
                both.create_task(self._carry(there, writer, swallowing, asks=False))
        except* OSError:
            pass
        finally:
            for side in (writer, back):
                side.close()

    async def _carry(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, swallowing: asyncio.Event, *, asks: bool
    ) -> None:
        while piece := await source.read(CHUNK):
            if self._weather.delay_most_s:
                await asyncio.sleep(self._chance.random() * self._weather.delay_most_s)
            if asks and b"COMMIT" in piece and self._chance.random() < self._weather.lost_commits:
                swallowing.set()
            if swallowing.is_set() and not asks:
                self.lost += 1
                raise ConnectionResetError
            if self._chance.random() < self._weather.cuts:
                self.cut += 1
                raise ConnectionResetError
            to.write(piece)
            await to.drain()
        raise ConnectionResetError
