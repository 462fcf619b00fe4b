#include "simulator/shape.h"

#include <sodium.h>
#include <string.h>
#include <warmline/fail.h>

const struct shape *shape_of(const struct account *account)
{
	static const struct shape *const all[] = {&shape_twilio, &shape_telnyx};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->kind, account->kind) == 0)
			return all[i];
	fail_abort("the carrier does not speak %s", account->kind);
}

void envelope_put(struct envelope *envelope, const char *name, const char *value)
{
	size_t i = 0;

	while (i < ENVELOPE_HEADERS && envelope->headers[i].name)
		i++;
	if (i == ENVELOPE_HEADERS || !text_set(envelope->headers[i].value,
					     sizeof(envelope->headers[i].value), "%s", value))
		fail_abort("a webhook has more headers than there is room for");
	envelope->headers[i].name = name;
}

/* --- ids of texts ------------------------------------------------------------------------- */

void text_id_make(const struct account *account, bool pictures, char id[TEXT_ID_SIZE])
{
	unsigned char random[16];
	char hex[33];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	shape_of(account)->write_id(hex, pictures, id);
}

static bool is_sid(const char *id)
{
	return (strncmp(id, "SM", 2) == 0 || strncmp(id, "MM", 2) == 0) && strlen(id) == 34;
}

static bool is_uuid(const char *id)
{
	return strlen(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-';
}

bool text_id_read(
	const struct account *account, const char *given, bool pictures, char id[TEXT_ID_SIZE])
{
	char hex[33];
	size_t n = 0;

	if (!is_sid(given) && !is_uuid(given))
		return false;
	pictures = is_sid(given) ? given[0] == 'M' : pictures;
	for (const char *at = is_sid(given) ? given + 2 : given; *at; at++) {
		if (*at == '-')
			continue;
		if (n == sizeof(hex) - 1)
			return false;
		hex[n++] = *at;
	}
	hex[n] = '\0';
	if (n != sizeof(hex) - 1 || strspn(hex, "0123456789abcdef") != n)
		return false;
	shape_of(account)->write_id(hex, pictures, id);
	return true;
}
