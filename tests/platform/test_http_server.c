/* The edge over real sockets: every refusal, every limit, and that honest requests are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/http_peer.h"

#include <cmocka.h>
#include <unistd.h>
#include <warmline/metrics.h>

static int handled;

static void on_echo(struct http_request *r, void *arg)
{
	size_t len;
	const void *body = http_request_body(r, &len);

	(void)arg;
	handled++;
	http_request_reply(r, 200, "text/plain", body, len);
}

static void on_page(struct http_request *r, void *arg)
{
	(void)arg;
	handled++;
	http_request_reply(r, 200, "text/plain", "hello", 5);
}

static void on_path(struct http_request *r, void *arg)
{
	const char *path = http_request_path(r);

	(void)arg;
	http_request_reply(r, 200, "text/plain", path, strlen(path));
}

static void on_form(struct http_request *r, void *arg)
{
	const struct form *form = http_request_form(r);

	(void)arg;
	handled++;
	http_request_reply(r, form ? 200 : 400, NULL, "", 0);
}

static const struct http_route routes[] = {
	{"GET", "/page", on_page, NULL, 0, NULL},
	{"POST", "/echo", on_echo, NULL, 1000, NULL},
	{"POST", "/form", on_form, NULL, 262144, "application/x-www-form-urlencoded"},
	{"GET", "/files/", on_path, NULL, 0, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

static int refused(const char *request)
{
	int before = handled;
	struct heard *h = peer_ask_bytes(request, strlen(request));

	assert_int_equal(handled, before);
	return peer_status(h->text);
}

static int setup(void **state)
{
	(void)state;
	peer_start(routes, (struct http_limits){0});
	handled = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	peer_stop();
	return 0;
}

static void an_honest_request_is_answered_and_kept_open(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
	peer_hear(fd, &h, 1);
	assert_int_equal(peer_status(h.text), 200);
	assert_non_null(strstr(h.text, "X-Content-Type-Options: nosniff"));
	assert_null(strstr(h.text, "Connection: close"));
	peer_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	peer_hear(fd, &h, 2);
	assert_non_null(strstr(h.text, "\r\n\r\nabc"));
	assert_int_equal(handled, 2);
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
		     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo");
	peer_hear(fd, &h, 2);
	assert_true(strstr(h.text, "one") < strstr(h.text, "two"));
	close(fd);
}

static void nothing_is_read_behind_a_refusal(void **state)
{
	struct heard *h;
	const char *two =
		"GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /page HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	h = peer_ask_bytes(two, strlen(two));
	assert_int_equal(peer_status(h->text), 404);
	assert_non_null(strstr(h->text, "Connection: close"));
	assert_int_equal(handled, 0);
}

/* For an absolute address evhttp asks Proxy-Connection, not Connection, whether to close. */
static void nothing_is_read_behind_a_refused_absolute_address(void **state)
{
	const char *two = "GET http://b/page HTTP/1.1\r\nHost: a\r\n\r\n"
			  "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
	struct heard *h = peer_ask_bytes(two, strlen(two));

	(void)state;
	assert_int_equal(peer_status(h->text), 400);
	assert_non_null(strstr(h->text, "Connection: close"));
	assert_true(h->closed);
	assert_int_equal(handled, 0);
}

static int64_t refusals(int status)
{
	char label[24];

	snprintf(label, sizeof(label), "status=\"%d\"", status);
	return metric_get("warmline_http_refused_total", label);
}

/* Some are refused by evhttp before we are asked. */
static void every_refusal_is_counted_once(void **state)
{
	static const struct {
		const char *request;
		int status;
	} all[] = {
		{"GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"rubbish\r\n\r\n", 400},
		{"GET /page HTTP/1.1\r\n\r\n", 400},
		{"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400},
		{"BREW /page HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	};
	static struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int64_t before = refusals(all[i].status);
		int fd = peer_dial();

		h = (struct heard){.len = 0};
		peer_say(fd, all[i].request);
		peer_hear(fd, &h, 1);
		close(fd);
		assert_int_equal(peer_status(h.text), all[i].status);
		assert_int_equal(refusals(all[i].status), before + 1);
	}
}

static void http_1_0_is_served_and_closed(void **state)
{
	const char *old = "GET /page HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
	struct heard *h = peer_ask_bytes(old, strlen(old));

	(void)state;
	assert_non_null(strstr(h->text, "200 OK"));
	assert_true(h->closed);
}

static void doubled_headers_are_refused(void **state)
{
	static const char *const doubled[] = {
		"Host: b\r\n",
		"host: a\r\n",
		"Content-Length: 3\r\nContent-Length: 3\r\n",
		"Content-Length: 3\r\ncontent-length: 4\r\n",
		"Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 3\r\n",
		"Authorization: x\r\nAuthorization: y\r\nContent-Length: 3\r\n",
		"X-Twilio-Signature: x\r\nx-twilio-signature: x\r\nContent-Length: 3\r\n",
		"telnyx-timestamp: 1\r\nTelnyx-Timestamp: 2\r\nContent-Length: 3\r\n",
		"X-Plivo-Signature-V3-Nonce: 1\r\nX-Plivo-Signature-V3-Nonce: 1\r\nContent-Length: "
		"3\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	};
	char request[512];

	(void)state;
	for (size_t i = 0; i < sizeof(doubled) / sizeof(doubled[0]); i++) {
		bool chunked = doubled[i][0] == 'T';

		snprintf(request, sizeof(request), "POST /echo HTTP/1.1\r\nHost: a\r\n%s\r\n%s",
			doubled[i], chunked ? "3\r\nabc\r\n0\r\n\r\n" : "abc");
		assert_int_equal(refused(request), 400);
	}
}

static void malformed_headers_are_refused(void **state)
{
	static const char *const bad[] = {
		"Bad name: x\r\n",
		"X-Odd : x\r\n",
		": empty\r\n",
		"X\tY: x\r\n",
		"X-\xc3\xa9: x\r\n",
		"Content-Length: +5\r\n",
		"Content-Length: 0x5\r\n",
		"Content-Length: -5\r\n",
		"Content-Length: 5,5\r\n",
		"X-Control: a\001b\r\n",
	};
	char request[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(request, sizeof(request), "POST /echo HTTP/1.1\r\nHost: a\r\n%s\r\nabcde",
			bad[i]);
		assert_int_equal(refused(request), 400);
	}
}

static void host_is_needed_once(void **state)
{
	(void)state;
	assert_int_equal(refused("GET /page HTTP/1.1\r\n\r\n"), 400);
}

static void chunked_bodies_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("POST /echo HTTP/1.1\r\nHost: a\r\n"
				 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
		411);
	assert_int_equal(refused("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n"), 411);
}

static void a_body_behind_get_is_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("GET /page HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n"
				 "GET /page HTTP/1.1\r\nHost: a\r\n\r\n"),
		400);
}

static void unknown_paths_and_other_methods_are_refused(void **state)
{
	struct heard *h;
	const char *put = "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

	(void)state;
	assert_int_equal(refused("GET /pages HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
	assert_int_equal(refused("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
	assert_int_equal(refused("DELETE /page HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
	assert_int_equal(refused("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
	h = peer_ask_bytes(put, strlen(put));
	assert_int_equal(peer_status(h->text), 405);
	assert_non_null(strstr(h->text, "Allow: POST"));
}

static void broken_addresses_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("GET /page%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /pa%0age HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /files%2fx HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /page%4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /page%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET http://a/page HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET page HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

static void a_nul_in_the_request_line_is_refused(void **state)
{
	static const char request[] = "GET /page\0x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct heard *h = peer_ask_bytes(request, sizeof(request) - 1);

	(void)state;
	assert_int_equal(handled, 0);
	assert_int_not_equal(peer_status(h->text), 200);
}

static void the_path_is_decoded_and_its_query_left_out(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "GET /files/a%20b+c?x=%2f HTTP/1.1\r\nHost: a\r\n\r\n");
	peer_hear(fd, &h, 1);
	assert_non_null(strstr(h.text, "\r\n\r\n/files/a b+c"));
	close(fd);
}

static void too_many_and_too_long_headers_are_refused(void **state)
{
	static char request[40000];
	size_t n;

	(void)state;
	n = (size_t)snprintf(request, sizeof(request), "GET /page HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(request + n, sizeof(request) - n, "X-%d: y\r\n", i);
	snprintf(request + n, sizeof(request) - n, "\r\n");
	assert_int_equal(refused(request), 431);
	n = (size_t)snprintf(request, sizeof(request), "GET /page HTTP/1.1\r\nHost: a\r\nX: ");
	memset(request + n, 'a', 17000);
	snprintf(request + n + 17000, sizeof(request) - n - 17000, "\r\n\r\n");
	assert_int_equal(refused(request), 431);
}

static void a_body_over_the_routes_limit_is_refused(void **state)
{
	static char request[4000];
	int n;

	(void)state;
	n = snprintf(request, sizeof(request),
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
	memset(request + n, 'a', 1001);
	assert_int_equal(refused(request), 413);
}

static void a_megabyte_is_refused_with_an_answer(void **state)
{
	size_t size = 1 << 20;
	char *request = calloc(1, size + 200);
	int64_t before = refusals(413);
	struct heard *h;
	int n = snprintf(request, 200,
		"POST /form HTTP/1.1\r\nHost: a\r\n"
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
		size);

	(void)state;
	memset(request + n, 'a', size);
	h = peer_ask_bytes(request, (size_t)n + size);
	assert_int_equal(peer_status(h->text), 413);
	assert_int_equal(refusals(413), before + 1);
	assert_int_equal(handled, 0);
	free(request);
}

static void a_body_of_another_type_is_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/json\r\n"
				 "Content-Length: 3\r\n\r\na=1"),
		415);
	assert_int_equal(
		refused("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=1"), 415);
	assert_int_equal(refused("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
				 "Content-Type: application/x-www-form-urlencodedx\r\n\r\na=1"),
		415);
}

static void type_parameters_do_not_matter(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
		     "Content-Type: Application/x-www-form-urlencoded; charset=UTF-8\r\n\r\na=1");
	peer_hear(fd, &h, 1);
	assert_int_equal(peer_status(h.text), 200);
	close(fd);
}

static void head_has_the_length_and_no_body(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "HEAD /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	peer_hear(fd, &h, 0);
	assert_non_null(strstr(h.text, "Content-Length: 5\r\n"));
	assert_string_equal(strstr(h.text, "\r\n\r\n"), "\r\n\r\n");
	close(fd);
}

static void connect_is_refused(void **state)
{
	static struct heard h;
	int fd = peer_dial();

	(void)state;
	h = (struct heard){.len = 0};
	peer_say(fd, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
	peer_hear(fd, &h, 1);
	assert_int_not_equal(peer_status(h.text), 200);
	close(fd);
}

static void a_taken_port_is_said_in_a_sentence(void **state)
{
	struct fail fail;
	char number[16];

	(void)state;
	snprintf(number, sizeof(number), "port %d ", peer.port);
	assert_int_equal(http_bind("127.0.0.1", peer.port, &fail), -1);
	assert_non_null(strstr(fail.text, number));
	assert_non_null(strstr(fail.text, "taken"));
	assert_non_null(strstr(fail.text, "WARMLINE_PORT"));
	assert_int_equal(http_bind("localhost", 0, &fail), -1);
	assert_non_null(strstr(fail.text, "numeric"));
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_server(an_honest_request_is_answered_and_kept_open),
		with_server(pipelined_requests_are_answered_in_order),
		with_server(nothing_is_read_behind_a_refusal),
		with_server(nothing_is_read_behind_a_refused_absolute_address),
		with_server(every_refusal_is_counted_once),
		with_server(http_1_0_is_served_and_closed),
		with_server(doubled_headers_are_refused),
		with_server(malformed_headers_are_refused),
		with_server(host_is_needed_once),
		with_server(chunked_bodies_are_refused),
		with_server(a_body_behind_get_is_refused),
		with_server(unknown_paths_and_other_methods_are_refused),
		with_server(broken_addresses_are_refused),
		with_server(a_nul_in_the_request_line_is_refused),
		with_server(the_path_is_decoded_and_its_query_left_out),
		with_server(too_many_and_too_long_headers_are_refused),
		with_server(a_body_over_the_routes_limit_is_refused),
		with_server(a_megabyte_is_refused_with_an_answer),
		with_server(a_body_of_another_type_is_refused),
		with_server(type_parameters_do_not_matter),
		with_server(head_has_the_length_and_no_body),
		with_server(connect_is_refused),
		with_server(a_taken_port_is_said_in_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
