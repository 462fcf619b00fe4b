/* The sections of warmline.yaml. Each reads its part into the site and adds what is wrong. */
#ifndef PLATFORM_SITE_SECTIONS_H
#define PLATFORM_SITE_SECTIONS_H

#include "platform/setting.h"

#include <warmline/site.h>

void site_gateway_read(struct site *site, struct settings *top);
void site_carrier_read(struct site *site, struct settings *top);
void site_redis_read(struct site *site, struct settings *top);
void site_handsets_read(struct site *site, struct settings *top);

#endif
