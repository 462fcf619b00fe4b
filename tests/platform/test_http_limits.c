/* Time and numbers: late handlers, old and idle connections, no descriptors left, drain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/http_peer.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/metrics.h>

static int handled;
static struct http_request *held;
static int late_calls;

static void on_page(struct http_request *r, void *arg)
{
	(void)arg;
	handled++;
	http_request_reply(r, 200, "text/plain", "hello", 5);
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
	{"GET", "/hold", on_hold, NULL, 0, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

static void begin(struct http_limits limits)
{
	peer_start(routes, limits);
	handled = late_calls = 0;
	held = NULL;
}

static void a_late_handler_is_answered_for(void **state)
{
	struct heard *h;
	const char *request = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	begin((struct http_limits){.request_ms = 100});
	h = peer_ask_bytes(request, strlen(request));
	assert_int_equal(peer_status(h->text), 503);
	assert_non_null(strstr(h->text, "Retry-After: "));
	assert_int_equal(late_calls, 1);
	peer_stop();
}

static void a_late_handler_whose_peer_left_is_forgotten(void **state)
{
	int64_t until = clock_monotonic_ms() + PEER_LIMIT_MS;
	int fd;

	(void)state;
	begin((struct http_limits){.request_ms = 100});
	fd = peer_dial();
	peer_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		peer_turn();
	close(fd);
	while (!late_calls && clock_monotonic_ms() < until)
		peer_turn();
	assert_int_equal(late_calls, 1);
	peer_stop();
}

/* One byte now and then satisfies evhttp's timeout for ever; the age limit does not care. */
static void a_dripping_request_is_cut(void **state)
{
	const char *request = "GET /page HTTP/1.1\r\nHost: a\r\nX-Long: ";
	int64_t began, next;
	static struct heard h;
	int fd;

	(void)state;
	begin((struct http_limits){.age_ms = 600});
	fd = peer_dial();
	h = (struct heard){.len = 0};
	peer_say(fd, request);
	began = next = clock_monotonic_ms();
	while (!h.closed && clock_monotonic_ms() < began + PEER_LIMIT_MS) {
		if (clock_monotonic_ms() >= next) {
			if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
				break;
			next += 50;
		}
		h.closed = recv(fd, h.text, 1, MSG_DONTWAIT) == 0;
		peer_turn();
	}
	assert_true(clock_monotonic_ms() - began < 3000);
	assert_int_equal(handled, 0);
	close(fd);
	peer_stop();
}

static void a_busy_connection_outlives_the_age_limit(void **state)
{
	static struct heard h;
	int64_t until;
	int n = 0, fd;

	(void)state;
	begin((struct http_limits){.age_ms = 600});
	fd = peer_dial();
	h = (struct heard){.len = 0};
	until = clock_monotonic_ms() + 1500;
	while (clock_monotonic_ms() < until) {
		int64_t pause = clock_monotonic_ms() + 100;

		peer_say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
		peer_hear(fd, &h, ++n);
		assert_false(h.closed);
		while (clock_monotonic_ms() < pause)
			peer_turn();
	}
	assert_int_equal(handled, n);
	close(fd);
	peer_stop();
}

static void an_owed_reply_is_not_cut(void **state)
{
	static struct heard h;
	int64_t until;
	int fd;

	(void)state;
	begin((struct http_limits){.age_ms = 300});
	fd = peer_dial();
	h = (struct heard){.len = 0};
	peer_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	until = clock_monotonic_ms() + 1200;
	while (clock_monotonic_ms() < until)
		peer_turn();
	assert_non_null(held);
	http_request_reply(held, 200, "text/plain", "late but there", 14);
	peer_hear(fd, &h, 1);
	assert_int_equal(peer_status(h.text), 200);
	close(fd);
	peer_stop();
}

static void idle_connections_make_room_for_an_honest_one(void **state)
{
	static struct heard h;
	int idle[12], fd;

	(void)state;
	begin((struct http_limits){.connections = 8});
	for (int i = 0; i < 12; i++)
		idle[i] = peer_dial();
	peer_turn();
	fd = peer_dial();
	h = (struct heard){.len = 0};
	peer_say(fd, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
	peer_hear(fd, &h, 1);
	assert_int_equal(peer_status(h.text), 200);
	close(fd);
	for (int i = 0; i < 12; i++)
		close(idle[i]);
	peer_stop();
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

	begin((struct http_limits){0});
	client = peer_dial();
	setrlimit(RLIMIT_NOFILE, &few);
	n = open_until_full(fds, 64);
	cpu = clock();
	until = clock_monotonic_ms() + 1000;
	while (clock_monotonic_ms() < until)
		event_base_loop(peer.base, EVLOOP_ONCE);
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
		peer_turn();
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
	int64_t until = clock_monotonic_ms() + PEER_LIMIT_MS;
	static struct heard h;
	bool drained = false;
	int fd, late;

	(void)state;
	begin((struct http_limits){0});
	fd = peer_dial();
	h = (struct heard){.len = 0};
	peer_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		peer_turn();
	http_server_drain(peer.server, 5000, on_drained, &drained);
	late = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_port = htons((uint16_t)peer.port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_not_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), 0);
	close(late);
	for (int i = 0; i < 100; i++)
		peer_turn();
	assert_false(drained);
	http_request_reply(held, 200, "text/plain", "owed", 4);
	peer_hear(fd, &h, 1);
	assert_int_equal(peer_status(h.text), 200);
	assert_non_null(strstr(h.text, "Connection: close"));
	while (!drained && clock_monotonic_ms() < until)
		peer_turn();
	assert_true(drained);
	close(fd);
	peer_stop();
}

static void a_drain_ends_at_its_limit(void **state)
{
	int64_t until = clock_monotonic_ms() + PEER_LIMIT_MS, began;
	bool drained = false;
	int fd;

	(void)state;
	begin((struct http_limits){0});
	fd = peer_dial();
	peer_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!held && clock_monotonic_ms() < until)
		peer_turn();
	began = clock_monotonic_ms();
	http_server_drain(peer.server, 200, on_drained, &drained);
	while (!drained && clock_monotonic_ms() < until)
		peer_turn();
	assert_true(drained);
	assert_in_range(clock_monotonic_ms() - began, 200, 2000);
	close(fd);
	peer_stop(); /* with a reply owed: evhttp would abort */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_handler_is_answered_for),
		cmocka_unit_test(a_late_handler_whose_peer_left_is_forgotten),
		cmocka_unit_test(a_dripping_request_is_cut),
		cmocka_unit_test(a_busy_connection_outlives_the_age_limit),
		cmocka_unit_test(an_owed_reply_is_not_cut),
		cmocka_unit_test(idle_connections_make_room_for_an_honest_one),
		cmocka_unit_test(running_out_of_descriptors_is_survived),
		cmocka_unit_test(a_drain_sends_what_is_owed_and_takes_nothing_new),
		cmocka_unit_test(a_drain_ends_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
