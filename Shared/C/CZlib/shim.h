#ifndef HOSO_CZLIB_SHIM_H
#define HOSO_CZLIB_SHIM_H

#include <zlib.h>

/* deflateInit2 is a macro that Swift does not see: the raw stream of a ZIP entry, without a header of its own. */
static inline int hoso_deflate_raw(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

#endif
