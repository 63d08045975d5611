/* Identity of a collection and the name of its directory. See writer.h. */
#include "bundle/writer.h"

#include "core/time.h"

#include <openssl/rand.h>
#include <stdio.h>

#define DIRECTORY_NAME_MAX 120
#define PART_MAX           40 /* of case and of host: 2 * 40 + 2 + 16 + 1 + 8 stays below the limit */

bool bundle_new_id(uint64_t now, uint8_t id[16], struct err *err)
{
	int64_t seconds;
	uint32_t nanoseconds;
	uint8_t made[16];

	if (RAND_bytes(made + 6, 10) != 1)
		return fail(err, ERR_IO, "the system gives no random numbers");
	time_to_unix(now, &seconds, &nanoseconds);
	uint64_t ms = seconds < 0 ? 0 : (uint64_t)seconds * 1000 + nanoseconds / 1000000;

	for (unsigned i = 0; i < 6; i++)
		made[i] = (uint8_t)(ms >> 8 * (5 - i));
	made[6] = (uint8_t)(0x70 | (made[6] & 0x0f)); /* version 7 */
	made[8] = (uint8_t)(0x80 | (made[8] & 0x3f)); /* variant 10 */
	memcpy(id, made, sizeof(made));
	return true;
}

void bundle_id_text(const uint8_t id[16], char out[37])
{
	size_t at = 0;

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		snprintf(out + at, 3, "%02x", id[i]);
		at += 2;
	}
}

/* Other characters than [A-Za-z0-9.-] become one '_' each; '_' separates the parts of the name. */
static void add_part(struct text *out, const char *part)
{
	struct bytes bytes = bytes_of(part);
	size_t pos = 0;
	size_t count = 0;

	for (; pos < bytes.len && count < PART_MAX; count++) {
		uint32_t code = text_decode(bytes, &pos);
		bool plain = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
			     (code >= '0' && code <= '9') || code == '-' ||
			     (code == '.' && count > 0);

		text_addc(out, plain ? (char)code : '_');
	}
	if (count == 0)
		text_addc(out, '_');
}

bool bundle_directory_name(const struct bundle_plan *plan, struct text *out, struct err *err)
{
	char when[TIME_ISO_ROOM], id[37];
	CLEANUP(text_free) struct text name = {0};

	time_compact(plan->started, when);
	bundle_id_text(plan->collection_id, id);
	add_part(&name, plan->case_id && *plan->case_id ? plan->case_id : "nocase");
	text_addc(&name, '_');
	add_part(&name, plan->host && *plan->host ? plan->host : "unknown");
	text_addf(&name, "_%s_%s", when, id + 28);
	if (name.at && name.at[0] == '-')
		name.at[0] = '_';
	if (!text_ok(&name, err))
		return false;
	if (name.len > DIRECTORY_NAME_MAX)
		return fail(err, ERR_LIMIT, "directory name '%s' is too long", text_string(&name));
	text_add(out, text_bytes(&name));
	return text_ok(out, err);
}
