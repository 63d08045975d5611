/* Restart pages: how the log is laid out and where its newest record is. See logfile.h. */
#include "formats/ntfs/logfile.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/logfile_pages.h"
#include "formats/ntfs/record.h"

#define AREA_LEN   44u /* of the restart area up to the end of what is read of it */
#define CLIENT_LEN 160u
#define NO_CLIENT  0xffffu

#define VOLUME_IS_CLEAN 0x0002u

bool logfile_page_size_ok(uint32_t size)
{
	return size >= LOGFILE_PAGE_MIN && size <= LOGFILE_PAGE_MAX && (size & (size - 1)) == 0;
}

static bool parse_client(struct bytes area, struct logfile_restart *r)
{
	uint16_t in_use = le16(area.at + 12);
	uint16_t at = le16(area.at + 22);
	struct bytes client;

	if (in_use == NO_CLIENT ||
	    !bytes_slice(area, at + (uint64_t)in_use * CLIENT_LEN, 32, &client))
		return false;
	r->oldest_lsn = le64(client.at);
	r->checkpoint_lsn = le64(client.at + 8);
	return true;
}

static bool parse_area(struct bytes area, struct logfile_restart *r, struct err *err)
{
	if (area.len < AREA_LEN)
		return fail(err, ERR_DAMAGED, "restart area of %zu bytes", area.len);
	r->current_lsn = le64(area.at);
	r->clean = (le16(area.at + 14) & VOLUME_IS_CLEAN) != 0;
	r->sequence_bits = le32(area.at + 16);
	r->size = le64(area.at + 24);
	r->data_offset = le16(area.at + 38);
	if (le16(area.at + 36) != LOGFILE_HEADER_LEN)
		return fail(err, ERR_UNSUPPORTED, "log records with a header of %u bytes",
		    le16(area.at + 36));
	if (r->data_offset < LOGFILE_DATA_MIN || r->data_offset % 8 != 0 ||
	    r->data_offset > r->page_size / 2)
		return fail(err, ERR_DAMAGED, "log pages with data at %u", r->data_offset);
	if (r->size > INT64_MAX || r->size < 8ull * r->page_size)
		return fail(err, ERR_DAMAGED, "log of %llu bytes", (unsigned long long)r->size);
	/* What is left of an LSN must hold every place in the log, in units of 8 bytes. */
	if (r->sequence_bits < 8 || r->sequence_bits > 60 ||
	    (r->size - 1) / 8 >> (64 - r->sequence_bits) != 0)
		return fail(
		    err, ERR_DAMAGED, "LSNs with a sequence number of %u bits", r->sequence_bits);
	/* A log that no file system has mounted has no client. */
	if (!parse_client(area, r) && le16(area.at + 12) != NO_CLIENT)
		return fail(err, ERR_DAMAGED, "client of the log lies outside");
	return true;
}

bool logfile_restart_parse(uint8_t *page, size_t len, struct logfile_restart *out, struct err *err)
{
	struct logfile_restart r = {.present = true};
	struct bytes area;
	bool torn = false;

	r.checked = len >= 4 && memcmp(page, "CHKD", 4) == 0;
	if (!r.checked && (len < 4 || memcmp(page, "RSTR", 4) != 0))
		return fail(err, ERR_MISSING, "no restart page");
	if (len < LOGFILE_PAGE_MIN)
		return fail(err, ERR_DAMAGED, "restart page of %zu bytes", len);
	r.system_page_size = le32(page + 16);
	r.page_size = le32(page + 20);
	r.minor = le16(page + 26);
	r.major = le16(page + 28);
	if (!logfile_page_size_ok(r.system_page_size) || !logfile_page_size_ok(r.page_size))
		return fail(err, ERR_DAMAGED, "restart page with pages of %u and %u bytes",
		    r.system_page_size, r.page_size);
	if (r.system_page_size > len)
		return fail(err, ERR_DAMAGED, "restart page is cut off");
	if (!ntfs_fixup(page, r.system_page_size, &torn, err))
		return false;
	if (torn)
		return fail(err, ERR_DAMAGED,
		    "restart page is torn: its sectors were not written together");
	if (!bytes_slice((struct bytes){page, r.system_page_size}, le16(page + 24),
		r.system_page_size - le16(page + 24), &area))
		return fail(err, ERR_DAMAGED, "restart area lies outside");
	if (!parse_area(area, &r, err))
		return false;
	*out = r;
	return true;
}
