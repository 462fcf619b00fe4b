#include "tests/lib/rude_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <warmline/fail.h>

#define CONNECTIONS  256
#define STEPS        256
#define REQUEST_SIZE 16384

struct connection {
	struct rude_server *server;
	pthread_t thread;
	int fd;
};

struct rude_server {
	int listener, port;
	pthread_t thread;
	pthread_mutex_t lock;
	bool stopping;
	struct rude_step steps[STEPS], otherwise;
	size_t nsteps, taken;
	char **requests;
	size_t nrequests;
	struct connection connections[CONNECTIONS];
	size_t nconnections;
};

static bool stopping(struct rude_server *s)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* Waits for input in short steps, so that stopping is prompt. */
static bool readable(struct rude_server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (!stopping(s))
		if (poll(&p, 1, 20) > 0)
			return true;
	return false;
}

static bool say(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t length_of(const char *request, const char *end)
{
	const char *line = strcasestr(request, "\r\ncontent-length:");

	return line && line < end ? strtoul(line + 17, NULL, 10) : 0;
}

/* One whole request, or false when the other side went away. */
static bool request_read(struct rude_server *s, int fd, char *buf)
{
	size_t len = 0;

	memset(buf, 0, REQUEST_SIZE);
	for (;;) {
		char *end = strstr(buf, "\r\n\r\n");
		ssize_t n;

		if (end && len >= (size_t)(end + 4 - buf) + length_of(buf, end))
			return true;
		if (len >= REQUEST_SIZE - 1 || !readable(s, fd))
			return false;
		n = read(fd, buf + len, REQUEST_SIZE - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
}

static struct rude_step step_take(struct rude_server *s, const char *request)
{
	struct rude_step step;

	pthread_mutex_lock(&s->lock);
	step = s->taken < s->nsteps ? s->steps[s->taken++] : s->otherwise;
	if (request) {
		s->requests = xrealloc(s->requests, (s->nrequests + 1) * sizeof(char *));
		s->requests[s->nrequests++] = xstrdup(request);
	}
	pthread_mutex_unlock(&s->lock);
	return step;
}

static bool closes_at_once(struct rude_server *s)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = (s->taken < s->nsteps ? s->steps[s->taken] : s->otherwise).kind == RUDE_CLOSE;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static bool answer(int fd, const struct rude_step *step, size_t promise)
{
	const char *body = step->body ? step->body : "";
	char head[1024];

	snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n",
		step->status, step->headers ? step->headers : "", strlen(body) + promise);
	return say(fd, head, strlen(head)) && say(fd, body, strlen(body));
}

static void flood(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[8 + 65536 + 2];

	memset(chunk, 'x', sizeof(chunk));
	memcpy(chunk, "010000\r\n", 8);
	memcpy(chunk + sizeof(chunk) - 2, "\r\n", 2);
	if (!say(fd, head, strlen(head)))
		return;
	for (int i = 0; i < 320 && say(fd, chunk, sizeof(chunk)); i++)
		;
	say(fd, "0\r\n\r\n", 5);
}

static void drip(struct rude_server *s, int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
	struct pollfd p = {.fd = fd, .events = POLLHUP};

	if (!say(fd, head, strlen(head)))
		return;
	while (!stopping(s) && say(fd, ".", 1))
		if (poll(&p, 1, 50) > 0)
			return;
}

/* False: the connection is over. */
static bool misbehave(struct rude_server *s, int fd, const struct rude_step *step)
{
	static const char half[] = "HTTP/1.1 200 OK\r\nContent-Le";
	char rest[64];

	switch (step->kind) {
	case RUDE_ANSWER: return answer(fd, step, 0);
	case RUDE_HALF_BODY: return answer(fd, step, 100) && false;
	case RUDE_HALF_HEADER: return say(fd, half, strlen(half)) && false;
	case RUDE_GARBAGE: return say(fd, "what is this?\r\n\r\n", 17) && false;
	case RUDE_FLOOD: flood(fd); return false;
	case RUDE_DRIP: drip(s, fd); return false;
	case RUDE_HANG:
		while (readable(s, fd) && read(fd, rest, sizeof(rest)) > 0)
			;
		return false;
	default: return false;
	}
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	char *request = xcalloc(1, REQUEST_SIZE);

	while (request_read(c->server, c->fd, request)) {
		struct rude_step step = step_take(c->server, request);

		if (!misbehave(c->server, c->fd, &step))
			break;
	}
	shutdown(c->fd, SHUT_RDWR);
	free(request);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct rude_server *s = arg;

	while (readable(s, s->listener)) {
		int fd = accept(s->listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (closes_at_once(s) || s->nconnections == CONNECTIONS) {
			step_take(s, NULL);
			close(fd);
			continue;
		}
		struct connection *c = &s->connections[s->nconnections++];
		*c = (struct connection){.server = s, .fd = fd};
		if (pthread_create(&c->thread, NULL, serve, c) != 0)
			fail_abort("no thread for the rude server");
	}
	return NULL;
}

static int bind_to_loopback(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		fail_abort("no loopback socket: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	return fd;
}

struct rude_server *rude_start(void)
{
	struct rude_server *s = xcalloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->otherwise = (struct rude_step){RUDE_ANSWER, 200, NULL, "ok"};
	s->listener = bind_to_loopback(&s->port);
	if (listen(s->listener, 128) != 0)
		fail_abort("cannot listen: %s", strerror(errno));
	if (pthread_create(&s->thread, NULL, accept_all, s) != 0)
		fail_abort("no thread for the rude server");
	return s;
}

void rude_stop(struct rude_server **held)
{
	struct rude_server *s = *held;

	*held = NULL;
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	close(s->listener);
	for (size_t i = 0; i < s->nconnections; i++) {
		shutdown(s->connections[i].fd, SHUT_RDWR);
		pthread_join(s->connections[i].thread, NULL);
		close(s->connections[i].fd);
	}
	for (size_t i = 0; i < s->nrequests; i++)
		free(s->requests[i]);
	free(s->requests);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int rude_port(const struct rude_server *s)
{
	return s->port;
}

void rude_push(struct rude_server *s, struct rude_step step)
{
	pthread_mutex_lock(&s->lock);
	if (s->nsteps == STEPS)
		fail_abort("too many steps for the rude server");
	s->steps[s->nsteps++] = step;
	pthread_mutex_unlock(&s->lock);
}

void rude_otherwise(struct rude_server *s, struct rude_step step)
{
	pthread_mutex_lock(&s->lock);
	s->otherwise = step;
	pthread_mutex_unlock(&s->lock);
}

size_t rude_requests(struct rude_server *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->nrequests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

char *rude_request(struct rude_server *s, size_t n)
{
	char *text = NULL;

	pthread_mutex_lock(&s->lock);
	if (n < s->nrequests)
		text = xstrdup(s->requests[n]);
	pthread_mutex_unlock(&s->lock);
	return text;
}

int rude_closed_port(void)
{
	int port;

	bind_to_loopback(&port); /* kept until the test ends, so that nobody else gets the port */
	return port;
}
