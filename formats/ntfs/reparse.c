/* Reparse points: tag, and what the data of the known ones says. See reparse.h. */
#include "formats/ntfs/reparse.h"

#define HEADER    8u
#define GUID_LEN  16u
#define MICROSOFT 0x80000000u

#define TAG_CLOUD      0x9000001au /* its bits 12 to 15 number the kinds of it */
#define TAG_CLOUD_MASK 0xffff0fffu

enum tag {
	TAG_MOUNT_POINT = 0xa0000003,
	TAG_SYMLINK = 0xa000000c,
	TAG_NFS = 0x80000014,
	TAG_APPEXECLINK = 0x8000001b,
	TAG_LX_SYMLINK = 0xa000001d,
};

static const struct {
	uint32_t tag;
	const char *name;
	enum ntfs_place place;
} tags[] = {
    {TAG_MOUNT_POINT, "MOUNT_POINT", NTFS_PLACE_HERE},
    {0xc0000004, "HSM", NTFS_PLACE_ARCHIVE},
    {0x80000005, "DRIVE_EXTENDER", NTFS_PLACE_HERE},
    {0x80000006, "HSM2", NTFS_PLACE_ARCHIVE},
    {0x80000007, "SIS", NTFS_PLACE_SIS},
    {0x80000008, "WIM", NTFS_PLACE_WIM},
    {0x80000009, "CSV", NTFS_PLACE_HERE},
    {0x8000000a, "DFS", NTFS_PLACE_HERE},
    {0x8000000b, "FILTER_MANAGER", NTFS_PLACE_HERE},
    {TAG_SYMLINK, "SYMLINK", NTFS_PLACE_HERE},
    {0xa0000010, "IIS_CACHE", NTFS_PLACE_HERE},
    {0x80000012, "DFSR", NTFS_PLACE_HERE},
    {0x80000013, "DEDUP", NTFS_PLACE_DEDUP},
    {0xc0000014, "APPXSTRM", NTFS_PLACE_HERE},
    {TAG_NFS, "NFS", NTFS_PLACE_HERE},
    {0x80000015, "FILE_PLACEHOLDER", NTFS_PLACE_CLOUD},
    {0x80000016, "DFM", NTFS_PLACE_HERE},
    {NTFS_REPARSE_WOF, "WOF", NTFS_PLACE_HERE},
    {0x80000018, "WCI", NTFS_PLACE_LAYER},
    {0x90001018, "WCI_1", NTFS_PLACE_LAYER},
    {0xa0000019, "GLOBAL_REPARSE", NTFS_PLACE_HERE},
    {TAG_APPEXECLINK, "APPEXECLINK", NTFS_PLACE_HERE},
    {0x9000001c, "PROJFS", NTFS_PLACE_PROJECTED},
    {TAG_LX_SYMLINK, "LX_SYMLINK", NTFS_PLACE_HERE},
    {0x8000001e, "STORAGE_SYNC", NTFS_PLACE_CLOUD},
    {0x90000027, "STORAGE_SYNC_FOLDER", NTFS_PLACE_HERE},
    {0xa000001f, "WCI_TOMBSTONE", NTFS_PLACE_HERE},
    {0x80000020, "UNHANDLED", NTFS_PLACE_HERE},
    {0x80000021, "ONEDRIVE", NTFS_PLACE_CLOUD},
    {0xa0000022, "PROJFS_TOMBSTONE", NTFS_PLACE_HERE},
    {0x80000023, "AF_UNIX", NTFS_PLACE_HERE},
    {0x80000024, "LX_FIFO", NTFS_PLACE_HERE},
    {0x80000025, "LX_CHR", NTFS_PLACE_HERE},
    {0x80000026, "LX_BLK", NTFS_PLACE_HERE},
    {0xa0000027, "WCI_LINK", NTFS_PLACE_LAYER},
    {0xa0001027, "WCI_LINK_1", NTFS_PLACE_LAYER},
    {0xa0000028, "DATALESS_CIM", NTFS_PLACE_LAYER},
};

static void name_tag(struct ntfs_reparse *out)
{
	static const char clouds[][8] = {"CLOUD", "CLOUD_1", "CLOUD_2", "CLOUD_3", "CLOUD_4",
	    "CLOUD_5", "CLOUD_6", "CLOUD_7", "CLOUD_8", "CLOUD_9", "CLOUD_A", "CLOUD_B", "CLOUD_C",
	    "CLOUD_D", "CLOUD_E", "CLOUD_F"};

	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (tags[i].tag == out->tag) {
			out->name = tags[i].name;
			out->place = tags[i].place;
		}
	if ((out->tag & TAG_CLOUD_MASK) == TAG_CLOUD) {
		out->name = clouds[out->tag >> 12 & 15];
		out->place = NTFS_PLACE_CLOUD;
	}
}

/* Symbolic link and mount point: places of two names in what follows, of which a link has flags in front. */
static bool parse_link(struct ntfs_reparse *out, struct err *err)
{
	struct reader r = {.data = out->data};
	struct bytes names[2];
	uint16_t at[4];

	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		at[i] = read_u16(&r);
	uint32_t flags = out->tag == TAG_SYMLINK ? read_u32(&r) : 0;

	if (r.overrun)
		return fail(err, ERR_DAMAGED, "link of %zu bytes", out->data.len);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!bytes_slice(out->data, r.pos + at[2 * i], at[2 * i + 1], &names[i]))
			return fail(err, ERR_DAMAGED, "the link's target lies outside of it");
	out->shape = NTFS_REPARSE_LINK;
	out->target = names[0];
	out->shown = names[1];
	out->is_relative = flags & 1;
	return true;
}

static bool parse_lx_link(struct ntfs_reparse *out, struct err *err)
{
	if (out->data.len < 4)
		return fail(err, ERR_DAMAGED, "link of %zu bytes", out->data.len);
	if (le32(out->data.at) != 2)
		return fail(err, ERR_UNSUPPORTED, "link of WSL, version %u", le32(out->data.at));
	out->shape = NTFS_REPARSE_LX_LINK;
	out->target_utf8 = (struct bytes){out->data.at + 4, out->data.len - 4};
	return true;
}

/* The string up to a NUL of two bytes; false when there is none. */
static bool take_string(struct bytes *from, struct bytes *out)
{
	for (size_t i = 0; i + 2 <= from->len; i += 2)
		if (le16(from->at + i) == 0) {
			*out = (struct bytes){from->at, i};
			*from = (struct bytes){from->at + i + 2, from->len - i - 2};
			return true;
		}
	return false;
}

/* Version 3: package, app id, program, kind. */
static bool parse_app(struct ntfs_reparse *out, struct err *err)
{
	struct bytes package;
	struct bytes app;
	struct bytes target;

	if (out->data.len < 4)
		return fail(err, ERR_DAMAGED, "app alias of %zu bytes", out->data.len);
	if (le32(out->data.at) != 3)
		return fail(err, ERR_UNSUPPORTED, "app alias, version %u", le32(out->data.at));
	struct bytes rest = {out->data.at + 4, out->data.len - 4};

	if (!take_string(&rest, &package) || !take_string(&rest, &app) ||
	    !take_string(&rest, &target))
		return fail(err, ERR_DAMAGED, "app alias without end");
	out->shape = NTFS_REPARSE_APP;
	out->package = package;
	out->app = app;
	out->target = target;
	return true;
}

static bool parse_nfs(struct ntfs_reparse *out, struct err *err)
{
	static const struct {
		uint64_t type; /* its letters backwards: "LNK" */
		const char *name;
	} kinds[] = {{0x014b4e4c, "LNK"}, {0x0000524843, "CHR"}, {0x4b4c42, "BLK"},
	    {0x4f464946, "FIFO"}, {0x4b434f53, "SOCK"}};

	if (out->data.len < 8)
		return fail(err, ERR_DAMAGED, "NFS file of %zu bytes", out->data.len);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (le64(out->data.at) == kinds[i].type)
			out->nfs_kind = kinds[i].name;
	if (!out->nfs_kind)
		return fail(err, ERR_UNSUPPORTED, "NFS file of type %llx",
		    (unsigned long long)le64(out->data.at));
	out->shape = NTFS_REPARSE_NFS;
	if (le64(out->data.at) == kinds[0].type)
		out->target = (struct bytes){out->data.at + 8, out->data.len - 8};
	return true;
}

/* Version 1, provider; then the provider's own: of a WIM file (1), of files (2). */
static bool parse_wof(struct ntfs_reparse *out, struct err *err)
{
	struct reader r = {.data = out->data};
	uint32_t version = read_u32(&r);
	uint32_t provider = read_u32(&r);
	uint32_t inner = read_u32(&r);
	uint32_t algorithm = read_u32(&r); /* of a WIM: flags */

	if (r.overrun)
		return fail(err, ERR_DAMAGED, "WOF: %zu bytes", out->data.len);
	if (version != 1 || provider < 1 || provider > 2 || inner != 3 - provider)
		return fail(err, ERR_UNSUPPORTED, "WOF: version %u, provider %u, version %u",
		    version, provider, inner);
	if (provider == 2) {
		out->shape = NTFS_REPARSE_WOF_FILE;
		out->algorithm = algorithm;
		return true;
	}
	out->place = NTFS_PLACE_WIM;
	uint64_t data_source = read_u64(&r);
	struct bytes sha1 = read_bytes(&r, 20);

	if (r.overrun)
		return fail(err, ERR_DAMAGED, "WOF: %zu bytes", out->data.len);
	out->shape = NTFS_REPARSE_WOF_WIM;
	out->data_source = data_source;
	out->sha1 = sha1.at;
	return true;
}

static bool parse_data(struct ntfs_reparse *out, struct err *err)
{
	switch (out->tag) {
	case TAG_SYMLINK:
	case TAG_MOUNT_POINT:
		return parse_link(out, err);
	case TAG_LX_SYMLINK:
		return parse_lx_link(out, err);
	case TAG_APPEXECLINK:
		return parse_app(out, err);
	case TAG_NFS:
		return parse_nfs(out, err);
	case NTFS_REPARSE_WOF:
		return parse_wof(out, err);
	default:
		return true;
	}
}

bool ntfs_reparse_parse(struct bytes content, struct ntfs_reparse *out, struct err *err)
{
	*out = (struct ntfs_reparse){0};
	if (content.len < HEADER)
		return fail(err, ERR_DAMAGED, "reparse point of %zu bytes", content.len);
	out->tag = le32(content.at);
	name_tag(out);
	size_t header = out->tag & MICROSOFT ? HEADER : HEADER + GUID_LEN;
	size_t len = le16(content.at + 4);

	if (content.len < header)
		return fail(err, ERR_DAMAGED, "reparse point of %zu bytes", content.len);
	if (!(out->tag & MICROSOFT))
		out->guid = content.at + HEADER;
	out->data = (struct bytes){content.at + header, content.len - header};
	if (len > out->data.len)
		return fail(err, ERR_DAMAGED, "reparse point of %zu bytes where %zu are there", len,
		    out->data.len);
	out->data.len = len;
	return parse_data(out, err);
}

static const struct {
	const char *word, *why;
} places[] = {
    [NTFS_PLACE_HERE] = {"here", "the content is here"},
    [NTFS_PLACE_CLOUD] = {"cloud", "the content is in the cloud, not on this disk"},
    [NTFS_PLACE_DEDUP] = {"dedup",
	"the content is in the deduplication store (System Volume Information/Dedup)"},
    [NTFS_PLACE_WIM] = {"wim", "the content is in a WIM file"},
    [NTFS_PLACE_ARCHIVE] = {"archive", "the content is in hierarchical storage, not on this disk"},
    [NTFS_PLACE_SIS] = {"sis", "the content is in the single instance store (SIS Common Store)"},
    [NTFS_PLACE_LAYER] = {"layer", "the content is in the base layer of a container"},
    [NTFS_PLACE_PROJECTED] = {"projected", "the content is with a program that projects it here"},
};

const char *ntfs_place_word(enum ntfs_place place)
{
	return places[place].word;
}

const char *ntfs_place_why(enum ntfs_place place)
{
	return places[place].why;
}
