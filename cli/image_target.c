/* Images and partitions on the command line. See image_target.h. */
#include "cli/image_target.h"

#include "collectors/state.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/volume.h"

#define PARTITION_DIGITS 4u
#define PARTITIONS_TOLD  16u

bool image_target_parse(const char *word, struct image_target *out, struct err *err)
{
	const char *at = strrchr(word, '@');
	size_t digits = at ? strspn(at + 1, "0123456789") : 0;
	bool is_whole = volume_is_live(word) || file_kind(word) != FILE_KIND_MISSING;

	text_clear(&out->path);
	out->partition = 0;
	if (is_whole || !at || at == word || digits == 0 || digits > PARTITION_DIGITS ||
	    at[1 + digits]) {
		text_adds(&out->path, word);
		return text_ok(&out->path, err);
	}
	text_add(&out->path, (struct bytes){(const uint8_t *)word, (size_t)(at - word)});
	for (size_t i = 1; i <= digits; i++)
		out->partition = out->partition * 10 + (uint32_t)(at[i] - '0');
	if (out->partition == 0)
		return fail(err, ERR_USAGE, "partitions count from 1: '%s'", word);
	return text_ok(&out->path, err);
}

bool image_partition_open(struct source *raw, const struct disk_partition *partition,
    struct source **out, struct err *err)
{
	if (partition->len == 0)
		return fail(err, ERR_MISSING, "it begins behind the end of the image");
	*out = source_window(raw, partition->offset, partition->len, false);
	return *out || fail(err, ERR_MEMORY, "no memory for a partition");
}

enum volume_kind image_partition_kind(struct source *raw, const struct disk_partition *partition)
{
	CLEANUP(source_close) struct source *window = NULL;
	enum volume_kind kind = VOLUME_UNKNOWN;

	if (!image_partition_open(raw, partition, &window, NULL) ||
	    !volume_kind_of(window, &kind, NULL))
		return VOLUME_UNKNOWN;
	return kind;
}

void image_say_partitions(
    const char *path, struct source *raw, const struct disk *disk, const char *letters)
{
	say(tr("kanshiki: '%s' is a disk; on it:\n"), path);
	for (size_t i = 0; i < disk->count; i++) {
		const struct disk_partition *partition = &disk->at[i];
		CLEANUP(text_free) struct text line = {0};
		const char *type = disk_type_name(partition);

		text_addf(&line, "  %u: ", partition->index);
		if (letters[i])
			text_addf(&line, "%c: ", letters[i]);
		text_adds(&line, volume_kind_name(image_partition_kind(raw, partition)));
		text_adds(&line, ", ");
		text_add_size(&line, partition->claimed);
		if (type)
			text_addf(&line, ", %s", type);
		if (partition->name[0]) {
			text_adds(&line, ", '");
			text_add_printable(&line, bytes_of(partition->name));
			text_addc(&line, '\'');
		}
		say("%s\n", text_string(&line));
	}
}

static bool fail_no_partition(const struct disk *disk, uint32_t wanted, struct err *err)
{
	CLEANUP(text_free) struct text there = {0};

	for (size_t i = 0; i < disk->count && i < PARTITIONS_TOLD; i++)
		text_addf(&there, "%s%u", i ? ", " : "", disk->at[i].index);
	if (disk->count > PARTITIONS_TOLD)
		text_adds(&there, " ...");
	return fail(err, ERR_USAGE, "no partition %u; there are: %s", wanted,
	    disk->count ? text_string(&there) : "none");
}

bool image_find_partition(
    const struct disk *disk, const struct image_target *target, size_t *out, struct err *err)
{
	if (disk->scheme == DISK_NONE)
		return fail(
		    err, ERR_USAGE, "it has no partitions: leave '@%u' out", target->partition);
	for (size_t i = 0; i < disk->count; i++)
		if (disk->at[i].index == target->partition) {
			*out = i;
			return true;
		}
	return fail_no_partition(disk, target->partition, err);
}
