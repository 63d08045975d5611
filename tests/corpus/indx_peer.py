"""indx_peer.py I30 LISTING: every $FILE_NAME that names the directory as its parent, looked for at each multiple of 8 of each
block, in use or not, against what corpus_indx printed: the same names, with the same time of creation and size."""
import datetime, struct, sys

BLOCK = 4096


def blocks(data):
    for at in range(0, len(data) // BLOCK * BLOCK, BLOCK):
        block = bytearray(data[at:at + BLOCK])
        if block[:4] == b"INDX":
            usa, count = struct.unpack_from("<HH", block, 4)
            for i in range(1, count):
                block[i * 512 - 2:i * 512] = block[usa + 2 * i:usa + 2 * i + 2]
        yield bytes(block)


def keys(block, directory):
    at = 0
    while at + 68 <= len(block):
        parent = struct.unpack_from("<Q", block, at)[0] & 0xFFFFFFFFFFFF
        created, size = struct.unpack_from("<Q", block, at + 8)[0], struct.unpack_from("<Q", block, at + 48)[0]
        length, space = block[at + 64], block[at + 65]
        name = block[at + 66:at + 66 + 2 * length]
        if parent == directory and length and space <= 3 and len(name) == 2 * length and \
                130000000000000000 < created < 150000000000000000:
            yield name.decode("utf-16-le"), created, size
            at += (66 + 2 * length + 7) // 8 * 8
        else:
            at += 8


def main():
    data = open(sys.argv[1], "rb").read()
    ours, entries, directory = set(), 0, None
    for line in open(sys.argv[2], encoding="utf-8"):
        place, live, block, offset, record, sequence, parent, created, size, name = line.rstrip("\n").split("\t")
        directory = directory or int(parent)
        entries += place == "entry"
        ours.add((name, created[:19], int(size)))
    theirs = set()
    for block in blocks(data):
        for name, created, size in keys(block, directory):
            seconds = created // 10000000 - 11644473600
            when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
            theirs.add((name, when.strftime("%Y-%m-%dT%H:%M:%S"), size))
    assert ours == theirs, "only ours %s, only there %s" % (sorted(ours - theirs)[:5], sorted(theirs - ours)[:5])
    print(entries, len(ours))


main()
