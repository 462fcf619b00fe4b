/*
 * Sealed value: version (1), key id (2, little-endian), nonce (24), box (plain + 16).
 * The associated data of the box is version and key id as written, then a hash of the installation
 * and of what the value is: no byte of a sealed value can be changed, and it opens nowhere else.
 * The key file is read and written by seal_file.c.
 */
#include "platform/seal_keys.h"

#include <limits.h>

#define SEAL_VERSION 1
#define HEAD_SIZE    3
#define NONCE_SIZE   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE     crypto_aead_xchacha20poly1305_ietf_ABYTES
#define OVERHEAD     (HEAD_SIZE + NONCE_SIZE + TAG_SIZE)
#define WHAT_SIZE    32
#define BLIND_BYTES  ((BLIND_SIZE - 1) / 2)

struct keys *keys_new(void)
{
	struct keys *keys;

	if (sodium_init() < 0)
		fail_abort("libsodium does not start: the system gives no random numbers");
	/* Own locked pages, left out of core dumps; wiped by sodium_free(). */
	keys = sodium_malloc(sizeof(*keys));
	if (!keys)
		fail_abort("out of memory");
	sodium_memzero(keys, sizeof(*keys));
	return keys;
}

void keys_fill(struct keys *keys)
{
	unsigned char id[INSTALLATION_BYTES];

	randombytes_buf(id, sizeof(id));
	sodium_bin2hex(keys->installation, sizeof(keys->installation), id, sizeof(id));
	randombytes_buf(keys->blind, sizeof(keys->blind));
	keys->ring[0].id = 1;
	randombytes_buf(keys->ring[0].key, sizeof(keys->ring[0].key));
	keys->nring = 1;
}

struct keys *keys_random(void)
{
	struct keys *keys = keys_new();

	keys_fill(keys);
	return keys;
}

void keys_free(struct keys **keys)
{
	if (!keys || !*keys)
		return;
	sodium_free(*keys);
	*keys = NULL;
}

const char *keys_installation(const struct keys *keys)
{
	return keys->installation;
}

void keys_blind(const struct keys *keys, const char *e164, char blind[BLIND_SIZE])
{
	unsigned char hash[BLIND_BYTES];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)e164, strlen(e164),
		keys->blind, sizeof(keys->blind));
	sodium_bin2hex(blind, BLIND_SIZE, hash, sizeof(hash));
}

/* From the blind key, which stays when the ring turns; one step away, so no token is a blind. */
void keys_derive(const struct keys *keys, const char *purpose, char token[33])
{
	static const unsigned char step[] = "warmline token key 1";
	unsigned char key[KEY_BYTES], hash[16];

	crypto_generichash(
		key, sizeof(key), step, sizeof(step) - 1, keys->blind, sizeof(keys->blind));
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)purpose, strlen(purpose), key,
		sizeof(key));
	sodium_bin2hex(token, 33, hash, sizeof(hash));
	sodium_memzero(key, sizeof(key));
}

static void bound_to(const struct keys *keys, const char *what, const uint8_t head[HEAD_SIZE],
	unsigned char ad[HEAD_SIZE + WHAT_SIZE])
{
	crypto_generichash_state state;

	memcpy(ad, head, HEAD_SIZE);
	crypto_generichash_init(&state, NULL, 0, WHAT_SIZE);
	crypto_generichash_update(
		&state, (const unsigned char *)keys->installation, (size_t)INSTALLATION_BYTES * 2);
	crypto_generichash_update(&state, (const unsigned char *)what, strlen(what));
	crypto_generichash_final(&state, ad + HEAD_SIZE, WHAT_SIZE);
}

size_t sealed_size(size_t plain)
{
	return plain + OVERHEAD;
}

void seal(const struct keys *keys, const char *what, const void *plain, size_t len, uint8_t *out)
{
	const struct ring_key *key = &keys->ring[keys->nring - 1];
	unsigned char ad[HEAD_SIZE + WHAT_SIZE];
	uint8_t *nonce = out + HEAD_SIZE;

	out[0] = SEAL_VERSION;
	out[1] = (uint8_t)(key->id & 0xff);
	out[2] = (uint8_t)(key->id >> 8);
	randombytes_buf(nonce, NONCE_SIZE);
	bound_to(keys, what, out, ad);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		nonce + NONCE_SIZE, NULL, plain, len, ad, sizeof(ad), NULL, nonce, key->key);
}

static const struct ring_key *ring_find(const struct keys *keys, unsigned id)
{
	for (size_t i = keys->nring; i-- > 0;)
		if (keys->ring[i].id == id)
			return &keys->ring[i];
	return NULL;
}

long unseal(const struct keys *keys, const char *what, const void *sealed, size_t len, char *plain)
{
	const uint8_t *in = sealed;
	unsigned char ad[HEAD_SIZE + WHAT_SIZE];
	const struct ring_key *key;
	unsigned long long n = 0;

	if (len < OVERHEAD || len > LONG_MAX || in[0] != SEAL_VERSION)
		return -1;
	key = ring_find(keys, in[1] | (unsigned)in[2] << 8);
	if (!key)
		return -1;
	bound_to(keys, what, in, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)plain, &n, NULL,
		    in + HEAD_SIZE + NONCE_SIZE, len - HEAD_SIZE - NONCE_SIZE, ad, sizeof(ad),
		    in + HEAD_SIZE, key->key))
		return -1;
	plain[n] = '\0';
	return (long)n;
}
