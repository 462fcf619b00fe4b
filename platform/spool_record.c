#include "platform/spool_record.h"

#include "platform/spool_crc.h"

#define COPY_SIZE    512
#define RECORD_MAGIC 0x31524c57u /* "WLR1" */
#define AT_SEGMENT   8
#define AT_FOLDER    16
#define AT_OWNER     32
#define AT_FIRST     64
#define AT_CREATED   72
#define AT_PROOF     80
#define AT_CRC       (COPY_SIZE - 4)

static const char title[] = "WLJRNL1\n";
static const char proof[] = "journal";

static uint32_t u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

uint64_t spool_u64(const void *p)
{
	return u32(p) | (uint64_t)u32((const uint8_t *)p + 4) << 32;
}

void spool_put64(void *p, uint64_t value)
{
	put32(p, (uint32_t)value);
	put32((uint8_t *)p + 4, (uint32_t)(value >> 32));
}

/* --- header ----------------------------------------------------------------------------------- */

struct place {
	char text[100];
};

static struct place place_of(const struct spool_header *header, uint64_t sequence)
{
	static const char digits[] = "0123456789abcdef";
	char id[SPOOL_FOLDER_ID * 2 + 1] = "";
	struct place place;

	for (size_t i = 0; i < SPOOL_FOLDER_ID; i++) {
		id[2 * i] = digits[header->folder[i] >> 4];
		id[2 * i + 1] = digits[header->folder[i] & 15];
	}
	text_set(place.text, sizeof(place.text), "spool|%s|%llu|%llu", id,
		(unsigned long long)header->segment, (unsigned long long)sequence);
	return place;
}

void spool_header_write(const struct keys *keys, const struct spool_header *header, uint8_t *out)
{
	struct place place = place_of(header, 0); /* no record has sequence 0 */

	memset(out, 0, SPOOL_HEADER_SIZE);
	memcpy(out, title, sizeof(title) - 1);
	spool_put64(out + AT_SEGMENT, header->segment);
	memcpy(out + AT_FOLDER, header->folder, SPOOL_FOLDER_ID);
	memcpy(out + AT_OWNER, keys_installation(keys), 32);
	spool_put64(out + AT_FIRST, header->first);
	spool_put64(out + AT_CREATED, (uint64_t)header->created_ms);
	seal(keys, place.text, proof, sizeof(proof), out + AT_PROOF);
	put32(out + AT_CRC, spool_crc(out, AT_CRC));
	memcpy(out + COPY_SIZE, out, COPY_SIZE);
}

static bool proof_opens(
	const struct keys *keys, const struct spool_header *header, const uint8_t *in)
{
	char plain[128];
	struct place place = place_of(header, 0);
	size_t len = sealed_size(sizeof(proof));

	return unseal(keys, place.text, in + AT_PROOF, len, plain) == (long)sizeof(proof) &&
	       memcmp(plain, proof, sizeof(proof)) == 0;
}

static enum spool_header_state copy_read(
	const struct keys *keys, const uint8_t *in, struct spool_header *header)
{
	if (memcmp(in, title, 6) != 0 || u32(in + AT_CRC) != spool_crc(in, AT_CRC))
		return SPOOL_HEADER_DAMAGED;
	if (memcmp(in, title, sizeof(title) - 1) != 0)
		return SPOOL_HEADER_NEWER;
	header->segment = spool_u64(in + AT_SEGMENT);
	memcpy(header->folder, in + AT_FOLDER, SPOOL_FOLDER_ID);
	memcpy(header->installation, in + AT_OWNER, 32);
	header->installation[32] = '\0';
	header->first = spool_u64(in + AT_FIRST);
	header->created_ms = (int64_t)spool_u64(in + AT_CREATED);
	return proof_opens(keys, header, in) ? SPOOL_HEADER_GOOD : SPOOL_HEADER_KEY;
}

enum spool_header_state spool_header_read(
	const struct keys *keys, const uint8_t *in, struct spool_header *header)
{
	enum spool_header_state state = copy_read(keys, in, header);
	size_t i = 0;

	if (state == SPOOL_HEADER_DAMAGED)
		state = copy_read(keys, in + COPY_SIZE, header);
	if (state != SPOOL_HEADER_DAMAGED)
		return state;
	while (i < SPOOL_HEADER_SIZE && !in[i])
		i++;
	return i < SPOOL_HEADER_SIZE ? SPOOL_HEADER_DAMAGED : SPOOL_HEADER_EMPTY;
}

/* --- record ----------------------------------------------------------------------------------- */

static size_t filled(size_t sealed)
{
	return SPOOL_RECORD_HEAD + (sealed + 7) / 8 * 8;
}

size_t spool_record_size(size_t plain)
{
	return filled(sealed_size(plain));
}

void spool_record_write(const struct keys *keys, const struct spool_header *header,
	uint64_t sequence, const void *plain, size_t len, uint8_t *out)
{
	struct place place = place_of(header, sequence);
	size_t sealed = sealed_size(len), size = filled(sealed);

	put32(out, RECORD_MAGIC);
	put32(out + 8, (uint32_t)sealed);
	put32(out + 12, 0);
	spool_put64(out + 16, sequence);
	memset(out + size - 8, 0, 8);
	seal(keys, place.text, plain, len, out + SPOOL_RECORD_HEAD);
	put32(out + 4, spool_crc(out + 8, size - 8));
}

size_t spool_record_read(const struct keys *keys, const struct spool_header *header,
	const uint8_t *in, size_t room, char *plain, struct spool_record *record)
{
	struct place place;
	size_t sealed;
	long n;

	if (room < SPOOL_RECORD_HEAD || u32(in) != RECORD_MAGIC)
		return 0;
	sealed = u32(in + 8);
	if (sealed < sealed_size(SPOOL_PLAIN_HEAD) ||
		sealed > sealed_size(SPOOL_PLAIN_HEAD + SPOOL_RECORD_MAX) ||
		filled(sealed) > room || u32(in + 4) != spool_crc(in + 8, filled(sealed) - 8))
		return 0;
	record->sequence = spool_u64(in + 16);
	place = place_of(header, record->sequence);
	n = unseal(keys, place.text, in + SPOOL_RECORD_HEAD, sealed, plain);
	if (n < SPOOL_PLAIN_HEAD)
		return 0;
	record->kind = (enum spool_kind)(unsigned char)plain[0];
	record->written_ms = (int64_t)spool_u64(plain + 1);
	record->data = plain + SPOOL_PLAIN_HEAD;
	record->len = (size_t)n - SPOOL_PLAIN_HEAD;
	return filled(sealed);
}
