/* Twilio (and the simulator, which speaks it): the adapter, and what goes out. */
#include "providers/twilio.h"

#include <warmline/fail.h>
#include <warmline/json.h>

/* Seconds a text may wait in Twilio's own queue (ValidityPeriod; its upper bound is not certain).
 */
#define VALIDITY_MAX 14400

static void put_param(char **body, const char *name, const char *value)
{
	char *escaped = form_escape(value);
	char *longer = xasprintf("%s%s%s=%s", *body ? *body : "", *body ? "&" : "", name, escaped);

	free(*body);
	free(escaped);
	*body = longer;
}

void twilio_build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	char validity[24];
	int64_t seconds = text->validity_s;

	*request = (struct provider_request){.method = "POST",
		.type = "application/x-www-form-urlencoded",
		.user = account->id,
		.password = account->secrets[0]};
	request->url =
		xasprintf("%s/2010-04-01/Accounts/%s/Messages.json", account->api_url, account->id);
	put_param(&request->body, "To", text->to);
	put_param(&request->body, "From", text->from);
	put_param(&request->body, "Body", text->body);
	if (text->callback_url)
		put_param(&request->body, "StatusCallback", text->callback_url);
	if (seconds > 0) {
		seconds = seconds > VALIDITY_MAX ? VALIDITY_MAX : seconds;
		text_set(validity, sizeof(validity), "%lld", (long long)seconds);
		put_param(&request->body, "ValidityPeriod", validity);
	}
}

/* Error codes of the REST API and of receipts (providers/twilio.md, table of codes). */
static const struct {
	int code;
	enum answer_kind kind;
} codes[] = {
	{14107, ANSWER_RATE},
	{20429, ANSWER_RATE},
	{21611, ANSWER_RATE},
	{30001, ANSWER_RATE},
	{30017, ANSWER_RATE},
	{30022, ANSWER_RATE},
	{30023, ANSWER_BUSY}, /* daily cap of the brand */
	{30027, ANSWER_BUSY},
	{21610, ANSWER_OPTED_OUT},
	{21211, ANSWER_BAD_NUMBER},
	{21217, ANSWER_BAD_NUMBER},
	{21604, ANSWER_BAD_NUMBER},
	{21614, ANSWER_BAD_NUMBER},
	{21612, ANSWER_BLOCKED},
	{30003, ANSWER_BLOCKED},
	{30004, ANSWER_BLOCKED},
	{30005, ANSWER_BLOCKED},
	{30006, ANSWER_BLOCKED},
	{21617, ANSWER_CONTENT},
	{30007, ANSWER_CONTENT},
};

static enum answer_kind kind_of_code(int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].kind;
	/* Authentication, country, registration, sender ... : a person has to look. */
	return ANSWER_ACCOUNT;
}

/*
 * A 4xx with Twilio's own error object is documented as "not accepted". A 4xx from anybody else
 * on the way (an HTML page of a proxy), 408 and every 5xx tell nothing: Twilio says itself that a
 * POST that got 500 may have sent (errors/20500).
 */
static enum answer_kind kind_of_refusal(int status, const json_t *object, int code)
{
	if (status == 429)
		return ANSWER_RATE;
	if (status < 400 || status > 499 || status == 408)
		return ANSWER_UNKNOWN;
	if (code > 0)
		return kind_of_code(code);
	if (status == 401 || status == 403)
		return ANSWER_ACCOUNT;
	return object && json_object_get(object, "message") ? ANSWER_ACCOUNT : ANSWER_UNKNOWN;
}

void twilio_answer(const struct account *account, int status, const char *body, size_t len,
	struct provider_answer *answer)
{
	json_t *object = len > 0 ? json_parse(body, len) : NULL;
	const char *sid = json_get_text(object, "sid", "");

	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (status >= 200 && status <= 299) {
		if (sid[0] && text_set(answer->provider_id, sizeof(answer->provider_id), "%s", sid))
			answer->kind = ANSWER_ACCEPTED;
		else
			answer->provider_id[0] = '\0';
	} else {
		answer->error = (int)json_get_int(object, "code", 0);
		answer->kind = kind_of_refusal(status, object, answer->error);
	}
	json_decref(object);
}

const struct provider provider_twilio = {
	.name = "twilio",
	.verify = twilio_verify,
	.inbound = twilio_inbound,
	.receipt = twilio_receipt,
	.build = twilio_build,
	.answer = twilio_answer,
};
