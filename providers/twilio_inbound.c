/*
 * Twilio's webhooks in our words. Runs after the signature was right, so a request that does not
 * fit is a misunderstanding, not an attack: as little as possible is refused.
 */
#include "providers/twilio.h"

#include <sodium.h>
#include <warmline/actor.h>
#include <warmline/control.h>
#include <warmline/fail.h>

#define MEDIA_MAX    10 /* Twilio's own limit */
#define MEDIA_URL    2048
#define STATUS_SIZE  24
#define BASE64_LEAST 24

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

/* A copy that is valid UTF-8 without NUL: what is not becomes U+FFFD, one for each byte. */
static char *repair(const char *value, size_t len, bool *repaired)
{
	const unsigned char *text = (const unsigned char *)value;
	char *fixed = xcalloc(1, 3 * len + 1), *out = fixed;

	for (size_t i = 0; i < len;) {
		size_t n = text[i] ? utf8_length(text + i, len - i) : 0;

		if (n == 0) {
			memcpy(out, "\xef\xbf\xbd", 3);
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

static bool is_utf8_text(const unsigned char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = text[i] >= ' ' || text[i] == '\n' || text[i] == '\r'
			    ? utf8_length(text + i, len - i)
			    : 0;
		if (n == 0)
			return false;
	}
	return true;
}

/*
 * Now and then a long SMS arrives as an MMS whose Body is base64 of the text (providers/twilio.md).
 * The crisis screen must see the words. Words that people type are no padded base64 of UTF-8.
 */
static char *base64_text(const struct form_field *body)
{
	unsigned char *plain;
	size_t len = 0;

	if (body->value_len < BASE64_LEAST || body->value_len % 4 != 0)
		return NULL;
	plain = xcalloc(1, body->value_len);
	if (sodium_base642bin(plain, body->value_len, body->value, body->value_len, NULL, &len,
		    NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
		len > 0 && is_utf8_text(plain, len)) {
		plain[len] = '\0';
		return (char *)plain;
	}
	free(plain);
	return NULL;
}

/* The one value of a parameter that we read; repeated is refused, NUL inside too. */
static bool take(const struct form *form, const char *name, bool needed, char *to, size_t size,
	struct fail *fail)
{
	const struct form_field *field = form_get(form, name);

	to[0] = '\0';
	if (!field) {
		if (form_count(form, name) > 1)
			return fail_set(fail, "%s is there more than once", name);
		return needed ? fail_set(fail, "%s is missing", name) : true;
	}
	if (memchr(field->value, '\0', field->value_len) || field->value_len >= size ||
		(needed && field->value_len == 0))
		return fail_set(fail, "%s is empty, too long or malformed", name);
	memcpy(to, field->value, field->value_len + 1);
	return true;
}

static bool is_word(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_-")] == '\0';
}

/* What every webhook of ours has: the account it is for and the message it is about. */
static bool take_message(const struct account *account, const struct form *form, char *sid,
	size_t size, struct fail *fail)
{
	char id[64];

	if (!form)
		return fail_set(fail, "the body is no form");
	if (!take(form, "AccountSid", true, id, sizeof(id), fail) ||
		!take(form, "MessageSid", true, sid, size, fail))
		return false;
	if (strcmp(id, account->id) != 0)
		return fail_set(fail, "AccountSid is of another account");
	return is_word(sid) ? true : fail_set(fail, "MessageSid is malformed");
}

static bool take_count(const struct form *form, int *count, struct fail *fail)
{
	char text[12];

	*count = 0;
	if (!take(form, "NumMedia", false, text, sizeof(text), fail))
		return false;
	if (text[strspn(text, "0123456789")] != '\0')
		return fail_set(fail, "NumMedia is no number");
	for (const char *c = text; *c && *count < MEDIA_MAX; c++)
		*count = *count * 10 + (*c - '0');
	if (*count > MEDIA_MAX)
		*count = MEDIA_MAX;
	return true;
}

static void put_media(json_t *media, const struct form_field *url, const struct form_field *type)
{
	bool repaired = false;
	char *link = repair(url->value, url->value_len, &repaired);
	char *kind = type ? repair(type->value, type->value_len, &repaired) : xstrdup("");
	json_t *one = json_object();

	json_object_set_new(one, "url", json_string(link));
	json_object_set_new(one, "type", json_string(kind));
	json_array_append_new(media, one);
	free(link);
	free(kind);
}

/* A link that is missing, repeated or absurd is left out: the words still count. */
static bool take_media(const struct form *form, struct inbound_text *text, struct fail *fail)
{
	char name[32];
	int count;

	if (!take_count(form, &count, fail))
		return false;
	for (int i = 0; i < count; i++) {
		const struct form_field *url;

		text_set(name, sizeof(name), "MediaUrl%d", i);
		url = form_get(form, name);
		if (!url || url->value_len == 0 || url->value_len > MEDIA_URL)
			continue;
		text_set(name, sizeof(name), "MediaContentType%d", i);
		if (!text->media)
			text->media = json_array();
		put_media(text->media, url, form_get(form, name));
	}
	return true;
}

static bool take_body(const struct form *form, struct inbound_text *text, struct fail *fail)
{
	const struct form_field *body = form_get(form, "Body");

	if (!body)
		return fail_set(fail, "Body is %s",
			form_count(form, "Body") ? "there more than once" : "missing");
	if (strncmp(text->provider_id, "MM", 2) == 0)
		text->body = base64_text(body);
	if (!text->body)
		text->body = repair(body->value, body->value_len, &text->repaired);
	return true;
}

/* The provider's id of the message, never its words: two equal "help" are two events (C1). */
static void set_event_id(const struct account *account, struct inbound_text *text)
{
	if (control_on("dedupe-by-text")) {
		unsigned long long hash = text_hash(text->body);

		text_set(text->event_id, sizeof(text->event_id), "twilio:%s:%llx:text", account->id,
			hash);
		return;
	}
	text_set(text->event_id, sizeof(text->event_id), "twilio:%s:%s:text", account->id,
		text->provider_id);
}

static bool take_text(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail)
{
	const struct form *form = webhook->form;
	const char *token;
	char opt_out[32];

	if (!take_message(account, form, text->provider_id, sizeof(text->provider_id), fail) ||
		!take(form, "From", true, text->from, sizeof(text->from), fail) ||
		!take(form, "To", true, text->to, sizeof(text->to), fail) ||
		!take(form, "OptOutType", false, opt_out, sizeof(opt_out), fail) ||
		!take_body(form, text, fail) || !take_media(form, text, fail))
		return false;
	if (strcmp(opt_out, "STOP") == 0 || strcmp(opt_out, "START") == 0 ||
		strcmp(opt_out, "HELP") == 0)
		text_set(text->opt_out, sizeof(text->opt_out), "%s", opt_out);
	token = webhook->header(webhook->headers, "I-Twilio-Idempotency-Token");
	if (token && !text_set(text->token, sizeof(text->token), "%s", token))
		text->token[0] = '\0';
	set_event_id(account, text);
	return true;
}

bool twilio_inbound(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail)
{
	*text = (struct inbound_text){.body = NULL};
	if (take_text(account, webhook, text, fail))
		return true;
	inbound_text_clear(text);
	return false;
}

/* Twilio may add states: what is not known here changes nothing but is kept. */
static const char *status_of(const char *told)
{
	static const char *const map[][2] = {{"sent", "sent"}, {"delivered", "delivered"},
		{"partially_delivered", "sent"}, {"undelivered", "undelivered"},
		{"failed", "failed"}, {"canceled", "failed"}, {"read", "read"}};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (strcmp(map[i][0], told) == 0)
			return map[i][1];
	return "queued";
}

static int take_number(const struct form *form, const char *name)
{
	const struct form_field *field = form_get(form, name);
	long number = 0;

	if (field && field->value_len > 0 && field->value_len < 9 &&
		field->value[strspn(field->value, "0123456789")] == '\0')
		number = strtol(field->value, NULL, 10);
	return (int)number;
}

/* Our own ids in the callback URL (twilio_build's caller put them there); the signature covers it.
 */
static void take_ours(const struct form *query, struct inbound_receipt *receipt)
{
	if (!query || !take(query, "a", true, receipt->actor, sizeof(receipt->actor), NULL) ||
		!take(query, "j", true, receipt->job, sizeof(receipt->job), NULL)) {
		receipt->actor[0] = '\0';
		receipt->job[0] = '\0';
		return;
	}
	receipt->attempt = take_number(query, "n");
}

bool twilio_receipt(const struct account *account, const struct webhook *webhook,
	struct inbound_receipt *receipt, struct fail *fail)
{
	const struct form *form = webhook->form;
	char told[STATUS_SIZE];

	*receipt = (struct inbound_receipt){.attempt = 0};
	if (!take_message(account, form, receipt->provider_id, sizeof(receipt->provider_id), fail))
		return false;
	if (!take(form, form_count(form, "MessageStatus") ? "MessageStatus" : "SmsStatus", true,
		    told, sizeof(told), fail))
		return false;
	if (!is_word(told))
		return fail_set(fail, "MessageStatus is malformed");
	text_set(receipt->status, sizeof(receipt->status), "%s", status_of(told));
	receipt->error = take_number(form, "ErrorCode");
	take_ours(webhook->query, receipt);
	text_set(receipt->event_id, sizeof(receipt->event_id), "twilio:%s:%s:%s", account->id,
		receipt->provider_id, told);
	return true;
}
