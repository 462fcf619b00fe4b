#include "gateway/metrics_page.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/metrics.h>
#include <warmline/site.h>

#define SCHEDULERS 32
#define YOUNG_MS   30000
#define FILE_MAX   ((size_t)256 * 1024)

struct line {
	char *text; /* "name{labels} value" */
	size_t name_len, at;
};

struct lines {
	struct line *items;
	size_t n, room;
};

/* "name value" or "name{labels} value"; the file of a full disk may end anywhere. */
static bool is_whole(const char *text)
{
	const char *value = strrchr(text, ' ');
	size_t name = strcspn(text, "{ ");

	if (*text == '#' || !name || !value || !value[1])
		return false;
	if (strspn(value + 1, "-0123456789") != strlen(value + 1))
		return false;
	return text[name] == ' ' || (value > text && value[-1] == '}');
}

/* `labels` NULL: as it is. Comments are made again by print(). */
static void line_add(struct lines *lines, const char *text, const char *labels)
{
	size_t name = strcspn(text, "{ ");
	bool labeled = text[name] == '{';
	struct line *line;

	if (!is_whole(text))
		return;
	if (lines->n == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 128;
		lines->items = xrealloc(lines->items, lines->room * sizeof(*line));
	}
	line = &lines->items[lines->n];
	line->at = lines->n++;
	line->name_len = name;
	line->text = labels ? xasprintf("%.*s{%s%s%s", (int)name, text, labels, labeled ? "," : "}",
				      text + name + labeled)
			    : xstrdup(text);
}

static void lines_split(struct lines *lines, char *text, const char *labels)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		line_add(lines, line, labels);
}

static void add_own(struct lines *lines)
{
	struct evbuffer *own = evbuffer_new();
	char *text;

	metrics_print(own);
	evbuffer_add(own, "", 1);
	text = (char *)evbuffer_pullup(own, -1);
	lines_split(lines, text, NULL);
	evbuffer_free(own);
}

static bool is_young(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size > (off_t)FILE_MAX)
		return false;
	return clock_wall_ms() - (int64_t)st.st_mtim.tv_sec * 1000 < YOUNG_MS;
}

static void add_scheduler(struct lines *lines, const char *journal, int number)
{
	char path[PATH_SIZE + 32], labels[32];
	char *text;
	ssize_t n;
	int fd;

	text_set(path, sizeof(path), "%s/scheduler-%d/metrics", journal, number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	text = xcalloc(1, FILE_MAX + 1);
	n = is_young(fd) ? read(fd, text, FILE_MAX) : 0;
	close(fd);
	text_set(labels, sizeof(labels), "scheduler=\"%d\"", number);
	if (n > 0)
		lines_split(lines, text, labels);
	free(text);
}

static int by_name(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = strncmp(x->text, y->text, n);

	if (!order && x->name_len != y->name_len)
		order = x->name_len < y->name_len ? -1 : 1;
	if (order)
		return order;
	return x->at < y->at ? -1 : 1;
}

/* All lines of a metric in one group, which the format demands. */
static void print(struct evbuffer *out, const struct lines *lines)
{
	const struct line *before = NULL;

	for (size_t i = 0; i < lines->n; i++) {
		const struct line *line = &lines->items[i];
		char name[96];

		text_set(name, sizeof(name), "%.*s", (int)line->name_len, line->text);
		if (!before || before->name_len != line->name_len ||
			strncmp(before->text, line->text, line->name_len) != 0)
			metrics_print_head(out, name);
		evbuffer_add_printf(out, "%s\n", line->text);
		before = line;
	}
}

void metrics_page(struct evbuffer *out, const char *journal)
{
	struct lines lines = {0};

	add_own(&lines);
	for (int number = 0; number < SCHEDULERS; number++)
		add_scheduler(&lines, journal, number);
	if (lines.n)
		qsort(lines.items, lines.n, sizeof(lines.items[0]), by_name);
	print(out, &lines);
	for (size_t i = 0; i < lines.n; i++)
		free(lines.items[i].text);
	free(lines.items);
}
