/* What people tell about a collection, and the clocks. See collect.h. */
#include "cli/collect.h"

#include "platform/clock.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"

#define TYPED_BYTES_MAX 1000

void collect_read_clock(struct facts_clock *out)
{
	*out = (struct facts_clock){
	    .utc = clock_now(),
	    .monotonic_ms = clock_monotonic_ms(),
	    .zone_minutes = clock_zone_minutes(),
	    .boot_time = clock_boot_time(),
	};
}

bool collect_choose_public(
    const struct collect_request *request, bool by_kit, bool *ids_only, struct err *err)
{
	bool asked = by_kit;

	if (request->public && !kit_public_parse(request->public, &asked, err))
		return fail_in(err, "--public");
	if (by_kit && !asked)
		return fail(err, ERR_USAGE,
		    "--public %s: the office made this kit so that no names show outside",
		    request->public);
	*ids_only = asked;
	return true;
}

static bool load_file(const char *path, struct facts_file **file, struct err *err)
{
	CLEANUP(text_free) struct text content = {0};

	if (!path)
		return true;
	if (!file_read_all(path, FACTS_BYTES_MAX, &content, err))
		return false;
	return facts_file_parse(text_bytes(&content), file, err) ||
	       fail_in(err, "--facts '%s'", path);
}

/* As JSON wants it: no half of a pair of Windows' either. */
static bool is_text(struct bytes typed)
{
	size_t pos = 0;

	while (pos < typed.len) {
		uint32_t code = text_decode(typed, &pos);

		if (code == TEXT_INVALID || (code >= 0xd800 && code < 0xe000))
			return false;
	}
	return true;
}

static bool check_typed(const char *option, const char *typed, struct err *err)
{
	if (!typed)
		return true;
	if (!*typed || strlen(typed) > TYPED_BYTES_MAX)
		return fail(err, ERR_USAGE, "%s takes 1 to %d bytes", option, TYPED_BYTES_MAX);
	return is_text(bytes_of(typed)) || fail(err, ERR_USAGE, "%s takes a text in UTF-8", option);
}

bool collect_check_typed(const struct collect_request *request, struct err *err)
{
	return check_typed("--operator", request->operator, err) &&
	       check_typed("--nonce", request->nonce, err);
}

static bool put(struct facts_file **file, const char *object, const char *key, const char *value,
    struct err *err)
{
	return !value || !*value || facts_file_put(file, object, key, value, err);
}

bool collect_load_facts(const struct collect_request *request, struct facts_file **file,
    struct facts_reference *reference, struct err *err)
{
	/* Before all that takes time: the person has just looked at the clock. */
	struct facts_reference read = {.typed = request->reference_time, .host = clock_now()};

	if (read.typed && !facts_reference_parse(read.typed, &read.utc, err))
		return false;
	*reference = read;
	return load_file(request->facts, file, err) &&
	       put(file, "operator", "name", request->operator, err) &&
	       put(file, "dispatch", "nonce", request->nonce, err);
}

void collect_hash_program(char out[SHA256_HEX_ROOM])
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(source_close) struct source *program = NULL;
	uint8_t sum[SHA256_LEN];

	out[0] = 0;
	if (!file_program_path(&path, NULL) || !file_open(text_string(&path), &program, NULL) ||
	    !hash_source(program, sum, NULL))
		return;
	hash_hex((struct bytes){sum, sizeof(sum)}, out);
}

/* On site there is no other kit, and this PC's clock may be wrong: it is said, and the evidence is taken. */
void collect_warn_of_end(const struct kit *kit)
{
	char end[TIME_ISO_ROOM];

	if (clock_now() <= kit->expires)
		return;
	time_iso(kit->expires, end);
	say(tr("kanshiki: the kit could seal until %.10s (UTC). By this PC's clock that is over: "
	       "bundles\n"
	       "will be refused unless the time of their sealing can be proven. Tell the SOC.\n"),
	    end);
}
