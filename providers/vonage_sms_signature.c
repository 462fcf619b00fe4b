/*
 * The `sig` parameter of Vonage's SMS API. What is signed: every parameter but `sig`, sorted by
 * name, each as "&name=value", the first too; in values "&" and "=" are written "_". That text with
 * the signature secret behind it through MD5, or an HMAC of it; in hex of either case. Values are
 * taken after decoding.
 *
 * That "a&b", "a=b" and "a_b" have one signature is a weakness of the scheme. Names are written the
 * same way here, though Vonage has none with "&" or "=": else one could swallow its neighbors.
 *
 * Not documented: whether a receipt by GET signs the query that the callback URL had already. So
 * our own three parameters may be signed or not; what counts is client-ref, which is (vonage.h). A
 * signed webhook without `timestamp` or `nonce` is taken: a lost text is
 * worse than one that comes twice, which the message id shows.
 */
#include "providers/vonage_sms.h"

#include "providers/inbound_field.h"
#include "providers/params.h"

#include <ctype.h>
#include <string.h>
#include <warmline/fail.h>

#define NUMBER_SIZE 24

const char *const vonage_sms_schemes[] = {
	"md5hash", "md5hmac", "sha1hmac", "sha256hmac", "sha512hmac", NULL};

/* --- parameters ------------------------------------------------------------------------------ */

/* A member's value as a parameter has it; `number` is room for it. False: it can be none. */
static bool value_of(const json_t *value, char number[NUMBER_SIZE], const char **text, size_t *len)
{
	*text = number;
	if (json_is_string(value))
		*text = json_string_value(value);
	else if (json_is_integer(value))
		text_set(number, NUMBER_SIZE, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		*text = json_is_true(value) ? "true" : "false";
	else
		return false;
	*len = json_is_string(value) ? json_string_length(value) : strlen(*text);
	return true;
}

static const char *keep(char **end, const char *text, size_t len)
{
	char *copy = *end;

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	*end += len + 1;
	return copy;
}

/* Room for names and values; 0: a member is neither text nor number nor flag. */
static size_t room_for(json_t *object)
{
	char number[NUMBER_SIZE];
	size_t room = 1, len;
	const char *name, *text;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (!value_of(value, number, &text, &len))
			return 0;
		room += strlen(name) + len + 2;
	}
	return room;
}

static bool form_of_json(json_t *object, struct form *form, struct fail *fail)
{
	size_t room = json_is_object(object) ? room_for(object) : 0, len = 0;
	char number[NUMBER_SIZE], *end;
	const char *name, *text;
	json_t *value;

	if (room == 0 || json_object_size(object) > FORM_FIELDS)
		return fail_set(fail, "the body is no JSON object of texts and numbers");
	end = form->bytes = xcalloc(1, room);
	form->fields = xcalloc(json_object_size(object), sizeof(*form->fields));
	json_object_foreach(object, name, value)
	{
		struct form_field *field = &form->fields[form->n++];

		value_of(value, number, &text, &len);
		field->name_len = strlen(name);
		field->name = keep(&end, name, field->name_len);
		field->value_len = len;
		field->value = keep(&end, text, len);
	}
	return true;
}

bool sms_params_open(struct sms_params *params, const struct webhook *webhook, struct fail *fail)
{
	json_t *object;
	bool done;

	*params = (struct sms_params){.form = webhook_form(webhook)};
	if (params->form)
		return true;
	if (strcmp(webhook->method, "GET") == 0)
		return fail_set(fail, "there are no parameters");
	object = webhook_json(webhook, fail);
	if (!object)
		return false;
	done = form_of_json(object, &params->made, fail);
	params->form = &params->made;
	json_decref(object);
	return done;
}

void sms_params_close(struct sms_params *params)
{
	form_free(&params->made);
}

/* --- signing --------------------------------------------------------------------------------- */

static bool is_our_own(const struct form_field *field)
{
	return field->name_len == 1 && strchr("ajn", field->name[0]) != NULL;
}

static char *append(char *end, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*end++ = text[i] == '&' || text[i] == '=' ? '_' : text[i];
	return end;
}

/* "&name=value..."; the caller frees. */
static char *signed_text(const struct form *form, bool without_ours, size_t *len)
{
	size_t n, room = 0;
	const struct form_field **sorted = params_sort(form, PARAMS_SORTED, &n);
	char *text, *end;

	for (size_t i = 0; i < n; i++)
		room += sorted[i]->name_len + sorted[i]->value_len + 2;
	text = end = xcalloc(1, room);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(sorted[i]->name, "sig") == 0 || (without_ours && is_our_own(sorted[i])))
			continue;
		*end++ = '&';
		end = append(end, sorted[i]->name, sorted[i]->name_len);
		*end++ = '=';
		end = append(end, sorted[i]->value, sorted[i]->value_len);
	}
	*len = (size_t)(end - text);
	free(sorted);
	return text;
}

/* False when `scheme` is none. "" is the usual one. */
static bool digest_text(
	const char *scheme, const char *secret, const char *text, size_t len, struct digest *digest)
{
	static const enum digest_kind hmacs[] = {
		DIGEST_MD5, DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512};
	const struct piece pieces[] = {{text, len}, {secret, strlen(secret)}};
	size_t i = 0;

	while (*scheme && vonage_sms_schemes[i] && strcmp(vonage_sms_schemes[i], scheme) != 0)
		i++;
	if (!vonage_sms_schemes[i])
		return false;
	*digest = i == 0 ? digest_of(DIGEST_MD5, pieces, 2)
			 : digest_hmac(hmacs[i], secret, strlen(secret), pieces, 1);
	return true;
}

bool vonage_sms_sign(const char *scheme, const char *secret, const struct form *form,
	char hex[2 * DIGEST_MAX + 1])
{
	struct digest digest;
	size_t len;
	char *text = signed_text(form, false, &len);
	bool done = digest_text(scheme, secret, text, len, &digest);

	if (done)
		digest_hex(&digest, hex);
	free(text);
	return done;
}

/* --- verifying ------------------------------------------------------------------------------- */

static bool fits(
	const struct account *account, const struct form *form, const char *sig, bool without_ours)
{
	size_t len;
	char *text = signed_text(form, without_ours, &len);
	unsigned found = 0;

	for (size_t i = 0; i < account->nsecrets; i++) {
		struct digest digest;

		if (*account->secrets[i] &&
			digest_text(account->scheme, account->secrets[i], text, len, &digest))
			found |= digest_is_hex(&digest, sig, strlen(sig));
	}
	free(text);
	return found != 0;
}

/* A receipt by GET to a callback URL of ours, whose query stands between Vonage's parameters. */
static bool has_ours(const struct webhook *webhook, const struct form *form)
{
	return webhook->about == ABOUT_RECEIPT && form == webhook->query &&
	       form_count(form, "a") == 1 && form_count(form, "j") == 1 &&
	       form_count(form, "n") == 1;
}

static bool take_proof(const struct form *form, struct proof *proof)
{
	char seconds[NUMBER_SIZE];

	if (!form_take(form, "nonce", false, proof->nonce, sizeof(proof->nonce), NULL) ||
		!form_take(form, "timestamp", false, seconds, sizeof(seconds), NULL))
		return false;
	if (!seconds_read(seconds, &proof->signed_s))
		proof->signed_s = 0; /* none, or absurd */
	return true;
}

bool vonage_sms_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	char sig[2 * DIGEST_MAX + 1];
	struct sms_params params;
	const struct form *form;
	bool found;

	*proof = (struct proof){.signed_s = 0};
	if (!sms_params_open(&params, webhook, NULL))
		return false;
	form = params.form;
	found = form_take(form, "sig", true, sig, sizeof(sig), NULL);
	for (char *c = sig; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	found = found &&
		(fits(account, form, sig, false) ||
			(has_ours(webhook, form) && fits(account, form, sig, true))) &&
		take_proof(form, proof);
	sms_params_close(&params);
	return found;
}
