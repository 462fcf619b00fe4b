/*
 * What people write: keywords, the crisis screen and the measure of a text take any bytes, give
 * the same answer twice, and need time in proportion to the length.
 */
#include "platform/lexicon_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <warmline/keyword.h>
#include <warmline/sms_text.h>

/* CPU time under sanitizers on a slow machine; one text has at most 16 KiB. */
#define START_US    20000
#define US_PER_BYTE 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lexicons *lexicons;

static int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void load(void)
{
	struct problems problems = {0};

	if (!lexicons)
		lexicons = lexicon_files_load("config/lexicons", &problems);
	if (!lexicons || problems.n)
		abort();
}

static void check_screen(const char *text, size_t len)
{
	struct verdict first, second;
	int64_t start = cpu_us();

	screen_text(lexicons, text, len, &first);
	if (cpu_us() - start > START_US + US_PER_BYTE * (int64_t)len)
		abort();
	screen_text(lexicons, text, len, &second);
	if (first.level != second.level || first.nrules != second.nrules ||
		first.nrules > SCREEN_RULES)
		abort();
	if (screen_level_of(screen_level_name(first.level)) != first.level)
		abort();
	if ((first.level == SCREEN_NONE) != (first.category[0] == '\0'))
		abort();
	for (size_t i = 0; i < first.nrules; i++)
		if (!first.rules[i] || strcmp(first.rules[i], second.rules[i]) != 0)
			abort();
}

static void check_words(const char *text)
{
	static const char joins[][24] = {"join", "empezar"};
	int hour = keyword_hour(text), number = keyword_number(text);
	enum keyword keyword = keyword_of(text);
	struct sms_size size;

	if (hour < -1 || hour >= 24 * 60 || number < -1 || number > 999999)
		abort();
	if (keyword > KEYWORD_ACK || (keyword != KEYWORD_NONE && keyword_among(text, joins, 2)))
		abort();
	if (sms_measure(text, &size) && size.segments < 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1), *text = malloc(size + 1);

	load();
	memcpy(exact, data, size); /* no NUL: its end is watched by the sanitizer */
	memcpy(text, data, size);
	text[size] = '\0';
	check_screen(exact, size);
	check_words(text);
	free(exact);
	free(text);
	return 0;
}
