"""Generated attacks: files, mappings, parameters and database states, the same for the same seed."""

import json
import os
import random
import sys
from pathlib import Path
from typing import NamedTuple

import duckdb

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "hostile")]
from malformed import PLAIN, sound  # noqa: E402

MAIL, PHONE = "agatha.planted@secret-firm.example", "+49 30 9876543"
SECRETS = ("hunter2-Geheim", "AIzaSyPlantedPlantedPlantedPlanted12345", "ghp_PlantedPlantedPlanted1234")
PLANTED = (MAIL, "agatha.planted", PHONE, "9876543", *SECRETS)


class Attack(NamedTuple):
    """What is handed over: a folder to fill, the words after ``--data`` and those of the report."""

    name: str
    make: object
    words: tuple = ()


def attacks(number=200, seed=0):
    """So many attacks: two fifths of files, a fifth each of mappings, parameters and databases."""
    kinds = [of_files, of_mappings, of_files, of_databases, of_parameters]
    return [
        kinds[i % 5](random.Random(f"{seed} {kinds[i % 5].__name__} {i}"), i // 5, i) for i in range(number)
    ]


def planted(rng, data):
    """A table with an address, a number or a secret in a place of it."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    fields = lines[at].split(b",")
    fields[rng.randrange(len(fields))] = rng.choice([MAIL, PHONE, f"call {PHONE}", f"<{MAIL}>"]).encode()
    lines[at] = b",".join(fields)
    return b"\n".join(lines)


def write(folder, files):
    for name, data in files.items():
        (folder / name).write_bytes(data)


def of_files(rng, number, i):
    """A malformed table, or something that is no file in the place of one."""
    kind = rng.choice([*PLAIN, "planted", "planted", "fifo", "link", "folder", "parquet", "parquet", "name"])

    def make(folder):
        pair = sound(rng)
        table = rng.choice(["orders", "customers"])
        files = {f"{name}.csv": data for name, data in pair.items() if name != table}
        path = folder / f"{table}.csv"
        if callable(kind):
            files[path.name] = kind(rng, planted(rng, pair[table]) if rng.random() < 0.5 else pair[table])
        elif kind == "planted":
            files[path.name] = planted(rng, pair[table])
        elif kind == "fifo":
            os.mkfifo(rng.choice([path, folder / "other.csv", folder / "cxresearch.toml", folder / "notes"]))
        elif kind == "link":
            path.symlink_to(rng.choice(["/dev/zero", "/dev/null", "nowhere", path.name, "/etc/passwd", "/"]))
        elif kind == "folder":
            (folder / rng.choice([path.name, "cxresearch.toml", "data.csv"])).mkdir()
        elif kind == "name":
            files[rng.choice([f"{table}.CSV", "a\nb.csv", "\x1b[31m.csv", "=1+1.csv", "cxresearch.TOML"])] = pair[table]  # fmt: skip
        else:
            spoilt_parquet(rng, folder / f"{table}.parquet")
        write(folder, files)

    return Attack(f"{i} files {getattr(kind, '__name__', kind)}", make)


def spoilt_parquet(rng, path):
    when = rng.choice(["DATE '2026-01-02' + i::INT", "TIMESTAMPTZ '2026-01-02' + INTERVAL (i) DAY", "NULL", "'2026-01-02'", "[i]", "i"])  # fmt: skip
    amount = rng.choice(["i + 0.5", "1e308", "'nan'::DOUBLE", "(i * 1e30)::DECIMAL(38, 0)", f"'{MAIL}'", "{'a': i}", "i::UHUGEINT", "i % 2 = 0"])  # fmt: skip
    own, date = ("order_id", "ordered_at") if path.stem == "orders" else ("account", "acquired_at")
    query = f"SELECT i::VARCHAR AS {own}, lpad((i % 20)::VARCHAR, 4, '0') AS customer_id, {when} AS {date}, {amount} AS amount FROM range(60) t(i)"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    if rng.random() < 0.6:
        data = bytearray(path.read_bytes())
        for _ in range(rng.choice([1, 20, 400])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])


VALUES = ["x", 1, -1, 0, 1.5, True, [], {}, [1], ["a", "a"], {"a": 1}, "", " ", "\n", "é", "../orders.csv", "/etc/passwd", "orders.csv", 10**30,
          "%d.%m.%Y", "%Q", "utf-16", "cp1252", "Europe/Berlin", "'; DROP TABLE orders; --", "a.b", '"a.b"."c"', MAIL, f"postgres://u:{SECRETS[0]}@127.0.0.1:9/x",
          "sqlite:///nothing.db", "duckdb://nothing.duckdb", "crm.duckdb", "{customer_id}", "{" * 50, "x" * 3000, "\u202e", "\x00"]  # fmt: skip
SETTINGS = ["workspace", "tables", "project_failure", "source", "company", "currency", "timezone", "fiscal_year_starts", "orders", "customers", "file", "table",
            "encoding", "delimiter", "skip_rows", "header", "decimal", "thousands", "date_format", "missing", "numbers", "columns", "drivers", "order_id",
            "amount", "ordered_at", "customer_id", "channel", "column", "value", "row_number", "format", "true", "false", "codes", "scale", "benefit_share"]  # fmt: skip


def of_mappings(rng, number, i):
    """A mapping of random settings, or one that is spoilt, deep or large."""

    def setting(level=0):
        if level < 3 and rng.random() < 0.4:
            return {rng.choice(SETTINGS): setting(level + 1) for _ in range(rng.randint(0, 3))}
        return rng.choice(VALUES)

    def toml(value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return json.dumps(value)

    def make(folder):
        write(folder, {f"{name}.csv": data for name, data in sound(rng).items()})
        column = {rng.choice(SETTINGS[23:28]): rng.choice([{rng.choice(SETTINGS[28:36]): rng.choice(VALUES), "column": "amount"}, rng.choice(VALUES)])}  # fmt: skip
        table = {rng.choice(SETTINGS[10:23]): rng.choice(VALUES), "columns": column}
        text = rng.choice(
            [
                lambda: f"tables = {toml({'orders': table})}\n",
                lambda: f"tables = {toml({'orders': table})}\n",
                lambda: f"[workspace]\n{rng.choice(SETTINGS[3:8])} = {toml(rng.choice(VALUES))}\n",
                lambda: "\n".join(f"{rng.choice(SETTINGS)} = {toml(setting())}" for _ in range(3)),
                lambda: ".".join("a" * rng.choice([10, 5000])) + " = 1",
                lambda: "x = " + rng.choice("[{") * rng.choice([5, 90_000]),
                lambda: "# " + "x" * rng.choice([10, 5_000_000]),
                lambda: "".join(chr(rng.randrange(1, 256)) for _ in range(200)),
            ]
        )()
        name = rng.choice(["cxresearch.toml"] * 9 + ["cxreserch.toml"])
        (folder / name).write_text(text, encoding="utf-8", errors="replace")

    return Attack(f"{i} mapping", make)


def of_parameters(rng, number, i):
    """Settings of a report that are no numbers, unknown, secret, or lead out of the workspace."""
    name = rng.choice(["horizon_weeks", "data", "as_of", "nothing", "a b", "", "class", "apiKey", "draws", "cohort", "product"])  # fmt: skip
    value = rng.choice(["1_0", "１０", " 5", "nan", "1e999", "../x", "/etc/passwd", "~", *SECRETS, f"Bearer {SECRETS[0]}", f"password: {SECRETS[0]}",
                        "x" * 5000, "\n", "\udcff", "$(id)", "{}", "-1", "9" * 400, "true"])  # fmt: skip
    more = [["--period", "2026Q3"], ["--period", "２０２６Q3"], ["--as-of", "2026-9-30"], ["--as-of", "9999-12-31"], ["--as-of", "0001-01-01"], ["--as-of", "2026-W01-1"],
            ["--period", "2026Q3", "--jobs", "0"], ["--period", "2026Q3", "--only", "zz"]]  # fmt: skip
    words = ("--set", f"{name}={value}", *rng.choice(more)) if rng.random() < 0.7 else tuple(rng.choice(more[1:]))  # fmt: skip
    words = words if {"--period", "--as-of"} & set(words) else (*words, "--period", "2026Q3")
    return Attack(
        f"{i} parameters",
        lambda folder: write(folder, {f"{n}.csv": data for n, data in sound(rng).items()}),
        words,
    )


def of_databases(rng, number, i):
    """A DuckDB file whose views raise, read files or have odd types, or that is spoilt or open elsewhere."""

    def make(folder):
        path = folder / rng.choice(["crm.duckdb", "crm.ddb"])
        canary = folder.parent / "canary"
        with duckdb.connect(path) as connection:
            kind = rng.choice(["VARCHAR", "INTEGER", "DOUBLE", "UUID", "BLOB"])
            value = {
                "UUID": "uuid()",
                "BLOB": "'\\xAA'::BLOB",
                "VARCHAR": f"CASE i WHEN 3 THEN '{MAIL}' ELSE i::VARCHAR END",
            }.get(kind, "i")
            when = rng.choice(["DATE '2026-01-02' + i::INT", "'infinity'::TIMESTAMP", "TIMESTAMPTZ '2026-01-02'", "NULL", "i", f"'{PHONE}'"])  # fmt: skip
            amount = rng.choice(["i", "1e308", "'inf'::DOUBLE", "9e37::DECIMAL(38, 0)", "-i", f"error('{MAIL} {PHONE}')::DOUBLE", "[i]", "NULL"])  # fmt: skip
            word = rng.choice(["VIEW", "VIEW", "TABLE"]) if "error(" not in amount else "VIEW"
            connection.execute(
                f"CREATE {word} orders AS SELECT {value} AS order_id, 'a' || (i % 5) AS customer_id, {when} AS ordered_at, {amount} AS amount FROM range(60) t(i)"
            )
            view = rng.choice(
                [
                    "SELECT 'a' || i AS customer_id, DATE '2025-01-01' AS acquired_at FROM range(5) t(i)",
                    f"SELECT content AS customer_id, DATE '2025-01-01' AS acquired_at FROM read_text('{canary}')",
                    f"SELECT file AS customer_id, DATE '2025-01-01' AS acquired_at FROM glob('{canary.parent}/*')",
                    f"SELECT '{MAIL}' AS customer_id, DATE '2025-01-01' AS acquired_at",
                ]
            )
            connection.execute(f"CREATE VIEW customers AS {view}")
        if rng.random() < 0.3:
            data = bytearray(path.read_bytes())
            for _ in range(rng.choice([1, 50])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            path.write_bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])])
        if rng.random() < 0.5:
            (folder / "cxresearch.toml").write_text(f'[workspace]\nsource = "{path.name}"\n')

    return Attack(f"{i} database", make)
