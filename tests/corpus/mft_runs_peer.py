"""mft_runs_peer.py RUNS MFT LISTING: the streams in RUNS (corpus_ntfs_dump runs) are those that dissect reads of the $MFT: type, name, size and where
the clusters lie, of files in use; extents in extension records joined, and an extension record without its file by itself. Of a large $MFT
each n-th file, some 4000 of them. Records of which LISTING (JSON Lines) says that they are damaged may differ: dissect takes such an attribute as it stands. Prints how many
streams are equal, how many files were compared, how many dissect refuses, how many damaged ones differ. What else differs goes to stderr, exit 1. 77: dissect is not
installed."""
import json
import struct
import sys

from mft_first import first_number, record_size

try:
    from dissect.ntfs.exceptions import Error
    from dissect.ntfs.mft import MftRecord
except ImportError:
    sys.exit(77)

NOT_STREAMS = (0x10, 0x20, 0x30)
ENOUGH = 4000


def joined(runs):
    """Neighbours made one, so that where a run is cut does not matter."""
    out = []
    for start, length in runs:
        last = out[-1] if out else None
        if last and (start is None) == (last[0] is None) and (start is None or last[0] + last[1] == start):
            last[1] += length
        else:
            out.append([start, length])
    return tuple(map(tuple, out))


def ours(path, wanted):
    for line in open(path):
        record, kind, size, name, runs = line.rstrip("\n").split("\t")
        if int(record) not in wanted:
            continue
        parts = [r.split("+") for r in runs.split()] if runs != "resident" else []
        place = "resident" if runs == "resident" else joined((None if a == "-" else int(a), int(n)) for a, n in parts)
        yield int(record), int(kind, 16), bytes.fromhex(name).decode("utf-16-le", "surrogatepass").lower(), int(size), place


def records(data, size):
    """Number, base, bytes of each record in use. A whole $MFT has each at its place, whatever else an old record says of itself; a piece behind its first."""
    first = first_number(data)
    for at in range(0, len(data) - size + 1, size):
        record = data[at:at + size]
        if record[:4] != b"FILE" or not record[22] & 1:
            continue
        number = first + at // size
        base = struct.unpack_from("<Q", record, 32)[0] & 0xFFFFFFFFFFFF
        yield number, base, record


def is_out_of_reach(data):
    """dissect reads 64 bytes of each attribute's header, also of a resident one's 24: the last of a full record is not seen."""
    at = struct.unpack_from("<H", data, 20)[0]
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 0xFFFFFFFF or length == 0:
            return False
        if at + 64 >= len(data):
            return True
        at += length
    return False


def extents_of(record):
    for found in record.attributes.values():
        for attribute in found:
            header = attribute.header
            if header.type.value not in NOT_STREAMS:
                runs = "resident" if header.resident else header.dataruns()
                yield (header.type.value, header.name.lower()), (header.lowest_vcn or 0, 0 if header.lowest_vcn else header.size, runs)


def theirs(chosen, bases, refused):
    parts = {}
    for number, base, data in chosen:
        owner = base if base and base in bases else number
        if is_out_of_reach(data):
            refused.add(owner)
            continue
        try:
            extents = list(extents_of(MftRecord.from_bytes(data)))
            if any(runs == "resident" and size > len(data) for _, (_, size, runs) in extents):
                raise ValueError("dissect does not see that resident content ends behind its record")
            for key, extent in extents:
                parts.setdefault((owner,) + key, []).append(extent)
        except (Error, EOFError, ValueError, IndexError):
            refused.add(owner)
    for key, extents in parts.items():
        extents.sort(key=lambda e: e[0])
        if extents[0][2] == "resident":
            # Several of a type and name, resident, are streams of their own.
            yield from (key + (size, "resident") for _, size, _ in extents)
        else:
            yield key + (extents[0][1], joined(run for _, _, runs in extents for run in runs))


def damaged(listing):
    """Records, and what they extend."""
    rows = [json.loads(line) for line in open(listing, encoding="utf-8") if '"damage":' in line]
    return {row[key] for row in rows for key in ("record", "base") if key in row}


def main():
    data = open(sys.argv[2], "rb").read()
    size = record_size(data)
    everything = list(records(data, size))
    step = max(1, sum(1 for _, base, _ in everything if not base) // ENOUGH)
    chosen = [r for r in everything if (r[1] or r[0]) % step == 0]
    bases = {number for number, base, _ in chosen if not base}
    owners = bases | {number for number, base, _ in chosen if base not in bases}
    refused = set()
    want = {s for s in theirs(chosen, bases, refused) if s[0] not in refused}
    have = set(ours(sys.argv[1], owners - refused))
    spoiled = {row[0] for row in have ^ want} & damaged(sys.argv[3])
    print(len(have & want), len(owners - refused), len(refused), len(spoiled))
    have, want = ({row for row in rows if row[0] not in spoiled} for rows in (have, want))
    for what, rows in (("only dissect's", want - have), ("only ours", have - want)):
        for row in sorted(rows, key=str)[:3]:
            print(what, len(rows), row, file=sys.stderr)
    sys.exit(0 if have == want else 1)


main()
