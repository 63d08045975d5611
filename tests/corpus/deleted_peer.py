"""deleted_peer.py VOLUME MFT BITMAP LISTING ROWS: what the collection tells of deleted files, against the bytes. LISTING (JSON Lines, without
its first line) has every free record of the $MFT that holds a name or a stream, and none else; an extension record is there, or the deleted file
that it belongs to. Of ROWS (JSON Lines of `kanshiki ls`) with runs in the record itself: `full` has no cluster that $Bitmap has in use,
`overwritten` as many as it says (the rest another deleted file had later), what is `trimmed` is free and one byte throughout. Prints records, and rows by
result that were compared; what differs to stderr, exit 1; 2: the first record of the $MFT is damaged."""
import json
import struct
import sys
from collections import Counter

HELD = (0x30, 0x80, 0x90, 0xA0, 0xC0, 0xD0, 0xE0, 0x100)  # what mkntfs leaves in records that were never used has none of these


def records(data):
    size = struct.unpack_from("<I", data, 28)[0] if data[:4] == b"FILE" else 0
    if size not in (1024, 4096):
        sys.exit(2)
    for number in range(len(data) // size):
        record = bytearray(data[number * size:(number + 1) * size])
        if record[:4] != b"FILE":
            continue
        at, count = struct.unpack_from("<HH", record, 4)
        for i in range(1, count):
            if at + 2 * i + 2 <= size and 512 * i <= size:
                record[512 * i - 2:512 * i] = record[at + 2 * i:at + 2 * i + 2]
        yield number, bytes(record)


def attributes(record):
    at = struct.unpack_from("<H", record, 20)[0]
    while at + 24 <= len(record):
        kind, length = struct.unpack_from("<II", record, at)
        if kind == 0xFFFFFFFF or kind == 0 or length < 24 or at + length > len(record):
            return
        yield kind, record[at:at + length]
        at += length


def runs(attribute):
    at, lcn = struct.unpack_from("<H", attribute, 32)[0], 0
    while at < len(attribute) and attribute[at]:
        low, high = attribute[at] & 15, attribute[at] >> 4
        length = int.from_bytes(attribute[at + 1:at + 1 + low], "little")
        lcn += int.from_bytes(attribute[at + 1 + low:at + 1 + low + high], "little", signed=True)
        yield (lcn if high else None), length
        at += 1 + low + high


def clusters(record, stream, size):
    """Of the content of a stream that lies in clusters, neither compressed nor in other records; None where that cannot be said."""
    found = list(attributes(record))
    if any(kind == 0x20 for kind, _ in found):
        return None
    name = stream.encode("utf-16-le", "surrogatepass")
    for kind, attribute in found:
        far, letters, at, flags = struct.unpack_from("<BBHH", attribute, 8)
        if kind == 0x80 and attribute[at:at + 2 * letters] == name and far and not flags & 0xFF and len(attribute) >= 64:
            content = min(struct.unpack_from("<QQ", attribute, 48))
            every, left = [], (content + size - 1) // size
            for lcn, length in runs(attribute):
                length = min(length, left)
                left -= length
                every += range(lcn, lcn + length) if lcn is not None else ()
            return every
    return None


def judge(row, mine, bitmap, volume, size):
    said = row["deleted"]
    used = sum(1 for lcn in mine if bitmap[lcn // 8] >> lcn % 8 & 1)
    if said["result"] == "overwritten":
        return used == said["overwritten"] - said.get("overwritten_by_deleted", 0) and said["overwritten"] == len(mine)
    if said["result"] == "partial":
        return used <= said["overwritten"] + said.get("unknown", 0)
    if used or said["result"] == "full":
        return used == 0
    held = set()
    for lcn in mine:
        volume.seek(lcn * size)
        held |= set(volume.read(size))
    return len(held) == 1 and held <= {0, 255}


def check_rows(free, bitmap, differ):
    compared = Counter()
    volume = open(sys.argv[1], "rb")
    boot = volume.read(16)
    size = struct.unpack_from("<H", boot, 11)[0] * (boot[13] if boot[13] <= 128 else 1 << 256 - boot[13])
    for line in open(sys.argv[5], encoding="utf-8"):
        row = json.loads(line)
        if "clusters" not in row.get("deleted", ()) or row["record"] not in free or "snapshot" in row:
            continue
        mine = clusters(free[row["record"]], row.get("stream", ""), size)
        if not mine or len(mine) != row["deleted"]["clusters"] or max(mine) >= len(bitmap) * 8:
            compared["not compared"] += 1
            continue
        compared[row["deleted"]["result"]] += 1
        if not judge(row, mine, bitmap, volume, size):
            differ.append("'%s' is not %s by $Bitmap" % (row["path"], row["deleted"]["result"]))
    return compared


def main():
    data, bitmap = (open(path, "rb").read() for path in sys.argv[2:4])
    free = {number: record for number, record in records(data)
            if not struct.unpack_from("<H", record, 22)[0] & 1 and any(kind in HELD for kind, _ in attributes(record))}
    listed = {json.loads(line)["record"] for line in open(sys.argv[4], encoding="utf-8")}
    differ = []
    for number, record in free.items():
        base = struct.unpack_from("<Q", record, 32)[0] & 0xFFFFFFFFFFFF
        if number not in listed and not (base and base in listed):
            differ.append("record %d is free and not listed" % number)
    differ += ["record %d is listed and not free" % number for number in sorted(listed - set(free))]
    compared = check_rows(free, bitmap, differ)
    print(len(listed & set(free)), *("%s=%d" % (result.replace(" ", "_"), compared[result]) for result in sorted(compared)))
    for line in differ[:6]:
        print(line, file=sys.stderr)
    sys.exit(1 if differ else 0)


main()
