#include "tests/lib/http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>

struct peer peer;

void peer_start(const struct http_route *routes, struct http_limits limits)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	struct fail fail;
	int fd = http_bind("127.0.0.1", 0, &fail);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		fail_abort("no port: %s", fail.text);
	peer.port = ntohs(address.sin_port);
	peer.base = event_base_new();
	peer.server = http_server_new(peer.base, routes, &limits, &fail);
	if (!peer.server || !http_server_listen(peer.server, fd, &fail))
		fail_abort("%s", fail.text);
}

void peer_stop(void)
{
	http_server_free(&peer.server);
	event_base_free(peer.base);
}

void peer_turn(void)
{
	struct timespec little = {0, 1000000};

	event_base_loop(peer.base, EVLOOP_NONBLOCK);
	nanosleep(&little, NULL);
}

int peer_dial(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)peer.port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail_abort("the server does not listen");
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

void peer_hear(int fd, struct heard *h, int answers)
{
	int64_t until = clock_monotonic_ms() + PEER_LIMIT_MS;

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
		peer_turn();
	}
	if (!h->closed)
		fail_abort("no answer in time, only: %s", h->text);
}

void peer_say_bytes(int fd, const char *text, size_t len)
{
	int64_t until = clock_monotonic_ms() + PEER_LIMIT_MS;

	while (len > 0 && clock_monotonic_ms() < until) {
		ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN) {
			return;
		}
		peer_turn();
	}
}

void peer_say(int fd, const char *text)
{
	peer_say_bytes(fd, text, strlen(text));
}

int peer_status(const char *text)
{
	return strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
}

struct heard *peer_ask_bytes(const char *request, size_t len)
{
	static struct heard h;
	int fd = peer_dial();

	h = (struct heard){.len = 0};
	peer_say_bytes(fd, request, len);
	peer_hear(fd, &h, 0);
	close(fd);
	return &h;
}
