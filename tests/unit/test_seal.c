/* What seal.h promises: nothing changed or moved opens, and a loose key file is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/seal.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/warmline-seal-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/keys", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_keys(const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void read_text(char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
}

static void what_was_sealed_opens(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 600, 65536};
	struct keys *keys = keys_random();

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = sizes[i], room = sealed_size(n);
		char *plain = calloc(1, n + 1), *open = malloc(room);
		uint8_t *sealed = malloc(room);

		memset(plain, 'x', n);
		seal(keys, "doc|p2a-1", plain, n, sealed);
		assert_int_equal(unseal(keys, "doc|p2a-1", sealed, room, open), n);
		assert_string_equal(open, plain);
		free(plain);
		free(open);
		free(sealed);
	}
	keys_free(&keys);
	assert_null(keys);
}

static void one_changed_bit_anywhere_does_not_open(void **state)
{
	static const char plain[] = "I am not doing well tonight";
	struct keys *keys = keys_random();
	uint8_t sealed[128];
	char open[128];
	size_t len = sealed_size(sizeof(plain));

	(void)state;
	seal(keys, "mail", plain, sizeof(plain), sealed);
	for (size_t bit = 0; bit < len * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(unseal(keys, "mail", sealed, len, open), -1);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(unseal(keys, "mail", sealed, len, open), sizeof(plain));
	keys_free(&keys);
}

static void a_cut_value_does_not_open(void **state)
{
	struct keys *keys = keys_random();
	uint8_t sealed[128];
	char open[128];
	size_t len = sealed_size(10);

	(void)state;
	seal(keys, "mail", "0123456789", 10, sealed);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(unseal(keys, "mail", sealed, n, open), -1);
	keys_free(&keys);
}

static void a_moved_value_does_not_open(void **state)
{
	static const char *const others[] = {
		"doc|p2a-2", "doc|p2a-", "doc|p2a-11", "log|p2a-1", ""};
	struct keys *keys = keys_random(), *foreign = keys_random();
	uint8_t sealed[64];
	char open[64];

	(void)state;
	seal(keys, "doc|p2a-1", "state", 5, sealed);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(unseal(keys, others[i], sealed, sealed_size(5), open), -1);
	assert_int_equal(unseal(foreign, "doc|p2a-1", sealed, sealed_size(5), open), -1);
	keys_free(&keys);
	keys_free(&foreign);
}

static void equal_values_do_not_look_equal(void **state)
{
	struct keys *keys = keys_random();
	uint8_t a[64], b[64];

	(void)state;
	seal(keys, "doc", "state", 5, a);
	seal(keys, "doc", "state", 5, b);
	assert_memory_not_equal(a, b, sealed_size(5));
	keys_free(&keys);
}

static void a_made_key_file_loads_and_is_never_replaced(void **state)
{
	struct fail fail = {""};
	struct keys *a, *b;
	struct stat st;
	uint8_t sealed[64];
	char open[64];

	(void)state;
	assert_true(keys_create(path, &fail));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	a = keys_load(path, &fail);
	assert_non_null(a);
	seal(a, "doc", "state", 5, sealed);
	assert_false(keys_create(path, &fail));
	assert_non_null(strstr(fail.text, "exists already"));
	b = keys_load(path, &fail);
	assert_int_equal(unseal(b, "doc", sealed, sealed_size(5), open), 5);
	assert_string_equal(keys_installation(a), keys_installation(b));
	assert_int_equal(strlen(keys_installation(a)), 32);
	keys_free(&a);
	keys_free(&b);
}

static void creation_into_a_missing_folder_says_why(void **state)
{
	struct fail fail = {""};

	(void)state;
	assert_false(keys_create("/tmp/warmline-no-such-folder/keys", &fail));
	assert_non_null(strstr(fail.text, "No such file"));
	assert_null(keys_load(path, &fail));
	assert_non_null(strstr(fail.text, "restore"));
}

static void an_older_ring_key_still_opens_after_rotation(void **state)
{
	struct keys *before, *after, *dropped;
	struct fail fail = {""};
	char text[1024], more[2048], blind[2][BLIND_SIZE], token[2][33], open[64];
	uint8_t old[64], new[64];

	(void)state;
	assert_true(keys_create(path, &fail));
	before = keys_load(path, &fail);
	seal(before, "doc", "state", 5, old);
	read_text(text, sizeof(text));
	snprintf(more, sizeof(more), "%sring 2 %064d\n", text, 7);
	write_keys(more, 0400);
	after = keys_load(path, &fail);
	assert_non_null(after);
	assert_int_equal(unseal(after, "doc", old, sealed_size(5), open), 5);
	seal(after, "doc", "state", 5, new);
	assert_int_equal(new[1], 2);
	assert_int_equal(unseal(before, "doc", new, sealed_size(5), open), -1);
	keys_blind(before, "+12025550111", blind[0]);
	keys_blind(after, "+12025550111", blind[1]);
	assert_string_equal(blind[0], blind[1]);
	keys_derive(before, "carrier", token[0]);
	keys_derive(after, "carrier", token[1]);
	assert_string_equal(token[0], token[1]);
	snprintf(strstr(more, "ring 1"), 100, "ring 2 %064d\n", 7);
	write_keys(more, 0600);
	dropped = keys_load(path, &fail);
	assert_non_null(dropped);
	assert_int_equal(unseal(dropped, "doc", old, sealed_size(5), open), -1);
	assert_int_equal(unseal(dropped, "doc", new, sealed_size(5), open), 5);
	keys_free(&before);
	keys_free(&after);
	keys_free(&dropped);
}

static void blinds_and_tokens_belong_to_number_purpose_and_installation(void **state)
{
	struct keys *a = keys_random(), *b = keys_random();
	char one[BLIND_SIZE], two[BLIND_SIZE], token[33], other[33];

	(void)state;
	keys_blind(a, "+12025550111", one);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	keys_blind(a, "+12025550111", two);
	assert_string_equal(one, two);
	keys_blind(a, "+12025550112", two);
	assert_string_not_equal(one, two);
	keys_blind(b, "+12025550111", two);
	assert_string_not_equal(one, two);
	keys_derive(a, "carrier", token);
	assert_int_equal(strspn(token, "0123456789abcdef"), 32);
	keys_derive(a, "console", other);
	assert_string_not_equal(token, other);
	keys_derive(a, "+12025550111", other);
	assert_string_not_equal(one, other);
	keys_free(&a);
	keys_free(&b);
}

static void looser_permissions_are_refused_with_the_cure(void **state)
{
	static const mode_t loose[] = {0644, 0640, 0660, 0666, 0604, 0700, 0602};
	struct fail fail = {""};

	(void)state;
	assert_true(keys_create(path, &fail));
	for (size_t i = 0; i < sizeof(loose) / sizeof(*loose); i++) {
		assert_int_equal(chmod(path, loose[i]), 0);
		assert_null(keys_load(path, &fail));
		assert_non_null(strstr(fail.text, "chmod 600"));
	}
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct fail fail = {""};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(keys_create(path, &fail));
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_null(keys_load(path, &fail));
	assert_non_null(strstr(fail.text, "chown"));
}

#define HEX31        "00112233445566778899aabbccddee"
#define INSTALLATION "installation " HEX31 "ff\n"
#define BLIND        "blind " HEX31 "ff" HEX31 "ff\n"
#define RING         "ring 1 " HEX31 "ff" HEX31 "ff\n"

static void damaged_files_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *says;
	} table[] = {
		{"", "incomplete"},
		{"warmline-keys 1\n", "incomplete"},
		{"warmline-keys 2\n" INSTALLATION BLIND RING, "version"},
		{"warmline-keys 1\n" INSTALLATION BLIND, "incomplete"},
		{"warmline-keys 1\n" INSTALLATION RING, "incomplete"},
		{"warmline-keys 1\n" BLIND RING, "incomplete"},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 1 " HEX31 "ff\n",
			"keys:4: the key is short"},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 1 " HEX31 "ff" HEX31 "fff\n",
			"keys:4: "},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 1 " HEX31 "ff" HEX31 "zz\n",
			"keys:4: "},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 0 " HEX31 "ff" HEX31 "ff\n",
			"keys:4: "},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 65536 " HEX31 "ff" HEX31 "ff\n",
			"keys:4: "},
		{"warmline-keys 1\n" INSTALLATION BLIND RING RING,
			"keys:5: the key is short, damaged or repeated"},
		{"warmline-keys 1\n" INSTALLATION BLIND RING "master 1\n", "keys:5: unknown line"},
		{"warmline-keys 1\n" INSTALLATION "blind " HEX31 "\n" RING, "keys:3: "},
		{"warmline-keys 1\ninstallation 12\n" BLIND RING, "keys:2: "},
		{"warmline-keys 1\n" INSTALLATION BLIND "ring 1 " HEX31 "ff" HEX31 "ff", "cut off"},
		{"-----BEGIN PRIVATE KEY-----\n", "no key file"},
	};
	struct fail fail;
	struct keys *keys;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		write_keys(table[i].text, 0600);
		fail.text[0] = '\0';
		assert_null(keys_load(path, &fail));
		if (!strstr(fail.text, table[i].says))
			fail_msg(
				"row %zu: \"%s\" does not say \"%s\"", i, fail.text, table[i].says);
	}
	write_keys("warmline-keys 1\n# a remark\n" INSTALLATION BLIND RING, 0600);
	keys = keys_load(path, &fail);
	assert_non_null(keys);
	keys_free(&keys);
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens),
		cmocka_unit_test(one_changed_bit_anywhere_does_not_open),
		cmocka_unit_test(a_cut_value_does_not_open),
		cmocka_unit_test(a_moved_value_does_not_open),
		cmocka_unit_test(equal_values_do_not_look_equal),
		cmocka_unit_test(blinds_and_tokens_belong_to_number_purpose_and_installation),
		in_folder(a_made_key_file_loads_and_is_never_replaced),
		in_folder(creation_into_a_missing_folder_says_why),
		in_folder(an_older_ring_key_still_opens_after_rotation),
		in_folder(looser_permissions_are_refused_with_the_cure),
		in_folder(a_file_of_another_user_is_refused),
		in_folder(damaged_files_are_refused_with_a_sentence),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
