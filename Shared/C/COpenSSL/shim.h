// OpenSSL 3 for Swift: the headers, and as inline functions what OpenSSL offers only as macros.

#ifndef HOSO_COPENSSL_SHIM_H
#define HOSO_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Stacks are typed by macros that Swift cannot call.
static inline STACK_OF(X509) *hoso_x509s_new(void) { return sk_X509_new_null(); }
static inline int hoso_x509s_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
static inline int hoso_x509s_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *hoso_x509s_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
// Releases the stack and its one reference to each certificate.
static inline void hoso_x509s_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }
static inline int hoso_signers_count(const STACK_OF(CMS_SignerInfo) *stack) { return sk_CMS_SignerInfo_num(stack); }
static inline CMS_SignerInfo *hoso_signers_at(const STACK_OF(CMS_SignerInfo) *stack, int index) {
    return sk_CMS_SignerInfo_value(stack, index);
}
static inline int hoso_strings_count(const STACK_OF(OPENSSL_STRING) *stack) { return sk_OPENSSL_STRING_num(stack); }
static inline const char *hoso_strings_at(const STACK_OF(OPENSSL_STRING) *stack, int index) {
    return sk_OPENSSL_STRING_value(stack, index);
}

static inline void hoso_openssl_free(void *memory) { OPENSSL_free(memory); }

#endif
