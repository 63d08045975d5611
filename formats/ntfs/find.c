/* From a path to an MFT record, through the directory indexes. See ntfs.h. */
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>

#define ROOT_RECORD   5u
#define UPCASE_RECORD 10u
#define UPCASE_UNITS  65536u
#define CASED_MAX     2048u /* units that are not their own upper case: 636 in Windows XP, 973 in 10 */

/* Whether it says of letters what any table says of them. Clusters that something else was written to since do not, and
 * made names the same that are not. */
static bool is_upcase(const uint16_t *table)
{
	unsigned cased = 0;

	for (uint32_t i = 0; i < UPCASE_UNITS; i++) {
		bool is_small = i >= 'a' && i <= 'z';

		if ((i < 0x80 && table[i] != (is_small ? i - 'a' + 'A' : i)) ||
		    table[table[i]] != table[i])
			return false;
		cased += table[i] != i;
	}
	return cased <= CASED_MAX;
}

static bool read_upcase(struct ntfs_volume *volume, uint16_t *table)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *content = NULL;
	const struct ntfs_stream *stream;

	if (!ntfs_entry_load(volume->mft, UPCASE_RECORD, &entry, NULL))
		return false;
	stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});
	if (!stream || stream->size < 2 * UPCASE_UNITS ||
	    !ntfs_stream_open(volume, &entry, stream, &content, NULL) ||
	    !source_read_exact(content, 0, table, 2 * UPCASE_UNITS, NULL))
		return false;
	for (size_t i = UPCASE_UNITS; i > 0; i--)
		table[i - 1] = le16((const uint8_t *)table + 2 * (i - 1));
	return is_upcase(table);
}

/* The volume's own table says which names are the same; NULL: it cannot be read, or is none, and ours does. */
static const uint16_t *upcase(struct ntfs_volume *volume)
{
	if (volume->knows_upcase)
		return volume->upcase;
	volume->knows_upcase = true;
	volume->upcase = malloc(UPCASE_UNITS * sizeof(*volume->upcase));
	if (volume->upcase && !read_upcase(volume, volume->upcase)) {
		free(volume->upcase);
		volume->upcase = NULL;
	}
	return volume->upcase;
}

struct finder {
	struct ntfs_lister lister;
	const uint16_t *upcase; /* NULL: text_fold */
	struct bytes wanted;    /* UTF-16LE */
	bool found;
	bool is_exact; /* the name found is spelled as wanted */
	bool damaged;
	struct ntfs_reference file;
};

static bool same(const uint16_t *table, struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i + 2 <= a.len; i += 2) {
		uint16_t x = le16(a.at + i), y = le16(b.at + i);

		if (x != y && (table ? table[x] != table[y] : text_fold(x) != text_fold(y)))
			return false;
	}
	return true;
}

/* Names may differ in case alone (case-sensitive directories, POSIX names): the one spelled as wanted wins, the first
 * of the others stands in for it. */
static bool look(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct finder *finder = (struct finder *)lister;
	bool is_exact = bytes_equal(name->utf16, finder->wanted);

	(void)err;
	if (is_exact || (!finder->found && same(finder->upcase, name->utf16, finder->wanted))) {
		finder->file = file;
		finder->found = true;
		finder->is_exact = is_exact;
	}
	return !finder->is_exact; /* then there is no need to go on */
}

static void note_damage(struct ntfs_lister *lister, const struct err *why)
{
	(void)why;
	((struct finder *)lister)->damaged = true;
}

static bool is_child(const struct ntfs_name *name, const struct ntfs_reference *directory)
{
	return name->parent.record == directory->record &&
	       (name->parent.sequence == directory->sequence || directory->record == ROOT_RECORD);
}

/* The same through the names in the MFT: slow, but it needs no index. */
static void search_table(struct ntfs_volume *volume, const struct ntfs_reference *directory,
    struct ntfs_entry *entry, struct finder *finder)
{
	uint64_t count = ntfs_mft_count(volume->mft);

	if (volume->searches++ >= NTFS_LIMIT_SEARCHES)
		return;
	for (uint64_t i = 0; i < count && !finder->is_exact; i++) {
		if (!ntfs_entry_load(volume->mft, i, entry, NULL) || !entry->in_use ||
		    ntfs_entry_is_extension(entry))
			continue;
		struct ntfs_reference file = {i, entry->sequence};

		for (size_t n = 0; n < entry->name_count && !finder->is_exact; n++)
			if (is_child(&entry->names[n], directory))
				(void)look(&finder->lister, file, &entry->names[n], NULL);
	}
}

/* Lists the directory until the name is found. False: not listed to its end, or not a directory. */
static bool list_directory(struct ntfs_volume *volume, const struct ntfs_reference *where,
    struct ntfs_entry *entry, struct finder *finder, struct err *err)
{
	if (!ntfs_entry_load(volume->mft, where->record, entry, err))
		return false;
	if (entry->sequence != where->sequence && where->record != ROOT_RECORD)
		return fail(err, ERR_MISSING, "its directory is gone");
	if (!entry->is_directory)
		return fail(err, ERR_MISSING, "its parent is no directory");
	return ntfs_list(volume, entry, &finder->lister, err);
}

/* Finds one component in a directory. The whole directory is listed: an index whose order was
 * tampered with still gives what it holds. */
static bool find_in(struct ntfs_volume *volume, struct ntfs_reference *where,
    struct bytes component, struct ntfs_entry *entry, struct err *err)
{
	CLEANUP(text_free) struct text wanted = {0};
	struct finder finder = {.lister = {.each = look, .damage = note_damage}};
	int len = component.len > 200 ? 200 : (int)component.len;
	const char *name = (const char *)component.at;

	text_to_utf16(component, &wanted);
	finder.wanted = text_bytes(&wanted);
	finder.upcase = upcase(volume);
	if (!text_ok(&wanted, err))
		return false;
	struct err why = {0};
	bool listed = list_directory(volume, where, entry, &finder, &why);

	/* A root that cannot be listed, whyever, is damaged. */
	if (!finder.found && (finder.damaged || (!listed && (why.kind != ERR_MISSING ||
								where->record == ROOT_RECORD))))
		search_table(volume, where, entry, &finder);
	if (finder.found) {
		*where = finder.file;
		return true;
	}
	if (!listed)
		return fail(err, why.kind, "'%.*s': %s", len, name, why.text);
	return fail(err, finder.damaged ? ERR_DAMAGED : ERR_MISSING,
	    finder.damaged ? "'%.*s' was not found; its directory is damaged"
			   : "'%.*s' does not exist",
	    len, name);
}

bool ntfs_find(
    struct ntfs_volume *volume, struct bytes path, struct ntfs_reference *out, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_reference where = {.record = ROOT_RECORD};
	size_t pos = 0;

	while (pos < path.len) {
		const uint8_t *slash = memchr(path.at + pos, '/', path.len - pos);
		size_t end = slash ? (size_t)(slash - path.at) : path.len;
		struct bytes component = {.at = path.at + pos, .len = end - pos};

		pos = end + 1;
		if (component.len != 0 && !find_in(volume, &where, component, &entry, err))
			return false;
	}
	if (where.record == ROOT_RECORD && where.sequence == 0) {
		if (!ntfs_entry_load(volume->mft, ROOT_RECORD, &entry, err))
			return false;
		where.sequence = entry.sequence;
	}
	*out = where;
	return true;
}
