/*
 * Twilio's webhooks in our words. Runs after the signature was right, so a request that does not
 * fit is a misunderstanding, not an attack: as little as possible is refused.
 */
#include "providers/inbound_field.h"
#include "providers/twilio.h"

#include <sodium.h>
#include <string.h>
#include <warmline/actor.h>
#include <warmline/control.h>
#include <warmline/fail.h>

#define STATUS_SIZE  24
#define BASE64_LEAST 24

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
		len > 0 && words_are_utf8((const char *)plain, len)) {
		plain[len] = '\0';
		return (char *)plain;
	}
	free(plain);
	return NULL;
}

/* What every webhook of ours has: the account it is for and the message it is about. */
static bool take_message(const struct account *account, const struct form *form, char *sid,
	size_t size, struct fail *fail)
{
	char id[96];

	if (!form)
		return fail_set(fail, "the body is no form");
	if (!form_take(form, "AccountSid", true, id, sizeof(id), fail) ||
		!form_take(form, "MessageSid", true, sid, size, fail))
		return false;
	if (strcmp(id, account->id) != 0)
		return fail_set(fail, "AccountSid is of another account");
	return is_id(sid) ? true : fail_set(fail, "MessageSid is malformed");
}

/* A link that is missing, repeated or absurd is left out: the words still count. */
static bool take_media(const struct form *form, struct inbound_text *text, struct fail *fail)
{
	char name[32], count[12];
	long n;

	if (!form_take(form, "NumMedia", false, count, sizeof(count), fail))
		return false;
	if (count[strspn(count, "0123456789")] != '\0')
		return fail_set(fail, "NumMedia is no number");
	n = strtol(count, NULL, 10);
	for (int i = 0; i < MEDIA_MOST && i < n; i++) {
		const struct form_field *url, *type;

		text_set(name, sizeof(name), "MediaUrl%d", i);
		url = form_get(form, name);
		text_set(name, sizeof(name), "MediaContentType%d", i);
		type = form_get(form, name);
		if (url)
			media_add(text, url->value, url->value_len, type ? type->value : NULL,
				type ? type->value_len : 0);
	}
	return true;
}

static bool take_body(const struct form *form, struct inbound_text *text, struct fail *fail)
{
	const struct form_field *body = form_get(form, "Body");

	if (body && strncmp(text->provider_id, "MM", 2) == 0)
		text->body = base64_text(body);
	return text->body ? true : form_take_words(form, "Body", text, fail);
}

/* The provider's id of the message, never its words: two equal "help" are two events (C1). */
static void set_event_id(const struct account *account, struct inbound_text *text)
{
	char hash[24];

	if (control_on("dedupe-by-text")) {
		text_set(hash, sizeof(hash), "%llx", (unsigned long long)text_hash(text->body));
		event_id_set(text->event_id, account->kind, account, hash, "text");
		return;
	}
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
}

static bool take_text(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail)
{
	const struct form *form = webhook_form(webhook);
	const char *token;
	char opt_out[32];

	if (!take_message(account, form, text->provider_id, sizeof(text->provider_id), fail) ||
		!form_take(form, "From", true, text->from, sizeof(text->from), fail) ||
		!form_take(form, "To", true, text->to, sizeof(text->to), fail) ||
		!form_take(form, "OptOutType", false, opt_out, sizeof(opt_out), fail) ||
		!take_body(form, text, fail) || !take_media(form, text, fail))
		return false;
	opt_out_set(text, opt_out);
	token = webhook->header(webhook->headers, "I-Twilio-Idempotency-Token");
	if (token && !text_set(text->token, sizeof(text->token), "%s", token))
		text->token[0] = '\0';
	set_event_id(account, text);
	return true;
}

void twilio_set_state(struct inbound_receipt *receipt, const char *told, int error)
{
	static const struct status_word states[] = {{"sent", "sent"}, {"delivered", "delivered"},
		{"partially_delivered", "sent"}, {"undelivered", "undelivered"},
		{"failed", "failed"}, {"canceled", "failed"}, {"read", "read"}};

	receipt_set(receipt, STATUS_WORD(states, told), error,
		error ? twilio_code(error) : ANSWER_UNKNOWN);
}

static bool take_receipt(const struct account *account, const struct webhook *webhook,
	struct inbound_receipt *receipt, struct fail *fail)
{
	const struct form *form = webhook_form(webhook);
	char told[STATUS_SIZE];

	if (!take_message(account, form, receipt->provider_id, sizeof(receipt->provider_id), fail))
		return false;
	if (!form_take(form, form_count(form, "MessageStatus") ? "MessageStatus" : "SmsStatus",
		    true, told, sizeof(told), fail))
		return false;
	if (!is_id(told))
		return fail_set(fail, "MessageStatus is malformed");
	form_take(form, "To", false, receipt->to, sizeof(receipt->to), NULL);
	twilio_set_state(receipt, told, form_take_number(form, "ErrorCode"));
	ours_take(webhook->query, receipt);
	event_id_set(receipt->event_id, account->kind, account, receipt->provider_id, told);
	return true;
}

bool twilio_read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	if (webhook->about == ABOUT_RECEIPT)
		return take_receipt(account, webhook, inbound_add_receipt(inbound), fail);
	return take_text(account, webhook, inbound_add_text(inbound), fail);
}
