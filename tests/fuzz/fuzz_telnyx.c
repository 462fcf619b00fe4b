/*
 * Telnyx' adapter on anything that reads like a request (provider_fuzz.h). Besides: whatever the
 * body is, its signature is good for it, and for no other body and time.
 */
#include "tests/fuzz/provider_fuzz.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

#define NOW 1760000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *header(const void *headers, const char *name)
{
	if (strcasecmp(name, "telnyx-timestamp") == 0)
		return "1760000000";
	return strcasecmp(name, "telnyx-signature-ed25519") == 0 ? headers : NULL;
}

static bool verified(const struct account *account, const struct webhook *webhook)
{
	struct proof proof;

	return provider_telnyx.verify(account, webhook, &proof);
}

static void check_signature(
	const struct account *account, const unsigned char *key, const uint8_t *data, size_t size)
{
	uint8_t *body = xmemdup(data, size);
	char signature[89];
	struct webhook webhook = {.header = header,
		.headers = signature,
		.body = body,
		.body_len = size,
		.now_s = NOW};

	telnyx_sign(key, "1760000000", data, size, signature);
	if (!verified(account, &webhook))
		abort();
	webhook.now_s = NOW + 301;
	if (verified(account, &webhook))
		abort();
	webhook.now_s = NOW;
	if (size > 0) {
		body[size / 2] ^= 1;
		if (verified(account, &webhook))
			abort();
	}
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char seed[crypto_sign_SEEDBYTES] = "a key for nothing but this";
	unsigned char key[crypto_sign_SECRETKEYBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
	struct account account = {.kind = "telnyx", .id = "acct-1", .nsecrets = 1};

	crypto_sign_seed_keypair(public_key, key, seed);
	sodium_bin2base64(account.secrets[0], SECRET_SIZE, public_key, sizeof(public_key),
		sodium_base64_VARIANT_ORIGINAL);
	check_signature(&account, key, data, size);
	return provider_fuzz(&provider_telnyx, &account, data, size);
}
