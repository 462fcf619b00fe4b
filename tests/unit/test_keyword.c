/* A keyword is the whole text; a sentence never is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/keyword.h>

static const struct {
	const char *text;
	enum keyword keyword;
} words[] = {
	/* FCC's words, and the carriers' */
	{"STOP", KEYWORD_STOP},
	{"stop", KEYWORD_STOP},
	{" Stop. ", KEYWORD_STOP},
	{"STOP!!!", KEYWORD_STOP},
	{"\"stop\"", KEYWORD_STOP},
	{"\xe2\x80\x9cSTOP\xe2\x80\x9d", KEYWORD_STOP},
	{"STOPALL", KEYWORD_STOP},
	{"stop all", KEYWORD_STOP},
	{"Unsubscribe", KEYWORD_STOP},
	{"CANCEL", KEYWORD_STOP},
	{"End", KEYWORD_STOP},
	{"quit", KEYWORD_STOP},
	{"REVOKE", KEYWORD_STOP},
	{"optout", KEYWORD_STOP},
	{"opt out", KEYWORD_STOP},
	{"OPT-OUT", KEYWORD_STOP},
	{"remove", KEYWORD_STOP},
	{"ARR\xc3\x8aT", KEYWORD_STOP},
	{"ARRET", KEYWORD_STOP},
	{"td", KEYWORD_STOP},
	{"PARAR", KEYWORD_STOP},
	{"Alto", KEYWORD_STOP},
	{"BAJA", KEYWORD_STOP},
	{"cancelar", KEYWORD_STOP},
	{"\xef\xbc\xb3\xef\xbc\xb4\xef\xbc\xaf\xef\xbc\xb0", KEYWORD_STOP}, /* full width */
	{"st\xe2\x80\x8bop", KEYWORD_STOP},                                 /* zero width space */
	{"stop \xf0\x9f\x99\x8f", KEYWORD_STOP},
	{"stop texting me", KEYWORD_STOP},
	{"STOP\r\n", KEYWORD_STOP},
	/* sentences */
	{"I want it all to stop", KEYWORD_NONE},
	{"stop the pain", KEYWORD_NONE},
	{"end it all", KEYWORD_NONE},
	{"please don't stop", KEYWORD_NONE},
	{"don't stop", KEYWORD_NONE},
	{"make it stop", KEYWORD_NONE},
	{"stop it", KEYWORD_NONE},
	{"stopping by later", KEYWORD_NONE},
	{"the end", KEYWORD_NONE},
	{"stopp", KEYWORD_NONE},
	{"cancel my appointment", KEYWORD_NONE},
	{"can't stop crying", KEYWORD_NONE},
	{"s t o p", KEYWORD_NONE},
	{"stop|quit", KEYWORD_NONE},
	{"START", KEYWORD_START},
	{"unstop", KEYWORD_START},
	{"empezar", KEYWORD_START},
	{"start over", KEYWORD_NONE},
	{"HELP", KEYWORD_HELP},
	{"info", KEYWORD_HELP},
	{"AYUDA", KEYWORD_HELP},
	{"\xc2\xa1"
	 "Ayuda!",
		KEYWORD_HELP},
	{"help me please", KEYWORD_NONE},
	{"Yes", KEYWORD_YES},
	{"s\xc3\xad", KEYWORD_YES},
	{"SI\xcc\x81", KEYWORD_YES},
	{"Y", KEYWORD_YES},
	{"yes but not today", KEYWORD_NONE},
	{"no", KEYWORD_NO},
	{"No, gracias", KEYWORD_NO},
	{"nope", KEYWORD_NO},
	{"no way out", KEYWORD_NONE},
	{"1", KEYWORD_GOOD},
	{"1.", KEYWORD_GOOD},
	{"1)", KEYWORD_GOOD},
	{"(1)", KEYWORD_GOOD},
	{"Good!", KEYWORD_GOOD},
	{"I'm good", KEYWORD_GOOD},
	{"I\xe2\x80\x99m fine", KEYWORD_GOOD},
	{"bien", KEYWORD_GOOD},
	{"Muy bien.", KEYWORD_GOOD},
	{"good :)", KEYWORD_GOOD},
	{"2", KEYWORD_OK},
	{"ok", KEYWORD_OK},
	{"Okay", KEYWORD_OK},
	{"so-so", KEYWORD_OK},
	{"m\xc3\xa1s o menos", KEYWORD_OK},
	{"regular", KEYWORD_OK},
	{"3", KEYWORD_HARD},
	{"hard", KEYWORD_HARD},
	{"dif\xc3\xad"
	 "cil",
		KEYWORD_HARD},
	{"mal", KEYWORD_HARD},
	{"not good", KEYWORD_HARD},
	{"I'm not ok", KEYWORD_HARD},
	{"it was a hard day", KEYWORD_NONE},
	{"4", KEYWORD_CALL},
	{"call me", KEYWORD_CALL},
	{"Call me please!", KEYWORD_CALL},
	{"ll\xc3\xa1mame", KEYWORD_CALL},
	{"LLAMAME", KEYWORD_CALL},
	{"don't call me", KEYWORD_NONE},
	{"ACK", KEYWORD_ACK},
	{"got it", KEYWORD_ACK},
	{"I have it", KEYWORD_ACK},
	{"Lo tengo", KEYWORD_ACK},
	{"I'm on it", KEYWORD_ACK},
	{"", KEYWORD_NONE},
	{"   ", KEYWORD_NONE},
	{"...", KEYWORD_NONE},
	{"\xf0\x9f\x91\x8d", KEYWORD_NONE},
	{"12", KEYWORD_NONE},
	{"1 2", KEYWORD_NONE},
	{"5", KEYWORD_NONE},
	{"0", KEYWORD_NONE},
	{"\xff\xfe", KEYWORD_NONE},
	{"|", KEYWORD_NONE},
	{"good|great", KEYWORD_NONE},
	{"stop stop stop stop stop stop stop stop stop stop stop stop stop", KEYWORD_NONE},
};

static void whole_texts_are_keywords_and_sentences_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum keyword got = keyword_of(words[i].text);

		if (got != words[i].keyword)
			fail_msg("\"%s\": got %d, expected %d", words[i].text, (int)got,
				(int)words[i].keyword);
	}
}

static void hours_are_read_behind_their_word(void **state)
{
	static const struct {
		const char *text;
		int minute;
	} rows[] = {{"hour 18:30", 1110}, {"HOUR 6pm", 1080}, {"hora 18", 1080},
		{"Hora: 9:15", 555}, {"time 6 PM.", 1080}, {"a las 8", 480}, {"hour", -1},
		{"hour 25", -1}, {"18:30", -1}, {"an hour 18", -1}, {"hour 18:30 please", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (keyword_hour(rows[i].text) != rows[i].minute)
			fail_msg("\"%s\": got %d", rows[i].text, keyword_hour(rows[i].text));
}

static void lone_numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = {{"4821", 4821}, {"#4821", 4821}, {"# 4821", -1}, {"case 4821", 4821},
		{"Case #4821.", 4821}, {"caso 4821", 4821}, {"ack 4821", 4821}, {"1", 1}, {"1)", 1},
		{"0042", 42}, {"999999", 999999}, {"1234567", -1}, {"48 21", -1},
		{"4821 taken", -1}, {"", -1}, {"#", -1}, {"-1", 1}, {"4.5", -1}, {"case", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (keyword_number(rows[i].text) != rows[i].number)
			fail_msg("\"%s\": got %d", rows[i].text, keyword_number(rows[i].text));
}

static void words_of_a_program_are_found_folded(void **state)
{
	static const char join[3][24] = {"join", "unirme", "\xc3\xbanete ya"};

	(void)state;
	assert_true(keyword_among(" JOIN! ", join, 3));
	assert_true(keyword_among("Unete, ya", join, 3));
	assert_false(keyword_among("join us", join, 3));
	assert_false(keyword_among("", join, 3));
	assert_false(keyword_among("join", join, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_texts_are_keywords_and_sentences_are_not),
		cmocka_unit_test(hours_are_read_behind_their_word),
		cmocka_unit_test(lone_numbers_are_read),
		cmocka_unit_test(words_of_a_program_are_found_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
