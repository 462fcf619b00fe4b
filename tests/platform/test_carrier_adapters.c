/* The carrier and warmline's own adapters: each understands what the other says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <warmline/provider.h>

#include "tests/lib/carrier_stage.h"

static const char *const numbers[] = {[TWILIO] = PROGRAM, [TELNYX] = SECOND};
static const char *const callbacks[] = {[TWILIO] = "twilio/status", [TELNYX] = "telnyx/sms"};

/* --- the adapters, used as the sender uses them -------------------------------------------- */

static const struct provider *provider_of(enum speech speech)
{
	return provider_find(stage.accounts[speech].kind);
}

static struct provider_reply reply_of(const struct result *result, char **body)
{
	*body = result->json ? json_dumps(result->json, JSON_COMPACT) : xstrdup("");
	json_decref(result->json);
	return (struct provider_reply){
		.status = result->status, .body = *body, .len = strlen(*body)};
}

static struct provider_answer sent(enum speech speech, const char *to)
{
	char *callback =
		xasprintf("%s/%s?a=p00-1&j=p00-1.1&n=2", stage.site.public_url, callbacks[speech]);
	const struct outbound_text text = {.to = to,
		.from = numbers[speech],
		.body = "How are things? \xe2\x99\xa5",
		.actor = "p00-1",
		.job = "p00-1.1",
		.attempt = 2,
		.callback_url = callback,
		.validity_s = 600};
	struct provider_request request;
	struct provider_answer answer;
	struct provider_reply reply;
	struct result result;
	char *body;

	provider_of(speech)->build(&stage.accounts[speech], &text, &request);
	free(callback);
	result = stage_request(&request);
	reply = reply_of(&result, &body);
	provider_of(speech)->answer(&stage.accounts[speech], &reply, &answer);
	free(body);
	return answer;
}

static enum errand_state ran(enum speech speech, enum errand_kind kind, const char *id, int step,
	struct inbound_receipt *receipt)
{
	const struct errand errand = {.kind = kind, .provider_id = id, .to = ALEX};
	struct provider_request request;
	struct provider_reply reply;
	struct result result;
	enum errand_state state;
	char *body;

	*receipt = (struct inbound_receipt){.attempt = 0};
	assert_true(provider_of(speech)->errand(&stage.accounts[speech], &errand, step, &request));
	result = stage_request(&request);
	reply = reply_of(&result, &body);
	state = provider_of(speech)->errand_answer(
		&stage.accounts[speech], &errand, step, &reply, receipt);
	free(body);
	return state;
}

/* --- promises ----------------------------------------------------------------------------- */

static void typed_text_is_believed_and_understood(void **state)
{
	const enum speech speech = stage_speech(state);
	struct inbound in;

	assert_int_equal(stage_text_to(ALEX, numbers[speech], "50% & more"), 200);
	stage_read(&stage.seen[0], &in);
	assert_int_equal(in.ntexts, 1);
	assert_string_equal(in.texts[0].from, ALEX);
	assert_string_equal(in.texts[0].to, numbers[speech]);
	assert_string_equal(in.texts[0].body, "50% & more");
	assert_false(in.texts[0].repaired);
	inbound_clear(&in);
}

static void pictures_and_answered_keywords_are_understood(void **state)
{
	const enum speech speech = stage_speech(state);
	char *order = xasprintf("{\"from\":\"" ALEX "\",\"to\":\"%s\",\"body\":\"Stop\","
				"\"opt_out\":\"STOP\",\"media\":[\"https://media.example/a.png\"]}",
		numbers[speech]);
	struct inbound in;

	assert_int_equal(stage_status("POST", "/sim/text", order), 200);
	free(order);
	stage_read(&stage.seen[0], &in);
	assert_string_equal(in.texts[0].opt_out, "STOP");
	assert_int_equal(json_array_size(in.texts[0].media), 1);
	inbound_clear(&in);
}

static void receipt_is(size_t i, const char *id, const char *status, enum answer_kind why)
{
	struct inbound in;

	stage_read(&stage.seen[i], &in);
	assert_int_equal(in.nreceipts, 1);
	assert_string_equal(in.receipts[0].provider_id, id);
	assert_string_equal(in.receipts[0].status, status);
	assert_int_equal(in.receipts[0].why, why);
	assert_string_equal(in.receipts[0].job, "p00-1.1");
	assert_int_equal(in.receipts[0].attempt, 2);
	inbound_clear(&in);
}

static void text_is_taken_and_its_receipts_are_believed(void **state)
{
	const enum speech speech = stage_speech(state);
	struct provider_answer answer = sent(speech, ALEX);
	struct inbound_receipt receipt;

	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	wait_until(stage.nseen == 2);
	receipt_is(0, answer.provider_id, "sent", ANSWER_ACCEPTED);
	receipt_is(1, answer.provider_id, "delivered", ANSWER_ACCEPTED);
	assert_int_equal(ran(speech, ERRAND_LOOK_UP, answer.provider_id, 0, &receipt), ERRAND_DONE);
	assert_string_equal(receipt.status, "delivered");
	assert_string_equal(receipt.provider_id, answer.provider_id);
}

static void undelivered_is_understood_with_its_reason(void **state)
{
	static const struct {
		const char *fault;
		enum answer_kind why;
	} cases[] = {
		{"{\"receipt\":\"undelivered\"}", ANSWER_NETWORK},
		{"{\"receipt\":\"21610\"}", ANSWER_OPTED_OUT},
	};
	const enum speech speech = stage_speech(state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct provider_answer answer;
		struct inbound_receipt receipt;

		stage_arm(cases[i].fault);
		answer = sent(speech, ALEX);
		wait_until(stage.nseen == 2 * i + 2);
		receipt_is(2 * i + 1, answer.provider_id, "undelivered", cases[i].why);
		assert_int_equal(
			ran(speech, ERRAND_LOOK_UP, answer.provider_id, 0, &receipt), ERRAND_DONE);
		assert_string_equal(receipt.status, "undelivered");
		assert_int_equal(receipt.why, cases[i].why);
	}
	assert_int_equal(sent(speech, ALEX).kind, ANSWER_OPTED_OUT);
}

static void refusals_are_understood(void **state)
{
	const enum speech speech = stage_speech(state);

	assert_int_equal(sent(speech, "+1202").kind, ANSWER_BAD_NUMBER);
	stage_arm("{\"api\":\"429\"}");
	assert_int_equal(sent(speech, ALEX).kind, ANSWER_RATE);
	stage_arm("{\"api\":\"500\"}");
	assert_int_equal(sent(speech, ALEX).kind, ANSWER_UNKNOWN);
}

static void unknown_text_is_not_looked_up_again(void **state)
{
	static const char *const ids[] = {
		"SM00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000"};
	const enum speech speech = stage_speech(state);
	struct inbound_receipt receipt;

	assert_int_equal(ran(speech, ERRAND_LOOK_UP, ids[speech], 0, &receipt), ERRAND_NEVER);
}

static void words_are_taken_away_once_the_text_is_through(void **state)
{
	struct inbound_receipt receipt;
	struct provider_answer late, answer;

	(void)state;
	answer = sent(TWILIO, ALEX);
	wait_until(stage.nseen == 2);
	assert_int_equal(ran(TWILIO, ERRAND_REDACT, answer.provider_id, 1, &receipt), ERRAND_LATER);
	assert_int_equal(ran(TWILIO, ERRAND_REDACT, answer.provider_id, 0, &receipt), ERRAND_NEXT);
	assert_int_equal(ran(TWILIO, ERRAND_REDACT, answer.provider_id, 1, &receipt), ERRAND_DONE);
	stage_arm("{\"receipt\":\"late\"}");
	late = sent(TWILIO, ALEX);
	assert_int_equal(ran(TWILIO, ERRAND_REDACT, late.provider_id, 0, &receipt), ERRAND_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise_of_both(typed_text_is_believed_and_understood),
		promise_of_both(pictures_and_answered_keywords_are_understood),
		promise_of_both(text_is_taken_and_its_receipts_are_believed),
		promise_of_both(undelivered_is_understood_with_its_reason),
		promise_of_both(refusals_are_understood),
		promise_of_both(unknown_text_is_not_looked_up_again),
		promise_by(words_are_taken_away_once_the_text_is_through, stage_twilio),
	};

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
