/* "Expert Witness Compression Format specification" (J. Metz): sections of a file, each with the place of the next one. See
 * image_ewf_segment.h. */
#define _GNU_SOURCE
#include "platform/posix/image_ewf_segment.h"

#include "core/bytes.h"

#include <fcntl.h>
#include <unistd.h>

#define SECTIONS     13u /* the first one, behind the header of the file */
#define SECTION_LEN  76u
#define SECTION_NEXT 16u
#define SECTION_SUM  72u /* Adler-32 of what stands before it */
#define SECTIONS_MAX 1048576u
#define ADLER        65521u

static bool is_whole(const uint8_t section[SECTION_LEN])
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < SECTION_SUM; i++) {
		a = (a + section[i]) % ADLER;
		b = (b + a) % ADLER;
	}
	return le32(section + SECTION_SUM) == (b << 16 | a);
}

static bool read_section(int file, uint64_t at, uint8_t section[SECTION_LEN])
{
	return pread(file, section, SECTION_LEN, (off_t)at) == (ssize_t)SECTION_LEN;
}

static bool is_called(const uint8_t *section, const char *name)
{
	return memcmp(section, name, strlen(name) + 1) == 0;
}

static enum ewf_end end_of(const uint8_t *section)
{
	if (is_called(section, "done"))
		return EWF_END_DONE;
	return is_called(section, "next") ? EWF_END_NEXT : EWF_END_UNKNOWN;
}

/* Follows the sections; where one is damaged, what would be the last one counts. */
static enum ewf_end find_end(int file, uint64_t size)
{
	uint8_t section[SECTION_LEN];
	uint64_t at = SECTIONS;

	for (unsigned i = 0; i < SECTIONS_MAX; i++) {
		if (size < SECTION_LEN || at > size - SECTION_LEN)
			return EWF_END_CUT;
		if (!read_section(file, at, section))
			return EWF_END_UNKNOWN;
		if (!is_whole(section) || le64(section + SECTION_NEXT) <= at)
			break;
		at = le64(section + SECTION_NEXT);
	}
	if (end_of(section) == EWF_END_UNKNOWN && !read_section(file, size - SECTION_LEN, section))
		return EWF_END_UNKNOWN;
	return end_of(section);
}

enum ewf_end image_ewf_segment_end(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
	enum ewf_end end = size < 0 ? EWF_END_UNKNOWN : find_end(file, (uint64_t)size);

	if (file >= 0)
		close(file);
	return end;
}
