/*
 * Keys and sealing. One key file per installation (0600, made at first start): a ring of data
 * keys, the key of the blind index, the installation id. XChaCha20-Poly1305 (libsodium) with a
 * random nonce; sealed value = version byte, key id, nonce, box. The associated data says what
 * the value is and whose ("doc|p2a-…"), so a value moved elsewhere does not open.
 *
 * The file is text: "warmline-keys 1", "installation <hex>", "blind <hex>", "ring <id> <hex>"
 * (newest last; new values use the newest, old ones stay readable).
 */
#ifndef WARMLINE_SEAL_H
#define WARMLINE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/actor.h>
#include <warmline/fail.h>

struct keys;

bool keys_create(const char *path, struct fail *fail); /* refuses when the file exists */
/* Refuses other permissions than 0600/0400, unknown versions, short keys, with what to do. */
struct keys *keys_load(const char *path, struct fail *fail);
struct keys *keys_random(void); /* for tests and the demo: never stored */
void keys_free(struct keys **keys);

const char *keys_installation(const struct keys *keys); /* 32 hex digits */
void keys_blind(const struct keys *keys, const char *e164, char blind[BLIND_SIZE]);
/* 32 hex digits that belong to this installation and `purpose`: the simulator's token. */
void keys_derive(const struct keys *keys, const char *purpose, char token[33]);

size_t sealed_size(size_t plain);
/* Writes sealed_size(len) bytes to `out`. */
void seal(const struct keys *keys, const char *what, const void *plain, size_t len, uint8_t *out);
/* Opens in `plain` (sealed length is enough room; NUL is added); -1 = not ours or damaged. */
long unseal(const struct keys *keys, const char *what, const void *sealed, size_t len, char *plain);

#endif
