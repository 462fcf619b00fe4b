/*
 * Plivo's signatures: base64 of HMAC-SHA256 with the auth token. Of the URL both take scheme, host,
 * port and path as configured, without user information, and add a nonce:
 *
 *   V3  URL, then by GET "?" and the query; by POST "?", the query, "." between both, and the
 *       form; then "." and the nonce. Query: name=value joined by "&"; form: names and values one
 *       behind the other; both decoded and sorted. Neither query nor form: nothing but the URL.
 *   V2  URL and nonce. It covers not one word of the text: whoever has seen one signed request can
 *       put other words under it. What is left is the nonce, which is good for one request only.
 *
 * V3 is demanded where its header is there, and everywhere in an account with the scheme "v3".
 * Under "any", the usual one, V2 alone is taken too, because it is what texts are documented to
 * come with. A header may hold several signatures, and "Ma" is made with the main account's token.
 *
 * Not documented: what a nonce looks like. Those seen are digits; what base64 and UUIDs are made of
 * is taken. Never "." or "?": one key signs both, and with them in a nonce what V3 adds to the URL
 * could be passed off as a new nonce of V2, with other words under it.
 */
#include "providers/plivo.h"

#include "providers/digest.h"
#include "providers/params.h"
#include "providers/signed_url.h"

#include <string.h>
#include <warmline/fail.h>

#define SIGNATURE_LENGTH 44
#define NONCE_LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="

struct version {
	bool covers_all;
	const char *signature, *of_main, *nonce; /* headers */
};
static const struct version v3 = {
	true, "X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3", "X-Plivo-Signature-V3-Nonce"};
static const struct version v2 = {
	false, "X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2", "X-Plivo-Signature-V2-Nonce"};

static const char *header(const struct webhook *webhook, const char *name)
{
	return webhook->header(webhook->headers, name);
}

/* --- the signed string ----------------------------------------------------------------------- */

struct pieces {
	struct piece *all;
	size_t n;
};

static void add(struct pieces *to, const char *at, size_t len)
{
	to->all[to->n++] = (struct piece){at, len};
}

static void add_form(
	struct pieces *to, const struct form *form, const char *equals, const char *between)
{
	size_t n;
	const struct form_field **sorted = params_sort(form, PARAMS_SORTED, &n);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			add(to, between, strlen(between));
		add(to, sorted[i]->name, sorted[i]->name_len);
		add(to, equals, strlen(equals));
		add(to, sorted[i]->value, sorted[i]->value_len);
	}
	free(sorted);
}

static void add_parameters(
	struct pieces *to, const struct form *query, const struct form *form, const char *nonce)
{
	bool asks = query && query->n > 0, tells = form && form->n > 0;

	if (asks || tells)
		add(to, "?", 1);
	add_form(to, query, "=", "&");
	if (asks && tells)
		add(to, ".", 1);
	add_form(to, form, "", "");
	add(to, ".", 1);
	add(to, nonce, strlen(nonce));
}

/* Borrows from the webhook; the caller frees the array. */
static bool pieces_of(const struct version *version, const struct webhook *webhook,
	const char *nonce, struct pieces *pieces)
{
	const struct form *query = webhook->query;
	const struct form *form = strcmp(webhook->method, "GET") == 0 ? NULL : webhook->form;
	struct signed_url url;

	if (!signed_url_read(webhook->url, &url))
		return false;
	*pieces = (struct pieces){
		.all = xcalloc(8 + 4 * (query ? query->n : 0) + 4 * (form ? form->n : 0),
			sizeof(struct piece))};
	add(pieces, url.text, (size_t)(strstr(url.text, "://") + 3 - url.text));
	add(pieces, url.text + url.host, url.query - url.host);
	if (version->covers_all)
		add_parameters(pieces, query, form, nonce);
	else
		add(pieces, nonce, strlen(nonce));
	return true;
}

/* --- proving --------------------------------------------------------------------------------- */

static bool nonce_take(
	const struct version *version, const struct webhook *webhook, struct proof *proof)
{
	const char *nonce = header(webhook, version->nonce);

	if (!nonce || *nonce == '\0' || nonce[strspn(nonce, NONCE_LETTERS)] != '\0' ||
		strlen(nonce) >= sizeof(proof->nonce))
		return false;
	return text_set(proof->nonce, sizeof(proof->nonce), "%s", nonce);
}

/* `given` (NULL = none) holds one or several values with commas between them. */
static unsigned is_among(const struct digest *mac, const char *given)
{
	char one[SIGNATURE_LENGTH + 1];
	unsigned found = 0;

	while (given) {
		size_t len = strcspn(given, ",");

		if (len == SIGNATURE_LENGTH) {
			text_set(one, sizeof(one), "%.*s", SIGNATURE_LENGTH, given);
			found |= digest_is_base64(mac, one);
		}
		given = given[len] ? given + len + 1 : NULL;
	}
	return found;
}

static bool matches(const struct account *account, const struct webhook *webhook,
	const struct version *version, const struct pieces *pieces)
{
	unsigned found = 0;

	for (size_t i = 0; i < account->nsecrets; i++) {
		const char *token = account->secrets[i];
		struct digest mac;

		if (*token == '\0')
			continue;
		mac = digest_hmac(DIGEST_SHA256, token, strlen(token), pieces->all, pieces->n);
		found |= is_among(&mac, header(webhook, version->signature));
		found |= is_among(&mac, header(webhook, version->of_main));
	}
	return found != 0;
}

static bool has(const struct webhook *webhook, const struct version *version)
{
	return header(webhook, version->signature) || header(webhook, version->of_main);
}

/* V3 knows two methods, and of bodies only forms that were posted. */
static bool is_covered(const struct webhook *webhook)
{
	if (strcmp(webhook->method, "GET") == 0)
		return webhook->body_len == 0;
	return strcmp(webhook->method, "POST") == 0 && (webhook->form || webhook->body_len == 0);
}

bool plivo_verify(const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	const struct version *version = has(webhook, &v3) ? &v3 : &v2;
	struct pieces pieces;
	bool found;

	*proof = (struct proof){.signed_s = 0};
	if (version == &v2 && strcmp(account->scheme, "v3") == 0)
		return false;
	if (version == &v3 && !is_covered(webhook))
		return false;
	if (!nonce_take(version, webhook, proof) ||
		!pieces_of(version, webhook, proof->nonce, &pieces))
		return false;
	found = matches(account, webhook, version, &pieces);
	free(pieces.all);
	return found;
}
