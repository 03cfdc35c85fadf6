#ifndef HOSO_CPANGO_SHIM_H
#define HOSO_CPANGO_SHIM_H

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#endif
