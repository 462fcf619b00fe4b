/* Source networks of webhooks: who is inside, who is not, and what is no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "platform/network.h"

#include <cmocka.h>

static void an_address_is_inside_or_not(void **state)
{
	static const struct {
		const char *network, *peer;
		bool inside;
	} table[] = {
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"10.0.0.0/8", "10.255.1.2", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"196.201.214.0/23", "196.201.215.255", true},
		{"196.201.214.0/23", "196.201.216.0", false},
		{"196.201.214.128/25", "196.201.214.127", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"10.0.0.0/8", "::ffff:10.1.1.1", true},
		{"2001:db8::/32", "2001:db8:ffff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::1", "::1", true},
		{"::/0", "2001:db8::1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct network network;

		assert_true(network_parse(table[i].network, &network));
		if (networks_contain(&network, 1, table[i].peer) != table[i].inside)
			fail_msg("%s in %s", table[i].peer, table[i].network);
	}
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const bad[] = {"", "localhost", "10.0.0.0/33", "10.0.0.0/",
		"10.0.0.0/8x", "10.0.0/8", "2001:db8::/129", "::1/-1", "10.0.0.0/8/8"};
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (network_parse(bad[i], &network))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void nobody_is_in_no_network(void **state)
{
	struct network network;

	(void)state;
	assert_true(network_parse("0.0.0.0/0", &network));
	assert_false(networks_contain(&network, 0, "127.0.0.1"));
	assert_false(networks_contain(&network, 1, NULL));
	assert_false(networks_contain(&network, 1, "nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_inside_or_not),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(nobody_is_in_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
