"""indx_peer.py I30 LISTING: every $FILE_NAME that names the directory as its parent, looked for at each multiple of 8 of each
block, in use or not, against what corpus_indx printed: the same names, with the same time of creation and size. A name without times
(those of the metadata files, of some drivers) is one where the header of its entry stands in front."""
import datetime, re, struct, sys

BLOCK = 4096
FIRST, LAST = 119600064000000000, 150000000000000000  # 1980 to 2076


def blocks(data):
    for at in range(0, len(data) // BLOCK * BLOCK, BLOCK):
        block = bytearray(data[at:at + BLOCK])
        if block[:4] == b"INDX":
            usa, count = struct.unpack_from("<HH", block, 4)
            for i in range(1, count):
                block[i * 512 - 2:i * 512] = block[usa + 2 * i:usa + 2 * i + 2]
        yield bytes(block)


def is_believed(name, created, size, headed):
    """What nothing in front speaks for must be a name that Windows allows and have a time; see docs/formats/ntfs.md, Slack of an index."""
    text = name.decode("utf-16-le", "replace")
    if re.search("[\0/]", text) or size >= 1 << 60:
        return False
    return FIRST < created < LAST and (headed or not re.search('[\x01-\x1f\\\\:*?"<>|]', text)) or headed and created == 0


def keys(block, directory):
    at = 0
    while at + 68 <= len(block):
        parent = struct.unpack_from("<Q", block, at)[0] & 0xFFFFFFFFFFFF
        created, size = struct.unpack_from("<Q", block, at + 8)[0], struct.unpack_from("<Q", block, at + 48)[0]
        length, space = block[at + 64], block[at + 65]
        name = block[at + 66:at + 66 + 2 * length]
        headed = at >= 16 and struct.unpack_from("<H", block, at - 6)[0] == 66 + 2 * length
        if parent == directory and length and space <= 3 and len(name) == 2 * length and is_believed(name, created, size, headed):
            yield name.decode("utf-16-le", "surrogatepass"), created, size
            at += (66 + 2 * length + 7) // 8 * 8
        else:
            at += 8


def main():
    data = open(sys.argv[1], "rb").read()
    ours, entries, directory = set(), 0, None
    for line in open(sys.argv[2], encoding="utf-8", errors="surrogatepass"):
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
