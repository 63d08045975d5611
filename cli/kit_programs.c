/* The Windows programs of a kit. See kit_new.h. */
#include "cli/kit_new.h"

#include "core/array.h"
#include "platform/file.h"

#include <stdlib.h>

#define PIECE_LEN   ((size_t)1 << 20)
#define PE_AT       0x3c   /* offset of the offset of "PE\0\0" (PE format, MS-DOS stub) */
#define PE_MAX      0x1000 /* where it may lie */
#define MACHINE_X86 0x014c
#define MACHINE_X64 0x8664

static const char *const names[] = {"kanshiki.exe", "kanshiki32.exe"};
/* Beside the program that runs, and where the build tree has them. */
static const char *const places[] = {
    "kanshiki.exe", "kanshiki32.exe", "../win64/kanshiki.exe", "../win32/kanshiki.exe"};

/* What a program is called in the kit; NULL when it is none for Windows on x86. */
static const char *program_name(struct source *program)
{
	uint8_t at[4], header[6];

	if (!source_read_exact(program, PE_AT, at, sizeof(at), NULL) || le32(at) > PE_MAX ||
	    !source_read_exact(program, le32(at), header, sizeof(header), NULL) ||
	    memcmp(header, "PE\0\0", 4) != 0)
		return NULL;
	if (le16(header + 4) == MACHINE_X64)
		return names[0];
	return le16(header + 4) == MACHINE_X86 ? names[1] : NULL;
}

static bool copy(struct source *from, const char *path, struct text_list *made, struct err *err)
{
	CLEANUP(sink_free) struct sink *to = NULL;
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE_LEN);
	uint64_t at = 0;

	if (!piece)
		return fail(err, ERR_MEMORY, "no memory to copy a program");
	if (!file_create(path, &to, err) || !text_list_add(made, bytes_of(path), err))
		return false;
	while (at < from->size) {
		size_t got = 0;

		if (!from->read(from, at, piece, PIECE_LEN, &got, err))
			return false;
		if (got == 0)
			return fail(err, ERR_IO, "'%s': the original ended early", path);
		if (!to->write(to, (struct bytes){piece, got}, err))
			return false;
		at += got;
	}
	return to->finish(to, err);
}

static bool copy_program(const struct kit_order *order, struct source *program, const char *from,
    bool taken[2], struct text_list *made, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	const char *name = program_name(program);

	if (!name)
		return fail(
		    err, ERR_UNSUPPORTED, "'%s' is no Windows program for x64 or x86", from);
	bool *is_taken = &taken[name == names[1]];

	if (*is_taken)
		return fail(err, ERR_USAGE, "two programs would become '%s'", name);
	*is_taken = true;
	file_join(&path, order->directory, name);
	return text_ok(&path, err) && copy(program, text_string(&path), made, err);
}

static bool copy_found(
    const struct kit_order *order, bool taken[2], struct text_list *made, struct err *err)
{
	CLEANUP(text_free) struct text beside = {0};

	if (!file_program_directory(&beside, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		CLEANUP(text_free) struct text path = {0};
		CLEANUP(source_close) struct source *program = NULL;

		text_add(&path, text_bytes(&beside));
		text_adds(&path, places[i]);
		if (!text_ok(&path, err))
			return false;
		if (file_kind(text_string(&path)) != FILE_KIND_FILE)
			continue;
		if (!file_open(text_string(&path), &program, err))
			return false;
		const char *name = program_name(program);

		if (name && !taken[name == names[1]] &&
		    !copy_program(order, program, text_string(&path), taken, made, err))
			return false;
	}
	return true;
}

bool kit_copy_programs(
    const struct kit_order *order, struct text_list *made, unsigned *count, struct err *err)
{
	bool taken[2] = {false, false};

	for (size_t i = 0; i < order->programs.count; i++) {
		CLEANUP(source_close) struct source *program = NULL;

		if (!file_open(order->programs.at[i], &program, err) ||
		    !copy_program(order, program, order->programs.at[i], taken, made, err))
			return false;
	}
	if (order->programs.count == 0 && !copy_found(order, taken, made, err))
		return false;
	*count = (unsigned)taken[0] + (unsigned)taken[1];
	return true;
}
