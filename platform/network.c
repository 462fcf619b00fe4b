#include "platform/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* The address in 16 bytes; the number of bits that are its own: 32 or 128; 0 = none. */
static int address_parse(const char *text, unsigned char address[16])
{
	if (inet_pton(AF_INET, text, address + 12) == 1) {
		memcpy(address, mapped, sizeof(mapped));
		return 32;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 128 : 0;
}

bool network_parse(const char *text, struct network *network)
{
	char address[64], *slash, *end;
	long bits;
	int own;

	if (!text_set(address, sizeof(address), "%s", text))
		return false;
	slash = strchr(address, '/');
	if (slash)
		*slash = '\0';
	own = address_parse(address, network->address);
	if (!own)
		return false;
	bits = slash ? strtol(slash + 1, &end, 10) : own;
	if (slash && (end == slash + 1 || *end || bits < 0 || bits > own))
		return false;
	network->bits = (int)bits + 128 - own;
	return true;
}

static bool contains(const struct network *network, const unsigned char address[16])
{
	int whole = network->bits / 8, rest = network->bits % 8;
	unsigned mask = 0xff00U >> rest & 0xffU;

	if (memcmp(network->address, address, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0;
}

bool networks_contain(const struct network *networks, size_t n, const char *peer)
{
	unsigned char address[16];

	if (!peer || !address_parse(peer, address))
		return false;
	for (size_t i = 0; i < n; i++)
		if (contains(&networks[i], address))
			return true;
	return false;
}
