/* What an image file is wrapped in, told by its first bytes. See image.h. */
#include "platform/image.h"

#include "platform/file.h"
#include "platform/image_parent.h"
#include "platform/volume.h"

#define HEAD_LEN   512u
#define FOOTER_LEN 512u
#define PARENT_MAX 64u /* bytes of a parent's path that are shown */

#define VHD_COOKIE "conectix"
#define VHD_TYPE   60u /* in the footer, of which a disk that grows has a copy at its start */

struct wrapping {
	size_t at;
	const char *mark;
	size_t len;
	const char *what; /* a sentence, so that it can be told in Japanese */
};

#define CONVERT "convert it first: qemu-img convert -O raw IMAGE disk.raw"
#define UNPACK  "unpack it first"
/* clang-format off */
static const struct wrapping wrappings[] = {
    {0, "vhdxfile", 8, "a VHDX disk; " CONVERT},
    {0, VHD_COOKIE, 8, "a dynamic VHD disk; " CONVERT},
    {0, "QFI\xfb", 4, "a qcow2 disk; " CONVERT},
    {0, "KDMV", 4, "a VMDK disk; " CONVERT},
    {0, "COWD", 4, "a VMDK disk; " CONVERT},
    {0, "# Disk DescriptorFile", 21, "a VMDK disk; " CONVERT},
    {64, "\x7f\x10\xda\xbe", 4, "a VirtualBox disk (VDI); " CONVERT},
    {0, "LVF\x09\x0d\x0a\xff\x00", 8, "logical evidence (L01), not an image of a disk"},
    {0, "LEF2\x0d\x0a\x81\x00", 8, "logical evidence (Lx01), not an image of a disk"},
    {0, "EVF2\x0d\x0a\x81\x00", 8, "an Ex01 image (EnCase 7), not proven here; convert it first: ewfexport -f raw IMAGE"},
    {0, "AFF10\r\n\x00", 8, "an AFF image; convert it first: affconvert -r IMAGE"},
    {0, "\x1f\x8b\x08", 3, "compressed (gzip); " UNPACK},
    {0, "\xfd" "7zXZ\x00", 6, "compressed (xz); " UNPACK},
    {0, "BZh", 3, "compressed (bzip2); " UNPACK},
    {0, "7z\xbc\xaf\x27\x1c", 6, "an archive (7z); " UNPACK},
    {0, "PK\x03\x04", 4, "an archive (zip); " UNPACK},
    {0, "Rar!\x1a\x07", 6, "an archive (rar); " UNPACK},
    {0, "MSWIM\x00\x00\x00", 8, "a Windows image (WIM); " UNPACK},
};
/* clang-format on */

static bool is_fixed_vhd(const uint8_t footer[FOOTER_LEN])
{
	return memcmp(footer, VHD_COOKIE, 8) == 0 && memcmp(footer + VHD_TYPE, "\0\0\0\2", 4) == 0;
}

/* qemu-img would make a disk of zeros and changes of it, and not say so. */
static bool stands_alone(const char *path, struct source *raw, struct err *err)
{
	CLEANUP(text_free) struct text parent = {0};
	const char *kind = image_parent_of(raw, &parent);
	size_t from = parent.len > PARENT_MAX ? parent.len - PARENT_MAX : 0;

	if (!kind)
		return true;
	text_adds(&parent, parent.len ? "" : "?");
	const char *shown = text_string(&parent) + from; /* its end tells more */

	while (((uint8_t)*shown & 0xc0) == 0x80)
		shown++;
	return fail(err, ERR_UNSUPPORTED,
	    "cannot open '%s': a differencing %s disk, only what changed since its parent '%s'; "
	    "merge copies of both first (Windows: Merge-VHD)",
	    path, kind, shown);
}

static const char *wrapping_of(struct bytes head)
{
	for (size_t i = 0; i < ARRAY_LEN(wrappings); i++) {
		const struct wrapping *w = &wrappings[i];

		if (w->at + w->len <= head.len && memcmp(head.at + w->at, w->mark, w->len) == 0)
			return w->what;
	}
	return NULL;
}

static bool is_ewf(struct bytes head)
{
	return head.len >= 8 && memcmp(head.at, "EVF\x09\x0d\x0a\xff\x00", 8) == 0;
}

/* A fixed VHD is a raw image with a footer. Takes raw; *out is the image without it. */
static bool without_footer(struct source *raw, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *whole = raw;
	uint8_t footer[FOOTER_LEN];
	uint64_t size = raw->size;

	if (size > FOOTER_LEN && size % 512 == 0 &&
	    source_read_exact(raw, size - FOOTER_LEN, footer, sizeof(footer), NULL) &&
	    is_fixed_vhd(footer)) {
		whole = source_window(raw, 0, size - FOOTER_LEN, true);
		if (!whole)
			whole = raw;
		if (whole == raw)
			return fail(err, ERR_MEMORY, "no memory for a source");
	}
	*out = TAKE(whole);
	return true;
}

/* Parts lie beside the link that was given, or beside what it leads to. */
static bool open_parts(const char *path, bool *is_split, struct source **out, struct err *err)
{
	CLEANUP(text_free) struct text full = {0}, real = {0};

	if (!image_open_split(path, is_split, out, err))
		return false;
	if (*is_split || !file_full_path(path, &full, NULL) || !file_real_path(path, &real, NULL) ||
	    bytes_equal(text_bytes(&full), text_bytes(&real)))
		return true;
	return image_open_split(text_string(&real), is_split, out, err);
}

bool image_open(const char *path, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *raw = NULL;
	uint8_t head[HEAD_LEN];
	struct bytes bytes = {.at = head};
	bool is_split = false;

	if (!volume_open(path, &raw, err))
		return false;
	if (volume_is_live(path)) { /* a device is what it is */
		*out = TAKE(raw);
		return true;
	}
	/* A file that cannot be read at its start may still hold something, and be one of many. */
	DISCARD(raw->read(raw, 0, head, sizeof(head), &bytes.len, NULL));
	if (is_ewf(bytes))
		return image_open_ewf(path, out, err);
	if (!stands_alone(path, raw, err))
		return false;
	const char *what = wrapping_of(bytes);

	if (what)
		return fail(err, ERR_UNSUPPORTED, "cannot open '%s': %s", path, what);
	if (!open_parts(path, &is_split, out, err))
		return false;
	return is_split || without_footer(TAKE(raw), out, err);
}
