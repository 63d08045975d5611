/* MFT records made by hand. See fixture_mft.h; offsets: docs/formats/ntfs.md. */
#include "tests/fixture_mft.h"

struct fixture_record fixture_mft_begin(
    uint8_t *mft, uint32_t number, uint16_t sequence, uint16_t flags)
{
	struct fixture_record r = {.at = mft + (size_t)number * FIXTURE_RECORD, .used = 56};

	memset(r.at, 0, FIXTURE_RECORD);
	memcpy(r.at, "FILE", 4);
	put_le16(r.at + 4, 48); /* update sequence array: offset */
	put_le16(r.at + 6, 3);  /* and number of units */
	put_le16(r.at + 16, sequence);
	put_le16(r.at + 18, 1);              /* links */
	put_le16(r.at + 20, 56);             /* first attribute */
	put_le16(r.at + 22, flags);          /* 1 in use, 2 directory */
	put_le32(r.at + 28, FIXTURE_RECORD); /* bytes allocated */
	put_le32(r.at + 44, number);
	put_le16(r.at + 48, 1); /* update sequence number */
	put_le16(r.at + 510, 1);
	put_le16(r.at + 1022, 1);
	return r;
}

void fixture_mft_add(
    struct fixture_record *r, uint32_t type, const char *name, const void *content, size_t len)
{
	uint8_t *p = r->at + r->used;
	size_t name_len = strlen(name);
	size_t content_at = (24 + 2 * name_len + 7) & ~(size_t)7;
	uint32_t whole = (uint32_t)((content_at + len + 7) & ~(size_t)7);

	put_le32(p, type);
	put_le32(p + 4, whole);
	p[9] = (uint8_t)name_len;
	put_le16(p + 10, 24); /* name offset */
	put_le32(p + 16, (uint32_t)len);
	put_le16(p + 20, (uint16_t)content_at);
	for (size_t i = 0; i < name_len; i++)
		p[24 + 2 * i] = (uint8_t)name[i];
	if (len)
		memcpy(p + content_at, content, len);
	r->used += whole;
	put_le32(r->at + r->used, 0xffffffff);
	put_le32(r->at + 24, r->used + 8); /* bytes used */
}

void fixture_mft_add_standard(struct fixture_record *r)
{
	uint8_t c[72] = {0};

	put_le64(c, FIXTURE_STAMP);                           /* created */
	put_le64(c + 8, FIXTURE_STAMP + 10000000);            /* modified */
	put_le64(c + 16, FIXTURE_STAMP + 20000000);           /* changed */
	put_le64(c + 24, FIXTURE_STAMP + 3600 * 10000000ull); /* accessed */
	put_le32(c + 32, 0x22);                               /* hidden, archive */
	fixture_mft_add(r, 0x10, "", c, sizeof(c));
}

void fixture_mft_add_name(
    struct fixture_record *r, uint64_t parent, uint8_t name_space, const char *utf8)
{
	CLEANUP(text_free) struct text utf16 = {0};
	uint8_t c[66 + 510] = {0};

	text_to_utf16(bytes_of(utf8), &utf16);
	put_le64(c, parent);
	for (size_t i = 0; i < 4; i++)
		put_le64(c + 8 + 8 * i, FIXTURE_STAMP);
	c[64] = (uint8_t)(utf16.len / 2);
	c[65] = name_space;
	memcpy(c + 66, utf16.at, utf16.len);
	fixture_mft_add(r, 0x30, "", c, 66 + utf16.len);
}

void fixture_mft_set_base(struct fixture_record *r, uint64_t base)
{
	put_le64(r->at + 32, base);
}

void fixture_mft_add_far_list(struct fixture_record *r)
{
	uint8_t *p = r->at + r->used;

	put_le32(p, 0x20);
	put_le32(p + 4, 72);               /* bytes of the attribute */
	p[8] = 1;                          /* not resident */
	put_le16(p + 32, 64);              /* mapping pairs */
	put_le64(p + 40, 4096);            /* allocated */
	put_le64(p + 48, 600);             /* size */
	put_le64(p + 56, 600);             /* initialized */
	memcpy(p + 64, "\x11\x01\x20", 4); /* one cluster at 32 */
	r->used += 72;
	put_le32(r->at + r->used, 0xffffffff);
	put_le32(r->at + 24, r->used + 8);
}
