// The PKCS #11 interface, as p11-kit declares it. Only declarations: the vendor's module is loaded at run time.

#ifndef HOSO_CPKCS11_SHIM_H
#define HOSO_CPKCS11_SHIM_H

#include <p11-kit/pkcs11.h>

#endif
