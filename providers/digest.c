#include "providers/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>
#include <warmline/fail.h>

/* Fetched once: looking an algorithm up costs more than a short digest (performance.md). */
static const EVP_MD *algorithm(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5: return EVP_md5();
	case DIGEST_SHA1: return EVP_sha1();
	case DIGEST_SHA256: return EVP_sha256();
	case DIGEST_SHA384: return EVP_sha384();
	default: return EVP_sha512();
	}
}

/* The pieces one behind the other; the caller frees. */
static unsigned char *join(const struct piece *pieces, size_t n, size_t *len)
{
	unsigned char *whole, *at;

	*len = 0;
	for (size_t i = 0; i < n; i++)
		*len += pieces[i].len;
	at = whole = xcalloc(1, *len + 1);
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len > 0)
			memcpy(at, pieces[i].at, pieces[i].len);
		at += pieces[i].len;
	}
	return whole;
}

struct digest digest_of(enum digest_kind kind, const struct piece *pieces, size_t n)
{
	struct digest digest = {.len = 0};
	unsigned int len = 0;
	size_t size;
	unsigned char *whole = join(pieces, n, &size);

	if (!EVP_Digest(whole, size, digest.bytes, &len, algorithm(kind), NULL))
		fail_abort("a digest is not available in this libcrypto");
	digest.len = len;
	free(whole);
	return digest;
}

struct digest digest_hmac(enum digest_kind kind, const void *key, size_t key_len,
	const struct piece *pieces, size_t n)
{
	struct digest digest = {.len = 0};
	unsigned int len = 0;
	size_t size;
	unsigned char *whole = join(pieces, n, &size);

	if (!HMAC(algorithm(kind), key, (int)key_len, whole, size, digest.bytes, &len))
		fail_abort("HMAC is not available in this libcrypto");
	digest.len = len;
	free(whole);
	return digest;
}

bool digest_is_base64(const struct digest *digest, const char *given)
{
	char expected[DIGEST_MAX * 2];

	sodium_bin2base64(expected, sizeof(expected), digest->bytes, digest->len,
		sodium_base64_VARIANT_ORIGINAL);
	return strlen(given) == strlen(expected) &&
	       CRYPTO_memcmp(expected, given, strlen(expected)) == 0;
}

void digest_hex(const struct digest *digest, char hex[2 * DIGEST_MAX + 1])
{
	sodium_bin2hex(hex, 2 * DIGEST_MAX + 1, digest->bytes, digest->len);
}

bool digest_is_hex(const struct digest *digest, const char *given, size_t len)
{
	char hex[2 * DIGEST_MAX + 1];

	digest_hex(digest, hex);
	return len == 2 * digest->len && CRYPTO_memcmp(hex, given, len) == 0;
}

void hash_id(char id[HASH_ID_SIZE], const char *const *texts, size_t n)
{
	struct piece *pieces = xcalloc(n, sizeof(*pieces));
	char hex[2 * DIGEST_MAX + 1];
	struct digest digest;

	for (size_t i = 0; i < n; i++)
		pieces[i] = (struct piece){texts[i], strlen(texts[i]) + 1};
	digest = digest_of(DIGEST_SHA256, pieces, n);
	digest_hex(&digest, hex);
	text_set(id, HASH_ID_SIZE, "hash.%.40s", hex);
	free(pieces);
}

static bool read_variant(
	const char *text, size_t len, unsigned char *to, size_t size, size_t *read, int variant)
{
	const char *end = NULL;

	return sodium_base642bin(to, size, text, len, NULL, read, &end, variant) == 0 &&
	       end == text + len;
}

bool base64_read(const char *text, size_t len, unsigned char *to, size_t size, size_t *read)
{
	return read_variant(text, len, to, size, read, sodium_base64_VARIANT_ORIGINAL);
}

bool base64url_read(const char *text, size_t len, unsigned char *to, size_t size, size_t *read)
{
	return read_variant(text, len, to, size, read, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static char *write_variant(const void *bytes, size_t len, int variant)
{
	size_t size = sodium_base64_encoded_len(len, variant);
	char *text = xcalloc(1, size);

	return sodium_bin2base64(text, size, bytes, len, variant);
}

char *base64_write(const void *bytes, size_t len)
{
	return write_variant(bytes, len, sodium_base64_VARIANT_ORIGINAL);
}

char *base64url_write(const void *bytes, size_t len)
{
	return write_variant(bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool secret_equals(const char *secret, const char *given)
{
	size_t len = strlen(given);

	return strlen(secret) == len && CRYPTO_memcmp(secret, given, len) == 0;
}
