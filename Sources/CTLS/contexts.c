#include "ctls.h"
#include "internal.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static const unsigned char HTTP_1_1[] = "\x08http/1.1";

/* ---- certificates ---- */

/* Every certificate of a server's context: hung into the context, and freed with it. */
typedef struct {
  int count;
  SSL_CTX *contexts[CT_MAX_CERTIFICATES];
} certificate_list;

static int certificates_index = -1;

static void free_certificates(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long argl, void *argp) {
  (void)parent, (void)data, (void)index, (void)argl, (void)argp;
  certificate_list *list = pointer;
  if (!list) return;
  for (int i = 0; i < list->count; i++) SSL_CTX_free(list->contexts[i]);
  OPENSSL_free(list);
}

/* Contexts are made by the thread that starts the process and reloads, one at a time. */
static int prepare_index(void) {
  if (certificates_index < 0) certificates_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_certificates);
  return certificates_index >= 0;
}

/* A key that asks for a pass phrase cannot be used: nobody is there to type it. */
static int no_pass_phrase(char *into, int room, int is_writing, void *argument) {
  (void)into, (void)room, (void)is_writing, (void)argument;
  return -1;
}

/* ---- problems ---- */

/* `what`, and the reason of OpenSSL's first error. */
static void say(char problem[CT_PROBLEM_BYTES], const char *what, const char *file) {
  unsigned long code = ERR_peek_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  snprintf(problem, CT_PROBLEM_BYTES, "%s%s%s%s%s", file ? file : "", file ? ": " : "", what, reason ? ": " : "", reason ? reason : "");
  ERR_clear_error();
}

/* ---- what both sides share ---- */

static SSL_CTX *new_context(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);
  if (!context) return NULL;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  /* no renegotiation: it would let a peer make work, and turn the direction of a read or write around */
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  /* of TLS 1.2 the suites with forward secrecy and authenticated encryption (RFC 9325, 4.2) */
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  return context;
}

void ct_context_retain(ct_context *context) { SSL_CTX_up_ref(context); }
void ct_context_free(ct_context *context) { SSL_CTX_free(context); }

/* ---- servers ---- */

/* RFC 7301, 3.2: a client that offers protocols, and ours is not among them, is told so. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *offered,
                           unsigned int offered_length, void *argument) {
  (void)ssl, (void)argument;
  unsigned char *chosen = NULL;
  if (SSL_select_next_proto(&chosen, out_length, HTTP_1_1, sizeof HTTP_1_1 - 1, offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/* The first certificate that is for the name that the client asks for. */
static int choose_certificate(SSL *ssl, int *alert, void *argument) {
  (void)alert;
  const certificate_list *list = argument;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_OK;
  for (int i = 0; i < list->count; i++) {
    X509 *certificate = SSL_CTX_get0_certificate(list->contexts[i]);
    if (X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1) {
      SSL_set_SSL_CTX(ssl, list->contexts[i]);
      break;
    }
  }
  return SSL_TLSEXT_ERR_OK;
}

/* Whether the client's certificate will do is a question of the route, which is not known yet. */
static int accept_any(int is_fine, X509_STORE_CTX *store) {
  (void)is_fine, (void)store;
  return 1;
}

static SSL_CTX *certificate_context(const char *certificate, const char *key, char problem[CT_PROBLEM_BYTES]) {
  SSL_CTX *context = new_context(TLS_server_method());
  if (!context) return say(problem, "no TLS context", NULL), NULL;
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
    say(problem, "no certificate in PEM can be read from it", certificate);
  } else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    /* the key is compared with the certificate as it is read */
    say(problem, "no private key in PEM that belongs to the certificate can be read from it", key);
  } else {
    return context;
  }
  SSL_CTX_free(context);
  return NULL;
}

ct_context *ct_server_context(const char *const *certificates, const char *const *keys, int count,
                              int asks_for_certificate, char problem[CT_PROBLEM_BYTES]) {
  ERR_clear_error();
  if (!prepare_index() || count < 1 || count > CT_MAX_CERTIFICATES) return say(problem, "no TLS context", NULL), NULL;
  SSL_CTX *first = certificate_context(certificates[0], keys[0], problem);
  if (!first) return NULL;
  certificate_list *list = OPENSSL_zalloc(sizeof *list);
  if (!list || SSL_CTX_set_ex_data(first, certificates_index, list) != 1) {
    OPENSSL_free(list);
    SSL_CTX_free(first);
    return say(problem, "no memory for a TLS context", NULL), NULL;
  }
  /* the list holds a second context of the first certificate too: a context that held itself would never be freed */
  for (int i = 0; i < count; i++) {
    list->contexts[i] = certificate_context(certificates[i], keys[i], problem);
    if (!list->contexts[i]) return SSL_CTX_free(first), NULL;
    list->count = i + 1;
  }
  SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(first, list);
  /* sessions are resumed by tickets alone: the server keeps nothing */
  SSL_CTX_set_session_cache_mode(first, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(first, 1);
  SSL_CTX_set_options(first, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (asks_for_certificate) {
    SSL_CTX_set_verify(first, SSL_VERIFY_PEER, accept_any);
    /* a resumed session has forgotten the chain that the client sent */
    SSL_CTX_set_options(first, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(first, 0);
  }
  return first;
}

void ct_copy_ticket_keys(ct_context *from, ct_context *to) {
  unsigned char keys[CT_TICKET_KEY_BYTES];
  if (SSL_CTX_get_tlsext_ticket_keys(from, keys, sizeof keys) == 1) SSL_CTX_set_tlsext_ticket_keys(to, keys, sizeof keys);
  OPENSSL_cleanse(keys, sizeof keys);
}

/* ---- clients ---- */

static int add_certificates(X509_STORE *store, BIO *pem, const char *file, char problem[CT_PROBLEM_BYTES]) {
  int count = 0;
  X509 *certificate;
  while ((certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL))) {
    int added = X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    if (!added) return say(problem, "a certificate cannot be taken as a trust anchor", file), 0;
    count++;
  }
  /* the end of the text is reported as an error too */
  if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return say(problem, count == 0 ? "no certificate in PEM can be read from it" : "not all certificates in it can be read", file), 0;
  ERR_clear_error();
  return 1;
}

ct_trust *ct_trust_new(const char *file, const char *text, size_t text_bytes, char problem[CT_PROBLEM_BYTES]) {
  ERR_clear_error();
  X509_STORE *store = X509_STORE_new();
  if (!store) return say(problem, "no memory for trust anchors", file), NULL;
  /* an anchor may be a certificate that is not its own issuer: whoever lists it trusts it */
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (!file && !text) {
    X509_STORE_set_default_paths(store);
    ERR_clear_error();
    return store;
  }
  BIO *pem = file ? BIO_new_file(file, "r") : BIO_new_mem_buf(text, (int)text_bytes);
  int is_fine = pem != NULL;
  if (!pem) say(problem, "cannot be read", file);
  else is_fine = add_certificates(store, pem, file, problem);
  BIO_free(pem);
  if (is_fine) return store;
  X509_STORE_free(store);
  return NULL;
}

void ct_trust_free(ct_trust *trust) { X509_STORE_free(trust); }

/* Beside what OpenSSL has checked, the peer's own certificate must carry one of its names (RFC 9110, 4.3.4). */
static int check_name(int is_fine, X509_STORE_CTX *store) {
  if (!is_fine || X509_STORE_CTX_get_error_depth(store) > 0) return is_fine;
  const ct_peer *peer = ct_peer_of(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509 *certificate = X509_STORE_CTX_get_current_cert(store);
  const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  for (int i = 0; i < peer->count; i++) {
    if (X509_check_ip_asc(certificate, peer->names[i], 0) == 1) return 1;
    if (X509_check_host(certificate, peer->names[i], 0, flags, NULL) == 1) return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

ct_context *ct_client_context(ct_trust *trust) {
  SSL_CTX *context = new_context(TLS_client_method());
  if (!context) return NULL;
  SSL_CTX_set1_cert_store(context, trust);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, check_name);
  SSL_CTX_set_alpn_protos(context, HTTP_1_1, sizeof HTTP_1_1 - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, ct_keep_session);
  return context;
}
