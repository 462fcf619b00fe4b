#include "gateway/nonce.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <warmline/fail.h>

/*
 * One word each: the upper half names the nonce, the lower half its request. A slot is chosen by
 * the nonce; a newer one of the same slot takes it over. Keyed, so that nobody can aim at a slot.
 */
struct table {
	unsigned char key[crypto_generichash_KEYBYTES];
	_Atomic uint64_t seen[NONCES];
};

static struct table *table;

void nonces_open(void)
{
	void *shared = mmap(
		NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		fail_abort("no memory for the workers' table of nonces");
	if (table)
		munmap(table, sizeof(*table));
	table = shared;
	randombytes_buf(table->key, sizeof(table->key));
}

static void put(crypto_generichash_state *hash, const void *bytes, size_t len)
{
	crypto_generichash_update(hash, bytes, len);
}

static uint64_t hash_of(const char *first, const char *second, const void *third, size_t len)
{
	unsigned char out[16];
	crypto_generichash_state hash;
	uint64_t number;

	crypto_generichash_init(&hash, table->key, sizeof(table->key), sizeof(out));
	put(&hash, first, strlen(first) + 1);
	put(&hash, second, strlen(second) + 1);
	put(&hash, third, len);
	crypto_generichash_final(&hash, out, sizeof(out));
	memcpy(&number, out, sizeof(number));
	return number;
}

bool nonce_take(const struct account *account, const char *nonce, const struct webhook *webhook)
{
	uint64_t name, request, mine, known;
	_Atomic uint64_t *slot;

	if (!*nonce)
		return true;
	name = hash_of(account->name, nonce, "", 0);
	request = hash_of(webhook->method, webhook->url, webhook->body, webhook->body_len);
	slot = &table->seen[name % NONCES];
	mine = (name & 0xffffffff00000000U) | (request >> 32);
	known = atomic_exchange(slot, mine);
	if (known == 0 || known >> 32 != mine >> 32 || known == mine)
		return true;
	atomic_store(slot, known); /* the first one keeps it */
	return false;
}
