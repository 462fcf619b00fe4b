/*
 * A YAML file as a small tree that knows its lines: texts, maps, lists. Plain YAML only: tags,
 * anchors, aliases and second documents are refused, so are two equal keys in one map, more than
 * 256 KiB, more than 8 levels and more than 20,000 nodes. Everything is text; what a text means
 * (a number, a duration) says whoever asks.
 */
#ifndef PLATFORM_YAML_TREE_H
#define PLATFORM_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <warmline/site.h>

enum tree_kind { TREE_TEXT, TREE_MAP, TREE_LIST };

struct tree {
	enum tree_kind kind;
	size_t line;         /* from 1 */
	char *key;           /* in a map: the key of this node, else NULL */
	size_t key_line;     /* where the key stands */
	char *text;          /* TREE_TEXT */
	struct tree **items; /* TREE_MAP, TREE_LIST: in file order, owned */
	size_t n;
};

/* NULL and a line in `problems` when it cannot be read. An empty file is an empty map. */
struct tree *tree_read(const char *path, struct problems *problems);
struct tree *tree_parse(const char *label, const void *yaml, size_t len, struct problems *problems);
void tree_free(struct tree **tree);
const struct tree *tree_get(const struct tree *map, const char *key); /* NULL = not there */

#endif
