#include "ctl/probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <warmline/fail.h>

#define ANSWER_SIZE 4096

/* A house that listens everywhere is asked on loopback. */
static const char *reachable(const char *host)
{
	if (strcmp(host, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(host, "::") == 0 ? "::1" : host;
}

static int dial(const char *host, int port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
	struct timeval limit = {.tv_sec = 1};
	char service[8];
	int fd;

	text_set(service, sizeof(service), "%d", port);
	if (getaddrinfo(reachable(host), service, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

static size_t exchange(int fd, const char *request, char *answer, size_t size)
{
	size_t got = 0, len = strlen(request);
	ssize_t n;

	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		return 0;
	while (got < size - 1 && (n = recv(fd, answer + got, size - 1 - got, 0)) > 0)
		got += (size_t)n;
	return got;
}

int probe_get(const char *host, int port, const char *path, char *body, size_t size)
{
	char answer[ANSWER_SIZE], *end, *request;
	int fd = dial(host, port);
	size_t n;

	body[0] = '\0';
	if (fd < 0)
		return 0;
	request = xasprintf(
		"GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n", path, host, port);
	n = exchange(fd, request, answer, sizeof(answer));
	answer[n] = '\0';
	free(request);
	close(fd);
	if (strncmp(answer, "HTTP/1.", 7) != 0 || n < 12)
		return 0;
	end = strstr(answer, "\r\n\r\n");
	if (end)
		text_set(body, size, "%s", end + 4);
	return (int)strtol(answer + 9, NULL, 10);
}
