/* YAML: any bytes become a tree within its limits, or problems that say where. */
#include "platform/yaml_tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NODES  20000
#define MOST_LEVELS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_keys(const struct tree *map)
{
	for (size_t i = 0; i < map->n; i++)
		if (!map->items[i]->key || !map->items[i]->key_line ||
			tree_get(map, map->items[i]->key) != map->items[i])
			abort(); /* two equal keys, or one that cannot be found */
}

static size_t check(const struct tree *tree, int level)
{
	size_t nodes = 1;

	if (level > MOST_LEVELS || !tree->line)
		abort();
	if (tree->kind == TREE_TEXT && (!tree->text || tree->n))
		abort();
	if (tree->kind == TREE_MAP)
		check_keys(tree);
	for (size_t i = 0; i < tree->n; i++)
		nodes += check(tree->items[i], level + 1);
	return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	char *exact = malloc(size ? size : 1);
	struct tree *tree;

	memcpy(exact, data, size);
	tree = tree_parse("fuzz.yaml", exact, size, &problems);
	if (tree && check(tree, 0) > MOST_NODES)
		abort();
	if (!tree && !problems.n)
		abort(); /* refused without a reason */
	for (size_t i = 0; i < problems.n; i++)
		if (strncmp(problems.lines[i], "fuzz.yaml", 9) != 0 && i + 1 < problems.n)
			abort(); /* only the last may be "and more" */
	tree_free(&tree);
	problems_free(&problems);
	free(exact);
	return 0;
}
