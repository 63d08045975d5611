/* Security descriptors by id, as text. See secure.h. */
#include "formats/ntfs/secure.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/secure_sds.h"
#include "formats/ntfs/volume.h"
#include "formats/security/security.h"

#include <stdlib.h>

#define SECURE_RECORD 9u
#define SLOTS         512u /* texts kept, each at the place its id gives it */
/* What is kept in a slot; a longer one is made anew. */
#define SLOT_TEXT_MAX ((size_t)16 << 10)

struct rendered {
	uint32_t id;
	bool is_set;
	struct text owner, sddl;
	struct err damage;
};

struct ntfs_secure {
	struct ntfs_volume *volume; /* NULL over a $SDS alone */
	struct source *owned;       /* the stream that was opened here */
	struct ntfs_sds sds;
	uint8_t *raw; /* SDS_BLOCK */
	struct rendered slots[SLOTS];
	struct rendered spare; /* a file's own */
};

static void rendered_free(struct rendered *rendered)
{
	text_free(&rendered->owner);
	text_free(&rendered->sddl);
}

void ntfs_secure_close(struct ntfs_secure *secure)
{
	if (!secure)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		rendered_free(&secure->slots[i]);
	rendered_free(&secure->spare);
	ntfs_sds_free(&secure->sds);
	source_close(secure->owned);
	free(secure->raw);
	free(secure);
}

const struct err *ntfs_secure_damage(const struct ntfs_secure *secure)
{
	return &secure->sds.damage;
}

static struct ntfs_secure *make(struct err *err)
{
	struct ntfs_secure *secure = calloc(1, sizeof(*secure));

	if (secure)
		secure->raw = malloc(SDS_BLOCK);
	if (secure && secure->raw)
		return secure;
	free(secure);
	fail(err, ERR_MEMORY, "no memory for $Secure");
	return NULL;
}

bool ntfs_secure_open_sds(struct source *sds, struct ntfs_secure **out, struct err *err)
{
	CLEANUP(ntfs_secure_close) struct ntfs_secure *secure = make(err);

	if (!secure)
		return false;
	secure->sds.content = sds;
	if (!ntfs_sds_scan(&secure->sds, err))
		return false;
	*out = TAKE(secure);
	return true;
}

/* Opens the stream; why tells when there is none that can be read. */
static bool open_stream(struct ntfs_volume *volume, struct source **out, struct err *why)
{
	static const uint8_t name[] = {'$', 0, 'S', 0, 'D', 0, 'S', 0};
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct ntfs_stream *stream;

	if (!ntfs_entry_load(volume->mft, SECURE_RECORD, &entry, why))
		return fail_in(why, "$Secure");
	stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){name, sizeof(name)});
	if (!stream)
		return fail(why, ERR_MISSING, "the volume has no $Secure:$SDS");
	return ntfs_stream_open(volume, &entry, stream, out, why) || fail_in(why, "$Secure:$SDS");
}

bool ntfs_secure_open(struct ntfs_volume *volume, struct ntfs_secure **out, struct err *err)
{
	CLEANUP(ntfs_secure_close) struct ntfs_secure *secure = make(err);

	if (!secure)
		return false;
	secure->volume = volume;
	if (open_stream(volume, &secure->owned, &secure->sds.damage)) {
		secure->sds.content = secure->owned;
		if (!ntfs_sds_scan(&secure->sds, err))
			return false;
	}
	*out = TAKE(secure);
	return true;
}

static bool lies_before(const void *element, uint64_t id)
{
	return ((const struct ntfs_sds_item *)element)->id < id;
}

static const struct ntfs_sds_item *find_item(const struct ntfs_secure *secure, uint32_t id)
{
	const struct ntfs_sds_item *items = secure->sds.items;
	size_t i = array_first_from(items, secure->sds.count, sizeof(*items), lies_before, id);

	return i < secure->sds.count && items[i].id == id ? &items[i] : NULL;
}

bool ntfs_secure_raw(struct ntfs_secure *secure, uint32_t id, struct bytes *out, struct err *err)
{
	const struct ntfs_sds_item *item = find_item(secure, id);

	if (!item && secure->sds.count == 0 && secure->sds.damage.kind != ERR_NONE)
		return fail(err, secure->sds.damage.kind, "%s", secure->sds.damage.text);
	if (!item)
		return fail(err, ERR_MISSING, "$Secure:$SDS has no security id %u", id);
	return ntfs_sds_read(&secure->sds, item, secure->raw, out, err);
}

static bool render(struct rendered *to, struct bytes raw, struct err *err)
{
	struct security_descriptor descriptor;

	to->is_set = false;
	to->damage = (struct err){0};
	if (to->owner.room > SLOT_TEXT_MAX)
		text_free(&to->owner);
	if (to->sddl.room > SLOT_TEXT_MAX)
		text_free(&to->sddl);
	text_clear(&to->owner);
	text_clear(&to->sddl);
	to->sddl.ceiling = NTFS_LIMIT_SDDL;
	if (!security_parse(raw, &descriptor, err))
		return false;
	if (descriptor.owner.len)
		security_add_sid(&to->owner, descriptor.owner);
	security_add_sddl(&to->sddl, &descriptor, &to->damage);
	if (!text_ok(&to->owner, err) || !text_ok(&to->sddl, err))
		return fail_in(err, "security descriptor");
	to->is_set = true;
	return true;
}

static void show(const struct rendered *rendered, struct ntfs_security *out)
{
	*out = (struct ntfs_security){
	    .owner = text_bytes(&rendered->owner),
	    .sddl = text_bytes(&rendered->sddl),
	    .damage = rendered->damage,
	};
}

bool ntfs_secure_find(
    struct ntfs_secure *secure, uint32_t id, struct ntfs_security *out, struct err *err)
{
	struct rendered *slot = &secure->slots[id % SLOTS];
	struct bytes raw;

	if (!slot->is_set || slot->id != id) {
		slot->is_set = false;
		if (!ntfs_secure_raw(secure, id, &raw, err) || !render(slot, raw, err))
			return false;
		slot->id = id;
	}
	show(slot, out);
	return true;
}

/* A descriptor in the file's own record or clusters. */
static bool find_own(struct ntfs_secure *secure, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct ntfs_security *out, struct err *err)
{
	CLEANUP(source_close) struct source *content = NULL;

	if (!ntfs_stream_open(secure->volume, entry, stream, &content, err))
		return fail_in(err, "$SECURITY_DESCRIPTOR");
	if (content->size > SDS_BLOCK)
		return fail(err, ERR_LIMIT, "$SECURITY_DESCRIPTOR of %llu bytes",
		    (unsigned long long)content->size);
	struct bytes raw = {secure->raw, (size_t)content->size};

	if (!source_read_exact(content, 0, secure->raw, raw.len, err) ||
	    !render(&secure->spare, raw, err))
		return fail_in(err, "$SECURITY_DESCRIPTOR");
	show(&secure->spare, out);
	return true;
}

bool ntfs_secure_of(struct ntfs_secure *secure, const struct ntfs_entry *entry,
    struct ntfs_security *out, struct err *err)
{
	const struct ntfs_stream *own;

	if (entry->security_id != 0)
		return ntfs_secure_find(secure, entry->security_id, out, err);
	own = ntfs_entry_stream(entry, NTFS_SECURITY_DESCRIPTOR, (struct bytes){0});
	if (own)
		return find_own(secure, entry, own, out, err);
	return fail(err, ERR_MISSING, "the file has no security descriptor");
}
