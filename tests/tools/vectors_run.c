/*
 * Runs files of test vectors against what is built. The format is that of tests/vectors/.
 *
 *     vectors_run FILE|FOLDER...      (make vectors V=FILE)
 *
 * What does not hold is told in a line each; the last line is "N passed, N failed", and the exit
 * code is 1 when one failed or nothing was there to run. In a folder, files without vectors are
 * passed over.
 */
#include "tests/tools/vector_trial.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <warmline/fail.h>

struct tally {
	size_t passed, failed;
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void tell(const char *file, const json_t *vector, const char *what)
{
	const char *note = text_of(vector, "note");

	printf("%s: %s (%s): %s%s%s\n", file, text_of(vector, "id"), text_of(vector, "name"), what,
		*note ? ". Note: " : "", note);
}

static void run_vector(const char *file, const json_t *vector, struct tally *tally)
{
	char why[256] = "is neither a signature vector (scheme) nor one of segmentation (text)";
	enum trial trial = TRIAL_FAILED;

	if (json_object_get(vector, "scheme"))
		trial = signature_try(vector, why, sizeof(why));
	else if (json_object_get(vector, "text"))
		trial = segmentation_try(vector, why, sizeof(why));
	if (trial != TRIAL_PASSED)
		tell(file, vector, why);
	tally->passed += trial == TRIAL_PASSED;
	tally->failed += trial == TRIAL_FAILED;
}

static void unusable(const char *file, const char *why, struct tally *tally)
{
	printf("%s: %s\n", file, why);
	tally->failed++;
}

/* `named`: this very file was asked for, so it must have vectors. */
static void run_file(const char *file, bool named, struct tally *all)
{
	struct tally tally = {0, 0};
	const json_t *vectors, *vector;
	json_error_t error;
	json_t *json = json_load_file(file, JSON_ALLOW_NUL, &error);
	size_t i;

	if (!json) {
		char *why = xasprintf("line %d: %s", error.line, error.text);

		unusable(file, why, all);
		free(why);
		return;
	}
	vectors = json_is_array(json) ? json : json_object_get(json, "vectors");
	json_array_foreach(vectors, i, vector) run_vector(file, vector, &tally);
	if (json_array_size(vectors) > 0)
		printf("%s: %zu passed, %zu failed\n", file, tally.passed, tally.failed);
	else if (named || vectors)
		unusable(file, "has no vectors", all);
	all->passed += tally.passed;
	all->failed += tally.failed;
	json_decref(json);
}

static int is_json(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void run_folder(const char *folder, struct tally *tally)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_json, alphasort);

	if (n < 0) {
		unusable(folder, strerror(errno), tally);
		return;
	}
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", folder, entries[i]->d_name);

		run_file(file, false, tally);
		free(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	struct tally tally = {0, 0};
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) != 0)
			unusable(argv[i], strerror(errno), &tally);
		else if (S_ISDIR(st.st_mode))
			run_folder(argv[i], &tally);
		else
			run_file(argv[i], true, &tally);
	}
	printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
	return tally.failed || !tally.passed;
}
