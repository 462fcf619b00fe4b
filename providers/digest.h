/*
 * Digests, and comparing them: what every scheme of signatures is made of. All comparisons take as
 * long for a wrong value as for a right one. Lengths count; bytes may be NUL.
 */
#ifndef PROVIDERS_DIGEST_H
#define PROVIDERS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX 64

struct piece {
	const void *at;
	size_t len;
};
struct digest {
	unsigned char bytes[DIGEST_MAX];
	size_t len;
};

enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

/* Of the pieces one behind the other. */
struct digest digest_of(enum digest_kind kind, const struct piece *pieces, size_t n);
struct digest digest_hmac(enum digest_kind kind, const void *key, size_t key_len,
	const struct piece *pieces, size_t n);

/* Is `given` this digest, written in base64 (standard alphabet, padded, nothing around it)? */
bool digest_is_base64(const struct digest *digest, const char *given);
bool digest_is_hex(const struct digest *digest, const char *given, size_t len); /* lower case */
void digest_hex(const struct digest *digest, char hex[2 * DIGEST_MAX + 1]);     /* lower case */

#define HASH_ID_SIZE 48
/* "hash." and 40 hex digits, of the texts with their ends: an id where a provider gives none. */
void hash_id(char id[HASH_ID_SIZE], const char *const *texts, size_t n);

/* Strict base64, standard alphabet with padding; false when it is anything else or too long. */
bool base64_read(const char *text, size_t len, unsigned char *to, size_t size, size_t *read);
/* The same for base64url without padding (RFC 7515). */
bool base64url_read(const char *text, size_t len, unsigned char *to, size_t size, size_t *read);
/* Owned by the caller. */
char *base64_write(const void *bytes, size_t len);
char *base64url_write(const void *bytes, size_t len);

/* Equal texts, in a time that depends on the length of `given` only. */
bool secret_equals(const char *secret, const char *given);

#endif
