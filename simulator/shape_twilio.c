/*
 * Twilio's webhooks (providers/twilio.md): form POST, X-Twilio-Signature over the whole URL and
 * the parameters, I-Twilio-Idempotency-Token; 5 s to connect, 15 s in all; a connection that could
 * not be made is tried once more, nothing else is.
 */
#include <string.h>
#include <warmline/fail.h>
#include <warmline/form.h>
#include <warmline/json.h>
#include <warmline/provider.h>
#include <warmline/sms_text.h>

#include "simulator/shape.h"

static void write_id(const char hex[33], bool pictures, char id[TEXT_ID_SIZE])
{
	(void)text_set(id, TEXT_ID_SIZE, "%s%s", pictures ? "MM" : "SM", hex);
}

/* Appends &name=value to the form, escaped. */
static void put(char **form, const char *name, const char *value)
{
	char *escaped = form_escape(value);
	char *longer = xasprintf("%s%s%s=%s", *form ? *form : "", *form ? "&" : "", name, escaped);

	free(escaped);
	free(*form);
	*form = longer;
}

static void put_number(char **form, const char *name, long long number)
{
	char text[24];

	(void)text_set(text, sizeof(text), "%lld", number);
	put(form, name, text);
}

static void put_media(char **form, const json_t *media)
{
	put_number(form, "NumMedia", (long long)json_array_size(media));
	for (size_t i = 0; i < json_array_size(media); i++) {
		const json_t *one = json_array_get(media, i);
		char name[32];

		(void)text_set(name, sizeof(name), "MediaUrl%zu", i);
		put(form, name, json_get_text(one, "url", ""));
		(void)text_set(name, sizeof(name), "MediaContentType%zu", i);
		put(form, name, json_get_text(one, "content_type", ""));
	}
}

static char *tell_text(const struct typed_text *t)
{
	char *form = xstrdup("ToCountry=US&ToState=&ToCity=&ToZip="
			     "&FromCountry=US&FromState=&FromCity=&FromZip=");
	struct sms_size size = {.segments = 1};

	(void)sms_measure(t->body, &size);
	put(&form, "MessageSid", t->id);
	put(&form, "SmsSid", t->id);
	put(&form, "SmsMessageSid", t->id);
	put(&form, "AccountSid", t->account->id);
	put(&form, "From", t->from);
	put(&form, "To", t->to);
	put(&form, "Body", t->body);
	put_number(&form, "NumSegments", (long long)size.segments);
	put_media(&form, t->media);
	put(&form, "SmsStatus", "received");
	put(&form, "ApiVersion", "2010-04-01");
	if (t->opt_out[0])
		put(&form, "OptOutType", t->opt_out);
	return form;
}

static char *tell_receipt(const struct sent_text *t, const struct receipt *receipt)
{
	const char *status = text_state_name(receipt->state);
	char *form = NULL;

	put(&form, "SmsSid", t->id);
	put(&form, "SmsStatus", status);
	put(&form, "MessageStatus", status);
	put(&form, "To", t->to.text);
	put(&form, "MessageSid", t->id);
	put(&form, "AccountSid", t->account->id);
	put(&form, "From", t->from);
	put(&form, "ApiVersion", "2010-04-01");
	if (receipt->trouble)
		put_number(&form, "ErrorCode", shape_twilio.troubles[receipt->trouble].code);
	if (receipt->state != TEXT_SENT)
		put_number(&form, "RawDlrDoneDate", t->updated_ms / 1000);
	return form;
}

static void seal(const struct letter *letter, int try, struct envelope *envelope)
{
	struct form form = {0};
	char signature[29];

	(void)try;
	if (form_parse(&form, letter->content, strlen(letter->content)) != FORM_OK)
		fail_abort("the carrier wrote a form that it cannot read");
	twilio_sign(letter->account->secrets[0], letter->url, &form, signature);
	form_free(&form);
	envelope->body = xstrdup(letter->content);
	envelope_put(envelope, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
	envelope_put(envelope, "User-Agent", "TwilioProxy/1.1");
	envelope_put(envelope, "Accept", "*/*");
	envelope_put(envelope, "X-Twilio-Signature", signature);
	envelope_put(envelope, "I-Twilio-Idempotency-Token", letter->token);
}

static const char *const opt_in[] = {"START", "UNSTOP", "YES", NULL};

const struct shape shape_twilio = {
	.kind = "twilio",
	.opt_in = opt_in,
	.troubles =
		{
			[TROUBLE_UNREACHABLE] = {30003, "Unreachable destination handset"},
			[TROUBLE_OPTED_OUT] = {21610, "Attempt to send to unsubscribed recipient"},
		},
	.patience = {.connect_ms = 5000, .total_ms = 15000, .tries = 2},
	.write_id = write_id,
	.tell_text = tell_text,
	.tell_receipt = tell_receipt,
	.seal = seal,
};
