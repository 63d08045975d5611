"""mft_fragment.py PIECE MFT: what is no $MFT but a piece of a record (an attribute, or the content of one) is put into a record made for it,
so that we and peers can read it: MFT. Prints what it is: "attribute", "times", "name", or "ea" and then `NAME BYTES` of each, as
the bytes tell. Exit 1: it is none of these."""
import struct
import sys

HEADER, RECORD, NUMBER = 56, 1024, 64
YEARS = range(119600064000000000, 157784544000000000)  # 1980 … 2100


def attribute(data):
    """With its header; a piece may lack the end of its content."""
    if len(data) < 24:
        return None
    kind, length, far = struct.unpack_from("<IIB", data)
    good = kind in range(0x10, 0x101, 0x10) and far <= 1 and length % 8 == 0 and len(data) <= length <= 768
    return data.ljust(length, b"\0") if good else None


def resident(kind, content):
    room = (24 + len(content) + 7) // 8 * 8
    header = struct.pack("<IIBBHHHIHBB", kind, room, 0, 0, 24, 0, 0, len(content), 24, 0, 0)
    return (header + content).ljust(room, b"\0")


def times(data, at):
    return len(data) >= at + 32 and all(t in YEARS for t in struct.unpack_from("<4Q", data, at))


def is_name(data):
    return len(data) >= 68 and times(data, 8) and data[65] <= 3 and 66 + 2 * data[64] <= len(data) < 66 + 2 * data[64] + 8


def eas(data):
    """The (name, size) of a list of extended attributes; none when it is not one."""
    found, at = [], 0
    while True:
        if at + 9 > len(data):
            return []
        step, _, letters, size = struct.unpack_from("<IBBH", data, at)
        end = at + 9 + letters + size
        name = data[at + 8:at + 8 + letters]
        if not letters or not name.isascii() or end > len(data) or data[at + 8 + letters] or step and not 0 <= step - 9 - letters - size < 8:
            return []
        found.append((name.decode(), size))
        if step == 0 or at + step >= len(data):
            return found
        at += step


def record(attributes):
    """libfsntfs wants unnamed $DATA."""
    kind, named = struct.unpack_from("<I5xB", attributes)
    if kind != 0x80 or named:
        parts = [attributes, resident(0x80, b"")]
        attributes = b"".join(sorted(parts, key=lambda part: (struct.unpack_from("<I", part)[0], part[9])))
    used = HEADER + len(attributes) + 8
    head = struct.pack("<4sHHQHHHHIIQHHI", b"FILE", 48, 3, 0, 1, 1, HEADER, 1, used, RECORD, 0, 9, 0, NUMBER)
    out = bytearray((head.ljust(HEADER, b"\0") + attributes + b"\xff\xff\xff\xff").ljust(RECORD, b"\0"))
    out[48:50] = b"\1\0"
    for i in (1, 2):
        out[48 + 2 * i:50 + 2 * i] = out[512 * i - 2:512 * i]
        out[512 * i - 2:512 * i] = b"\1\0"
    return bytes(out)


def main():
    data = open(sys.argv[1], "rb").read()
    if attribute(data):
        what, whole = ["attribute"], attribute(data)
    elif len(data) in (48, 72) and times(data, 0):
        what, whole = ["times"], resident(0x10, data)
    elif is_name(data):
        what, whole = ["name"], resident(0x30, data)
    elif len(data) <= 768 and eas(data):
        what, whole = ["ea"] + ["%s %d" % ea for ea in eas(data)], resident(0xE0, data)
    elif len(data) == 56 and data[:4] == b"\0\0\1\0":  # the value of LXATTRB, by itself
        what = ["ea", "LXATTRB 56"]
        whole = resident(0xE0, struct.pack("<IBBH", 0, 0, 7, 56) + b"LXATTRB\0" + data)
    else:
        sys.exit(1)
    open(sys.argv[2], "wb").write(record(whole))
    print("\n".join(what))


main()
