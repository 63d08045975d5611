/* Secrets on both systems: one buffer that is wiped, one copy handed on. See secret.h. */
#include "platform/secret.h"

#include "core/wipe.h"
#include "platform/console.h"
#include "platform/os.h"

/* Hands over in one piece (text_wipe reaches no other) and wipes what it came in. */
static bool hand_over(uint8_t *buffer, size_t len, struct text *out, struct err *err)
{
	text_add(out, (struct bytes){buffer, len});
	wipe(buffer, len);
	return text_ok(out, err);
}

bool secret_ask(const char *prompt, struct text *out, struct err *err)
{
	uint8_t line[SECRET_MAX];
	size_t len = 0;

	if (!os_secret_line(prompt, line, sizeof(line), &len, err)) {
		wipe(line, sizeof(line));
		return false;
	}
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	return hand_over(line, len, out, err);
}

bool secret_read(const char *path, struct text *out, struct err *err)
{
	uint8_t file[SECRET_MAX + 1];
	size_t len = 0;

	if (!os_secret_file(path, file, sizeof(file), &len, err) || len > SECRET_MAX) {
		wipe(file, sizeof(file));
		return len > SECRET_MAX
			   ? fail(err, ERR_LIMIT, "'%s' has more than %zu bytes", path, SECRET_MAX)
			   : fail_in(err, "'%s'", path);
	}
	return hand_over(file, len, out, err);
}
