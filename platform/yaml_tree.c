#include "platform/yaml_tree.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define BYTES_MAX ((size_t)256 * 1024)
#define DEPTH_MAX 8
#define NODES_MAX 20000

struct reader {
	const char *label;
	struct problems *problems;
	yaml_parser_t parser;
	size_t nodes;
};

/* --- building ----------------------------------------------------------------------------------
 */

static struct tree *tree_new(enum tree_kind kind, size_t line)
{
	struct tree *tree = xcalloc(1, sizeof(*tree));

	tree->kind = kind;
	tree->line = line;
	return tree;
}

void tree_free(struct tree **tree)
{
	if (!*tree)
		return;
	for (size_t i = 0; i < (*tree)->n; i++)
		tree_free(&(*tree)->items[i]);
	free((*tree)->items);
	free((*tree)->key);
	free((*tree)->text);
	free(*tree);
	*tree = NULL;
}

static void tree_add(struct tree *parent, struct tree *item)
{
	parent->items = xrealloc(parent->items, (parent->n + 1) * sizeof(struct tree *));
	parent->items[parent->n++] = item;
}

const struct tree *tree_get(const struct tree *map, const char *key)
{
	for (size_t i = 0; map && map->kind == TREE_MAP && i < map->n; i++)
		if (strcmp(map->items[i]->key, key) == 0)
			return map->items[i];
	return NULL;
}

/* --- reading: the next event, then by its kind -------------------------------------------------
 */

static size_t line_of(const yaml_event_t *event)
{
	return event->start_mark.line + 1;
}

static struct tree *refuse(struct reader *r, size_t line, const char *what)
{
	problems_add(r->problems, r->label, line, "%s", what);
	return NULL;
}

static bool next(struct reader *r, yaml_event_t *event)
{
	const yaml_parser_t *p = &r->parser;

	if (yaml_parser_parse(&r->parser, event))
		return true;
	problems_add(r->problems, r->label,
		(p->problem_mark.line ? p->problem_mark.line : p->context_mark.line) + 1,
		"%s%s%s, expected YAML (look for a missing quote, colon or a tab)",
		p->problem ? p->problem : "cannot be read", p->context ? " " : "",
		p->context ? p->context : "");
	return false;
}

static struct tree *node_read(struct reader *r, const yaml_event_t *event, size_t depth);

static bool list_fill(struct reader *r, struct tree *list, size_t depth)
{
	for (;;) {
		yaml_event_t event;
		struct tree *item;

		if (!next(r, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			return true;
		}
		item = node_read(r, &event, depth);
		yaml_event_delete(&event);
		if (!item)
			return false;
		tree_add(list, item);
	}
}

/* The value behind `key`; owns the key from here on. */
static bool pair_read(struct reader *r, struct tree *map, struct tree *key, size_t depth)
{
	const struct tree *twin = tree_get(map, key->text);
	struct tree *value;
	yaml_event_t event;

	if (!next(r, &event))
		return false;
	value = node_read(r, &event, depth);
	yaml_event_delete(&event);
	if (!value)
		return false;
	if (twin) {
		problems_add(r->problems, r->label, key->line,
			"%s stands here a second time, expected it once (first in line %zu)",
			key->text, twin->key_line);
		tree_free(&value);
		return true;
	}
	value->key = xstrdup(key->text);
	value->key_line = key->line;
	tree_add(map, value);
	return true;
}

static bool map_fill(struct reader *r, struct tree *map, size_t depth)
{
	for (;;) {
		yaml_event_t event;
		struct tree *key;
		bool ok;

		if (!next(r, &event))
			return false;
		if (event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return true;
		}
		key = node_read(r, &event, depth);
		yaml_event_delete(&event);
		if (!key)
			return false;
		ok = key->kind == TREE_TEXT;
		if (ok)
			ok = pair_read(r, map, key, depth);
		else
			refuse(r, key->line, "a key is a list or a map, expected a word");
		tree_free(&key);
		if (!ok)
			return false;
	}
}

static struct tree *text_read(struct reader *r, const yaml_event_t *event)
{
	struct tree *tree;

	if (event->data.scalar.anchor)
		return refuse(r, line_of(event),
			"anchors (&name) are not used here, expected the value itself");
	if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
		return refuse(
			r, line_of(event), "a text contains a NUL character, expected plain text");
	tree = tree_new(TREE_TEXT, line_of(event));
	tree->text = xmemdup(event->data.scalar.value, event->data.scalar.length);
	return tree;
}

static struct tree *node_read(struct reader *r, const yaml_event_t *event, size_t depth)
{
	struct tree *tree;
	bool map = event->type == YAML_MAPPING_START_EVENT, filled;

	if (++r->nodes > NODES_MAX)
		return refuse(
			r, line_of(event), "the file has too many entries, expected at most 20000");
	if (event->type == YAML_SCALAR_EVENT)
		return text_read(r, event);
	if (event->type == YAML_ALIAS_EVENT)
		return refuse(r, line_of(event),
			"aliases (*name) are not used here, expected the value itself");
	if (!map && event->type != YAML_SEQUENCE_START_EVENT)
		return refuse(r, line_of(event), "nothing stands here, expected a value");
	if (depth == 0)
		return refuse(r, line_of(event),
			"lists and maps are nested too deep, expected at most 8 levels");
	if (map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor)
		return refuse(r, line_of(event),
			"anchors (&name) are not used here, expected the value itself");
	tree = tree_new(map ? TREE_MAP : TREE_LIST, line_of(event));
	filled = map ? map_fill(r, tree, depth - 1) : list_fill(r, tree, depth - 1);
	if (!filled)
		tree_free(&tree);
	return tree;
}

/* Stream and document starts are passed over; the first real event is the document's root. */
static struct tree *document_read(struct reader *r)
{
	struct tree *tree = NULL;
	yaml_event_t event;
	bool root = false;

	while (!root && next(r, &event)) {
		if (event.type == YAML_STREAM_END_EVENT) {
			tree = tree_new(TREE_MAP, 1);
			root = true;
		} else if (event.type != YAML_STREAM_START_EVENT &&
			   event.type != YAML_DOCUMENT_START_EVENT) {
			tree = node_read(r, &event, DEPTH_MAX);
			root = true;
		}
		yaml_event_delete(&event);
	}
	if (!tree || (tree->n == 0 && tree->kind == TREE_MAP))
		return tree;
	while (next(r, &event)) {
		bool end = event.type == YAML_STREAM_END_EVENT;
		bool second = event.type == YAML_DOCUMENT_START_EVENT;

		if (second)
			refuse(r, line_of(&event), "a second document starts, expected one");
		yaml_event_delete(&event);
		if (end)
			return tree;
		if (second)
			break;
	}
	tree_free(&tree);
	return NULL;
}

struct tree *tree_parse(const char *label, const void *yaml, size_t len, struct problems *problems)
{
	struct reader r = {.label = label, .problems = problems};
	struct tree *tree;

	if (!yaml_parser_initialize(&r.parser))
		fail_abort("out of memory");
	yaml_parser_set_input_string(&r.parser, yaml, len);
	tree = document_read(&r);
	yaml_parser_delete(&r.parser);
	if (tree && tree->kind != TREE_MAP) {
		refuse(&r, tree->line, "the file is no list of settings, expected \"name: value\"");
		tree_free(&tree);
	}
	return tree;
}

struct tree *tree_read(const char *path, struct problems *problems)
{
	struct tree *tree = NULL;
	FILE *file = fopen(path, "re");
	char *bytes;
	size_t len;

	if (!file) {
		problems_add(problems, path, 0, "cannot be opened (%s), expected a readable file",
			strerror(errno));
		return NULL;
	}
	bytes = xcalloc(1, BYTES_MAX + 1);
	len = fread(bytes, 1, BYTES_MAX + 1, file);
	if (ferror(file))
		problems_add(problems, path, 0, "cannot be read (%s)", strerror(errno));
	else if (len > BYTES_MAX)
		problems_add(problems, path, 0, "is too large, expected at most 256 KiB");
	else
		tree = tree_parse(path, bytes, len, problems);
	free(bytes);
	fclose(file);
	return tree;
}
