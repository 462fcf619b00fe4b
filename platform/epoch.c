#include "platform/epoch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/json.h>

#define MARK_MS   900000 /* 15 minutes */
#define BEFORE_MS 60000  /* what was posted while the mark was made is asked for too */

/* --- the file -------------------------------------------------------------------------------- */

static void read_marks(struct epoch_memory *m, const json_t *marks)
{
	size_t n = json_array_size(marks) / 2;

	for (size_t i = n > EPOCH_MARKS ? n - EPOCH_MARKS : 0; i < n; i++) {
		m->marks[m->nmarks].at_ms = json_integer_value(json_array_get(marks, 2 * i));
		m->marks[m->nmarks++].count = json_integer_value(json_array_get(marks, 2 * i + 1));
	}
}

bool epoch_load(struct epoch_memory *m, const char *path)
{
	json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	const json_t *epoch = json_object_get(file, "epoch");
	struct stat st;

	*m = (struct epoch_memory){0};
	if (json_array_size(epoch) != PARTITIONS) {
		json_decref(file);
		return stat(path, &st) != 0;
	}
	m->at_ms = json_get_int(file, "at", 0);
	for (size_t i = 0; i < PARTITIONS; i++)
		m->epoch[i] = json_integer_value(json_array_get(epoch, i));
	read_marks(m, json_object_get(file, "marks"));
	json_decref(file);
	return true;
}

static char *print(const struct epoch_memory *m)
{
	json_t *file = json_object(), *epoch = json_array(), *marks = json_array();
	char *text;

	for (size_t i = 0; i < PARTITIONS; i++)
		json_array_append_new(epoch, json_integer(m->epoch[i]));
	for (size_t i = 0; i < m->nmarks; i++) {
		json_array_append_new(marks, json_integer(m->marks[i].at_ms));
		json_array_append_new(marks, json_integer(m->marks[i].count));
	}
	json_object_set_new(file, "at", json_integer(m->at_ms));
	json_object_set_new(file, "epoch", epoch);
	json_object_set_new(file, "marks", marks);
	text = json_print(file);
	json_decref(file);
	return text;
}

static bool write_file(const char *path, const char *text, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, len) == (ssize_t)len && (!sync || fdatasync(fd) == 0);
	return close(fd) == 0 && good;
}

bool epoch_save(const struct epoch_memory *m, const char *path, bool sync)
{
	char *next = xasprintf("%s.new", path), *text = print(m);
	bool good = write_file(next, text, sync) && rename(next, path) == 0;

	free(text);
	free(next);
	return good;
}

/* --- ticks ----------------------------------------------------------------------------------- */

/* So many ticks are gone, of the partition that lost most. */
static int64_t ticks_lost(const struct epoch_memory *m, const struct tick *tick)
{
	int64_t most = 0;

	for (size_t i = 0; i < PARTITIONS; i++)
		if (m->epoch[i] - tick->epoch[i] > most)
			most = m->epoch[i] - tick->epoch[i];
	return most;
}

bool epoch_went_back(const struct epoch_memory *m, const struct tick *tick)
{
	return ticks_lost(m, tick) > 0;
}

int64_t epoch_lost_since(const struct epoch_memory *m, const struct tick *tick)
{
	int64_t count = m->epoch[0] - ticks_lost(m, tick);

	for (size_t i = m->nmarks; i-- > 0;)
		if (m->marks[i].count <= count && m->marks[i].at_ms > BEFORE_MS)
			return m->marks[i].at_ms - BEFORE_MS;
	return 0;
}

static void mark_add(struct epoch_memory *m, const struct tick *tick, int64_t wall_ms)
{
	if (m->nmarks == EPOCH_MARKS)
		memmove(m->marks, m->marks + 1, --m->nmarks * sizeof(m->marks[0]));
	m->marks[m->nmarks].at_ms = wall_ms;
	m->marks[m->nmarks++].count = tick->epoch[0];
}

void epoch_note(struct epoch_memory *m, const struct tick *tick, int64_t wall_ms)
{
	if (epoch_went_back(m, tick))
		m->nmarks = 0; /* they count what is gone */
	memcpy(m->epoch, tick->epoch, sizeof(m->epoch));
	m->at_ms = wall_ms;
	/* A clock set back must not stop the marks. */
	if (!m->nmarks || wall_ms - m->marks[m->nmarks - 1].at_ms >= MARK_MS ||
		wall_ms < m->marks[m->nmarks - 1].at_ms)
		mark_add(m, tick, wall_ms);
}
