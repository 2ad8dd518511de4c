#include "cfetch.h"
#include <clinux.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES = 8 };

struct cf_connection {
  int fd;
  SSL *ssl; /* NULL: plain */
  uint64_t deadline_nanos;
};

/* Waits for `events`; 0, or -ETIMEDOUT, or another -errno. */
static int await(const cf_connection *c, short events) {
  for (;;) {
    uint64_t now = cl_boot_nanos();
    if (now >= c->deadline_nanos) return -ETIMEDOUT;
    struct pollfd p = { .fd = c->fd, .events = events };
    int n = poll(&p, 1, (int)((c->deadline_nanos - now) / 1000000) + 1);
    if (n > 0) return 0;
    if (n < 0 && errno != EINTR) return -errno;
  }
}

static int connect_to(cf_connection *c, const cl_address *address) {
  c->fd = cl_tcp_socket(address->storage.ss_family);
  if (c->fd < 0) return c->fd;
  int code = cl_connect(c->fd, address);
  if (code == -EINPROGRESS) {
    code = await(c, POLLOUT);
    if (code == 0) code = cl_socket_error(c->fd);
  }
  if (code < 0) {
    cl_close(c->fd);
    c->fd = -1;
  }
  return code;
}

/* What a call on the TLS connection wants before it is repeated: 0, or why it never will succeed. */
static int await_tls(cf_connection *c, int result) {
  switch (SSL_get_error(c->ssl, result)) {
    case SSL_ERROR_WANT_READ: return await(c, POLLIN);
    case SSL_ERROR_WANT_WRITE: return await(c, POLLOUT);
    case SSL_ERROR_SYSCALL: return errno ? -errno : -ECONNRESET;
    default: return -EPROTO;
  }
}

static int trust(SSL_CTX *context, const char *text, size_t bytes) {
  if (!text) return SSL_CTX_set_default_verify_paths(context) == 1;
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  BIO *source = BIO_new_mem_buf(text, (int)bytes);
  int count = 0;
  for (X509 *one; source && (one = PEM_read_bio_X509(source, NULL, NULL, NULL)); X509_free(one))
    count += X509_STORE_add_cert(store, one) == 1;
  BIO_free(source);
  /* whoever is named is trusted, be it no root but an intermediate, or the server's own certificate */
  X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store), X509_V_FLAG_PARTIAL_CHAIN);
  return count > 0;
}

/* Whom the certificate must be for. */
static int expect(SSL *ssl, const char *host) {
  X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1) return 1; /* no server name for an address (RFC 6066, 3) */
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static int handshake(cf_connection *c, const char *host, const char *anchors, size_t bytes, char *problem) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || !trust(context, anchors, bytes)) {
    snprintf(problem, CF_PROBLEM_BYTES, "no trust anchors for TLS");
    SSL_CTX_free(context);
    return -EINVAL;
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  c->ssl = SSL_new(context);
  SSL_CTX_free(context);
  int code = -ENOMEM;
  if (c->ssl && expect(c->ssl, host) && SSL_set_fd(c->ssl, c->fd) == 1) {
    for (code = 0; code == 0;) {
      ERR_clear_error();
      int done = SSL_connect(c->ssl);
      if (done == 1) return 0;
      code = await_tls(c, done);
    }
  }
  long verified = c->ssl ? SSL_get_verify_result(c->ssl) : X509_V_OK;
  if (verified != X509_V_OK) snprintf(problem, CF_PROBLEM_BYTES, "TLS: %s", X509_verify_cert_error_string(verified));
  else snprintf(problem, CF_PROBLEM_BYTES, "TLS: %s", code == -EPROTO ? "the handshake failed" : strerror(-code));
  return code;
}

cf_connection *cf_connect(const char *host, uint16_t port, int is_tls, const char *anchors, size_t anchor_bytes,
                          int timeout_seconds, char problem[CF_PROBLEM_BYTES]) {
  cf_connection *c = calloc(1, sizeof *c);
  if (!c) {
    snprintf(problem, CF_PROBLEM_BYTES, "no memory");
    return NULL;
  }
  c->fd = -1;
  c->deadline_nanos = cl_boot_nanos() + (uint64_t)timeout_seconds * 1000000000u;
  cl_address addresses[ADDRESSES];
  int count = cl_resolve(host, port, addresses, ADDRESSES);
  int code = -ENOENT;
  for (int i = 0; i < count && c->fd < 0; i++) code = connect_to(c, &addresses[i]);
  if (c->fd < 0) {
    if (count <= 0) snprintf(problem, CF_PROBLEM_BYTES, "%s has no address", host);
    else snprintf(problem, CF_PROBLEM_BYTES, "cannot connect: %s", strerror(-code));
  } else if (!is_tls || handshake(c, host, anchors, anchor_bytes, problem) == 0) {
    return c;
  }
  cf_close(c);
  return NULL;
}

int cf_send(cf_connection *c, const void *from, size_t count) {
  const char *next = from;
  while (count > 0) {
    ERR_clear_error();
    errno = 0;
    ssize_t n = c->ssl ? SSL_write(c->ssl, next, (int)count) : cl_send(c->fd, next, count);
    if (n > 0) {
      next += n;
      count -= (size_t)n;
      continue;
    }
    int code = c->ssl ? await_tls(c, (int)n) : n == -EAGAIN ? await(c, POLLOUT) : (int)n;
    if (code < 0) return code;
  }
  return 0;
}

ssize_t cf_receive(cf_connection *c, void *into, size_t count) {
  for (;;) {
    ERR_clear_error();
    errno = 0;
    ssize_t n = c->ssl ? SSL_read(c->ssl, into, (int)count) : cl_recv(c->fd, into, count);
    if (n > 0) return n;
    if (c->ssl ? SSL_get_error(c->ssl, (int)n) == SSL_ERROR_ZERO_RETURN : n == 0) return 0;
    int code = c->ssl ? await_tls(c, (int)n) : n == -EAGAIN ? await(c, POLLIN) : (int)n;
    if (code < 0) return code;
  }
}

void cf_close(cf_connection *c) {
  if (c->ssl) {
    SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    ERR_clear_error();
  }
  if (c->fd >= 0) cl_close(c->fd);
  free(c);
}
