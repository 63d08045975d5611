/* The record pages of a log in order of their LSNs. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_PAGES_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_PAGES_H

#include "formats/ntfs/logfile.h"

#define LOGFILE_PAGE_MIN   512u
#define LOGFILE_PAGE_MAX   (64u << 10)
#define LOGFILE_PAGE_USUAL 4096u
#define LOGFILE_PAGE_LIMIT ((size_t)1 << 20) /* Windows: 4 GiB of 4 KiB pages */
#define LOGFILE_HEADER_LEN 48u               /* of a record */
#define LOGFILE_DATA_MIN   48u               /* no fix-ups leave less room for the header */
#define LOGFILE_DATA_USUAL 64u

bool logfile_page_size_ok(uint32_t size);

/* A record page. Its number is the LSN that its first byte would have, without the bits that count inside a
 * page: how often the ring was full, then the place in the file. Pages in LSN order have numbers that go up. */
struct logfile_page {
	uint64_t number;
	/* LSN of the last record that begins here or, when none does, ran through here */
	uint64_t last;
	uint32_t slot;      /* where it lies in the source, in pages */
	bool begins : 1;    /* a record begins here */
	bool misplaced : 1; /* neither at its place nor a copy of what belongs there */
};

struct logfile_pages {
	struct source *source;
	struct logfile_listener *listener;
	struct logfile_restart restart; /* page_size and data_offset also without a restart page */
	unsigned shift;                 /* an LSN without it is a page number */
	unsigned place_bits;            /* of a page number: the place; 0 when unknown */
	uint32_t first_place;           /* first page of the ring */
	uint32_t end_place;             /* after the last page of the ring */
	uint64_t newest;                /* page number of the end of the ring */
	bool is_newest_inside;  /* the place of the LSN that the restart page calls newest */
	bool are_restarts_gone; /* neither page has even a signature: also in a piece */
	struct logfile_page *at;
	size_t count, room;

	uint8_t *window; /* pages as they lie in the source */
	uint64_t window_start;
	size_t window_len;
	struct err window_why; /* why it is not longer */
};

/* Zero it, set source and listener, and call. ERR_MISSING when there are no pages. */
bool logfile_pages_load(struct logfile_pages *pages, struct err *err) MUST_CHECK;
void logfile_pages_free(struct logfile_pages *pages);

/* Copies a page to `to` and undoes its fix-ups. ERR_MISSING when it is no record page. */
bool logfile_pages_read(
    struct logfile_pages *pages, uint32_t slot, uint8_t *to, struct err *err) MUST_CHECK;
/* Whether what does not fit into page i goes on in page i + 1. */
bool logfile_pages_go_on(const struct logfile_pages *pages, size_t i);
bool logfile_pages_stale(const struct logfile_pages *pages, size_t i);
void logfile_pages_damage(
    struct logfile_pages *pages, uint64_t offset, uint64_t len, const struct err *why);

#endif
