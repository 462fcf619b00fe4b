#include "tests/lib/vectors.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <warmline/fail.h>

#define FORM "application/x-www-form-urlencoded"

/* --- one vector ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *header(const void *headers, const char *name)
{
	const json_t *pair;
	size_t i;

	json_array_foreach((const json_t *)headers, i, pair)
	{
		if (strcasecmp(json_string_value(json_array_get(pair, 0)), name) == 0)
			return json_string_value(json_array_get(pair, 1));
	}
	return NULL;
}

static bool is_one_of(const char *const *schemes, const char *scheme)
{
	for (; schemes && *schemes; schemes++)
		if (strcmp(*schemes, scheme) == 0)
			return true;
	return false;
}

static const char *scheme_of(const json_t *json, const struct provider *provider)
{
	const char *algorithm = text_of(json, "algorithm");
	const char *rest = strchr(text_of(json, "scheme"), '-');

	if (*algorithm)
		return algorithm;
	return rest && is_one_of(provider->schemes, rest + 1) ? rest + 1 : "";
}

static void fill_account(
	struct account *account, const json_t *json, const struct provider *provider)
{
	const json_t *key = json_object_get(json, "key");
	const char *secret = text_of(key, "value");

	*account = (struct account){.nsecrets = 1};
	assert_true(text_set(account->kind, sizeof(account->kind), "%s", provider->kind));
	assert_true(text_set(
		account->scheme, sizeof(account->scheme), "%s", scheme_of(json, provider)));
	if (strcmp(text_of(key, "type"), "application_key_and_secret") == 0) {
		size_t len = strcspn(secret, ":");

		assert_int_equal(secret[len], ':');
		assert_true(text_set(account->application, sizeof(account->application), "%.*s",
			(int)len, secret));
		secret += len + 1;
	}
	assert_true(text_set(account->secrets[0], sizeof(account->secrets[0]), "%s", secret) &&
		    *secret);
}

void vector_open(struct vector *vector, const json_t *json, const struct provider *provider)
{
	const json_t *body = json_object_get(json, "body"), *headers;
	const char *url = text_of(json, "url"), *type;
	const char *query = url + strcspn(url, "?#");

	headers = json_object_get(json, "headers");
	type = header(headers, "Content-Type");
	*vector = (struct vector){.form = {NULL, 0, NULL}};
	fill_account(&vector->account, json, provider);
	if (*query == '?')
		query++;
	assert_int_equal(form_parse(&vector->query, query, strcspn(query, "#")), FORM_OK);
	vector->webhook = (struct webhook){.about = ABOUT_TEXT,
		.method = text_of(json, "method"),
		.url = url,
		.header = header,
		.headers = headers,
		.body = json_string_value(body),
		.body_len = json_string_length(body),
		.query = &vector->query,
		.now_s = json_integer_value(json_object_get(json, "now"))};
	if (type && strncasecmp(type, FORM, strlen(FORM)) == 0) {
		assert_int_equal(
			form_parse(&vector->form, vector->webhook.body, vector->webhook.body_len),
			FORM_OK);
		vector->webhook.form = &vector->form;
	}
}

void vector_close(struct vector *vector)
{
	account_clear(&vector->account);
	form_free(&vector->form);
	form_free(&vector->query);
}

static bool accepted(const struct vector *vector, const struct provider *provider)
{
	struct proof proof;

	memset(&proof, 'x', sizeof(proof));
	if (!provider->verify(&vector->account, &vector->webhook, &proof))
		return false;
	assert_non_null(memchr(proof.nonce, '\0', sizeof(proof.nonce)));
	return true;
}

enum vector_result vector_check(const json_t *json, const struct provider *provider)
{
	bool wanted = strcmp(text_of(json, "expect"), "accept") == 0;
	bool optional = strcmp(text_of(json, "level"), "optional") == 0;
	struct vector vector;
	bool found;

	vector_open(&vector, json, provider);
	found = accepted(&vector, provider);
	vector_close(&vector);
	if (found == wanted)
		return VECTOR_HOLDS;
	if (found)
		return VECTOR_FORGED;
	return optional ? VECTOR_SKIPPED : VECTOR_REFUSED;
}

/* --- a file of them -------------------------------------------------------------------------- */

static bool is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at && (at = strcasestr(at, word)) != NULL; at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return !list;
}

static json_t *load(const char *file)
{
	json_error_t error;
	json_t *json = json_load_file(file, JSON_ALLOW_NUL, &error);

	if (!json)
		fail_msg("%s: %s", file, error.text);
	return json;
}

static void note(char **found, const json_t *vector, const char *what)
{
	char *longer = xasprintf("%s\n  %s (%s): %s", *found ? *found : "", text_of(vector, "id"),
		text_of(vector, "name"), what);

	free(*found);
	*found = longer;
}

/* Releases the file first: a failing test does not come back. */
static void end(json_t *json, const char *file, char *found)
{
	json_decref(json);
	if (found)
		fail_msg("%s:%s", file, found);
}

void vectors_run(const char *file, const struct provider *provider, const char *only_schemes)
{
	json_t *json = load(file), *vector;
	size_t i, accepts = 0, rejects = 0;
	char *found = NULL;

	json_array_foreach(json_object_get(json, "vectors"), i, vector)
	{
		enum vector_result result;

		if (!is_listed(only_schemes, text_of(vector, "scheme")))
			continue;
		result = vector_check(vector, provider);
		if (result == VECTOR_REFUSED)
			note(&found, vector, "is refused");
		if (result == VECTOR_FORGED)
			note(&found, vector, "is accepted");
		strcmp(text_of(vector, "expect"), "accept") == 0 ? accepts++ : rejects++;
	}
	end(json, file, found);
	assert_true(accepts > 0);
	assert_true(rejects > 0);
}

/* --- spoiled --------------------------------------------------------------------------------- */

static void spoil_secrets(
	struct vector *vector, const json_t *json, const struct provider *provider, char **found)
{
	static const char *const others[] = {"", "another",
		"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}; /* a public key of RFC 8032 */
	struct account right = vector->account, *account = &vector->account;

	memcpy(account->secrets[1], right.secrets[0], sizeof(right.secrets[0]));
	account->nsecrets = 2;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		text_set(account->secrets[0], sizeof(account->secrets[0]), "%s", others[i]);
		account->nsecrets = 2;
		if (!accepted(vector, provider))
			note(found, json, "the second secret is refused");
		account->nsecrets = 1;
		if (accepted(vector, provider))
			note(found, json, *others[i] ? "another secret" : "an empty secret");
	}
	*account = right;
	account->nsecrets = 0;
	if (accepted(vector, provider))
		note(found, json, "no secret");
	*account = right;
}

static void spoil_header(struct vector *vector, const json_t *json, const struct provider *provider,
	size_t which, char **found)
{
	json_t *headers = json_deep_copy(json_object_get(json, "headers"));
	const json_t *pair = json_array_get(headers, which);
	char *value = xstrdup(json_string_value(json_array_get(pair, 1)));
	const void *right = vector->webhook.headers;

	vector->webhook.headers = headers;
	for (size_t i = 0; value[i]; i++) {
		char good = value[i];

		/* Not by case alone: "bearer" is good. */
		value[i] = good == 'A' || good == 'a' ? 'B' : 'A';
		json_string_set(json_array_get(pair, 1), value);
		if (accepted(vector, provider))
			note(found, json, value);
		value[i] = good;
	}
	json_array_remove(headers, which);
	if (accepted(vector, provider))
		note(found, json, "a header is missing");
	vector->webhook.headers = right;
	json_decref(headers);
	free(value);
}

static bool is_spoiled(const json_t *header, const char *proofs)
{
	const char *name = json_string_value(json_array_get(header, 0));

	if (strchr(json_string_value(json_array_get(header, 1)), ','))
		return false;
	return proofs ? is_listed(proofs, name) : strcasecmp(name, "Content-Type") != 0;
}

static void spoil(
	const json_t *json, const struct provider *provider, const char *proofs, char **found)
{
	const json_t *headers = json_object_get(json, "headers");
	struct vector vector;
	size_t i;

	vector_open(&vector, json, provider);
	spoil_secrets(&vector, json, provider, found);
	for (i = 0; i < json_array_size(headers); i++)
		if (is_spoiled(json_array_get(headers, i), proofs))
			spoil_header(&vector, json, provider, i, found);
	vector_close(&vector);
}

/* Is it one of these, and accepted as it should be? */
static bool is_good(const json_t *vector, const struct provider *provider, const char *schemes)
{
	return is_listed(schemes, text_of(vector, "scheme")) &&
	       strcmp(text_of(vector, "expect"), "accept") == 0 &&
	       vector_check(vector, provider) == VECTOR_HOLDS;
}

void vectors_spoil(const char *file, const struct provider *provider, const char *only_schemes,
	const char *proofs)
{
	json_t *json = load(file), *vector;
	size_t i, spoiled = 0;
	char *found = NULL;

	json_array_foreach(json_object_get(json, "vectors"), i, vector)
	{
		if (!is_good(vector, provider, only_schemes))
			continue;
		spoil(vector, provider, proofs, &found);
		spoiled++;
	}
	end(json, file, found);
	assert_true(spoiled > 0);
}

/* --- tampered with --------------------------------------------------------------------------- */

/* Takes `value`. */
static void tamper(const json_t *json, const struct provider *provider, const char *name,
	char *value, size_t len, char **found)
{
	json_t *other = json_deep_copy(json);

	json_object_set_new(other, name, json_stringn(value, len));
	json_object_set_new(other, "expect", json_string("reject"));
	if (vector_check(other, provider) != VECTOR_HOLDS)
		note(found, json, value);
	json_decref(other);
	free(value);
}

static void tamper_url(
	const json_t *json, const struct provider *provider, unsigned covered, char **found)
{
	const char *url = text_of(json, "url"), *host = strstr(url, "://") + 3;
	size_t path = strcspn(url, "?");
	char *other;

	if (covered & COVERED_URL) {
		other = xasprintf("%.*sa%s", (int)(host - url), url, host);
		tamper(json, provider, "url", other, strlen(other), found);
		other = xasprintf("%.*sa%s", (int)path, url, url + path);
		tamper(json, provider, "url", other, strlen(other), found);
	}
	if (covered & COVERED_QUERY) {
		other = xasprintf("%s%sa=1", url, url[path] ? "&" : "?");
		tamper(json, provider, "url", other, strlen(other), found);
	}
}

static void tamper_body(const json_t *json, const struct provider *provider, char **found)
{
	const json_t *value = json_object_get(json, "body");
	const char *body = json_string_value(value);
	size_t len = json_string_length(value);
	char *other = xcalloc(1, len + 5);

	memcpy(other, body, len);
	memcpy(other + len, "&a=1", 4);
	tamper(json, provider, "body", other, len + 4, found);
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)body[i]))
			continue;
		other = xmemdup(body, len);
		other[i] = body[i] == 'A' ? 'B' : 'A';
		tamper(json, provider, "body", other, len, found);
	}
}

void vectors_tamper(const char *file, const struct provider *provider, const char *only_schemes,
	unsigned covered)
{
	json_t *json = load(file), *vector;
	size_t i, tampered = 0;
	char *found = NULL;

	json_array_foreach(json_object_get(json, "vectors"), i, vector)
	{
		if (!is_good(vector, provider, only_schemes))
			continue;
		tamper_url(vector, provider, covered, &found);
		if (covered & COVERED_BODY)
			tamper_body(vector, provider, &found);
		tampered++;
	}
	end(json, file, found);
	assert_true(tampered > 0);
}
