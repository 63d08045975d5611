/* An identity file under the passphrase "p" (unlock.WHO.age), and what is in it. */
#include "fuzz_target.h"

#include "bundle/age.h"

/* Work factors above 2^6 cost time that is spent on nothing of ours. */
static bool is_cheap(struct bytes file)
{
	static const char head[] = "age-encryption.org/v1\n-> scrypt ";
	size_t at = sizeof(head) - 1;

	if (file.len < at || memcmp(file.at, head, at) != 0)
		return true; /* refused before any work */
	while (at < file.len && file.at[at] != ' ' && file.at[at] != '\n')
		at++;
	return file.len - at < 3 || (file.at[at + 1] <= '6' && file.at[at + 2] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	CLEANUP(text_wipe) struct text plain = {0};
	const struct bytes file = {data, len};

	if (age_is_locked(file) && is_cheap(file) && age_unlock(file, bytes_of("p"), &plain, NULL))
		(void)!age_identities_add(&identities, text_bytes(&plain), NULL);
	return 0;
}
