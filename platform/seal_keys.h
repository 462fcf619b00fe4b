/* What seal.c and seal_file.c share: the keys in memory. */
#ifndef PLATFORM_SEAL_KEYS_H
#define PLATFORM_SEAL_KEYS_H

#include <sodium.h>
#include <warmline/seal.h>

#define KEY_BYTES          32
#define INSTALLATION_BYTES 16
#define RING_MAX           64

struct ring_key {
	unsigned id; /* 1..65535 */
	unsigned char key[KEY_BYTES];
};

struct keys {
	char installation[INSTALLATION_BYTES * 2 + 1];
	unsigned char blind[KEY_BYTES];
	struct ring_key ring[RING_MAX]; /* newest last */
	size_t nring;
};

struct keys *keys_new(void);       /* empty, in locked memory */
void keys_fill(struct keys *keys); /* new random keys, ring id 1 */

#endif
