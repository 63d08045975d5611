"""index_free.py IMAGE SECTOR LISTING: of the names that LISTING (JSON Lines of `kanshiki timeline`) tells as slack of an index those that lie in
an index block that `$BITMAP` of the directory calls free, and are no entry of a block in use: `record TAB path`. The Sleuth Kit, which does not
look into `$BITMAP`, lists them as names in use. The bytes are read with icat, and taken apart here."""
import json
import struct
import subprocess
import sys


def attribute(directory, kind):
    command = ["timeout", "60", "icat", "-f", "ntfs", "-o", sys.argv[2], sys.argv[1], "%d-%d" % (directory, kind)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def fixed(block):
    """With the ends of its sectors put back."""
    at, count = struct.unpack_from("<HH", block, 4)
    out = bytearray(block)
    for i in range(1, count):
        if at + 2 * i + 2 <= len(block) and 512 * i <= len(block):
            out[512 * i - 2:512 * i] = block[at + 2 * i:at + 2 * i + 2]
    return bytes(out)


def entries(data, node):
    """(record, name) of each entry of a node."""
    if node + 8 > len(data):
        return
    first, end = struct.unpack_from("<II", data, node)
    at, end = node + first, min(node + end, len(data))
    while at + 16 <= end:
        record, length, key, flags = struct.unpack_from("<QHHB", data, at)
        if flags & 2 or length < 16:
            return
        if key >= 68 and at + 82 <= end:
            name = data[at + 82:at + 82 + 2 * data[at + 80]]
            yield record & 0xFFFFFFFFFFFF, name.decode("utf-16-le", "surrogatepass")
        at += length


def only_in_free_blocks(directory):
    root, blocks, bitmap = (attribute(directory, kind) for kind in (144, 160, 176))
    if len(root) < 32 or struct.unpack_from("<I", root, 8)[0] not in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
        return set()
    size = struct.unpack_from("<I", root, 8)[0]
    used, free = set(entries(root, 16)), set()
    for number in range(len(blocks) // size):
        block = blocks[number * size:(number + 1) * size]
        if block[:4] == b"INDX":
            is_used = number // 8 < len(bitmap) and bitmap[number // 8] >> number % 8 & 1
            (used if is_used else free).update(entries(fixed(block), 24))
    return free - used


def main():
    names, told = {}, set()
    for line in open(sys.argv[3], encoding="utf-8"):
        row = json.loads(line) if '"kind":"slack"' in line else {}
        if "record" not in row or "directory_record" not in row:
            continue
        directory = row["directory_record"]
        if directory not in names:
            names[directory] = only_in_free_blocks(directory)
        if (row["record"], row["path"].split("/")[-1]) in names[directory]:
            told.add("%d\t%s" % (row["record"], row["path"]))
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")
    for row in sorted(told):
        print(row)


main()
