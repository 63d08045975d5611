#!/usr/bin/env python3
"""Which entries of an interrupted bundle salvage must give back, and whether it did: exactly those, with their bytes.

usage: [STOCK=DIR] judge.py WITNESS BUNDLE SALVAGED [LOST]
       judge.py edges WITNESS BUNDLE            name and size of each data volume where one of its frames just becomes whole
WITNESS   what mkbundle wrote down of what its writer gave to the volumes (tests/fixtures/witness.c); of a bundle that was gone
          on with several, with colons between: a later run's volume is another than the one that it set aside as NAME.cutN
SALVAGED  the directory that kanshiki salvage filled
STOCK     for a bundle whose rows are there: DIR/NAME of a volume's file has the bytes of its tar that age and zstd get out of it. They
          give the blocks of a frame of which the end is gone, and the row's hash says that an entry out of them is whole
LOST      JSON, {name of a file: [[from, to], ...]}: bytes that are there and are not those that were written (tests/plug.py)

Nothing is decrypted here, and nothing of Kanshiki is asked. An age file is a header, 16 bytes of nonce and chunks of 64 KiB,
each with a tag of 16 bytes (https://c2sp.org/age): what lies in a chunk that is not all there, or not all right, is lost. The
last chunk, which may be shorter, counts when the file is complete. A frame is there when all chunks that it lies in are; an
entry (tarfile finds them) when all frames that hold its headers and its bytes are."""
import collections
import glob
import hashlib
import io
import json
import os
import re
import sys
import tarfile

CHUNK, TAG, NONCE = 65536, 16, 16
SETS = ("live", "files", "memory", "meta")


def payload_at(data):
    """Where the first chunk begins; None where the header is not all there."""
    mark = re.search(rb"\n--- [^\n]*\n", data[:65536])
    if not data.startswith(b"age-encryption.org/v1\n") or not mark or len(data) < mark.end() + NONCE:
        return None
    return mark.end() + NONCE


class Volume:
    """What was given to one volume."""

    cut = None  # the name of its file, when it was set aside

    def __init__(self, path):
        with open(path + ".frames") as file:
            header = json.loads(file.readline())
            # The last line may be of a frame that was being written when the process was killed.
            self.frames = [tuple(map(int, line.split())) for line in file if line.endswith("\n")]
        self.set, self.index, self.tar_offset = header["set"], header["index"], header["tar_offset"]
        with open(path + ".tar", "rb") as file:
            self.tar = file.read()
        at, packed, _ = self.frames[-1] if self.frames else (0, 0, 0)
        self.plain = at + packed + 8 + 8 * len(self.frames) + 9  # with the seek table, when it is complete

    def file_name(self):
        return f"{self.set}.{self.index:03}.tar.zst.age"

    def readable(self, data, lost):
        """[from, to) in the tar of each frame that is there."""
        begin = payload_at(data)
        if begin is None or any(start < begin for start, _ in lost):
            return
        chunks = max(1, (self.plain + CHUNK - 1) // CHUNK)
        complete = begin + self.plain + TAG * chunks
        assert len(data) <= complete or not self.frames, "the file is longer than what was given to it"
        bad = {(at - begin) // (CHUNK + TAG) for start, end in lost for at in (*range(start, end, CHUNK + TAG), end - 1)}
        whole = chunks if len(data) == complete else (len(data) - begin) // (CHUNK + TAG)
        place = self.tar_offset
        for at, packed, held in self.frames:
            if all(n < whole and n not in bad for n in range(at // CHUNK, (at + packed - 1) // CHUNK + 1)):
                yield place, place + held
            place += held

    def by_stock_tools(self, name):
        """[from, to) in the tar that they get out of that file."""
        if os.environ.get("STOCK"):
            with open(os.path.join(os.environ["STOCK"], name)) as file:
                yield self.tar_offset, self.tar_offset + int(file.read())


def volumes_of(witness):
    found = [Volume(path[:-7]) for path in glob.glob(os.path.join(glob.escape(witness), "*.frames"))]
    return sorted(found, key=lambda volume: (SETS.index(volume.set), volume.index))


def runs_of(witnesses):
    """The volumes that are there by their own names, and for each one set aside those before it with itself and its file."""
    now, aside = {}, []
    for witness in witnesses.split(":"):
        for volume in volumes_of(witness):
            key = volume.set, volume.index
            if key in now:
                number = sum(1 for _, old in aside if (old.set, old.index) == key) + 1
                old = now[key]
                before = [one for one in now.values() if one.set == old.set and one.index < old.index]
                old.cut = f"{old.file_name()}.cut{number}"
                aside.append((before, old))
            # What was behind it belonged to the run that was interrupted, too.
            now[key] = volume
    return list(now.values()), aside


def entries_of(volumes):
    """(first byte, byte behind the last, name, content) of each entry of a set's tar."""
    tar = b""
    for volume in volumes:
        tar = tar[: volume.tar_offset] + volume.tar
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:", ignore_zeros=False) as archive:
            for member in archive:
                end = member.offset_data + member.size
                yield member.offset, end, member.name, tar[member.offset_data : end]
    except tarfile.TarError:
        pass  # the run ended inside a header


def covers(pieces, begin, end):
    for start, stop in sorted(pieces):
        if start <= begin < stop:
            begin = stop
    return begin >= end


def there(volumes, bundle, lost):
    """(name, SHA-256) of each entry of which all is there."""
    pieces = []
    for volume in volumes:
        for found in (volume.cut,) if volume.cut else (volume.file_name(), volume.file_name() + ".part"):
            path = os.path.join(bundle, found)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    pieces += volume.readable(file.read(), lost.get(found, []))
                pieces += volume.by_stock_tools(found)
    for begin, end, name, content in entries_of(volumes):
        if covers(pieces, begin, max(end, begin + 512)):
            yield name, hashlib.sha256(content).hexdigest()


def expected(witnesses, bundle, lost):
    """How often each (name, SHA-256) must come back, and the names that may come at all."""
    wanted, names = collections.Counter(), set()
    now, aside = runs_of(witnesses)
    for which in SETS:
        mine = sorted((volume for volume in now if volume.set == which), key=lambda volume: volume.index)
        names.update(name for _, _, name, _ in entries_of(mine))
        wanted.update(there(mine, bundle, lost))
        for before, old in aside:
            if old.set == which:
                names.update(name for _, _, name, _ in entries_of([*before, old]))
                for entry in there([*before, old], bundle, lost):
                    wanted[entry] = max(1, wanted[entry])  # where it is whole twice, it comes once
    return wanted, names


def given(salvaged):
    """How often salvage calls each (name, SHA-256) whole, and every name that it tells of."""
    whole, names = collections.Counter(), set()
    copies, apart = collections.Counter(), 10
    with open(os.path.join(salvaged, "SALVAGE.tsv"), encoding="utf-8") as report:
        for line in list(report)[1:]:
            state, _, _, name, *_ = line.rstrip("\n").split("\t")
            if state in ("volume", "lost", "same_as", "refused"):
                continue
            names.add(name)
            copies[name] += 1
            path = name if copies[name] == 1 else f"{name}~{copies[name]}"
            if copies[name] > 9:
                path, apart = f"{name}~{apart}", apart + 1
            with open(os.path.join(salvaged, path), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            if state.startswith("whole"):
                whole[name, digest] += 1
    return whole, names


def edges(witness, bundle):
    for volume in volumes_of(witness):
        if volume.set == "meta":
            continue
        with open(os.path.join(bundle, volume.file_name()), "rb") as file:
            data = file.read()
        for at, packed, _ in volume.frames:
            size = payload_at(data) + ((at + packed - 1) // CHUNK + 1) * (CHUNK + TAG)
            print(volume.file_name(), min(size, len(data)))


def main(witness, bundle, salvaged, lost=None):
    spoiled = {}
    if lost:
        with open(lost) as file:
            spoiled = json.load(file)
    wanted, known = expected(witness, bundle, spoiled)
    got, told = given(salvaged) if os.path.isdir(salvaged) else (collections.Counter(), set())
    if ":" in witness:  # of meta the newest counts, and of one name there are others in what was set aside
        wanted, got = ({key: n for key, n in count.items() if key[0].startswith("fs/")} for count in (wanted, got))
        wanted, got = collections.Counter(wanted), collections.Counter(got)
    for name, _ in (wanted - got).elements():
        print(f"'{name}' is there and was not given back")
    for name, _ in (got - wanted).elements():
        print(f"'{name}' is called whole and is not what was written, or not all of it is there")
    for name in sorted(told - known):
        print(f"'{name}' was never written")
    print(f"{sum(wanted.values())} entries", file=sys.stderr)
    return 0 if wanted == got and told <= known else 1


if __name__ == "__main__":
    sys.exit(edges(*sys.argv[2:]) if sys.argv[1] == "edges" else main(*sys.argv[1:]))
