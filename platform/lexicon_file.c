#include "platform/lexicon_file.h"

#include "core/lexicon.h"
#include "platform/setting.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define LANGUAGES_MAX 32

static const char *const categories[] = {"suicide", "self_harm", "harm_others", "overdose",
	"relapse", "abuse", "medical", "third_party", "idiom", NULL};
static const char *const level_names[] = {"none", "watch", "high", "imminent", NULL};

struct lexicon_file {
	char path[PATH_SIZE], language[8];
	struct tree *tree;
};

/* --- phrases -----------------------------------------------------------------------------------
 */

static void phrase_add(struct lexicons *l, uint32_t entry, const char *file,
	const struct tree *item, struct problems *problems)
{
	struct fail fail = {""};

	if (item->kind != TREE_TEXT)
		problems_add(problems, file, item->line, "phrase: expected one text");
	else if (!lexicons_phrase(l, entry, item->text, &fail))
		problems_add(problems, file, item->line,
			"phrase: %s, expected words with choices like (want|wanna) to die",
			fail.text);
}

/* One text, or a list of them. */
static void phrases_add(struct lexicons *l, uint32_t entry, const char *file,
	const struct tree *value, struct problems *problems)
{
	if (value && value->kind == TREE_LIST)
		for (size_t i = 0; i < value->n; i++)
			phrase_add(l, entry, file, value->items[i], problems);
	else if (value)
		phrase_add(l, entry, file, value, problems);
}

static void entry_add(struct lexicons *l, const struct lexicon_file *f, const struct tree *item,
	struct problems *problems)
{
	struct settings s;
	char id[64] = "";
	int level = 0, category = 0;
	uint32_t entry;

	if (item->kind != TREE_MAP) {
		problems_add(problems, f->path, item->line,
			"entries: expected id, level, category and phrase");
		return;
	}
	settings_begin(&s, f->path, item, problems);
	setting_text(&s, "id", SETTING_REQUIRED, id, sizeof(id));
	setting_choice(&s, "level", SETTING_REQUIRED, level_names, &level);
	setting_choice(&s, "category", SETTING_REQUIRED, categories, &category);
	for (size_t i = 0; i < l->nentries; i++)
		if (*id && strcmp(l->entries[i].id, id) == 0)
			settings_problem(&s, "id", "\"%s\" is used twice, expected it once", id);
	entry = lexicons_entry(l, f->language, id, level, categories[category]);
	phrases_add(l, entry, f->path, settings_get(&s, "phrase", SETTING_REQUIRED), problems);
	settings_get(&s, "hit", SETTING_REQUIRED);
	settings_get(&s, "miss", SETTING_OPTIONAL);
	settings_end(&s);
}

static void file_add(struct lexicons *l, const struct lexicon_file *f, struct problems *problems)
{
	char language[8] = "";
	const struct tree *list;
	struct settings s;

	settings_begin(&s, f->path, f->tree, problems);
	if (setting_text(&s, "language", SETTING_REQUIRED, language, sizeof(language)) &&
		strcmp(language, f->language) != 0)
		settings_problem(&s, "language",
			"\"%s\" is another than the file's name says, "
			"expected %s",
			language, f->language);
	phrases_add(l, lexicons_entry(l, f->language, "denial", LEXICON_DENIAL, ""), f->path,
		settings_list(&s, "denials", SETTING_OPTIONAL), problems);
	phrases_add(l, lexicons_entry(l, f->language, "joke", LEXICON_JOKE, ""), f->path,
		settings_list(&s, "jokes", SETTING_OPTIONAL), problems);
	list = settings_list(&s, "entries", SETTING_REQUIRED);
	for (size_t i = 0; list && i < list->n; i++)
		entry_add(l, f, list->items[i], problems);
	settings_end(&s);
}

/* --- examples ----------------------------------------------------------------------------------
 */

static bool rule_hit(const struct verdict *v, const char *id)
{
	for (size_t i = 0; i < v->nrules; i++)
		if (strcmp(v->rules[i], id) == 0)
			return true;
	return false;
}

static void example_try(const struct lexicons *l, const char *file, const struct tree *example,
	const char *id, const char *level, bool hit, struct problems *problems)
{
	struct verdict v;
	bool harmless = strcmp(level, "none") == 0;

	if (example->kind != TREE_TEXT) {
		problems_add(problems, file, example->line, "example: expected one text");
		return;
	}
	screen_text(l, example->text, strlen(example->text), &v);
	if (hit && harmless && v.level != SCREEN_NONE)
		problems_add(problems, file, example->line,
			"\"%s\" is found by %s, expected nothing", example->text, v.rules[0]);
	else if (hit && !harmless && !rule_hit(&v, id))
		problems_add(problems, file, example->line,
			"\"%s\" is not found by %s, expected it to be", example->text, id);
	else if (!hit && rule_hit(&v, id))
		problems_add(problems, file, example->line,
			"\"%s\" is found by %s, expected it not to be", example->text, id);
}

static void examples_try(const struct lexicons *l, const char *file, const struct tree *entry,
	const char *key, struct problems *problems)
{
	const struct tree *examples = tree_get(entry, key), *id = tree_get(entry, "id");
	const struct tree *level = tree_get(entry, "level");
	bool hit = strcmp(key, "hit") == 0;

	if (!examples)
		return;
	if (examples->kind != TREE_LIST)
		example_try(l, file, examples, id->text, level->text, hit, problems);
	for (size_t i = 0; examples->kind == TREE_LIST && i < examples->n; i++)
		example_try(l, file, examples->items[i], id->text, level->text, hit, problems);
}

static void file_try(
	const struct lexicons *l, const struct lexicon_file *f, struct problems *problems)
{
	const struct tree *list = tree_get(f->tree, "entries");

	for (size_t i = 0; list && i < list->n; i++) {
		examples_try(l, f->path, list->items[i], "hit", problems);
		examples_try(l, f->path, list->items[i], "miss", problems);
	}
}

/* --- files -------------------------------------------------------------------------------------
 */

static int by_path(const void *a, const void *b)
{
	return strcmp(
		((const struct lexicon_file *)a)->path, ((const struct lexicon_file *)b)->path);
}

static bool file_named(struct lexicon_file *f, const char *folder, const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && strcmp(dot, ".yaml") == 0 &&
	       text_set(f->language, sizeof(f->language), "%.*s", (int)(dot - name), name) &&
	       text_set(f->path, sizeof(f->path), "%s/%s", folder, name);
}

static size_t files_read(const char *folder, struct lexicon_file *files, struct problems *problems)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	size_t n = 0;

	if (!dir) {
		problems_add(problems, folder, 0,
			"cannot be opened (%s), expected a folder with crisis phrases",
			strerror(errno));
		return 0;
	}
	while (n < LANGUAGES_MAX && (entry = readdir(dir)))
		if (file_named(&files[n], folder, entry->d_name))
			n++;
	closedir(dir);
	qsort(files, n, sizeof(*files), by_path);
	for (size_t i = 0; i < n; i++)
		files[i].tree = tree_read(files[i].path, problems);
	if (n == 0)
		problems_add(problems, folder, 0,
			"holds no crisis phrases, expected files like en.yaml");
	return n;
}

struct lexicons *lexicon_files_load(const char *folder, struct problems *problems)
{
	struct lexicon_file *files = xcalloc(LANGUAGES_MAX, sizeof(*files));
	struct lexicons *l = lexicons_new();
	size_t before = problems->n, n = files_read(folder, files, problems);

	for (size_t i = 0; i < n; i++)
		if (files[i].tree)
			file_add(l, &files[i], problems);
	lexicons_close(l);
	for (size_t i = 0; i < n && problems->n == before; i++)
		file_try(l, &files[i], problems);
	for (size_t i = 0; i < n; i++)
		tree_free(&files[i].tree);
	free(files);
	return l;
}

bool lexicons_check(const char *folder, struct problems *problems)
{
	size_t before = problems->n;
	struct lexicons *l = lexicon_files_load(folder, problems);

	lexicons_free(&l);
	return problems->n == before;
}
