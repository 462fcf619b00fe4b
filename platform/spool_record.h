/*
 * The journal on disk. Integers are little-endian.
 *
 * Segment: header twice (512 bytes each: one lost sector does not cost the segment), then records
 * one behind the other, each filled with zeros to 8 bytes; zeros up to the end of the file.
 *
 * Header: "WLJRNL1\n", segment u64, folder id 16, installation 32, first sequence u64, created
 * ms u64, a sealed value that opens only with the right key ring, zeros, CRC-32C of all before.
 * Record: magic u32, CRC-32C u32 of all that follows with filling, length u32 of the sealed
 * payload, zero u32, sequence u64, sealed payload = kind u8, written ms u64, data. Associated
 * data "spool|<folder id>|<segment>|<sequence>": a record counts only where it was written.
 */
#ifndef PLATFORM_SPOOL_RECORD_H
#define PLATFORM_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/seal.h>

#define SPOOL_HEADER_SIZE 1024
#define SPOOL_RECORD_HEAD 24
#define SPOOL_PLAIN_HEAD  9                 /* kind, written ms */
#define SPOOL_RECORD_MAX  ((size_t)4 << 20) /* bytes of data in one record */
#define SPOOL_FOLDER_ID   16

enum spool_kind {
	SPOOL_EVENT = 1, /* what was appended */
	SPOOL_DONE = 2,  /* u64 sequences that the store has */
	SPOOL_OPEN =
		3, /* u64 limit, then u64 sequences: of all up to the limit only these are open */
};

struct spool_header {
	uint64_t segment;
	uint8_t folder[SPOOL_FOLDER_ID];
	char installation[33];
	uint64_t first; /* no record of this segment has a smaller sequence */
	int64_t created_ms;
};

enum spool_header_state {
	SPOOL_HEADER_GOOD,
	SPOOL_HEADER_EMPTY, /* zeros: died while it was made; nothing was ever acknowledged in it */
	SPOOL_HEADER_DAMAGED, /* both copies */
	SPOOL_HEADER_NEWER,   /* written by a newer warmline */
	SPOOL_HEADER_KEY,     /* sealed with keys that we do not have */
};

struct spool_record {
	enum spool_kind kind;
	uint64_t sequence;
	int64_t written_ms;
	const char *data; /* in the buffer given to spool_record_read() */
	size_t len;
};

uint64_t spool_u64(const void *p);
void spool_put64(void *p, uint64_t value);

void spool_header_write(const struct keys *keys, const struct spool_header *header, uint8_t *out);
/* `in` has SPOOL_HEADER_SIZE bytes. With _KEY `header` is filled as well. */
enum spool_header_state spool_header_read(
	const struct keys *keys, const uint8_t *in, struct spool_header *header);

size_t spool_record_size(size_t plain);
/* `plain` begins with kind and written ms. Writes spool_record_size(len) bytes. */
void spool_record_write(const struct keys *keys, const struct spool_header *header,
	uint64_t sequence, const void *plain, size_t len, uint8_t *out);
/* Size of the record at `in`, 0 = there is no whole record. `plain` has room for `room` bytes. */
size_t spool_record_read(const struct keys *keys, const struct spool_header *header,
	const uint8_t *in, size_t room, char *plain, struct spool_record *record);

#endif
