#define OPENSSL_SUPPRESS_DEPRECATED /* for SHA256_Init and its kin */
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <openssl/sha.h>

/* SHA-256 without a call of the allocator: EVP takes a context from it for every digest. */
static inline void sha256_digest(const void *bytes, size_t count, unsigned char out[32]) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, count);
  SHA256_Final(out, &context);
}
