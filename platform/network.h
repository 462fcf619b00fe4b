/* Networks of source addresses, "10.0.0.0/8" or one address; IPv4 and IPv6. */
#ifndef PLATFORM_NETWORK_H
#define PLATFORM_NETWORK_H

#include <warmline/account.h>

bool network_parse(const char *text, struct network *network);
/* Is the peer's numeric address in one of them? */
bool networks_contain(const struct network *networks, size_t n, const char *peer);

#endif
