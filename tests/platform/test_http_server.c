/* The edge over real sockets: every refusal, every limit, and that honest requests are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/http_server.h>
#include <warmline/metrics.h>

#define LIMIT_MS 10000

static struct event_base *base;
static struct http_server *server;
static int port;
static int handled;
static struct http_request *held;
static int late_calls;

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

static void on_late(void *arg)
{
	(void)arg;
	late_calls++;
	held = NULL;
}

static void on_hold(struct http_request *r, void *arg)
{
	(void)arg;
	held = r;
	http_request_on_late(r, on_late, NULL);
}

static const struct http_route routes[] = {
	{"GET", "/page", on_page, NULL, 0, NULL},
	{"POST", "/echo", on_echo, NULL, 1000, NULL},
	{"POST", "/form", on_form, NULL, 262144, "application/x-www-form-urlencoded"},
	{"GET", "/hold", on_hold, NULL, 0, NULL},
	{"GET", "/files/", on_path, NULL, 0, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

static void start(struct http_limits limits)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = http_bind("127.0.0.1", 0, NULL);

	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	base = event_base_new();
	server = http_server_new(base, routes, &limits, NULL);
	assert_true(http_server_listen(server, fd, NULL));
	handled = late_calls = 0;
	held = NULL;
}

static void stop(void)
{
	http_server_free(&server);
	event_base_free(base);
}

static void turn(void)
{
	struct timespec little = {0, 1000000};

	event_base_loop(base, EVLOOP_NONBLOCK);
	nanosleep(&little, NULL);
}

static int dial(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Whether a whole answer (head, and body by its Content-Length) is at the start of `text`. */
static size_t answer_size(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\nContent-Length: ");
	size_t head = end ? (size_t)(end + 4 - text) : 0;

	if (!end)
		return 0;
	if (length && length < end)
		head += (size_t)strtol(length + 18, NULL, 10);
	return strlen(text) >= head ? head : 0;
}

struct heard {
	char text[65536];
	size_t len;
	bool closed;
};

/* Turns the loop until `answers` answers are there or the other side closed. */
static void hear(int fd, struct heard *h, int answers)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS;

	while (!h->closed && clock_monotonic_ms() < until) {
		ssize_t n = recv(fd, h->text + h->len, sizeof(h->text) - 1 - h->len, MSG_DONTWAIT);
		const char *at = h->text;
		size_t size;
		int got = 0;

		if (n > 0)
			h->len += (size_t)n;
		h->text[h->len] = '\0';
		h->closed = n == 0 || (n < 0 && errno == ECONNRESET);
		while ((size = answer_size(at)) > 0 && got < answers) {
			at += size;
			got++;
		}
		if (answers && got >= answers)
			return;
		turn();
	}
	assert_true(h->closed);
}

static void say_bytes(int fd, const char *text, size_t len)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS;

	while (len > 0 && clock_monotonic_ms() < until) {
		ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN) {
			return;
		}
		turn();
	}
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

static int status_of(const char *text)
{
	return strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
}

/* One connection, one request, everything that comes back until the other side closes. */
static struct heard *ask_bytes(const char *request, size_t len)
{
	static struct heard h;
	int fd = dial();

	h = (struct heard){.len = 0};
	say_bytes(fd, request, len);
	hear(fd, &h, 0);
	close(fd);
	return &h;
}

static int refused(const char *request)
{
	int before = handled;
	struct heard *h = ask_bytes(request, strlen(request));

	assert_int_equal(handled, before);
	return status_of(h->text);
}

static int setup(void **state)
{
	(void)state;
	start((struct http_limits){0});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	return 0;
}

static void an_honest_request_is_answered_and_kept_open(void **state)
{
	static struct heard h;
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(fd, &h, 1);
	assert_int_equal(status_of(h.text), 200);
	assert_non_null(strstr(h.text, "X-Content-Type-Options: nosniff"));
	assert_null(strstr(h.text, "Connection: close"));
	say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	hear(fd, &h, 2);
	assert_non_null(strstr(h.text, "\r\n\r\nabc"));
	assert_int_equal(handled, 2);
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	static struct heard h;
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo");
	hear(fd, &h, 2);
	assert_true(strstr(h.text, "one") < strstr(h.text, "two"));
	close(fd);
}

static void nothing_is_read_behind_a_refusal(void **state)
{
	struct heard *h;
	const char *two =
		"GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /page HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	h = ask_bytes(two, strlen(two));
	assert_int_equal(status_of(h->text), 404);
	assert_non_null(strstr(h->text, "Connection: close"));
	assert_int_equal(handled, 0);
}

static void http_1_0_is_served_and_closed(void **state)
{
	const char *old = "GET /page HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
	struct heard *h = ask_bytes(old, strlen(old));

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
	h = ask_bytes(put, strlen(put));
	assert_int_equal(status_of(h->text), 405);
	assert_non_null(strstr(h->text, "Allow: POST"));
}

static void broken_addresses_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("GET /page%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /pa%0age HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /page%4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET /page%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET http://a/page HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(refused("GET page HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

static void a_nul_in_the_request_line_is_refused(void **state)
{
	static const char request[] = "GET /page\0x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct heard *h = ask_bytes(request, sizeof(request) - 1);

	(void)state;
	assert_int_equal(handled, 0);
	assert_int_not_equal(status_of(h->text), 200);
}

static void the_path_is_decoded_and_its_query_left_out(void **state)
{
	static struct heard h;
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "GET /files/a%20b+c?x=%2f HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(fd, &h, 1);
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
	struct heard *h;
	int n = snprintf(request, 200,
		"POST /form HTTP/1.1\r\nHost: a\r\n"
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
		size);

	(void)state;
	memset(request + n, 'a', size);
	h = ask_bytes(request, (size_t)n + size);
	assert_int_equal(status_of(h->text), 413);
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
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
		"Content-Type: Application/x-www-form-urlencoded; charset=UTF-8\r\n\r\na=1");
	hear(fd, &h, 1);
	assert_int_equal(status_of(h.text), 200);
	close(fd);
}

static void head_has_the_length_and_no_body(void **state)
{
	static struct heard h;
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "HEAD /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear(fd, &h, 0);
	assert_non_null(strstr(h.text, "Content-Length: 5\r\n"));
	assert_string_equal(strstr(h.text, "\r\n\r\n"), "\r\n\r\n");
	close(fd);
}

static void connect_is_refused(void **state)
{
	static struct heard h;
	int fd = dial();

	(void)state;
	h = (struct heard){.len = 0};
	say(fd, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(fd, &h, 1);
	assert_int_not_equal(status_of(h.text), 200);
	close(fd);
}

static void a_late_handler_is_answered_for(void **state)
{
	struct heard *h;
	const char *request = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	start((struct http_limits){.request_ms = 100});
	h = ask_bytes(request, strlen(request));
	assert_int_equal(status_of(h->text), 503);
	assert_non_null(strstr(h->text, "Retry-After: "));
	assert_int_equal(late_calls, 1);
	stop();
}

static void a_late_handler_whose_peer_left_is_forgotten(void **state)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS;
	int fd;

	(void)state;
	start((struct http_limits){.request_ms = 100});
	fd = dial();
	say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		turn();
	close(fd);
	while (!late_calls && clock_monotonic_ms() < until)
		turn();
	assert_int_equal(late_calls, 1);
	stop();
}

/* One byte now and then satisfies evhttp's timeout for ever; the age limit does not care. */
static void a_dripping_request_is_cut(void **state)
{
	const char *request = "GET /page HTTP/1.1\r\nHost: a\r\nX-Long: ";
	int64_t began, next;
	static struct heard h;
	int fd;

	(void)state;
	start((struct http_limits){.age_ms = 600});
	fd = dial();
	h = (struct heard){.len = 0};
	say(fd, request);
	began = next = clock_monotonic_ms();
	while (!h.closed && clock_monotonic_ms() < began + LIMIT_MS) {
		if (clock_monotonic_ms() >= next) {
			if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
				break;
			next += 50;
		}
		h.closed = recv(fd, h.text, 1, MSG_DONTWAIT) == 0;
		turn();
	}
	assert_true(clock_monotonic_ms() - began < 3000);
	assert_int_equal(handled, 0);
	close(fd);
	stop();
}

static void a_busy_connection_outlives_the_age_limit(void **state)
{
	static struct heard h;
	int64_t until;
	int n = 0, fd;

	(void)state;
	start((struct http_limits){.age_ms = 600});
	fd = dial();
	h = (struct heard){.len = 0};
	until = clock_monotonic_ms() + 1500;
	while (clock_monotonic_ms() < until) {
		int64_t pause = clock_monotonic_ms() + 100;

		say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
		hear(fd, &h, ++n);
		assert_false(h.closed);
		while (clock_monotonic_ms() < pause)
			turn();
	}
	assert_int_equal(handled, n);
	close(fd);
	stop();
}

static void an_owed_reply_is_not_cut(void **state)
{
	static struct heard h;
	int64_t until;
	int fd;

	(void)state;
	start((struct http_limits){.age_ms = 300});
	fd = dial();
	h = (struct heard){.len = 0};
	say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	until = clock_monotonic_ms() + 1200;
	while (clock_monotonic_ms() < until)
		turn();
	assert_non_null(held);
	http_request_reply(held, 200, "text/plain", "late but there", 14);
	hear(fd, &h, 1);
	assert_int_equal(status_of(h.text), 200);
	close(fd);
	stop();
}

static void idle_connections_make_room_for_an_honest_one(void **state)
{
	static struct heard h;
	int idle[12], fd;

	(void)state;
	start((struct http_limits){.connections = 8});
	for (int i = 0; i < 12; i++)
		idle[i] = dial();
	turn();
	fd = dial();
	h = (struct heard){.len = 0};
	say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(fd, &h, 1);
	assert_int_equal(status_of(h.text), 200);
	close(fd);
	for (int i = 0; i < 12; i++)
		close(idle[i]);
	stop();
}

static int open_until_full(int *fds, int most)
{
	int n = 0;

	while (n < most && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	return n;
}

/* In a child, because the limit is the process'. Exit codes name what went wrong. */
static int emfile_child(void)
{
	struct rlimit few = {64, 64};
	int fds[64], n, client, noise;
	int64_t until;
	clock_t cpu;

	start((struct http_limits){0});
	client = dial();
	setrlimit(RLIMIT_NOFILE, &few);
	n = open_until_full(fds, 64);
	cpu = clock();
	until = clock_monotonic_ms() + 1000;
	while (clock_monotonic_ms() < until)
		event_base_loop(base, EVLOOP_ONCE);
	if ((clock() - cpu) > CLOCKS_PER_SEC / 5)
		return 2; /* span */
	if (metric_get("warmline_http_accept_errors_total", "") < 1 ||
		metric_get("warmline_http_accept_errors_total", "") > 20)
		return 3;
	noise = n > 2 ? 2 : n;
	while (noise > 0)
		close(fds[--noise]);
	send(client, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n", 31, MSG_NOSIGNAL);
	until = clock_monotonic_ms() + 5000;
	while (handled == 0 && clock_monotonic_ms() < until)
		turn();
	return handled == 1 ? 0 : 4;
}

static void running_out_of_descriptors_is_survived(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(emfile_child());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

static void a_drain_sends_what_is_owed_and_takes_nothing_new(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int64_t until = clock_monotonic_ms() + LIMIT_MS;
	static struct heard h;
	bool drained = false;
	int fd, late;

	(void)state;
	start((struct http_limits){0});
	fd = dial();
	h = (struct heard){.len = 0};
	say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		turn();
	http_server_drain(server, 5000, on_drained, &drained);
	late = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_port = htons((uint16_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_not_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), 0);
	close(late);
	for (int i = 0; i < 100; i++)
		turn();
	assert_false(drained);
	http_request_reply(held, 200, "text/plain", "owed", 4);
	hear(fd, &h, 1);
	assert_int_equal(status_of(h.text), 200);
	assert_non_null(strstr(h.text, "Connection: close"));
	while (!drained && clock_monotonic_ms() < until)
		turn();
	assert_true(drained);
	close(fd);
	stop();
}

static void a_drain_ends_at_its_limit(void **state)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS, began;
	bool drained = false;
	int fd;

	(void)state;
	start((struct http_limits){0});
	fd = dial();
	say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		turn();
	began = clock_monotonic_ms();
	http_server_drain(server, 200, on_drained, &drained);
	while (!drained && clock_monotonic_ms() < until)
		turn();
	assert_true(drained);
	assert_in_range(clock_monotonic_ms() - began, 200, 2000);
	close(fd);
	stop(); /* with a reply owed: evhttp would abort */
}

static void a_taken_port_is_said_in_a_sentence(void **state)
{
	struct fail fail;
	char number[16];

	(void)state;
	snprintf(number, sizeof(number), "port %d ", port);
	assert_int_equal(http_bind("127.0.0.1", port, &fail), -1);
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
		cmocka_unit_test(a_late_handler_is_answered_for),
		cmocka_unit_test(a_late_handler_whose_peer_left_is_forgotten),
		cmocka_unit_test(a_dripping_request_is_cut),
		cmocka_unit_test(a_busy_connection_outlives_the_age_limit),
		cmocka_unit_test(an_owed_reply_is_not_cut),
		cmocka_unit_test(idle_connections_make_room_for_an_honest_one),
		cmocka_unit_test(running_out_of_descriptors_is_survived),
		cmocka_unit_test(a_drain_sends_what_is_owed_and_takes_nothing_new),
		cmocka_unit_test(a_drain_ends_at_its_limit),
		with_server(a_taken_port_is_said_in_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
