#include "providers/inbound_field.h"

#include <string.h>
#include <warmline/actor.h>
#include <warmline/control.h>
#include <warmline/fail.h>

#define MEDIA_URL 2048
#define WORDS_MAX 16384          /* bytes: ten long texts joined */
#define REPLACED  "\xef\xbf\xbd" /* U+FFFD */

/* --- words ----------------------------------------------------------------------------------- */

/* Length of the valid UTF-8 sequence at `text`, 0 when there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = text[0] < 0x80   ? 1
		   : text[0] < 0xc2 ? 0
		   : text[0] < 0xe0 ? 2
		   : text[0] < 0xf0 ? 3
				    : 4;
	uint32_t c = n == 1 ? text[0] : text[0] & (0x7fU >> n);

	if (n == 0 || n > len || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

char *words_repair(const char *value, size_t len, bool *repaired)
{
	const unsigned char *text = (const unsigned char *)value;
	char *fixed = xcalloc(1, 3 * len + 1), *out = fixed;

	for (size_t i = 0; i < len;) {
		size_t n = text[i] ? utf8_length(text + i, len - i) : 0;

		if (n == 0) {
			memcpy(out, REPLACED, 3);
			out += 3;
			i++;
			*repaired = true;
		} else {
			memcpy(out, text + i, n);
			out += n;
			i += n;
		}
	}
	*out = '\0';
	return fixed;
}

bool words_are_utf8(const char *value, size_t len)
{
	const unsigned char *text = (const unsigned char *)value;

	for (size_t i = 0, n; i < len; i += n) {
		n = text[i] >= ' ' || text[i] == '\n' || text[i] == '\r'
			    ? utf8_length(text + i, len - i)
			    : 0;
		if (n == 0)
			return false;
	}
	return true;
}

bool is_id(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_-.+=")] == '\0';
}

static bool take_bytes(const char *name, const char *value, size_t len, bool needed, char *to,
	size_t size, struct fail *fail)
{
	if (memchr(value, '\0', len) || len >= size || (needed && len == 0))
		return fail_set(fail, "%s is empty, too long or malformed", name);
	memcpy(to, value, len);
	to[len] = '\0';
	return true;
}

bool words_take(const char *name, const char *value, size_t len, struct inbound_text *text,
	struct fail *fail)
{
	if (len > WORDS_MAX) {
		fail_set(fail, "%s is longer than any text", name);
		return false; /* clang's analyzer does not know that fail_set() is */
	}
	text->body = words_repair(value, len, &text->repaired);
	return true;
}

/* --- forms ----------------------------------------------------------------------------------- */

const struct form *webhook_form(const struct webhook *webhook)
{
	return strcmp(webhook->method, "GET") == 0 ? webhook->query : webhook->form;
}

bool form_take(const struct form *form, const char *name, bool needed, char *to, size_t size,
	struct fail *fail)
{
	const struct form_field *field = form_get(form, name);

	to[0] = '\0';
	if (field)
		return take_bytes(name, field->value, field->value_len, needed, to, size, fail);
	if (form_count(form, name) > 1)
		return fail_set(fail, "%s is there more than once", name);
	return needed ? fail_set(fail, "%s is missing", name) : true;
}

bool form_take_id(
	const struct form *form, const char *name, char *to, size_t size, struct fail *fail)
{
	if (!form_take(form, name, true, to, size, fail))
		return false;
	return is_id(to) ? true : fail_set(fail, "%s is malformed", name);
}

static int number_of(const char *text, size_t len)
{
	int number = 0;

	if (len == 0 || len > 9)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

int form_take_number(const struct form *form, const char *name)
{
	const struct form_field *field = form_get(form, name);

	return field ? number_of(field->value, field->value_len) : 0;
}

bool form_take_words(
	const struct form *form, const char *name, struct inbound_text *text, struct fail *fail)
{
	const struct form_field *field = form_get(form, name);

	if (!field)
		return fail_set(fail, "%s is %s", name,
			form_count(form, name) ? "there more than once" : "missing");
	return words_take(name, field->value, field->value_len, text, fail);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* Four hex digits at `text`, -1 when they are none. */
static int hex4(const char *text)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int value = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return -1;
		value = value << 4 | (int)((digit - digits) & 15);
	}
	return value;
}

/* The escape at `text`, which is NUL-ended; a lone half of a pair is overwritten. Its length. */
static size_t repair_escape(char *text)
{
	static const char replaced[4] = {'f', 'f', 'f', 'd'};
	int half = text[1] == 'u' ? hex4(text + 2) : -1;

	if (half < 0)
		return text[1] ? 2 : 1;
	if (half >= 0xd800 && half <= 0xdbff && text[6] == '\\' && text[7] == 'u' &&
		(hex4(text + 8) & 0xfc00) == 0xdc00)
		return 12;
	if (half >= 0xd800 && half <= 0xdfff)
		memcpy(text + 2, replaced, sizeof(replaced));
	return 6;
}

/* As most of the words as can be read; the caller frees. */
static char *repair_json(const char *text, size_t len)
{
	bool bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0, repaired = false;
	char *fixed = words_repair(text + (bom ? 3 : 0), len - (bom ? 3 : 0), &repaired);

	for (char *at = strchr(fixed, '\\'); at; at = strchr(at, '\\'))
		at += repair_escape(at);
	return fixed;
}

json_t *webhook_json(const struct webhook *webhook, struct fail *fail)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_error_t error;
	json_t *json = json_loadb(webhook->body, webhook->body_len, flags, &error);

	if (!json && webhook->body_len > 0) {
		char *fixed = repair_json(webhook->body, webhook->body_len);

		json = json_loads(fixed, flags, &error);
		free(fixed);
	}
	if (!json)
		fail_set(fail, "the body is no JSON (line %d)", error.line);
	return json;
}

bool json_take(const json_t *object, const char *name, bool needed, char *to, size_t size,
	struct fail *fail)
{
	const json_t *value = json_object_get(object, name);

	to[0] = '\0';
	if (json_is_string(value))
		return take_bytes(name, json_string_value(value), json_string_length(value), needed,
			to, size, fail);
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return text_set(to, size, "%lld", (long long)json_integer_value(value))
			       ? true
			       : fail_set(fail, "%s is too long", name);
	if (!value || json_is_null(value))
		return needed ? fail_set(fail, "%s is missing", name) : true;
	return fail_set(fail, "%s is no text", name);
}

bool json_take_id(const json_t *object, const char *name, char *to, size_t size, struct fail *fail)
{
	if (!json_take(object, name, true, to, size, fail))
		return false;
	return is_id(to) ? true : fail_set(fail, "%s is malformed", name);
}

int json_take_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
		json_integer_value(value) <= 999999999)
		return (int)json_integer_value(value);
	return json_is_string(value)
		       ? number_of(json_string_value(value), json_string_length(value))
		       : 0;
}

bool json_take_words(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value)) {
		fail_set(fail, "%s is %s", name, value ? "no text" : "missing");
		return false;
	}
	if (!words_take(name, json_string_value(value), json_string_length(value), text, fail))
		return false;
	text->repaired = text->repaired || strstr(text->body, REPLACED);
	return true;
}

bool json_take_words_if_any(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail)
{
	const json_t *value = json_object_get(object, name);

	if (value && !json_is_null(value))
		return json_take_words(object, name, text, fail);
	text->body = xstrdup("");
	return true;
}

bool json_take_subject(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail)
{
	struct inbound_text subject = {.body = NULL};
	char *both;

	if (!json_is_string(json_object_get(object, name)))
		return true;
	if (!json_take_words(object, name, &subject, fail))
		return false;
	both = xasprintf(
		"%s%s%s", subject.body, *subject.body && *text->body ? "\n" : "", text->body);
	free(subject.body);
	free(text->body);
	text->body = both;
	text->repaired = text->repaired || subject.repaired;
	return true;
}

static void media_add_json(struct inbound_text *text, const json_t *url, const json_t *type)
{
	if (json_is_string(url))
		media_add(text, json_string_value(url), json_string_length(url),
			json_string_value(type), json_string_length(type));
}

void json_take_media(
	const json_t *list, const char *url, const char *type, struct inbound_text *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_is_object(one))
			media_add_json(text, json_object_get(one, url), json_object_get(one, type));
		else
			media_add_json(text, one, NULL);
	}
}

/* --- both ------------------------------------------------------------------------------------ */

void media_add(
	struct inbound_text *text, const char *url, size_t len, const char *type, size_t type_len)
{
	bool repaired = false;
	char *link, *kind;
	json_t *one;

	if (len == 0 || len > MEDIA_URL || json_array_size(text->media) >= MEDIA_MOST)
		return;
	link = words_repair(url, len, &repaired);
	kind = words_repair(type ? type : "", type && type_len < 128 ? type_len : 0, &repaired);
	one = json_object();
	json_object_set_new(one, "url", json_string(link));
	json_object_set_new(one, "type", json_string(kind));
	if (!text->media)
		text->media = json_array();
	json_array_append_new(text->media, one);
	free(link);
	free(kind);
}

void opt_out_set(struct inbound_text *text, const char *told)
{
	if (strcmp(told, "STOP") == 0 || strcmp(told, "START") == 0 || strcmp(told, "HELP") == 0)
		text_set(text->opt_out, sizeof(text->opt_out), "%s", told);
}

void ours_take(const struct form *query, struct inbound_receipt *receipt)
{
	if (!query || !form_take(query, "a", true, receipt->actor, sizeof(receipt->actor), NULL) ||
		!form_take(query, "j", true, receipt->job, sizeof(receipt->job), NULL)) {
		receipt->actor[0] = '\0';
		receipt->job[0] = '\0';
		return;
	}
	receipt->attempt = form_take_number(query, "n");
}

void tag_set(char *tag, size_t size, const struct outbound_text *text)
{
	text_set(tag, size, "%s.%d", text->job, text->attempt);
}

bool ours_of_tag(const char *tag, struct inbound_receipt *receipt)
{
	const char *dot = strrchr(tag, '.');
	struct actor_id id;
	char job[sizeof(receipt->job)], actor[sizeof(receipt->actor)];

	if (!dot || !number_of(dot + 1, strlen(dot + 1)) ||
		!text_set(job, sizeof(job), "%.*s", (int)(dot - tag), tag) || !strchr(job, '.') ||
		!text_set(actor, sizeof(actor), "%.*s", (int)strcspn(job, "."), job) ||
		!actor_parse(actor, &id))
		return false;
	text_set(receipt->actor, sizeof(receipt->actor), "%s", actor);
	text_set(receipt->job, sizeof(receipt->job), "%s", job);
	receipt->attempt = number_of(dot + 1, strlen(dot + 1));
	return true;
}

const char *status_word(const struct status_word *words, size_t n, const char *told)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].told, told) == 0)
			return words[i].status;
	return "queued";
}

void receipt_set(
	struct inbound_receipt *receipt, const char *status, int error, enum answer_kind why)
{
	text_set(receipt->status, sizeof(receipt->status), "%s", status);
	receipt->error = error;
	if (strcmp(status, "undelivered") == 0 || strcmp(status, "failed") == 0)
		receipt->why = why;
}

bool seconds_read(const char *text, int64_t *seconds)
{
	size_t len = strlen(text);

	if (len == 0 || len > 18 || text[strspn(text, "0123456789")] != '\0')
		return false;
	*seconds = strtoll(text, NULL, 10);
	return true;
}

void event_id_set(char id[EVENT_ID_SIZE], const char *kind, const struct account *account,
	const char *message_id, const char *what)
{
	text_set(id, EVENT_ID_SIZE, "%s:%s:%s:%s", kind, account->id, message_id, what);
}

void number_plus(char *number, size_t size)
{
	size_t n = strlen(number);

	/* Not documented: where a short code ends. E.164 numbers have more than eight digits but
	 * for a few islands, which write the plus. */
	if (n < 9 || n + 1 >= size || number[strspn(number, "0123456789")] != '\0')
		return;
	memmove(number + 1, number, n + 1);
	number[0] = '+';
}

const char *number_bare(const char *e164)
{
	return *e164 == '+' ? e164 + 1 : e164;
}
