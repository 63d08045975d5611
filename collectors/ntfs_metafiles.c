/* NTFS metafiles: the file table, its journals and maps. Page: docs/collectors/ntfs-metafiles.md. */
#include "collectors/collector.h"

static const char *const patterns[] = {
    "$MFT",
    "$LogFile",
    "$Boot",
    "$Bitmap",
    "$Secure:$SDS",
    "$Extend/$UsnJrnl:$J",
    "$Extend/$UsnJrnl:$Max",
    "$MFTMirr",
    "$Volume",
    "$AttrDef",
    "$UpCase",
    "$UpCase:$Info",
    "$Extend/$RmMetadata/$Repair:$Corrupt",
    "$Extend/$RmMetadata/$Repair:$Verify",
    "$Extend/$RmMetadata/$TxfLog/$Tops",
    "$Extend/$RmMetadata/$TxfLog/$Tops:$T",
    "$Extend/$RmMetadata/$TxfLog/$TxfLog.blf",
    "$Extend/$RmMetadata/$TxfLog/$TxfLogContainer*",
    "System Volume Information/tracking.log",
    NULL,
};

const struct collector collect_ntfs_metafiles = {
    .name = "ntfs-metafiles",
    .summary = "NTFS file table and journals",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 100,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
