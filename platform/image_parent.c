/* The parents of differencing VHD and VHDX disks ("Virtual Hard Disk Image Format Specification" 1.0; MS-VHDX 2.2.3, 2.6.2). See
 * image_parent.h. */
#include "platform/image_parent.h"

#define VHD_HEAD     64u /* of the copy of the footer that it begins with */
#define VHD_HEADER   1024u
#define VHD_NAME     64u  /* in the header, UTF-16, big-endian */
#define VHD_NAME_LEN 512u /* bytes of it */

#define REGIONS      0x30000u /* the table; a copy stands 64 KiB behind */
#define REGIONS_NEXT 0x10000u
#define ROWS_MAX     64u /* of either table that are looked at; Windows writes 2 and 6 */
#define PAIRS_MAX    16u
#define ROW          32u
#define PAIR         12u
#define KEY_MAX      64u /* bytes of UTF-16 */
#define NAME_MAX_LEN 1024u

static const uint8_t metadata_region[16] = {
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t file_parameters[16] = {
    0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};
static const uint8_t parent_locator[16] = {
    0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c};

#define HAS_PARENT 2u /* of the file parameters */

/* Of the rows behind `head` bytes the one of that GUID, behind it what it says. */
static bool find_row(struct source *raw, uint64_t table, uint32_t head, uint32_t count,
    const uint8_t guid[16], uint8_t row[ROW])
{
	for (uint32_t i = 0; i < count && i < ROWS_MAX; i++)
		if (!source_read_exact(raw, table + head + (uint64_t)i * ROW, row, ROW, NULL))
			return false;
		else if (memcmp(row, guid, 16) == 0)
			return true;
	return false;
}

/* Where the metadata region lies; 0: nowhere. */
static uint64_t find_metadata(struct source *raw)
{
	uint8_t head[16], row[ROW];

	for (uint64_t table = REGIONS; table <= REGIONS + REGIONS_NEXT; table += REGIONS_NEXT)
		if (source_read_exact(raw, table, head, sizeof(head), NULL) &&
		    memcmp(head, "regi", 4) == 0 &&
		    find_row(raw, table, sizeof(head), le32(head + 8), metadata_region, row) &&
		    le64(row + 16) < raw->size)
			return le64(row + 16);
	return 0;
}

/* The item of that GUID: its place, its bytes. */
static bool find_item(
    struct source *raw, uint64_t region, const uint8_t guid[16], uint64_t *at, uint32_t *len)
{
	uint8_t head[ROW], row[ROW];

	if (!source_read_exact(raw, region, head, sizeof(head), NULL) ||
	    memcmp(head, "metadata", 8) != 0 ||
	    !find_row(raw, region, ROW, le16(head + 10), guid, row))
		return false;
	*at = region + le32(row + 16);
	*len = le32(row + 20);
	return true;
}

/* A text of at most `most` bytes of UTF-16. */
static void read_text(struct source *raw, uint64_t at, size_t len, size_t most, struct text *out)
{
	CLEANUP(text_free) struct text plain = {0};
	uint8_t utf16[NAME_MAX_LEN];

	text_clear(out);
	len = len < most ? len : most;
	if (!source_read_exact(raw, at, utf16, len, NULL))
		return;
	text_add_utf16(&plain, (struct bytes){utf16, len});
	text_add_printable(out, text_bytes(&plain));
}

static void read_locator(struct source *raw, uint64_t at, uint32_t len, struct text *parent)
{
	static const char *const wanted[] = {
	    "relative_path", "absolute_win32_path"}; /* the last counts */
	CLEANUP(text_free) struct text key = {0};
	uint8_t head[20], pair[PAIR];

	if (len < sizeof(head) || !source_read_exact(raw, at, head, sizeof(head), NULL))
		return;
	for (size_t n = 0; n < ARRAY_LEN(wanted); n++)
		for (uint32_t i = 0; i < le16(head + 18) && i < PAIRS_MAX; i++) {
			if (!source_read_exact(
				raw, at + sizeof(head) + (uint64_t)i * PAIR, pair, PAIR, NULL))
				return;
			read_text(raw, at + le32(pair), le16(pair + 8), KEY_MAX, &key);
			if (strcmp(text_string(&key), wanted[n]) == 0)
				read_text(raw, at + le32(pair + 4), le16(pair + 10), NAME_MAX_LEN,
				    parent);
		}
}

static bool is_vhdx_child(struct source *raw, struct text *parent)
{
	uint64_t region = find_metadata(raw), at = 0;
	uint8_t parameters[8];
	uint32_t len = 0;

	if (region == 0 || !find_item(raw, region, file_parameters, &at, &len) ||
	    len < sizeof(parameters) ||
	    !source_read_exact(raw, at, parameters, sizeof(parameters), NULL) ||
	    !(le32(parameters + 4) & HAS_PARENT))
		return false;
	if (find_item(raw, region, parent_locator, &at, &len))
		read_locator(raw, at, len, parent);
	return true;
}

static bool is_vhd_child(struct source *raw, const uint8_t *footer, struct text *parent)
{
	CLEANUP(text_free) struct text plain = {0};
	uint8_t header[VHD_HEADER];
	uint64_t at = 0;

	if (footer[60] || footer[61] || footer[62] || footer[63] != 4)
		return false;
	for (size_t i = 0; i < 8; i++)
		at = at << 8 | footer[16 + i];
	if (at >= raw->size || !source_read_exact(raw, at, header, sizeof(header), NULL) ||
	    memcmp(header, "cxsparse", 8) != 0)
		return true;
	size_t len = 0;

	for (uint8_t *unit = header + VHD_NAME; len < VHD_NAME_LEN && (unit[0] || unit[1]);
	     unit += 2) {
		uint8_t high = unit[0];

		unit[0] = unit[1];
		unit[1] = high;
		len += 2;
	}
	text_add_utf16(&plain, (struct bytes){header + VHD_NAME, len});
	text_add_printable(parent, text_bytes(&plain));
	return true;
}

const char *image_parent_of(struct source *raw, struct text *parent)
{
	uint8_t head[VHD_HEAD];

	if (!source_read_exact(raw, 0, head, sizeof(head), NULL))
		return NULL;
	if (memcmp(head, "vhdxfile", 8) == 0)
		return is_vhdx_child(raw, parent) ? "VHDX" : NULL;
	if (memcmp(head, "conectix", 8) == 0)
		return is_vhd_child(raw, head, parent) ? "VHD" : NULL;
	return NULL;
}
