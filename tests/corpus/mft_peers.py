"""mft_peers.py LISTING MFT: the sets of four timestamps in LISTING (JSON Lines of `kanshiki timeline`), of $STANDARD_INFORMATION and of each
name, are those that libfsntfs and the Rust mft read of the $MFT, none more and none less, and so are names, parents, and (mft) the
paths of files in use. Prints a line for each peer: its name, sets equal, paths equal. What differs goes to stderr, exit 1. Exceptions are
those of docs/formats/ntfs.md (Differences from peers); of a piece of an $MFT the peers' numbers are shifted, and mft, which takes parents from other
places then, has no paths. 77: the peers are not installed."""
import json
import re
import sys
from datetime import datetime

from mft_first import first_number, record_size

try:
    import pyfsntfs
    from mft import PyMftParser
except ImportError:
    sys.exit(77)

EPOCH = datetime(1601, 1, 1)


def ticks(text):
    if text is None:
        return None
    day = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S") - EPOCH
    return (day.days * 86400 + day.seconds) * 10_000_000 + int(text[20:27])


def ours(listing):
    sets, paths, damaged, short, own, bases = set(), {}, set(), set(), set(), {}
    for line in open(listing, encoding="utf-8"):
        if '"kind":"file"' not in line:
            continue
        row = json.loads(line)
        if "base" in row:  # on the first line of a record alone
            bases[row["record"]] = row["base"]
        record = bases.get(row["record"], row["record"])
        if "damage" in row:
            damaged.add(record)
        try:
            times = tuple(ticks(row[k]) for k in ("created", "modified", "changed", "accessed"))
        except ValueError:
            damaged.add(record)  # a year that Python has not
            continue
        if None in times:
            continue
        if row["set"] == "si":
            sets.add((record, "si", None, None) + times)
            continue
        if row["path"].split("/")[0] not in ("$Orphan", "$Unnamed") and not row["deleted"]:
            directory = row["path"].rpartition("/")[0] + "/" if "/" in row["path"] else ""
            paths.setdefault(record, set()).update([row["path"], directory + row.get("short_name", row["path"].split("/")[-1])])
        name = (record, "fn", row["path"].split("/")[-1], row["parent"])
        sets.add(name + times)
        if row["name_type"] == "dos":
            own.add(name)
        if "short_name" in row:
            short.add((record, "fn", row["short_name"], row["parent"]) + times)
    # An 8.3 name has a line of its own where its times are others than those of the name that it stands beside.
    return sets | {r for r in short if r[:4] not in own}, paths, damaged


def owner(base, number, known):
    """The file of a record: the one that it says it extends, where there is that one."""
    return base if base and base in known else number


def fsntfs(path, known, first):
    volume = pyfsntfs.mft_metadata_file()
    volume.open(path)
    for number in range(first, first + volume.number_of_file_entries):
        try:
            entry = volume.get_file_entry(number - first)
            if entry.is_empty():
                continue
            record = owner(entry.base_record_file_reference & 0xFFFFFFFFFFFF, number, known)
            attributes = list(entry.attributes)
        except (OSError, ValueError):
            yield None, number
            continue
        for a in attributes:
            if a.attribute_type not in (0x10, 0x30):
                continue
            times = tuple(t() for t in (a.get_creation_time_as_integer, a.get_modification_time_as_integer,
                                        a.get_entry_modification_time_as_integer, a.get_access_time_as_integer))
            if a.attribute_type == 0x10:
                yield (record, "si", None, None) + times, number
            else:
                yield (record, "fn", a.name, a.parent_file_reference & 0xFFFFFFFFFFFF) + times, number


def micro(time):
    since = time.replace(tzinfo=None) - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def rust(path, where, known, first):
    for entry in PyMftParser(path).entries():
        if isinstance(entry, Exception):
            continue
        number = first + entry.entry_id
        record = owner(entry.base_entry_id, number, known)
        where[number] = ("[UNKNOWN]" if first else entry.full_path, "ALLOCATED" in str(entry.flags))
        for a in entry.attributes():
            c = a.attribute_content if not isinstance(a, Exception) else None
            if c is None or a.type_code not in (0x10, 0x30):
                continue
            times = tuple(micro(t) for t in (c.created, c.modified, c.mft_modified, c.accessed))
            if a.type_code == 0x10:
                yield (record, "si", None, None) + times, number
            else:
                yield (record, "fn", c.name, c.parent_entry_id) + times, number


def piece(have, rows):
    """A single record that does not say its number: peers count it as 0."""
    numbers = {row[0] for row in have}
    return {(min(numbers),) + row[1:] for row in rows} if len(numbers) == 1 and {row[0] for row in rows} == {0} else set(rows)


def shown(row):
    """Names that our text writes otherwise are not compared by their letters."""
    name = row[2]
    odd = name is not None and ("<U+" in name or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c == "\ufffd" for c in name))
    return row[:2] + ("?" if odd else name,) + row[3:]


def without_surrogates(row):
    """The Rust mft leaves lone surrogates out of names; we write them as <U+D800>."""
    return row[:2] + (row[2] and re.sub("<U\\+D[89A-F][0-9A-F]{2}>|[\ud800-\udfff]", "", row[2]),) + row[3:]


def compare(peer, have, want, unread, damaged):
    have, want = {shown(r) for r in have}, {shown(r) for r in want}
    more = {r for r in want - have if r[0] not in damaged}
    less = {r for r in have - want if r[0] not in unread and r[0] not in damaged}
    print(peer, len(have & want), end=" ")
    for what, rows in (("only of " + peer, more), ("not of " + peer, less)):
        for row in sorted(rows, key=str)[:3]:
            print(what, len(rows), row, file=sys.stderr)
    return not more and not less


def main():
    have, paths, damaged = ours(sys.argv[1])
    known = {row[0] for row in have}
    with open(sys.argv[2], "rb") as file:
        data = file.read()
    first, good = first_number(data), True
    try:
        if record_size(data) != 1024:
            raise OSError("it takes each 1024 bytes for a record")
        rows = list(fsntfs(sys.argv[2], known, first))
        unread = {number for row, number in rows if row is None}
        good = compare("libfsntfs", have, piece(have, [row for row, _ in rows if row]), unread, damaged)
        print("-")
    except OSError as why:
        print("refused by libfsntfs:", str(why).split(". ")[1] if ". " in str(why) else why)
    where = {}
    rows = {row for row, _ in rust(sys.argv[2], where, known, first)}
    rounded = {row[:4] + tuple(t // 10 for t in row[4:]) for row in have}
    rounded = {row if row in rows else without_surrogates(row) for row in rounded}
    good &= compare("mft", rounded, piece(rounded, rows), {r for r in paths if r not in where}, damaged)
    wrong = [(r, p, where[r][0]) for r, p in paths.items() if r in where and where[r][1] and r != 5 and r not in damaged and
             where[r][0] not in p and where[r][0] != "[UNKNOWN]" and not any("<U+" in x for x in p)]
    print(sum(1 for r, p in paths.items() if r in where and where[r][0] in p))
    for row in wrong[:3]:
        print("path", len(wrong), row, file=sys.stderr)
    sys.exit(0 if good and not wrong else 1)


main()
