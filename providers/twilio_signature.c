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
#include "providers/digest.h"
#include "providers/params.h"
#include "providers/signed_url.h"
#include "providers/twilio.h"

#include <string.h>
#include <warmline/fail.h>

#define SIGNATURE_LENGTH 28

/* URL, then name and value of each parameter. */
static struct digest sign(
	const char *token, const char *url, const struct form *form, enum params_order order)
{
	size_t n, used = 1;
	const struct form_field **sorted = params_sort(form, order, &n);
	struct piece *pieces = xcalloc(1 + 2 * n, sizeof(*pieces));
	struct digest mac;

	pieces[0] = (struct piece){url, strcspn(url, "#")};
	for (size_t i = 0; i < n; i++) {
		pieces[used++] = (struct piece){sorted[i]->name, sorted[i]->name_len};
		pieces[used++] = (struct piece){sorted[i]->value, sorted[i]->value_len};
	}
	mac = digest_hmac(DIGEST_SHA1, token, strlen(token), pieces, used);
	free(pieces);
	free(sorted);
	return mac;
}

void twilio_sign(const char *token, const char *url, const struct form *form, char signature[29])
{
	struct digest mac = sign(token, url, form, PARAMS_UNIQUE);
	char *text = base64_write(mac.bytes, mac.len);

	text_set(signature, 29, "%s", text);
	free(text);
}

static bool matches(const struct account *account, const char *url, const struct form *form,
	const char *given, enum params_order order)
{
	unsigned found = 0;

	for (size_t i = 0; i < account->nsecrets; i++) {
		struct digest mac;

		if (account->secrets[i][0] == '\0')
			continue;
		mac = sign(account->secrets[i], url, form, order);
		found |= digest_is_base64(&mac, given);
	}
	return found != 0;
}

static bool body_hash_fits(const struct webhook *webhook)
{
	const struct form_field *wanted = form_get(webhook->query, "bodySHA256");
	const struct piece body = {webhook->body, webhook->body_len};
	struct digest hash;

	if (!wanted)
		return false;
	hash = digest_of(DIGEST_SHA256, &body, 1);
	return digest_is_hex(&hash, wanted->value, wanted->value_len);
}

bool twilio_signature_holds(const struct account *account, const struct webhook *webhook,
	const char *given, enum params_order order)
{
	bool found;
	char *other;

	if (!given || strlen(given) != SIGNATURE_LENGTH)
		return false;
	if (!webhook->form && webhook->body_len > 0 && !body_hash_fits(webhook))
		return false;
	found = matches(account, webhook->url, webhook->form, given, order);
	if (!found && (other = signed_url_other_port(webhook->url)) != NULL) {
		found = matches(account, other, webhook->form, given, order);
		free(other);
	}
	return found;
}

bool twilio_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	*proof = (struct proof){.signed_s = 0};
	return twilio_signature_holds(account, webhook,
		webhook->header(webhook->headers, "X-Twilio-Signature"), PARAMS_UNIQUE);
}
