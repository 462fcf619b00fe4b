/* What warmline does with the carrier: the APIs, receipts, and the faults that hit them. */
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
#include <warmline/json.h>

#include "tests/lib/carrier_stage.h"
#include "tests/lib/http_peer.h"

#define MESSAGES "/2010-04-01/Accounts/" ACCOUNT "/Messages.json"

/* What differs between the providers, for promises that both keep. */
static const struct {
	const char *number;
	const char *delivered, *undelivered; /* in receipts */
	const char *error;                   /* where a receipt has its code */
	const char *receipt_path;
	int accepted;
	int broken, too_fast, unreachable, opted_out, opted_out_status;
} speeches[] = {
	[TWILIO] = {PROGRAM, "delivered", "undelivered", "ErrorCode", "/twilio/status?j=7&n=1", 201,
		20500, 20429, 30003, 21610, 400},
	[TELNYX] = {SECOND, "delivered", "delivery_failed", "data.payload.errors.0.code",
		"/telnyx/sms?j=7&n=1", 200, 10007, 10011, 40008, 40300, 409},
};

static void state_is(enum speech speech, const char *id, const char *state)
{
	struct result result = stage_look_up(speech, id);

	assert_int_equal(result.status, 200);
	assert_string_equal(stage_id(speech, result.json), id);
	assert_string_equal(stage_state(speech, result.json), state);
	json_decref(result.json);
}

static void accepted_text_is_logged_looked_up_and_receipted_in_order(void **state)
{
	const enum speech speech = stage_speech(state);
	struct result result = stage_send(speech, ALEX, LIMIT_MS);
	char id[64];

	snprintf(id, sizeof(id), "%s", stage_id(speech, result.json));
	assert_int_equal(result.status, speeches[speech].accepted);
	assert_string_equal(stage_state(speech, result.json), "queued");
	json_decref(result.json);
	assert_int_equal(stage_lines("outbound", "queued", ALEX), 1);
	wait_until(stage.nseen == 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(stage.seen[i].speech, speech);
		assert_true(stage.seen[i].signature_ok);
		assert_string_equal(stage.seen[i].path, speeches[speech].receipt_path);
	}
	assert_string_equal(stage_status_told(&stage.seen[0]), "sent");
	assert_string_equal(stage_status_told(&stage.seen[1]), "delivered");
	state_is(speech, id, speeches[speech].delivered);
	assert_int_equal(stage_lines("receipt", NULL, ALEX), 2);
}

static void twilios_receipt_names_the_text(void **state)
{
	struct result result = stage_send(TWILIO, ALEX, LIMIT_MS);

	(void)state;
	assert_string_equal(json_get_text(result.json, "body", ""), "hello there");
	wait_until(stage.nseen == 2);
	assert_string_equal(
		stage_field(&stage.seen[1], "MessageSid"), stage_id(TWILIO, result.json));
	assert_string_equal(stage_field(&stage.seen[1], "To"), ALEX);
	assert_string_equal(stage_field(&stage.seen[1], "ErrorCode"), "(missing)");
	json_decref(result.json);
}

static void telnyx_receipts_are_events_about_the_text(void **state)
{
	static const char *const types[] = {"message.sent", "message.finalized"};
	struct result result = stage_send(TELNYX, ALEX, LIMIT_MS);
	const json_t *data = json_object_get(result.json, "data");
	char event[64];

	(void)state;
	assert_int_equal(strlen(stage_id(TELNYX, result.json)), 36);
	assert_string_equal(json_get_text(data, "text", ""), "hello there");
	assert_string_equal(
		json_get_text(json_object_get(data, "from"), "phone_number", ""), SECOND);
	assert_int_equal(json_get_int(data, "parts", 0), 1);
	wait_until(stage.nseen == 2);
	for (size_t i = 0; i < 2; i++) {
		const struct seen *s = &stage.seen[i];

		assert_string_equal(stage_field(s, "data.event_type"), types[i]);
		assert_string_equal(
			stage_field(s, "data.payload.id"), stage_id(TELNYX, result.json));
		assert_string_equal(stage_field(s, "data.payload.direction"), "outbound");
		assert_string_equal(stage_field(s, "data.payload.to.0.phone_number"), ALEX);
		assert_string_equal(stage_field(s, "data.payload.errors.0.code"), "(missing)");
		assert_string_equal(stage_field(s, "meta.attempt"), "1");
	}
	snprintf(event, sizeof(event), "%s", stage_field(&stage.seen[0], "data.id"));
	assert_string_not_equal(stage_field(&stage.seen[1], "data.id"), event);
	json_decref(result.json);
}

static void look_up_finds_by_number_and_day(void **state)
{
	static const struct {
		const char *query;
		size_t found;
	} cases[] = {
		{"?To=%2B12025550111", 2},
		{"?To=%2B12025550112", 1},
		{"?To=%2B12025550119", 0},
		{"?To=%2B12025550111&DateSent=1999-12-31", 0},
		{"?PageSize=1", 1},
		{"", 3},
	};

	(void)state;
	stage_send_status(TWILIO, ALEX);
	stage_send_status(TWILIO, "+12025550112");
	stage_send_status(TELNYX, "+12025550112");
	stage_send_status(TWILIO, ALEX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;
		char path[160];

		snprintf(path, sizeof(path), MESSAGES "%s", cases[i].query);
		result = stage_call(TWILIO, "GET", path, NULL, NULL, LIMIT_MS);
		assert_int_equal(
			json_array_size(json_object_get(result.json, "messages")), cases[i].found);
		json_decref(result.json);
	}
}

static void texts_are_found_by_their_own_account_and_key_only(void **state)
{
	(void)state;
	for (enum speech speech = TWILIO; speech < SPEECHES; speech++) {
		struct result sent = stage_send(speech, ALEX, LIMIT_MS), result;
		char path[160];

		result = stage_look_up(
			speech == TWILIO ? TELNYX : TWILIO, stage_id(speech, sent.json));
		assert_int_equal(result.status, 404);
		assert_true(stage_code(speech == TWILIO ? TELNYX : TWILIO, result.json) > 0);
		json_decref(result.json);
		snprintf(path, sizeof(path), "/v2/messages/%s", stage_id(speech, sent.json));
		result = stage_call(TELNYX, "GET", path, NULL, "wrong", LIMIT_MS);
		assert_int_equal(result.status, 401);
		assert_int_equal(stage_code(TELNYX, result.json), 10009);
		json_decref(result.json);
		json_decref(sent.json);
	}
}

static void wrong_calls_get_the_providers_errors(void **state)
{
	static const struct {
		enum speech speech;
		const char *key, *body;
		int status, code;
	} cases[] = {
		{TWILIO, "wrong", "To=%2B12025550111&From=%2B12025550100&Body=x", 401, 20003},
		{TWILIO, NULL, "From=%2B12025550100&Body=x", 400, 21604},
		{TWILIO, NULL, "To=12&From=%2B12025550100&Body=x", 400, 21211},
		{TWILIO, NULL, "To=%2B12025550111&Body=x", 400, 21603},
		{TWILIO, NULL, "To=%2B12025550111&From=%2B12025550101&Body=x", 400, 21606},
		{TWILIO, NULL, "To=%2B12025550111&From=%2B12025550100", 400, 21602},
		{TWILIO, NULL, "To=%2B12025550111&To=%2B12025550112&From=%2B12025550100&Body=x",
			400, 21604},
		{TELNYX, "wrong", "{\"to\":\"" ALEX "\",\"from\":\"" SECOND "\",\"text\":\"x\"}",
			401, 10009},
		{TELNYX, NULL, "nonsense", 400, 10015},
		{TELNYX, NULL, "{\"from\":\"" SECOND "\",\"text\":\"x\"}", 400, 10004},
		{TELNYX, NULL, "{\"to\":12,\"from\":\"" SECOND "\",\"text\":\"x\"}", 400, 10004},
		{TELNYX, NULL, "{\"to\":\"12\",\"from\":\"" SECOND "\",\"text\":\"x\"}", 400,
			40310},
		{TELNYX, NULL, "{\"to\":\"" ALEX "\",\"from\":\"me\",\"text\":\"x\"}", 400, 40305},
		{TELNYX, NULL, "{\"to\":\"" ALEX "\",\"from\":\"" PROGRAM "\",\"text\":\"x\"}", 400,
			40305},
		{TELNYX, NULL, "{\"to\":\"" ALEX "\",\"from\":\"" SECOND "\",\"text\":\"\"}", 400,
			40316},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result = stage_call(cases[i].speech, "POST",
			cases[i].speech == TELNYX ? "/v2/messages" : MESSAGES, cases[i].body,
			cases[i].key, LIMIT_MS);

		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(stage_code(cases[i].speech, result.json), cases[i].code);
		json_decref(result.json);
		assert_int_equal(stage_lines("api-error", NULL, NULL), (int)i + 1);
	}
	assert_int_equal(stage_lines("outbound", NULL, NULL), 0);
}

static void api_faults_do_what_they_say_and_no_more(void **state)
{
	const enum speech speech = stage_speech(state);
	const int accepted = speeches[speech].accepted;
	const struct {
		const char *fault;
		int status; /* 0 = no answer */
		int code, accepted;
	} cases[] = {
		{"{\"api\":\"500\",\"count\":1}", 500, speeches[speech].broken, 0},
		{"{\"api\":\"429\",\"count\":1}", 429, speeches[speech].too_fast, 0},
		{"{\"api\":\"refuse\",\"count\":1}", 0, 0, 0},
		{"{\"api\":\"timeout\",\"count\":1}", 0, 0, 0},
		{"{\"api\":\"hang-after-accept\",\"count\":1}", 0, 0, 1},
		{"{\"api\":\"slow\",\"count\":1}", accepted, 0, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool slow = strstr(cases[i].fault, "slow") != NULL;
		int before = stage_lines("outbound", NULL, NULL);
		int64_t since = clock_monotonic_ms();
		struct result result;

		stage_arm(cases[i].fault);
		result = stage_send(speech, ALEX, slow ? LIMIT_MS : 700);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.outcome == HTTP_ANSWERED, cases[i].status != 0);
		assert_int_equal(stage_code(speech, result.json), cases[i].code);
		assert_int_equal(stage_lines("outbound", NULL, NULL) - before, cases[i].accepted);
		if (slow)
			assert_true(clock_monotonic_ms() - since >= 2900);
		json_decref(result.json);
		assert_int_equal(stage_send_status(speech, ALEX), accepted);
	}
}

/* Heard as bytes: our own client looks at no such header. */
static void telnyx_says_when_to_come_again(void **state)
{
	static const char body[] = "{\"to\":\"" ALEX "\",\"from\":\"" SECOND "\",\"text\":\"x\"}";
	char *request =
		xasprintf("POST /v2/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			  "Authorization: Bearer " KEY "\r\nContent-Type: application/json\r\n"
			  "Content-Length: %zu\r\n\r\n%s",
			strlen(body), body);
	const struct heard *heard;

	(void)state;
	stage_arm("{\"api\":\"429\"}");
	peer.base = stage.base;
	peer.port = (int)strtol(strrchr(stage.url, ':') + 1, NULL, 10);
	heard = peer_ask_bytes(request, strlen(request));
	free(request);
	assert_int_equal(peer_status(heard->text), 429);
	assert_non_null(strcasestr(heard->text, "\r\nx-ratelimit-reset: 1\r\n"));
}

static int armed_count(void)
{
	struct result result = stage_ask("GET", "/sim/faults", NULL);
	int count = (int)json_get_int(json_array_get(result.json, 0), "count", 0);

	json_decref(result.json);
	return count;
}

static void fault_for_a_number_spares_the_others_and_can_be_lifted(void **state)
{
	(void)state;
	stage_arm("{\"api\":\"500\",\"count\":9,\"to\":\"" ALEX "\"}");
	assert_int_equal(stage_send_status(TWILIO, "+12025550112"), 201);
	assert_int_equal(stage_send_status(TWILIO, ALEX), 500);
	assert_int_equal(armed_count(), 8);
	assert_int_equal(stage_send_status(TELNYX, ALEX), 500);
	assert_int_equal(armed_count(), 7);
	assert_int_equal(stage_status("DELETE", "/sim/faults", NULL), 200);
	assert_int_equal(stage_send_status(TWILIO, ALEX), 201);
}

static void fault_for_a_provider_spares_the_other(void **state)
{
	struct result list;

	(void)state;
	stage_arm("{\"api\":\"500\",\"count\":9,\"provider\":\"telnyx\"}");
	assert_int_equal(stage_send_status(TWILIO, ALEX), 201);
	assert_int_equal(stage_send_status(TELNYX, ALEX), 500);
	list = stage_ask("GET", "/sim/faults", NULL);
	assert_string_equal(json_get_text(json_array_get(list.json, 0), "provider", ""), "telnyx");
	json_decref(list.json);
	assert_int_equal(armed_count(), 8);
	assert_int_equal(stage_status("DELETE", "/sim/faults", NULL), 200);
	stage_arm("{\"receipt\":\"undelivered\",\"provider\":\"twilio\"}");
	assert_int_equal(stage_send_status(TELNYX, "+12025550113"), 200);
	assert_int_equal(stage_send_status(TWILIO, "+12025550112"), 201);
	wait_until(stage_lines("receipt", "undelivered", "+12025550112") == 1);
	wait_until(stage_lines("receipt", "delivered", "+12025550113") == 1);
}

static void receipt_faults_change_what_is_reported(void **state)
{
	const enum speech speech = stage_speech(state);
	stage_arm("{\"receipt\":\"drop\",\"to\":\"+12025550121\"}");
	stage_arm("{\"receipt\":\"undelivered\",\"to\":\"+12025550122\"}");
	stage_arm("{\"receipt\":\"duplicate\",\"to\":\"+12025550123\"}");
	for (int i = 1; i <= 4; i++) {
		char to[24];

		snprintf(to, sizeof(to), "+1202555012%d", i);
		stage_send_status(speech, to);
	}
	wait_until(stage.nseen == 8);
	assert_int_equal(stage_lines("receipt", NULL, "+12025550121"), 0);
	assert_int_equal(stage_lines("receipt", "undelivered", "+12025550122"), 1);
	assert_int_equal(stage_lines("receipt", "delivered", "+12025550123"), 2);
	assert_int_equal(stage_lines("receipt", "delivered", "+12025550124"), 1);
}

static void undelivered_text_says_so_with_the_providers_code(void **state)
{
	const enum speech speech = stage_speech(state);
	struct result result;
	char code[16];

	stage_arm("{\"receipt\":\"undelivered\"}");
	result = stage_send(speech, ALEX, LIMIT_MS);
	wait_until(stage.nseen == 2);
	assert_string_equal(stage_status_told(&stage.seen[1]), speeches[speech].undelivered);
	snprintf(code, sizeof(code), "%d", speeches[speech].unreachable);
	assert_string_equal(stage_field(&stage.seen[1], speeches[speech].error), code);
	state_is(speech, stage_id(speech, result.json), speeches[speech].undelivered);
	json_decref(result.json);
}

static void out_of_order_receipts_leave_the_final_state(void **state)
{
	const enum speech speech = stage_speech(state);
	struct result result;

	stage_arm("{\"receipt\":\"out-of-order\"}");
	result = stage_send(speech, ALEX, LIMIT_MS);
	wait_until(stage.nseen == 2);
	assert_string_equal(stage_status_told(&stage.seen[0]), "delivered");
	assert_string_equal(stage_status_told(&stage.seen[1]), "sent");
	state_is(speech, stage_id(speech, result.json), "delivered");
	json_decref(result.json);
}

static void opted_out_at_the_carrier_lasts_until_start(void **state)
{
	const enum speech speech = stage_speech(state);
	enum speech other = speech == TWILIO ? TELNYX : TWILIO;
	struct result result;
	char code[16];

	stage_arm("{\"receipt\":\"21610\",\"count\":1}");
	assert_int_equal(stage_send_status(speech, ALEX), speeches[speech].accepted);
	wait_until(stage.nseen == 2);
	assert_int_equal(stage_lines("receipt", "undelivered", ALEX), 1);
	snprintf(code, sizeof(code), "%d", speeches[speech].opted_out);
	assert_string_equal(stage_field(&stage.seen[1], speeches[speech].error), code);
	result = stage_send(speech, ALEX, LIMIT_MS);
	assert_int_equal(result.status, speeches[speech].opted_out_status);
	assert_int_equal(stage_code(speech, result.json), speeches[speech].opted_out);
	json_decref(result.json);
	assert_int_equal(stage_send_status(other, ALEX), speeches[other].accepted);
	assert_int_equal(stage_text_to(ALEX, speeches[other].number, "START"), 200);
	assert_int_equal(stage_send_status(speech, ALEX), speeches[speech].opted_out_status);
	assert_int_equal(stage_text_to(ALEX, speeches[speech].number, " start "), 200);
	assert_int_equal(stage_send_status(speech, ALEX), speeches[speech].accepted);
}

/* --- taking words away -------------------------------------------------------------------- */

static struct result redact(const char *id, const char *body)
{
	char path[160];

	snprintf(path, sizeof(path), "/2010-04-01/Accounts/" ACCOUNT "/Messages/%s.json", id);
	return stage_call(TWILIO, "POST", path, body, NULL, LIMIT_MS);
}

static int redact_status(const char *id, const char *body)
{
	struct result result = redact(id, body);

	json_decref(result.json);
	return result.status;
}

static void body_is(const char *id, const char *body)
{
	struct result result = stage_look_up(TWILIO, id);

	assert_string_equal(json_get_text(result.json, "body", "(missing)"), body);
	json_decref(result.json);
}

static void redacted_text_reads_back_empty(void **state)
{
	struct result sent = stage_send(TWILIO, ALEX, LIMIT_MS);
	const char *id = stage_id(TWILIO, sent.json);
	struct result result;

	(void)state;
	wait_until(stage.nseen == 2);
	body_is(id, "hello there");
	result = redact(id, "Body=");
	assert_int_equal(result.status, 200);
	assert_string_equal(json_get_text(result.json, "body", "(missing)"), "");
	json_decref(result.json);
	body_is(id, "");
	state_is(TWILIO, id, "delivered");
	assert_int_equal(redact_status(id, "Body="), 200);
	json_decref(sent.json);
}

static void redaction_waits_for_the_end(void **state)
{
	struct result sent;

	(void)state;
	stage_arm("{\"receipt\":\"late\"}");
	sent = stage_send(TWILIO, ALEX, LIMIT_MS);
	assert_int_equal(redact_status(stage_id(TWILIO, sent.json), "Body="), 409);
	body_is(stage_id(TWILIO, sent.json), "hello there");
	json_decref(sent.json);
}

static void redaction_takes_nothing_but_an_empty_body(void **state)
{
	static const char *const wrong[] = {
		"", "Body=other", "Status=canceled", "Body=&Status=canceled", "Body=&Body="};
	struct result sent = stage_send(TWILIO, ALEX, LIMIT_MS);
	const char *id = stage_id(TWILIO, sent.json);

	(void)state;
	wait_until(stage.nseen == 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(redact_status(id, wrong[i]), 400);
	assert_int_equal(redact_status("SM00000000000000000000000000000000", "Body="), 404);
	body_is(id, "hello there");
	json_decref(sent.json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise_of_both(accepted_text_is_logged_looked_up_and_receipted_in_order),
		promise(twilios_receipt_names_the_text),
		promise(telnyx_receipts_are_events_about_the_text),
		promise(look_up_finds_by_number_and_day),
		promise(texts_are_found_by_their_own_account_and_key_only),
		promise(wrong_calls_get_the_providers_errors),
		promise_of_both(api_faults_do_what_they_say_and_no_more),
		promise(telnyx_says_when_to_come_again),
		promise(fault_for_a_number_spares_the_others_and_can_be_lifted),
		promise(fault_for_a_provider_spares_the_other),
		promise_of_both(receipt_faults_change_what_is_reported),
		promise_of_both(undelivered_text_says_so_with_the_providers_code),
		promise_of_both(out_of_order_receipts_leave_the_final_state),
		promise_of_both(opted_out_at_the_carrier_lasts_until_start),
		promise(redacted_text_reads_back_empty),
		promise(redaction_waits_for_the_end),
		promise(redaction_takes_nothing_but_an_empty_body),
	};

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
