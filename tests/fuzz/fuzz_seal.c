/* Sealed values: what we did not seal never opens; what we sealed opens for its purpose only. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/seal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_foreign(const struct keys *keys, const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	char *plain = malloc(size ? size : 1);

	memcpy(exact, data, size);
	if (unseal(keys, "doc|p2a-0123456789abcdef", exact, size, plain) >= 0)
		abort();
	free(exact);
	free(plain);
}

/* The first two bytes say which bit flips and how much is cut off. */
static void check_ours(const struct keys *keys, const uint8_t *data, size_t size)
{
	size_t len = sealed_size(size - 2), cut = data[1] % 8;
	uint8_t *sealed = malloc(len);
	char *plain = malloc(len);

	seal(keys, "log|1", data + 2, size - 2, sealed);
	if (unseal(keys, "log|1", sealed, len, plain) != (long)(size - 2) ||
		memcmp(plain, data + 2, size - 2) != 0 || plain[size - 2] != '\0')
		abort();
	if (unseal(keys, "log|2", sealed, len, plain) >= 0)
		abort();
	if (cut && unseal(keys, "log|1", sealed, len - cut, plain) >= 0)
		abort();
	sealed[data[0] % len] ^= (uint8_t)(1U << data[1] % 8);
	if (unseal(keys, "log|1", sealed, len, plain) >= 0)
		abort();
	free(sealed);
	free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keys *keys;

	if (!keys && (sodium_init() < 0 || !(keys = keys_random())))
		abort();
	check_foreign(keys, data, size);
	if (size >= 2)
		check_ours(keys, data, size);
	return 0;
}
