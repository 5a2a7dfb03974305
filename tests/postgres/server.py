"""A PostgreSQL server of its own for tests, and tables put into it."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PASSWORD = "pa:ss/w@rd"
QUOTED = "pa%3Ass%2Fw%40rd"


@contextmanager
def running():
    """A PostgreSQL of its own: made in a folder under /tmp, on a free loopback port, gone afterwards."""
    psycopg = pytest.importorskip(
        "psycopg", reason="the PostgreSQL driver psycopg is not installed", exc_type=ImportError
    )
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parents[1].name))
    if not found:
        pytest.skip("no PostgreSQL server in /usr/lib/postgresql")
    tools = found[-1].parent
    home = Path(tempfile.mkdtemp(prefix="cxpg", dir="/tmp"))
    (home / "password").write_text(PASSWORD)
    own = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            shutil.chown(home, "postgres", "postgres")
        except LookupError:
            shutil.rmtree(home)
            pytest.skip("PostgreSQL does not run as root and there is no user postgres")
        own = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(home / "password", "postgres")

    def run(tool, *arguments):
        call = [tools / tool, "-D", home / "data", *arguments]
        subprocess.run(call, check=True, cwd=home, stdout=subprocess.DEVNULL, **own)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} -c fsync=off"
    try:
        run("initdb", "-U", "ana", "-A", "scram-sha-256", f"--pwfile={home / 'password'}", "-N", "-E", "UTF8")
        run("pg_ctl", "-w", "-l", home / "log", "-o", options, "start")
        try:
            login = {"host": "127.0.0.1", "port": port, "user": "ana", "password": PASSWORD}
            with psycopg.connect(**login, dbname="postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE crm")
                connection.execute("ALTER DATABASE crm SET lock_timeout = '1s'")
            yield lambda: psycopg.connect(**login, dbname="crm", autocommit=True)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def put(connection, name, frame):
    """Make a table of a pandas frame."""
    types = ", ".join(f'"{column}" {_type(values)}' for column, values in frame.items())
    connection.execute(f'CREATE TABLE "{name}" ({types})')
    with connection.cursor().copy(f'COPY "{name}" FROM STDIN (FORMAT csv)') as copy:
        copy.write(frame.to_csv(index=False, header=False))


def _type(values):
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if pd.api.types.is_datetime64_dtype(values):
        return "timestamp"
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "bigint"
    if pd.api.types.is_float_dtype(values):
        return "double precision"
    filled = values.dropna()
    first = filled.iloc[0] if len(filled) else ""
    return (
        "boolean"
        if isinstance(first, (bool, np.bool_))
        else "date"
        if hasattr(first, "isoformat")
        else "text"
    )
