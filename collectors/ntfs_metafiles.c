/* NTFS metafiles: the file table, its journals, maps and indexes, and the copy of the boot sector. Page:
 * docs/collectors/ntfs-metafiles.md. */
#include "collectors/state.h"

#define SIZE_UNKNOWN (UINT64_MAX / 2) /* platform/volume.h */

static const char *const patterns[] = {
    "$MFT",
    "$LogFile",
    "$Boot",
    "$Bitmap",
    "$Secure:$SDS",
    "$Secure:$SII:$*",
    "$Secure:$SDH:$*",
    "$Extend/$UsnJrnl:$J",
    "$Extend/$UsnJrnl:$Max",
    "$Extend/$ObjId:$O:$*",
    "$Extend/$Reparse:$R:$*",
    "$Extend/$Quota:$O:$*",
    "$Extend/$Quota:$Q:$*",
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

/* Takes a sector of the volume. A file that is called so steps aside. */
static void take_sector(struct collection *collection, const struct collection_volume *volume,
    const char *name, uint64_t offset)
{
	CLEANUP(text_free) struct text path = {0};
	struct err err = {0};

	text_addf(&path, "fs/%s/%s", text_string(&volume->name), name);
	struct source *sector = source_window(
	    volume->raw, offset, ntfs_volume_geometry(volume->ntfs)->sector_size, false);

	if (!sector)
		fail(&err, ERR_MEMORY, "no memory for its sectors");
	else if (collection_claim(collection, &path, "sector", 0, NULL, &err))
		collect_source(collection, text_string(&path), TAKE(sector));
	if (err.kind != ERR_NONE)
		collect_problem(collection, text_string(&path), &err);
	source_close(sector);
}

/* The copy of the boot sector lies behind the last sector of the volume, which is the last of its partition; where the partition
 * is larger, there may be an older one at its end. It is none of the files that a shadow copy is of. */
static void take_boot_copy(struct collection *collection, size_t index)
{
	const struct collection_volume *volume = &collection->plan->volumes->at[index];
	const struct ntfs_geometry *g = ntfs_volume_geometry(volume->ntfs);
	uint64_t sectors = volume->raw->size / g->sector_size;
	CLEANUP(text_free) struct text path = {0};
	struct err why = {0};

	if (volume->is_shadow)
		return;
	if (g->sectors < sectors) {
		take_sector(collection, volume, "$Boot::backup", g->sectors * g->sector_size);
		if (g->sectors + 1 < sectors && volume->raw->size < SIZE_UNKNOWN)
			take_sector(collection, volume, "$Boot::last-sector",
			    (sectors - 1) * g->sector_size);
		return;
	}
	text_addf(&path, "fs/%s/$Boot::backup", text_string(&volume->name));
	fail(&why, ERR_MISSING, "the volume or image ends before it");
	collection_skip(collection, text_string(&path), &why);
}

const struct collector collect_ntfs_metafiles = {
    .name = "ntfs-metafiles",
    .summary = "NTFS file table and journals",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 100,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
    .run_volume = take_boot_copy,
};
