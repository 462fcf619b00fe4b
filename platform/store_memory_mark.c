#include "platform/store_memory.h"

struct mark *mark_find(struct mark *marks, const char *name)
{
	struct mark *mark;

	HASH_FIND_STR(marks, name, mark);
	return mark;
}

struct mark *mark_get(struct mark **marks, const char *name)
{
	struct mark *mark = mark_find(*marks, name);

	if (mark)
		return mark;
	mark = xcalloc(1, sizeof(*mark));
	mark->name = xstrdup(name);
	HASH_ADD_KEYPTR(hh, *marks, mark->name, strlen(mark->name), mark);
	return mark;
}

static void mark_free(struct mark *mark)
{
	free(mark->name);
	free(mark);
}

void mark_drop(struct mark **marks, const char *name)
{
	struct mark *mark = mark_find(*marks, name);

	if (!mark)
		return;
	HASH_DEL(*marks, mark);
	mark_free(mark);
}

void marks_free(struct mark **marks)
{
	struct mark *mark = *marks, *next;

	HASH_CLEAR(hh, *marks);
	for (; mark; mark = next) {
		next = mark->hh.next;
		mark_free(mark);
	}
}
