/*
 * The two signatures of Sinch; which one a webhook has is seen in its headers.
 *  - x-sinch-webhook-signature (texts): HMAC-SHA256 over "body.nonce.timestamp". Only digits are
 *    taken as timestamp and no nonce with a dot in it: then the last two dots are the joints, and
 *    no other split of the same bytes has the same signature.
 *  - "Authorization: Application key:signature" (calls): HMAC-SHA256 over method, MD5 of the body,
 *    content type, x-timestamp and path, with the secret decoded from base64. The key is
 *    `application:`, or else `account:`. The signature is its own nonce.
 * Neither is refused for its age here: the gateway knows what is fresh.
 */
#include "providers/digest.h"
#include "providers/inbound_field.h"
#include "providers/signed_url.h"
#include "providers/sinch.h"

#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

/* --- the webhook's signature ----------------------------------------------------------------- */

static const char *header_of(const struct webhook *webhook, const char *name)
{
	return webhook->header(webhook->headers, name);
}

/* The joints of the signed bytes can be in one place only. */
static bool joints_hold(const char *nonce, const char *timestamp, struct proof *proof)
{
	return nonce && timestamp && *nonce && !strchr(nonce, '.') &&
	       seconds_read(timestamp, &proof->signed_s) &&
	       text_set(proof->nonce, sizeof(proof->nonce), "%s", nonce);
}

static bool webhook_holds(const struct account *account, const struct webhook *webhook,
	const char *given, struct proof *proof)
{
	const char *nonce = header_of(webhook, "x-sinch-webhook-signature-nonce");
	const char *timestamp = header_of(webhook, "x-sinch-webhook-signature-timestamp");
	const char *algorithm = header_of(webhook, "x-sinch-webhook-signature-algorithm");
	unsigned found = 0;

	if (!joints_hold(nonce, timestamp, proof) ||
		(algorithm && strcmp(algorithm, "HmacSHA256") != 0))
		return false;
	for (size_t i = 0; i < account->nsecrets; i++) {
		const char *secret = account->secrets[i];
		const struct piece pieces[] = {{webhook->body, webhook->body_len}, {".", 1},
			{nonce, strlen(nonce)}, {".", 1}, {timestamp, strlen(timestamp)}};
		struct digest mac;

		if (!*secret)
			continue;
		mac = digest_hmac(DIGEST_SHA256, secret, strlen(secret), pieces, 5);
		found |= digest_is_base64(&mac, given);
	}
	return found != 0;
}

/* --- the application's signature ------------------------------------------------------------- */

/* "Application key:signature" with our key → the signature, else NULL. */
static const char *application_signature(const struct account *account, const char *header)
{
	const char *key = *account->application ? account->application : account->id;
	size_t len = strlen(key);

	if (!header || strncasecmp(header, "Application ", 12) != 0 || len == 0)
		return NULL;
	header += 12;
	return strncmp(header, key, len) == 0 && header[len] == ':' ? header + len + 1 : NULL;
}

/* "2026-02-16T09:36:07.0000000Z" */
static bool moment_read(const char *text, int64_t *seconds)
{
	struct tm tm = {.tm_isdst = 0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest || (*rest != '.' && *rest != 'Z'))
		return false;
	*seconds = (int64_t)timegm(&tm);
	return true;
}

/* What is signed, owned by the caller; NULL when the URL is none. An empty body has no MD5. */
static char *application_text(const struct webhook *webhook, const char *timestamp)
{
	const struct piece body = {webhook->body, webhook->body_len};
	const char *type = header_of(webhook, "Content-Type");
	struct digest md5 = digest_of(DIGEST_MD5, &body, 1);
	struct signed_url url;
	char *hash, *text;

	if (!signed_url_read(webhook->url, &url))
		return NULL;
	hash = base64_write(md5.bytes, webhook->body_len > 0 ? md5.len : 0);
	text = xasprintf("%s\n%s\n%s\nx-timestamp:%s\n%.*s", webhook->method, hash,
		type ? type : "", timestamp, (int)(url.query - url.path), url.text + url.path);
	free(hash);
	return text;
}

static bool secret_fits(const char *secret, const char *text, const char *given)
{
	const struct piece piece = {text, strlen(text)};
	unsigned char key[SECRET_SIZE];
	struct digest mac;
	size_t len = 0;
	bool fits = false;

	if (base64_read(secret, strlen(secret), key, sizeof(key), &len) && len > 0) {
		mac = digest_hmac(DIGEST_SHA256, key, len, &piece, 1);
		fits = digest_is_base64(&mac, given);
	}
	explicit_bzero(key, sizeof(key));
	return fits;
}

static bool application_holds(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *given = application_signature(account, header_of(webhook, "Authorization"));
	const char *timestamp = header_of(webhook, "x-timestamp");
	unsigned found = 0;
	char *text;

	if (!given || !timestamp || !moment_read(timestamp, &proof->signed_s))
		return false;
	text = application_text(webhook, timestamp);
	for (size_t i = 0; text && i < account->nsecrets; i++)
		found |= secret_fits(account->secrets[i], text, given);
	free(text);
	return found && text_set(proof->nonce, sizeof(proof->nonce), "%s", given);
}

bool sinch_verify(const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const char *given = header_of(webhook, "x-sinch-webhook-signature");

	*proof = (struct proof){.signed_s = 0};
	return given ? webhook_holds(account, webhook, given, proof)
		     : application_holds(account, webhook, proof);
}
