/* What testers and people do with the carrier: typing texts, reading the log, the page. */
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

#include "simulator/traffic.h"
#include "tests/lib/carrier_stage.h"

static void typed_text_reaches_gateway_signed_and_whole(void **state)
{
	struct result result = stage_ask("POST", "/sim/text",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
		"\",\"body\":\"ma\\u00f1ana + 100% & \\u2665\"}");
	char sid[TEXT_ID_SIZE];

	(void)state;
	assert_int_equal(json_get_int(result.json, "status", -1), 200);
	snprintf(sid, sizeof(sid), "%s", json_get_text(result.json, "sid", ""));
	assert_int_equal(strlen(sid), 34);
	assert_memory_equal(sid, "SM", 2);
	assert_int_equal(stage.nseen, 1);
	assert_string_equal(stage.seen[0].path, "/twilio/sms");
	assert_true(stage.seen[0].signature_ok);
	assert_string_equal(stage_field(&stage.seen[0], "MessageSid"), sid);
	assert_string_equal(stage_field(&stage.seen[0], "SmsSid"), sid);
	assert_string_equal(stage_field(&stage.seen[0], "From"), ALEX);
	assert_string_equal(stage_field(&stage.seen[0], "To"), PROGRAM);
	assert_string_equal(stage_field(&stage.seen[0], "Body"), "ma\xc3\xb1"
								 "ana + 100% & \xe2\x99\xa5");
	assert_string_equal(stage_field(&stage.seen[0], "AccountSid"), ACCOUNT);
	assert_string_equal(stage_field(&stage.seen[0], "NumSegments"), "1");
	assert_string_equal(stage_field(&stage.seen[0], "NumMedia"), "0");
	assert_string_equal(stage_field(&stage.seen[0], "OptOutType"), "(missing)");
	json_decref(result.json);
	assert_int_equal(stage_lines("inbound", NULL, ALEX), 1);
}

static void extras_of_a_typed_text_reach_gateway(void **state)
{
	const char *order = "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"\","
			    "\"sid\":\"SM00000000000000000000000000000042\",\"opt_out\":\"STOP\","
			    "\"media\":[\"https://media.example/a.png\"]}";

	(void)state;
	assert_int_equal(stage_status("POST", "/sim/text", order), 200);
	assert_int_equal(stage.nseen, 1);
	assert_true(stage.seen[0].signature_ok);
	assert_string_equal(
		stage_field(&stage.seen[0], "MessageSid"), "SM00000000000000000000000000000042");
	assert_string_equal(stage_field(&stage.seen[0], "OptOutType"), "STOP");
	assert_string_equal(stage_field(&stage.seen[0], "NumMedia"), "1");
	assert_string_equal(
		stage_field(&stage.seen[0], "MediaUrl0"), "https://media.example/a.png");
	assert_string_equal(stage_field(&stage.seen[0], "MediaContentType0"), "image/png");
}

static void number_decides_which_provider_calls_and_how(void **state)
{
	struct result result = stage_ask("POST", "/sim/text",
		"{\"from\":\"" ALEX "\",\"to\":\"" SECOND "\",\"body\":\"ma\\u00f1ana \\u2665\"}");
	const struct seen *s = &stage.seen[0];

	(void)state;
	assert_int_equal(json_get_int(result.json, "status", -1), 200);
	assert_int_equal(stage.nseen, 1);
	assert_int_equal(s->speech, TELNYX);
	assert_string_equal(s->path, "/telnyx/sms");
	assert_true(s->signature_ok);
	assert_string_equal(stage_field(s, "data.event_type"), "message.received");
	assert_string_equal(
		stage_field(s, "data.payload.id"), json_get_text(result.json, "sid", ""));
	assert_string_equal(stage_field(s, "data.payload.direction"), "inbound");
	assert_string_equal(stage_field(s, "data.payload.from.phone_number"), ALEX);
	assert_string_equal(stage_field(s, "data.payload.to.0.phone_number"), SECOND);
	assert_string_equal(stage_field(s, "data.payload.text"), "ma\xc3\xb1"
								 "ana \xe2\x99\xa5");
	assert_string_equal(stage_field(s, "data.payload.encoding"), "UCS-2");
	assert_string_equal(stage_field(s, "data.payload.type"), "SMS");
	assert_string_equal(stage_field(s, "data.payload.autoresponse_type"), "(missing)");
	json_decref(result.json);
	assert_int_equal(stage_text_to(ALEX, "+12025550199", "to nobody's number"), 200);
	assert_string_equal(stage.seen[1].path, "/twilio/sms");
}

static void extras_reach_gateway_in_json_too(void **state)
{
	const char *order = "{\"from\":\"" ALEX "\",\"to\":\"" SECOND "\",\"body\":\"\","
			    "\"sid\":\"SM00112233445566778899aabbccddeeff\",\"opt_out\":\"STOP\","
			    "\"media\":[\"https://media.example/a.png\"]}";
	const struct seen *s = &stage.seen[0];

	(void)state;
	assert_int_equal(stage_status("POST", "/sim/text", order), 200);
	assert_true(s->signature_ok);
	assert_string_equal(
		stage_field(s, "data.payload.id"), "00112233-4455-6677-8899-aabbccddeeff");
	assert_string_equal(stage_field(s, "data.payload.text"), "");
	assert_string_equal(stage_field(s, "data.payload.type"), "MMS");
	assert_string_equal(stage_field(s, "data.payload.autoresponse_type"), "STOP");
	assert_string_equal(
		stage_field(s, "data.payload.media.0.url"), "https://media.example/a.png");
	assert_string_equal(stage_field(s, "data.payload.media.0.content_type"), "image/png");
}

static void telnyx_tries_three_times_and_signs_each(void **state)
{
	char event[64];

	(void)state;
	stage.gateway_status = 503;
	assert_int_equal(stage_text_to(ALEX, SECOND, "one"), 503);
	assert_int_equal(stage.nseen, 3);
	snprintf(event, sizeof(event), "%s", stage_field(&stage.seen[0], "data.id"));
	for (int i = 0; i < 3; i++) {
		char attempt[16];

		snprintf(attempt, sizeof(attempt), "%d", i + 1);
		assert_true(stage.seen[i].signature_ok);
		assert_string_equal(stage_field(&stage.seen[i], "meta.attempt"), attempt);
		assert_string_equal(stage_field(&stage.seen[i], "data.id"), event);
	}
	assert_int_equal(stage_lines("inbound", NULL, ALEX), 1);
}

static void site_with_telnyx_alone_is_served(void **state)
{
	struct result result;

	(void)state;
	assert_int_equal(carrier_stage_text(ALEX, "nobody has this number"), 200);
	assert_string_equal(stage.seen[0].path, "/telnyx/sms");
	result = stage_send(TELNYX, ALEX, LIMIT_MS);
	assert_int_equal(result.status, 200);
	json_decref(result.json);
	result = stage_send(TWILIO, ALEX, LIMIT_MS);
	assert_int_equal(result.status, 401);
	json_decref(result.json);
	result = stage_look_up(TWILIO, "SM00000000000000000000000000000000");
	assert_int_equal(result.status, 401);
	json_decref(result.json);
	assert_int_equal(stage_lines("api-error", NULL, ALEX), 1);
}

static void provider_of_line(json_t *log, size_t i, const char *provider)
{
	assert_string_equal(
		json_get_text(json_array_get(log, i), "provider", "(missing)"), provider);
}

static void accounts_of_one_kind_are_told_apart_by_number(void **state)
{
	struct result log, result;

	(void)state;
	assert_int_equal(stage_text_to(ALEX, SECOND, "to the twin"), 200);
	assert_string_equal(stage.seen[0].path, "/twin/sms");
	result = stage_call(TWILIO, "POST", "/2010-04-01/Accounts/" ACCOUNT "/Messages.json",
		"To=%2B12025550111&From=%2B12025550101&Body=x", NULL, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
	assert_int_equal(stage_send_status(TWILIO, ALEX), 201);
	log = stage_ask("GET", "/sim/log", NULL);
	provider_of_line(log.json, 0, "twin");
	provider_of_line(log.json, 1, "twin");
	provider_of_line(log.json, 2, "twilio");
	json_decref(log.json);
}

static void callers_learn_what_the_gateway_answered(void **state)
{
	(void)state;
	stage.gateway_status = 503;
	assert_int_equal(carrier_stage_text(ALEX, "one"), 503);
	assert_int_equal(stage.nseen, 1); /* Twilio does not repeat a 5xx unless told to */
	http_server_free(&stage.gateway);
	assert_int_equal(carrier_stage_text(ALEX, "two"), 0);
	assert_int_equal(stage_lines("inbound", NULL, ALEX), 2);
}

static void wrong_orders_are_refused_and_change_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"nonsense",
		"[]",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\"}",
		"{\"from\":\"" ALEX "\",\"body\":\"x\"}",
		"{\"from\":\"Alex\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":7}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"more\":1}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"sid\":\"SM1\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
		"\",\"body\":\"x\",\"sid\":\"SM0000000000000000000000000000004X\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
		"\",\"body\":\"x\",\"sid\":\"00000000-0000-0000-00000-00000000004\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"body\":\"y\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"\\u0000\"}",
	};
	static const char *const faults[] = {"{}", "{\"api\":\"often\"}", "{\"api\":500}",
		"{\"api\":\"500\",\"count\":0}", "{\"api\":\"500\",\"count\":\"3\"}",
		"{\"api\":\"500\",\"receipt\":\"drop\"}", "{\"api\":\"500\",\"to\":\"me\"}",
		"{\"api\":\"500\",\"often\":true}", "{\"api\":\"500\",\"provider\":7}",
		"{\"api\":\"500\",\"provider\":\"nobody\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(stage_status("POST", "/sim/text", wrong[i]), 400);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		assert_int_equal(stage_status("POST", "/sim/faults", faults[i]), 400);
	assert_int_equal(stage_status("GET", "/sim/log?since=often", NULL), 400);
	assert_int_equal(stage.nseen, 0);
	assert_int_equal(stage_lines("inbound", NULL, NULL), 0);
}

static void bodies_up_to_1600_characters_travel_longer_ones_do_not(void **state)
{
	char body[1601 * 2 + 1] = "";
	char *order;

	(void)state;
	for (size_t i = 0; i < 1600; i++)
		memcpy(body + i * 2, "\xc3\xa9", 2);
	assert_int_equal(carrier_stage_text(ALEX, body), 200);
	assert_string_equal(stage_field(&stage.seen[0], "Body"), body);
	assert_string_equal(
		stage_field(&stage.seen[0], "NumSegments"), "11"); /* 1600 septets by 153 */
	memcpy(body + 3200, "x", 2);
	order = xasprintf("{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"%s\"}", body);
	assert_int_equal(stage_status("POST", "/sim/text", order), 400);
	free(order);
	assert_int_equal(stage.nseen, 1);
}

static void duplicate_is_the_same_webhook_twice(void **state)
{
	(void)state;
	stage_arm("{\"webhook\":\"duplicate\",\"count\":1}");
	assert_int_equal(carrier_stage_text(ALEX, "once"), 200);
	wait_until(stage.nseen == 2 && stage_lines("inbound", NULL, ALEX) == 2);
	assert_string_equal(stage.seen[0].body, stage.seen[1].body);
	assert_string_equal(stage.seen[0].token, stage.seen[1].token);
	assert_int_equal(carrier_stage_text(ALEX, "again"), 200);
	assert_int_equal(stage.nseen, 3);
}

static void duplicate_in_json_is_the_same_event_twice(void **state)
{
	char event[64];

	(void)state;
	stage_arm("{\"webhook\":\"duplicate\",\"provider\":\"telnyx\"}");
	assert_int_equal(carrier_stage_text(ALEX, "to the other"), 200);
	assert_int_equal(stage.nseen, 1);
	assert_int_equal(stage_text_to(ALEX, SECOND, "once"), 200);
	wait_until(stage.nseen == 3 && stage_lines("inbound", NULL, ALEX) == 3);
	snprintf(event, sizeof(event), "%s", stage_field(&stage.seen[1], "data.id"));
	assert_string_equal(stage_field(&stage.seen[2], "data.id"), event);
}

static void out_of_order_text_is_overtaken_by_the_next(void **state)
{
	(void)state;
	stage_arm("{\"webhook\":\"out-of-order\",\"count\":1}");
	assert_int_equal(stage_status("POST", "/sim/text",
				 "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
				 "\",\"body\":\"first\",\"wait\":false}"),
		202);
	assert_int_equal(carrier_stage_text(ALEX, "second"), 200);
	wait_until(stage.nseen == 2);
	assert_string_equal(stage_field(&stage.seen[0], "Body"), "second");
	assert_string_equal(stage_field(&stage.seen[1], "Body"), "first");
}

static void overtaken_by_nobody_still_arrives(void **state)
{
	(void)state;
	stage_arm("{\"webhook\":\"out-of-order\",\"count\":1}");
	assert_int_equal(carrier_stage_text(ALEX, "alone"), 200);
	assert_int_equal(stage.nseen, 1);
}

static void many_callers_at_once_are_all_served(void **state)
{
	enum { CALLERS = 300 };
	static struct result results[CALLERS];
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < CALLERS; i++)
		stage_start(&results[i], "POST", "/sim/text",
			"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}");
	while (done < CALLERS) {
		wait_until(results[done].done);
		assert_int_equal(results[done].status, 200);
		assert_int_equal(json_get_int(results[done].json, "status", 0), 200);
		json_decref(results[done].json);
		done++;
	}
	assert_int_equal(stage_lines("inbound", NULL, ALEX), CALLERS);
}

static void log_numbers_grow_and_since_leaves_out_what_is_known(void **state)
{
	struct result log;
	int64_t last = 0;
	size_t i;
	json_t *line;

	(void)state;
	carrier_stage_text(ALEX, "one");
	carrier_stage_text(ALEX, "two");
	carrier_stage_text(ALEX, "three");
	log = stage_ask("GET", "/sim/log?since=1", NULL);
	assert_int_equal(json_array_size(log.json), 2);
	json_array_foreach(log.json, i, line)
	{
		assert_true(json_get_int(line, "n", 0) > last);
		last = json_get_int(line, "n", 0);
		assert_int_equal(json_object_size(line), 9);
		assert_string_equal(json_get_text(line, "provider", ""), "twilio");
		assert_int_equal(strlen(json_get_text(line, "time", "")), 24);
		assert_int_equal(json_get_int(line, "status", 0), 200);
	}
	assert_int_equal(last, 3);
	json_decref(log.json);
	log = stage_ask("GET", "/sim/log?since=3", NULL);
	assert_int_equal(json_array_size(log.json), 0);
	json_decref(log.json);
}

static void full_log_forgets_the_oldest(void **state)
{
	const struct traffic_entry entry = {
		.kind = "inbound", .time_ms = 1, .body = "x", .http = 200};
	struct traffic *t = traffic_new(3);
	size_t len, i;
	char *text;
	json_t *list, *line;

	(void)state;
	for (i = 1; i <= 5; i++)
		assert_int_equal(traffic_add(t, &entry), (int)i);
	text = traffic_print(t, 0, 0, &len);
	list = json_loadb(text, len, 0, NULL);
	assert_int_equal(json_array_size(list), 3);
	json_array_foreach(list, i, line) assert_int_equal(json_get_int(line, "n", 0), (int)i + 3);
	json_decref(list);
	free(text);
	traffic_free(&t);
}

static void pages_of_other_sites_may_not_text(void **state)
{
	const struct http_out_header foreign[] = {
		{"Origin", "https://other.example"}, {NULL, NULL}};
	const char *order = "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}";
	char *url = xasprintf("%s/sim/text", stage.url);
	const struct http_call call = {.method = "POST",
		.url = url,
		.headers = foreign,
		.body = order,
		.body_len = strlen(order)};
	struct result result = {0};

	(void)state;
	http_call(stage.client, &call, stage_on_answer, &result);
	wait_until(result.done);
	assert_int_equal(result.status, 403);
	assert_int_equal(stage.nseen, 0);
	json_decref(result.json);
	free(url);
}

static void phones_and_page_are_served(void **state)
{
	struct result phones = stage_ask("GET", "/sim/phones", NULL);
	const json_t *first = json_array_get(phones.json, 0);

	(void)state;
	assert_int_equal(json_array_size(phones.json), 2);
	assert_string_equal(json_get_text(first, "number", ""), ALEX);
	assert_string_equal(json_get_text(first, "name", ""), "Alex");
	assert_string_equal(json_get_text(first, "role", ""), "participant");
	assert_string_equal(json_get_text(first, "writes_to", ""), PROGRAM);
	json_decref(phones.json);
	assert_int_equal(stage_status("GET", "/", NULL), 200);
	assert_int_equal(stage_status("GET", "/page.js", NULL), 200);
	assert_int_equal(stage_status("GET", "/style.css", NULL), 200);
	assert_int_equal(stage_status("GET", "/sim/secrets", NULL), 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(typed_text_reaches_gateway_signed_and_whole),
		promise(extras_of_a_typed_text_reach_gateway),
		promise(number_decides_which_provider_calls_and_how),
		promise(extras_reach_gateway_in_json_too),
		promise(telnyx_tries_three_times_and_signs_each),
		cmocka_unit_test_setup_teardown(
			site_with_telnyx_alone_is_served, stage_set_telnyx, stage_strike),
		cmocka_unit_test_setup_teardown(accounts_of_one_kind_are_told_apart_by_number,
			stage_set_twins, stage_strike),
		promise(callers_learn_what_the_gateway_answered),
		promise(wrong_orders_are_refused_and_change_nothing),
		promise(bodies_up_to_1600_characters_travel_longer_ones_do_not),
		promise(duplicate_is_the_same_webhook_twice),
		promise(duplicate_in_json_is_the_same_event_twice),
		promise(out_of_order_text_is_overtaken_by_the_next),
		promise(overtaken_by_nobody_still_arrives),
		promise(many_callers_at_once_are_all_served),
		promise(log_numbers_grow_and_since_leaves_out_what_is_known),
		cmocka_unit_test(full_log_forgets_the_oldest),
		promise(pages_of_other_sites_may_not_text),
		promise(phones_and_page_are_served),
	};

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
