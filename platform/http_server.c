/*
 * The server's life: an inherited listening socket, dispatch, deadlines, drain.
 *
 * One sweep every 250 ms does all that is about time: it answers requests whose handler is late,
 * cuts old connections, opens accepting again after EMFILE or when there is room, and notices
 * that a drain is finished.
 */
#include "platform/http_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define SWEEP_MS   250
#define PAUSE_MS   250  /* accepting rests so long after EMFILE */
#define CROWDED_MS 2000 /* at the cap an idle connection lives so long */
/* Over ours, so that our answers are given; evhttp's own refusals are bare. */
#define EVHTTP_HEADER_BYTES ((ssize_t)(2 * HEADER_BYTES_MAX))

static const enum evhttp_cmd_type all_methods[] = {EVHTTP_REQ_GET, EVHTTP_REQ_POST, EVHTTP_REQ_HEAD,
	EVHTTP_REQ_PUT, EVHTTP_REQ_DELETE, EVHTTP_REQ_OPTIONS, EVHTTP_REQ_TRACE, EVHTTP_REQ_PATCH};

static LIST_HEAD(, http_server) servers = LIST_HEAD_INITIALIZER(servers);

static void on_request(struct evhttp_request *ev, void *arg)
{
	http_request_start(arg, ev);
}

static void on_fatal(int error)
{
	fail_abort("libevent gave up (%d)", error);
}

static void on_library_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_limited(LOG_LEVEL_WARN, "libevent", "said=\"%s\"", text);
}

/*
 * evhttp refuses some requests without asking us: no request line, a header or body over its limit,
 * a method that it does not know. Here its answer is seen on its way out, so that it counts too.
 */
static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	const struct http_server *server = arg;
	char line[] = "HTTP/1.1 000";
	long status;

	if (server->replying || info->orig_size > 0 || info->n_added < sizeof(line))
		return;
	evbuffer_copyout(out, line, sizeof(line) - 1);
	status = strtol(line + 9, NULL, 10);
	if (status >= 400)
		http_count_refused((int)status);
}

/* evhttp asks for a bufferevent per connection; it is the one that evhttp would make itself. */
static struct bufferevent *on_accepted(struct event_base *base, void *arg)
{
	struct http_server *server = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);

	if (++server->connections >= server->limits.connections)
		evconnlistener_disable(server->listener);
	if (bev)
		evbuffer_add_cb(bufferevent_get_output(bev), on_output, server);
	return bev;
}

/* evhttp makes itself the listener's user data, so `evhttp` is all that the callback is told. */
static struct http_server *server_of(const struct evconnlistener *listener)
{
	struct http_server *server;

	LIST_FOREACH(server, &servers, entry)
	if (server->listener == listener)
		return server;
	fail_abort("a listener without a server");
}

/* evhttp alone would ask accept() again at once, for ever: 80 % CPU (reliability.md B1, 10). */
static void on_accept_error(struct evconnlistener *listener, void *evhttp)
{
	struct http_server *server = server_of(listener);

	(void)evhttp;
	log_limited(LOG_LEVEL_ERROR, "accept-failed", "error=\"%s\" pause_ms=%d", strerror(errno),
		PAUSE_MS);
	metric_add("warmline_http_accept_errors_total", "", 1);
	server->accept_after_ms = clock_monotonic_ms() + PAUSE_MS;
	evconnlistener_disable(listener);
}

static void answer_late(struct http_server *server, int64_t now)
{
	struct http_request *r;

	while ((r = TAILQ_FIRST(&server->owed)) != NULL &&
		now - r->since_ms >= server->limits.request_ms)
		http_request_late(r);
}

static void sweep_connections(struct http_server *server, int64_t now)
{
	struct http_request *r;

	TAILQ_FOREACH(r, &server->owed, owed)
	reaper_spare(server->reaper, http_request_fd(r));
	server->connections =
		reaper_sweep(server->reaper, now, server->limits.connections, CROWDED_MS);
	metric_set("warmline_http_connections", server->limits.label ? server->limits.label : "",
		server->connections);
	if (server->listener && now >= server->accept_after_ms &&
		server->connections < server->limits.connections)
		evconnlistener_enable(server->listener);
}

static void drain_check(struct http_server *server, int64_t now)
{
	void (*done)(void *) = server->drained;

	if (!server->draining || !done)
		return;
	if (now < server->drain_until_ms && (!TAILQ_EMPTY(&server->owed) || server->unsent > 0))
		return;
	server->drained = NULL;
	done(server->drained_arg);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;
	int64_t now = clock_monotonic_ms();

	(void)fd;
	(void)what;
	answer_late(server, now);
	if (server->reaper)
		sweep_connections(server, now);
	drain_check(server, now);
}

static void set_sweep(struct http_server *server, int64_t ms)
{
	struct timeval every = {ms / 1000, (ms % 1000) * 1000};

	event_add(server->sweep, &every);
}

static size_t largest_body(const struct http_route *routes)
{
	size_t largest = 0;

	for (; routes->path; routes++)
		if (routes->body_max > largest)
			largest = routes->body_max;
	return largest;
}

static void configure(struct http_server *server)
{
	struct evhttp *http = server->http;
	struct timeval read = {server->limits.age_ms / 1000 + 1, 0};
	ev_uint16_t methods = 0;

	for (size_t i = 0; i < sizeof(all_methods) / sizeof(all_methods[0]); i++)
		methods |= (ev_uint16_t)all_methods[i];
	evhttp_set_allowed_methods(http, methods);
	evhttp_set_max_headers_size(http, EVHTTP_HEADER_BYTES);
	evhttp_set_max_body_size(http, (ssize_t)largest_body(server->routes));
	evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_timeout_tv(http, &read);
	evhttp_set_default_content_type(http, "text/plain; charset=utf-8");
	evhttp_set_bevcb(http, on_accepted, server);
	evhttp_set_gencb(http, on_request, server);
}

struct http_server *http_server_new(struct event_base *base, const struct http_route *routes,
	const struct http_limits *limits, struct fail *fail)
{
	struct http_server *server = xcalloc(1, sizeof(*server));

	event_set_fatal_callback(on_fatal);
	event_set_log_callback(on_library_log);
	server->base = base;
	server->routes = routes;
	if (limits)
		server->limits = *limits;
	if (!server->limits.connections)
		server->limits.connections = 512;
	if (!server->limits.age_ms)
		server->limits.age_ms = 20000;
	if (!server->limits.request_ms)
		server->limits.request_ms = 10000;
	TAILQ_INIT(&server->owed);
	LIST_INSERT_HEAD(&servers, server, entry);
	server->http = evhttp_new(base);
	server->sweep = event_new(base, -1, EV_PERSIST, on_sweep, server);
	if (!server->http || !server->sweep) {
		fail_set(fail, "the HTTP server could not be made: out of memory");
		http_server_free(&server);
		return NULL;
	}
	configure(server);
	set_sweep(server, SWEEP_MS);
	return server;
}

bool http_server_listen(struct http_server *server, int inherited_fd, struct fail *fail)
{
	int port = reaper_port(inherited_fd);

	evutil_make_socket_nonblocking(inherited_fd);
	server->listener = port < 0 ? NULL
				    : evconnlistener_new(server->base, NULL, NULL,
					      LEV_OPT_CLOSE_ON_FREE, 0, inherited_fd);
	if (server->listener)
		server->bound = evhttp_bind_listener(server->http, server->listener);
	if (!server->bound)
		return fail_set(fail,
			"descriptor %d is no listening socket: start with an open one",
			inherited_fd);
	server->reaper = reaper_new(port, server->limits.age_ms);
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return true;
}

void http_server_drain(
	struct http_server *server, int64_t limit_ms, void (*done)(void *), void *arg)
{
	if (server->bound)
		evhttp_del_accept_socket(server->http, server->bound);
	server->bound = NULL;
	server->listener = NULL;
	server->draining = true;
	server->drain_until_ms = clock_monotonic_ms() + limit_ms;
	server->drained = done;
	server->drained_arg = arg;
	set_sweep(server, 20);
}

void http_server_free(struct http_server **server)
{
	struct http_server *s = *server;
	struct http_request *r;

	*server = NULL;
	if (!s)
		return;
	/* evhttp aborts when it is freed with a reply owed. */
	while ((r = TAILQ_FIRST(&s->owed)) != NULL)
		http_request_late(r);
	LIST_REMOVE(s, entry);
	if (s->http)
		evhttp_free(s->http);
	if (s->sweep)
		event_free(s->sweep);
	reaper_free(&s->reaper);
	free(s);
}

static bool bind_fail(struct fail *fail, const char *host, int port)
{
	if (errno == EADDRINUSE)
		return fail_set(fail,
			"port %d is taken on %s by another program: stop it, or set WARMLINE_PORT "
			"(gateway) or WARMLINE_CARRIER_PORT (carrier) to a free port",
			port, host);
	if (errno == EACCES)
		return fail_set(fail,
			"port %d may not be used by this user: set WARMLINE_PORT or "
			"WARMLINE_CARRIER_PORT to one above 1023",
			port);
	return fail_set(fail, "cannot listen on %s port %d: %s", host, port, strerror(errno));
}

static int bind_address(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 1024) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

int http_bind(const char *host, int port, struct fail *fail)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM};
	struct addrinfo *address = NULL;
	char service[8];
	int fd;

	text_set(service, sizeof(service), "%d", port);
	if (port < 0 || port > 65535 || getaddrinfo(host, service, &hints, &address) != 0) {
		fail_set(fail, "cannot listen on %s port %d: expected a numeric address and a port",
			host, port);
		return -1;
	}
	fd = bind_address(address);
	if (fd < 0)
		bind_fail(fail, host, port);
	freeaddrinfo(address);
	return fd;
}
