"""usn_scan_peer.py JOURNAL LISTING: in what LISTING (JSON Lines of `kanshiki timeline`) calls damage no record lies that it could have told:
at each multiple of 8 of the journal a record is looked for by what winioctl.h says of one (length a multiple of 8 that holds the name,
version 2 to 4 and not half a version, a USN that lies on eights), and each found is in the listing or inside one that is. Prints how many."""
import json
import struct
import sys

FIXED = {2: 60, 3: 76, 4: 56}  # bytes before the name; of version 4 before the extents, of 16 bytes each


def record(data, at):
    """Length and USN of what looks like a record at a place; of records with a name a name of one character at least."""
    length, major, minor = struct.unpack_from("<IHH", data, at)
    if major not in FIXED or minor or length % 8 or length < FIXED[major] or length > 4096 or at % 4096 + length > 4096 or at + length > len(data):
        return None
    usn = struct.unpack_from("<q", data, at + {2: 24, 3: 40, 4: 40}[major])[0]
    if usn < 0 or usn % 8 or usn % 4096 != at % 4096:
        return None
    if major == 4:
        count, size = struct.unpack_from("<HH", data, at + 60)
        return (length, usn) if count and 64 + count * size <= length else None
    size, offset = struct.unpack_from("<HH", data, at + FIXED[major] - 4)
    return (length, usn) if size and size % 2 == 0 and offset == FIXED[major] and offset + size <= length < offset + size + 8 else None


def main():
    data = open(sys.argv[1], "rb").read()
    told = {row["usn"] for row in map(json.loads, open(sys.argv[2], encoding="utf-8")) if row["kind"] == "usn"}
    found, missing, at = 0, [], 0
    while at + 60 <= len(data):
        if data[at:at + 4096] == bytes(4096) and at % 4096 == 0:
            at += 4096
            continue
        one = record(data, at)
        if not one:
            at += 8
            continue
        found += 1
        if one[1] not in told:
            missing.append((at, one[1]))
            at += 8
        else:
            at += one[0]
    assert not missing, "not in the listing: %s" % missing[:4]
    print(found)


main()
