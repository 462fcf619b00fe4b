#include "tests/lib/carrier_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <warmline/form.h>
#include <warmline/http_server.h>
#include <warmline/json.h>
#include <warmline/provider.h>

struct stage stage;

/* --- the gateway that is played ----------------------------------------------------------- */

static void on_webhook(struct http_request *r, void *arg)
{
	const struct form *form = http_request_form(r);
	const char *given = http_request_header(r, "X-Twilio-Signature");
	const char *token = http_request_header(r, "I-Twilio-Idempotency-Token");
	struct seen *s = &stage.seen[stage.nseen++ % 64];
	char signature[29];
	char *url = xasprintf("%s%s", stage.site.public_url, http_request_target(r));
	size_t len;
	const void *body = http_request_body(r, &len);

	(void)arg;
	assert_non_null(form);
	twilio_sign(TOKEN, url, form, signature);
	s->signature_ok = given && strcmp(given, signature) == 0;
	snprintf(s->path, sizeof(s->path), "%s", http_request_target(r));
	snprintf(s->token, sizeof(s->token), "%s", token ? token : "");
	free(s->body);
	s->body = xmemdup(body, len);
	free(url);
	http_request_reply(r, stage.gateway_status, "text/xml", "<Response/>", 11);
}

static const struct http_route gateway_routes[] = {
	{"POST", "/twilio/", on_webhook, NULL, 65536, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

/* What the last webhooks said: the value of a field, in a buffer of its own. */
const char *stage_field(const struct seen *s, const char *name)
{
	static char value[4096];
	struct form form = {0};
	const struct form_field *f;

	assert_int_equal(form_parse(&form, s->body, strlen(s->body)), FORM_OK);
	f = form_get(&form, name);
	snprintf(value, sizeof(value), "%s", f ? f->value : "(missing)");
	form_free(&form);
	return value;
}

/* --- calling the carrier ------------------------------------------------------------------ */

void stage_on_answer(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;

	result->done = true;
	result->outcome = answer->outcome;
	result->status = answer->status;
	if (answer->outcome == HTTP_ANSWERED)
		result->json = json_loadb(answer->body, answer->body_len, 0, NULL);
}

void stage_turn(void)
{
	struct timeval tick = {0, 5000};

	event_base_loopexit(stage.base, &tick);
	event_base_dispatch(stage.base);
}

void stage_start(struct result *result, const char *method, const char *path, const char *body,
	const char *password, int64_t total_ms)
{
	const char *type = password ? "application/x-www-form-urlencoded" : "application/json";
	const struct http_out_header headers[] = {{"Content-Type", type}, {NULL, NULL}};
	char *url = xasprintf("%s%s", stage.url, path);
	const struct http_call call = {
		.method = method,
		.url = url,
		.headers = headers,
		.user = password ? ACCOUNT : NULL,
		.password = password,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.fresh = true,
		.total_ms = total_ms,
	};

	*result = (struct result){0};
	http_call(stage.client, &call, stage_on_answer, result);
	free(url);
}

struct result stage_ask(const char *method, const char *path, const char *body)
{
	struct result result;

	stage_start(&result, method, path, body, NULL, LIMIT_MS);
	wait_until(result.done);
	assert_int_equal(result.outcome, HTTP_ANSWERED);
	return result;
}

int stage_status(const char *method, const char *path, const char *body)
{
	struct result result = stage_ask(method, path, body);

	json_decref(result.json);
	return result.status;
}

struct result stage_send(const char *to, int64_t total_ms)
{
	struct result result;
	char *body = xasprintf("To=%%2B%s&From=%%2B12025550100&Body=hello+there&StatusCallback=%s"
			       "%%2Ftwilio%%2Fstatus%%3Fjob%%3D7%%26attempt%%3D1",
		to + 1, stage.site.public_url);

	stage_start(&result, "POST", "/2010-04-01/Accounts/" ACCOUNT "/Messages.json", body, TOKEN,
		total_ms);
	free(body);
	wait_until(result.done);
	return result;
}

void stage_arm(const char *fault)
{
	assert_int_equal(stage_status("POST", "/sim/faults", fault), 200);
}

/* How many lines of this kind (and status, if given) the log has for this sid or number. */
int stage_lines(const char *kind, const char *status, const char *to)
{
	struct result log = stage_ask("GET", "/sim/log?since=0", NULL);
	size_t i;
	json_t *line;
	int n = 0;

	json_array_foreach(log.json, i, line)
	{
		const char *state = json_get_text(line, "status", "");

		n += strcmp(json_get_text(line, "kind", ""), kind) == 0 &&
		     (!status || strcmp(state, status) == 0) &&
		     (!to || strcmp(json_get_text(line, "to", ""), to) == 0 ||
			     strcmp(json_get_text(line, "from", ""), to) == 0);
	}
	json_decref(log.json);
	return n;
}

int carrier_stage_text(const char *from, const char *body)
{
	char *order =
		xasprintf("{\"from\":\"%s\",\"to\":\"" PROGRAM "\",\"body\":\"%s\"}", from, body);
	struct result result = stage_ask("POST", "/sim/text", order);
	int status = (int)json_get_int(result.json, "status", -1);

	assert_int_equal(result.status, 200);
	json_decref(result.json);
	free(order);
	return status;
}

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static void describe_site(int gateway_port)
{
	memset(&stage.site, 0, sizeof(stage.site));
	snprintf(stage.site.public_url, sizeof(stage.site.public_url), "http://127.0.0.1:%d",
		gateway_port);
	stage.account = (struct account){.name = "twilio",
		.kind = "twilio",
		.id = ACCOUNT,
		.api_secret = TOKEN,
		.secrets = {TOKEN},
		.nsecrets = 1,
		.simulated = true};
	stage.site.accounts = &stage.account;
	stage.site.naccounts = 1;
	stage.handsets[0] = (struct handset){"Alex", "participant", {ALEX}, {PROGRAM}};
	stage.handsets[1] = (struct handset){"Sam", "supporter", {"+12025550112"}, {PROGRAM}};
	stage.site.handsets = stage.handsets;
	stage.site.nhandsets = 2;
}

int stage_set(void **state)
{
	struct fail fail = {""};
	int gateway_fd = http_bind("127.0.0.1", 0, &fail), carrier_fd;

	(void)state;
	assert_true(gateway_fd >= 0);
	describe_site(port_of(gateway_fd));
	stage.base = event_base_new();
	stage.gateway = http_server_new(stage.base, gateway_routes, NULL, &fail);
	assert_true(http_server_listen(stage.gateway, gateway_fd, &fail));
	carrier_fd = http_bind("127.0.0.1", 0, &fail);
	snprintf(stage.url, sizeof(stage.url), "http://127.0.0.1:%d", port_of(carrier_fd));
	stage.carrier = carrier_new(stage.base, &stage.site, carrier_fd, &fail);
	assert_non_null(stage.carrier);
	stage.client = http_client_new(stage.base, &fail);
	assert_non_null(stage.client);
	stage.gateway_status = 200;
	stage.nseen = 0;
	return 0;
}

int stage_strike(void **state)
{
	(void)state;
	http_client_free(&stage.client);
	carrier_free(&stage.carrier);
	http_server_free(&stage.gateway);
	for (size_t i = 0; i < 64; i++) {
		free(stage.seen[i].body);
		stage.seen[i].body = NULL;
	}
	event_base_free(stage.base);
	return 0;
}
