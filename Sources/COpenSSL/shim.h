#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// One function for each macro that Swift does not see.

static inline int COpenSSL_setVersions(SSL_CTX *context, int lowest, int highest) {
  return SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
         SSL_CTX_set_max_proto_version(context, highest) == 1;
}

static inline void COpenSSL_forbidRenegotiationAndCompression(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

static inline void COpenSSL_setMode(SSL_CTX *context, long mode) {
  SSL_CTX_set_mode(context, mode);
}

static inline int COpenSSL_setGroups(SSL_CTX *context, const char *list) {
  return SSL_CTX_set1_groups_list(context, list) == 1;
}

static inline void COpenSSL_setSessionCacheMode(SSL_CTX *context, long mode) {
  SSL_CTX_set_session_cache_mode(context, mode);
}

static inline int COpenSSL_addChainCertificate(SSL_CTX *context, X509 *certificate) {
  return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

static inline void COpenSSL_setServerNameCallback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
  SSL_CTX_set_tlsext_servername_arg(context, argument);
}

static inline int COpenSSL_setServerName(SSL *session, const char *name) {
  return SSL_set_tlsext_host_name(session, name) == 1;
}

static inline void COpenSSL_setRetryRead(BIO *bio) {
  BIO_set_retry_read(bio);
}

static inline void COpenSSL_clearRetry(BIO *bio) {
  BIO_clear_retry_flags(bio);
}
