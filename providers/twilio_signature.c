/*
 * X-Twilio-Signature: base64 of HMAC-SHA1 over the URL that Twilio was told to call, and for a
 * form over every parameter, names sorted by bytes, name and value after decoding; equal pairs
 * count once, a repeated name stands before each of its values. Everything is counted with
 * lengths: values may hold NUL.
 *
 * Twilio's own libraries take the URL with and without its port, so both are tried here. A JSON
 * body is covered by `bodySHA256` in the signed URL; any other body that is no form is covered by
 * nothing and refused.
 */
#include "providers/twilio.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <warmline/fail.h>

#define SIGNATURE_LENGTH 28
#define SHA256_HEX       ((size_t)2 * SHA256_DIGEST_LENGTH)

struct bytes {
	unsigned char *at;
	size_t len;
};

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order == 0 && a_len != b_len)
		order = a_len < b_len ? -1 : 1;
	return order;
}

static int by_name_then_value(const void *x, const void *y)
{
	const struct form_field *a = *(const struct form_field *const *)x;
	const struct form_field *b = *(const struct form_field *const *)y;
	int order = compare(a->name, a->name_len, b->name, b->name_len);

	return order ? order : compare(a->value, a->value_len, b->value, b->value_len);
}

static void put(struct bytes *to, const char *bytes, size_t len)
{
	if (len > 0)
		memcpy(to->at + to->len, bytes, len);
	to->len += len;
}

/* The parameters as they are signed. The caller frees `at`; `room` bytes are left before them. */
static struct bytes canonical(const struct form *form, size_t room)
{
	size_t n = form ? form->n : 0, size = room;
	const struct form_field **sorted = xcalloc(n, sizeof(struct form_field *));
	struct bytes text = {NULL, room};

	for (size_t i = 0; i < n; i++) {
		sorted[i] = &form->fields[i];
		size += sorted[i]->name_len + sorted[i]->value_len;
	}
	qsort(sorted, n, sizeof(struct form_field *), by_name_then_value);
	text.at = xcalloc(1, size + 1);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && by_name_then_value(&sorted[i - 1], &sorted[i]) == 0)
			continue;
		put(&text, sorted[i]->name, sorted[i]->name_len);
		put(&text, sorted[i]->value, sorted[i]->value_len);
	}
	free(sorted);
	return text;
}

static void sign_bytes(const char *token, const unsigned char *text, size_t len, char signature[29])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len = 0;

	if (!HMAC(EVP_sha1(), token, (int)strlen(token), text, len, mac, &mac_len) || mac_len != 20)
		fail_abort("HMAC-SHA1 is not available in this libcrypto");
	EVP_EncodeBlock((unsigned char *)signature, mac, 20);
}

void twilio_sign(const char *token, const char *url, const struct form *form, char signature[29])
{
	size_t url_len = strcspn(url, "#");
	struct bytes text = canonical(form, url_len);

	memcpy(text.at, url, url_len);
	sign_bytes(token, text.at, text.len, signature);
	free(text.at);
}

/* Where host ends and where the port (with its colon) ends; false when `url` has no scheme. */
static bool split_url(const char *url, const char **host_end, const char **port_end, bool *https)
{
	const char *host = strstr(url, "://");
	const char *stop, *at, *colon;

	if (!host)
		return false;
	*https = strncmp(url, "https:", 6) == 0;
	host += 3;
	stop = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(stop - host));
	if (at)
		host = at + 1;
	if (*host == '[' && memchr(host, ']', (size_t)(stop - host)))
		host = memchr(host, ']', (size_t)(stop - host));
	colon = memchr(host, ':', (size_t)(stop - host));
	*host_end = colon ? colon : stop;
	*port_end = stop;
	return true;
}

/* The same URL with its port taken off, or, when it has none, with the scheme's own port. */
static char *other_port(const char *url)
{
	const char *host_end, *port_end;
	bool https;

	if (!split_url(url, &host_end, &port_end, &https))
		return NULL;
	return xasprintf("%.*s%s%s", (int)(host_end - url), url,
		host_end < port_end ? "" : (https ? ":443" : ":80"), port_end);
}

static bool matches(const struct account *account, const char *url, const struct bytes *params,
	const char *given)
{
	size_t url_len = strcspn(url, "#");
	unsigned char *text = xcalloc(1, url_len + params->len + 1);
	unsigned int found = 0;
	char expected[29];

	memcpy(text, url, url_len);
	if (params->len > 0)
		memcpy(text + url_len, params->at, params->len);
	for (size_t i = 0; i < account->nsecrets; i++) {
		if (account->secrets[i][0] == '\0')
			continue;
		sign_bytes(account->secrets[i], text, url_len + params->len, expected);
		found |= CRYPTO_memcmp(expected, given, SIGNATURE_LENGTH) == 0;
	}
	free(text);
	return found != 0;
}

static bool body_hash_fits(const struct webhook *webhook)
{
	const struct form_field *wanted = form_get(webhook->query, "bodySHA256");
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char hex[SHA256_HEX + 1];

	if (!wanted || wanted->value_len != SHA256_HEX)
		return false;
	SHA256(webhook->body, webhook->body_len, hash);
	for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++)
		text_set(hex + 2 * i, 3, "%02x", hash[i]);
	return CRYPTO_memcmp(hex, wanted->value, SHA256_HEX) == 0;
}

bool twilio_verify(const struct account *account, const struct webhook *webhook)
{
	const char *given = webhook->header(webhook->headers, "X-Twilio-Signature");
	struct bytes params;
	bool found;
	char *other;

	if (!given || strlen(given) != SIGNATURE_LENGTH || account->nsecrets == 0)
		return false;
	if (!webhook->form && webhook->body_len > 0 && !body_hash_fits(webhook))
		return false;
	params = canonical(webhook->form, 0);
	found = matches(account, webhook->url, &params, given);
	if (!found && (other = other_port(webhook->url)) != NULL) {
		found = matches(account, other, &params, given);
		free(other);
	}
	free(params.at);
	return found;
}
