"""logfile_peer.py LOG LISTING: every record that dfir_ntfs reads of a $LogFile is in LISTING (logfile_dump records) with the
same codes and transaction. Prints how many. 77 when dfir_ntfs is not installed or refuses the log."""
import sys

try:
    from dfir_ntfs import LogFile
except ImportError:
    sys.exit(77)

ours = {}
for line in open(sys.argv[2], encoding="ascii"):
    lsn, _, kind, *rest = line.rstrip("\n").split("\t")
    ours[int(lsn, 16)] = tuple(int(n) for n in rest[:3]) if kind == "update" else (kind,)
count = 0
try:
    records = list(LogFile.LogFileParser(open(sys.argv[1], "rb")).parse_ntfs_records())
except LogFile.LogFileException:
    sys.exit(77)
for record in records:
    want = ("checkpoint",)
    if isinstance(record, LogFile.NTFSLogRecord):
        want = (record.get_redo_operation(), record.get_undo_operation(), record.transaction_id)
    if ours.get(record.lsn) != want:
        sys.exit(f"LSN {record.lsn:x}: {ours.get(record.lsn)}, dfir_ntfs says {want}")
    count += 1
print(count)
