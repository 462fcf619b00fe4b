/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a time. */
#ifndef PLATFORM_SPOOL_CRC_H
#define PLATFORM_SPOOL_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t spool_crc(const void *data, size_t len);

#endif
