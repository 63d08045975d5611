"""usn_paths_peer.py LISTING VOLUME | LISTING MFT JOURNAL: the path of every journal record in LISTING (JSON Lines of `kanshiki timeline`)
is the one that rewinding gives: $MFT and records as dissect.ntfs reads them, taken from the last record to the first, each putting its
directory back where it says. Prints: records, paths equal, of them in directories that are elsewhere now or gone, unresolved.
77: dissect is not installed or finds no journal."""
import json
import sys

try:
    from dissect.ntfs import NTFS
    from dissect.ntfs.exceptions import Error
    from dissect.ntfs.util import segment_reference
except ImportError:
    sys.exit(77)

DIRECTORY = 0x10
ROOT = 5


def reference(ref):
    return segment_reference(ref), ref.SequenceNumber


def directories(ntfs):
    """Where the MFT has each directory: a free record's sequence number was counted up when it was freed."""
    found = {}
    for record in ntfs.mft.segments():
        try:
            if not record.header.Flags & 2:
                continue
            names = [n.attribute for n in record.attributes.get(0x30, [])]
        except (Error, EOFError, ValueError):
            continue
        names = [n for n in names if n.attr.Flags != 2] or names
        if not names:
            continue
        name = names[0]
        sequence = record.header.SequenceNumber - (not record.header.Flags & 1)
        found[(record.segment, sequence)] = (name.file_name, reference(name.attr.ParentDirectory))
    return found


def path_of(where, parent):
    parts = []
    while parent[0] != ROOT:
        if parent not in where or len(parts) > 2048:
            return "$Orphan/" + "/".join(reversed(parts)) if parts else "$Orphan"
        name, parent = where[parent]
        parts.append(name)
    return "/".join(reversed(parts))


def main():
    files = [open(name, "rb") for name in sys.argv[2:]]
    try:
        ntfs = NTFS(files[0]) if len(files) == 1 else NTFS(mft=files[0], usnjrnl=files[1])
        if not ntfs.usnjrnl:
            sys.exit(77)
        records = list(ntfs.usnjrnl.records())
        where = directories(ntfs)
    except (Error, EOFError) as why:
        print(why, file=sys.stderr)
        sys.exit(77)
    now = dict(where)
    ours = {}
    for line in open(sys.argv[1], encoding="utf-8"):
        if '"kind":"usn"' in line:
            row = json.loads(line)
            ours[row["usn"]] = row
    equal = elsewhere = lost = 0
    for record in reversed(records):
        row = ours.get(record.Usn)
        if row is None:
            sys.exit(f"record {record.Usn} is not in our listing")
        me, parent = reference(record.FileReferenceNumber), reference(record.ParentFileReferenceNumber)
        above = path_of(where, parent)
        want = f"{above}/{record.filename}" if above else record.filename
        if row["path"] != want and not row.get("path_uncertain"):
            sys.exit(f"record {record.Usn}: '{row['path']}', rewinding gives '{want}'")
        equal += row["path"] == want
        lost += want.startswith("$Orphan")
        elsewhere += above != path_of(now, parent)
        if record.FileAttributes & DIRECTORY:
            where[me] = (record.filename, parent)
    print(len(records), equal, elsewhere, lost)


main()
