// SHA-256 of OpenSSL's libcrypto. OpenSSL 3 would rather have its EVP interface used, which allocates for each digest;
// a chain hashes many short inputs, and these functions work on a context on the caller's stack.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
